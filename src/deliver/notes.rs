//! Text messages, pushes and browser notifications as files: what a provider would be handed, as JSON.
//! Safe to repeat: the same notification has the same file.

mod file;
mod segment;

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::outbox;
use crate::model::{Channel, Note, Outcome, Recipient, Reply};

/// The keys of `[sms]`, `[push]` and `[desktop]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// A folder in which every notification is written as a .json file.
    pub outbox: PathBuf,
}

/// One notification to one number or device.
#[derive(Debug, Clone)]
pub struct Notification {
    /// Who is notified, with the number or the device.
    pub recipient: Recipient,
    /// What it says.
    pub note: Note,
    /// The key of its thread: a newer notification with the same key takes its place.
    pub collapse: String,
    /// The content key: the same for a repeat.
    pub uid: String,
    /// When it is written.
    pub now: DateTime<Utc>,
}

/// The way out for the notifications of one channel.
#[derive(Debug, Clone)]
pub struct Outbox {
    channel: Channel,
    folder: PathBuf,
}

impl Outbox {
    /// The folder of a channel; a relative path begins at `folder`.
    pub fn new(channel: Channel, settings: &Settings, folder: &Path) -> Self {
        Self { channel, folder: folder.join(&settings.outbox) }
    }

    /// Where the notifications go, for people.
    pub fn destination(&self) -> String {
        format!("notifications are written to {} and leave this machine no further", self.folder.display())
    }

    /// Writes and removes a file: whether the folder can be used, or why not.
    pub fn probe(&self) -> Result<(), Outcome> {
        outbox::probe(&self.folder).map_err(|error| outbox::unwritten(key(self.channel), &error))
    }

    /// Writes one notification; a repeat overwrites itself.
    pub fn send(&self, notification: &Notification) -> Outcome {
        let Ok(content) = file::content(self.channel, notification) else {
            let reply = Reply { code: String::new(), text: "the notification cannot be written as JSON".into() };
            return Outcome::RefusedMessage(reply);
        };
        let name = outbox::file_name(&notification.recipient.id.to_string(), &notification.uid, "json");
        outbox::write(&self.folder, &name, &content, key(self.channel))
    }
}

/// The settings key that names the folder of a channel.
pub fn key(channel: Channel) -> &'static str {
    match channel {
        Channel::Push => "push.outbox",
        Channel::Desktop => "desktop.outbox",
        Channel::Sms | Channel::Email | Channel::InApp => "sms.outbox",
    }
}

/// What a person can do about an outcome, in a sentence; empty where nothing needs doing.
pub fn remedy(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Misconfigured { key: "push.outbox", .. } => "let push.outbox name a folder that doorbell may write to",
        Outcome::Misconfigured { key: "desktop.outbox", .. } => {
            "let desktop.outbox name a folder that doorbell may write to"
        }
        Outcome::Misconfigured { .. } => "let sms.outbox name a folder that doorbell may write to",
        Outcome::Deferred(..) => "free space on that disk; it is tried again in a later pass",
        _ => "",
    }
}

#[cfg(test)]
mod tests;
