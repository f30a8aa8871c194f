//! A pass's decisions become rows: slots and their deliveries in one transaction, or none of it.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use super::Ledger;
use super::columns::ms;
use super::outage::{forget_idle, send_ahead};
use super::storm::{Held, count_slots, end_hold, keep_held};
use crate::failpoint;
use crate::model::{Channel, Decision, Digest, Gateway, Item, Reason, Rule, RuleName, Slot, Verdict};

/// Passes remembered for `status`: five weeks at one every five minutes.
const PASSES_KEPT: i64 = 10_000;
/// Slots remembered: far beyond the catch-up bound, and enough for "the last 20 slots that told somebody".
const SLOTS_KEPT: TimeDelta = TimeDelta::days(40);

/// What one pass decided.
#[derive(Debug)]
pub struct Intake<'a> {
    /// The instant of the pass.
    pub now: DateTime<Utc>,
    /// The rules that run.
    pub rules: &'a [RuleName],
    /// Whether only some conversations or people were looked at: such a run begins no rule and answers no doubt.
    pub limited: bool,
    /// The slots this pass wants; a rule whose slot is gone tells nothing.
    pub slots: &'a [(RuleName, Slot)],
    /// The rules that would tell far more than usual; they are in neither of the two.
    pub held: &'a [Held],
    /// From when each rule of the settings tells; kept for rules that are new.
    pub baselines: &'a HashMap<RuleName, DateTime<Utc>>,
    /// What is to be told.
    pub digests: &'a [Digest],
    /// Every decision; those that changed are kept with their reason.
    pub decisions: &'a [Decision],
}

/// What became of it.
#[derive(Debug, Default)]
pub struct Enqueued {
    /// Deliveries that are new.
    pub queued: usize,
    /// Deliveries that were waiting for another try and took new items along.
    pub joined: usize,
    /// Conversations that were found to reach nobody, for the first time.
    pub uncovered: usize,
    /// Digests kept back because an earlier one to the same target may have arrived.
    pub in_doubt: usize,
    /// The held rules of which the operator is to hear now.
    pub held_news: Vec<Held>,
    /// All deliveries that this pass queued or joined.
    pub deliveries: Vec<i64>,
    /// Whether anything is due now, from this pass or an earlier one.
    pub due: bool,
}

impl Ledger {
    /// Writes a pass's decisions and opens its row; when nothing is due the row is closed in the same commit.
    pub fn enqueue(&mut self, intake: &Intake<'_>) -> Result<Enqueued> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).context("lock ledger")?;
        let pass = open_pass(&transaction, intake.now)?;
        let won = take_slots(&transaction, pass, intake)?;
        let mut enqueued = Enqueued::default();
        if !intake.limited {
            keep_baselines(&transaction, intake)?;
            enqueued.held_news = keep_held(&transaction, intake)?;
            // every one of them was decided again in this pass
            transaction.execute("DELETE FROM doorbell_decision WHERE reason = 'delivery_in_doubt'", [])?;
        }
        enqueued.uncovered = keep_decisions(&transaction, intake)?;
        let mut begun: HashMap<RuleName, i64> = HashMap::new();
        for digest in intake.digests {
            let items: Vec<&Item> = digest.items.iter().filter(|item| won.contains(&item.rule)).collect();
            if !items.is_empty() {
                let before = enqueued.queued;
                queue(&transaction, intake.now, digest, &items, &mut enqueued)?;
                if enqueued.queued > before {
                    let rules: HashSet<&RuleName> = items.iter().map(|item| &item.rule).collect();
                    rules.into_iter().for_each(|rule| *begun.entry(rule.clone()).or_default() += 1);
                }
            }
        }
        count_slots(&transaction, intake, &begun)?;
        forget_idle(&transaction)?;
        send_ahead(&transaction, intake.now)?;
        enqueued.due = anything_due(&transaction, intake.now)?;
        if !enqueued.due {
            transaction
                .prepare_cached("UPDATE doorbell_pass SET ended_at = ?2, exit_status = 0 WHERE id = ?1")?
                .execute((pass, ms(intake.now)))?;
        }
        failpoint::reached("before-enqueue");
        transaction.commit().context("commit the pass's decisions")?;
        failpoint::reached("enqueued");
        self.pass = pass;
        Ok(enqueued)
    }

    /// Closes the row of this pass.
    pub fn finish(&mut self, now: DateTime<Utc>, exit_status: u8, summary: &str) -> Result<()> {
        failpoint::reached("before-finish");
        self.connection
            .execute(
                "UPDATE doorbell_pass SET ended_at = ?2, exit_status = ?3, summary = ?4 WHERE id = ?1",
                params![self.pass, ms(now), exit_status, summary],
            )
            .context("close the pass")?;
        failpoint::reached("finished");
        Ok(())
    }
}

