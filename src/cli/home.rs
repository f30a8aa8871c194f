//! Whether this ledger belongs here and has not gone back in time: a copy on another machine, or a backup that was
//! restored, would tell people again.

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};

use anyhow::{Context, Result};

use super::exit::SettingsError;
use super::lock::{self, PassLock};
use super::{Exit, Global, open, say};
use crate::ledger::{Ledger, Place, fingerprint_of};

/// Names an installation of Linux (machine-id(5)); not there in many containers, where the path has to do.
const MACHINE_ID: &str = "/etc/machine-id";

/// Take over a ledger that was moved here or restored from a backup
///
/// A pass refuses a ledger that was last used on another machine or under another path, and one that is older than the
/// last pass on this machine, because a copy would tell people again. Set `doorbell baseline` first if a backlog must
/// not be told; `doorbell run --redirect-to` tries a copy without telling anybody.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {}

pub(super) fn adopt(global: &Global) -> Result<Exit> {
    let place = open::config(global)?.ledger;
    let (lock, mut ledger) = lock::ledger_in_hand(&place)?;
    ledger.settle_at(&fingerprint(&place, &ledger)?)?;
    remember(&lock, ledger.last_pass()?)?;
    if !global.quiet {
        say::line(&format!("{place} belongs here from now on"));
    }
    Ok(Exit::Done)
}

/// Refuses a ledger that is a copy, or older than what was told from here.
pub(super) fn refuse_copy(place: &Place, lock: &PassLock, ledger: &mut Ledger) -> Result<()> {
    let here = fingerprint(place, ledger)?;
    match ledger.home()? {
        // a new ledger, also where another one was before
        None => {
            ledger.settle_at(&here)?;
            return remember(lock, 0);
        }
        Some(home) if home == here => {}
        Some(_) => {
            let message = format!(
                "ledger {place} was last used on another machine or under another path; if it was moved here: doorbell \
                 adopt; if it is a copy, leave it, or try it with: doorbell run --redirect-to you@example.com"
            );
            return Err(SettingsError(message).into());
        }
    }
    if witness(lock).is_some_and(|seen| ledger.last_pass().is_ok_and(|last| last < seen)) {
        let message = format!(
            "ledger {place} is older than the last pass here, as after restoring a backup, and would tell people again \
             what they were told since; set the time of the backup's end: doorbell baseline --since TIME, then: doorbell \
             adopt"
        );
        return Err(SettingsError(message).into());
    }
    Ok(())
}

/// Keeps beside the ledger how far it had come: a backup of the ledger brings the older number with it.
pub(super) fn remember(lock: &PassLock, pass: i64) -> Result<()> {
    let Some(mut file) = lock.file() else { return Ok(()) };
    file.seek(SeekFrom::Start(0))?;
    // one write of a fixed length: a crash leaves the old number or the new one
    file.write_all(format!("{pass:020}\n").as_bytes()).context("write the lock file")
}

fn witness(lock: &PassLock) -> Option<i64> {
    let mut text = String::new();
    let mut file = lock.file()?;
    file.seek(SeekFrom::Start(0)).ok()?;
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// This machine and the ledger's path on it, or the server's name of itself, without telling either.
fn fingerprint(place: &Place, ledger: &Ledger) -> Result<String> {
    let Some(path) = place.path() else { return Ok(fingerprint_of(&ledger.server_name()?)) };
    let machine = fs::read_to_string(MACHINE_ID).unwrap_or_default();
    let path = path.canonicalize().with_context(|| format!("look for ledger {place}"))?;
    Ok(fingerprint_of(&format!("{}\0{}", machine.trim(), path.display())))
}
