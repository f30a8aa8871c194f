//! One pass at a time on one ledger file: a kernel lock, which dies with its holder however it dies.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::exit::TryLaterError;
use super::{open, place};
use crate::ledger::Ledger;

/// A pass that is nearly done is worth waiting for; one that is not will do the work itself.
const PATIENCE: Duration = Duration::from_secs(2);
const POLL: Duration = Duration::from_millis(20);

/// Held for as long as it lives.
#[derive(Debug)]
pub(super) struct PassLock {
    file: File,
}

impl PassLock {
    /// The file, which also keeps how far the ledger had come.
    pub(super) fn file(&self) -> &File {
        &self.file
    }
}

/// The lock of the ledger at `path`; `None` when another pass holds it.
///
/// A ledger that is not there is made, empty: only a file that exists has one name for all the ways that lead to it.
pub(super) fn acquire(path: &Path) -> Result<Option<PassLock>> {
    open::make_file(path).context("ledger.path")?;
    let name = lock_name(&path.canonicalize().with_context(|| format!("look for ledger {}", path.display()))?);
    // not the database itself: closing any handle to it would drop SQLite's own locks
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .mode(0o660)
        .open(&name)
        .with_context(|| format!("open lock {}", name.display()))?;
    let began = Instant::now();
    loop {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(Some(PassLock { file })),
            Err(Errno::WOULDBLOCK) if began.elapsed() < PATIENCE => sleep(POLL),
            Err(Errno::WOULDBLOCK) => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("lock {}", name.display())),
        }
    }
}

/// The ledger in a person's hands: no pass is at work on it for as long as the lock is held.
pub(super) fn ledger_in_hand(path: &Path) -> Result<(PassLock, Ledger)> {
    place::refuse_unfit(path)?;
    let Some(lock) = acquire(path)? else {
        return Err(TryLaterError("a pass is at work on this ledger; try again when it is done".into()).into());
    };
    Ok((lock, Ledger::open(path)?))
}

fn lock_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".doorbell-lock");
    name.into()
}
