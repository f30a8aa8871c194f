//! `doorbell vapid`: the key by which browsers and push services know this doorbell.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{self, Path, PathBuf};

use anyhow::{Context, Result};
use secrecy::ExposeSecret;
use serde_json::json;

use super::exit::SettingsError;
use super::{Exit, Format, Global, say};
use crate::deliver::desktop::vapid::VapidKey;
use crate::notation::Source;

/// Make the key for browser notifications, or print the public half of one; nothing is overwritten
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The page that subscribes browsers needs the public half. Browsers stay subscribed to the key that they were given:
whoever loses it, or makes another, has to subscribe them all again.")]
pub(super) struct Arguments {
    /// The key file
    #[arg(default_value = "vapid.pem")]
    file: PathBuf,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let file = path::absolute(&arguments.file).with_context(|| format!("find {}", arguments.file.display()))?;
    let is_new = make(&file)?;
    let written = Source::File(file.clone()).read(Path::new(""))?;
    let key =
        VapidKey::read(&written).map_err(|error| SettingsError(format!("key file {}: {error}", file.display())))?;
    match global.format {
        Format::Json => say::line(&json!({ "file": file, "wrote": is_new, "public_key": key.public() }).to_string()),
        Format::Human => say::text(&story(&file, is_new, key.public())),
    }
    Ok(Exit::Done)
}

/// Writes a new key unless the file is there; answers whether it was written.
fn make(file: &Path) -> Result<bool> {
    match OpenOptions::new().write(true).create_new(true).mode(0o640).open(file) {
        Ok(mut new) => {
            let pem = VapidKey::generate()?;
            new.write_all(pem.expose_secret().as_bytes())
                .and_then(|()| new.sync_all())
                .with_context(|| format!("write key file {}", file.display()))?;
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error).with_context(|| format!("create key file {}", file.display())),
    }
}

fn story(file: &Path, is_new: bool, public: &str) -> String {
    let file = file.display();
    let first = if is_new {
        format!(
            "wrote {file} (mode 0640); keep a copy: browsers stay subscribed to this key and no other\n\
             if doorbell runs as another user: chgrp doorbell {file}\n"
        )
    } else {
        format!("{file} exists already and was left as it is\n")
    };
    format!(
        "{first}\npublic key, for the page that subscribes browsers (applicationServerKey):\n{public}\n\n\
         settings:\n[desktop]\nvapid_key_file = \"{file}\"\ncontact = \"mailto:you@example.com\"\n"
    )
}
