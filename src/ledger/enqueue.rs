//! A pass's decisions become rows: slots and their deliveries in one transaction, or none of it.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};

use super::Ledger;
use super::columns::ms;
use super::outage::{forget_idle, send_ahead};
use super::queue::queue;
use super::reasons::keep_decisions;
use super::store::{Rows, Store, Transaction, values};
use super::storm::{Held, count_slots, end_holds, keep_held};
use crate::failpoint;
use crate::model::{Decision, Digest, RuleName, Slot};

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
        let (pass, enqueued) = if self.store.is_shared() {
            self.patiently("a pass's decisions", |ledger| ledger.enqueue_once(intake))?
        } else {
            // whoever holds a file for half a minute holds it for longer, and the next pass comes soon
            self.enqueue_once(intake)?
        };
        self.pass = pass;
        Ok(enqueued)
    }

    fn enqueue_once(&self, intake: &Intake<'_>) -> Result<(i64, Enqueued)> {
        let transaction = self.store.begin().context("lock ledger")?;
        let pass = open_pass(&transaction, intake.now)?;
        self.show_life(pass)?;
        let won = take_slots(&transaction, pass, intake)?;
        let mut enqueued = Enqueued::default();
        if !intake.limited {
            keep_baselines(&transaction, intake)?;
            enqueued.held_news = keep_held(&transaction, intake)?;
            // every one of them was decided again in this pass
            transaction.execute("DELETE FROM doorbell_decision WHERE reason = 'delivery_in_doubt'", &[])?;
        }
        enqueued.uncovered = keep_decisions(&transaction, intake)?;
        let begun = queue(&transaction, intake, &won, &mut enqueued)?;
        count_slots(&transaction, intake, &begun)?;
        forget_idle(&transaction)?;
        send_ahead(&transaction, intake.now)?;
        enqueued.due = anything_due(&transaction, intake.now)?;
        if !enqueued.due {
            let close = "UPDATE doorbell_pass SET ended_at = ?2, exit_status = 0 WHERE id = ?1";
            transaction.execute(close, values![pass, ms(intake.now)])?;
        }
        failpoint::reached("before-enqueue");
        transaction.commit().context("commit the pass's decisions")?;
        failpoint::reached("enqueued");
        Ok((pass, enqueued))
    }

    /// Closes the row of this pass.
    pub fn finish(&mut self, now: DateTime<Utc>, exit_status: u8, summary: &str) -> Result<()> {
        failpoint::reached("before-finish");
        let close = "UPDATE doorbell_pass SET ended_at = ?2, exit_status = ?3, summary = ?4 WHERE id = ?1";
        let values = values![self.pass, ms(now), u32::from(exit_status), summary];
        self.store.execute(close, values).context("close the pass")?;
        failpoint::reached("finished");
        Ok(())
    }
}

fn open_pass(store: &Store, now: DateTime<Utc>) -> Result<i64> {
    let open = "INSERT INTO doorbell_pass(version, process_id, started_at) VALUES (?1, ?2, ?3) RETURNING id";
    let values = values![env!("CARGO_PKG_VERSION"), std::process::id(), ms(now)];
    let pass = store.one(open, values, |row| row.get(0))?;
    store.execute("DELETE FROM doorbell_pass WHERE id <= ?1 - ?2", values![pass, PASSES_KEPT])?;
    Ok(pass)
}

/// The rules that may tell: those without a slot in this pass (a limited run), and those whose slot was still free.
fn take_slots(transaction: &Transaction<'_>, pass: i64, intake: &Intake<'_>) -> Result<HashSet<RuleName>> {
    let slots = || intake.slots.iter();
    let rows = Rows::default()
        .texts("rule", slots().map(|(rule, _)| rule))
        .texts("label", slots().map(|(_, slot)| &slot.label))
        .integers("slot_at", slots().map(|(_, slot)| ms(slot.at)));
    // another host that takes the same slot is waited for: one of the two gets no row back
    let take = "INSERT INTO doorbell_slot(rule, label, slot_at, pass_id) SELECT rule, label, slot_at, ?1 FROM {rows}
         WHERE true ON CONFLICT DO NOTHING RETURNING rule";
    let taken: HashSet<String> =
        transaction.all_of_rows(take, values![pass], &rows, |row| row.get(0))?.into_iter().collect();
    let prune = "DELETE FROM doorbell_slot WHERE rule IN (SELECT value FROM json_each(?1)) AND slot_at < ?2";
    let wanted: Vec<String> = slots().map(|(rule, _)| rule.to_string()).collect();
    let lost: HashSet<&str> = slots().map(|(rule, _)| rule.as_str()).filter(|rule| !taken.contains(*rule)).collect();
    let won = intake.rules.iter().filter(|rule| !lost.contains(rule.as_str())).cloned().collect();
    transaction.execute(prune, values![wanted, ms(intake.now - SLOTS_KEPT)])?;
    end_holds(transaction, taken.into_iter().collect())?;
    Ok(won)
}

fn keep_baselines(store: &Store, intake: &Intake<'_>) -> Result<()> {
    let rows = Rows::default()
        .texts("name", intake.baselines.keys())
        .integers("baseline_at", intake.baselines.values().map(|at| ms(*at)));
    let keep = "INSERT INTO doorbell_rule(name, baseline_at, first_seen_at) SELECT name, baseline_at, ?1 FROM {rows}
         WHERE true ON CONFLICT DO NOTHING";
    store.execute_rows(keep, values![ms(intake.now)], &rows)?;
    Ok(())
}

fn anything_due(store: &Store, now: DateTime<Utc>) -> Result<bool> {
    let read = "SELECT EXISTS (SELECT 1 FROM doorbell_delivery WHERE state = 'queued' AND next_attempt_at <= ?1)";
    store.one(read, values![ms(now)], |row| row.get(0))
}
