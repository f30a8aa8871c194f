//! `doorbell send-test`: one sample digest to one address, with the server's own words.

use std::sync::Arc;

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde_json::json;

use super::exit::UsageError;
use super::{Exit, Format, Global, check, open, say};
use crate::deliver::email::Mail;
use crate::model::{Outcome, Recipient, RecipientId, email_address, masked};
use crate::render::sample_letter;

/// Send a sample digest to an address, and print what the server says
///
/// The ledger is not touched and nobody else hears.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The channel to try
    #[arg(value_parser = ["email"])]
    channel: String,
    /// Where to send it
    to: String,
    /// The template set to show
    #[arg(long, value_name = "NAME", default_value = "digest")]
    template: String,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let config = open::config(global)?;
    let address = email_address(&arguments.to)
        .ok_or_else(|| UsageError(format!("{:?} is not an email address", arguments.to)))?;
    let post = open::post(&config)?;
    let now = Utc::now();
    let mut letter = sample_letter(now);
    letter.desk.clone_from(&config.desk.name);
    // no setting names such a page yet, so no real mail shows it
    letter.desk_link = None;
    letter.recipient = Recipient {
        device: None,
        id: RecipientId::Person("test".into()),
        name: String::new(),
        address: address.clone(),
        time_zone: config.desk.time_zone.0,
    };
    let words = post
        .templates
        .render(&arguments.template, &letter)
        .map_err(|error| UsageError(format!("--template {:?}: {error}", arguments.template)))?;
    let mail = Mail { recipient: letter.recipient, words, uid: uid(now), thread: None, now, redirected_to: None };
    answer(global, &address, &post.email.lane().send(&mail))
}

/// Every test is a mail of its own, and never the key of a delivery. What differs stands first, because the name of a
/// file in the outbox has room for eight letters.
fn uid(now: DateTime<Utc>) -> String {
    let micros = now.timestamp_micros();
    format!("{:08x}-test-{micros}-{}", micros & 0xffff_ffff, std::process::id())
}

fn answer(global: &Global, address: &Arc<str>, outcome: &Outcome) -> Result<Exit> {
    match outcome {
        Outcome::Accepted(reply) => {
            let words = format!("{} {}", reply.code, reply.text);
            let (address, words) = (masked(address), words.trim());
            match global.format {
                Format::Json => say::line(&json!({ "accepted": true, "address": address, "words": words }).to_string()),
                Format::Human => say::line(&format!("accepted for {address}: {words}")),
            }
            Ok(Exit::Done)
        }
        refused => Err(check::refused(refused)),
    }
}
