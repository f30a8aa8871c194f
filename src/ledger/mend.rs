//! What a person does about deliveries that ended badly or in doubt: send again, take as arrived, leave it.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};

use super::Ledger;
use super::columns::{instant, ms};
use super::queue::give_up_after;
use super::settle::advance_marks;
use super::store::{Parameter, Store, values};
use crate::model::{Channel, RecipientId};

/// What a person asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mend {
    /// Send again what is dead or in doubt, as far as it still waits.
    Requeue,
    /// What is in doubt has arrived.
    Confirm,
    /// What is queued is not to be sent.
    Drop,
}

/// A delivery as a person sees it.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its number.
    pub id: i64,
    /// Who.
    pub recipient: String,
    /// How.
    pub channel: String,
    /// queued, claimed, sending, sent, dead, unknown or suppressed.
    pub state: String,
    /// The masked address of the last attempt.
    pub shown: String,
    /// How often it was tried.
    pub attempt: u32,
    /// When it was queued.
    pub queued_at: DateTime<Utc>,
    /// When the next attempt is due, while it is queued.
    pub next_attempt_at: DateTime<Utc>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// The provider's last words, or why it was suppressed.
    pub words: String,
    /// How many conversations it is about.
    pub conversations: u32,
}

/// Which deliveries to list; `None` = any.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this state.
    pub state: Option<String>,
    /// By this channel.
    pub channel: Option<String>,
    /// To this recipient.
    pub recipient: Option<RecipientId>,
}

const LISTED: &str = "
    SELECT id, recipient, channel, state, endpoint_shown, attempt, queued_at, next_attempt_at, closed_at,
      COALESCE(reason, trim(COALESCE(reply_code, '') || ' ' || COALESCE(reply_text, ''))),
      (SELECT count(DISTINCT conversation_id) FROM doorbell_item WHERE delivery_id = id)
    FROM doorbell_delivery";

impl Ledger {
    /// The latest deliveries that fit, latest first.
    pub fn listed(&self, filter: &Filter, limit: u32) -> Result<Vec<Listed>> {
        let which = "WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR channel = ?2)
                       AND (?3 IS NULL OR recipient = ?3) ORDER BY id DESC LIMIT ?4";
        let recipient = filter.recipient.as_ref().map(ToString::to_string);
        self.list(which, values![&filter.state, &filter.channel, &recipient, limit])
    }

    /// One delivery.
    pub fn listed_one(&self, id: i64) -> Result<Option<Listed>> {
        Ok(self.list("WHERE id = ?1", values![id])?.pop())
    }

