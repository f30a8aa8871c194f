//! What the desk says: conversations that wait, and everybody around them.

use std::cmp::Ordering;
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;

use super::{AccountId, AgentId, ContactId, ConversationId, GroupId, MessageId};

/// A message by its place in the conversation's order: (time, id).
///
/// Shorter ids come first and ids of one length go by their text: that is the order of numbers without leading
/// zeros, which the desk goes by (9 before 10), and of any ids that are all equally long.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MessageRef {
    /// When it was written.
    pub at: DateTime<Utc>,
    /// Its id, which decides between two messages of one instant.
    pub id: MessageId,
}

impl Ord for MessageRef {
    fn cmp(&self, other: &Self) -> Ordering {
        let place = |it: &Self| (it.at, it.id.as_str().len());
        place(self).cmp(&place(other)).then_with(|| self.id.cmp(&other.id))
    }
}

impl PartialOrd for MessageRef {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A row of a driving relation: a conversation in which somebody waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The conversation.
    pub conversation: ConversationId,
    /// When the first message that waits was written.
    pub since: DateTime<Utc>,
    /// The latest message of the contact.
    pub latest: MessageRef,
}

/// Whether a conversation wants an answer now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// People work on it.
    Open,
    /// A bot has it in hand.
    Pending,
    /// Put aside until later.
    Snoozed,
    /// Done.
    Resolved,
}

/// What the chatbot does in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BotState {
    /// No bot takes part.
    None,
    /// The bot is at it.
    Active,
    /// The bot has answered the query.
    Answered,
    /// The bot gave the conversation to people.
    HandedOver,
}

/// A conversation, without its messages.
#[derive(Debug, Clone)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// Whose customers talk here; `None` on a desk of one organisation.
    pub account: Option<AccountId>,
    /// The number people call it by.
    pub number: Option<String>,
    /// Its subject line.
    pub subject: Option<String>,
    /// Whether it wants an answer.
    pub status: Status,
    /// Who is responsible.
    pub assignee: Option<AgentId>,
    /// Who answered last.
    pub last_agent: Option<AgentId>,
    /// Which group it belongs to.
    pub group: Option<GroupId>,
    /// Who asks.
    pub contact: Option<ContactId>,
    /// What the chatbot does in it.
    pub bot: BotState,
}

/// An agent's standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Answers conversations.
    Agent,
    /// Looks after agents.
    Supervisor,
    /// Runs the desk.
    Admin,
}

/// A person who answers.
#[derive(Debug, Clone)]
pub struct Agent {
    /// The agent's id.
    pub id: AgentId,
    /// The organisation the agent belongs to; `None` reaches all.
    pub account: Option<AccountId>,
    /// Display name, as the desk has it.
    pub name: String,
    /// Address for email, as the desk has it (unchecked).
    pub email: Option<String>,
    /// Standing.
    pub role: Role,
    /// False once the person has left.
    pub active: bool,
    /// The zone the agent reads times in.
    pub time_zone: Option<Tz>,
}

/// Whether a contact is known or came by web chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactKind {
    /// Saved in the address book.
    Contact,
    /// A visitor without an entry.
    Guest,
}

/// A person who asks.
#[derive(Debug, Clone)]
pub struct Contact {
    /// The contact's id.
    pub id: ContactId,
    /// Display name, if known.
    pub name: Option<String>,
    /// Saved contact or visitor.
    pub kind: ContactKind,
    /// True when the desk does not want to hear from them.
    pub blocked: bool,
    /// Picture, if the desk has one.
    pub avatar_url: Option<String>,
}

/// A team, department, inbox or mailbox.
#[derive(Debug, Clone)]
pub struct Group {
    /// The group's id.
    pub id: GroupId,
    /// Display name.
    pub name: String,
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
    /// When somebody last did something; `None` = never or unknown.
    pub last_active_at: Option<DateTime<Utc>>,
}

/// How a message's body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFormat {
    /// Plain text.
    Text,
    /// Markdown, shown as it was typed.
    Markdown,
    /// HTML; the desk room reduces it to text.
    Html,
    /// Forum markup; the desk room takes its tags out.
    Bbcode,
}

/// A file that came with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// What to call it.
    pub filename: String,
    /// Size in bytes, if known.
    pub byte_size: Option<u64>,
    /// Where to fetch it, unchecked.
    pub url: Option<String>,
}

/// What the desk says about the conversations at hand and everybody who may be told.
#[derive(Debug, Default)]
pub struct Facts {
    /// The conversations.
    pub conversations: HashMap<ConversationId, Conversation>,
    /// Who asks in them.
    pub contacts: HashMap<ContactId, Contact>,
    /// Who may be told.
    pub agents: HashMap<AgentId, Agent>,
    /// The groups of the conversations.
    pub groups: HashMap<GroupId, Group>,
    /// Where the agents are; absent = unknown.
    pub presence: HashMap<AgentId, Presence>,
    /// How far each agent has read each conversation; absent = never.
    pub seen: HashMap<(ConversationId, AgentId), DateTime<Utc>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_one_instant_are_ordered_by_their_numbers() {
        let at = DateTime::UNIX_EPOCH;
        let place = |id: &str| MessageRef { at, id: id.into() };
        let later = MessageRef { at: at + chrono::TimeDelta::milliseconds(1), id: "1".into() };
        let mut places = [later.clone(), place("100"), place("10"), place("9"), place("11"), place("")];
        places.sort();
        assert_eq!(places, [place(""), place("9"), place("10"), place("11"), place("100"), later]);
    }
}
