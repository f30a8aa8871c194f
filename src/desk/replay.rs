//! The desk as it was and as it became: rows of the real one in memory, each from the instant it was written.
//! People, assignments, groups, states and bots are as they are now: of those the desk keeps no history.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::pending::milliseconds;
use super::{BUSY_TIMEOUT, Desk, SCHEMA};

/// What a delivery that waits for another try may still be about, and the events that a new rule tells.
const BEFORE: TimeDelta = TimeDelta::days(3);

/// What a period can be about: what waits now, what was going on since, and what has a deadline.
const MATTERS: &str = "
    SELECT id FROM conversations WHERE waiting_since IS NOT NULL AND status = 'open'
    UNION SELECT id FROM conversations WHERE unread_since IS NOT NULL AND status = 'open'
    UNION SELECT id FROM conversations WHERE unseen_reply_at IS NOT NULL
    UNION SELECT id FROM conversations
      WHERE max(created_at, coalesce(last_activity_at, 0), coalesce(agents_last_seen_at, 0),
                coalesce(contact_last_seen_at, 0)) >= ?1";
/// The same by the tables that a desk need not have.
const MATTERS_BY: [(&str, &str); 2] = [
    ("desk_events", "SELECT conversation_id FROM desk_events WHERE at >= ?1"),
    ("sla_deadlines", "SELECT conversation_id FROM sla_deadlines WHERE ?1 IS NOT NULL"),
];

const OF_CONVERSATIONS: &str = "conversation_id IN (SELECT value FROM json_each(?1))";
const CONTACTS: &str = "SELECT contact_id FROM conversations WHERE id IN (SELECT value FROM json_each(?1))";

/// A table that is copied.
struct Source {
    table: &'static str,
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

/// Conversations come last: the triggers set their derived columns once, when everything else is there.
fn sources() -> Vec<Source> {
    let all = "?1 IS NOT NULL";
    let begun = "min(created_at, coalesce((SELECT min(m.created_at) FROM messages m
                   WHERE m.conversation_id = conversations.id AND m.deleted = 0), created_at))";
    let around = |kind: &str, id: &str| {
        format!("{kind} = 'agent' AND ?1 IS NOT NULL OR {kind} = 'contact' AND {id} IN ({CONTACTS})")
    };
    vec![
        source("agents", "NULL", all, ""),
        source("groups", "NULL", all, ""),
        source("group_members", "NULL", all, ""),
        source("availability", "NULL", all, ""),
        source("preferences", "NULL", all, ""),
        source("devices", "NULL", around("owner_type", "owner_id"), ""),
        source("contacts", "NULL", format!("id IN ({CONTACTS})"), ""),
        source("presence", "last_active_at", around("subject_type", "subject_id"), ""),
        source("read_cursors", "last_seen_at", OF_CONVERSATIONS, ""),
        source("desk_events", "at", OF_CONVERSATIONS, ""),
        // a deadline stands from the start, its breach from its own time
        source("sla_deadlines", "NULL", OF_CONVERSATIONS, "breached_at"),
        source("sla_deadlines", "breached_at", format!("{OF_CONVERSATIONS} AND breached_at IS NOT NULL"), ""),
        // who hears of what does not depend on the words
        source("messages", "created_at", OF_CONVERSATIONS, "body"),
        source("conversations", begun, "id IN (SELECT value FROM json_each(?1))", ""),
    ]
}

/// A row that comes in later.
#[derive(Debug)]
struct Row {
    at: i64,
    /// Which of the statements writes it.
    statement: usize,
    values: Vec<Value>,
}

/// A desk in memory on which time goes by: it holds what was written up to the instant it was advanced to.
#[derive(Debug)]
pub struct Replay {
    desk: Desk,
    statements: Vec<String>,
    /// What is still to come, the next one last.
    ahead: Vec<Row>,
}

