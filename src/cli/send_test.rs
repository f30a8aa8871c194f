//! `doorbell send-test`: one sample digest to one address, with the server's own words.

mod devices;

use std::sync::Arc;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::exit::{SettingsError, TryLaterError, UsageError};
use super::{Exit, Format, Global, check, open, say};
use crate::config::Config;
use crate::deliver::email::Mail;
use crate::deliver::{Carriers, Notification};
use crate::model::{
    Channel, Device, Gateway, Letter, Outcome, Recipient, RecipientId, email_address, masked, phone_number,
};
use crate::render::sample_letter;

/// Send a sample digest to an address, and print what the server says
///
/// The ledger is not touched and nobody else hears. The sample goes to the provider, or into the outbox of the channel. By
/// push and desktop a person may be named, all of whose phones or browsers are tried.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The channel to try
    #[arg(value_parser = ["email", "sms", "push", "desktop", "in_app"])]
    channel: String,
    /// Where to send it: an email address, a number such as +441632960000, or by push and desktop a device by its id or
    /// token, or a person: agent:7, contact:12 or an email address that the desk knows
    to: String,
    /// The network that a token is of; push only
    #[arg(long, value_parser = ["apns", "fcm", "onesignal", "beams"])]
    provider: Option<String>,
    /// The template set to show; email only
    #[arg(long, value_name = "NAME", default_value = "digest")]
    template: String,
}

/// What became of a try.
struct Tried {
    /// Where it went, for people.
    shown: String,
    gateway: Gateway,
    outcome: Outcome,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let config = open::config(global)?;
    let now = Utc::now();
    let channel = Channel::parse(&arguments.channel).context("read the channel")?;
    if arguments.provider.is_some() && channel != Channel::Push {
        return Err(UsageError("--provider names the network of a phone; it goes with push".into()).into());
    }
    let mut letter = sample_letter(now);
    letter.desk.clone_from(&config.desk.name);
    // no setting names such a page yet, so no real mail shows it
    letter.desk_link = None;
    let tried = match channel {
        Channel::Push | Channel::Desktop => to_devices(&config, channel, arguments, &letter, now)?,
        _ => vec![to_address(&config, channel, arguments, letter, now)?],
    };
    answer(global, &tried)
}

fn to_address(
    config: &Config,
    channel: Channel,
    arguments: &Arguments,
    mut letter: Letter,
    now: DateTime<Utc>,
) -> Result<Tried> {
    letter.recipient = recipient(config, address(config, channel, &arguments.to)?, None);
    let (shown, gateway) = (masked(&letter.recipient.address), Gateway::of(channel, None));
    let outcome = match channel {
        Channel::Email => by_email(config, &arguments.template, letter, now)?,
        _ => by_note(config, &open::carriers(config, now), gateway, letter, now)?,
    };
    Ok(Tried { shown, gateway, outcome })
}

/// Tries every device; one that does not work keeps none of the others from being tried.
fn to_devices(
    config: &Config,
    channel: Channel,
    arguments: &Arguments,
    letter: &Letter,
    now: DateTime<Utc>,
) -> Result<Vec<Tried>> {
    let devices = devices::named(config, channel, &arguments.to, arguments.provider.as_deref())?;
    let carriers = open::carriers(config, now);
    devices
        .into_iter()
        .map(|(shown, device)| {
            let gateway = Gateway::of(channel, Some(&device));
            let recipient = recipient(config, device.token.clone(), Some(device));
            let outcome = by_note(config, &carriers, gateway, Letter { recipient, ..letter.clone() }, now)?;
            Ok(Tried { shown, gateway, outcome })
        })
        .collect()
}

fn address(config: &Config, channel: Channel, to: &str) -> Result<Arc<str>> {
    let usage = |what: String| UsageError(what);
    match channel {
        Channel::Email => Ok(email_address(to).ok_or_else(|| usage(format!("{to:?} is not an email address")))?),
        Channel::Sms => Ok(phone_number(to)
            .ok_or_else(|| usage(format!("{to:?} is not a number in international form, such as +441632960000")))?),
        Channel::Push | Channel::Desktop => Ok(to.into()),
        Channel::InApp => {
            let message = format!("in_app needs no test: it is the table in_app_notifications in {}", config.ledger);
            Err(usage(message).into())
        }
    }
}

fn recipient(config: &Config, address: Arc<str>, device: Option<Arc<Device>>) -> Recipient {
    Recipient {
        device,
        id: RecipientId::Person("test".into()),
        name: String::new(),
        address,
        time_zone: config.desk.time_zone.0,
    }
}

fn by_email(config: &Config, template: &str, letter: Letter, now: DateTime<Utc>) -> Result<Outcome> {
    let (templates, _) = open::working_templates(config)?;
    let relay = open::relay(config)?;
    let words =
        templates.render(template, &letter).map_err(|error| UsageError(format!("--template {template:?}: {error}")))?;
    let mail = Mail { recipient: letter.recipient, words, uid: uid(now), thread: None, now, redirected_to: None };
    let outcome = relay.lane().send(&mail);
    Ok(outcome)
}

fn by_note(
    config: &Config,
    carriers: &Carriers,
    gateway: Gateway,
    letter: Letter,
    now: DateTime<Utc>,
) -> Result<Outcome> {
    let carrier = carriers
        .get(&gateway)
        .ok_or_else(|| SettingsError(format!("there is no section [{gateway}] in the settings; add it first")))?;
    let carrier = match carrier {
        Ok(carrier) => carrier,
        Err(fault) => return Ok(fault.clone()),
    };
    let (templates, _) = open::working_templates(config)?;
    let note = templates.note(&letter).context("put the sample into a note")?;
    let uid = uid(now);
    let Letter { recipient, badge, .. } = letter;
    let notification = Notification { recipient, note, collapse: uid.clone(), uid, badge, now, in_doubt_since: None };
    Ok(carrier.send(&notification))
}

/// Every test is a mail of its own, and never the key of a delivery. What differs stands first, because the name of a
/// file in the outbox has room for eight letters.
fn uid(now: DateTime<Utc>) -> String {
    let micros = now.timestamp_micros();
    format!("{:08x}-test-{micros}-{}", micros & 0xffff_ffff, std::process::id())
}

/// Every answer in the provider's own words; a refusal ends the command with its remedy.
fn answer(global: &Global, tried: &[Tried]) -> Result<Exit> {
    for Tried { shown, outcome, .. } in tried {
        let (words, accepted) = (outcome.reply().words(), matches!(outcome, Outcome::Accepted(_)));
        match global.format {
            // the only one that is refused is the error itself
            _ if !accepted && tried.len() == 1 => {}
            Format::Json => {
                say::line(&json!({ "accepted": accepted, "address": shown, "words": words }).to_string());
            }
            Format::Human if accepted => say::line(&format!("accepted for {shown}: {words}")),
            Format::Human => say::line(&format!("not accepted for {shown}: {words}")),
        }
    }
    match tried.iter().find(|it| !matches!(it.outcome, Outcome::Accepted(_))) {
        // no delivery stands behind a test, that somebody could confirm
        Some(Tried { gateway, outcome: Outcome::Unknown(reply), .. }) if *gateway != Gateway::Email => {
            let doubt = "whether it arrived only its reader can say; look there before you try again";
            Err(TryLaterError(format!("{gateway}: {}; {doubt}", reply.words())).into())
        }
        Some(refused) => Err(check::refused(refused.gateway, &refused.outcome)),
        None => Ok(Exit::Done),
    }
}
