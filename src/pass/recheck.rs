//! Just before sending: is it still so? Drops what was answered or read, takes newer messages along.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};

use super::House;
use super::letters::letters;
use super::weigh::{Question, Weighed, weigh_by};
use crate::collapse::Heard;
use crate::desk::{Agents, Snapshot, Window};
use crate::model::{
    Channel, ConversationId, Decision, Delivery, Digest, Facts, Item, Letter, Reason, Recipient, RecipientId, Rule,
    RuleName, Verdict,
};
use crate::route::over;

/// How many letters are put into words at a time in a dry run.
pub(super) const CHUNK: usize = 32;

/// For so long other hosts may still have settings that this one has not, or not any more: theirs is not ours to drop.
const ROLLOUT: TimeDelta = TimeDelta::days(1);
/// How long such a delivery is left to them.
const ELSEWHERE: TimeDelta = TimeDelta::minutes(5);

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

/// What is heard: rule, recipient, device, channel, conversation and matter.
type Key = (RuleName, RecipientId, Arc<str>, Channel, ConversationId, Arc<str>);

/// Asks the desk again about every claimed delivery; the answers come in their order.
pub(super) fn recheck(house: &House<'_>, deliveries: &[Delivery], now: DateTime<Utc>) -> Result<Vec<Check>> {
    let snapshot = house.desk.snapshot()?;
    let mut facts = Facts::default();
    let weighed = weigh_again(house, &snapshot, deliveries, now, &mut |seen| facts.extend(seen))?;
    let heard: HashMap<Key, &Heard> = weighed.heard.iter().map(|heard| (key_of_heard(heard), heard)).collect();
    let reasons = reasons(&weighed.decisions);
    let answers: Vec<Result<Digest, Check>> = deliveries
        .iter()
        .map(|delivery| still_heard(house, &snapshot, delivery, &heard, &reasons, now))
        .collect::<Result<_>>()?;
    let digests: Vec<Digest> = answers.iter().filter_map(|answer| answer.as_ref().ok().cloned()).collect();
    let mut letters = letters(house.config, &snapshot, &digests, facts, now)?.into_iter();
    let nothing_left = || Check::Suppress(Reason::NoLongerWaiting);
    Ok(answers
        .into_iter()
        .map(|answer| match answer {
            Ok(digest) => letters.next().map_or_else(nothing_left, |letter| Check::Send(Box::new((digest, letter)))),
            Err(check) => check,
        })
        .collect())
}

/// Decides about everything the deliveries tell, as it stands now.
fn weigh_again(
    house: &House<'_>,
    snapshot: &Snapshot<'_>,
    deliveries: &[Delivery],
    now: DateTime<Utc>,
    keep: &mut dyn FnMut(Facts),
) -> Result<Weighed> {
    let items = || deliveries.iter().flat_map(|delivery| &delivery.items);
    let conversations: BTreeSet<&ConversationId> = items().map(|item| &item.conversation).collect();
    let conversations: Vec<ConversationId> = conversations.into_iter().cloned().collect();
    let names: BTreeSet<&RuleName> = items().map(|item| &item.rule).collect();
    let rules: Vec<&Rule> = names.into_iter().filter_map(|name| house.config.rule(name)).collect();
    let baselines = house.ledger.baselines(rules.iter().map(|rule| &rule.name), now)?;
    let recipients: HashSet<RecipientId> = deliveries.iter().map(|delivery| delivery.recipient.clone()).collect();
    let question = Question {
        config: house.config,
        snapshot,
        ledger: house.ledger,
        baselines: &baselines,
        rules,
        conversations: Some(&conversations),
        recipients: Some(&recipients),
        forget_since: &siblings(deliveries),
        now,
    };
    weigh_by(&question, keep)
}

/// Since when another device of a recipient may have been told of the very same: that must not silence this one.
fn siblings(deliveries: &[Delivery]) -> HashMap<(RecipientId, Channel), DateTime<Utc>> {
    let mut since: HashMap<(RecipientId, Channel), DateTime<Utc>> = HashMap::new();
    for delivery in deliveries.iter().filter(|delivery| delivery.channel.is_by_device()) {
        let queued_at = since.entry((delivery.recipient.clone(), delivery.channel)).or_insert(delivery.queued_at);
        *queued_at = delivery.queued_at.min(*queued_at);
    }
    since
}

fn key_of_heard(heard: &Heard) -> Key {
    let recipient = &heard.target.recipient;
    key(&heard.item, &recipient.id, recipient.endpoint().into(), heard.target.channel)
}

fn key(item: &Item, recipient: &RecipientId, endpoint: Arc<str>, channel: Channel) -> Key {
    (item.rule.clone(), recipient.clone(), endpoint, channel, item.conversation.clone(), item.matter.clone())
}

