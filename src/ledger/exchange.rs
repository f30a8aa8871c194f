//! The answers of some deliveries and the start of others in one commit, grouped over lanes.
//! This is what makes "told twice" bounded by the deliveries on the wire.

use std::collections::HashSet;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};

use super::Ledger;
use super::block::block_refused;
use super::columns::ms;
use super::queue::write_items;
use super::settle::{advance_marks, settle};
use super::store::{Rows, Store, values};
use crate::failpoint;
use crate::model::{Delivery, Item, Note, OnAmbiguous, Outcome, Reason};

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
        // answers in hand must not be lost: without them what was accepted would be sent again
        self.patiently(&format!("{} answers", settled.len()), |ledger| ledger.exchange_once(settled, begun, now))
    }

    fn exchange_once(
        &self,
        settled: &[Settled<'_>],
        begun: &[Begin<'_>],
        now: DateTime<Utc>,
    ) -> Result<(Vec<Closed>, Vec<bool>)> {
        let transaction = self.store.begin()?;
        let closed = settle(&transaction, self.pass, settled, now)?;
        for (one, _) in settled.iter().zip(&closed).filter(|(_, closed)| **closed == Closed::Dead) {
            block_refused(&transaction, &self.install_id, one, now)?;
        }
        let may_go = begin(&transaction, self.pass, begun, now)?;
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

/// Answers for each whether it may go on the wire.
fn begin(store: &Store, pass: i64, begun: &[Begin<'_>], now: DateTime<Utc>) -> Result<Vec<bool>> {
    let keys = Rows::default()
        .integers("id", begun.iter().map(|one| one.delivery.id))
        .texts("uid", begun.iter().map(|one| one.uid));
    let twins = "SELECT r.id FROM {rows} JOIN doorbell_delivery d ON d.uid = r.uid AND d.id <> r.id";
    let twins: HashSet<i64> = store.all_of_rows(twins, &[], &keys, |row| row.get(0))?.into_iter().collect();
    let (told, others): (Vec<_>, Vec<_>) = begun.iter().partition(|one| twins.contains(&one.delivery.id));
    if !told.is_empty() {
        // the very same content has been on the wire: it must not go again, and its marks must stand
        take_over(store, told.iter().map(|one| (one.delivery, one.items)))?;
        let suppressed = told.iter().map(|one| {
            let settlement = Settlement::Suppressed(Reason::AlreadyTold);
            Settled { delivery: one.delivery, uid: "", address: "", settlement }
        });
        settle(store, pass, &suppressed.collect::<Vec<_>>(), now)?;
        advance_marks(store, told.iter().map(|one| one.delivery.id).collect(), now)?;
    }
    let going = put_on_the_wire(store, pass, &others, now)?;
    take_over(
        store,
        others.iter().filter(|one| going.contains(&one.delivery.id)).map(|one| (one.delivery, one.items)),
    )?;
    Ok(begun.iter().map(|one| going.contains(&one.delivery.id)).collect())
}

/// Those that are still this pass's own.
fn put_on_the_wire(store: &Store, pass: i64, begun: &[&Begin<'_>], now: DateTime<Utc>) -> Result<HashSet<i64>> {
    let rows = Rows::default()
        .integers("id", begun.iter().map(|one| one.delivery.id))
        .integers("attempt", begun.iter().map(|one| i64::from(one.delivery.attempt)))
        .texts("uid", begun.iter().map(|one| one.uid))
        .texts("shown", begun.iter().map(|one| one.shown))
        .texts("policy", begun.iter().map(|one| one.on_ambiguous.word()));
    let write = "UPDATE doorbell_delivery SET state = 'sending', uid = r.uid, begun_at = ?2, endpoint_shown = r.shown,
           policy = r.policy
         FROM {rows}
         WHERE doorbell_delivery.id = r.id AND doorbell_delivery.owner = ?1 AND doorbell_delivery.attempt = r.attempt
           AND (doorbell_delivery.state = 'claimed'
             -- begun by a commit whose answer was lost with its connection: nothing has gone out since
             OR doorbell_delivery.state = 'sending' AND doorbell_delivery.uid = r.uid)
         RETURNING doorbell_delivery.id";
    Ok(store.all_of_rows(write, values![pass, ms(now)], &rows, |row| row.get(0))?.into_iter().collect())
}

/// What is told in the end, where the re-check found other items than those that were queued.
pub(super) fn take_over<'a>(store: &Store, told: impl Iterator<Item = (&'a Delivery, &'a [Item])>) -> Result<()> {
    let changed: Vec<_> = told.filter(|(delivery, items)| **items != delivery.items).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = changed.iter().map(|(delivery, _)| delivery.id).collect();
    let forget = "DELETE FROM doorbell_item WHERE delivery_id IN (SELECT value FROM json_each(?1))";
    store.execute(forget, values![ids])?;
    write_items(store, changed.iter().flat_map(|(delivery, items)| items.iter().map(|item| (delivery.id, item))))
}
