//! Digests become deliveries, or go along with the one that is on its way to the same target.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};

use super::columns::ms;
use super::enqueue::{Enqueued, Intake};
use super::reasons::{Keep, keep_reasons};
use super::store::{Rows, Store, values};
use crate::model::{Channel, Digest, Gateway, Item, Reason, RuleName};

/// A digest that may go: with what the rules that won their slots tell in it.
struct Wanted<'a> {
    digest: &'a Digest,
    items: Vec<&'a Item>,
    target: Target,
}

/// To whom, how, where, and under which heading: nobody has two open deliveries to one.
type Target = (String, String, String, String, String);

fn target(digest: &Digest) -> Target {
    let account = digest.account.as_ref().map_or("", |account| account.as_str());
    let (recipient, channel) = (digest.recipient.id.to_string(), digest.channel.word());
    (account.into(), recipient, channel.into(), digest.recipient.endpoint().into(), digest.subject.to_string())
}

/// Queues a delivery for each digest, or lets the open one to its target take it along. Answers how many new ones each
/// rule began.
pub(super) fn queue(
    store: &Store,
    intake: &Intake<'_>,
    won: &HashSet<RuleName>,
    enqueued: &mut Enqueued,
) -> Result<HashMap<RuleName, i64>> {
    let wanted = intake.digests.iter().map(|digest| {
        let items: Vec<&Item> = digest.items.iter().filter(|item| won.contains(&item.rule)).collect();
        Wanted { digest, items, target: target(digest) }
    });
    let wanted: Vec<Wanted<'_>> = wanted.filter(|wanted| !wanted.items.is_empty()).collect();
    let new = queue_new(store, intake.now, &wanted)?;
    let mut begun: HashMap<RuleName, i64> = HashMap::new();
    let mut found: Vec<(i64, &Wanted<'_>)> = Vec::new();
    let mut others: Vec<&Wanted<'_>> = Vec::new();
    let mut taken: HashSet<i64> = HashSet::new();
    for one in &wanted {
        match new.get(&one.target) {
            // the second digest to one target joins the first
            Some(delivery) if taken.insert(*delivery) => {
                let rules: HashSet<&RuleName> = one.items.iter().map(|item| &item.rule).collect();
                rules.into_iter().for_each(|rule| *begun.entry(rule.clone()).or_default() += 1);
                found.push((*delivery, one));
            }
            _ => others.push(one),
        }
    }
    enqueued.queued = found.len();
    let open = join_open(store, intake.now, &others)?;
    for one in others {
        if let Some(delivery) = open.get(&one.target) {
            enqueued.joined += 1;
            found.push((*delivery, one));
        } else {
            enqueued.in_doubt += 1;
            keep_back(store, intake.now, one)?;
        }
    }
    enqueued.deliveries = found.iter().map(|(delivery, _)| *delivery).collect();
    let items = found.iter().flat_map(|(delivery, one)| one.items.iter().map(|item| (*delivery, *item)));
    write_items(store, items)?;
    Ok(begun)
}

/// The rows of digests, with when each is due and when it is given up.
fn rows_of<'a>(now: DateTime<Utc>, wanted: impl Iterator<Item = &'a Wanted<'a>> + Clone) -> Rows {
    let due = move |one: &Wanted<'_>| one.digest.not_before.unwrap_or(now).max(now);
    let targets = wanted.clone().map(|one| &one.target);
    Rows::default()
        .texts("account", targets.clone().map(|target| &target.0))
        .texts("recipient", targets.clone().map(|target| &target.1))
        .texts("channel", targets.clone().map(|target| &target.2))
        .texts("endpoint", targets.clone().map(|target| &target.3))
        .texts("subject", targets.map(|target| &target.4))
        .integers("due", wanted.clone().map(move |one| ms(due(one))))
        .integers("give_up_at", wanted.map(move |one| ms(due(one) + give_up_after(one.digest.channel))))
}

fn queue_new(store: &Store, now: DateTime<Utc>, wanted: &[Wanted<'_>]) -> Result<HashMap<Target, i64>> {
    let gateway = |one: &Wanted<'_>| Gateway::of(one.digest.channel, one.digest.recipient.device.as_deref()).word();
    let rows = rows_of(now, wanted.iter()).texts("gateway", wanted.iter().map(gateway));
    let queue = "INSERT INTO doorbell_delivery(account, recipient, channel, endpoint, subject, state, queued_at,
           next_attempt_at, give_up_at, gateway)
         SELECT account, recipient, channel, endpoint, subject, 'queued', ?1, due, give_up_at, gateway FROM {rows}
         WHERE true ON CONFLICT DO NOTHING RETURNING id, account, recipient, channel, endpoint, subject";
    let new = store.all_of_rows(queue, values![ms(now)], &rows, |row| {
        Ok(((row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?), row.get(0)?))
    })?;
    Ok(new.into_iter().collect())
}

