//! What stands in the file of a notification: one JSON object, for whoever hands it to a provider.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

use super::super::{Notification, segment};
use crate::model::{Channel, Device, Sound};

/// The longest body of a push: user-perceived characters, never half of one.
const BODY_GRAPHEMES: usize = 500;

#[derive(Serialize)]
struct File<'a> {
    channel: &'static str,
    recipient: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<WrittenDevice<'a>>,
    kind: &'static str,
    title: &'a str,
    body: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'a str>,
    conversation: &'a str,
    collapse: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sound: Option<WrittenSound<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    badge: Option<u32>,
    uid: &'a str,
    created_at: String,
}

#[derive(Serialize)]
struct WrittenDevice<'a> {
    id: &'a str,
    provider: &'static str,
    token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    p256dh: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_id: Option<&'a str>,
}

#[derive(Serialize)]
struct WrittenSound<'a> {
    name: &'a str,
    repeats: bool,
}

/// The bytes of the file.
pub(super) fn content(
    channel: Channel,
    notification: &Notification,
    shows_message: bool,
    segments: usize,
) -> serde_json::Result<Vec<u8>> {
    let Notification { recipient, note, collapse, uid, badge, now, .. } = notification;
    let is_text = channel == Channel::Sms;
    let said = if shows_message { note.body.as_str() } else { "" };
    let file = File {
        channel: channel.word(),
        recipient: recipient.id.to_string(),
        to: is_text.then_some(&recipient.address),
        device: recipient.device.as_deref().map(device),
        kind: note.kind,
        title: &note.title,
        body: if is_text { segment::text(&note.title, said, segments) } else { cut(said) },
        link: note.link.as_deref(),
        conversation: note.conversation.as_str(),
        collapse,
        sound: note.sound.as_ref().filter(|_| !is_text).map(sound),
        badge: *badge,
        uid,
        created_at: written(*now),
    };
    let mut bytes = serde_json::to_vec_pretty(&file)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn device(device: &Device) -> WrittenDevice<'_> {
    WrittenDevice {
        id: &device.id,
        provider: device.provider.word(),
        token: &device.token,
        p256dh: device.p256dh.as_deref(),
        auth: device.auth.as_deref(),
        platform: device.platform.as_deref(),
        app_id: device.app_id.as_deref(),
    }
}

fn sound(sound: &Sound) -> WrittenSound<'_> {
    WrittenSound { name: &sound.name, repeats: sound.repeats }
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The body if it is short enough, else its beginning.
pub(super) fn cut(body: &str) -> String {
    let mut starts = body.grapheme_indices(true).map(|(start, _)| start).skip(BODY_GRAPHEMES - 1);
    match (starts.next(), starts.next()) {
        (Some(last), Some(_)) => format!("{}…", body.get(..last).unwrap_or_default().trim_end()),
        _ => body.to_owned(),
    }
}
