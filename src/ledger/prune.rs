//! What the ledger forgets, a bounded step at a time: so that a crontab line of years costs a pass nothing.

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};

use super::Ledger;
use super::columns::{instant, ms};
use super::store::{Store, values};

/// A step every hour, and not in every pass.
const EVERY: TimeDelta = TimeDelta::hours(1);
/// Rows looked at in one step: a few milliseconds, and 120,000 rows a day.
const STEP: i64 = 5_000;
/// Ages are counted from so many passes ago, a week of crontab's five minutes: a clock that runs ahead for an hour must
/// not make doorbell forget what it told.
const PASSES_BACK: i64 = 2_000;
/// Closed deliveries answer for a month: what was told, to whom, and in which words the provider took it.
const DELIVERIES: TimeDelta = TimeDelta::days(30);
/// Marks outlive everything that may still wait: forgetting one tells its message again.
const MARKS: TimeDelta = TimeDelta::days(400);
/// Reasons answer for two months; one that still holds is written anew by the next pass.
const DECISIONS: TimeDelta = TimeDelta::days(60);
/// Text messages that came in: longer than they are asked for again.
const INBOUND: TimeDelta = TimeDelta::days(60);

/// A table that is walked in the order of its key, from where the last step ended.
struct Walk {
    /// What the place is kept under.
    place: &'static str,
    table: &'static str,
    /// The first column of the key.
    key: &'static str,
    /// The column that says how old a row is.
    age: &'static str,
    kept_for: TimeDelta,
}

const WALKS: [Walk; 3] = [
    Walk { place: "pruned_marks", table: "doorbell_mark", key: "conversation_id", age: "told_at", kept_for: MARKS },
    Walk {
        place: "pruned_decisions",
        table: "doorbell_decision",
        key: "conversation_id",
        age: "since",
        kept_for: DECISIONS,
    },
    Walk { place: "pruned_inbound", table: "doorbell_inbound", key: "sid", age: "received_at", kept_for: INBOUND },
];

impl Ledger {
    /// Forgets what is old, a step of it, once an hour. Answers how many rows.
    pub fn prune(&mut self, now: DateTime<Utc>) -> Result<usize> {
        let last: Option<String> = meta(&self.store, "pruned_at")?;
        let last = last.and_then(|text| text.parse().ok()).map(instant);
        // a time to come is that of a clock that ran ahead
        if last.is_some_and(|last| last <= now && now - last < EVERY) {
            return Ok(0);
        }
        let transaction = self.store.begin()?;
        let mut forgotten = 0;
        if let Some(then) = a_week_ago(&transaction)?.map(|then| then.min(now)) {
            forgotten += deliveries(&transaction, then)?;
            forgotten += transaction.execute("DELETE FROM doorbell_block WHERE until < ?1", values![ms(then)])?;
            for walk in &WALKS {
                forgotten += step(&transaction, walk, then)?;
            }
        }
        keep(&transaction, "pruned_at", &ms(now).to_string())?;
        transaction.commit().context("forget what is old")?;
        Ok(forgotten)
    }
}

fn a_week_ago(store: &Store) -> Result<Option<DateTime<Utc>>> {
    let read = "SELECT started_at FROM doorbell_pass WHERE id <= (SELECT max(id) FROM doorbell_pass) - ?1
         ORDER BY id DESC LIMIT 1";
    let started_at: Option<i64> = store.first(read, values![PASSES_BACK], |row| row.get(0))?;
    Ok(started_at.map(instant))
}

/// The oldest deliveries have the smallest numbers: only those are looked at.
fn deliveries(store: &Store, now: DateTime<Utc>) -> Result<usize> {
    store.execute(
        "DELETE FROM doorbell_delivery WHERE closed_at < ?1
           AND id IN (SELECT id FROM doorbell_delivery ORDER BY id LIMIT ?2)",
        values![ms(now - DELIVERIES), STEP],
    )
}

/// One stretch of a table; at its end the next step begins anew.
fn step(store: &Store, walk: &Walk, now: DateTime<Utc>) -> Result<usize> {
    let Walk { place, table, key, age, kept_for } = walk;
    let from = meta(store, place)?.unwrap_or_default();
    let read = format!("SELECT {key} FROM {table} WHERE {key} > ?1 ORDER BY {key} LIMIT 1 OFFSET ?2");
    let until: Option<String> = store.first(&read, values![&from, STEP], |row| row.get(0))?;
    let forgotten = store.execute(
        &format!("DELETE FROM {table} WHERE {key} > ?1 AND (?2 IS NULL OR {key} <= ?2) AND {age} < ?3"),
        values![&from, &until, ms(now - *kept_for)],
    )?;
    keep(store, place, until.as_deref().unwrap_or_default())?;
    Ok(forgotten)
}

fn meta(store: &Store, key: &str) -> Result<Option<String>> {
    store.first("SELECT value FROM doorbell_meta WHERE key = ?1", values![key], |row| row.get(0))
}

fn keep(store: &Store, key: &str, value: &str) -> Result<()> {
    store.execute(
        "INSERT INTO doorbell_meta(key, value) VALUES (?1, ?2) ON CONFLICT(key) DO UPDATE SET value = excluded.value",
        values![key, value],
    )?;
    Ok(())
}
