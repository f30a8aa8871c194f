//! `doorbell check`: everything that can be wrong before a pass finds it.

mod prerequisites;

use std::path::Path;

use anyhow::Result;
use chrono::Utc;
use serde_json::json;

use super::exit::{SettingsError, TryLaterError};
use super::{Exit, Format, Global, open, place, say, time};
use crate::config::Config;
use crate::deliver::remedy;
use crate::desk::Adapter;
use crate::ledger::Ledger;
use crate::model::{Channel, Gateway, Outcome};
use crate::schedule;

/// Check settings, templates, desk, ledger, secrets and outbox folders
///
/// Prints a line for everything that is in order, and stops at the first thing that is not, with the remedy. What only
/// keeps single people from hearing (no address, no browser that has subscribed, switched off, no TLS) is a note.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Only what needs neither the desk nor secrets nor the network: settings, templates, schedules (for CI)
    #[arg(long, conflicts_with = "connect")]
    offline: bool,
    /// Also reach the mail server and log in, without sending anything
    #[arg(long)]
    connect: bool,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let config = open::config(global)?;
    let ok = |what: &str, found: &str| match global.format {
        Format::Json => say::line(&json!({ "check": what, "ok": true, "found": found }).to_string()),
        Format::Human if global.quiet => {}
        Format::Human => say::line(&format!("ok  {what:<10} {found}")),
    };
    let path = open::settings_path(global);
    let rules = config.rules.iter().filter(|scheduled| !scheduled.rule.is_coverage()).count();
    ok("settings", &format!("{}, {}", path.display(), say::counted(rules, "rule")));
    let templates = open::templates(&config)?;
    ok("templates", &templates.sets().collect::<Vec<_>>().join(", "));
    schedules(&config)?.iter().for_each(|found| ok("schedule", found));
    if let Some(adapter) = Adapter::of(&config.desk, &config.folder)? {
        let relations = say::counted(adapter.relations().count(), "relation");
        ok("adapter", &format!("{}, {relations}", adapter.name()));
    }
    if arguments.offline {
        return Ok(Exit::Done);
    }
    let (found, notes) = desk(&config)?;
    ok("desk", &found);
    notes.iter().for_each(|note| lacks(global, "desk", note));
    ok("ledger", &ledger(&config)?);
    for (channel, found) in channels(&config, arguments.connect)? {
        ok(channel.word(), &found);
    }
    for (channel, lack) in prerequisites::missing(&config, &open::desk(&config)?.snapshot()?)? {
        lacks(global, channel.word(), &lack);
    }
    Ok(Exit::Done)
}

fn lacks(global: &Global, what: &str, lack: &str) {
    match global.format {
        Format::Json => say::line(&json!({ "check": what, "ok": false, "found": lack }).to_string()),
        Format::Human => say::line(&format!("note  {what:<8} {lack}")),
    }
}

/// What every channel that is set up does, in a line or two each.
fn channels(config: &Config, connect: bool) -> Result<Vec<(Channel, String)>> {
    let mut found = Vec::new();
    let refuse = |gateway| move |outcome| refused(gateway, &outcome);
    if let Some(email) = &config.email {
        let relay = open::relay(config)?;
        if email.writes_files() {
            // needs no network, and a folder that nobody may write to keeps everybody from hearing
            relay.probe().map_err(refuse(Gateway::Email))?;
        }
        found.push((Channel::Email, email.destination()));
        if connect {
            found.push((Channel::Email, relay.probe().map_err(refuse(Gateway::Email))?));
        }
    }
    for (gateway, carrier) in open::carriers(config, Utc::now()) {
        let carrier = carrier.map_err(|outcome| refused(gateway, &outcome))?;
        let mut lines = vec![(gateway.channel(), carrier.destination())];
        // a folder needs no network, and one that nobody may write to keeps everybody from hearing
        if connect || carrier.longest_attempt().is_zero() {
            lines.push((gateway.channel(), carrier.probe().map_err(refuse(gateway))?));
        }
        lines.retain(|line| !found.contains(line));
        lines.dedup();
        found.extend(lines);
    }
    let mut steps = config.rules.iter().flat_map(|scheduled| &scheduled.rule.via);
    if steps.any(|step| step.channel == Channel::InApp) {
        let feed = format!("the table in_app_notifications in {}", config.ledger);
        found.push((Channel::InApp, feed));
    }
    Ok(found)
}

fn schedules(config: &Config) -> Result<Vec<String>> {
    let zone = config.desk.time_zone.0;
    config
        .rules
        .iter()
        .map(|scheduled| {
            let name = &scheduled.rule.name;
            let next = schedule::next(&scheduled.schedule, zone, Utc::now())
                .ok_or_else(|| SettingsError(format!("rule.{name}.schedule has no slot in the next years")))?;
            Ok(format!("{name}: next {}", time::shown(next.at, zone)))
        })
        .collect()
}

/// What is in the desk, and what is off for want of a relation.
fn desk(config: &Config) -> Result<(String, Vec<String>)> {
    let desk = open::desk(config)?;
    let mut findings = desk.check()?;
    if findings.problems.is_empty() && config.deliver.takes_replies() {
        findings.problems = desk.check_additions()?;
    }
    if findings.problems.is_empty() && config.desk.mark_read_after_email {
        findings.problems = desk.check_marks()?;
    }
    if !findings.problems.is_empty() {
        let problems = findings.problems.join("\n  ");
        return Err(SettingsError(format!("desk {}: {problems}", desk.name())).into());
    }
    let found = format!(
        "{}: {}, {}, {} waiting, {} unread",
        desk.name(),
        if findings.agents == 0 {
            "no agents yet, so nobody can be told".into()
        } else {
            say::counted(usize::try_from(findings.agents)?, "agent")
        },
        say::counted(usize::try_from(findings.conversations)?, "conversation"),
        findings.waiting,
        findings.unread
    );
    Ok((found, findings.notes))
}

/// Looks without making anything: a check must not be the first to create the ledger.
fn ledger(config: &Config) -> Result<String> {
    place::refuse_unfit(&config.ledger)?;
    Ledger::at_to_read(&config.ledger)?;
    let Some(path) = config.ledger.path() else { return Ok(config.ledger.to_string()) };
    let folder = open::folder_of(path);
    let writable = |path: &Path| rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok();
    if !writable(folder) || (path.exists() && !writable(path)) {
        let message = format!(
            "ledger {} cannot be written by this user, nor can its folder; give both to the user who runs doorbell",
            path.display()
        );
        return Err(SettingsError(message).into());
    }
    Ok(config.ledger.to_string())
}

/// A gateway's refusal as an error with its own words and the remedy.
pub(super) fn refused(gateway: Gateway, outcome: &Outcome) -> anyhow::Error {
    let remedy = remedy(gateway.channel(), outcome);
    let way_out = if gateway == Gateway::Email { "email.server" } else { gateway.word() };
    let with_remedy = |text: String| if remedy.is_empty() { text } else { format!("{text}; {remedy}") };
    match outcome {
        Outcome::Misconfigured { key, reply } => SettingsError(with_remedy(format!("{key}: {}", reply.words()))).into(),
        other => TryLaterError(with_remedy(format!("{way_out}: {}", other.reply().words()))).into(),
    }
}