fn open_pass(transaction: &Transaction<'_>, now: DateTime<Utc>) -> Result<i64> {
    let pass = transaction
        .prepare_cached("INSERT INTO doorbell_pass(version, process_id, started_at) VALUES (?1, ?2, ?3) RETURNING id")?
        .query_row(params![env!("CARGO_PKG_VERSION"), std::process::id(), ms(now)], |row| row.get(0))?;
    transaction.prepare_cached("DELETE FROM doorbell_pass WHERE id <= ?1 - ?2")?.execute((pass, PASSES_KEPT))?;
    Ok(pass)
}

/// The rules that may tell: those without a slot in this pass (a limited run), and those whose slot was still free.
fn take_slots(transaction: &Transaction<'_>, pass: i64, intake: &Intake<'_>) -> Result<HashSet<RuleName>> {
    let mut take = transaction.prepare_cached(
        "INSERT INTO doorbell_slot(rule, label, slot_at, pass_id) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
    )?;
    let mut prune = transaction.prepare_cached("DELETE FROM doorbell_slot WHERE rule = ?1 AND slot_at < ?2")?;
    let mut won: HashSet<RuleName> = intake.rules.iter().cloned().collect();
    for (rule, slot) in intake.slots {
        if take.execute(params![rule.as_str(), slot.label, ms(slot.at), pass])? == 0 {
            won.remove(rule);
        } else {
            end_hold(transaction, rule)?;
        }
        prune.execute(params![rule.as_str(), ms(intake.now - SLOTS_KEPT)])?;
    }
    Ok(won)
}