    fn list(&self, which: &str, values: &[Parameter<'_>]) -> Result<Vec<Listed>> {
        self.store.all(&format!("{LISTED} {which}"), values, |row| {
            Ok(Listed {
                id: row.get(0)?,
                recipient: row.get(1)?,
                channel: row.get(2)?,
                state: row.get(3)?,
                shown: row.get(4)?,
                attempt: row.get(5)?,
                queued_at: instant(row.get(6)?),
                next_attempt_at: instant(row.get(7)?),
                closed_at: row.get::<Option<i64>>(8)?.map(instant),
                words: row.get(9)?,
                conversations: row.get(10)?,
            })
        })
    }

    /// Does what a person asks for; answers the deliveries it could be done to.
    ///
    /// Of a file, only under the pass lock: a pass must not have them in hand. On a server what a pass has in hand is
    /// left alone.
    pub fn mend(&mut self, mend: Mend, ids: &[i64], now: DateTime<Utc>) -> Result<Vec<i64>> {
        let transaction = self.store.begin()?;
        let mut mended = Vec::new();
        for id in ids {
            if self::mend(&transaction, mend, *id, now)? {
                mended.push(*id);
            }
        }
        transaction.commit().context("mend deliveries")?;
        Ok(mended)
    }

    /// Erases what the ledger knows of one person beyond their id: masked addresses, a provider's words, and what
    /// stands in their feed. Answers how many rows.
    pub fn forget(&mut self, recipient: &RecipientId) -> Result<usize> {
        let transaction = self.store.begin()?;
        let whose = recipient.to_string();
        let mut rows = transaction.execute(
            "UPDATE doorbell_delivery SET endpoint_shown = '', reply_text = NULL
             WHERE recipient = ?1 AND (endpoint_shown <> '' OR reply_text IS NOT NULL)",
            values![&whose],
        )?;
        // the block itself stays: it is what keeps mails from an address that does not want them
        rows += transaction.execute(
            "UPDATE doorbell_block SET shown = '', reason = 'refused' WHERE shown <> ''
               AND delivery_id IN (SELECT id FROM doorbell_delivery WHERE recipient = ?1)",
            values![&whose],
        )?;
        rows += transaction.execute(
            "UPDATE doorbell_inbound SET from_shown = '' WHERE recipient = ?1 AND from_shown <> ''",
            values![&whose],
        )?;
        rows += transaction.execute("DELETE FROM in_app_notifications WHERE recipient = ?1", values![&whose])?;
        transaction.commit().with_context(|| format!("forget {whose}"))?;
        Ok(rows)
    }
}

fn mend(store: &Store, mend: Mend, id: i64, now: DateTime<Utc>) -> Result<bool> {
    match mend {
        Mend::Requeue => requeue(store, id, now),
        Mend::Confirm => {
            let confirm = "UPDATE doorbell_delivery SET state = 'sent' WHERE id = ?1 AND state = 'unknown'";
            Ok(store.execute(confirm, values![id])? == 1)
        }
        Mend::Drop => {
            let drop =
                "UPDATE doorbell_delivery SET state = 'suppressed', reason = 'dropped', closed_at = ?2, uid = NULL
                        WHERE id = ?1 AND state = 'queued'";
            let dropped = store.execute(drop, values![id, ms(now)])? == 1;
            if dropped {
                // else the next pass would queue the very same again
                advance_marks(store, vec![id], now)?;
            }
            Ok(dropped)
        }
    }
}

/// Opens a delivery again, or lets an open one to the same target take its items.
///
/// What it told is taken back, so that the re-check finds it untold; what does not wait any more is suppressed there.
fn requeue(store: &Store, id: i64, now: DateTime<Utc>) -> Result<bool> {
    let found: Option<(String, Option<i64>)> = store.first(
        "SELECT d.channel, (SELECT o.id FROM doorbell_delivery o
                     WHERE o.account = d.account AND o.recipient = d.recipient AND o.channel = d.channel
                       AND o.endpoint = d.endpoint AND o.subject = d.subject
                       AND o.state IN ('queued','claimed','sending'))
             FROM doorbell_delivery d WHERE d.id = ?1 AND d.state IN ('dead','unknown')",
        values![id],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let Some((channel, open)) = found else { return Ok(false) };
    if let Some(open) = open {
        let hold = "UPDATE doorbell_delivery SET queued_at = queued_at WHERE id = ?1 AND state = 'queued'";
        if store.execute(hold, values![open])? == 0 {
            // another host sends it just now, as it was
            return Ok(false);
        }
    }
    store.execute("DELETE FROM doorbell_mark WHERE delivery_id = ?1", values![id])?;
    // who sends it again has seen to the address
    store.execute("DELETE FROM doorbell_block WHERE delivery_id = ?1", values![id])?;
    match open {
        Some(open) => {
            let join = "UPDATE doorbell_item SET delivery_id = ?2 WHERE delivery_id = ?1 AND NOT EXISTS (
                 SELECT 1 FROM doorbell_item AS there WHERE there.delivery_id = ?2
                   AND there.conversation_id = doorbell_item.conversation_id AND there.rule = doorbell_item.rule
                   AND there.matter = doorbell_item.matter)";
            store.execute(join, values![id, open])?;
            let merged = "UPDATE doorbell_delivery SET state = 'suppressed', reason = 'merged' WHERE id = ?1";
            store.execute(merged, values![id])?;
        }
        None => {
            store.execute(
                "UPDATE doorbell_delivery SET state = 'queued', attempt = 0, ambiguous = 0, closed_at = NULL, reason = NULL,
                   uid = NULL, queued_at = ?2, next_attempt_at = ?2, give_up_at = ?3 WHERE id = ?1",
                values![id, ms(now), ms(now + give_up_after(Channel::parse(&channel).unwrap_or(Channel::Email)))],
            )?;
        }
    }
    Ok(true)
}
