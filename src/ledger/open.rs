//! Opening the ledger, making it and bringing it up to this program's version.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};
use thiserror::Error;

use super::Ledger;

/// Each text takes the ledger from version n to n + 1.
const MIGRATIONS: [&str; 3] = [include_str!("001.sql"), include_str!("002.sql"), include_str!("003.sql")];
/// A host program that writes to the same file may hold it this long.
const BUSY: Duration = Duration::from_secs(30);

/// One for the tables, and one that `SQLite` keeps where it gives pages back by itself.
const PAGES_OF_AN_EMPTY_FILE: i64 = 2;

/// Why a ledger cannot be used.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// Written by a newer doorbell.
    #[error("the ledger has version {found}, this doorbell knows {known}; upgrade doorbell on this machine")]
    Newer {
        /// The version found.
        found: usize,
        /// The version this program knows.
        known: usize,
    },
    /// Written by an older doorbell, and not to be changed now.
    #[error(
        "the ledger has version {found} of an older doorbell, this one reads {known}; the next doorbell run brings it up to date"
    )]
    Older {
        /// The version found.
        found: usize,
        /// The version this program knows.
        known: usize,
    },
}

impl Ledger {
    /// Opens the ledger for a pass; makes its tables when there are none, and migrates older ones.
    pub fn open(path: &Path) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(path, flags).with_context(|| format!("open ledger {}", path.display()))?;
        Self::prepare(connection).with_context(|| format!("prepare ledger {}", path.display()))
    }

    /// Opens the ledger without ever writing; a ledger that does not exist yet is read as an empty one.
    pub fn open_to_read(path: &Path) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if !path.exists() {
            return Self::in_memory();
        }
        let connection =
            Connection::open_with_flags(path, flags).with_context(|| format!("open ledger {}", path.display()))?;
        connection.busy_timeout(BUSY)?;
        refuse_emptied(&connection).with_context(|| format!("open ledger {}", path.display()))?;
        if version(&connection)? == 0 {
            return Self::in_memory();
        }
        refuse_newer(&connection)
            .and_then(|()| refuse_older(&connection))
            .with_context(|| format!("open ledger {}", path.display()))?;
        let install_id = install_id(&connection)?;
        Ok(Self { connection, install_id, pass: 0 })
    }

    /// An empty ledger that nobody keeps.
    pub fn in_memory() -> Result<Self> {
        Self::prepare(Connection::open_in_memory()?)
    }

    fn prepare(mut connection: Connection) -> Result<Self> {
        connection.busy_timeout(BUSY)?;
        // EXTRA: after a power cut NORMAL forgets what was sent, and FULL the last commit of a file without WAL, whose
        // rollback journal comes back (sqlite.org/pragma.html#pragma_synchronous); all that would be sent again
        connection.execute_batch("PRAGMA synchronous = EXTRA; PRAGMA foreign_keys = ON;")?;
        // else SQLite plans a statement anew for each value that it compares with a partial index
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(64);
        refuse_emptied(&connection)?;
        refuse_newer(&connection)?;
        if version(&connection)? < MIGRATIONS.len() {
            migrate(&mut connection)?;
        }
        let install_id = install_id(&connection)?;
        Ok(Self { connection, install_id, pass: 0 })
    }
}

fn migrate(connection: &mut Connection) -> Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // read again under the lock: another process may have been faster
    for text in MIGRATIONS.iter().skip(version(&transaction)?) {
        transaction.execute_batch(text)?;
    }
    transaction.execute(
        "INSERT INTO doorbell_meta(key, value) VALUES ('version', ?1) ON CONFLICT DO UPDATE SET value = excluded.value",
        [MIGRATIONS.len().to_string()],
    )?;
    transaction.execute(
        "INSERT INTO doorbell_meta(key, value) VALUES ('install_id', lower(hex(randomblob(16)))) ON CONFLICT DO NOTHING",
        [],
    )?;
    Ok(transaction.commit()?)
}

fn refuse_newer(connection: &Connection) -> Result<()> {
    let (found, known) = (version(connection)?, MIGRATIONS.len());
    if found > known {
        return Err(LedgerError::Newer { found, known }.into());
    }
    Ok(())
}

fn refuse_older(connection: &Connection) -> Result<()> {
    let (found, known) = (version(connection)?, MIGRATIONS.len());
    if found < known {
        return Err(LedgerError::Older { found, known }.into());
    }
    Ok(())
}

/// Whatever stood in a file with pages in use and no table was lost with its tables. Made anew, it would tell everything
/// again.
fn refuse_emptied(connection: &Connection) -> Result<()> {
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let pages: i64 = connection.query_row(
        "SELECT page_count - freelist_count FROM pragma_page_count, pragma_freelist_count",
        [],
        |row| row.get(0),
    )?;
    if tables == 0 && pages > PAGES_OF_AN_EMPTY_FILE {
        bail!("the file is damaged: it holds {pages} pages and no table; restore it from a backup, or move it away");
    }
    Ok(())
}

/// The ledger's version; 0 when it has no tables.
fn version(connection: &Connection) -> Result<usize> {
    let made = connection
        .query_row("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'doorbell_meta'", [], |_| Ok(()))
        .optional()?;
    if made.is_none() {
        return Ok(0);
    }
    let text: Option<String> = connection
        .query_row("SELECT value FROM doorbell_meta WHERE key = 'version'", [], |row| row.get(0))
        .optional()?;
    Ok(text.and_then(|text| text.parse().ok()).unwrap_or(0))
}

fn install_id(connection: &Connection) -> Result<String> {
    Ok(connection.query_row("SELECT value FROM doorbell_meta WHERE key = 'install_id'", [], |row| row.get(0))?)
}
