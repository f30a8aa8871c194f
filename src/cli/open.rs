//! Finding the settings, and opening the rooms by them.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};

use super::exit::SettingsError;
use super::{Exit, Global};
use crate::config::Config;
use crate::deliver::email::Relay;
use crate::deliver::{Carriers, no_section};
use crate::desk::{Additions, Desk, ReadMarks};
use crate::ledger::Ledger;
use crate::model::{Channel, Gateway, Outcome, Reply};
use crate::pass::{Incoming, MarkRead, Post, tokens};
use crate::render::{TemplateError, Templates};

const HERE: &str = "doorbell.toml";
const SYSTEM_WIDE: &str = "/etc/doorbell/doorbell.toml";

/// The settings file that was named, or the first that exists.
pub(super) fn settings_path(global: &Global) -> PathBuf {
    match global.config.as_ref().filter(|path| !path.as_os_str().is_empty()) {
        Some(path) => path.clone(),
        None if Path::new(HERE).exists() || !Path::new(SYSTEM_WIDE).exists() => HERE.into(),
        None => SYSTEM_WIDE.into(),
    }
}

pub(super) fn config(global: &Global) -> Result<Config> {
    Ok(Config::read(&settings_path(global))?)
}

pub(super) fn desk(config: &Config) -> Result<Desk> {
    Desk::of(&config.desk, &config.folder)
}

pub(super) fn templates(config: &Config) -> Result<Templates, TemplateError> {
    Templates::load(config.template_folder().as_deref(), &config.template_sets())
}

/// Templates and the ways out: made only when there is something to send.
pub(super) fn post(config: &Config, desk: &Desk, ledger: &Ledger, now: DateTime<Utc>) -> Result<Post> {
    let (templates, template_fault) = working_templates(config)?;
    Ok(Post {
        templates,
        own_words: LazyLock::new(Templates::embedded_only),
        template_fault,
        email: email(config)?,
        carriers: config.deliver.carriers(&config.folder, &tokens(ledger)?, now),
        mark_read: mark_read(config, desk)?,
    })
}

/// What writes into the desk that a mail was read, where the settings want it.
fn mark_read(config: &Config, desk: &Desk) -> Result<Option<Box<MarkRead>>> {
    if !config.desk.mark_read_after_email {
        return Ok(None);
    }
    let marks = Mutex::new(ReadMarks::of(desk, &config.desk, &config.folder)?);
    // a lane that panicked left no half of a transaction behind
    let mark = move |read: &[_]| marks.lock().unwrap_or_else(PoisonError::into_inner).mark(read);
    Ok(Some(Box::new(mark)))
}

/// The way out by email, or what keeps it shut. A setting that shuts it ends a pass that knows no other channel.
fn email(config: &Config) -> Result<Result<Relay, Outcome>> {
    let Some(settings) = &config.email else { return Ok(Err(no_section(Gateway::Email))) };
    match Relay::new(settings, &config.folder) {
        Err(fault) if !tells_by_others(config) => Err(fault.into()),
        relay => Ok(relay.map_err(|fault| fault.outcome())),
    }
}

/// Whether a rule tells by anything but email.
fn tells_by_others(config: &Config) -> bool {
    config.rules.iter().flat_map(|scheduled| &scheduled.rule.via).any(|step| step.channel != Channel::Email)
}

/// What people text, and where it goes, where the settings want it; or what keeps it shut.
pub(super) fn incoming(config: &Config, desk: &Desk) -> Option<Incoming> {
    let opened = config.deliver.inbox(&config.folder)?.and_then(|inbox| {
        let additions = Additions::of(desk, &config.desk, &config.folder);
        Ok((inbox, additions.map_err(|error| shut(&error))?))
    });
    Some(opened)
}

/// Why the desk takes nothing in: for now, or until somebody mends it.
fn shut(error: &anyhow::Error) -> Outcome {
    let reply = Reply { code: String::new(), text: format!("{error:#}") };
    match Exit::of(error) {
        Exit::TryLater => Outcome::Deferred(None, reply),
        _ => Outcome::Misconfigured { key: "sms.replies", reply },
    }
}

/// The ways out besides email, for a trial: with the tokens of the last pass, and none is kept.
pub(super) fn carriers(config: &Config, now: DateTime<Utc>) -> Carriers {
    // without a ledger that can be read there are none, and new ones are made
    let kept = Ledger::at_to_read(&config.ledger).and_then(|ledger| tokens(&ledger)).unwrap_or_default();
    config.deliver.carriers(&config.folder, &kept, now)
}

/// The operator's templates; when they are broken, doorbell's own words and the fault: nobody is kept from hearing.
pub(super) fn working_templates(config: &Config) -> Result<(Templates, Option<TemplateError>)> {
    match templates(config) {
        Ok(templates) => Ok((templates, None)),
        Err(fault) => Ok((Templates::embedded_only()?, Some(fault))),
    }
}

pub(super) fn relay(config: &Config) -> Result<Relay> {
    let Some(email) = &config.email else {
        return Err(SettingsError("there is no [email] section; add one with server and from".into()).into());
    };
    Ok(Relay::new(email, &config.folder)?)
}

/// Makes an empty file for a database, unless there is one: the strangers of this machine read neither what customers
/// wrote nor whom it concerned. `SQLite` gives the files beside it the same mode.
pub(super) fn make_file(path: &Path) -> Result<()> {
    if !path.exists() {
        let mut file = OpenOptions::new();
        let made = file.create(true).truncate(false).write(true).mode(0o660).open(path);
        made.with_context(|| format!("create {}", path.display()))?;
    }
    Ok(())
}

/// The folder that a file stands in; a bare name stands in the working directory.
pub(super) fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
