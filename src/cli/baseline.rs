//! `doorbell baseline`: from when rules tell.

use anyhow::Result;
use chrono::Utc;

use super::{Exit, Global, lock, open, say, time};
use crate::model::RuleName;

/// Let rules tell nothing that was written before a time
///
/// A rule that runs for the first time begins a day back by itself. This sets it anew: forward after a restored backup
/// or a long pause whose backlog nobody wants, or back to have an older backlog told.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The time, such as "now", "yesterday 14:00" or 2026-03-02T14:00:00Z
    #[arg(long, value_name = "TIME")]
    since: String,
    /// Only this rule; by default all of them
    #[arg(long, value_name = "NAME")]
    rule: Option<String>,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let config = open::config(global)?;
    let zone = config.desk.time_zone.0;
    // what is mistyped is said before anything is opened
    time::parse(&arguments.since, zone, Utc::now())?;
    let rules: Vec<RuleName> = match &arguments.rule {
        Some(name) => vec![super::run::known_rule(&config, name)?],
        None => config.rules.iter().map(|scheduled| scheduled.rule.name.clone()).collect(),
    };
    let (_lock, mut ledger) = lock::ledger_in_hand(&config.ledger)?;
    let now = time::of(&ledger)?;
    let at = time::parse(&arguments.since, zone, now)?;
    ledger.set_baseline(&rules, at, now)?;
    if !global.quiet {
        say::line(&format!("{} tell nothing older than {}", say::counted(rules.len(), "rule"), time::shown(at, zone)));
    }
    Ok(Exit::Done)
}
