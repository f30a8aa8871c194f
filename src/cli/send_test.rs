//! `doorbell send-test`: one sample digest to one address, with the server's own words.

use std::sync::Arc;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::exit::{SettingsError, UsageError};
use super::{Exit, Format, Global, check, open, say};
use crate::config::Config;
use crate::deliver::Notification;
use crate::deliver::email::Mail;
use crate::desk::Agents;
use crate::model::{
    Channel, Device, Gateway, Letter, Outcome, Provider, Recipient, RecipientId, email_address, masked, phone_number,
};
use crate::render::{self, sample_letter};

/// Send a sample digest to an address, and print what the server says
///
/// The ledger is not touched and nobody else hears. A channel with an outbox writes a sample notification there.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The channel to try
    #[arg(value_parser = ["email", "sms", "push", "desktop", "in_app"])]
    channel: String,
    /// Where to send it: an email address, a number such as +441632960000, or a device by its id or token on the desk
    to: String,
    /// The template set to show; email only
    #[arg(long, value_name = "NAME", default_value = "digest")]
    template: String,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let config = open::config(global)?;
    let now = Utc::now();
    let mut letter = sample_letter(now);
    letter.desk.clone_from(&config.desk.name);
    // no setting names such a page yet, so no real mail shows it
    letter.desk_link = None;
    let channel = Channel::parse(&arguments.channel).context("read the channel")?;
    letter.recipient = recipient(&config, channel, &arguments.to)?;
    let shown = masked(&letter.recipient.address);
    let outcome = match channel {
        Channel::Email => by_email(&config, &arguments.template, letter, now)?,
        _ => by_note(&config, channel, letter, now)?,
    };
    answer(global, channel, &shown, &outcome)
}

fn recipient(config: &Config, channel: Channel, to: &str) -> Result<Recipient> {
    let usage = |what: String| UsageError(what);
    let address = match channel {
        Channel::Email => email_address(to).ok_or_else(|| usage(format!("{to:?} is not an email address")))?,
        Channel::Sms => phone_number(to)
            .ok_or_else(|| usage(format!("{to:?} is not a number in international form, such as +441632960000")))?,
        Channel::Push | Channel::Desktop => Arc::from(to),
        Channel::InApp => {
            let ledger = config.ledger_path();
            let message = format!("in_app needs no test: it is the table in_app_notifications in {}", ledger.display());
            return Err(usage(message).into());
        }
    };
    let device = if channel.is_by_device() { Some(device(config, channel, &address)?) } else { None };
    Ok(Recipient {
        id: RecipientId::Person("test".into()),
        name: String::new(),
        address: device.as_ref().map_or(address, |device| device.token.clone()),
        device,
        time_zone: config.desk.time_zone.0,
    })
}

/// An agent's device as the desk has it, by its id or its token; else one of which nothing but the token is known.
fn device(config: &Config, channel: Channel, to: &Arc<str>) -> Result<Arc<Device>> {
    let is_browser = channel == Channel::Desktop;
    let facts = open::desk(config)?.snapshot()?.facts(&[], Agents::All, &[])?;
    let mut all = facts.devices.into_values().flatten().filter(|it| (it.provider == Provider::WebPush) == is_browser);
    let provider = if is_browser { Provider::WebPush } else { Provider::Fcm };
    let unknown = || Device {
        id: "test".into(),
        provider,
        token: to.clone(),
        p256dh: None,
        auth: None,
        platform: None,
        app_id: None,
    };
    Ok(all.find(|it| it.id == *to || it.token == *to).unwrap_or_else(|| Arc::new(unknown())))
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

fn by_note(config: &Config, channel: Channel, letter: Letter, now: DateTime<Utc>) -> Result<Outcome> {
    let gateway = Gateway::of(channel, letter.recipient.device.as_deref());
    let carriers = open::carriers(config);
    let carrier = carriers
        .get(&gateway)
        .ok_or_else(|| SettingsError(format!("there is no section [{gateway}] in the settings; add it first")))?;
    let carrier = match carrier {
        Ok(carrier) => carrier,
        Err(fault) => return Ok(fault.clone()),
    };
    let note = render::note(&letter).context("put the sample into a note")?;
    let uid = uid(now);
    let notification =
        Notification { recipient: letter.recipient, note, collapse: uid.clone(), uid, now, in_doubt_since: None };
    Ok(carrier.send(&notification))
}

/// Every test is a mail of its own, and never the key of a delivery. What differs stands first, because the name of a
/// file in the outbox has room for eight letters.
fn uid(now: DateTime<Utc>) -> String {
    let micros = now.timestamp_micros();
    format!("{:08x}-test-{micros}-{}", micros & 0xffff_ffff, std::process::id())
}

fn answer(global: &Global, channel: Channel, address: &str, outcome: &Outcome) -> Result<Exit> {
    match outcome {
        Outcome::Accepted(reply) => {
            let words = reply.words();
            match global.format {
                Format::Json => say::line(&json!({ "accepted": true, "address": address, "words": words }).to_string()),
                Format::Human => say::line(&format!("accepted for {address}: {words}")),
            }
            Ok(Exit::Done)
        }
        refused => Err(check::refused(channel, refused)),
    }
}
