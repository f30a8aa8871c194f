//! The reasons for which somebody does not hear, or not yet: kept when they change, and ended when they are told.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use chrono::{DateTime, Utc};

use super::columns::ms;
use super::enqueue::Intake;
use super::store::{Rows, Store, values};
use crate::model::{Channel, Reason, Rule, Verdict};

/// What is decided: conversation, rule, recipient, channel; and the matter.
pub(super) type Key = ((String, String, String, String), String);
/// Reasons, each with until when it holds.
pub(super) type Keep = BTreeMap<Key, (&'static str, Option<i64>)>;

/// The columns of keys.
fn keyed<'a>(keys: impl Iterator<Item = &'a Key> + Clone) -> Rows {
    Rows::default()
        .texts("conversation_id", keys.clone().map(|key| &key.0.0))
        .texts("rule", keys.clone().map(|key| &key.0.1))
        .texts("recipient", keys.clone().map(|key| &key.0.2))
        .texts("channel", keys.clone().map(|key| &key.0.3))
        .texts("matter", keys.map(|key| &key.1))
}

/// Writes each reason that is another than before.
pub(super) fn keep_reasons(store: &Store, now: DateTime<Utc>, keep: &Keep) -> Result<()> {
    let rows = keyed(keep.keys())
        .texts("reason", keep.values().map(|(reason, _)| reason))
        .integers("until", keep.values().map(|(_, until)| *until));
    let write = "INSERT INTO doorbell_decision(conversation_id, rule, recipient, channel, matter, reason, since, until)
         SELECT conversation_id, rule, recipient, channel, matter, reason, ?1, until FROM {rows}
         WHERE true ON CONFLICT(conversation_id, rule, recipient, channel, matter) DO UPDATE SET
           reason = excluded.reason, since = excluded.since, until = excluded.until
         WHERE doorbell_decision.reason <> excluded.reason OR doorbell_decision.until IS DISTINCT FROM excluded.until";
    store.execute_rows(write, values![ms(now)], &rows)?;
    Ok(())
}

/// Ends the reasons for which somebody did not hear: they are told now.
fn end_reasons<'a>(store: &Store, now: DateTime<Utc>, told: impl Iterator<Item = &'a Key> + Clone) -> Result<()> {
    let end = "UPDATE doorbell_decision AS d SET reason = 'told', since = ?1, until = NULL FROM {rows}
         WHERE d.conversation_id = r.conversation_id AND d.rule = r.rule AND d.recipient = r.recipient
           AND d.channel = r.channel AND d.matter = r.matter AND d.reason <> 'told'";
    store.execute_rows(end, values![ms(now)], &keyed(told))?;
    Ok(())
}

/// How many of these waits were not known yet to reach nobody.
fn new_waits(store: &Store, waits: &[(&str, &str, i64)]) -> Result<usize> {
    let rows = Rows::default()
        .texts("conversation_id", waits.iter().map(|wait| wait.0))
        .texts("rule", waits.iter().map(|wait| wait.1))
        .integers("until", waits.iter().map(|wait| wait.2));
    let read = "SELECT 1 FROM {rows} WHERE NOT EXISTS (SELECT 1 FROM doorbell_decision d
           WHERE d.conversation_id = r.conversation_id AND d.rule = r.rule AND d.until = r.until)";
    Ok(store.all_of_rows(read, &[], &rows, |_| Ok(()))?.len())
}

/// Keeps what changed; answers of how many conversations it became known that nobody can be told of them.
pub(super) fn keep_decisions(store: &Store, intake: &Intake<'_>) -> Result<usize> {
    let (mut keep, mut told) = (Keep::new(), BTreeSet::new());
    let mut waits = BTreeSet::new();
    for decision in intake.decisions {
        let recipient = decision.recipient.as_ref().map(ToString::to_string).unwrap_or_default();
        let channel = decision.channel.map_or("", Channel::word);
        let whose = (decision.conversation.to_string(), decision.rule.to_string(), recipient, channel.to_owned());
        let key = (whose, decision.matter.to_string());
        let is_coverage = decision.rule.as_str() == Rule::UNCOVERED;
        let reason = match &decision.verdict {
            // kept with the wait it is about, so that each is counted once
            Verdict::Told(_) if is_coverage => ("told", Some(ms(decision.since))),
            Verdict::Told(_) => {
                keep.remove(&key);
                told.insert(key);
                continue;
            }
            Verdict::Skipped(Reason::AlreadyTold) => continue,
            Verdict::Later(..) if is_coverage => continue,
            Verdict::Skipped(reason) if is_coverage => (reason.code(), Some(ms(decision.since))),
            Verdict::Skipped(reason) => (reason.code(), None),
            Verdict::Later(until, reason) => (reason.code(), Some(ms(*until))),
        };
        if is_coverage {
            waits.insert((decision.conversation.as_str(), decision.rule.as_str(), ms(decision.since)));
        }
        told.remove(&key);
        keep.insert(key, reason);
    }
    let uncovered = new_waits(store, &waits.into_iter().collect::<Vec<_>>())?;
    end_reasons(store, intake.now, told.iter())?;
    keep_reasons(store, intake.now, &keep)?;
    Ok(uncovered)
}
