//! `doorbell forget`: what the ledger knows of one person, erased.

use anyhow::Result;

use super::run::find_person;
use super::{Exit, Global, lock, open, say};
use crate::model::RecipientId;

/// Erase what the ledger knows of one person: masked addresses, providers' words, and their feed
///
/// What was told stays known by the person's id alone, so that nothing is told twice. The desk is yours to clean.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The person, by email address, agent:ID, contact:ID or a name from the settings
    person: String,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let config = open::config(global)?;
    // somebody who is gone from the desk can still be named by their id
    let person = match RecipientId::parse(&arguments.person) {
        Some(id) => id,
        None => find_person(&config, &open::desk(&config)?.snapshot()?, &arguments.person)?,
    };
    let (_lock, mut ledger) = lock::ledger_in_hand(&config.ledger)?;
    let rows = ledger.forget(&person)?;
    if !global.quiet {
        say::line(&format!("{person}: {} erased", say::counted(rows, "row")));
    }
    Ok(Exit::Done)
}
