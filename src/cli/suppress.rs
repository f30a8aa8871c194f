//! `doorbell suppress`: the addresses that nothing goes to.

use std::sync::Arc;

use anyhow::Result;
use chrono::Utc;
use chrono_tz::Tz;
use serde_json::json;

use super::exit::UsageError;
use super::{Exit, Format, Global, lock, open, say, time};
use crate::ledger::{Blocked, Ledger};
use crate::model::{Channel, email_address, masked, phone_number};

/// Look at the addresses that nothing goes to, and add or remove one
///
/// An address that a server refuses for good is blocked for 30 days, or until the desk has another one for the person;
/// `else` in a rule then goes on to the next. The ledger keeps a key of each address and never the address.
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
    /// Let mails, texts or notifications go to an address again
    Remove {
        /// An email address, a telephone number such as +441632960000, the endpoint of a browser's subscription, or the
        /// token of a phone
        address: String,
    },
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let config = open::config(global)?;
    let path = config.ledger_path();
    let (channel, address, what) = match &arguments.command {
        Command::List => return list(global, &Ledger::open_to_read(&path)?, config.desk.time_zone.0),
        Command::Add { address } => {
            let (channel, address) = of(address)?;
            let (_lock, ledger) = lock::ledger_in_hand(&path)?;
            ledger.block(channel, &address, Utc::now())?;
            (channel, address, "is blocked until it is removed")
        }
        Command::Remove { address } => {
            let (_lock, ledger) = lock::ledger_in_hand(&path)?;
            let (channel, address) = unblocked(&ledger, address)?;
            (channel, address, "is not blocked any more")
        }
    };
    if !global.quiet {
        say::line(&format!("{channel} {} {what}", masked(&address)));
    }
    Ok(Exit::Done)
}

/// Takes an address out. Tokens of phones have no form of their own: whatever is not blocked by its form may be one.
fn unblocked(ledger: &Ledger, text: &str) -> Result<(Channel, Arc<str>)> {
    for (channel, address) in of(text).ok().into_iter().chain([(Channel::Push, text.into())]) {
        if ledger.unblock(channel, &address)? {
            return Ok((channel, address));
        }
    }
    Err(UsageError(format!("{} is not blocked; see: doorbell suppress list", masked(text))).into())
}

/// The channel that an address is of, by its form.
fn of(text: &str) -> Result<(Channel, Arc<str>)> {
    let email = email_address(text).map(|address| (Channel::Email, address));
    let browser = || text.starts_with("https://").then(|| (Channel::Desktop, text.into()));
    let found = email.or_else(|| phone_number(text).map(|number| (Channel::Sms, number))).or_else(browser);
    let wrong = || {
        let others = "nor a telephone number like +441632960000, nor the endpoint of a browser";
        UsageError(format!("{text:?} is neither an email address {others}"))
    };
    Ok(found.ok_or_else(wrong)?)
}

fn list(global: &Global, ledger: &Ledger, zone: Tz) -> Result<Exit> {
    let blocked = ledger.blocked(Utc::now())?;
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
