//! The answers of some deliveries and the start of others in one commit, grouped over lanes.
//! This is what makes "told twice" bounded by the deliveries on the wire.

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{ErrorCode, OptionalExtension, Transaction, TransactionBehavior, params};

use super::block::block_refused;
use super::columns::ms;
use super::enqueue::write_items;
use super::{AMBIGUOUS_RESENDS, Ledger, retry_after};
use crate::failpoint;
use crate::model::{Delivery, Item, Note, OnAmbiguous, Outcome, Reason, Reply};

/// How often the lock is waited for again, half a minute each, before answers are given up for lost.
const PATIENCE: u32 = 10;

/// A delivery about to go on the wire.
#[derive(Debug)]
pub struct Begin<'a> {
    /// The claimed delivery.
    pub delivery: &'a Delivery,
    /// The content key of what is sent.
    pub uid: &'a str,
    /// What is told, as the re-check found it.
    pub items: &'a [Item],
    /// The address, masked.
    pub shown: &'a str,
    /// What becomes of it should its answer be lost.
    pub on_ambiguous: OnAmbiguous,
}

/// What is to be written about a delivery in hand.
#[derive(Debug, Clone)]
pub enum Settlement {
    /// It was on the wire and this came of it.
    Answered(Outcome),
    /// It goes into the feed with this very commit: the note, and what it tells as the re-check found it.
    Shown(Note, Vec<Item>),
    /// Nothing of it waits any more; it was not sent.
    Suppressed(Reason),
    /// It is to wait until then.
    Postponed(DateTime<Utc>),
}

/// A delivery with what is to be written about it.
#[derive(Debug)]
pub struct Settled<'a> {
    /// The delivery.
    pub delivery: &'a Delivery,
    /// The content key it went out under.
    pub uid: &'a str,
    /// The address it went to, which a refusal blocks; empty when it went nowhere or elsewhere.
    pub address: &'a str,
    /// What to write.
    pub settlement: Settlement,
}

/// Where a settled delivery ended up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// The provider has it.
    Sent,
    /// Another try comes, at this instant at the earliest.
    Retried(DateTime<Utc>),
    /// It will never arrive.
    Dead,
    /// It may have arrived; a person decides.
    Unknown,
    /// Nothing waited any more.
    Suppressed,
    /// Somebody else held it: nothing was written.
    Lost,
}

