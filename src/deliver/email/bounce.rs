//! What comes back: a delivery status notification (RFC 3464) about a mail of ours, or nothing of interest.
//! Whoever knows the address can write one, so that it counts for no more than the Message-ID in it proves.

use std::thread;

use mail_parser::{HeaderName, Message, MessageParser, MessagePart, PartType};

use super::super::discreet::Discreet;
use super::answer::Answer;
use crate::model::{Reply, email_address};

/// A mail of messages in messages is taken apart level by level; so much stack is enough for the most levels that fit.
const STACK: usize = 128 << 20;
/// Fields of a status beyond this are of no interest to anybody.
const MOST_RECIPIENTS: usize = 100;

/// What a mail that came in means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Returned {
    /// A mail could not be delivered and never will be.
    Failed(Bounce),
    /// Nothing follows from it, and why.
    Nothing(&'static str),
}

/// A mail that came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounce {
    /// The content key in its Message-ID; whether it is one of ours only the ledger knows.
    pub uid: String,
    /// The remote's words: no address, no line end, at most 300 characters.
    pub reply: Reply,
    /// The addresses that are said not to exist any more; none when the mail failed for another reason.
    pub addresses: Vec<String>,
}

/// What became of one recipient, of a delivery status.
#[derive(Default)]
struct Fate {
    action: String,
    status: String,
    diagnostic: String,
    original: String,
    last: String,
}

/// Reads a mail of any bytes; never fails, because nobody could be told.
pub fn read(mail: Vec<u8>) -> Returned {
    let reader = thread::Builder::new().stack_size(STACK).spawn(move || {
        let parsed = MessageParser::default().parse(&mail);
        parsed.map_or(Returned::Nothing("it is not a mail"), |message| meaning(&message))
    });
    reader.ok().and_then(|reader| reader.join().ok()).unwrap_or(Returned::Nothing("it cannot be read"))
}

fn meaning(message: &Message<'_>) -> Returned {
    let Some(status) = child(message, is_status) else {
        return Returned::Nothing(if is_automatic(message) { "it is an automatic reply" } else { "it is no report" });
    };
    let fates = fates(&String::from_utf8_lossy(status.contents()));
    // a mail has one recipient; several are a list behind the address, and whoever else got the mail has heard
    let Some(fate) = fates.first().filter(|_| fates.iter().all(Fate::is_final)) else {
        return Returned::Nothing("it reports no final failure");
    };
    match child(message, is_original).and_then(original_id) {
        Some(uid) => Returned::Failed(Bounce { uid, reply: fate.reply(), addresses: fate.dead_addresses() }),
        None => Returned::Nothing("it does not say which mail it is about"),
    }
}

/// A direct part of a report: what is forwarded inside another mail is somebody else's.
fn child<'a>(message: &'a Message<'_>, fits: impl Fn(&str, &str) -> bool) -> Option<&'a MessagePart<'a>> {
    let root = message.parts.first()?;
    let PartType::Multipart(children) = &root.body else { return None };
    if !kind_is(root, |kind, subkind| kind == "multipart" && subkind == "report") {
        return None;
    }
    let mut parts = children.iter().filter_map(|number| message.part(*number));
    parts.find(|part| kind_is(part, &fits))
}

fn kind_is(part: &MessagePart<'_>, fits: impl Fn(&str, &str) -> bool) -> bool {
    let content_type = part.headers.iter().find(|header| header.name == HeaderName::ContentType);
    content_type.and_then(|header| header.value.as_content_type()).is_some_and(|it| {
        fits(&it.ctype().to_ascii_lowercase(), &it.subtype().unwrap_or_default().to_ascii_lowercase())
    })
}

fn is_status(kind: &str, subkind: &str) -> bool {
    kind == "message" && matches!(subkind, "delivery-status" | "global-delivery-status")
}

fn is_original(kind: &str, subkind: &str) -> bool {
    matches!((kind, subkind), ("message", "rfc822" | "global" | "global-headers") | ("text", "rfc822-headers"))
}