fn keep_baselines(transaction: &Transaction<'_>, intake: &Intake<'_>) -> Result<()> {
    let mut keep = transaction.prepare_cached(
        "INSERT INTO doorbell_rule(name, baseline_at, first_seen_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )?;
    for (rule, baseline) in intake.baselines {
        keep.execute(params![rule.as_str(), ms(*baseline), ms(intake.now)])?;
    }
    Ok(())
}

fn queue(
    transaction: &Transaction<'_>,
    now: DateTime<Utc>,
    digest: &Digest,
    items: &[&Item],
    enqueued: &mut Enqueued,
) -> Result<()> {
    let account = digest.account.as_ref().map_or("", |account| account.as_str());
    let (recipient, channel) = (digest.recipient.id.to_string(), digest.channel.word());
    let due = digest.not_before.unwrap_or(now).max(now);
    let give_up_at = ms(due + give_up_after(digest.channel));
    let endpoint = digest.recipient.endpoint();
    let gateway = Gateway::of(digest.channel, digest.recipient.device.as_deref()).word();
    let target =
        params![account, recipient, channel, endpoint, &*digest.subject, ms(now), ms(due), give_up_at, gateway];
    let new: Option<i64> = transaction
        .prepare_cached(
            "INSERT INTO doorbell_delivery(account, recipient, channel, endpoint, subject, state, queued_at,
               next_attempt_at, give_up_at, gateway)
             VALUES (?1, ?2, ?3, ?4, ?5, 'queued', ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING RETURNING id",
        )?
        .query_row(target, |row| row.get(0))
        .optional()?;
    let delivery = if let Some(delivery) = new {
        enqueued.queued += 1;
        delivery
    } else if let Some(delivery) = open_delivery(transaction, digest)? {
        enqueued.joined += 1;
        // what joins now must not be given up with what has waited for days; and what only waited for the end of
        // quiet hours goes along with what may disturb
        transaction
            .prepare_cached(
                "UPDATE doorbell_delivery SET give_up_at = ?2,
                   next_attempt_at = CASE WHEN attempt = 0 THEN min(next_attempt_at, ?3) ELSE next_attempt_at END
                 WHERE id = ?1",
            )?
            .execute((delivery, give_up_at, ms(due)))?;
        delivery
    } else {
        enqueued.in_doubt += 1;
        return keep_back(transaction, now, digest, items);
    };
    enqueued.deliveries.push(delivery);
    write_items(transaction, delivery, items.iter().copied())
}

/// Remembers what has to wait for the end of a doubt, so that the next pass looks at it whether it is due or not.
fn keep_back(transaction: &Transaction<'_>, now: DateTime<Utc>, digest: &Digest, items: &[&Item]) -> Result<()> {
    let mut keep = transaction.prepare_cached(KEEP)?;
    let (recipient, channel) = (digest.recipient.id.to_string(), digest.channel.word());
    let until: Option<i64> = None;
    for item in items {
        let (conversation, rule) = (item.conversation.as_str(), item.rule.as_str());
        let reason = Reason::DeliveryInDoubt.code();
        keep.execute(params![conversation, rule, recipient, channel, reason, ms(now), until, &*item.matter])?;
    }
    Ok(())
}

/// The open delivery of a target, if it may still take items along: not when an attempt of it may have arrived.
/// The first condition on the state is the index's, the second the question's.
fn open_delivery(transaction: &Transaction<'_>, digest: &Digest) -> Result<Option<i64>> {
    let account = digest.account.as_ref().map_or("", |account| account.as_str());
    Ok(transaction
        .prepare_cached(
            "SELECT id FROM doorbell_delivery
             WHERE account = ?1 AND recipient = ?2 AND channel = ?3 AND endpoint = ?5 AND subject = ?4
               AND state IN ('queued','claimed','sending') AND state = 'queued' AND ambiguous = 0",
        )?
        .query_row(
            params![
                account,
                digest.recipient.id.to_string(),
                digest.channel.word(),
                &*digest.subject,
                digest.recipient.endpoint()
            ],
            |row| row.get(0),
        )
        .optional()?)
}

/// Writes what a delivery tells; an item that is there already moves on to its newer message.
pub(super) fn write_items<'a>(
    transaction: &Transaction<'_>,
    delivery: i64,
    items: impl Iterator<Item = &'a Item>,
) -> Result<()> {
    let mut write = transaction.prepare_cached(
        "INSERT INTO doorbell_item(delivery_id, conversation_id, rule, message_id, message_at, waiting_since, why, matter, step)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT DO UPDATE SET message_id = excluded.message_id, message_at = excluded.message_at,
           why = excluded.why, step = excluded.step",
    )?;
    for item in items {
        write.execute(params![
            delivery,
            item.conversation.as_str(),
            item.rule.as_str(),
            item.latest.id.as_str(),
            ms(item.latest.at),
            ms(item.since),
            item.why.code(),
            &*item.matter,
            item.step
        ])?;
    }
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

/// Writes a reason when it is another than before.
const KEEP: &str =
    "INSERT INTO doorbell_decision(conversation_id, rule, recipient, channel, reason, since, until, matter)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
     ON CONFLICT DO UPDATE SET reason = excluded.reason, since = excluded.since, until = excluded.until
     WHERE reason <> excluded.reason OR until IS NOT excluded.until";

/// Keeps what changed; answers of how many conversations it became known that nobody can be told of them.
fn keep_decisions(transaction: &Transaction<'_>, intake: &Intake<'_>) -> Result<usize> {
    let mut uncovered = 0;
    let mut keep = transaction.prepare_cached(KEEP)?;
    let mut known = transaction.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM doorbell_decision WHERE conversation_id = ?1 AND rule = ?2 AND until = ?3)",
    )?;
    let mut told = transaction.prepare_cached(
        "UPDATE doorbell_decision SET reason = 'told', since = ?5, until = NULL
         WHERE conversation_id = ?1 AND rule = ?2 AND recipient = ?3 AND channel = ?4 AND matter = ?6
           AND reason <> 'told'",
    )?;
    for decision in intake.decisions {
        let recipient = decision.recipient.as_ref().map(ToString::to_string).unwrap_or_default();
        let channel = decision.channel.map_or("", Channel::word);
        let (conversation, rule) = (decision.conversation.as_str(), decision.rule.as_str());
        let matter = &*decision.matter;
        let is_coverage = decision.rule.as_str() == Rule::UNCOVERED;
        let (code, until) = match &decision.verdict {
            // kept with the wait it is about, so that each is counted once
            Verdict::Told(_) if is_coverage => ("told", Some(ms(decision.since))),
            Verdict::Told(_) => {
                told.execute(params![conversation, rule, recipient, channel, ms(intake.now), matter])?;
                continue;
            }
            Verdict::Skipped(Reason::AlreadyTold) => continue,
            Verdict::Later(..) if is_coverage => continue,
            Verdict::Skipped(reason) if is_coverage => (reason.code(), Some(ms(decision.since))),
            Verdict::Skipped(reason) => (reason.code(), None),
            Verdict::Later(until, reason) => (reason.code(), Some(ms(*until))),
        };
        let is_new = is_coverage && !known.query_row((conversation, rule, until), |row| row.get(0))?;
        keep.execute(params![conversation, rule, recipient, channel, code, ms(intake.now), until, matter])?;
        uncovered += usize::from(is_new);
    }
    Ok(uncovered)
}

fn anything_due(transaction: &Transaction<'_>, now: DateTime<Utc>) -> Result<bool> {
    Ok(transaction
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM doorbell_delivery WHERE state = 'queued' AND next_attempt_at <= ?1)",
        )?
        .query_row([ms(now)], |row| row.get(0))?)
}
