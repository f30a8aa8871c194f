//! The database that holds the ledger, a file of `SQLite` or one on PostgreSQL: statements are written once, for both.

mod parameter;
mod pooler;
mod row;
mod rows;
mod session;
mod spelling;

use std::ops::Deref;

use anyhow::{Context, Result};
use rusqlite::{Connection, ErrorCode, params_from_iter};

use crate::server::ServerError;

pub(super) use parameter::Parameter;
pub(super) use row::Row;
pub(super) use rows::Rows;
pub(super) use session::{SECTION, Session};

use row::Reader;
use spelling::of_postgres;

/// The values of a statement, in the order of their places.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::ledger::store::Parameter::from($value)),*] };
}
pub(super) use values;

/// What a session on a server begins with. A host that died without a word is noticed within a minute, and its locks
/// end; nobody waits longer than for a file; no time-out of the server's own ends a pass that waits for its mails; and
/// what is committed is on the disk, whatever the server does otherwise.
const SESSION: &str = "
    SET lock_timeout = '30s'; SET statement_timeout = '5min'; SET idle_in_transaction_session_timeout = '60s';
    SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3;
    SET tcp_user_timeout = '60s'; SET client_min_messages = error; SET jit = off;
    SET default_transaction_isolation = 'read committed';
    SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN ('idle_session_timeout', 'transaction_timeout');
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')";

/// A database that is open.
#[derive(Debug)]
pub(super) enum Store {
    /// A file, or memory.
    Sqlite(Connection),
    /// A session on a server.
    Postgres(Box<Session>),
}

/// Statements that happen together or not at all; what is not committed is undone.
pub(super) struct Transaction<'store> {
    store: &'store Store,
    is_open: bool,
}

impl Store {
    /// Begins to write. Another writer of a file waits from here on; those of a server wait for the same rows alone.
    pub(super) fn begin(&self) -> Result<Transaction<'_>> {
        match self {
            // a deferred transaction that reads and then writes fails beside another writer, whatever its patience
            Self::Sqlite(connection) => connection.execute_batch("BEGIN IMMEDIATE")?,
            Self::Postgres(session) => session.begin()?,
        }
        Ok(Transaction { store: self, is_open: true })
    }

    /// Begins to read: what is read until the end belongs together. Nothing is committed.
    pub(super) fn look(&self) -> Result<Transaction<'_>> {
        match self {
            Self::Sqlite(connection) => connection.execute_batch("BEGIN")?,
            Self::Postgres(session) => session.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?,
        }
        Ok(Transaction { store: self, is_open: true })
    }

    /// Waits for the server for a while, and begins a session in place of the one that broke.
    pub(super) fn connect_again(&self) -> Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(session) => session.connect_again(),
        }
    }

    /// Whether several hosts may write to it at once.
    pub(super) fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Makes tables and indexes.
    pub(super) fn batch(&self, sql: &str) -> Result<()> {
        match self {
            Self::Sqlite(connection) => Ok(connection.execute_batch(sql)?),
            Self::Postgres(session) => session.batch(&spelling::tables_of_postgres(sql)),
        }
    }

    /// How many rows a statement changed.
    pub(super) fn execute(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<usize> {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(&spelling::of_sqlite(sql))?;
                Ok(statement.execute(params_from_iter(parameters))?)
            }
            Self::Postgres(session) => session.execute(&of_postgres(sql), parameters.iter()),
        }
    }

    /// Reads every row of a statement.
    pub(super) fn all<T>(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(&spelling::of_sqlite(sql))?;
                let mut rows = statement.query(params_from_iter(parameters))?;
                let mut all = Vec::new();
                while let Some(row) = rows.next()? {
                    all.push(read(&Row::Sqlite(row))?);
                }
                Ok(all)
            }
            Self::Postgres(session) => session.all(&of_postgres(sql), parameters.iter(), &mut read),
        }
    }

    /// Reads the first row of a statement.
    pub(super) fn first<T>(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
        read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        Ok(self.all(sql, parameters, read)?.into_iter().next())
    }

    /// Reads the one row that a statement always has.
    pub(super) fn one<T>(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
        read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<T> {
        self.first(sql, parameters, read)?.context("the ledger answered with no row")
    }

    /// How many rows a statement over many rows of ours changed; `{rows}` in it stands for them and is called `r`, and
    /// the places of `parameters` come first.
    pub(super) fn execute_rows(&self, sql: &str, parameters: &[Parameter<'_>], rows: &Rows) -> Result<usize> {
        let mut changed = 0;
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(&rows.of_sqlite(sql, parameters.len()))?;
                for row in rows.each() {
                    changed += statement.execute(params_from_iter(parameters.iter().chain(&row)))?;
                }
            }
            Self::Postgres(session) if !rows.is_empty() => {
                let columns = rows.columns();
                let all = parameters.iter().chain(&columns);
                changed = session.execute(&rows.of_postgres(sql, parameters.len()), all)?;
            }
            Self::Postgres(_) => {}
        }
        Ok(changed)
    }

    /// Reads every row that such a statement answers with.
    pub(super) fn all_of_rows<T>(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
        rows: &Rows,
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut all = Vec::new();
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(&rows.of_sqlite(sql, parameters.len()))?;
                for row in rows.each() {
                    let mut answers = statement.query(params_from_iter(parameters.iter().chain(&row)))?;
                    while let Some(answer) = answers.next()? {
                        all.push(read(&Row::Sqlite(answer))?);
                    }
                }
            }
            Self::Postgres(session) if !rows.is_empty() => {
                let columns = rows.columns();
                let places = parameters.iter().chain(&columns);
                let read: &mut Reader<'_, T> = &mut read;
                all = session.all(&rows.of_postgres(sql, parameters.len()), places, read)?;
            }
            Self::Postgres(_) => {}
        }
        Ok(all)
    }
}

impl Transaction<'_> {
    /// Makes it all true.
    pub(super) fn commit(mut self) -> Result<()> {
        self.is_open = false;
        match self.store {
            Store::Sqlite(connection) => {
                let committed = connection.execute_batch("COMMIT");
                if committed.is_err() {
                    // a commit that waited in vain leaves the transaction open
                    let _ = connection.execute_batch("ROLLBACK");
                }
                Ok(committed?)
            }
            Store::Postgres(session) => session.batch("COMMIT"),
        }
    }
}

impl Deref for Transaction<'_> {
    type Target = Store;

    fn deref(&self) -> &Store {
        self.store
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.is_open {
            // a connection that is gone has undone it by itself
            let _ = match self.store {
                Store::Sqlite(connection) => connection.execute_batch("ROLLBACK").map_err(Into::into),
                Store::Postgres(session) => session.batch("ROLLBACK"),
            };
        }
    }
}

/// Whether the server is gone, or the connection to it.
pub(super) fn is_broken(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| matches!(cause.downcast_ref(), Some(ServerError::Away { .. })))
}

/// Whether the same would succeed when tried again: somebody else held the file, or changed the same rows.
pub(super) fn is_conflict(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let code = cause.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error_code);
        matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
            || matches!(cause.downcast_ref(), Some(ServerError::Conflict { .. }))
    })
}
