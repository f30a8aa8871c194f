//! The short forms on the page: text messages, notifications on phones and in browsers, and the row of the feed.

use anyhow::{Context, Result};
use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

use crate::deliver::notes::push_body;
use crate::deliver::{measured, sms, text_message};
use crate::model::{Letter, Note};
use crate::render::Templates;

/// A text message, with or without what was said.
#[derive(Serialize)]
pub(super) struct Text {
    /// The setting that makes it so.
    setting: &'static str,
    /// Who has it so: nobody, the settings, or doorbell where they say nothing.
    chosen: &'static str,
    /// What goes out.
    goes: String,
    /// What of the whole does not.
    rest: String,
    alphabet: &'static str,
    used: usize,
    room: usize,
    segments: String,
}

/// A notification, and the row of the feed.
#[derive(Serialize)]
pub(super) struct Short {
    kind: &'static str,
    title: String,
    body: String,
    /// How many characters the body has, as people count them.
    characters: usize,
    is_cut: bool,
    link: Option<String>,
    conversation: String,
    recipient: String,
    sound: Option<String>,
    sound_repeats: bool,
}

/// The letter as a text message in both ways.
pub(super) fn texts(templates: &Templates, letter: &Letter, sms: Option<&sms::Settings>) -> Result<Vec<Text>> {
    let (shows_message, most) = (sms.map(sms::Settings::shows_message), sms.map_or(1, sms::Settings::segments));
    let note = note(templates, letter)?;
    let text = |setting, with_message| {
        let (whole, goes) = text_message(&note.title, if with_message { &note.body } else { "" }, most);
        let kept = goes.trim_end_matches(['.', '…']);
        let rest = if whole == goes { "" } else { whole.strip_prefix(kept).unwrap_or_default() };
        let measured = measured(&goes);
        let segments =
            if measured.segments == 1 { "1 segment".into() } else { format!("{} segments", measured.segments) };
        Text {
            setting,
            chosen: match shows_message {
                Some(shows_message) if shows_message == with_message => "as in the settings",
                None if !with_message => "the default",
                _ => "",
            },
            rest: rest.to_owned(),
            alphabet: measured.alphabet.word(),
            used: measured.used,
            room: measured.alphabet.rooms().0,
            segments,
            goes,
        }
    };
    Ok(vec![text("message = false", false), text("message = true", true)])
}

/// The letter's first conversation as a notification: each has one of its own.
pub(super) fn short(templates: &Templates, letter: &Letter) -> Result<Short> {
    let mut first = letter.clone();
    first.entries.truncate(1);
    first.more = 0;
    let note = note(templates, &first)?;
    let body = push_body(&note);
    Ok(Short {
        kind: note.kind,
        characters: body.graphemes(true).count(),
        is_cut: body.ends_with('…'),
        body,
        title: note.title,
        link: note.link,
        conversation: note.conversation.to_string(),
        recipient: letter.recipient.id.to_string(),
        sound_repeats: note.sound.as_ref().is_some_and(|sound| sound.repeats),
        sound: note.sound.map(|sound| sound.name.to_string()),
    })
}

fn note(templates: &Templates, letter: &Letter) -> Result<Note> {
    templates.note(letter).context("put the letter into a note")
}
