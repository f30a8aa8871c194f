//! The desk as it was and as it became: rows of the real one in memory, each from the instant it was written.
//! People, assignments, groups, states and bots are as they are now: of those the desk keeps no history.

mod real;
mod sources;
mod still;

use std::cell::RefCell;

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, params_from_iter};

use self::sources::{Source, sources, what_matters};
pub use self::still::Spans;
use super::places::milliseconds;
use super::value::Parameter;
use super::{Desk, DeskError, Engine, File, Reading, SCHEMA};

/// What a delivery that waits for another try may still be about, and the events that a new rule tells.
const BEFORE: TimeDelta = TimeDelta::days(3);

const NOT_BY_AN_ADAPTER: &str = "plan looks into the future of a desk with the tables of schema.sql only; for one that \
    is read by an adapter ask for one moment: doorbell run --dry-run --at TIME";

/// A row that comes in at its instant, in Unix milliseconds.
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
        if self.product.is_some() {
            return Err(DeskError::OnlyFiles(NOT_BY_AN_ADAPTER).into());
        }
        let snapshot = self.snapshot()?;
        let conversations = what_matters(&snapshot.reading, milliseconds(from - BEFORE))?;
        let connection = empty().context("make a desk in memory")?;
        let copy = File { path: self.name().into(), connection };
        let desk = Self { engine: Engine::Sqlite(copy), product: None, strange_words: RefCell::default() };
        let mut replay = Replay { desk, statements: Vec::new(), ahead: Vec::new() };
        let triggers = without_triggers(memory(&replay.desk)?)?;
        for source in sources() {
            let copy = || format!("copy {} of the desk", source.table);
            replay.copy(&snapshot.reading, &source, &conversations, from).with_context(copy)?;
        }
        memory(&replay.desk)?.execute_batch(&triggers)?;
        memory(&replay.desk)?.execute_batch("UPDATE conversations_derived SET id = id")?;
        // stable: rows of one instant keep the order of the tables and of the desk
        replay.ahead.sort_by_key(|row| row.at);
        replay.ahead.reverse();
        Ok(replay)
    }
}

/// Takes the triggers off for a while; answers how they are made again.
///
/// What is there at first is derived once, and not at every row.
fn without_triggers(copy: &Connection) -> Result<String> {
    let mut select = copy.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")?;
    let triggers: Vec<(String, String)> =
        select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    drop(select);
    for (name, _) in &triggers {
        copy.execute_batch(&format!("DROP TRIGGER {name}"))?;
    }
    let statements: Vec<String> = triggers.into_iter().map(|(_, sql)| sql).collect();
    Ok(statements.join(";\n"))
}

/// The database behind a desk in memory.
fn memory(desk: &Desk) -> Result<&Connection> {
    match &desk.engine {
        Engine::Sqlite(copy) => Ok(&copy.connection),
        Engine::Postgres(_) | Engine::MariaDb(_) => Err(DeskError::OnlyFiles(NOT_BY_AN_ADAPTER).into()),
    }
}

fn empty() -> Result<Connection> {
    let connection = Connection::open_in_memory()?;
    // rows come in the order of their times, not of their references
    connection.execute_batch(&format!("PRAGMA foreign_keys = OFF; {SCHEMA}"))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
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
        let transaction = memory(&self.desk)?.unchecked_transaction()?;
        for row in self.ahead.split_off(self.ahead.len() - due).into_iter().rev() {
            write(&transaction, &self.statements, row)?;
        }
        transaction.commit().context("let time go by on the desk in memory")?;
        Ok(true)
    }

    /// Writes what was there before `from`, and keeps the rest for its time.
    fn copy(&mut self, real: &Reading<'_>, source: &Source, conversations: &str, from: DateTime<Utc>) -> Result<()> {
        let columns = source.columns(real, columns(memory(&self.desk)?, source.table)?)?;
        if columns.is_empty() {
            return Ok(());
        }
        self.statements.push(source.insert(&columns));
        let statement = self.statements.len() - 1;
        let transaction = memory(&self.desk)?.unchecked_transaction()?;
        let conversations = Parameter::Integers(conversations);
        let (statements, ahead) = (&self.statements, &mut self.ahead);
        real.each_row(&source.select(&columns.join(", ")), conversations, &mut |mut values| {
            let at = match values.pop() {
                Some(Value::Integer(at)) => at,
                _ => 0,
            };
            let row = Row { at, statement, values };
            if row.at < milliseconds(from) {
                return write(&transaction, statements, row);
            }
            ahead.push(row);
            Ok(())
        })?;
        Ok(transaction.commit()?)
    }
}

/// The columns of a table of the copy.
fn columns(copy: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    copy.prepare_cached("SELECT name FROM pragma_table_info(?1)")?.query_map([table], |row| row.get(0))?.collect()
}

/// A row that the schema refuses is left out with a warning, as everywhere on the desk.
fn write(copy: &Connection, statements: &[String], row: Row) -> Result<()> {
    let Some(sql) = statements.get(row.statement) else { return Ok(()) };
    match copy.prepare_cached(sql)?.execute(params_from_iter(row.values)) {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            tracing::warn!(error = error.to_string(), "a row of the desk cannot be read: skipped");
            Ok(())
        }
        written => Ok(written.map(|_| ())?),
    }
}