impl Desk {
    /// This desk as it was just before `from`, without message bodies and files; the real one is only read.
    ///
    /// Of what somebody has read, and of where they were, only the latest time is known.
    pub fn replay(&self, from: DateTime<Utc>) -> Result<Replay> {
        let snapshot = self.snapshot()?;
        let real: &Connection = &snapshot.transaction;
        let connection = Connection::open_in_memory().context("make a desk in memory")?;
        // rows come in the order of their times, not of their references
        connection.execute_batch(&format!("PRAGMA foreign_keys = OFF; {SCHEMA}"))?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(64);
        let desk = Self { path: self.path.clone(), connection, strange_words: std::cell::RefCell::default() };
        let mut replay = Replay { desk, statements: Vec::new(), ahead: Vec::new() };
        let conversations = what_matters(real, milliseconds(from - BEFORE))?;
        let transaction = replay.desk.connection.unchecked_transaction()?;
        for source in sources() {
            let read = || format!("read {} of the desk", source.table);
            let columns = columns(real, &transaction, &source)?;
            if columns.is_empty() {
                continue;
            }
            let statement = replay.statements.len();
            let places = vec!["?"; columns.len()].join(", ");
            let names = columns.join(", ");
            replay.statements.push(format!("INSERT OR REPLACE INTO {} ({names}) VALUES ({places})", source.table));
            let sql = format!("SELECT {names}, {} FROM {} WHERE {}", source.written, source.table, source.rows);
            let mut select = real.prepare(&sql).with_context(read)?;
            let mut rows = select.query([&conversations]).with_context(read)?;
            while let Some(row) = rows.next().with_context(read)? {
                let values = (0..columns.len()).map(|index| row.get(index)).collect::<rusqlite::Result<_>>()?;
                let at: Option<i64> = row.get(columns.len())?;
                let row = Row { at: at.unwrap_or_default(), statement, values };
                if row.at < milliseconds(from) {
                    write(&transaction, &replay.statements, row)?;
                } else {
                    replay.ahead.push(row);
                }
            }
        }
        transaction.commit()?;
        // stable: rows of one instant keep the order of the tables and of the desk
        replay.ahead.sort_by_key(|row| row.at);
        replay.ahead.reverse();
        Ok(replay)
    }
}

impl Replay {
    /// The desk as it is at the instant it was advanced to.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Lets time go by: brings in what was written up to that instant. Answers whether that was anything.
    pub fn advance(&mut self, to: DateTime<Utc>) -> Result<bool> {
        let until = milliseconds(to);
        let due = self.ahead.iter().rev().take_while(|row| row.at <= until).count();
        if due == 0 {
            return Ok(false);
        }
        let transaction = self.desk.connection.unchecked_transaction()?;
        for row in self.ahead.split_off(self.ahead.len() - due).into_iter().rev() {
            write(&transaction, &self.statements, row)?;
        }
        transaction.commit().context("let time go by on the desk in memory")?;
        Ok(true)
    }
}

/// The conversations that a period from `since` on can be about, as a JSON array.
fn what_matters(real: &Connection, since: i64) -> Result<String> {
    let mut matter: BTreeSet<i64> = BTreeSet::new();
    let optional = MATTERS_BY.iter().filter(|(table, _)| !names(real, table).unwrap_or_default().is_empty());
    for sql in std::iter::once(MATTERS).chain(optional.map(|(_, sql)| *sql)) {
        let mut read = real.prepare(sql).context("read conversations of the desk")?;
        let ids = read.query_map([since], |row| row.get::<_, i64>(0)).context("read conversations of the desk")?;
        for id in ids {
            matter.insert(id?);
        }
    }
    Ok(serde_json::Value::from_iter(matter).to_string())
}

/// The columns that both desks have, in the order of the schema; none where the real one lacks the table.
fn columns(real: &Connection, copy: &Connection, source: &Source) -> Result<Vec<String>> {
    let there = names(real, source.table)?;
    let mut columns = names(copy, source.table)?;
    columns.retain(|column| there.contains(column) && column != source.without);
    Ok(columns)
}

fn names(connection: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    connection.prepare_cached("SELECT name FROM pragma_table_info(?1)")?.query_map([table], |row| row.get(0))?.collect()
}

/// A row that the schema refuses is left out with a warning, as everywhere on the desk.
fn write(copy: &Connection, statements: &[String], row: Row) -> Result<()> {
    let Some(sql) = statements.get(row.statement) else { return Ok(()) };
    match copy.prepare_cached(sql)?.execute(params_from_iter(row.values)) {
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {
            tracing::warn!(error = error.to_string(), "a row of the desk cannot be read: skipped");
            Ok(())
        }
        written => Ok(written.map(|_| ())?),
    }
}
