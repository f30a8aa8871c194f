//! Every decision is a value that carries its reason.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Channel, ConversationId, MessageRef, RecipientId, RuleName};

/// What is with the assignee when the group hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignee {
    /// Nobody is assigned.
    Nobody,
    /// Somebody is assigned who cannot be told.
    Unreachable,
    /// Somebody is assigned who can be told as well: no reason for the group to hear.
    Reachable,
}

/// Why somebody hears: part of the digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// Responsible for the conversation.
    Assignee,
    /// Answered last.
    LastAgent,
    /// A member of the conversation's group.
    Group {
        /// The group's display name.
        name: Arc<str>,
        /// What is with the assignee meanwhile.
        assignee: Assignee,
    },
    /// Every agent hears.
    AllAgents,
    /// Named in the settings.
    Person,
}

impl Why {
    /// The word kept in the ledger.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Assignee => "assignee",
            Self::LastAgent => "last_agent",
            Self::Group { .. } => "group",
            Self::AllAgents => "all_agents",
            Self::Person => "person",
        }
    }

    /// The half sentence shown to the recipient, after "because".
    pub fn sentence(&self) -> String {
        match self {
            Self::Assignee => "you are assigned".into(),
            Self::LastAgent => "you answered last".into(),
            Self::Group { name, assignee } => match assignee {
                Assignee::Nobody => format!("nobody is assigned and you are in {name}"),
                Assignee::Unreachable => format!("the assignee cannot be told and you are in {name}"),
                Assignee::Reachable => format!("you are in {name}"),
            },
            Self::AllAgents => "every agent is told".into(),
            Self::Person => "the settings name you".into(),
        }
    }
}

/// Why somebody does not hear, or not yet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The latest message was told before.
    AlreadyTold,
    /// The wait is shorter than the rule's grace.
    Grace,
    /// Older than the limit that keeps a first run from telling a whole backlog.
    BeforeFirstRun,
    /// Written by a guest, and the rule leaves guests out.
    Guest,
    /// The contact is blocked.
    ContactBlocked,
    /// The chatbot has the conversation in hand.
    BotInHand,
    /// The recipient is at the desk.
    AtTheDesk,
    /// The desk does not know where the recipient is, and the settings say to wait then.
    PresenceUnknown,
    /// The recipient's role is left out by the rule.
    RoleLeftOut,
    /// The recipient is not active any more.
    Inactive,
    /// The recipient belongs to another account.
    OtherAccount,
    /// The recipient has no address for this channel.
    NoAddress,
    /// The recipient's address cannot be used.
    BadAddress,
    /// The same address hears already as another recipient.
    SameAddress,
    /// The recipient has read it.
    Read,
    /// No audience of the rule has anybody.
    NobodyToTell,
    /// Answered, read, closed or withdrawn before it was sent.
    NoLongerWaiting,
    /// An earlier attempt of this digest may have arrived; it goes first.
    DeliveryInDoubt,
    /// The rule is not in the settings any more, or has other words.
    RuleChanged,
}

impl Reason {
    /// Every reason, for tables and for reading the ledger.
    pub const ALL: [Self; 19] = [
        Self::AlreadyTold,
        Self::Grace,
        Self::BeforeFirstRun,
        Self::Guest,
        Self::ContactBlocked,
        Self::BotInHand,
        Self::AtTheDesk,
        Self::PresenceUnknown,
        Self::RoleLeftOut,
        Self::Inactive,
        Self::OtherAccount,
        Self::NoAddress,
        Self::BadAddress,
        Self::SameAddress,
        Self::Read,
        Self::NobodyToTell,
        Self::NoLongerWaiting,
        Self::DeliveryInDoubt,
        Self::RuleChanged,
    ];

    /// The word kept in the ledger and printed in JSON.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AlreadyTold => "already_told",
            Self::Grace => "grace",
            Self::BeforeFirstRun => "before_first_run",
            Self::Guest => "guest",
            Self::ContactBlocked => "contact_blocked",
            Self::BotInHand => "bot_in_hand",
            Self::AtTheDesk => "at_the_desk",
            Self::PresenceUnknown => "presence_unknown",
            Self::RoleLeftOut => "role_left_out",
            Self::Inactive => "inactive",
            Self::OtherAccount => "other_account",
            Self::NoAddress => "no_address",
            Self::BadAddress => "bad_address",
            Self::SameAddress => "same_address",
            Self::Read => "read",
            Self::NobodyToTell => "nobody_to_tell",
            Self::NoLongerWaiting => "no_longer_waiting",
            Self::DeliveryInDoubt => "delivery_in_doubt",
            Self::RuleChanged => "rule_changed",
        }
    }

    /// Reads what [`Reason::code`] wrote.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// The half sentence for people, after "not told:" or "later:".
    pub fn sentence(&self) -> &'static str {
        match self {
            Self::AlreadyTold => "nothing new since it was told",
            Self::Grace => "its grace is not over",
            Self::BeforeFirstRun => "older than 24 hours when the rule first ran",
            Self::Guest => "written by a guest, and the rule leaves guests out",
            Self::ContactBlocked => "the contact is blocked",
            Self::BotInHand => "the chatbot has it in hand",
            Self::AtTheDesk => "at the desk",
            Self::PresenceUnknown => "the desk does not know where they are, and presence.unknown is \"online\"",
            Self::RoleLeftOut => "the rule leaves out this role",
            Self::Inactive => "not active any more",
            Self::OtherAccount => "belongs to another account",
            Self::NoAddress => "no address for this channel",
            Self::BadAddress => "the address cannot be used",
            Self::SameAddress => "the same address hears already",
            Self::Read => "has read it",
            Self::NobodyToTell => "no audience of the rule has anybody",
            Self::NoLongerWaiting => "answered, read or closed before it was sent",
            Self::DeliveryInDoubt => "an earlier attempt may have arrived and is settled first",
            Self::RuleChanged => "the rule is not in the settings any more, or has other words",
        }
    }
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Hears in this pass, for this reason.
    Told(Why),
    /// Hears at this instant at the earliest.
    Later(DateTime<Utc>, Reason),
    /// Does not hear.
    Skipped(Reason),
}

/// What was decided about one conversation for one recipient by one rule on one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The rule.
    pub rule: RuleName,
    /// The conversation.
    pub conversation: ConversationId,
    /// The recipient; `None` when it was decided for the conversation as a whole.
    pub recipient: Option<RecipientId>,
    /// The channel; `None` when it was decided for all of them.
    pub channel: Option<Channel>,
    /// Since when the conversation waits.
    pub since: DateTime<Utc>,
    /// The latest message that waits.
    pub latest: MessageRef,
    /// Told, later or not, and why.
    pub verdict: Verdict,
}
