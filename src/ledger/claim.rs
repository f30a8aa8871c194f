//! Taking deliveries in hand, and what a pass that died left behind.

use std::collections::HashMap;

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{TransactionBehavior, params};

use super::columns::{instant, item, list, ms};
use super::exchange::advance_marks;
use super::history::FIRST_RUN;
use super::{AMBIGUOUS_RESENDS, Ledger};

use crate::failpoint;
use crate::model::{AccountId, Channel, Delivery, Gateway, Item, RecipientId};

/// No wait for another try is longer: a server's wish is held to a day.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(25);

/// Nobody rests for longer: a working day comes again within a week.
const LONGEST_REST: TimeDelta = TimeDelta::days(10);

/// What a clock ahead put off until ?1 or later: it was queued or tried after ?2, which is to come, or put off beyond
/// every rest, ?3.
const PUT_OFF: &str = "state = 'queued' AND next_attempt_at > ?1
    AND (max(queued_at, coalesce(begun_at, 0)) > ?2 OR next_attempt_at > ?3)";

/// Whether what may have arrived goes once more; ?2 is how often at most.
const AGAIN: &str = "policy = 'resend' AND ambiguous < ?2";

/// What a dead pass had on the wire.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// How many go once more.
    pub again: usize,
    /// Those that were in doubt before and do not go again, each with its masked address; a person decides.
    pub unknown: Vec<(i64, String)>,
}

impl Recovered {
    /// What the ledger and the operator are told in place of a reply.
    pub const WORDS: &str = "doorbell was stopped before the answer came";
}

/// Clocks are set right by seconds all the time.
const SMALL_STEP: TimeDelta = TimeDelta::minutes(5);

impl Ledger {
    /// Takes back what a dead pass held: claimed ones are queued again, those on the wire may have arrived.
    ///
    /// Only under the pass lock: whatever is held then belongs to the dead. Answers what was on the wire.
    pub fn recover(&mut self, now: DateTime<Utc>) -> Result<Recovered> {
        self.undo_a_clock_ahead(now)?;
        let held: bool = self
            .connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM doorbell_delivery WHERE state IN ('claimed','sending'))")?
            .query_row([], |row| row.get(0))?;
        if !held {
            return Ok(Recovered::default());
        }
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(
            "UPDATE doorbell_delivery SET state = 'queued', owner = NULL, attempt = attempt - 1 WHERE state = 'claimed'",
            [],
        )?;
        let mut recovered = Recovered::default();
        for (delivery, is_over, address) in take_off_the_wire(&transaction, now)? {
            if is_over {
                advance_marks(&transaction, delivery, now)?;
                recovered.unknown.push((delivery, address));
            } else {
                recovered.again += 1;
            }
        }
        transaction.commit().context("take back what a stopped pass held")?;
        Ok(recovered)
    }

    /// A clock that ran ahead once must not silence anybody for as long as it was ahead.
    fn undo_a_clock_ahead(&mut self, now: DateTime<Utc>) -> Result<()> {
        let furthest = (ms(now + LONGEST_WAIT), ms(now + SMALL_STEP), ms(now + LONGEST_REST));
        let ahead: bool = self
            .connection
            .prepare_cached(&format!(
                "SELECT EXISTS (SELECT 1 FROM doorbell_delivery WHERE {PUT_OFF})
                     OR EXISTS (SELECT 1 FROM doorbell_rule WHERE first_seen_at > ?2)",
            ))?
            .query_row(furthest, |row| row.get(0))?;
        if !ahead {
            return Ok(());
        }
        tracing::warn!("the clock was ahead in an earlier pass; what was put off because of it is due now");
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(
            &format!(
                "UPDATE doorbell_delivery SET next_attempt_at = ?4, give_up_at = min(give_up_at, ?5) WHERE {PUT_OFF}"
            ),
            (furthest.0, furthest.1, furthest.2, ms(now), ms(now + TimeDelta::days(3))),
        )?;
        transaction.execute(
            "UPDATE doorbell_rule SET baseline_at = min(baseline_at, ?1), first_seen_at = ?2 WHERE first_seen_at > ?3",
            (ms(now - FIRST_RUN), ms(now), furthest.1),
        )?;
        Ok(transaction.commit()?)
    }

    /// By which gateways something is due.
    pub fn due_gateways(&self, now: DateTime<Utc>) -> Result<Vec<Gateway>> {
        let mut read = self.connection.prepare(
            "SELECT DISTINCT gateway FROM doorbell_delivery WHERE state = 'queued' AND next_attempt_at <= ?1",
        )?;
        let words = read.query_map([ms(now)], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
        Ok(words.iter().filter_map(|word| Gateway::parse(word)).collect())
    }

    /// Takes up to `limit` due deliveries in hand, longest due first, those of one gateway if it is named; `only` limits a
    /// run to certain ones.
    pub fn claim(
        &mut self,
        limit: usize,
        now: DateTime<Utc>,
        only: Option<&[i64]>,
        gateway: Option<Gateway>,
    ) -> Result<Vec<Delivery>> {
        let only = only.map(|ids| list(ids.iter()));
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut deliveries: Vec<Delivery> = transaction
            .prepare_cached(
                "UPDATE doorbell_delivery SET state = 'claimed', owner = ?1, attempt = attempt + 1 WHERE id IN (
                   SELECT id FROM doorbell_delivery WHERE state = 'queued' AND next_attempt_at <= ?2
                     AND (?4 IS NULL OR id IN (SELECT value FROM json_each(?4)))
                     AND (?5 IS NULL OR gateway = ?5)
                   ORDER BY next_attempt_at, id LIMIT ?3)
                 RETURNING id, account, recipient, channel, subject, attempt,
                   CASE WHEN ambiguous > 0 THEN uid END, queued_at, endpoint, gateway",
            )?
            .query_map(params![self.pass, ms(now), i64::try_from(limit)?, only, gateway.map(Gateway::word)], claimed)?
            .collect::<rusqlite::Result<Vec<_>>>()?
            .into_iter()
            .flatten()
            .collect();
        // RETURNING has no order of its own
        deliveries.sort_by_key(|delivery| delivery.id);
        let mut items = items_of(&transaction, &deliveries)?;
        for delivery in &mut deliveries {
            delivery.items = items.remove(&delivery.id).unwrap_or_default();
        }
        transaction.commit().context("claim deliveries")?;
        failpoint::reached("claimed");
        Ok(deliveries)
    }

    /// Gives a claimed delivery back, to go out by another gateway.
    pub fn reroute(&mut self, delivery: i64, gateway: Gateway) -> Result<()> {
        let write = "UPDATE doorbell_delivery SET state = 'queued', owner = NULL, attempt = attempt - 1, gateway = ?3
             WHERE state = 'claimed' AND owner = ?1 AND id = ?2";
        self.connection.execute(write, (self.pass, delivery, gateway.word())).context("lead a delivery elsewhere")?;
        Ok(())
    }

    /// Gives claimed deliveries back untouched.
    pub fn release(&mut self, deliveries: &[i64]) -> Result<()> {
        if deliveries.is_empty() {
            return Ok(());
        }
        self.connection.execute(
            "UPDATE doorbell_delivery SET state = 'queued', owner = NULL, attempt = attempt - 1
             WHERE state = 'claimed' AND owner = ?1 AND id IN (SELECT value FROM json_each(?2))",
            (self.pass, list(deliveries.iter())),
        )?;
        Ok(())
    }
}

