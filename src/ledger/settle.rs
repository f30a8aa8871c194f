//! Where a delivery ends up, and what follows from it: its row, the feed, the marks.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};

use super::columns::ms;
use super::exchange::{Closed, Settled, Settlement, take_over};
use super::store::{Rows, Store, values};
use super::{AMBIGUOUS_RESENDS, retry_after};
use crate::model::{Delivery, Item, Note, Outcome, Reason, Reply};

/// Answers for each where it ended up.
pub(super) fn settle(store: &Store, pass: i64, settled: &[Settled<'_>], now: DateTime<Utc>) -> Result<Vec<Closed>> {
    if settled.is_empty() {
        return Ok(Vec::new());
    }
    let kept = kept_of(store, settled)?;
    let closed: Vec<Closed> = settled.iter().map(|one| after(one, kept.get(&one.delivery.id), now)).collect();
    let written = write_ends(store, pass, settled, &closed, now)?;
    let ended = || settled.iter().zip(&closed).filter(|(one, _)| written.contains(&one.delivery.id));
    show(store, &ended().map(|(one, _)| one).collect::<Vec<_>>(), now)?;
    let of = |ends: &[Closed]| -> Vec<i64> {
        ended().filter(|(_, closed)| ends.contains(closed)).map(|(one, _)| one.delivery.id).collect()
    };
    end_rest(store, of(&[Closed::Sent]), now)?;
    advance_marks(store, of(&[Closed::Sent, Closed::Dead, Closed::Unknown]), now)?;
    let end = |(one, closed): (&Settled<'_>, &Closed)| {
        if written.contains(&one.delivery.id) { *closed } else { Closed::Lost }
    };
    Ok(settled.iter().zip(&closed).map(end).collect())
}

/// Writes where each ended up; answers those that were still this pass's own.
fn write_ends(
    store: &Store,
    pass: i64,
    settled: &[Settled<'_>],
    closed: &[Closed],
    now: DateTime<Utc>,
) -> Result<HashSet<i64>> {
    let ends: Vec<Row<'_>> = settled.iter().zip(closed).map(|(one, closed)| Row::of(*closed, one, now)).collect();
    let rows = Rows::default()
        .integers("id", settled.iter().map(|one| one.delivery.id))
        .integers("attempt", settled.iter().map(|one| i64::from(one.delivery.attempt)))
        .texts("state", ends.iter().map(|end| end.state))
        .integers("attempt_back", ends.iter().map(|end| i64::from(end.attempt_back)))
        .integers("in_doubt", ends.iter().map(|end| i64::from(end.in_doubt)))
        .integers("keep_uid", ends.iter().map(|end| i64::from(end.keep_uid)))
        .integers("next_attempt_at", ends.iter().map(|end| ms(end.next_attempt_at)))
        .integers("closed_at", ends.iter().map(|end| end.closed_at.map(ms)))
        .texts_or_null("reason", ends.iter().map(|end| end.reason))
        .texts("reply_code", ends.iter().map(|end| end.reply.map_or("", |reply| &reply.code)))
        .texts("reply_text", ends.iter().map(|end| end.reply.map_or("", |reply| &reply.text)))
        .integers("rest", ends.iter().map(|end| end.rest.num_milliseconds()));
    let write = "UPDATE doorbell_delivery SET state = r.state, owner = NULL,
           attempt = doorbell_delivery.attempt - r.attempt_back, ambiguous = ambiguous + r.in_doubt,
           give_up_at = give_up_at + r.rest, uid = CASE WHEN r.keep_uid = 1 THEN uid END,
           next_attempt_at = r.next_attempt_at, closed_at = r.closed_at, reason = r.reason,
           reply_code = r.reply_code, reply_text = substr(r.reply_text, 1, 500)
         FROM {rows}
         WHERE doorbell_delivery.id = r.id AND doorbell_delivery.owner = ?1 AND doorbell_delivery.attempt = r.attempt
           AND doorbell_delivery.state IN ('claimed','sending')
         RETURNING doorbell_delivery.id";
    Ok(store.all_of_rows(write, values![pass], &rows, |row| row.get(0))?.into_iter().collect())
}

/// Puts notes into the feed of the host program.
fn show(store: &Store, settled: &[&Settled<'_>], now: DateTime<Utc>) -> Result<()> {
    let shown: Vec<(&Delivery, &Note, &[Item])> = settled
        .iter()
        .filter_map(|one| match &one.settlement {
            Settlement::Shown(note, items) => Some((one.delivery, note, items.as_slice())),
            _ => None,
        })
        .collect();
    if shown.is_empty() {
        return Ok(());
    }
    take_over(store, shown.iter().map(|(delivery, _, items)| (*delivery, *items)))?;
    let ids: Vec<i64> = shown.iter().map(|(delivery, ..)| delivery.id).collect();
    let begun = "UPDATE doorbell_delivery SET begun_at = ?2, endpoint_shown = 'the feed'
         WHERE id IN (SELECT value FROM json_each(?1))";
    store.execute(begun, values![ids, ms(now)])?;
    let (deliveries, notes) = (|| shown.iter().map(|it| it.0), || shown.iter().map(|it| it.1));
    let rows = Rows::default()
        .texts("account", deliveries().map(|it| it.account.as_ref().map_or("", |account| account.as_str())))
        .texts("recipient", deliveries().map(|it| &it.recipient))
        .texts("kind", notes().map(|note| &note.kind))
        .texts("title", notes().map(|note| &note.title))
        .texts("body", notes().map(|note| &note.body))
        .texts_or_null("link", notes().map(|note| note.link.as_ref()))
        .texts("conversation_id", notes().map(|note| &note.conversation))
        .texts_or_null("sound", notes().map(|note| note.sound.as_ref().map(|sound| &sound.name)))
        .integers("repeats", notes().map(|note| i64::from(note.sound.as_ref().is_some_and(|sound| sound.repeats))))
        .integers("delivery_id", deliveries().map(|it| it.id));
    let show = "INSERT INTO in_app_notifications(account, recipient, kind, title, body, link, conversation_id, sound,
           sound_repeats, delivery_id, created_at)
         SELECT account, recipient, kind, title, body, link, conversation_id, sound, repeats, delivery_id, ?1
         FROM {rows}";
    store.execute_rows(show, values![ms(now)], &rows)?;
    Ok(())
}

/// The columns that follow from where a delivery ended up.
///
/// A suppressed delivery gives its content key back: the same content may go out after all, when it waits again.
struct Row<'a> {
    state: &'static str,
    reply: Option<&'a Reply>,
    attempt_back: u32,
    rest: TimeDelta,
    in_doubt: u8,
    keep_uid: bool,
    next_attempt_at: DateTime<Utc>,
    closed_at: Option<DateTime<Utc>>,
    reason: Option<&'static str>,
}

impl<'a> Row<'a> {
    fn of(closed: Closed, settled: &'a Settled<'_>, now: DateTime<Utc>) -> Self {
        let is_rest = matches!(settled.settlement, Settlement::Postponed(_));
        let unanswered = matches!(settled.settlement, Settlement::Suppressed(_));
        let misconfigured = matches!(settled.settlement, Settlement::Answered(Outcome::Misconfigured { .. }));
        let in_doubt = matches!(settled.settlement, Settlement::Answered(Outcome::Unknown(_)));
        let (state, next_attempt_at, closed_at) = match closed {
            Closed::Sent => ("sent", now, Some(now)),
            Closed::Dead => ("dead", now, Some(now)),
            Closed::Unknown => ("unknown", now, Some(now)),
            Closed::Suppressed | Closed::Lost => ("suppressed", now, Some(now)),
            Closed::Retried(at) => ("queued", at, None),
        };
        let was_in_doubt = settled.delivery.frozen_uid.is_some() && closed != Closed::Suppressed;
        Self {
            state,
            reply: match &settled.settlement {
                Settlement::Answered(outcome) => Some(outcome.reply()),
                Settlement::Shown(..) | Settlement::Suppressed(_) | Settlement::Postponed(_) => None,
            },
            // what the recipient had no part in does not use up a try; after a rest the tries begin anew
            attempt_back: if is_rest { settled.delivery.attempt } else { u32::from(unanswered || misconfigured) },
            rest: if is_rest { (next_attempt_at - now).max(TimeDelta::zero()) } else { TimeDelta::zero() },
            in_doubt: u8::from(in_doubt),
            keep_uid: in_doubt || was_in_doubt || closed == Closed::Sent,
            next_attempt_at,
            closed_at,
            reason: match &settled.settlement {
                Settlement::Suppressed(reason) => Some(reason.code()),
                Settlement::Answered(_) | Settlement::Shown(..) | Settlement::Postponed(_) => None,
            },
        }
    }
}

/// What the ledger kept of a delivery that has been answered.
struct Kept {
    give_up_at: i64,
    /// Whether what may have arrived goes once more.
    may_be_repeated: bool,
}

fn kept_of(store: &Store, settled: &[Settled<'_>]) -> Result<HashMap<i64, Kept>> {
    let matters = |one: &&Settled<'_>| {
        matches!(one.settlement, Settlement::Answered(Outcome::Deferred(..) | Outcome::Unknown(_)))
    };
    let ids: Vec<i64> = settled.iter().filter(matters).map(|one| one.delivery.id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let read = "SELECT id, give_up_at, policy = 'resend' AND ambiguous < ?2 FROM doorbell_delivery
         WHERE id IN (SELECT value FROM json_each(?1))";
    let kept = store.all(read, values![ids, AMBIGUOUS_RESENDS], |row| {
        Ok((row.get(0)?, Kept { give_up_at: row.get(1)?, may_be_repeated: row.get(2)? }))
    })?;
    Ok(kept.into_iter().collect())
}

/// What follows from what is to be written.
fn after(settled: &Settled<'_>, kept: Option<&Kept>, now: DateTime<Utc>) -> Closed {
    let attempt = settled.delivery.attempt;
    let outcome = match &settled.settlement {
        Settlement::Suppressed(_) => return Closed::Suppressed,
        Settlement::Shown(..) => return Closed::Sent,
        Settlement::Postponed(until) => return Closed::Retried(*until),
        Settlement::Answered(outcome) => outcome,
    };
    match outcome {
        Outcome::Accepted(_) => Closed::Sent,
        Outcome::RefusedRecipient(_) | Outcome::RefusedMessage(_) => Closed::Dead,
        // due at once: the pass itself stops the channel, and the next one tries with the mended setting
        Outcome::Misconfigured { .. } => Closed::Retried(now),
        Outcome::Deferred(wish, reply) => {
            let at = now + retry_after(settled.uid, attempt, *wish);
            // nobody there is an outage: it ages nothing, and ends in one digest of what still waits
            let nobody_there = reply.code.is_empty();
            let is_over = !nobody_there && kept.is_some_and(|kept| ms(at) > kept.give_up_at);
            if is_over { Closed::Dead } else { Closed::Retried(at) }
        }
        Outcome::Unknown(_) if kept.is_some_and(|kept| kept.may_be_repeated) => {
            Closed::Retried(now + retry_after(settled.uid, attempt, None))
        }
        Outcome::Unknown(_) => Closed::Unknown,
    }
}

/// Whoever rested was told: their rule need not be due at the opening, and no pass would say so.
fn end_rest(store: &Store, deliveries: Vec<i64>, now: DateTime<Utc>) -> Result<()> {
    if deliveries.is_empty() {
        return Ok(());
    }
    let end = "UPDATE doorbell_decision SET reason = 'told', since = ?2, until = NULL
         WHERE reason IN (?3, ?4) AND (conversation_id, rule, recipient, channel, matter) IN (
           SELECT conversation_id, rule, recipient, channel, matter
           FROM doorbell_item JOIN doorbell_delivery ON doorbell_delivery.id = delivery_id
           WHERE delivery_id IN (SELECT value FROM json_each(?1)))";
    store.execute(end, values![deliveries, ms(now), Reason::QuietHours.code(), Reason::OffWork.code()])?;
    Ok(())
}

/// Moves the marks of closed deliveries to what they told; a mark never goes back.
///
/// Several devices may have been told of one conversation: the newest of what they were told counts.
pub(super) fn advance_marks(store: &Store, deliveries: Vec<i64>, now: DateTime<Utc>) -> Result<()> {
    if deliveries.is_empty() {
        return Ok(());
    }
    let advance = "INSERT INTO doorbell_mark(conversation_id, rule, recipient, channel, message_id, message_at,
           delivery_id, told_at, matter, step)
         SELECT conversation_id, rule, recipient, channel, message_id, message_at, delivery_id, ?2, matter, step
         FROM (SELECT i.*, d.recipient, d.channel, row_number() OVER (
                 PARTITION BY conversation_id, rule, recipient, channel, matter
                 ORDER BY message_at DESC, length(message_id) DESC, message_id DESC, delivery_id DESC) AS place
               FROM doorbell_item i JOIN doorbell_delivery d ON d.id = delivery_id
               WHERE delivery_id IN (SELECT value FROM json_each(?1))) AS told
         WHERE place = 1
         ORDER BY conversation_id, rule, recipient, channel, matter
         ON CONFLICT(conversation_id, rule, recipient, channel, matter) DO UPDATE SET
           message_id = excluded.message_id, message_at = excluded.message_at,
           delivery_id = excluded.delivery_id, told_at = excluded.told_at, step = excluded.step
         WHERE (excluded.message_at, length(excluded.message_id), excluded.message_id)
            >= (doorbell_mark.message_at, length(doorbell_mark.message_id), doorbell_mark.message_id)";
    store.execute(advance, values![deliveries, ms(now)])?;
    Ok(())
}
