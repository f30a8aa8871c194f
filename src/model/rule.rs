//! What the operator wants: which conversations, who hears, how and when.

use std::fmt;
use std::sync::Arc;

use chrono::TimeDelta;
use chrono_tz::Tz;
use serde::Deserialize;

use super::{Role, RuleName};

/// What a rule looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watch {
    /// Messages that the responsible agent has not read.
    Unread,
    /// Conversations that no person has answered.
    Unreplied,
}

impl Watch {
    /// The word in settings, preferences and logs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unread => "unread",
            Self::Unreplied => "unreplied",
        }
    }
}

/// A way to reach people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// Email by SMTP.
    Email,
}

impl Channel {
    /// The word in settings, preferences, ledger and help.
    pub fn word(self) -> &'static str {
        match self {
            Self::Email => "email",
        }
    }

    /// Reads what [`Channel::word`] wrote.
    pub fn parse(word: &str) -> Option<Self> {
        (word == "email").then_some(Self::Email)
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A circle of people around a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// The agent who is responsible.
    Assignee,
    /// The agent who answered last.
    LastAgent,
    /// The members of the conversation's group.
    Group,
    /// Every agent.
    AllAgents,
    /// Somebody from `[people]` in the settings (`fallback` is such a name).
    Person(Arc<str>),
}

/// One entry of a rule's `tell`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tell {
    /// Who.
    pub audience: Audience,
    /// True when written with `else`: only if nobody stands before it in the list.
    pub otherwise: bool,
}

/// Whether presence decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Tell people wherever they are.
    Always,
    /// Tell only people who are not at the desk.
    Away,
}

/// How much of a conversation a digest shows, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Show {
    /// That somebody waits, not what was said.
    None,
    /// The first line of the latest message.
    Snippet,
    /// The latest message.
    Latest,
    /// The latest message and those before it that wait as well.
    Conversation,
}

/// Somebody from `[people]`: reached without being an agent of the desk.
#[derive(Debug, Clone)]
pub struct Named {
    /// Display name.
    pub name: String,
    /// Address for email.
    pub email: Option<String>,
    /// The zone in which this person reads times.
    pub time_zone: Option<Tz>,
}

/// One rule of the settings, as far as deciding needs it.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its name and identity.
    pub name: RuleName,
    /// What it looks for.
    pub watch: Watch,
    /// How long the first message not yet told about may wait before anybody hears.
    pub grace: TimeDelta,
    /// Whether messages of guests count.
    pub guests: bool,
    /// Who hears, in order.
    pub tell: Vec<Tell>,
    /// Whether presence decides.
    pub when: When,
    /// Roles that are left out.
    pub except_roles: Vec<Role>,
    /// The ways people are reached.
    pub via: Vec<Channel>,
    /// How much of the conversation is shown.
    pub show: Show,
    /// The template set: empty for the shared digest, else a set of the rule's own.
    pub template: Arc<str>,
}
