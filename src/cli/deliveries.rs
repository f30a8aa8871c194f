//! `doorbell deliveries`: what is on its way, and what a person does about what went wrong.

use anyhow::Result;
use chrono_tz::Tz;
use serde_json::json;

use super::exit::UsageError;
use super::run::find_person;
use super::{Exit, Format, Global, lock, open, say, time};
use crate::config::Config;
use crate::ledger::{Filter, Ledger, Listed, Mend};
use crate::model::Reason;

/// Every state of a delivery.
const STATES: [&str; 7] = ["queued", "claimed", "sending", "sent", "dead", "unknown", "suppressed"];

/// Look at deliveries, and decide about those that died or are in doubt
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// The latest deliveries, latest first
    List {
        /// Only of this state: queued, claimed, sending, sent, dead, unknown or suppressed
        #[arg(long, value_parser = STATES)]
        state: Option<String>,
        /// Only by this channel
        #[arg(long, value_parser = ["email", "sms", "push", "desktop", "in_app"])]
        channel: Option<String>,
        /// Only to this person, by email address, agent:ID or a name from the settings
        #[arg(long = "for", value_name = "PERSON")]
        person: Option<String>,
        /// How many
        #[arg(long, value_name = "COUNT", default_value_t = 50)]
        limit: u32,
    },
    /// One delivery with everything it tells
    Show {
        /// Its number
        id: i64,
    },
    /// Send again what is dead or in doubt, as far as it still waits
    Requeue {
        /// The numbers
        #[arg(required = true)]
        ids: Vec<i64>,
    },
    /// Take as arrived what is in doubt
    Confirm {
        /// The numbers
        #[arg(required = true)]
        ids: Vec<i64>,
    },
    /// Leave what is queued unsent, for good
    Drop {
        /// The numbers
        #[arg(required = true)]
        ids: Vec<i64>,
    },
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let config = open::config(global)?;
    match &arguments.command {
        Command::List { state, channel, person, limit } => {
            let ledger = Ledger::at_to_read(&config.ledger)?;
            let recipient = match person {
                Some(text) => Some(find_person(&config, &open::desk(&config)?.snapshot()?, text)?),
                None => None,
            };
            let filter = Filter { state: state.clone(), channel: channel.clone(), recipient };
            let listed = ledger.listed(&filter, *limit)?;
            listed.iter().for_each(|it| show(global, &config, it));
            if listed.is_empty() && global.format == Format::Human && !global.quiet {
                say::line("no delivery fits");
            }
            Ok(Exit::Done)
        }
        Command::Show { id } => one(global, &config, *id),
        Command::Requeue { ids } => mend(global, &config, Mend::Requeue, ids),
        Command::Confirm { ids } => mend(global, &config, Mend::Confirm, ids),
        Command::Drop { ids } => mend(global, &config, Mend::Drop, ids),
    }
}

fn one(global: &Global, config: &Config, id: i64) -> Result<Exit> {
    let ledger = Ledger::at_to_read(&config.ledger)?;
    let Some(listed) = ledger.listed_one(id)? else {
        return Err(UsageError(format!("there is no delivery {id}; see: doorbell deliveries list")).into());
    };
    show(global, config, &listed);
    let items = ledger.tellings_of(id)?;
    for item in items {
        if global.format == Format::Json {
            let item = json!({
                "conversation": item.conversation.as_str(), "rule": item.rule.as_str(), "matter": item.matter,
            });
            say::line(&item.to_string());
        } else {
            let line = format!("  conversation {} by rule {} {}", item.conversation, item.rule, item.matter);
            say::line(line.trim_end());
        }
    }
    Ok(Exit::Done)
}

fn mend(global: &Global, config: &Config, mend: Mend, ids: &[i64]) -> Result<Exit> {
    let (_lock, mut ledger) = lock::ledger_in_hand(&config.ledger)?;
    let mended = ledger.mend(mend, ids, time::of(&ledger)?)?;
    let (done, needed) = match mend {
        Mend::Requeue => ("goes again in the next pass, as far as it still waits", "dead or unknown"),
        Mend::Confirm => ("counts as arrived", "unknown"),
        Mend::Drop => ("is not sent", "queued"),
    };
    for id in ids {
        if mended.contains(id) {
            if !global.quiet {
                say::line(&format!("delivery {id} {done}"));
            }
        } else {
            say::aside(&format!("doorbell: delivery {id} is not {needed}, so nothing was done to it"));
        }
    }
    if mended.len() == ids.len() { Ok(Exit::Done) } else { Ok(Exit::Usage) }
}

fn show(global: &Global, config: &Config, listed: &Listed) {
    if global.format == Format::Json {
        say::line(&as_json(listed).to_string());
    } else {
        say::line(&line(listed, config.desk.time_zone.0));
    }
}

fn line(listed: &Listed, zone: Tz) -> String {
    let when = match (listed.state.as_str(), listed.closed_at) {
        ("queued", _) => format!("next attempt {}", time::shown(listed.next_attempt_at, zone)),
        (_, Some(at)) => time::shown(at, zone),
        _ => format!("since {}", time::shown(listed.queued_at, zone)),
    };
    let words = Reason::parse(&listed.words).map_or_else(|| listed.words.clone(), |it| it.sentence().to_owned());
    let words = if words.is_empty() { words } else { format!(": {words}") };
    let conversations = say::counted(usize::try_from(listed.conversations).unwrap_or_default(), "conversation");
    let Listed { id, state, channel, recipient, shown, .. } = listed;
    let to = format!("{recipient} {shown}");
    format!("{id:>6}  {state:<10} {channel:<8} {}, {conversations}, {when}{words}", to.trim_end())
}

fn as_json(listed: &Listed) -> serde_json::Value {
    json!({
        "id": listed.id, "state": listed.state, "channel": listed.channel, "recipient": listed.recipient,
        "address": listed.shown, "attempt": listed.attempt, "conversations": listed.conversations,
        "queued_at": listed.queued_at.to_rfc3339(), "next_attempt_at": listed.next_attempt_at.to_rfc3339(),
        "closed_at": listed.closed_at.map(|at| at.to_rfc3339()), "words": listed.words,
    })
}