impl Ledger {
    /// Settles some deliveries and begins others in one commit.
    ///
    /// Answers where each settled one ended up, and for each begun one whether it may go on the wire: only after
    /// this has returned `true` for it.
    pub fn exchange(
        &mut self,
        settled: &[Settled<'_>],
        begun: &[Begin<'_>],
        now: DateTime<Utc>,
    ) -> Result<(Vec<Closed>, Vec<bool>)> {
        let mut patience = PATIENCE;
        loop {
            match self.exchange_once(settled, begun, now) {
                // answers in hand must not be lost: without them what was accepted would be sent again
                Err(error) if patience > 0 && is_busy(&error) => {
                    tracing::warn!("the ledger is held by another program; {} answers wait for it", settled.len());
                    patience -= 1;
                }
                result => return result,
            }
        }
    }

    fn exchange_once(
        &mut self,
        settled: &[Settled<'_>],
        begun: &[Begin<'_>],
        now: DateTime<Utc>,
    ) -> Result<(Vec<Closed>, Vec<bool>)> {
        let (pass, install_id) = (self.pass, &self.install_id);
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut closed = Vec::with_capacity(settled.len());
        for one in settled {
            let end = settle(&transaction, pass, one, now)?;
            if end == Closed::Dead {
                block_refused(&transaction, install_id, one, now)?;
            }
            closed.push(end);
        }
        let may_go = begun.iter().map(|one| begin(&transaction, pass, one, now)).collect::<Result<_>>()?;
        let pass_by = |begins: &str, settles: &str| {
            if !begun.is_empty() {
                failpoint::reached(begins);
            }
            if !settled.is_empty() {
                failpoint::reached(settles);
            }
        };
        pass_by("before-begin", "before-settle");
        transaction.commit().context("commit answers")?;
        pass_by("begun", "settled");
        Ok((closed, may_go))
    }
}

fn is_busy(error: &anyhow::Error) -> bool {
    let code = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<rusqlite::Error>())
        .and_then(rusqlite::Error::sqlite_error_code);
    matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

fn begin(transaction: &Transaction<'_>, pass: i64, start: &Begin<'_>, now: DateTime<Utc>) -> Result<bool> {
    let delivery = start.delivery;
    let twin: Option<i64> = transaction
        .prepare_cached("SELECT id FROM doorbell_delivery WHERE uid = ?1 AND id <> ?2")?
        .query_row((start.uid, delivery.id), |row| row.get(0))
        .optional()?;
    if twin.is_some() {
        // the very same content has been on the wire: it must not go again, and its marks must stand
        take_over(transaction, delivery, start.items)?;
        let suppressed = Settlement::Suppressed(Reason::AlreadyTold);
        settle(transaction, pass, &Settled { delivery, uid: start.uid, address: "", settlement: suppressed }, now)?;
        advance_marks(transaction, delivery.id, now)?;
        return Ok(false);
    }
    let begun = transaction
        .prepare_cached(
            "UPDATE doorbell_delivery SET state = 'sending', uid = ?4, begun_at = ?5, endpoint_shown = ?6,
               policy = ?7
             WHERE id = ?1 AND owner = ?2 AND attempt = ?3 AND state = 'claimed'",
        )?
        .execute(params![
            delivery.id,
            pass,
            delivery.attempt,
            start.uid,
            ms(now),
            start.shown,
            start.on_ambiguous.word()
        ])?;
    if begun == 1 {
        take_over(transaction, delivery, start.items)?;
    }
    Ok(begun == 1)
}

/// What is told in the end, where the re-check found other items than those that were queued.
fn take_over(transaction: &Transaction<'_>, delivery: &Delivery, items: &[Item]) -> Result<()> {
    if items != delivery.items {
        transaction.prepare_cached("DELETE FROM doorbell_item WHERE delivery_id = ?1")?.execute([delivery.id])?;
        write_items(transaction, delivery.id, items.iter())?;
    }
    Ok(())
}

fn settle(transaction: &Transaction<'_>, pass: i64, settled: &Settled<'_>, now: DateTime<Utc>) -> Result<Closed> {
    let empty = Reply::default();
    let (closed, reply) = match &settled.settlement {
        Settlement::Suppressed(_) => (Closed::Suppressed, &empty),
        Settlement::Shown(..) => (Closed::Sent, &empty),
        Settlement::Postponed(until) => (Closed::Retried(*until), &empty),
        Settlement::Answered(outcome) => after(transaction, settled, outcome, now)?,
    };
    let row = Row::of(closed, settled, now);
    let written = transaction
        .prepare_cached(
            "UPDATE doorbell_delivery SET state = ?4, owner = NULL, attempt = attempt - ?5, ambiguous = ambiguous + ?6,
               give_up_at = give_up_at + ?13,
               uid = CASE WHEN ?7 THEN uid END, next_attempt_at = ?8, closed_at = ?9, reason = ?10,
               reply_code = ?11, reply_text = substr(?12, 1, 500)
             WHERE id = ?1 AND owner = ?2 AND attempt = ?3 AND state IN ('claimed','sending')",
        )?
        .execute(params![
            settled.delivery.id,
            pass,
            settled.delivery.attempt,
            row.state,
            row.attempt_back,
            row.in_doubt,
            row.keep_uid || (settled.delivery.frozen_uid.is_some() && closed != Closed::Suppressed),
            ms(row.next_attempt_at),
            row.closed_at.map(ms),
            row.reason,
            reply.code,
            reply.text,
            row.rest.num_milliseconds()
        ])?;
    if written == 0 {
        return Ok(Closed::Lost);
    }
    if let Settlement::Shown(note, items) = &settled.settlement {
        take_over(transaction, settled.delivery, items)?;
        show(transaction, settled.delivery, note, now)?;
    }
    if closed == Closed::Sent {
        end_rest(transaction, settled.delivery.id, now)?;
    }
    if matches!(closed, Closed::Sent | Closed::Dead | Closed::Unknown) {
        advance_marks(transaction, settled.delivery.id, now)?;
    }
    Ok(closed)
}

/// Puts a note into the feed of the host program.
fn show(transaction: &Transaction<'_>, delivery: &Delivery, note: &Note, now: DateTime<Utc>) -> Result<()> {
    transaction
        .prepare_cached("UPDATE doorbell_delivery SET begun_at = ?2, endpoint_shown = 'the feed' WHERE id = ?1")?
        .execute((delivery.id, ms(now)))?;
    transaction
        .prepare_cached(
            "INSERT INTO in_app_notifications(account, recipient, kind, title, body, link, conversation_id, sound,
               sound_repeats, delivery_id, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            delivery.account.as_ref().map_or("", |account| account.as_str()),
            delivery.recipient.to_string(),
            note.kind,
            note.title,
            note.body,
            note.link,
            note.conversation.as_str(),
            note.sound.as_ref().map(|sound| &*sound.name),
            note.sound.as_ref().is_some_and(|sound| sound.repeats),
            delivery.id,
            ms(now),
        ])?;
    Ok(())
}

/// The columns that follow from where a delivery ended up.
///
/// A suppressed delivery gives its content key back: the same content may go out after all, when it waits again.
struct Row {
    state: &'static str,
    attempt_back: u32,
    rest: TimeDelta,
    in_doubt: u8,
    keep_uid: bool,
    next_attempt_at: DateTime<Utc>,
    closed_at: Option<DateTime<Utc>>,
    reason: Option<&'static str>,
}

impl Row {
    fn of(closed: Closed, settled: &Settled<'_>, now: DateTime<Utc>) -> Self {
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
        Self {
            state,
            // what the recipient had no part in does not use up a try; after a rest the tries begin anew
            attempt_back: if is_rest { settled.delivery.attempt } else { u32::from(unanswered || misconfigured) },
            rest: if is_rest { (next_attempt_at - now).max(TimeDelta::zero()) } else { TimeDelta::zero() },
            in_doubt: u8::from(in_doubt),
            keep_uid: in_doubt || closed == Closed::Sent,
            next_attempt_at,
            closed_at,
            reason: match &settled.settlement {
                Settlement::Suppressed(reason) => Some(reason.code()),
                Settlement::Answered(_) | Settlement::Shown(..) | Settlement::Postponed(_) => None,
            },
        }
    }
}

/// What follows from a provider's answer.
fn after<'a>(
    transaction: &Transaction<'_>,
    settled: &Settled<'_>,
    outcome: &'a Outcome,
    now: DateTime<Utc>,
) -> Result<(Closed, &'a Reply)> {
    let attempt = settled.delivery.attempt;
    Ok(match outcome {
        Outcome::Accepted(reply) => (Closed::Sent, reply),
        Outcome::RefusedRecipient(reply) | Outcome::RefusedMessage(reply) => (Closed::Dead, reply),
        // due at once: the pass itself stops the channel, and the next one tries with the mended setting
        Outcome::Misconfigured { reply, .. } => (Closed::Retried(now), reply),
        Outcome::Deferred(wish, reply) => {
            let at = now + retry_after(settled.uid, attempt, *wish);
            let give_up_at = give_up_at(transaction, settled.delivery.id)?;
            // nobody there is an outage: it ages nothing, and ends in one digest of what still waits
            let nobody_there = reply.code.is_empty();
            let over = !nobody_there && ms(at) > give_up_at;
            (if over { Closed::Dead } else { Closed::Retried(at) }, reply)
        }
        Outcome::Unknown(reply) => {
            let again = may_be_repeated(transaction, settled.delivery.id)?;
            (
                if again { Closed::Retried(now + retry_after(settled.uid, attempt, None)) } else { Closed::Unknown },
                reply,
            )
        }
    })
}

fn give_up_at(transaction: &Transaction<'_>, delivery: i64) -> Result<i64> {
    let mut read = transaction.prepare_cached("SELECT give_up_at FROM doorbell_delivery WHERE id = ?1")?;
    Ok(read.query_row([delivery], |row| row.get(0))?)
}

/// Whether what may have arrived goes once more.
fn may_be_repeated(transaction: &Transaction<'_>, delivery: i64) -> Result<bool> {
    let mut read = transaction
        .prepare_cached("SELECT policy = 'resend' AND ambiguous < ?2 FROM doorbell_delivery WHERE id = ?1")?;
    Ok(read.query_row((delivery, AMBIGUOUS_RESENDS), |row| row.get(0))?)
}

/// Whoever rested was told: their rule need not be due at the opening, and no pass would say so.
fn end_rest(transaction: &Transaction<'_>, delivery: i64, now: DateTime<Utc>) -> Result<()> {
    transaction
        .prepare_cached(
            "UPDATE doorbell_decision SET reason = 'told', since = ?2, until = NULL
             WHERE reason IN (?3, ?4) AND (conversation_id, rule, recipient, channel, matter) IN (
               SELECT conversation_id, rule, recipient, channel, matter
               FROM doorbell_item JOIN doorbell_delivery ON doorbell_delivery.id = delivery_id WHERE delivery_id = ?1)",
        )?
        .execute((delivery, ms(now), Reason::QuietHours.code(), Reason::OffWork.code()))?;
    Ok(())
}

/// Moves the marks of a closed delivery to what it told; a mark never goes back.
pub(super) fn advance_marks(transaction: &Transaction<'_>, delivery: i64, now: DateTime<Utc>) -> Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO doorbell_mark(conversation_id, rule, recipient, channel, message_id, message_at, delivery_id, told_at,
               matter, step)
             SELECT conversation_id, rule, recipient, channel, message_id, message_at, delivery_id, ?2, matter, step
             FROM doorbell_item JOIN doorbell_delivery ON doorbell_delivery.id = delivery_id WHERE delivery_id = ?1
             ON CONFLICT DO UPDATE SET message_id = excluded.message_id, message_at = excluded.message_at,
               delivery_id = excluded.delivery_id, told_at = excluded.told_at, step = excluded.step
             WHERE (excluded.message_at, length(excluded.message_id), excluded.message_id)
                >= (message_at, length(message_id), message_id)",
        )?
        .execute((delivery, ms(now)))?;
    Ok(())
}
