//! What a pass tells monitors outside of its beginning and its end; whatever fails here is a warning.

use std::time::Instant;

use anyhow::Result;
use chrono::Utc;

use super::ping::Ping;
use super::run::Ended;
use super::textfile::{self, Seen};
use super::{Exit, say};
use crate::config::Config;
use crate::ledger::{Ledger, Queue};
use crate::pass::Report;

/// Runs a pass and tells the monitors of the settings; answers how the pass leaves.
///
/// The pass calls what it is given when it holds the ledger and its work begins.
pub(super) fn around(config: &Config, pass: impl FnOnce(&dyn Fn()) -> Result<Ended>) -> Result<Exit> {
    let began = Instant::now();
    let ping = Ping::new(&config.signals);
    let ended = pass(&|| ping.started());
    let (exit, report) = match &ended {
        // the pass that is at work tells of itself
        Ok(Ended::Busy) => return Ok(Exit::Done),
        Ok(Ended::Paused) => (Exit::Done, None),
        Ok(Ended::Passed(report)) => (Exit::of_status(report.exit_status()), Some(&**report)),
        Err(error) => (Exit::of(error), None),
    };
    // a command line that is wrong is no pass: what a person mistypes must not ring at the monitor
    if exit != Exit::Usage {
        metrics(config, exit, report, began);
        ping.ended(exit);
    }
    ended.map(|_| exit)
}

fn metrics(config: &Config, exit: Exit, report: Option<&Report>, began: Instant) {
    let Some(path) = &config.signals.textfile else { return };
    let queue = queue(config, exit);
    let seen = Seen { ended_at: Utc::now(), seconds: began.elapsed().as_secs_f64(), exit, report, queue };
    if let Err(error) = textfile::write(path, &seen) {
        say::aside(&format!("doorbell: operator.textfile: write {}: {error}; everything else went on", path.display()));
    }
}

fn queue(config: &Config, exit: Exit) -> Option<Queue> {
    // what was locked for half a minute would be waited for again
    if exit == Exit::TryLater {
        return None;
    }
    Ledger::at_to_read(&config.ledger).and_then(|ledger| ledger.queue(Utc::now())).ok()
}
