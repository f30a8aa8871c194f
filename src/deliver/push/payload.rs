//! What a notification says, cut to what a network takes: whole user-perceived characters, and then bytes. Pure.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation;

use super::super::Notification;
use super::ours;
use super::settings::Manner;
use crate::model::Outcome;

/// The longest body: user-perceived characters, never half of one.
const BODY_GRAPHEMES: usize = 500;
/// The longest title.
const TITLE_GRAPHEMES: usize = 120;

/// A notification as a network is told it.
#[derive(Debug)]
pub(super) struct Said<'a> {
    /// What happened.
    pub(super) title: Cow<'a, str>,
    /// What was said; empty when that is not shown.
    pub(super) body: Cow<'a, str>,
    /// The number on the app's icon.
    pub(super) badge: Option<u32>,
    /// The sound, as the settings name it.
    pub(super) sound: Option<&'a str>,
    /// What a newer notification takes the place of.
    pub(super) collapse: &'a str,
    /// What stands together on the screen.
    pub(super) thread: String,
    /// Where a browser goes.
    pub(super) link: Option<&'a str>,
    /// What the app is told, so that it can open the conversation.
    pub(super) data: BTreeMap<&'static str, String>,
}

/// The body of a request with as much of the text as makes it at most so many bytes.
///
/// The text goes first, then the link, then the title: that somebody waits is told in any case.
pub(super) fn fitted(
    manner: Manner,
    notification: &Notification,
    most: usize,
    write: impl Fn(&Said<'_>) -> Value,
) -> Result<Vec<u8>, Outcome> {
    let bytes = |title: usize, body: usize, with_link: bool| {
        let said = said(manner, notification, title, body, with_link);
        without_nulls(write(&said)).to_string().into_bytes()
    };
    let body = longest(BODY_GRAPHEMES, |count| bytes(TITLE_GRAPHEMES, count, true).len() <= most);
    let fits = if let Some(body) = body {
        bytes(TITLE_GRAPHEMES, body, true)
    } else {
        let title = longest(TITLE_GRAPHEMES, |count| bytes(count, 0, false).len() <= most);
        bytes(title.unwrap_or_default(), 0, false)
    };
    if fits.len() <= most {
        return Ok(fits);
    }
    Err(Outcome::RefusedMessage(ours(format!("it is larger than the {most} bytes that the network takes"))))
}

/// The greatest count up to `most` that fits, where every smaller one does too; `None` when not even nothing fits.
fn longest(most: usize, fits: impl Fn(usize) -> bool) -> Option<usize> {
    if fits(most) {
        return Some(most);
    }
    if !fits(0) {
        return None;
    }
    let (mut fitting, mut too_many) = (0, most);
    while fitting + 1 < too_many {
        let middle = usize::midpoint(fitting, too_many);
        if fits(middle) {
            fitting = middle;
        } else {
            too_many = middle;
        }
    }
    Some(fitting)
}

fn said(manner: Manner, notification: &Notification, title: usize, body: usize, with_link: bool) -> Said<'_> {
    let Notification { note, collapse, uid, badge, .. } = notification;
    let link = note.link.as_deref().filter(|_| with_link);
    let mut data = BTreeMap::from([
        ("conversation_id", note.conversation.to_string()),
        ("kind", note.kind.to_owned()),
        ("uid", uid.clone()),
    ]);
    data.extend(link.map(|link| ("link", link.to_owned())));
    if note.sound.as_ref().is_some_and(|sound| sound.repeats) {
        data.insert("sound_repeats", "true".to_owned());
    }
    Said {
        title: cut(&note.title, title),
        body: if manner.message { cut(&note.body, body) } else { "".into() },
        badge: badge.filter(|_| manner.badge),
        sound: note.sound.as_ref().map(|sound| &*sound.name),
        collapse,
        thread: format!("conversation-{}", note.conversation),
        link,
        data,
    }
}

/// The text if it is short enough, else its beginning with a mark that it was cut.
fn cut(text: &str, most: usize) -> Cow<'_, str> {
    let mut starts = text.grapheme_indices(true).map(|(start, _)| start);
    let Some(kept) = most.checked_sub(1) else { return "".into() };
    match (starts.nth(kept), starts.next()) {
        (Some(last), Some(_)) => format!("{}…", text.get(..last).unwrap_or_default().trim_end()).into(),
        _ => text.into(),
    }
}

/// Without the keys that have no value: some networks take a null for a word.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(keys) => {
            let keys = keys.into_iter().filter(|(_, value)| !value.is_null());
            keys.map(|(key, value)| (key, without_nulls(value))).collect()
        }
        other => other,
    }
}

/// Empty text as no text.
pub(super) fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
