//! How long a desk on which nothing is written stays the same to those who look: until a time it holds has come.

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};

use super::{Replay, memory};
use crate::desk::places::milliseconds;

/// The spans after which a time on the desk comes to mean something else.
#[derive(Debug, Clone, Default)]
pub struct Spans {
    /// Somebody last seen longer ago than this is away.
    pub away_after: TimeDelta,
    /// How long before a deadline somebody is warned; one for each rule that does.
    pub before: Vec<TimeDelta>,
    /// How long a message may be unread before it is looked at whom it reaches.
    pub uncovered_after: Option<TimeDelta>,
}

/// Every time on the desk that will count from some instant on, by table.
const TIMES: [(&str, &str); 5] = [
    ("presence", "SELECT last_active_at AS at FROM presence"),
    ("contacts", "SELECT last_active_at AS at FROM contacts"),
    ("unread", "SELECT unread_since AS at FROM conversations WHERE unread_since IS NOT NULL AND status = 'open'"),
    ("absences", "SELECT away_until AS at FROM availability"),
    ("deadlines", "SELECT due_at AS at FROM sla_deadlines"),
];

impl Replay {
    /// The next instant, `now` included, from which on the same rows say something else; `None` = there is none.
    pub fn still_until(&self, now: DateTime<Utc>, spans: &Spans) -> Result<Option<DateTime<Utc>>> {
        let before = spans.before.iter().map(|before| -*before);
        let mut next: Option<i64> = None;
        for (times, sql) in TIMES {
            let shifts: Vec<TimeDelta> = match times {
                "presence" | "contacts" => vec![spans.away_after],
                "unread" => spans.uncovered_after.into_iter().collect(),
                "deadlines" => before.clone().chain([TimeDelta::zero()]).collect(),
                _ => vec![TimeDelta::zero()],
            };
            for shift in shifts {
                next = [next, self.next_of(sql, shift, now)?].into_iter().flatten().min();
            }
        }
        Ok(next.and_then(DateTime::from_timestamp_millis))
    }

    fn next_of(&self, sql: &str, shift: TimeDelta, now: DateTime<Utc>) -> Result<Option<i64>> {
        let sql = format!("SELECT min(at) + ?1 FROM ({sql}) WHERE at + ?1 >= ?2");
        let parameters = (shift.num_milliseconds(), milliseconds(now));
        let mut select = memory(&self.desk)?.prepare_cached(&sql)?;
        select.query_row(parameters, |row| row.get(0)).context("look when the desk changes by itself")
    }
}
