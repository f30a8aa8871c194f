//! The mail on the page: its headers as a reader sees them, and both parts.

use chrono::{DateTime, Utc};
use mail_parser::{Address, MessageParser};
use serde::Serialize;

use crate::config::Config;
use crate::deliver::email::{self, Mail};
use crate::model::{Letter, Words};

/// Headers that a preview has to make up: a real mail has others.
const MADE_UP: [&str; 6] = ["message-id", "date", "in-reply-to", "references", "content-type", "mime-version"];
/// Headers that stand at the top in every mail program.
const READ: [&str; 4] = ["from", "reply-to", "to", "subject"];

/// A mail as it would be seen.
#[derive(Serialize)]
pub(super) struct Seen {
    /// Those that people read, as they read them.
    head: Vec<Line>,
    /// The others, as they go.
    headers: Vec<Line>,
    subject: String,
    text: String,
    html: String,
    /// Such as `12 KB`; empty where no mail could be made.
    size: String,
}

#[derive(Serialize)]
struct Line {
    name: String,
    value: String,
}

impl Seen {
    /// The mail that the settings would make of these words.
    pub(super) fn of(config: Option<&Config>, letter: &Letter, words: Words, now: DateTime<Utc>) -> Self {
        let Words { subject, text, html } = words.clone();
        let mail = Mail {
            recipient: letter.recipient.clone(),
            words,
            uid: "preview".into(),
            thread: None,
            now,
            redirected_to: None,
        };
        let settings = config.and_then(|config| config.email.as_ref());
        let bytes = settings.and_then(|settings| email::draft(settings, &mail).ok());
        let (head, headers) = bytes.as_deref().map(lines).unwrap_or_default();
        let size = bytes.map(|bytes| format!("{} KB", bytes.len().div_ceil(1_000))).unwrap_or_default();
        Self { head, headers, subject, text, html, size }
    }
}

/// The headers that people read, and the others.
fn lines(bytes: &[u8]) -> (Vec<Line>, Vec<Line>) {
    let Some(message) = MessageParser::default().parse_headers(bytes) else { return Default::default() };
    let (mut head, mut headers) = (Vec::new(), Vec::new());
    for (name, raw) in message.headers_raw() {
        let lower = name.to_ascii_lowercase();
        if MADE_UP.contains(&lower.as_str()) {
            continue;
        }
        let unfolded = || raw.split_whitespace().collect::<Vec<_>>().join(" ");
        let value = match lower.as_str() {
            "from" => message.from().map(addresses),
            "reply-to" => message.reply_to().map(addresses),
            "to" => message.to().map(addresses),
            "subject" => message.subject().map(str::to_owned),
            _ => None,
        };
        let line = Line { name: name.to_owned(), value: value.unwrap_or_else(unfolded) };
        if READ.contains(&lower.as_str()) { head.push(line) } else { headers.push(line) }
    }
    head.sort_by_key(|line| READ.iter().position(|name| line.name.eq_ignore_ascii_case(name)));
    (head, headers)
}

fn addresses(all: &Address<'_>) -> String {
    let one = |address: &mail_parser::Addr<'_>| match (address.name(), address.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    };
    all.iter().map(one).collect::<Vec<_>>().join(", ")
}
