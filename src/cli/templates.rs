//! `doorbell templates export`: the words to start from.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::json;

use super::{Exit, Format, Global, init, say};
use crate::render::embedded;

/// Work with the templates
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Write the embedded templates into a folder, to change them there; no file is overwritten
    Export {
        /// The folder; name it as templates.folder in the settings
        dir: PathBuf,
    },
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let Command::Export { dir } = &arguments.command;
    fs::create_dir_all(dir).with_context(|| format!("create folder {}", dir.display()))?;
    for (name, text) in embedded() {
        let path = dir.join(name);
        let wrote = init::write_new(&path, text.as_bytes())?;
        match global.format {
            Format::Json => say::line(&json!({ "file": path, "wrote": wrote }).to_string()),
            Format::Human if wrote => say::line(&format!("wrote {}", path.display())),
            Format::Human => say::line(&format!("kept  {} (it exists)", path.display())),
        }
    }
    Ok(Exit::Done)
}
