//! What a rule can look for.

use serde::Deserialize;

/// What a rule looks for; also the name of the event in an agent's preferences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watch {
    /// Messages that the responsible agent has not read.
    Unread,
    /// Conversations that no person has answered.
    Unreplied,
    /// Replies that the contact has not seen.
    UnseenReply,
    /// A new chat that no person has answered yet.
    FirstMessage,
    /// A message in a chat that a person has answered before.
    NewMessage,
    /// A conversation was given to an agent.
    Assigned,
    /// A conversation was passed on to another agent.
    Transferred,
    /// An agent was asked to join a conversation.
    Invited,
    /// The chatbot gave a conversation to people.
    Handover,
    /// An agent asks for help.
    Assistance,
    /// The contact gave up.
    Cancelled,
    /// A deadline comes near.
    SlaWarning,
    /// A deadline has passed.
    SlaBreach,
}

/// The driving relation of a watch: where a pass starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// `waiting_conversations`
    Waiting,
    /// `unread_conversations`
    Unread,
    /// `unseen_replies`
    UnseenReplies,
    /// `desk_events`
    Events,
    /// `sla_deadlines`
    Deadlines,
}

impl Watch {
    /// Every watch, in the order of the manual.
    pub const ALL: [Self; 13] = [
        Self::Unread,
        Self::Unreplied,
        Self::UnseenReply,
        Self::FirstMessage,
        Self::NewMessage,
        Self::Assigned,
        Self::Transferred,
        Self::Invited,
        Self::Handover,
        Self::Assistance,
        Self::Cancelled,
        Self::SlaWarning,
        Self::SlaBreach,
    ];

    /// The word in settings, preferences and logs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unread => "unread",
            Self::Unreplied => "unreplied",
            Self::UnseenReply => "unseen_reply",
            Self::FirstMessage => "first_message",
            Self::NewMessage => "new_message",
            Self::Assigned => "assigned",
            Self::Transferred => "transferred",
            Self::Invited => "invited",
            Self::Handover => "handover",
            Self::Assistance => "assistance",
            Self::Cancelled => "cancelled",
            Self::SlaWarning => "sla_warning",
            Self::SlaBreach => "sla_breach",
        }
    }

    /// Reads what [`Watch::word`] wrote.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|watch| watch.word() == word)
    }

    /// Where a pass starts for it.
    pub fn relation(self) -> Relation {
        match self {
            Self::Unread => Relation::Unread,
            Self::Unreplied | Self::FirstMessage | Self::NewMessage => Relation::Waiting,
            Self::UnseenReply => Relation::UnseenReplies,
            Self::SlaWarning | Self::SlaBreach => Relation::Deadlines,
            _ => Relation::Events,
        }
    }

    /// Whether it is about what a contact wrote, so that guests, bots and reading have a say.
    pub fn is_about_messages(self) -> bool {
        matches!(self.relation(), Relation::Waiting | Relation::Unread)
    }

    /// Whether an agent who has read the message need not hear of it.
    ///
    /// `unreplied` asks for an answer, not for reading.
    pub fn ends_by_reading(self) -> bool {
        matches!(self, Self::Unread | Self::FirstMessage | Self::NewMessage)
    }
}
