//! What the templates can show: the letter with everything in words, clean and in the recipient's zone.
//! The names of these fields are what operators write between braces.

use serde::Serialize;

use crate::model::{Attachment, Entry, Letter, Show, Watch};

use super::clean::NAME_GRAPHEMES;
use super::labels::{initials, numbered, size, tint};
use super::times::Writing;
use super::{clean, wording};

/// Longer subject lines and file names say no more.
const TITLE_GRAPHEMES: usize = 120;
/// The sentence around a reason as long as a title.
const REASON_GRAPHEMES: usize = 160;
/// What a snippet and the line beneath the subject in a mailbox show.
const SNIPPET_GRAPHEMES: usize = 140;
/// Files listed per conversation: more are a heap, not a list.
const MOST_FILES: usize = 20;
/// Earlier messages shown per conversation.
const MOST_EARLIER: usize = 50;

/// The fields of a letter.
#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question that templates ask")]
pub(super) struct Fields {
    subject: String,
    headline: String,
    earliest: Option<String>,
    closing: &'static str,
    more_sentence: Option<String>,
    for_contact: bool,
    recipient_name: String,
    sender_name: String,
    sender_profile_image: Option<String>,
    message: Option<String>,
    attachments: Vec<File>,
    conversation_link: Option<String>,
    conversation_id: String,
    title: Option<String>,
    status: String,
    preview: Option<String>,
    conversations: Vec<Shown>,
    desk: String,
    desk_link: Option<String>,
    count: usize,
    total: usize,
    more: usize,
    several: bool,
    unread: bool,
    unreplied: bool,
    oldest: String,
    now: String,
}

#[derive(Serialize)]
struct Shown {
    conversation_id: String,
    conversation_link: Option<String>,
    number: Option<String>,
    subject: Option<String>,
    title: Option<String>,
    watch: &'static str,
    unread: bool,
    status: String,
    why: String,
    reason: Option<String>,
    for_contact: bool,
    link_text: &'static str,
    group: Option<String>,
    sender_name: String,
    sender_profile_image: Option<String>,
    initials: String,
    tint: &'static str,
    since: String,
    waiting: String,
    at: String,
    message: Option<String>,
    cut: bool,
    attachments: Vec<File>,
    earlier: Vec<Past>,
    earlier_count: usize,
    earlier_more: usize,
    earlier_sentence: Option<String>,
    latest: Option<String>,
}

#[derive(Serialize, Clone)]
struct File {
    name: String,
    url: Option<String>,
    size: Option<String>,
}

#[derive(Serialize)]
struct Past {
    at: String,
    sender_name: Option<String>,
    waits: bool,
    message: String,
}

/// How much of a letter is shown, so that it stays within the size of a digest.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// Conversations; the others are counted under `more`.
    pub(super) conversations: usize,
    /// Bytes of each message.
    pub(super) body_bytes: usize,
}

impl Fields {
    /// The fields of a letter within limits, with times written in one way.
    pub(super) fn of(letter: &Letter, limits: Limits, writing: Writing) -> Self {
        let shown = letter.entries.iter().take(limits.conversations);
        let conversations: Vec<Shown> = shown.map(|entry| conversation(entry, letter, limits, writing)).collect();
        let more = letter.more + letter.entries.len().saturating_sub(conversations.len());
        let total = wording::total(letter);
        let first = letter.entries.first();
        let top = conversations.first();
        let for_contact = first.is_some_and(wording::is_to_contact);
        let title = top.and_then(|top| top.title.clone());
        Self {
            subject: wording::subject(letter, title.as_deref()),
            headline: wording::headline(letter),
            earliest: wording::earliest_sentence(letter),
            closing: wording::closing(letter),
            more_sentence: wording::more(more),
            for_contact,
            recipient_name: clean::line(&letter.recipient.name, NAME_GRAPHEMES),
            sender_name: top.map(|top| top.sender_name.clone()).unwrap_or_default(),
            sender_profile_image: top.and_then(|top| top.sender_profile_image.clone()),
            message: top.and_then(|top| top.message.clone()),
            attachments: top.map(|top| top.attachments.clone()).unwrap_or_default(),
            conversation_link: top.and_then(|top| top.conversation_link.clone()),
            conversation_id: top.map(|top| top.conversation_id.clone()).unwrap_or_default(),
            title,
            status: top.map(|top| top.status.clone()).unwrap_or_default(),
            preview: first.filter(|entry| entry.show != Show::None).map(|entry| snippet(&entry.body)),
            desk: clean::line(&letter.desk, NAME_GRAPHEMES),
            desk_link: checked(letter.desk_link.as_deref()).filter(|_| !for_contact),
            count: conversations.len(),
            total,
            more,
            several: total > 1,
            unread: letter.entries.iter().all(|entry| entry.watch == Watch::Unread),
            unreplied: letter.entries.iter().all(|entry| entry.watch == Watch::Unreplied),
            oldest: first
                .map(|entry| writing.brief(entry.since, letter.now, letter.recipient.time_zone))
                .unwrap_or_default(),
            now: writing.written(letter.now, letter.recipient.time_zone),
            conversations,
        }
    }
}

