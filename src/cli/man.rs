//! `doorbell man`: the manual pages, from the definitions of the help and the example settings.

use anyhow::Result;
use clap::{CommandFactory, ValueEnum};

use super::{Cli, Exit, say};

/// Print a manual page
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The page
    #[arg(value_enum, default_value_t = Page::Doorbell)]
    page: Page,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Page {
    /// doorbell(1): commands and options
    Doorbell,
}

pub(super) fn run(_arguments: &Arguments) -> Result<Exit> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    say::text(&String::from_utf8_lossy(&page));
    Ok(Exit::Done)
}