/// Puts every delivery on the wire in doubt; answers for each whether it is over, and its masked address.
fn take_off_the_wire(transaction: &rusqlite::Transaction<'_>, now: DateTime<Utc>) -> Result<Vec<(i64, bool, String)>> {
    let taken = transaction
        .prepare(&format!(
            "UPDATE doorbell_delivery SET ambiguous = ambiguous + 1, owner = NULL, next_attempt_at = ?1,
               reply_code = '', reply_text = ?3,
               state = CASE WHEN {AGAIN} THEN 'queued' ELSE 'unknown' END,
               closed_at = CASE WHEN {AGAIN} THEN NULL ELSE ?1 END
             WHERE state = 'sending'
             RETURNING id, state = 'unknown', iif(channel = 'email', '', channel || ' ') || endpoint_shown"
        ))?
        .query_map((ms(now), AMBIGUOUS_RESENDS, Recovered::WORDS), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(taken)
}

/// A claimed row; `None` for one that a newer doorbell wrote and this one cannot read.
fn claimed(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Delivery>> {
    let id = row.get(0)?;
    let account: String = row.get(1)?;
    let (recipient, channel, gateway): (String, String, String) = (row.get(2)?, row.get(3)?, row.get(9)?);
    let (Some(recipient), Some(channel), Some(gateway)) =
        (RecipientId::parse(&recipient), Channel::parse(&channel), Gateway::parse(&gateway))
    else {
        tracing::warn!("delivery {id} cannot be read and stays claimed until the next pass");
        return Ok(None);
    };
    Ok(Some(Delivery {
        id,
        account: (!account.is_empty()).then(|| AccountId::from(account)),
        recipient,
        channel,
        gateway,
        subject: row.get::<_, String>(4)?.into(),
        attempt: row.get(5)?,
        frozen_uid: row.get(6)?,
        queued_at: instant(row.get(7)?),
        endpoint: row.get::<_, String>(8)?.into(),
        items: Vec::new(),
    }))
}

fn items_of(transaction: &rusqlite::Transaction<'_>, deliveries: &[Delivery]) -> Result<HashMap<i64, Vec<Item>>> {
    let ids = list(deliveries.iter().map(|delivery| delivery.id));
    let mut items: HashMap<i64, Vec<Item>> = HashMap::new();
    let mut read = transaction.prepare_cached(
        "SELECT delivery_id, rule, conversation_id, message_id, message_at, waiting_since, why, matter, step
         FROM doorbell_item WHERE delivery_id IN (SELECT value FROM json_each(?1))
         ORDER BY delivery_id, waiting_since, conversation_id, rule, matter",
    )?;
    let mut rows = read.query([ids])?;
    while let Some(row) = rows.next()? {
        items.entry(row.get(0)?).or_default().push(item(row, 1)?);
    }
    Ok(items)
}
