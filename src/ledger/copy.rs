//! A ledger in memory as this one stood at an instant, for looking ahead from there; this one is only read.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};

use super::Ledger;
use super::columns::{instant, ms};
use super::store::{Store, values};

/// What the copy begins with, by table, in the order of its columns or of those that are named; `?1` is the instant.
const ROWS: [(&str, &str); 6] = [
    // a rule that ran first at a later time is new at this one
    ("doorbell_rule", "SELECT * FROM doorbell_rule WHERE first_seen_at < ?1"),
    ("doorbell_slot", "SELECT * FROM doorbell_slot WHERE slot_at < ?1"),
    ("doorbell_mark", "SELECT * FROM doorbell_mark WHERE told_at < ?1"),
    ("doorbell_block", "SELECT * FROM doorbell_block WHERE since < ?1"),
    // deliveries that were under way: those that ended later end again when they did
    (
        "doorbell_delivery(id, account, recipient, channel, gateway, endpoint, endpoint_shown, subject, state, uid,
           attempt, ambiguous, queued_at, next_attempt_at, give_up_at, begun_at, reply_code, reply_text)",
        "SELECT id, account, recipient, channel, gateway, endpoint, endpoint_shown, subject, 'queued',
           CASE WHEN ambiguous > 0 THEN uid END,
           CASE WHEN state = 'claimed' THEN attempt - 1 ELSE attempt END, ambiguous, queued_at, next_attempt_at,
           give_up_at, begun_at, reply_code, reply_text
         FROM doorbell_delivery WHERE queued_at < ?1 AND (closed_at IS NULL OR closed_at >= ?1)",
    ),
    (
        "doorbell_item",
        "SELECT * FROM doorbell_item WHERE delivery_id IN (
           SELECT id FROM doorbell_delivery WHERE queued_at < ?1 AND (closed_at IS NULL OR closed_at >= ?1))",
    ),
];

/// How far a mark had come that has moved since: what the last delivery before told.
const EARLIER_MARKS: &str = "
    SELECT i.conversation_id, i.rule, d.recipient, d.channel, i.message_id, i.message_at, i.delivery_id,
      d.closed_at, i.matter, i.step
    FROM doorbell_mark k
    JOIN doorbell_item i ON i.conversation_id = k.conversation_id AND i.rule = k.rule AND i.matter = k.matter
    JOIN doorbell_delivery d ON d.id = i.delivery_id AND d.recipient = k.recipient AND d.channel = k.channel
    WHERE k.told_at >= ?1 AND d.closed_at < ?1 AND d.state IN ('sent', 'dead', 'unknown')
    ORDER BY d.closed_at, d.id";

impl Ledger {
    /// What this ledger knew just before `from`: rules, slots, marks, and deliveries that were under way.
    pub fn copy_before(&self, from: DateTime<Utc>) -> Result<Self> {
        let mut copy = Self::in_memory()?;
        copy.install_id.clone_from(&self.install_id);
        // one state of the ledger, though a pass may be at work on it
        let real = self.store.look().context("read ledger")?;
        let transaction = copy.store.begin()?;
        for (table, sql) in ROWS.into_iter().chain([("doorbell_mark", EARLIER_MARKS)]) {
            let copied = || format!("copy {} of the ledger", table.split('(').next().unwrap_or(table));
            pour(&real, &transaction, table, sql, from).with_context(copied)?;
        }
        transaction.commit()?;
        Ok(copy)
    }

    /// When the next queued delivery is due.
    pub fn next_attempt(&self) -> Result<Option<DateTime<Utc>>> {
        let read = "SELECT min(next_attempt_at) FROM doorbell_delivery WHERE state = 'queued'";
        let at: Option<i64> = self.store.one(read, &[], |row| row.get(0))?;
        Ok(at.map(instant))
    }
}

/// Copies rows; of two with one key the later one stays.
fn pour(real: &Store, copy: &Store, table: &str, sql: &str, from: DateTime<Utc>) -> Result<()> {
    real.all(sql, values![ms(from)], |row| {
        let values = row.parameters()?;
        let places = vec!["?"; values.len()].join(", ");
        copy.execute(&format!("INSERT OR REPLACE INTO {table} VALUES ({places})"), &values)
    })?;
    Ok(())
}
