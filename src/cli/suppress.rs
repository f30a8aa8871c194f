//! `doorbell suppress`: the addresses that nothing goes to.

use std::sync::Arc;

use anyhow::Result;
use chrono_tz::Tz;
use serde_json::json;

use super::exit::UsageError;
use super::{Exit, Format, Global, lock, open, say, time};
use crate::ledger::{Blocked, Ledger};
use crate::model::{Channel, email_address, masked, phone_number};

/// Look at the addresses that nothing goes to, and add or remove one
///
/// An address that a server refuses for good is blocked for 30 days, or until the desk has another one for the person;
/// `else` in a rule then goes on to the next. The ledger keeps a key of each address and never the address; a device is
/// shown by its id at the desk.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// The blocked addresses, masked, latest first
    List,
    /// Let nothing go to an address until it is removed
    Add {
        /// An email address, a telephone number such as +441632960000, or the endpoint of a browser's subscription
        address: String,
    },
    /// Let mails, texts or notifications go to an address or a device again
    Remove {
        /// An email address, a telephone number such as +441632960000, the endpoint of a browser's subscription, or a
        /// device as the list shows it: push device 12, desktop device 3
        #[arg(required = true)]
        address: Vec<String>,
    },
}

/// What stays blocked or does not.
enum Subject {
    Address(Channel, Arc<str>),
    /// By its id at the desk.
    Device(Channel, String),
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let config = open::config(global)?;
    let (subject, adds) = match &arguments.command {
        Command::List => return list(global, &Ledger::at_to_read(&config.ledger)?, config.desk.time_zone.0),
        Command::Add { address } => (address_of(address)?, true),
        Command::Remove { address } => (subject_of(address)?, false),
    };
    let (_lock, ledger) = lock::ledger_in_hand(&config.ledger)?;
    let (channel, shown, was_there) = match &subject {
        Subject::Address(channel, address) if adds => {
            ledger.block(*channel, address, time::of(&ledger)?)?;
            (*channel, masked(address), true)
        }
        Subject::Address(channel, address) => (*channel, masked(address), ledger.unblock(*channel, address)?),
        Subject::Device(channel, id) => (*channel, format!("device {id}"), ledger.unblock_device(*channel, id)?),
    };
    if !was_there {
        return Err(UsageError(format!("{shown} is not blocked; see: doorbell suppress list")).into());
    }
    if !global.quiet {
        let what = if adds { "is blocked until it is removed" } else { "is not blocked any more" };
        say::line(&format!("{channel} {shown} {what}"));
    }
    Ok(Exit::Done)
}

/// A device in the words of the list, or an address; a telephone number may have spaces in it.
fn subject_of(words: &[String]) -> Result<Subject> {
    let text = words.join(" ");
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        ["push", "device", id] => Ok(Subject::Device(Channel::Push, (*id).to_owned())),
        ["desktop", "device", id] => Ok(Subject::Device(Channel::Desktop, (*id).to_owned())),
        _ => address_of(&text),
    }
}

fn address_of(text: &str) -> Result<Subject> {
    of(text).map(|(channel, address)| Subject::Address(channel, address))
}

/// The channel that an address is of, by its form.
fn of(text: &str) -> Result<(Channel, Arc<str>)> {
    let email = email_address(text).map(|address| (Channel::Email, address));
    let browser = || text.starts_with("https://").then(|| (Channel::Desktop, text.into()));
    let found = email.or_else(|| phone_number(text).map(|number| (Channel::Sms, number))).or_else(browser);
    let wrong = || {
        let others = "nor a telephone number like +441632960000, nor the endpoint of a browser; a device is written as \
                      the list shows it, push device 12";
        UsageError(format!("{text:?} is neither an email address {others}"))
    };
    Ok(found.ok_or_else(wrong)?)
}

fn list(global: &Global, ledger: &Ledger, zone: Tz) -> Result<Exit> {
    let blocked = ledger.blocked(time::of(ledger)?)?;
    for one in &blocked {
        say::line(&if global.format == Format::Json { as_json(one) } else { line(one, zone) });
    }
    if blocked.is_empty() && global.format == Format::Human && !global.quiet {
        say::line("no address is blocked");
    }
    Ok(Exit::Done)
}

fn line(one: &Blocked, zone: Tz) -> String {
    let until = one.until.map_or_else(|| "until it is removed".into(), |at| format!("until {}", time::shown(at, zone)));
    let reason = if one.reason.is_empty() { "by a person" } else { &one.reason };
    let Blocked { channel, shown, since, .. } = one;
    format!("{channel:<8} {shown:<24} since {}, {until}: {reason}", time::shown(*since, zone))
}

fn as_json(one: &Blocked) -> String {
    let value = json!({
        "channel": one.channel, "address": one.shown, "since": one.since.to_rfc3339(),
        "until": one.until.map(|at| at.to_rfc3339()), "reason": one.reason,
    });
    value.to_string()
}
