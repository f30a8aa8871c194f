//! Writing the page: whole or not at all, for this user alone, and over nothing but a page of before.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};

use super::super::exit::UsageError;
use super::super::open::folder_of;

/// How every page begins, and no other file.
pub(super) const BEGINNING: &str = "<!DOCTYPE html>\n<!-- doorbell preview -->\n";

/// Writes the page; it holds what people wrote, so nobody else may read it.
pub(super) fn write(path: &Path, page: &str) -> Result<()> {
    refuse_another(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder_of(path).join(format!(".{name}.{}.tmp", std::process::id()));
    let written = make(&beside, page).and_then(|()| fs::rename(&beside, path).map_err(Into::into));
    if written.is_err() {
        // what was begun is of no use to anybody
        let _ = fs::remove_file(&beside);
    }
    written.with_context(|| format!("write {}", path.display()))
}

fn make(path: &Path, page: &str) -> Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(page.as_bytes())?;
    Ok(())
}

fn refuse_another(path: &Path) -> Result<()> {
    let refused = |what: &str| {
        let message =
            format!("{} {what} and is left alone; name another file, or - for standard output", path.display());
        Err(UsageError(message).into())
    };
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| format!("look at {}", path.display())),
        Ok(found) if !found.is_file() => refused("is no file"),
        Ok(_) if is_page(path)? => Ok(()),
        Ok(_) => refused("is no preview"),
    }
}

fn is_page(path: &Path) -> Result<bool> {
    let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
    let mut beginning = Vec::new();
    let length = u64::try_from(BEGINNING.len())?;
    file.take(length).read_to_end(&mut beginning).with_context(|| format!("read {}", path.display()))?;
    Ok(beginning == BEGINNING.as_bytes())
}
