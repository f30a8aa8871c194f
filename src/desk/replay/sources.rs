//! Which rows of the real desk a replay needs, and the instant each of them was written.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use rusqlite::types::Value;

use super::real::names;
use crate::desk::Reading;
use crate::desk::value::Parameter;

/// What a period can be about: what waits now, and what was going on since. A look alone changes nothing in a
/// conversation that was silent for two weeks before: whatever waited there was told long ago.
const MATTERS: &str = "
    SELECT id FROM conversations WHERE waiting_since IS NOT NULL AND status = 'open'
    UNION SELECT id FROM conversations WHERE unread_since IS NOT NULL AND status = 'open'
    UNION SELECT id FROM conversations WHERE unseen_reply_at IS NOT NULL
    UNION SELECT id FROM conversations
      WHERE greatest(created_at, coalesce(last_activity_at, 0)) >= ?1
        OR (greatest(coalesce(agents_last_seen_at, 0), coalesce(contact_last_seen_at, 0)) >= ?1
            AND last_activity_at >= ?1 - 14 * 86400000)";
/// The same by the tables that a desk need not have; deadlines are unmet ones, however old.
const MATTERS_BY: [(&str, &str); 2] = [
    ("desk_events", "SELECT conversation_id FROM desk_events WHERE at >= ?1"),
    ("sla_deadlines", "SELECT conversation_id FROM sla_deadlines WHERE ?1 IS NOT NULL"),
];

const ALL: &str = "?1 IS NOT NULL";
const OF_CONVERSATIONS: &str = "conversation_id IN (SELECT value FROM json_each(?1))";
const CONTACTS: &str = "SELECT contact_id FROM conversations WHERE id IN (SELECT value FROM json_each(?1))";
const BEGUN: &str = "
    least(created_at, coalesce((SELECT min(m.created_at) FROM messages m
      WHERE m.conversation_id = conversations.id AND m.deleted = 0), created_at))";

/// A table that is copied.
pub(super) struct Source {
    pub(super) table: &'static str,
    /// The instant a row was written, in Unix milliseconds; NULL = it was always there.
    written: &'static str,
    /// The rows that matter; `?1` are the conversations.
    rows: String,
    /// The column that is left empty.
    without: &'static str,
}

fn source(table: &'static str, written: &'static str, rows: impl Into<String>, without: &'static str) -> Source {
    Source { table, written, rows: rows.into(), without }
}

/// The tables, in the order in which rows of one instant are written.
pub(super) fn sources() -> Vec<Source> {
    let around =
        |kind: &str, id: &str| format!("({kind} = 'agent' OR {kind} = 'contact' AND {id} IN ({CONTACTS})) AND {ALL}");
    vec![
        source("agents", "NULL", ALL, ""),
        source("groups", "NULL", ALL, ""),
        source("group_members", "NULL", ALL, ""),
        source("availability", "NULL", ALL, ""),
        source("preferences", "NULL", ALL, ""),
        source("devices", "NULL", around("owner_type", "owner_id"), ""),
        // a contact stands from the start, what they did last from its own time
        source("contacts", "NULL", format!("id IN ({CONTACTS})"), "last_active_at"),
        source("contacts", "last_active_at", format!("id IN ({CONTACTS}) AND last_active_at IS NOT NULL"), ""),
        source("presence", "last_active_at", around("subject_type", "subject_id"), ""),
        source("read_cursors", "last_seen_at", OF_CONVERSATIONS, ""),
        source("desk_events", "at", OF_CONVERSATIONS, ""),
        // a deadline stands from the start, its breach from its own time
        source("sla_deadlines", "NULL", OF_CONVERSATIONS, "breached_at"),
        source("sla_deadlines", "breached_at", format!("{OF_CONVERSATIONS} AND breached_at IS NOT NULL"), ""),
        // who hears of what does not depend on the words; the index on messages holds those that are not deleted
        source("messages", "created_at", format!("{OF_CONVERSATIONS} AND deleted = 0"), "body"),
        source("conversations", BEGUN, "id IN (SELECT value FROM json_each(?1))", ""),
    ]
}

impl Source {
    /// The columns that both desks have, in the order of the schema; none where the real one lacks the table.
    pub(super) fn columns(&self, real: &Reading<'_>, mut columns: Vec<String>) -> Result<Vec<String>> {
        let there = names(real, self.table)?;
        columns.retain(|column| there.contains(column) && column != self.without);
        Ok(columns)
    }

    /// Reads the columns, and behind them the instant at which the row was written.
    pub(super) fn select(&self, columns: &str) -> String {
        format!("SELECT {columns}, {} FROM {} WHERE {}", self.written, self.table, self.rows)
    }

    /// Writes a row of the columns; a later row of the same key takes its place.
    pub(super) fn insert(&self, columns: &[String]) -> String {
        let places = vec!["?"; columns.len()].join(", ");
        format!("INSERT OR REPLACE INTO {} ({}) VALUES ({places})", self.table, columns.join(", "))
    }
}

/// The conversations that a period can be about, as a JSON array; `since` in Unix milliseconds.
pub(super) fn what_matters(real: &Reading<'_>, since: i64) -> Result<String> {
    let mut statements = vec![MATTERS];
    for (table, sql) in MATTERS_BY {
        if !names(real, table)?.is_empty() {
            statements.push(sql);
        }
    }
    let mut matter: BTreeSet<i64> = BTreeSet::new();
    for sql in statements {
        let answered = real.each_row(sql, Parameter::Integer(Some(since)), &mut |row| {
            matter.extend(row.iter().filter_map(|value| match value {
                Value::Integer(id) => Some(*id),
                _ => None,
            }));
            Ok(())
        });
        answered.context("read conversations of the desk")?;
    }
    Ok(serde_json::Value::from_iter(matter).to_string())
}
