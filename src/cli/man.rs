//! `doorbell man`: the manual pages, from the definitions of the help and the example settings.
//! The same program prints the same pages: they carry its version and no date.

mod program;
mod settings;
mod sheet;

use anyhow::Result;
use clap::ValueEnum;

use super::{Exit, say};

/// Print a manual page
///
/// Pipe it into `man -l -` to read it, or into a file of a man page folder to install it.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The page
    #[arg(value_enum, default_value_t = Page::Program)]
    page: Page,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Page {
    /// doorbell(1): commands, options, exit status and guarantees
    #[value(name = "doorbell")]
    Program,
    /// doorbell.toml(5): every setting
    #[value(name = "doorbell.toml")]
    Settings,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    let page = match arguments.page {
        Page::Program => program::page(),
        Page::Settings => settings::page(),
    };
    say::text(&page);
    Ok(Exit::Done)
}
