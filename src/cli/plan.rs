//! `doorbell plan`: the passes of a period on a clock of their own, over the real desk; nothing is sent or written.

mod counts;
mod lines;

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::exit::UsageError;
use super::rehearsal::name;
use super::{Exit, Format, Global, open, say, time};
use crate::config::Config;
use crate::desk::{Agents, Desk};
use crate::ledger::Ledger;
use crate::model::{Delivery, Digest, Facts, Item, Reason, masked};
use crate::pass::{Foreseen, foresee};

/// Show every pass of a period and what it would tell whom; send nothing, write nothing
///
/// The passes run on a clock of their own over the desk as it is in the database: a message, a look or an event counts
/// from the time it carries, and what was told before the period is read from the ledger. Cron is taken to run
/// doorbell every five minutes, and every delivery to be accepted.
///
/// A desk keeps no history of assignments, groups, status, bots and people: they are taken as they are now. Of reading
/// and presence it keeps the latest time: what somebody read before is taken as unread until then.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// When the period begins, such as "yesterday 08:00" [default: now]
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// When it ends [default: 24 hours after its beginning]
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let config = open::config(global)?;
    let (from, to) = period(&config, arguments, Utc::now())?;
    let desk = open::desk(&config)?;
    let mut ledger = Ledger::at_to_read(&config.ledger)?.copy_before(from)?;
    let mut replay = desk.replay(from)?;
    let (mut passes, mut foreseen) = (0, Vec::new());
    foresee(&config, &mut replay, &mut ledger, (from, to), |one| {
        passes += 1;
        if !one.told.is_empty() || !one.suppressed.is_empty() {
            foreseen.push(one);
        }
        Ok(())
    })?;
    let facts = facts(&desk, &foreseen)?;
    foreseen.iter_mut().for_each(|one| sort(&config, &facts, one));
    match global.format {
        Format::Json => foreseen.iter().for_each(|one| say::line(&as_json(&config, &facts, one).to_string())),
        Format::Human => {
            foreseen.iter().for_each(|one| lines::show(global, &config, &facts, one));
            counts::show(&config, &facts, &foreseen, passes, (from, to));
        }
    }
    Ok(Exit::Done)
}

fn period(config: &Config, arguments: &Arguments, now: DateTime<Utc>) -> Result<(DateTime<Utc>, DateTime<Utc>)> {
    let zone = config.desk.time_zone.0;
    let read = |text: &String| time::parse(text, zone, now);
    let from = arguments.from.as_ref().map_or(Ok(now), read)?;
    let to = arguments.to.as_ref().map_or_else(|| Ok(from + TimeDelta::hours(24)), read)?;
    if from > to {
        let (from, to) = (time::shown(from, zone), time::shown(to, zone));
        let message = format!("--to is {to}, which is before --from, {from}; name a later --to or an earlier --from");
        return Err(UsageError(message).into());
    }
    Ok((from, to))
}

/// Names of people and numbers of conversations, from the real desk.
fn facts(desk: &Desk, foreseen: &[Foreseen]) -> Result<Facts> {
    let told = foreseen.iter().flat_map(|one| &one.told).flat_map(|digest| &digest.items);
    let suppressed = foreseen.iter().flat_map(|one| &one.suppressed).flat_map(|(delivery, _)| &delivery.items);
    let mut ids: Vec<_> = told.chain(suppressed).map(|item| item.conversation.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    desk.snapshot()?.facts(&ids, Agents::All, &[])
}

/// Puts a pass into an order that is the same every time: by name, then channel, then what waits longest.
fn sort(config: &Config, facts: &Facts, one: &mut Foreseen) {
    let first = |items: &[Item]| items.first().map(|item| (item.since, item.conversation.clone()));
    one.told.sort_by_cached_key(|digest| {
        let id = &digest.recipient.id;
        let endpoint = digest.recipient.endpoint().to_owned();
        (name(config, facts, id), id.clone(), digest.channel, first(&digest.items), digest.subject.clone(), endpoint)
    });
    one.suppressed.sort_by_cached_key(|(delivery, _)| {
        let id = &delivery.recipient;
        (name(config, facts, id), id.clone(), delivery.channel, first(&delivery.items), delivery.id)
    });
}

fn as_json(config: &Config, facts: &Facts, one: &Foreseen) -> Value {
    let slots: Vec<_> =
        one.slots.iter().map(|(rule, slot)| json!({ "rule": rule.as_str(), "slot": slot.label })).collect();
    let told: Vec<_> = one.told.iter().map(|digest| told_as_json(config, facts, digest)).collect();
    let suppressed: Vec<_> =
        one.suppressed.iter().map(|(it, why)| suppressed_as_json(config, facts, it, why)).collect();
    json!({ "at": one.at.to_rfc3339(), "slots": slots, "told": told, "not_told": suppressed, "later": one.later })
}

fn told_as_json(config: &Config, facts: &Facts, digest: &Digest) -> Value {
    json!({
        "recipient": digest.recipient.id.to_string(),
        "name": name(config, facts, &digest.recipient.id),
        "channel": digest.channel.word(),
        "address": masked(&digest.recipient.address),
        "items": items_as_json(facts, &digest.items),
    })
}

fn suppressed_as_json(config: &Config, facts: &Facts, delivery: &Delivery, reason: &Reason) -> Value {
    json!({
        "recipient": delivery.recipient.to_string(),
        "name": name(config, facts, &delivery.recipient),
        "channel": delivery.channel.word(),
        "reason": reason.code(),
        "items": items_as_json(facts, &delivery.items),
    })
}

fn items_as_json(facts: &Facts, items: &[Item]) -> Vec<Value> {
    let number = |item: &Item| facts.conversations.get(&item.conversation).and_then(|it| it.number.clone());
    let item = |item: &Item| {
        json!({
            "rule": item.rule.as_str(),
            "conversation": item.conversation.as_str(),
            "number": number(item),
            "matter": &*item.matter,
            "waiting_since": item.since.to_rfc3339(),
            "why": item.why.code(),
        })
    };
    items.iter().map(item).collect()
}
