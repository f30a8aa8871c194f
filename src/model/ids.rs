//! Names of things: the desk's own ids as text, and who is told.

use std::fmt;
use std::sync::Arc;

/// Declares text ids that cannot be taken for one another and are cheap to clone.
macro_rules! text_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id as the desk or the settings write it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<T: Into<Arc<str>>> From<T> for $name {
            fn from(text: T) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

text_ids! {
    /// One customer organisation of a desk that serves several.
    AccountId,
    /// A person who answers.
    AgentId,
    /// A person who asks.
    ContactId,
    /// A thread of messages with one contact.
    ConversationId,
    /// A team, department, inbox or mailbox, prefixed by its kind (`team:7`).
    GroupId,
    /// One message of a conversation.
    MessageId,
    /// A rule's name: the NAME of `[rule.NAME]`, its identity in the ledger.
    RuleName,
}

/// Who is told: `agent:7`, `contact:12`, or `person:oncall` for somebody from the settings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecipientId {
    /// An agent of the desk.
    Agent(AgentId),
    /// A contact of the desk.
    Contact(ContactId),
    /// A name under `[people]` in the settings.
    Person(Arc<str>),
}

impl RecipientId {
    /// Reads what [`fmt::Display`] wrote; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, id) = text.split_once(':')?;
        match kind {
            "agent" => Some(Self::Agent(id.into())),
            "contact" => Some(Self::Contact(id.into())),
            "person" => Some(Self::Person(id.into())),
            _ => None,
        }
    }

    /// The agent's id, if this is an agent.
    pub fn agent(&self) -> Option<&AgentId> {
        match self {
            Self::Agent(id) => Some(id),
            Self::Contact(_) | Self::Person(_) => None,
        }
    }

    /// The contact's id, if this is a contact.
    pub fn contact(&self) -> Option<&ContactId> {
        match self {
            Self::Contact(id) => Some(id),
            Self::Agent(_) | Self::Person(_) => None,
        }
    }
}

impl fmt::Display for RecipientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agent(id) => write!(f, "agent:{id}"),
            Self::Contact(id) => write!(f, "contact:{id}"),
            Self::Person(name) => write!(f, "person:{name}"),
        }
    }
}