fn conversation(entry: &Entry, letter: &Letter, limits: Limits, writing: Writing) -> Shown {
    let zone = letter.recipient.time_zone;
    let for_contact = wording::is_to_contact(entry);
    let sender_name = wording::beginning(entry);
    let (message, cut) = message(entry, limits);
    let earlier = earlier(entry, letter, limits, writing);
    let waits = earlier.iter().filter(|past| past.waits).count();
    let earlier_count = usize::try_from(entry.earlier_count).unwrap_or(usize::MAX).max(waits);
    let number = entry.number.as_deref().map(numbered).filter(|number| !number.is_empty());
    // a subject line is part of what was said
    let subject = entry.subject.as_deref().filter(|_| entry.show != Show::None);
    let subject = subject.map(|text| clean::line(text, TITLE_GRAPHEMES)).filter(|text| !text.is_empty());
    let title = match (&number, &subject) {
        // numbers are for those who work here
        (_, subject) if for_contact => subject.clone(),
        (Some(number), Some(subject)) => Some(format!("{number} {subject}")),
        (number, subject) => number.clone().or_else(|| subject.clone()),
    };
    Shown {
        conversation_id: clean::line(entry.conversation.as_str(), TITLE_GRAPHEMES),
        conversation_link: checked(entry.link.as_deref()),
        number,
        subject,
        title,
        watch: entry.watch.word(),
        unread: entry.watch == Watch::Unread,
        status: wording::status(entry, letter),
        why: clean::line(&wording::why(entry), TITLE_GRAPHEMES),
        reason: wording::reason(entry).map(|reason| clean::line(&reason, REASON_GRAPHEMES)),
        for_contact,
        link_text: wording::link_text(entry),
        group: entry.group.as_deref().map(|name| clean::line(name, NAME_GRAPHEMES)),
        sender_profile_image: checked(entry.sender_image.as_deref())
            .filter(|url| clean::after_scheme(url, "https://").is_some()),
        initials: initials(&sender_name),
        tint: tint(&sender_name),
        sender_name,
        since: writing.written(entry.since, zone),
        waiting: writing.wait(entry.since, letter.now),
        at: writing.written(entry.at, zone),
        message,
        cut,
        attachments: if entry.show == Show::None { Vec::new() } else { files(&entry.attachments) },
        earlier_more: earlier_count - waits,
        earlier_sentence: wording::earlier(entry, earlier_count - waits),
        latest: (earlier_count > 0 || !earlier.is_empty()).then(|| wording::latest(entry, letter)),
        earlier_count,
        earlier,
    }
}

/// The message as far as the rule shows it, and whether some of it was left out for its length.
fn message(entry: &Entry, limits: Limits) -> (Option<String>, bool) {
    match entry.show {
        Show::None => (None, false),
        Show::Snippet => (Some(snippet(&entry.body)), false),
        Show::Latest | Show::Conversation => {
            let body = clean::body(&entry.body);
            match clean::fitting(&body, limits.body_bytes) {
                Some(shorter) => (Some(shorter), true),
                None if entry.cut => (Some(body + clean::SHORTENED), true),
                None => (Some(body), false),
            }
        }
    }
}

/// The latest of the earlier messages, oldest first.
fn earlier(entry: &Entry, letter: &Letter, limits: Limits, writing: Writing) -> Vec<Past> {
    if entry.show != Show::Conversation {
        return Vec::new();
    }
    let skipped = entry.earlier.len().saturating_sub(MOST_EARLIER);
    let past = entry.earlier.iter().skip(skipped).map(|earlier| {
        let body = clean::body(&earlier.body);
        Past {
            at: writing.written(earlier.at, letter.recipient.time_zone),
            sender_name: earlier.sender.as_deref().map(|name| clean::line(name, NAME_GRAPHEMES)),
            waits: earlier.waits,
            message: clean::fitting(&body, limits.body_bytes).unwrap_or(body),
        }
    });
    past.collect()
}

fn files(attachments: &[Attachment]) -> Vec<File> {
    let file = |attachment: &Attachment| {
        let name = clean::line(&attachment.filename, TITLE_GRAPHEMES);
        File {
            name: if name.is_empty() { "file".into() } else { name },
            url: checked(attachment.url.as_deref()),
            size: attachment.byte_size.map(size),
        }
    };
    attachments.iter().take(MOST_FILES).map(file).collect()
}

fn snippet(body: &str) -> String {
    clean::first_line(body, SNIPPET_GRAPHEMES)
}

fn checked(url: Option<&str>) -> Option<String> {
    url.and_then(clean::link).map(str::to_owned)
}
