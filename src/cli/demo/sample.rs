//! The sample desk: made once in a folder of its own, and known again by a mark in its database.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags};

use super::super::exit::UsageError;
use super::super::init;
use crate::config::Config;
use crate::model::Channel;

const SETTINGS: &str = include_str!("sample.toml");
const ROWS: &str = include_str!("sample.sql");

/// `bell` in ASCII, in the database header: nothing but a sample desk is ever written to.
const MARK: i32 = 0x6265_6c6c;

/// The folder of a sample desk.
pub(super) struct Sample {
    pub(super) dir: PathBuf,
    /// Whether it was made just now.
    pub(super) fresh: bool,
}

impl Sample {
    /// The sample desk in `dir`.
    pub(super) fn find(dir: &Path) -> Result<Self> {
        let sample = Self { dir: dir.to_owned(), fresh: false };
        if !sample.is_marked() || !sample.settings().exists() {
            let message = format!("{0} holds no sample desk; make one with: doorbell demo {0}", dir.display());
            return Err(UsageError(message).into());
        }
        Ok(sample)
    }

    /// The sample desk in `dir`, made when there is nothing at all.
    pub(super) fn find_or_make(dir: &Path, now: DateTime<Utc>) -> Result<Self> {
        if let Ok(sample) = Self::find(dir) {
            return Ok(sample);
        }
        fs::create_dir_all(dir).with_context(|| format!("create folder {}", dir.display()))?;
        if fs::read_dir(dir).with_context(|| format!("read folder {}", dir.display()))?.next().is_some() {
            let message = format!("{} holds something else; demo overwrites nothing, name a new folder", dir.display());
            return Err(UsageError(message).into());
        }
        let sample = Self { dir: dir.to_owned(), fresh: true };
        sample.make(now)?;
        Ok(sample)
    }

    /// The settings; a desk elsewhere is not played with.
    pub(super) fn config(&self) -> Result<Config> {
        let config = Config::read(&self.settings())?;
        if config.desk_path() == Some(self.desk()) {
            return Ok(config);
        }
        let message = format!("desk.url in {} is not the sample desk any more; use run", self.settings().display());
        Err(UsageError(message).into())
    }

    /// The database, for writing as a chat program would.
    pub(super) fn connection(&self) -> Result<Connection> {
        Connection::open_with_flags(self.desk(), OpenFlags::SQLITE_OPEN_READ_WRITE)
            .with_context(|| format!("open desk {}", self.desk().display()))
    }

    pub(super) fn settings(&self) -> PathBuf {
        self.dir.join("doorbell.toml")
    }

    pub(super) fn outbox(&self) -> PathBuf {
        self.dir.join("outbox")
    }

    /// The mails in the outbox, by name.
    pub(super) fn mails(&self) -> Result<Vec<PathBuf>> {
        files(&self.outbox())
    }

    /// What is in the outbox of a channel other than email, by name.
    pub(super) fn notifications(&self, channel: Channel) -> Result<Vec<PathBuf>> {
        files(&self.outbox().join(channel.word()))
    }

    fn desk(&self) -> PathBuf {
        self.dir.join("chat.db")
    }

    fn is_marked(&self) -> bool {
        let mark = || -> rusqlite::Result<i32> {
            let connection = Connection::open_with_flags(self.desk(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            connection.pragma_query_value(None, "application_id", |row| row.get(0))
        };
        mark().is_ok_and(|mark| mark == MARK)
    }

    fn make(&self, now: DateTime<Utc>) -> Result<()> {
        let mut connection = init::make_desk(&self.desk())?;
        connection.execute_batch("CREATE TEMP TABLE now (at INTEGER)")?;
        connection.execute("INSERT INTO temp.now VALUES (?1)", [now.timestamp_millis()])?;
        let transaction = connection.transaction()?;
        transaction.execute_batch(ROWS).context("fill the sample desk")?;
        transaction.pragma_update(None, "application_id", MARK)?;
        transaction.commit()?;
        init::write_new(&self.settings(), SETTINGS.as_bytes())?;
        Ok(())
    }
}

/// The files in a folder, by name; none where there is no folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let read = || format!("read folder {}", folder.display());
    let entries = fs::read_dir(folder).with_context(read)?.collect::<Result<Vec<_>, _>>().with_context(read)?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    Ok(files)
}
