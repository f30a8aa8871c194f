//! The people around conversations: who they are, where they are, what they want to hear.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;

use super::{AccountId, AgentId, Channel, ContactId, GroupId, Language};

/// An agent's standing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Answers conversations.
    #[default]
    Agent,
    /// Looks after agents.
    Supervisor,
    /// Runs the desk.
    Admin,
}

/// A person who answers.
#[derive(Debug, Clone, Default)]
pub struct Agent {
    /// The agent's id.
    pub id: AgentId,
    /// The organisation the agent belongs to; `None` reaches all.
    pub account: Option<AccountId>,
    /// Display name, as the desk has it.
    pub name: String,
    /// Address for email, as the desk has it (unchecked).
    pub email: Option<String>,
    /// Number for text messages, as the desk has it (unchecked).
    pub phone: Option<String>,
    /// Picture, if the desk has one.
    pub avatar_url: Option<String>,
    /// Standing.
    pub role: Role,
    /// False once the person has left.
    pub active: bool,
    /// The language the agent reads.
    pub language: Option<Language>,
    /// The zone the agent reads times in.
    pub time_zone: Option<Tz>,
}

/// Whether a contact is known or came by web chat.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ContactKind {
    /// Saved in the address book.
    #[default]
    Contact,
    /// A visitor without an entry.
    Guest,
}

/// A person who asks.
#[derive(Debug, Clone, Default)]
pub struct Contact {
    /// The contact's id.
    pub id: ContactId,
    /// The organisation whose customer this is; `None` reaches all.
    pub account: Option<AccountId>,
    /// Display name, if known.
    pub name: Option<String>,
    /// Saved contact or visitor.
    pub kind: ContactKind,
    /// True when the desk does not want to hear from them.
    pub blocked: bool,
    /// Picture, if the desk has one.
    pub avatar_url: Option<String>,
    /// Address for email, as the desk has it (unchecked).
    pub email: Option<String>,
    /// Number for text messages, as the desk has it (unchecked).
    pub phone: Option<String>,
    /// Whether they want text messages; `None` = never asked.
    pub sms_consent: Option<bool>,
    /// The language the contact reads.
    pub language: Option<Language>,
    /// The zone the contact reads times in.
    pub time_zone: Option<Tz>,
    /// When they last did something anywhere.
    pub last_active_at: Option<DateTime<Utc>>,
}

/// A team, department, inbox or mailbox.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// The group's id.
    pub id: GroupId,
    /// Display name.
    pub name: String,
    /// Whether it is a department.
    pub is_department: bool,
    /// Its agents, in id order.
    pub members: Vec<AgentId>,
}

/// What the desk's presence service says of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PresenceStatus {
    /// At the desk.
    Online,
    /// Logged in, not looking.
    Away,
    /// At the desk, not to be disturbed.
    Busy,
    /// Logged out.
    Offline,
}

/// Where somebody was last seen.
#[derive(Debug, Clone, Default)]
pub struct Presence {
    /// The stated status; `None` = the desk does not know.
    pub status: Option<PresenceStatus>,
    /// `console`, `inbox`, `dashboard` or `conversation:ID`; empty = somewhere.
    pub surface: Arc<str>,
    /// When somebody last did something; `None` = never or unknown.
    pub last_active_at: Option<DateTime<Utc>>,
}

/// Whose network a device is reached by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Provider {
    /// Apple's.
    Apns,
    /// Google's.
    Fcm,
    /// A browser's own (RFC 8030).
    WebPush,
    /// `OneSignal`.
    OneSignal,
    /// Pusher Beams.
    Beams,
}

impl Provider {
    /// Every provider with its word in the desk.
    pub const ALL: [(&str, Self); 5] = [
        ("apns", Self::Apns),
        ("fcm", Self::Fcm),
        ("webpush", Self::WebPush),
        ("onesignal", Self::OneSignal),
        ("beams", Self::Beams),
    ];

    /// Its word in the desk and in the outbox.
    pub fn word(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, provider)| *provider == self).map_or("", |(word, _)| word)
    }
}

/// A phone or a browser that can be pushed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The device's id on the desk.
    pub id: Arc<str>,
    /// Whose network reaches it.
    pub provider: Provider,
    /// Its token, endpoint or user id there.
    pub token: Arc<str>,
    /// The browser's public key.
    pub p256dh: Option<String>,
    /// The browser's secret.
    pub auth: Option<String>,
    /// What kind of device.
    pub platform: Option<String>,
    /// The application it belongs to.
    pub app_id: Option<String>,
}

impl Device {
    /// Whether it is a browser, and not a phone.
    pub fn is_browser(&self) -> bool {
        self.provider == Provider::WebPush
    }
}

/// Whose conversations an agent wants to hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everybody's.
    All,
    /// Those they are responsible for.
    Mine,
}

/// One row of an agent's preferences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preference {
    /// The event: a watch's word.
    pub event: Arc<str>,
    /// The channel.
    pub channel: Channel,
    /// Only for conversations of this group; `None` = for all.
    pub group: Option<GroupId>,
    /// Whether it is on.
    pub enabled: bool,
    /// Whose conversations; `None` = all.
    pub scope: Option<Scope>,
    /// Whether conversations that nobody is assigned to count; `None` = they do.
    pub unassigned: Option<bool>,
}
