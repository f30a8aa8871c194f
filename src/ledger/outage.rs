//! Gateways that did not work when they were last tried: until one of them answers it is tried with one delivery a pass.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};

use super::Ledger;
use super::columns::{instant, ms};
use super::news::is_news;
use super::store::{Transaction, values};
use crate::model::Gateway;

/// What the other direction is called here: it fails and works on its own.
pub(super) const REPLIES: &str = "sms.replies";

/// A gateway that does not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// The gateway.
    pub gateway: Gateway,
    /// The pass that found it.
    pub since: DateTime<Utc>,
    /// What was said, or that nobody answered.
    pub words: String,
}

impl Ledger {
    /// The gateways that do not work, by name.
    pub fn outages(&self) -> Result<Vec<Outage>> {
        let read = "SELECT gateway, since, words FROM doorbell_outage ORDER BY gateway";
        let outages = self.store.all(read, &[], |row| {
            let gateway: String = row.get(0)?;
            let (since, words) = (instant(row.get(1)?), row.get(2)?);
            Ok(Gateway::parse(&gateway).map(|gateway| Outage { gateway, since, words }))
        })?;
        Ok(outages.into_iter().flatten().collect())
    }

    /// Remembers that a gateway does not work, and the settings key at fault, empty where it may work again by itself;
    /// answers whether the operator is to hear of it.
    pub fn keep_outage(&mut self, gateway: Gateway, key: &str, words: &str, now: DateTime<Utc>) -> Result<bool> {
        self.patiently("news of a gateway", |ledger| ledger.keep_outage_once(gateway, key, words, now))
    }

    fn keep_outage_once(&self, gateway: Gateway, key: &str, words: &str, now: DateTime<Utc>) -> Result<bool> {
        let transaction = self.store.begin()?;
        let told = "SELECT told_at FROM doorbell_outage WHERE gateway = ?1 AND key = ?2";
        let told: Option<i64> = transaction.first(told, values![gateway.word(), key], |row| row.get(0))?;
        let news = is_news(told.map(instant), now);
        transaction.execute(
            "INSERT INTO doorbell_outage(gateway, since, told_at, key, words) VALUES (?1, ?2, ?2, ?3, ?4)
             ON CONFLICT(gateway) DO UPDATE SET key = excluded.key, words = excluded.words,
               told_at = CASE WHEN ?5 THEN excluded.told_at ELSE doorbell_outage.told_at END",
            values![gateway.word(), ms(now), key, words, news],
        )?;
        transaction.commit().with_context(|| format!("remember that {gateway} does not work"))?;
        Ok(news)
    }

    /// A gateway works again: what its silence had put off is due at once.
    pub fn end_outage(&mut self, gateway: Gateway, now: DateTime<Utc>) -> Result<()> {
        self.patiently("news of a gateway", |ledger| ledger.end_outage_once(gateway, now))
    }

    fn end_outage_once(&self, gateway: Gateway, now: DateTime<Utc>) -> Result<()> {
        let transaction = self.store.begin()?;
        transaction.execute("DELETE FROM doorbell_outage WHERE gateway = ?1", values![gateway.word()])?;
        // a delivery that rests for the night has no words, one that a server put off has a code
        transaction.execute(
            "UPDATE doorbell_delivery SET next_attempt_at = ?2
             WHERE state = 'queued' AND next_attempt_at > ?2 AND gateway = ?1 AND reply_code = '' AND reply_text <> ''",
            values![gateway.word(), ms(now)],
        )?;
        transaction.commit().with_context(|| format!("remember that {gateway} works again"))
    }
}

/// Lets one delivery of each gateway that does not work go now, though it was put off: else nobody would notice for up
/// to an hour that it works again.
pub(super) fn send_ahead(transaction: &Transaction<'_>, now: DateTime<Utc>) -> Result<()> {
    transaction.execute(
        "UPDATE doorbell_delivery SET next_attempt_at = ?1 WHERE id IN (
               SELECT (SELECT id FROM doorbell_delivery d
                       WHERE d.state = 'queued' AND d.gateway = o.gateway AND d.reply_code = '' AND d.reply_text <> ''
                       ORDER BY d.next_attempt_at, d.id LIMIT 1)
               FROM doorbell_outage o
               WHERE NOT EXISTS (SELECT 1 FROM doorbell_delivery e
                                 WHERE e.state = 'queued' AND e.gateway = o.gateway AND e.next_attempt_at <= ?1))",
        values![ms(now)],
    )?;
    Ok(())
}

/// Forgets the outage of a gateway for which nothing waits any more: nobody can say whether it lasts.
pub(super) fn forget_idle(transaction: &Transaction<'_>) -> Result<()> {
    transaction.execute(
            "DELETE FROM doorbell_outage
             WHERE gateway <> ?1
               AND gateway NOT IN (SELECT gateway FROM doorbell_delivery WHERE state IN ('queued','claimed','sending'))",
        values![REPLIES],
    )?;
    Ok(())
}
