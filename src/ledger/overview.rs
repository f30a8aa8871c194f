//! How the ledger stands: what waits, what went wrong, when the last passes ran. For people and monitors.

use anyhow::Result;
use chrono::{DateTime, Utc};

use super::Ledger;
use super::columns::{instant, ms};
use super::news::NEWS;
use super::outage::Outage;
use super::store::{Row, values};
use super::storm::Held;

/// Each part is one look into a partial index.
const QUEUE: &str = "
    SELECT CAST(sum(deliveries) AS BIGINT), min(since), (SELECT count(*) FROM doorbell_delivery
                                         WHERE state = 'queued' AND next_attempt_at > ?1)
    FROM (SELECT count(*) AS deliveries, min(next_attempt_at) AS since FROM doorbell_delivery
          WHERE state = 'queued' AND next_attempt_at <= ?1
          UNION ALL
          SELECT count(*), min(next_attempt_at) FROM doorbell_delivery WHERE state IN ('claimed','sending')) AS q";

/// How the ledger stands.
#[derive(Debug, Clone, Default)]
pub struct Overview {
    /// Deliveries by state and channel, of as many days as the ledger keeps.
    pub counts: Vec<(String, String, u64)>,
    /// Deliveries that are due.
    pub due: u64,
    /// Since when the oldest of them is due.
    pub oldest_due: Option<DateTime<Utc>>,
    /// Deliveries that died or are in doubt since a day.
    pub failed_lately: u64,
    /// The latest passes, latest first.
    pub passes: Vec<PassSeen>,
    /// The rules that are held until a person lets them go.
    pub held: Vec<Held>,
    /// The channels that do not work.
    pub outages: Vec<Outage>,
    /// Text messages of a day that belong to nobody.
    pub unknown_senders: u64,
    /// Since when doorbell is paused.
    pub paused_since: Option<DateTime<Utc>>,
}

/// A pass as the ledger remembers it.
#[derive(Debug, Clone)]
pub struct PassSeen {
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended; `None` = it runs, or it died.
    pub ended_at: Option<DateTime<Utc>>,
    /// How it left.
    pub exit_status: Option<u8>,
}

/// What waits, as far as indexes alone can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queue {
    /// Deliveries that are due, or in the hands of a pass.
    pub due: u64,
    /// Deliveries whose time has not come.
    pub waiting: u64,
    /// Since when the oldest due one is due.
    pub oldest_due: Option<DateTime<Utc>>,
    /// How many channels do not work.
    pub outages: u64,
    /// Whether doorbell is paused.
    pub paused: bool,
}

impl Ledger {
    /// What waits; as fast as few deliveries wait, however many there were.
    pub fn queue(&self, now: DateTime<Utc>) -> Result<Queue> {
        let paused = self.paused_since()?.is_some();
        let outages = self.store.one("SELECT count(*) FROM doorbell_outage", &[], |row| count(row, 0))?;
        self.store.one(QUEUE, values![ms(now)], |row| {
            let oldest_due = row.get::<Option<i64>>(1)?.map(instant);
            Ok(Queue { due: count(row, 0)?, oldest_due, waiting: count(row, 2)?, outages, paused })
        })
    }

    /// How the ledger stands, with the latest `passes` passes.
    pub fn overview(&self, now: DateTime<Utc>, passes: u32) -> Result<Overview> {
        let (due, oldest_due) = self.store.one(
            "SELECT count(*), min(next_attempt_at) FROM doorbell_delivery
             WHERE state IN ('claimed','sending') OR state = 'queued' AND next_attempt_at <= ?1",
            values![ms(now)],
            |row| Ok((count(row, 0)?, row.get::<Option<i64>>(1)?.map(instant))),
        )?;
        let failed_lately = self.store.one(
            "SELECT count(*) FROM doorbell_delivery WHERE state IN ('dead','unknown') AND closed_at >= ?1",
            values![ms(now - NEWS)],
            |row| count(row, 0),
        )?;
        Ok(Overview {
            counts: self.counts()?,
            due,
            oldest_due,
            failed_lately,
            passes: self.passes(passes)?,
            held: self.held()?,
            outages: self.outages()?.into_iter().chain(self.deafness()?).collect(),
            unknown_senders: self.unknown_senders(now - NEWS)?,
            paused_since: self.paused_since()?,
        })
    }

    fn counts(&self) -> Result<Vec<(String, String, u64)>> {
        let read =
            "SELECT state, channel, count(*) FROM doorbell_delivery GROUP BY state, channel ORDER BY state, channel";
        self.store.all(read, &[], |row| Ok((row.get(0)?, row.get(1)?, count(row, 2)?)))
    }

    fn passes(&self, limit: u32) -> Result<Vec<PassSeen>> {
        let read = "SELECT started_at, ended_at, exit_status FROM doorbell_pass ORDER BY id DESC LIMIT ?1";
        self.store.all(read, values![limit], |row| {
            Ok(PassSeen {
                started_at: instant(row.get(0)?),
                ended_at: row.get::<Option<i64>>(1)?.map(instant),
                exit_status: row.get(2)?,
            })
        })
    }
}

fn count(row: &Row<'_>, column: usize) -> Result<u64> {
    Ok(u64::try_from(row.get::<i64>(column)?).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_counted_from_indexes_alone() {
        let ledger = Ledger::in_memory().unwrap();
        let mut read = ledger.connection().prepare(&format!("EXPLAIN QUERY PLAN {QUEUE}")).unwrap();
        let steps = read.query_map([0], |row| row.get::<_, String>(3)).unwrap();
        let steps: Vec<String> = steps.map(Result::unwrap).filter(|step| step.contains("doorbell_delivery")).collect();
        assert_eq!(steps.len(), 3, "{steps:?}");
        assert!(steps.iter().all(|step| step.contains("INDEX doorbell_delivery_")), "{steps:?}");
    }
}
