//! Every decision is a value that carries its reason.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Channel, ConversationId, MessageRef, Reason, RecipientId, RuleName, Why};

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
    /// What of the conversation: empty for its messages, else the event or the deadline.
    pub matter: Arc<str>,
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
    /// Why this recipient would hear, also when it is later.
    pub why: Option<Why>,
}
