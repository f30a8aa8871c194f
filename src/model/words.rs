//! A digest on its way to words: what the templates may show.

use chrono::{DateTime, Utc};

use super::{Attachment, ConversationId, Language, Recipient, Show, Sound, Watch, Why};

/// A message before the latest one, of whichever side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// When it was written.
    pub at: DateTime<Utc>,
    /// The name of who wrote it, if the desk knows one.
    pub sender: Option<String>,
    /// Its text.
    pub body: String,
    /// Whether it waits as the latest does, and is not what led up to it.
    pub waits: bool,
}

/// One conversation of a letter: its latest message, and what stands around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The conversation's id.
    pub conversation: ConversationId,
    /// The number people call it by.
    pub number: Option<String>,
    /// Its subject line.
    pub subject: Option<String>,
    /// Where the recipient can answer; for contacts never the agents' console.
    pub link: Option<String>,
    /// What was looked for.
    pub watch: Watch,
    /// Of a deadline its metric, `first_response`, `next_response`, `resolution` or `queue_wait`; else empty.
    pub matter: String,
    /// Why this recipient hears.
    pub why: Why,
    /// The group's display name.
    pub group: Option<String>,
    /// Who did it, for events: the agent's name.
    pub actor: Option<String>,
    /// The name of who wrote the message, if the desk knows one: the contact, but for replies the agent.
    pub sender: Option<String>,
    /// The sender's picture.
    pub sender_image: Option<String>,
    /// Since when the conversation waits.
    pub since: DateTime<Utc>,
    /// When the latest message was written; of an event when it happened, of a deadline when it is due.
    pub at: DateTime<Utc>,
    /// The latest message as plain text, at most 16 KB.
    pub body: String,
    /// Whether the body was cut at that limit.
    pub cut: bool,
    /// Files that came with the latest message.
    pub attachments: Vec<Attachment>,
    /// How many messages wait before the latest.
    pub earlier_count: u32,
    /// Some of them, oldest first, when the rule shows the conversation.
    pub earlier: Vec<Earlier>,
    /// How much is shown.
    pub show: Show,
    /// The sound of its notification; none while the recipient has the desk in view.
    pub sound: Option<Sound>,
}

/// A digest with its contents, ready to become words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Who reads it.
    pub recipient: Recipient,
    /// In which language, if anything says so.
    pub language: Option<Language>,
    /// What the desk is called.
    pub desk: String,
    /// The conversations, longest waiting first, at most 200.
    pub entries: Vec<Entry>,
    /// How many more conversations wait beyond those.
    pub more: usize,
    /// How many conversations a reader who is told on a phone has to read, as far as that is known.
    pub badge: Option<u32>,
    /// Where to look at all of them.
    pub desk_link: Option<String>,
    /// When the letter is written.
    pub now: DateTime<Utc>,
}

/// A letter as a short note: for phones, browsers and the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What was looked for, in its word.
    pub kind: &'static str,
    /// One line: what happened.
    pub title: String,
    /// What was said, as far as the rule shows it.
    pub body: String,
    /// Where the recipient can answer.
    pub link: Option<String>,
    /// The conversation it is about, the first of several.
    pub conversation: ConversationId,
    /// The sound, if it makes one.
    pub sound: Option<Sound>,
}

/// A letter in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// One line.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}
