//! `doorbell init`: a settings file and an empty desk to start from.

mod product;

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rusqlite::Connection;
use serde_json::json;

use super::exit::UsageError;
use super::{Exit, Format, Global, adapter, open, say};
use crate::desk::SCHEMA;

/// The settings that `init` writes; they work as they are.
const SETTINGS: &str = include_str!("init/desk.toml");

/// Make a settings file and a desk to start from; nothing is overwritten
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The folder
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// The settings for a desk that is there already: chatwoot, libredesk, livehelperchat or supportboard
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let dir = &arguments.dir;
    if let Some(adapter) = &arguments.adapter {
        return on_top_of(global, dir, adapter);
    }
    fs::create_dir_all(dir).with_context(|| format!("create folder {}", dir.display()))?;
    let (settings, desk) = (dir.join("doorbell.toml"), dir.join("chat.db"));
    if let Some(there) = [&settings, &desk].into_iter().find(|path| path.exists()) {
        return Err(kept(there));
    }
    make_desk(&desk)?;
    write_new(&settings, SETTINGS.as_bytes())?;
    match global.format {
        Format::Json => say::line(&json!({ "wrote": [settings, desk] }).to_string()),
        Format::Human => say::line(&format!(
            "wrote {} and {}\nnext: cd {} && doorbell check && doorbell run",
            settings.display(),
            desk.display(),
            dir.display()
        )),
    }
    Ok(Exit::Done)
}

/// Settings for somebody else's desk, of which nothing is made.
fn on_top_of(global: &Global, dir: &Path, adapter: &str) -> Result<Exit> {
    let name = adapter::named(adapter)?.name().to_owned();
    let Some(text) = product::settings(&name) else {
        let message = "the settings of a product are known where its adapter comes with doorbell; for your own, begin \
                       with those of another, and name your file as desk.adapter";
        return Err(UsageError(message.into()).into());
    };
    fs::create_dir_all(dir).with_context(|| format!("create folder {}", dir.display()))?;
    let settings = dir.join("doorbell.toml");
    if !write_new(&settings, text.as_bytes())? {
        return Err(kept(&settings));
    }
    match global.format {
        Format::Json => say::line(&json!({ "wrote": [settings] }).to_string()),
        Format::Human => say::line(&format!(
            "wrote {}
next:
  1. correct what has \"example\" in it, above all url
  2. make the user that doorbell reads as; what it must be allowed to read: doorbell adapter grants {name}
  3. see whether all is found: doorbell adapter check && doorbell check
  4. see who would be told; nothing is sent: doorbell run --dry-run --ignore-schedule",
            settings.display(),
        )),
    }
    Ok(Exit::Done)
}

fn kept(there: &Path) -> anyhow::Error {
    UsageError(format!("{} exists already; init overwrites nothing, name another folder", there.display())).into()
}

/// A new desk from the schema, in WAL so that the chat program and doorbell do not wait for each other.
pub(super) fn make_desk(path: &Path) -> Result<Connection> {
    open::make_file(path)?;
    let connection = Connection::open(path).with_context(|| format!("create desk {}", path.display()))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.execute_batch(SCHEMA).with_context(|| format!("create desk {}", path.display()))?;
    Ok(connection)
}

/// Writes a file unless it is there; answers whether it was written.
pub(super) fn write_new(path: &Path, content: &[u8]) -> Result<bool> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => {
            file.write_all(content).with_context(|| format!("write {}", path.display()))?;
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error).with_context(|| format!("create {}", path.display())),
    }
}