/// The open deliveries of these targets that may still take items along: not when an attempt may have arrived. The
/// first condition on the state is the index's, the second the question's.
///
/// What joins now must not be given up with what has waited for days; and what only waited for the end of quiet hours
/// goes along with what may disturb.
fn join_open(store: &Store, now: DateTime<Utc>, wanted: &[&Wanted<'_>]) -> Result<HashMap<Target, i64>> {
    let join = "UPDATE doorbell_delivery SET give_up_at = r.give_up_at,
           next_attempt_at = CASE WHEN attempt = 0 THEN least(next_attempt_at, r.due) ELSE next_attempt_at END
         FROM {rows}
         WHERE doorbell_delivery.account = r.account AND doorbell_delivery.recipient = r.recipient
           AND doorbell_delivery.channel = r.channel AND doorbell_delivery.endpoint = r.endpoint
           AND doorbell_delivery.subject = r.subject
           AND state IN ('queued','claimed','sending') AND state = 'queued' AND ambiguous = 0
         RETURNING doorbell_delivery.id, doorbell_delivery.account, doorbell_delivery.recipient,
           doorbell_delivery.channel, doorbell_delivery.endpoint, doorbell_delivery.subject";
    let rows = rows_of(now, wanted.iter().copied());
    let open = store.all_of_rows(join, &[], &rows, |row| {
        Ok(((row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?), row.get(0)?))
    })?;
    Ok(open.into_iter().collect())
}

/// Remembers what has to wait for the end of a doubt, so that the next pass looks at it whether it is due or not.
fn keep_back(store: &Store, now: DateTime<Utc>, wanted: &Wanted<'_>) -> Result<()> {
    let (_, recipient, channel, ..) = &wanted.target;
    let mut keep = Keep::default();
    for item in &wanted.items {
        let key = (item.conversation.to_string(), item.rule.to_string(), recipient.clone(), channel.clone());
        keep.insert((key, item.matter.to_string()), (Reason::DeliveryInDoubt.code(), None));
    }
    keep_reasons(store, now, &keep)
}

/// Writes what deliveries tell; an item that is there already moves on to its newer message.
pub(super) fn write_items<'a>(store: &Store, items: impl Iterator<Item = (i64, &'a Item)>) -> Result<()> {
    // of two digests to one target the later word counts
    let items: BTreeMap<(i64, &str, &str, &str), &Item> = items
        .map(|(delivery, item)| ((delivery, item.conversation.as_str(), item.rule.as_str(), &*item.matter), item))
        .collect();
    let (keys, values) = (|| items.keys(), || items.values());
    let rows = Rows::default()
        .integers("delivery_id", keys().map(|key| key.0))
        .texts("conversation_id", keys().map(|key| key.1))
        .texts("rule", keys().map(|key| key.2))
        .texts("matter", keys().map(|key| key.3))
        .texts("message_id", values().map(|item| &item.latest.id))
        .integers("message_at", values().map(|item| ms(item.latest.at)))
        .integers("waiting_since", values().map(|item| ms(item.since)))
        .texts("why", values().map(|item| item.why.code()))
        .integers("step", values().map(|item| i64::from(item.step)));
    let write = "INSERT INTO doorbell_item(delivery_id, conversation_id, rule, matter, message_id, message_at,
           waiting_since, why, step)
         SELECT delivery_id, conversation_id, rule, matter, message_id, message_at, waiting_since, why, step FROM {rows}
         WHERE true ON CONFLICT(delivery_id, conversation_id, rule, matter) DO UPDATE SET
           message_id = excluded.message_id, message_at = excluded.message_at, why = excluded.why, step = excluded.step";
    store.execute_rows(write, &[], &rows)?;
    Ok(())
}

/// How old news may get before nobody wants them any more: a mail is worth reading after three days.
pub(super) fn give_up_after(channel: Channel) -> TimeDelta {
    match channel {
        Channel::Email | Channel::InApp => TimeDelta::hours(72),
        Channel::Sms => TimeDelta::hours(4),
        Channel::Push | Channel::Desktop => TimeDelta::hours(1),
    }
}
