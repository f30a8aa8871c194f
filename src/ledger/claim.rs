//! Taking deliveries in hand, and what a pass that died left behind.

use std::collections::HashMap;

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};

use super::columns::{instant, item, ms};
use super::history::FIRST_RUN;
use super::settle::advance_marks;
use super::store::{Row, Store, values};
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
    AND (greatest(queued_at, coalesce(begun_at, 0)) > ?2 OR next_attempt_at > ?3)";

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
    /// Takes back what dead passes held: claimed ones are queued again, those on the wire may have arrived.
    ///
    /// Of a file, only under the pass lock: whatever is held then belongs to the dead. On a server a pass that lives
    /// holds a lock of its own. Answers what was on the wire.
    pub fn recover(&mut self, now: DateTime<Utc>) -> Result<Recovered> {
        self.undo_a_clock_ahead(now)?;
        let dead = self.dead_owners()?;
        if dead.is_empty() {
            return Ok(Recovered::default());
        }
        let transaction = self.store.begin()?;
        transaction.execute(
            "UPDATE doorbell_delivery SET state = 'queued', owner = NULL, attempt = attempt - 1
             WHERE state = 'claimed' AND owner IN (SELECT value FROM json_each(?1))",
            values![dead.clone()],
        )?;
        let mut recovered = Recovered::default();
        for (delivery, is_over, address) in take_off_the_wire(&transaction, &dead, now)? {
            if is_over {
                recovered.unknown.push((delivery, address));
            } else {
                recovered.again += 1;
            }
        }
        advance_marks(&transaction, recovered.unknown.iter().map(|(delivery, _)| *delivery).collect(), now)?;
        transaction.commit().context("take back what a stopped pass held")?;
        self.bury(&dead)?;
        Ok(recovered)
    }

    /// A clock that ran ahead once must not silence anybody for as long as it was ahead.
    fn undo_a_clock_ahead(&mut self, now: DateTime<Utc>) -> Result<()> {
        let (wait, step, rest) = (ms(now + LONGEST_WAIT), ms(now + SMALL_STEP), ms(now + LONGEST_REST));
        let read = format!(
            "SELECT EXISTS (SELECT 1 FROM doorbell_delivery WHERE {PUT_OFF})
                 OR EXISTS (SELECT 1 FROM doorbell_rule WHERE first_seen_at > ?2)",
        );
        let ahead: bool = self.store.one(&read, values![wait, step, rest], |row| row.get(0))?;
        if !ahead {
            return Ok(());
        }
        tracing::warn!("the clock was ahead in an earlier pass; what was put off because of it is due now");
        let transaction = self.store.begin()?;
        transaction.execute(
            &format!(
                "UPDATE doorbell_delivery SET next_attempt_at = ?4, give_up_at = least(give_up_at, ?5) WHERE {PUT_OFF}"
            ),
            values![wait, step, rest, ms(now), ms(now + TimeDelta::days(3))],
        )?;
        transaction.execute(
            "UPDATE doorbell_rule SET baseline_at = least(baseline_at, ?1), first_seen_at = ?2 WHERE first_seen_at > ?3",
            values![ms(now - FIRST_RUN), ms(now), step],
        )?;
        transaction.commit()
    }

    /// By which gateways something is due.
    pub fn due_gateways(&self, now: DateTime<Utc>) -> Result<Vec<Gateway>> {
        let read = "SELECT DISTINCT gateway FROM doorbell_delivery WHERE state = 'queued' AND next_attempt_at <= ?1";
        let words: Vec<String> = self.store.all(read, values![ms(now)], |row| row.get(0))?;
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
        let claimed = self.patiently("what is due", |ledger| ledger.claim_once(limit, now, only, gateway))?;
        failpoint::reached("claimed");
        Ok(claimed)
    }

    fn claim_once(
        &self,
        limit: usize,
        now: DateTime<Utc>,
        only: Option<&[i64]>,
        gateway: Option<Gateway>,
    ) -> Result<Vec<Delivery>> {
        let transaction = self.store.begin()?;
        let skip = if transaction.is_shared() { "FOR UPDATE SKIP LOCKED" } else { "" };
        // apart, because a server may run a plain sub-select again and take more than was asked for
        let claim = format!(
            "WITH due AS MATERIALIZED (
               SELECT id FROM doorbell_delivery WHERE state = 'queued' AND next_attempt_at <= ?2
                 AND (?4 IS NULL OR id IN (SELECT value FROM json_each(?4)))
                 AND (?5 IS NULL OR gateway = ?5)
               ORDER BY next_attempt_at, id LIMIT ?3 {skip})
             UPDATE doorbell_delivery SET state = 'claimed', owner = ?1, attempt = attempt + 1
             WHERE id IN (SELECT id FROM due)
             RETURNING id, account, recipient, channel, subject, attempt,
               CASE WHEN ambiguous > 0 THEN uid END, queued_at, endpoint, gateway"
        );
        let (only, gateway) = (only.map(<[i64]>::to_vec), gateway.map(Gateway::word));
        let values = values![self.pass, ms(now), i64::try_from(limit)?, only, gateway];
        let mut deliveries: Vec<Delivery> = transaction.all(&claim, values, claimed)?.into_iter().flatten().collect();
        // RETURNING has no order of its own
        deliveries.sort_by_key(|delivery| delivery.id);
        let mut items = items_of(&transaction, &deliveries)?;
        for delivery in &mut deliveries {
            delivery.items = items.remove(&delivery.id).unwrap_or_default();
        }
        transaction.commit().context("claim deliveries")?;
        Ok(deliveries)
    }

    /// Gives a claimed delivery back, to go out by another gateway.
    pub fn reroute(&mut self, delivery: i64, gateway: Gateway) -> Result<()> {
        let write = "UPDATE doorbell_delivery SET state = 'queued', owner = NULL, attempt = attempt - 1, gateway = ?3
             WHERE state = 'claimed' AND owner = ?1 AND id = ?2";
        let write = |ledger: &Self| ledger.store.execute(write, values![ledger.pass, delivery, gateway.word()]);
        self.patiently("a delivery to another network", write).context("lead a delivery elsewhere")?;
        Ok(())
    }

    /// Gives claimed deliveries back untouched.
    pub fn release(&mut self, deliveries: &[i64]) -> Result<()> {
        if deliveries.is_empty() {
            return Ok(());
        }
        let write = "UPDATE doorbell_delivery SET state = 'queued', owner = NULL, attempt = attempt - 1
             WHERE state = 'claimed' AND owner = ?1 AND id IN (SELECT value FROM json_each(?2))";
        let write = |ledger: &Self| ledger.store.execute(write, values![ledger.pass, deliveries.to_vec()]);
        self.patiently("what is given back", write)?;
        Ok(())
    }
}

