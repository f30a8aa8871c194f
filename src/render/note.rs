//! A letter as a short note: for phones, browsers, text messages and the feed.

use crate::model::{Letter, Note, Show};

use super::clean;

/// The longest body of a note: user-perceived characters, never half of one.
const BODY_GRAPHEMES: usize = 500;

/// What a letter says in short: its first conversation, and how many more there are.
pub fn note(letter: &Letter) -> Option<Note> {
    let first = letter.entries.first()?;
    let body = if first.show == Show::None { String::new() } else { clean::first_line(&first.body, BODY_GRAPHEMES) };
    Some(Note {
        kind: first.watch.word(),
        title: first.sender.clone().unwrap_or_else(|| letter.desk.clone()),
        body,
        link: first.link.clone(),
        conversation: first.conversation.clone(),
        sound: first.sound.clone(),
    })
}
