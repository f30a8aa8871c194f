//! `doorbell receive`: what the mail system hands in.

use std::io::{self, Read};

use anyhow::{Context, Result};

use super::{Exit, Global, lock, open, say, time};
use crate::deliver::email::{Bounce, Returned, read_bounce};
use crate::ledger::{Bounced, Place};

/// More of a mail is not looked at: a report stands at its beginning.
const LARGEST: u64 = 1 << 20;

/// Take in what the mail system hands over on standard input
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Copy, clap::Subcommand)]
enum Command {
    /// One mail that came back: the delivery that it is about is dead, and an address that does not exist is blocked
    ///
    /// Understands delivery status notifications (RFC 3464) about mails of this ledger. Automatic replies, delays and
    /// whatever else arrives end in 0 without a word; with -v a line says why. Ends in 75 when a pass holds the ledger
    /// or the settings do not work, so that the mail system tries again. Sends nothing.
    Bounce,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    match arguments.command {
        Command::Bounce => Ok(bounce(global)),
    }
}

/// Every failure is one that passes: a mail system would answer any other with a bounce of its own.
fn bounce(global: &Global) -> Exit {
    match take_in(global) {
        Ok(words) => {
            if global.verbose > 0 {
                say::line(&words);
            }
            Exit::Done
        }
        Err(error) => {
            say::error(&error);
            Exit::TryLater
        }
    }
}

/// What was done, in words.
fn take_in(global: &Global) -> Result<String> {
    let mut mail = Vec::new();
    let mut input = io::stdin().lock();
    input.by_ref().take(LARGEST).read_to_end(&mut mail).context("read the mail from standard input")?;
    // a writer whose pipe closes early takes that for a failure
    io::copy(&mut input, &mut io::sink()).context("read the mail from standard input")?;
    let bounce = match read_bounce(mail) {
        Returned::Failed(bounce) => bounce,
        Returned::Nothing(why) => return Ok(format!("nothing to do: {why}")),
    };
    match record(&open::config(global)?.ledger, &bounce)? {
        Some(bounced) => Ok(words(&bounced, &bounce)),
        None => Ok("nothing to do: no mail of this ledger has that Message-ID".into()),
    }
}

fn record(ledger: &Place, bounce: &Bounce) -> Result<Option<Bounced>> {
    // without a ledger nothing was ever sent
    if ledger.path().is_some_and(|path| !path.exists()) {
        return Ok(None);
    }
    let (_lock, mut ledger) = lock::ledger_in_hand(ledger)?;
    let now = time::of(&ledger)?;
    ledger.bounce(&bounce.uid, &bounce.reply, &bounce.addresses, now)
}

fn words(bounced: &Bounced, bounce: &Bounce) -> String {
    let Bounced { delivery, recipient, is_blocked } = bounced;
    let blocked = if *is_blocked { "; its address is blocked for 30 days (doorbell suppress list)" } else { "" };
    format!("delivery {delivery} to {recipient} is dead: {}{blocked}", bounce.reply.words())
}
