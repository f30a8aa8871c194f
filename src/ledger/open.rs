//! Opening the ledger, making it and bringing it up to this program's version.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use aws_lc_rs::rand;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use thiserror::Error;

use super::key::hexadecimal;
use super::store::{Session, Store, values};
use super::{Ledger, Place, Server};

/// Each text takes the ledger from version n to n + 1.
pub(super) const MIGRATIONS: [&str; 3] = [include_str!("001.sql"), include_str!("002.sql"), include_str!("003.sql")];
/// A host program that writes to the same file may hold it this long.
const BUSY: Duration = Duration::from_secs(30);

/// Held by whoever makes or migrates the tables of a ledger on a server, in the numbers of `pg_advisory_lock`: the
/// letters "doorbell".
const MIGRATING: i64 = 0x646f_6f72_6265_6c6c;

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
    pub fn at(place: &Place) -> Result<Self> {
        match place {
            Place::File(path) => Self::open(path),
            Place::Server(server) => Self::prepare(session(server)?).with_context(|| format!("prepare ledger {place}")),
        }
    }

    /// Opens the ledger without ever writing; a ledger that does not exist yet is read as an empty one.
    pub fn at_to_read(place: &Place) -> Result<Self> {
        match place {
            Place::File(path) => Self::open_to_read(path),
            Place::Server(server) => {
                let store = session(server)?;
                Self::to_read(store).with_context(|| format!("open ledger {place}"))
            }
        }
    }

    /// Opens the ledger in a file, as [`Ledger::at`] does.
    pub fn open(path: &Path) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(path, flags).with_context(|| format!("open ledger {}", path.display()))?;
        file(connection).and_then(Self::prepare).with_context(|| format!("prepare ledger {}", path.display()))
    }

    /// Opens the ledger in a file without ever writing, as [`Ledger::at_to_read`] does.
    pub fn open_to_read(path: &Path) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if !path.exists() {
            return Self::in_memory();
        }
        let opened = || format!("open ledger {}", path.display());
        let connection = Connection::open_with_flags(path, flags).with_context(opened)?;
        connection.busy_timeout(BUSY)?;
        refuse_emptied(&connection).with_context(opened)?;
        Self::to_read(Store::Sqlite(connection)).with_context(opened)
    }

    /// An empty ledger that nobody keeps.
    pub fn in_memory() -> Result<Self> {
        file(Connection::open_in_memory()?).and_then(Self::prepare)
    }

    fn to_read(store: Store) -> Result<Self> {
        let (found, known) = (version(&store)?, MIGRATIONS.len());
        match found {
            0 => Self::in_memory(),
            _ if found > known => Err(LedgerError::Newer { found, known }.into()),
            _ if found < known => Err(LedgerError::Older { found, known }.into()),
            _ => Ok(Self { install_id: install_id(&store)?, store, pass: 0 }),
        }
    }

    fn prepare(store: Store) -> Result<Self> {
        let (found, known) = (version(&store)?, MIGRATIONS.len());
        if found > known {
            return Err(LedgerError::Newer { found, known }.into());
        }
        if found < known {
            migrate(&store)?;
        }
        Ok(Self { install_id: install_id(&store)?, store, pass: 0 })
    }
}

/// A file or memory, open for writing.
fn file(connection: Connection) -> Result<Store> {
    connection.busy_timeout(BUSY)?;
    // EXTRA: after a power cut NORMAL forgets what was sent, and FULL the last commit of a file without WAL, whose
    // rollback journal comes back (sqlite.org/pragma.html#pragma_synchronous); all that would be sent again
    connection.execute_batch("PRAGMA synchronous = EXTRA; PRAGMA foreign_keys = ON;")?;
    // else SQLite plans a statement anew for each value that it compares with a partial index
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(64);
    refuse_emptied(&connection)?;
    Ok(Store::Sqlite(connection))
}

fn session(server: &Server) -> Result<Store> {
    Ok(Store::Postgres(Box::new(Session::of(server)?)))
}

fn migrate(store: &Store) -> Result<()> {
    if store.is_shared() {
        // before the transaction: what another host makes meanwhile is looked up anew only where one begins
        store.one("SELECT pg_advisory_lock(?1)", values![MIGRATING], |_| Ok(()))?;
    }
    let transaction = store.begin()?;
    // read again under the lock: another process may have been faster
    for text in MIGRATIONS.iter().skip(version(&transaction)?) {
        transaction.batch(text)?;
    }
    let keep =
        "INSERT INTO doorbell_meta(key, value) VALUES (?1, ?2) ON CONFLICT(key) DO UPDATE SET value = excluded.value";
    transaction.execute(keep, values!["version", MIGRATIONS.len().to_string()])?;
    let name = "INSERT INTO doorbell_meta(key, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    transaction.execute(name, values!["install_id", new_name()?])?;
    transaction.commit()?;
    if store.is_shared() {
        store.one("SELECT pg_advisory_unlock(?1)", values![MIGRATING], |_| Ok(()))?;
    }
    Ok(())
}

/// 32 hexadecimal digits that no other ledger has.
fn new_name() -> Result<String> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| anyhow!("draw a random name for the ledger"))?;
    Ok(hexadecimal(&bytes))
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
fn version(store: &Store) -> Result<usize> {
    let made = if store.is_shared() {
        "SELECT to_regclass('doorbell_meta') IS NOT NULL"
    } else {
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'doorbell_meta')"
    };
    if !store.one(made, &[], |row| row.get::<bool>(0))? {
        return Ok(0);
    }
    let read = "SELECT value FROM doorbell_meta WHERE key = 'version'";
    let text: Option<String> = store.first(read, &[], |row| row.get(0))?;
    Ok(text.and_then(|text| text.parse().ok()).unwrap_or(0))
}

fn install_id(store: &Store) -> Result<String> {
    store.one("SELECT value FROM doorbell_meta WHERE key = 'install_id'", &[], |row| row.get(0))
}
