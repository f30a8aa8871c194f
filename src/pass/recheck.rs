//! Just before sending: is it still so? Drops what was answered or read, takes newer messages along.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use anyhow::Result;
use chrono::{DateTime, Utc};

use super::House;
use super::letters::letters;
use super::weigh::{Question, weigh};
use crate::collapse::{Heard, Target};
use crate::model::{
    Channel, ConversationId, Decision, Delivery, Digest, Item, Letter, Reason, Recipient, RecipientId, Rule, RuleName,
    Verdict,
};

/// How many letters are put into words at a time in a dry run.
pub(super) const CHUNK: usize = 32;

/// What the re-check says of a claimed delivery.
#[derive(Debug)]
pub(super) enum Check {
    /// It goes, with this.
    Send(Box<(Digest, Letter)>),
    /// Nothing of it waits any more.
    Suppress(Reason),
    /// It goes at this instant at the earliest.
    Postpone(DateTime<Utc>),
}

type Key = (RuleName, RecipientId, Channel, ConversationId);

/// Asks the desk again about every claimed delivery; the answers come in their order.
pub(super) fn recheck(house: &House<'_>, deliveries: &[Delivery], now: DateTime<Utc>) -> Result<Vec<Check>> {
    let snapshot = house.desk.snapshot()?;
    let items = || deliveries.iter().flat_map(|delivery| &delivery.items);
    let conversations: BTreeSet<&ConversationId> = items().map(|item| &item.conversation).collect();
    let conversations: Vec<ConversationId> = conversations.into_iter().cloned().collect();
    let names: BTreeSet<&RuleName> = items().map(|item| &item.rule).collect();
    let rules: Vec<&Rule> = names.into_iter().filter_map(|name| house.config.rule(name)).collect();
    let baselines = house.ledger.baselines(rules.iter().map(|rule| &rule.name), now)?;
    let recipients: HashSet<RecipientId> = deliveries.iter().map(|delivery| delivery.recipient.clone()).collect();
    let weighed = weigh(&Question {
        config: house.config,
        snapshot: &snapshot,
        ledger: house.ledger,
        baselines: &baselines,
        rules,
        conversations: Some(&conversations),
        recipients: Some(&recipients),
        now,
    })?;
    let heard: HashMap<Key, (Arc<Target>, Item)> = weighed
        .heard
        .into_iter()
        .map(|Heard { target, item, .. }| {
            let recipient = target.recipient.id.clone();
            ((item.rule.clone(), recipient, target.channel, item.conversation.clone()), (target, item))
        })
        .collect();
    let reasons = reasons(&weighed.decisions);
    let answers: Vec<Result<Digest, Check>> =
        deliveries.iter().map(|delivery| still_heard(house, delivery, &heard, &reasons)).collect();
    let digests: Vec<Digest> = answers.iter().filter_map(|answer| answer.as_ref().ok().cloned()).collect();
    let mut letters = letters(house.config, &snapshot, &digests, now)?.into_iter();
    let nothing_left = || Check::Suppress(Reason::NoLongerWaiting);
    Ok(answers
        .into_iter()
        .map(|answer| match answer {
            Ok(digest) => letters.next().map_or_else(nothing_left, |letter| Check::Send(Box::new((digest, letter)))),
            Err(check) => check,
        })
        .collect())
}

/// What of a delivery is still to be heard, or why nothing is.
fn still_heard(
    house: &House<'_>,
    delivery: &Delivery,
    heard: &HashMap<Key, (Arc<Target>, Item)>,
    reasons: &Reasons<'_>,
) -> Result<Digest, Check> {
    let key =
        |item: &Item| (item.rule.clone(), delivery.recipient.clone(), delivery.channel, item.conversation.clone());
    let found: Vec<&(Arc<Target>, Item)> = delivery.items.iter().filter_map(|item| heard.get(&key(item))).collect();
    // a rule that got other words tells in a digest of its own by now
    let found: Vec<&(Arc<Target>, Item)> =
        found.into_iter().filter(|(target, _)| target.subject == delivery.subject).collect();
    let Some((target, _)) = found.first() else {
        return Err(why_not(house, delivery, reasons));
    };
    // what may have arrived must be sent again as it was, or the receiver sees two different mails
    let items = if delivery.frozen_uid.is_some() {
        delivery.items.clone()
    } else {
        found.iter().map(|(_, item)| item.clone()).collect()
    };
    Ok(Digest {
        account: delivery.account.clone(),
        recipient: Recipient::clone(&target.recipient),
        channel: delivery.channel,
        subject: delivery.subject.clone(),
        not_before: None,
        items,
    })
}

fn reasons(decisions: &[Decision]) -> Reasons<'_> {
    // who is told is in `heard`; the reasons are for the others
    let not_told = decisions.iter().filter(|decision| !matches!(decision.verdict, Verdict::Told(_)));
    not_told
        .map(|decision| ((&decision.rule, &decision.conversation, decision.recipient.as_ref()), &decision.verdict))
        .collect()
}

type Reasons<'a> = HashMap<(&'a RuleName, &'a ConversationId, Option<&'a RecipientId>), &'a Verdict>;

/// What was decided about an item: for this recipient, or for the conversation as a whole.
fn verdict<'a>(delivery: &'a Delivery, item: &'a Item, reasons: &Reasons<'a>) -> Option<&'a Verdict> {
    let about = |recipient| reasons.get(&(&item.rule, &item.conversation, recipient)).copied();
    about(Some(&delivery.recipient)).or_else(|| about(None))
}

fn why_not(house: &House<'_>, delivery: &Delivery, reasons: &Reasons<'_>) -> Check {
    let later = delivery.items.iter().filter_map(|item| match verdict(delivery, item, reasons) {
        Some(Verdict::Later(at, _)) => Some(*at),
        _ => None,
    });
    if let Some(at) = later.min() {
        return Check::Postpone(at);
    }
    let reason = delivery.items.iter().find_map(|item| match verdict(delivery, item, reasons) {
        Some(Verdict::Skipped(reason)) => Some(reason.clone()),
        Some(Verdict::Told(_)) => Some(Reason::RuleChanged),
        _ if house.config.rule(&item.rule).is_none() => Some(Reason::RuleChanged),
        _ => None,
    });
    Check::Suppress(reason.unwrap_or(Reason::NoLongerWaiting))
}