/// Puts what these passes had on the wire in doubt; answers for each whether it is over, and its masked address.
fn take_off_the_wire(store: &Store, dead: &[i64], now: DateTime<Utc>) -> Result<Vec<(i64, bool, String)>> {
    let take = format!(
        "UPDATE doorbell_delivery SET ambiguous = ambiguous + 1, owner = NULL, next_attempt_at = ?1,
           reply_code = '', reply_text = ?3,
           state = CASE WHEN {AGAIN} THEN 'queued' ELSE 'unknown' END,
           closed_at = CASE WHEN {AGAIN} THEN NULL ELSE ?1 END
         WHERE state = 'sending' AND owner IN (SELECT value FROM json_each(?4))
         RETURNING id, state = 'unknown',
           CASE channel WHEN 'email' THEN '' ELSE channel || ' ' END || endpoint_shown"
    );
    let values = values![ms(now), AMBIGUOUS_RESENDS, Recovered::WORDS, dead.to_vec()];
    store.all(&take, values, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
}

/// A claimed row; `None` for one that a newer doorbell wrote and this one cannot read.
fn claimed(row: &Row<'_>) -> Result<Option<Delivery>> {
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
        subject: row.get::<String>(4)?.into(),
        attempt: row.get(5)?,
        frozen_uid: row.get(6)?,
        queued_at: instant(row.get(7)?),
        endpoint: row.get::<String>(8)?.into(),
        items: Vec::new(),
    }))
}

fn items_of(store: &Store, deliveries: &[Delivery]) -> Result<HashMap<i64, Vec<Item>>> {
    let mut items: HashMap<i64, Vec<Item>> = HashMap::new();
    let read = "SELECT delivery_id, rule, conversation_id, message_id, message_at, waiting_since, why, matter, step
         FROM doorbell_item WHERE delivery_id IN (SELECT value FROM json_each(?1))
         ORDER BY delivery_id, waiting_since, conversation_id, rule, matter";
    let ids: Vec<i64> = deliveries.iter().map(|delivery| delivery.id).collect();
    for (delivery, item) in store.all(read, values![ids], |row| Ok((row.get(0)?, item(row, 1)?)))? {
        items.entry(delivery).or_default().push(item);
    }
    Ok(items)
}
