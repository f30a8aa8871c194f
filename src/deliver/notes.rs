//! Text messages, pushes and browser notifications as files: what a provider would be handed, as JSON.
//! Safe to repeat: the same notification has the same file.

mod file;

use std::path::PathBuf;
use std::time::Duration;

use super::carrier::Carrier;
use super::{Notification, outbox};
use crate::model::{Channel, Note, OnAmbiguous, Outcome, Reply};

/// What is written to a file waits for the disk only.
const LANES: usize = 4;

/// The way out for the notifications of one channel.
#[derive(Debug, Clone)]
pub struct Outbox {
    channel: Channel,
    folder: PathBuf,
    shows_message: bool,
    segments: usize,
}

impl Outbox {
    /// The folder of a channel; `shows_message` says whether a notification shows what was said.
    pub fn new(channel: Channel, folder: PathBuf, shows_message: bool) -> Self {
        Self { channel, folder, shows_message, segments: 1 }
    }

    /// The same, with text messages of up to so many segments.
    #[must_use]
    pub fn of_segments(self, segments: usize) -> Self {
        Self { segments, ..self }
    }
}

impl Carrier for Outbox {
    /// Writes one notification; a repeat overwrites itself.
    fn send(&self, notification: &Notification) -> Outcome {
        let Ok(content) = file::content(self.channel, notification, self.shows_message, self.segments) else {
            let reply = Reply { code: String::new(), text: "the notification cannot be written as JSON".into() };
            return Outcome::RefusedMessage(reply);
        };
        let name = outbox::file_name(&notification.recipient.id.to_string(), &notification.uid, "json");
        outbox::write(&self.folder, &name, &content, key(self.channel))
    }

    /// Writes and removes a file: whether the folder can be used, or why not.
    fn probe(&self) -> Result<String, Outcome> {
        outbox::probe(&self.folder).map_err(|error| outbox::unwritten(key(self.channel), &error))?;
        Ok(self.destination())
    }

    fn destination(&self) -> String {
        format!("notifications are written to {} and leave this machine no further", self.folder.display())
    }

    fn lanes(&self) -> usize {
        LANES
    }

    /// What is written to a file is never in doubt for long: a repeat overwrites itself.
    fn on_ambiguous(&self) -> OnAmbiguous {
        OnAmbiguous::Resend
    }

    fn longest_attempt(&self) -> Duration {
        Duration::ZERO
    }
}

/// What a push or a browser notification says of a note's body.
pub fn push_body(note: &Note) -> String {
    file::cut(&note.body)
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