/// What stands before the @ of the original's Message-ID.
fn original_id(part: &MessagePart<'_>) -> Option<String> {
    let local = |message: &Message<'_>| {
        let (local, _) = message.message_id()?.trim_start_matches('<').split_once('@')?;
        (!local.is_empty()).then(|| local.to_owned())
    };
    match &part.body {
        PartType::Message(original) => local(original),
        _ => local(&MessageParser::default().parse_headers(part.contents())?),
    }
}

/// Out of office and the like (RFC 3834 and what Exchange writes).
fn is_automatic(message: &Message<'_>) -> bool {
    let says = |name: &'static str| message.header(name).and_then(|value| value.as_text());
    says("Auto-Submitted").is_some_and(|value| !value.trim().eq_ignore_ascii_case("no"))
        || says("X-Auto-Response-Suppress").is_some()
        || says("X-Autoreply").is_some()
        || says("Precedence").is_some_and(|value| value.trim().eq_ignore_ascii_case("auto_reply"))
}

/// The groups of fields about recipients; the first group is about the mail as a whole.
fn fates(text: &str) -> Vec<Fate> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let groups = text.split("\n\n").map(fate).filter(|fate| !fate.action.is_empty());
    groups.take(MOST_RECIPIENTS).collect()
}

fn fate(group: &str) -> Fate {
    let mut fate = Fate::default();
    let mut unwanted = String::new();
    let mut field = &mut unwanted;
    for line in group.lines() {
        let value = match line.split_once(':') {
            // a folded line goes on with the field before
            _ if line.starts_with([' ', '\t']) => line,
            Some((name, value)) => {
                field = match name.trim().to_ascii_lowercase().as_str() {
                    "action" => &mut fate.action,
                    "status" => &mut fate.status,
                    "diagnostic-code" => &mut fate.diagnostic,
                    "original-recipient" => &mut fate.original,
                    "final-recipient" => &mut fate.last,
                    _ => &mut unwanted,
                };
                value
            }
            None => continue,
        };
        field.push(' ');
        field.push_str(value.trim());
    }
    fate
}

impl Fate {
    /// Failed for good: what is delayed is still tried, and what was relayed or expanded may have arrived.
    fn is_final(&self) -> bool {
        first_word(&self.action).eq_ignore_ascii_case("failed") && first_word(&self.status).starts_with("5.")
    }

    /// Of a failure that is about the address itself (RFC 3463: 5.1.x, and 5.2.1 for a closed mailbox).
    fn dead_addresses(&self) -> Vec<String> {
        let status = first_word(&self.status);
        if !status.starts_with("5.1.") && status != "5.2.1" {
            return Vec::new();
        }
        // "rfc822; ada@example.com", after the type of the address
        let written =
            [&self.original, &self.last].map(|field| field.split_once(';').map_or("", |(_, address)| address));
        let known = written.iter().filter_map(|address| email_address(address.trim().trim_matches(['<', '>'])));
        known.map(|address| address.to_string()).collect()
    }

    fn reply(&self) -> Reply {
        // "smtp; 550 5.1.1 no such user", after the type of the code
        let words = self.diagnostic.split_once(';').map_or(self.diagnostic.as_str(), |(_, words)| words).trim();
        let status: String = first_word(&self.status).chars().filter(|it| it.is_ascii_digit() || *it == '.').collect();
        let status: String = status.chars().take(11).collect();
        let smtp = words.split_at_checked(3).and_then(|(code, rest)| Some((code.parse::<u16>().ok()?, rest)));
        let Some((code, rest)) = smtp.filter(|(code, _)| (400..600).contains(code)) else {
            return Reply { code: status, text: Discreet::default().shown(words) };
        };
        let line = rest.trim_start_matches(['-', ' ']).as_bytes().to_vec();
        let answer = Answer::new(code, &[line], &Discreet::default());
        let told = answer.enhanced.is_some();
        let reply = answer.reply();
        if told { reply } else { Reply { code: format!("{code} {status}"), text: reply.text } }
    }
}

fn first_word(text: &str) -> &str {
    text.split_ascii_whitespace().next().unwrap_or_default()
}
