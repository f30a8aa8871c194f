//! How the ledger stands: what waits, what went wrong, when the last passes ran. For people and monitors.

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};

use super::Ledger;
use super::columns::{instant, ms};
use super::storm::Held;

/// What went wrong is news for a day.
const NEWS: TimeDelta = TimeDelta::hours(24);

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

impl Ledger {
    /// How the ledger stands, with the latest `passes` passes.
    pub fn overview(&self, now: DateTime<Utc>, passes: u32) -> Result<Overview> {
        let (due, oldest_due) = self.connection.query_row(
            "SELECT count(*), min(next_attempt_at) FROM doorbell_delivery
             WHERE state IN ('claimed','sending') OR state = 'queued' AND next_attempt_at <= ?1",
            [ms(now)],
            |row| Ok((count(row, 0)?, row.get::<_, Option<i64>>(1)?.map(instant))),
        )?;
        let failed_lately = self.connection.query_row(
            "SELECT count(*) FROM doorbell_delivery WHERE state IN ('dead','unknown') AND closed_at >= ?1",
            [ms(now - NEWS)],
            |row| count(row, 0),
        )?;
        Ok(Overview {
            counts: self.counts()?,
            due,
            oldest_due,
            failed_lately,
            passes: self.passes(passes)?,
            held: self.held()?,
            paused_since: self.paused_since()?,
        })
    }

    fn counts(&self) -> Result<Vec<(String, String, u64)>> {
        let mut read = self.connection.prepare(
            "SELECT state, channel, count(*) FROM doorbell_delivery GROUP BY state, channel ORDER BY state, channel",
        )?;
        let counts = read.query_map([], |row| Ok((row.get(0)?, row.get(1)?, count(row, 2)?)))?;
        Ok(counts.collect::<rusqlite::Result<_>>()?)
    }

    fn passes(&self, limit: u32) -> Result<Vec<PassSeen>> {
        let mut read = self
            .connection
            .prepare("SELECT started_at, ended_at, exit_status FROM doorbell_pass ORDER BY id DESC LIMIT ?1")?;
        let passes = read.query_map([limit], |row| {
            Ok(PassSeen {
                started_at: instant(row.get(0)?),
                ended_at: row.get::<_, Option<i64>>(1)?.map(instant),
                exit_status: row.get(2)?,
            })
        })?;
        Ok(passes.collect::<rusqlite::Result<_>>()?)
    }
}

fn count(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or_default())
}
