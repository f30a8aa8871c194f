//! `doorbell demo`: a sample desk and a pass over it.

use std::path::PathBuf;

use anyhow::Result;

use super::{Exit, Global};

/// Make a sample desk, run a pass over it and show what happened
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The folder
    #[arg(default_value = "demo")]
    dir: PathBuf,
}

pub(super) fn run(_global: &Global, _arguments: &Arguments) -> Result<Exit> {
    Ok(Exit::Done)
}
