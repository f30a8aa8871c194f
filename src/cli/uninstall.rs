//! `doorbell uninstall`: the ledger goes, nothing of the desk does, and what is left to remove is named.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::{Context, Result};
use rusqlite::{Connection, OpenFlags};
use serde_json::json;

use super::{Exit, Format, Global, lock, open, say};
use crate::config::Config;
use crate::desk::DeskUrl;
use crate::ledger::{Ledger, Place};

/// Remove what doorbell keeps, and say what else there is to remove
///
/// Prints what would go; with --yes it goes: the ledger's file, or, where the ledger stands in the desk's own file or on a
/// server, its own tables there. Tables of the desk are never touched. What was told is then forgotten: doorbell set up
/// anew would tell what still waits again. Take the crontab line or the timer out first.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Remove it
    #[arg(long)]
    yes: bool,
}

/// A ledger that is there.
struct Found<'a> {
    place: &'a Place,
    /// Its file, by the one name that all ways lead to; `None` on a server.
    file: Option<PathBuf>,
    /// Its tables.
    tables: Vec<String>,
    /// Whether others stand beside them, so that the file stays.
    is_shared: bool,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let config = open::config(global)?;
    let found = found(&config.ledger)?;
    if let Some(found) = found.as_ref().filter(|_| arguments.yes) {
        remove(found)?;
    }
    match global.format {
        Format::Json => say::line(&as_json(found.as_ref(), arguments.yes)),
        Format::Human => {
            match &found {
                Some(found) => say::text(&told(found, arguments.yes)),
                None => say::line(&format!("there is no ledger: {} does not exist", config.ledger)),
            }
            if !global.quiet {
                say::text(&left(global, &config));
            }
        }
    }
    Ok(Exit::Done)
}

fn found(place: &Place) -> Result<Option<Found<'_>>> {
    let Some(path) = place.path() else {
        let tables = Ledger::tables().map(str::to_owned).collect();
        return Ok(Some(Found { place, file: None, tables, is_shared: true }));
    };
    if !path.exists() {
        return Ok(None);
    }
    let look = || format!("read ledger {}", path.display());
    let file = path.canonicalize().with_context(look)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&file, flags).with_context(look)?;
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_' ORDER BY name";
    let mut read = connection.prepare(sql).with_context(look)?;
    let names = read.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>().with_context(look)?;
    let (tables, others): (Vec<_>, Vec<_>) =
        names.into_iter().partition(|name| Ledger::tables().any(|own| own == name));
    Ok(Some(Found { place, file: Some(file), tables, is_shared: !others.is_empty() }))
}

impl Found<'_> {
    /// The files that belong to the ledger alone.
    fn files(&self) -> Vec<PathBuf> {
        let Some(file) = &self.file else { return Vec::new() };
        let beside = |ending: &str| {
            let mut name = file.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        let own: &[&str] = if self.is_shared { &[] } else { &["", "-wal", "-shm", "-journal"] };
        own.iter().chain(&[".doorbell-lock"]).map(|ending| beside(ending)).filter(|file| file.exists()).collect()
    }
}

/// Under the lock of a pass, so that none is at work on what goes.
fn remove(found: &Found<'_>) -> Result<()> {
    let (lock, ledger) = lock::ledger_in_hand(found.place)?;
    ledger.uninstall()?;
    for file in found.files() {
        match fs::remove_file(&file) {
            // SQLite takes the files beside the ledger away as it closes it
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("remove {}", file.display()));
            }
            _ => {}
        }
    }
    drop(lock);
    Ok(())
}

fn as_json(found: Option<&Found<'_>>, yes: bool) -> String {
    let none = Vec::new();
    let value = json!({
        "ledger": found.map(|found| found.place.to_string()),
        "tables": found.map_or(&none, |found| &found.tables),
        "shared": found.is_some_and(|found| found.is_shared),
        "removed": yes && found.is_some(),
    });
    value.to_string()
}

fn told(found: &Found<'_>, yes: bool) -> String {
    let (place, tables) = (found.place, found.tables.join("\n  "));
    let what = match (found.is_shared, found.tables.is_empty()) {
        (true, true) => format!("{place} holds no table of doorbell's\n"),
        (true, false) => format!("the tables of doorbell in {place}; all others stay:\n  {tables}\n"),
        (false, _) => format!("{place} with its lock file; there is nothing in it but what was told:\n  {tables}\n"),
    };
    if yes {
        format!("removed: {what}")
    } else {
        format!("would remove: {what}nothing is removed yet; to do it: doorbell uninstall --yes\n")
    }
}

/// What only a person can remove.
fn left(global: &Global, config: &Config) -> String {
    let mut lines = vec![
        "the line in the crontab (crontab -e, /etc/cron.d/doorbell), or the timer: systemctl disable --now doorbell.timer, \
         then /etc/systemd/system/doorbell.service and doorbell.timer"
            .to_owned(),
        format!("the settings {}, and the files with passwords and keys that they name", open::settings_path(global).display()),
    ];
    lines.extend(config.template_folder().map(|folder| format!("the templates in {}", folder.display())));
    lines.extend(config.signals.textfile.as_ref().map(|file| format!("the metrics in {}", file.display())));
    let user = match &config.desk.url {
        DeskUrl::Sqlite(_) => None,
        DeskUrl::Postgres(_) => Some("DROP OWNED BY doorbell; DROP ROLE doorbell"),
        DeskUrl::MariaDb(_) => Some("DROP USER doorbell@localhost"),
    };
    lines.extend(user.map(|how| {
        format!("the user that doorbell reads the desk as, with its grants, in the desk's database: {how}")
    }));
    format!("what is left for you to remove:\n  {}\n", lines.join("\n  "))
}