/// What of a delivery is still to be heard, or why nothing is.
fn still_heard(
    house: &House<'_>,
    snapshot: &Snapshot<'_>,
    delivery: &Delivery,
    heard: &HashMap<Key, &Heard>,
    reasons: &Reasons<'_>,
    now: DateTime<Utc>,
) -> Result<Result<Digest, Check>> {
    let key = |item: &Item| key(item, &delivery.recipient, delivery.endpoint.clone(), delivery.channel);
    let found = delivery.items.iter().filter_map(|item| Some((item, heard.get(&key(item)).copied()?)));
    // a rule that got other words tells in a digest of its own by now
    let found: Vec<(&Item, &Heard)> = found.filter(|(_, heard)| heard.target.subject == delivery.subject).collect();
    let Some((_, first)) = found.first() else {
        return why_not(house, snapshot, delivery, reasons, now).map(Err);
    };
    // whoever is disturbed anyway hears everything at once; whoever rests, nothing
    if let Some(opening) = found.iter().map(|(_, heard)| heard.not_before).min().flatten() {
        return Ok(Err(Check::Postpone(opening)));
    }
    // what may have arrived must be sent again as it was, or the receiver sees two different mails
    let items = if delivery.frozen_uid.is_some() {
        delivery.items.clone()
    } else {
        // another device that was told meanwhile does not begin the count anew
        let step = |(item, heard): &(&Item, &Heard)| heard.item.step.max(item.step);
        found.iter().map(|it| Item { step: step(it), ..it.1.item.clone() }).collect()
    };
    Ok(Ok(Digest {
        account: delivery.account.clone(),
        recipient: Recipient::clone(&first.target.recipient),
        channel: delivery.channel,
        subject: delivery.subject.clone(),
        not_before: None,
        items,
    }))
}

fn reasons(decisions: &[Decision]) -> Reasons<'_> {
    let key =
        |it: &Decision| (it.rule.clone(), it.conversation.clone(), it.matter.clone(), it.recipient.clone(), it.channel);
    decisions.iter().map(|decision| (key(decision), &decision.verdict)).collect()
}

type Reasons<'a> = HashMap<(RuleName, ConversationId, Arc<str>, Option<RecipientId>, Option<Channel>), &'a Verdict>;

/// What was decided about an item: for this recipient on this channel, or on all, or for the conversation as a whole.
fn verdict<'a>(delivery: &Delivery, item: &Item, reasons: &Reasons<'a>) -> Option<&'a Verdict> {
    let about = |recipient: Option<&RecipientId>, channel| {
        let key = (item.rule.clone(), item.conversation.clone(), item.matter.clone(), recipient.cloned(), channel);
        reasons.get(&key).copied()
    };
    let recipient = Some(&delivery.recipient);
    about(recipient, Some(delivery.channel)).or_else(|| about(recipient, None)).or_else(|| about(None, None))
}

/// Whether the settings of this host do not have its rule.
fn is_unknown(house: &House<'_>, item: &Item) -> bool {
    house.config.rule(&item.rule).is_none()
}

fn why_not(
    house: &House<'_>,
    snapshot: &Snapshot<'_>,
    delivery: &Delivery,
    reasons: &Reasons<'_>,
    now: DateTime<Utc>,
) -> Result<Check> {
    if house.ledger.is_shared()
        && now - delivery.queued_at < ROLLOUT
        && delivery.items.iter().any(|it| is_unknown(house, it))
    {
        return Ok(Check::Postpone(now + ELSEWHERE));
    }
    let later = delivery.items.iter().filter_map(|item| match verdict(delivery, item, reasons) {
        Some(Verdict::Later(at, _)) => Some(*at),
        _ => None,
    });
    if let Some(at) = later.min() {
        return Ok(Check::Postpone(at));
    }
    let reason = delivery.items.iter().find_map(|item| match verdict(delivery, item, reasons) {
        Some(Verdict::Skipped(reason)) => Some(reason.clone()),
        // told, but not on this device, or not in these words
        Some(Verdict::Told(_)) if delivery.channel.is_by_device() => Some(Reason::NoAddress),
        Some(Verdict::Told(_)) => Some(Reason::RuleChanged),
        _ if house.config.rule(&item.rule).is_none() => Some(Reason::RuleChanged),
        _ => None,
    });
    match (reason, delivery.items.first()) {
        (Some(reason), _) => Ok(Check::Suppress(reason)),
        (None, Some(item)) => Ok(Check::Suppress(gone(house, snapshot, item, now)?)),
        (None, None) => Ok(Check::Suppress(Reason::NoLongerWaiting)),
    }
}

/// Why nothing was decided about an item: it is not in its driving relation any more, or for others.
fn gone(house: &House<'_>, snapshot: &Snapshot<'_>, item: &Item, now: DateTime<Utc>) -> Result<Reason> {
    let Some(rule) = house.config.rule(&item.rule) else { return Ok(Reason::RuleChanged) };
    let conversation = std::slice::from_ref(&item.conversation);
    let pending = snapshot.pending(rule.watch, Window { now, before: rule.before }, Some(conversation))?;
    if pending.iter().any(|pending| pending.matter == item.matter) {
        return Ok(Reason::NoLongerTheirs);
    }
    let facts = snapshot.facts(conversation, Agents::Around, &[])?;
    Ok(over(rule.watch, &item.latest, facts.conversations.get(&item.conversation), now))
}
