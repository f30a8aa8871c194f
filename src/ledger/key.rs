//! Keys from content: the same digest has the same key, whatever happened to the ledger in between.

use std::borrow::Cow;
use std::fmt::Write;

use aws_lc_rs::digest::{Context, SHA256, digest};

use chrono::{DateTime, Utc};

use crate::model::{Channel, Delivery, Digest, Item};

/// The content key of a delivery, 32 hexadecimal digits: the same recipient and messages give the same key.
///
/// A ledger that was restored from a backup makes the same Message-ID again, so that receivers can drop the copy.
pub fn uid(install_id: &str, delivery: &Delivery, items: &[Item]) -> String {
    let mut context = Context::new(&SHA256);
    let mut part = |text: &str| {
        // a separator that no id holds keeps "ab" + "c" apart from "a" + "bc"
        context.update(text.as_bytes());
        context.update(&[0]);
    };
    part(install_id);
    part(delivery.account.as_ref().map_or("", |account| account.as_str()));
    part(&delivery.recipient.to_string());
    part(delivery.channel.word());
    part(&delivery.subject);
    if !delivery.endpoint.is_empty() {
        part(&delivery.endpoint);
    }
    let mut contents: Vec<_> =
        items.iter().map(|item| (item.conversation.as_str(), item.rule.as_str(), key_of(item))).collect();
    contents.sort_unstable();
    for (conversation, rule, message) in contents {
        part(conversation);
        part(rule);
        part(&message);
    }
    hexadecimal(context.finish().as_ref().get(..16).unwrap_or_default())
}

/// What is told of a conversation: its message, or the event or deadline by its own name and time; and which time in
/// a row, for the same message may be meant to be told again.
fn key_of(item: &Item) -> Cow<'_, str> {
    let again = if item.step > 1 { format!("\0{}", item.step) } else { String::new() };
    let message = item.latest.id.as_str();
    if item.matter.is_empty() && again.is_empty() {
        message.into()
    } else if item.matter.is_empty() {
        format!("{message}{again}").into()
    } else {
        format!("{}\0{}\0{message}{again}", item.matter, item.latest.at.timestamp_millis()).into()
    }
}

/// The key of the thread a digest belongs to: its conversation, or the recipient's day when it has several; where each
/// is a notification of its own, its subject, so that an event does not take the place of a message.
pub fn thread_key(digest: &Digest, now: DateTime<Utc>) -> String {
    let account = digest.account.as_ref().map_or("", |account| account.as_str());
    let (first, others) = (digest.items.first(), digest.items.iter().skip(1));
    let topic = match first {
        _ if digest.channel.is_per_conversation() => format!("conversation\0{}", digest.subject),
        Some(first) if others.clone().all(|other| other.conversation == first.conversation) => {
            format!("conversation\0{}", first.conversation)
        }
        _ => {
            let day = now.with_timezone(&digest.recipient.time_zone).date_naive();
            format!("digest\0{}\0{day}", digest.recipient.id)
        }
    };
    fingerprint_of(&format!("{account}\0{topic}"))
}

/// The key of an address on a channel, 64 hexadecimal digits: the ledger knows it again without keeping it.
///
/// The case of an email address does not count.
pub(super) fn address_key(install_id: &str, channel: Channel, address: &str) -> String {
    let lower = (channel == Channel::Email).then(|| address.to_ascii_lowercase());
    let mut context = Context::new(&SHA256);
    for part in [install_id, channel.word(), lower.as_deref().unwrap_or(address)] {
        context.update(part.as_bytes());
        context.update(&[0]);
    }
    hexadecimal(context.finish().as_ref())
}

/// 32 hexadecimal digits that stand for a text.
pub fn fingerprint_of(text: &str) -> String {
    hexadecimal(digest(&SHA256, text.as_bytes()).as_ref().get(..16).unwrap_or_default())
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // writing to a String cannot fail
        let _ = write!(text, "{byte:02x}");
        text
    })
}
