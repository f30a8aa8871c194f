//! `doorbell completions`: from the same definitions as the help.

use anyhow::Result;
use clap::CommandFactory;
use clap_complete::{Shell, generate};

use super::{Cli, Exit, say};

/// Print the completion script for a shell
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    let mut script = Vec::new();
    generate(arguments.shell, &mut Cli::command(), "doorbell", &mut script);
    say::text(&String::from_utf8_lossy(&script));
    Ok(Exit::Done)
}
