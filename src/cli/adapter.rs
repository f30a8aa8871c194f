//! `doorbell adapter`: how another product's tables are read as a desk.

mod check;
mod grants;
mod list;
mod product;
mod show;
mod skeleton;

use std::path::Path;

use anyhow::Result;

use super::exit::UsageError;
use super::{Exit, Global, open};
use crate::config::Config;
use crate::desk::Adapter;
use crate::notation::nearest;

/// Look at how the tables of another product are read, and write an adapter for one more
///
/// An adapter is a text file with a SELECT for each relation that doorbell reads. Those that come with doorbell are
/// named; a file of your own has a slash in its name, such as ./my.sql. The settings choose one with desk.adapter.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Those that come with doorbell: product, database, and which releases were read
    List,
    Show(show::Arguments),
    /// Look at every relation of the settings' adapter on their desk: columns, words, rows, and how they are found
    ///
    /// A line for each: ok, off (the adapter does without it) or wrong, with what to do. Wrong is also what walks through
    /// all messages, or through a table of more than a million rows, for want of an index. Ends in 78 if anything is wrong.
    Check,
    Grants(grants::Arguments),
    New(skeleton::Arguments),
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    match &arguments.command {
        Command::List => list::run(global),
        Command::Show(arguments) => show::run(global, arguments),
        Command::Check => check::run(global),
        Command::Grants(arguments) => grants::run(global, arguments),
        Command::New(arguments) => skeleton::run(global, arguments),
    }
}

/// The adapter that was named, or that of the settings with their corrections.
fn chosen(global: &Global, name: Option<&str>) -> Result<Adapter> {
    match name {
        Some(name) => named(name),
        None => of_settings(&open::config(global)?),
    }
}

/// One that comes with doorbell, or a file.
pub(super) fn named(name: &str) -> Result<Adapter> {
    if name.contains('/') {
        return Ok(Adapter::read(Path::new(name))?);
    }
    let names = Adapter::SHIPPED.map(|(name, _)| name);
    if names.contains(&name) {
        return Ok(Adapter::shipped(name)?);
    }
    let meant = nearest(name, names).map(|meant| format!(" (did you mean {meant}?)")).unwrap_or_default();
    let message = format!(
        "{name:?} is no adapter that comes with doorbell{meant}; those are {}; a file of your own has a slash in its \
         name, such as ./my.sql",
        names.join(", ")
    );
    Err(UsageError(message).into())
}

fn of_settings(config: &Config) -> Result<Adapter> {
    Adapter::of(&config.desk, &config.folder)?.ok_or_else(|| {
        let message = "the settings name no adapter, so the desk is read as schema.sql has it; name an adapter on the \
                       command line, or as desk.adapter in the settings";
        UsageError(message.into()).into()
    })
}
