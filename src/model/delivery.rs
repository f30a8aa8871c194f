//! What goes out, and what became of it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;

use super::{AccountId, Channel, ConversationId, Device, Gateway, MessageRef, RecipientId, RuleName, Why};

/// Somebody who hears, with the address for one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Who.
    pub id: RecipientId,
    /// Display name; control characters are taken out.
    pub name: String,
    /// The address on the channel: a checked mailbox for email, a number for SMS, a token for a device.
    pub address: Arc<str>,
    /// The device, where the channel reaches devices.
    pub device: Option<Arc<Device>>,
    /// The zone in which times are written for them.
    pub time_zone: Tz,
}

/// One conversation in a digest, by one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The rule that tells.
    pub rule: RuleName,
    /// The conversation.
    pub conversation: ConversationId,
    /// What of the conversation: empty for its messages, else the event or the deadline.
    pub matter: Arc<str>,
    /// The latest message: the mark moves here when the digest is settled.
    pub latest: MessageRef,
    /// Since when the conversation waits.
    pub since: DateTime<Utc>,
    /// Why this recipient.
    pub why: Why,
    /// How many times in a row this is told without a pause, for throttles; from 1.
    pub step: u32,
}

/// Everything one recipient hears on one channel in one pass, longest waiting first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// The organisation; links and digests never mix two.
    pub account: Option<AccountId>,
    /// Who hears.
    pub recipient: Recipient,
    /// How.
    pub channel: Channel,
    /// What keeps it apart from another open digest of the recipient; see [`Digest::subject_of`].
    pub subject: Arc<str>,
    /// Not before this: the recipient rests until then.
    pub not_before: Option<DateTime<Utc>>,
    /// What, longest waiting first; each (rule, conversation) once.
    pub items: Vec<Item>,
}

impl Recipient {
    /// The device's id, on channels that reach devices; else empty.
    pub fn endpoint(&self) -> &str {
        self.device.as_ref().map_or("", |device| &device.id)
    }
}

impl Digest {
    /// Where each conversation is a notification of its own: the conversation, and of an event or a deadline the matter,
    /// which would else hide behind a message that waits; on other channels the template set of the rule, empty for the
    /// shared one.
    pub fn subject_of(channel: Channel, conversation: &ConversationId, matter: &str, template: &Arc<str>) -> Arc<str> {
        match (channel.is_per_conversation(), matter) {
            (false, _) => template.clone(),
            (true, "") => conversation.as_str().into(),
            (true, matter) => format!("{conversation}:{matter}").into(),
        }
    }

    /// How many conversations it is about: one that two rules tell of counts once.
    pub fn conversations(&self) -> usize {
        self.items.iter().map(|item| &item.conversation).collect::<HashSet<_>>().len()
    }
}

/// A digest in the ledger, claimed by this pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its number in the ledger.
    pub id: i64,
    /// The organisation.
    pub account: Option<AccountId>,
    /// Who hears.
    pub recipient: RecipientId,
    /// How.
    pub channel: Channel,
    /// By which way out.
    pub gateway: Gateway,
    /// The device, on channels that reach devices; else empty.
    pub endpoint: Arc<str>,
    /// What keeps it apart from another open delivery of the recipient; see [`Digest::subject_of`].
    pub subject: Arc<str>,
    /// Which attempt this claim is, from 1.
    pub attempt: u32,
    /// The content key of an attempt that may have arrived: what is sent again must be the same.
    pub frozen_uid: Option<String>,
    /// When it was queued: retries give up by age.
    pub queued_at: DateTime<Utc>,
    /// What was to be told when it was queued.
    pub items: Vec<Item>,
}

/// What becomes of a delivery that may have arrived: a channel's `on_ambiguous`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnAmbiguous {
    /// It is sent once more as it was: told twice rather than never.
    #[default]
    Resend,
    /// It is left to a person at once: never told twice.
    Hold,
}

impl OnAmbiguous {
    /// The word in settings and ledger.
    pub fn word(self) -> &'static str {
        match self {
            Self::Resend => "resend",
            Self::Hold => "hold",
        }
    }
}

/// A provider's answer in its own words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reply {
    /// The code, such as `550 5.1.1`; empty when there was none.
    pub code: String,
    /// The text, without addresses and at most 300 characters.
    pub text: String,
}

impl Reply {
    /// Code and text in one.
    pub fn words(&self) -> String {
        format!("{} {}", self.code, self.text).trim().to_owned()
    }
}

/// What became of one attempt, the same for every channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The provider took it.
    Accepted(Reply),
    /// Worth another try on a later pass, not before the given wait if there is one.
    Deferred(Option<Duration>, Reply),
    /// This address will never work; others go on.
    RefusedRecipient(Reply),
    /// This message can never go; the address is fine.
    RefusedMessage(Reply),
    /// The whole channel cannot work until somebody changes the named setting.
    Misconfigured {
        /// The settings key to look at, such as `email.password_file`.
        key: &'static str,
        /// The provider's words.
        reply: Reply,
    },
    /// It was handed over and the answer was lost: it may have arrived.
    Unknown(Reply),
}

impl Outcome {
    /// The settings key at fault, if one is.
    pub fn key(&self) -> Option<&'static str> {
        match self {
            Self::Misconfigured { key, .. } => Some(key),
            _ => None,
        }
    }

    /// What the provider said.
    pub fn reply(&self) -> &Reply {
        match self {
            Self::Accepted(reply)
            | Self::Deferred(_, reply)
            | Self::RefusedRecipient(reply)
            | Self::RefusedMessage(reply)
            | Self::Misconfigured { reply, .. }
            | Self::Unknown(reply) => reply,
        }
    }
}
