//! `doorbell pause` and `doorbell resume`.

use anyhow::Result;

use super::{Exit, Global, open, place, say, time};
use crate::ledger::Ledger;

/// Tell nobody anything until `doorbell resume`
///
/// Passes leave at once. What waits meanwhile is told afterwards, as far as it still waits then.
#[derive(Debug, clap::Args)]
pub(super) struct Pause {}

/// Go on telling after `doorbell pause`
#[derive(Debug, clap::Args)]
pub(super) struct Resume {}

pub(super) fn pause(global: &Global) -> Result<Exit> {
    let place = open::config(global)?.ledger;
    place::refuse_unfit(&place)?;
    let ledger = Ledger::at(&place)?;
    ledger.pause(time::of(&ledger)?)?;
    if !global.quiet {
        say::line(
            "paused; a pass at work ends what it has begun, and the next ones tell nobody; go on with: doorbell resume",
        );
    }
    Ok(Exit::Done)
}

pub(super) fn resume(global: &Global) -> Result<Exit> {
    let config = open::config(global)?;
    place::refuse_unfit(&config.ledger)?;
    let since = Ledger::at(&config.ledger)?.resume()?;
    if !global.quiet {
        let zone = config.desk.time_zone.0;
        let was = since.map(|at| format!("goes on; it was paused since {}", time::shown(at, zone)));
        say::line(&was.unwrap_or_else(|| "it was not paused".into()));
    }
    Ok(Exit::Done)
}
