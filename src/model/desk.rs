//! What the desk says: conversations that wait, and everybody around them.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::people::{Agent, Contact, Device, Group, Preference, Presence};
use super::{AccountId, AgentId, Availability, ContactId, ConversationId, GroupId, MessageId, RecipientId};

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

/// Something that happened on the desk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// The agent who did it.
    pub actor: Option<AgentId>,
    /// The agent whom it concerns.
    pub target: Option<AgentId>,
}

/// A row of a driving relation: a conversation in which somebody waits, an event, or a deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The conversation.
    pub conversation: ConversationId,
    /// What of the conversation: empty for its messages, else the event's id or the deadline's metric. Each is told
    /// on its own.
    pub matter: Arc<str>,
    /// When the first message that waits was written, the event happened, or the warning or breach fell due.
    pub since: DateTime<Utc>,
    /// The latest message that waits; for an event its id, for a deadline its due time without an id.
    pub latest: MessageRef,
    /// Who did what to whom, for events.
    pub event: Option<Event>,
}

/// Whether a conversation wants an answer now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Status {
    /// People work on it.
    #[default]
    Open,
    /// A bot has it in hand.
    Pending,
    /// Put aside until later.
    Snoozed,
    /// Done.
    Resolved,
}

/// What the chatbot does in a conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BotState {
    /// No bot takes part.
    #[default]
    None,
    /// The bot is at it.
    Active,
    /// The bot has answered the query.
    Answered,
    /// The bot gave the conversation to people.
    HandedOver,
}

/// A conversation, without its messages.
#[derive(Debug, Clone, Default)]
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
    /// Where a bot takes part: since when the contact waits for a word of the bot; `None` = the bot spoke last.
    pub bot_silent_since: Option<DateTime<Utc>>,
    /// Whether the contact waits for an answer of a person.
    pub waiting: bool,
    /// When a person last answered; `None` = never.
    pub replied_at: Option<DateTime<Utc>>,
    /// How far any agent has read it.
    pub agents_seen_at: Option<DateTime<Utc>>,
    /// When the contact last looked at it or wrote in it.
    pub contact_seen_at: Option<DateTime<Utc>>,
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
    /// Where the agents are, a row per surface; absent = unknown.
    pub presence: HashMap<AgentId, Vec<Presence>>,
    /// Where the contacts are, a row per surface; absent = unknown.
    pub contact_presence: HashMap<ContactId, Vec<Presence>>,
    /// How far each agent has read each conversation; absent = never.
    pub seen: HashMap<(ConversationId, AgentId), DateTime<Utc>>,
    /// What agents switched on or off; absent = on.
    pub preferences: HashMap<AgentId, Vec<Preference>>,
    /// When agents may be disturbed, and who stands in for them; absent = always.
    pub availability: HashMap<AgentId, Availability>,
    /// Phones and browsers.
    pub devices: HashMap<RecipientId, Vec<Arc<Device>>>,
}

impl Facts {
    /// Takes in what others say; what both say, they say of the same desk.
    pub fn extend(&mut self, others: Self) {
        self.conversations.extend(others.conversations);
        self.contacts.extend(others.contacts);
        self.agents.extend(others.agents);
        self.groups.extend(others.groups);
        self.presence.extend(others.presence);
        self.contact_presence.extend(others.contact_presence);
        self.seen.extend(others.seen);
        self.preferences.extend(others.preferences);
        self.availability.extend(others.availability);
        self.devices.extend(others.devices);
    }
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
