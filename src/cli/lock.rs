//! One pass at a time on one ledger file: a kernel lock, which dies with its holder however it dies. On a server the
//! session holds locks of its own: one host plans at a time, and each delivery is in the hands of one.

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
use crate::ledger::{Ledger, Place};

/// A pass that is nearly done is worth waiting for; one that is not will do the work itself.
const PATIENCE: Duration = Duration::from_secs(2);
const POLL: Duration = Duration::from_millis(20);

/// Held for as long as it lives.
#[derive(Debug)]
pub(super) struct PassLock {
    file: Option<File>,
}

impl PassLock {
    /// The file, which also keeps how far the ledger had come; on a server there is none.
    pub(super) fn file(&self) -> Option<&File> {
        self.file.as_ref()
    }
}

/// The lock of a ledger in a file; `None` when another pass holds it. A ledger on a server has none of this kind.
///
/// A ledger that is not there is made, empty: only a file that exists has one name for all the ways that lead to it.
pub(super) fn acquire(place: &Place) -> Result<Option<PassLock>> {
    let Some(path) = place.path() else { return Ok(Some(PassLock { file: None })) };
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
    let locked = patiently(|| match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(error) => Err(error).with_context(|| format!("lock {}", name.display())),
    })?;
    Ok(locked.then_some(PassLock { file: Some(file) }))
}

/// Lets no other host plan on this ledger; `false` when another does, and goes on to.
pub(super) fn plan_alone(ledger: &Ledger) -> Result<bool> {
    patiently(|| ledger.plan_alone())
}

/// The ledger in a person's hands: no pass plans on it for as long as both are held.
pub(super) fn ledger_in_hand(place: &Place) -> Result<(PassLock, Ledger)> {
    place::refuse_unfit(place)?;
    let busy = || TryLaterError("a pass is at work on this ledger; try again when it is done".into());
    let Some(lock) = acquire(place)? else { return Err(busy().into()) };
    let ledger = Ledger::at(place)?;
    if !plan_alone(&ledger)? {
        return Err(busy().into());
    }
    Ok((lock, ledger))
}

/// Tries again for a while.
fn patiently(mut attempt: impl FnMut() -> Result<bool>) -> Result<bool> {
    let began = Instant::now();
    loop {
        if attempt()? {
            return Ok(true);
        }
        if began.elapsed() >= PATIENCE {
            return Ok(false);
        }
        sleep(POLL);
    }
}

fn lock_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".doorbell-lock");
    name.into()
}
