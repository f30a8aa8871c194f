//! What was told before: the half of a decision that the ledger knows.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Channel, ConversationId, MessageRef, RecipientId, RuleName};

/// How far one recipient was told about one conversation by one rule on one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The rule.
    pub rule: RuleName,
    /// What of the conversation: empty for its messages, else the event or the deadline.
    pub matter: Arc<str>,
    /// The recipient.
    pub recipient: RecipientId,
    /// The channel.
    pub channel: Channel,
    /// The latest message told.
    pub message: MessageRef,
    /// When it was told.
    pub told_at: DateTime<Utc>,
    /// How many times in a row it was told without a pause, for throttles; from 1.
    pub step: u32,
    /// The delivery that told it.
    pub delivery: i64,
}

/// What was told about the conversations at hand.
#[derive(Debug, Default)]
pub struct Told {
    /// The marks of each conversation.
    pub marks: HashMap<ConversationId, Vec<Mark>>,
    /// The first message after a place in a conversation, for each place that was asked for: the contact's, or the
    /// desk's for rules that watch replies.
    pub first_after: HashMap<(ConversationId, MessageRef), MessageRef>,
    /// Messages before this instant are older than the rule and are not told.
    pub baselines: HashMap<RuleName, DateTime<Utc>>,
    /// When a recipient was last told anything by a rule that tells once per absence.
    pub last_told: HashMap<(RuleName, RecipientId, Channel), DateTime<Utc>>,
    /// When the latest slot of a rule that repeats at every slot fell due.
    pub slots: HashMap<RuleName, DateTime<Utc>>,
}

impl Told {
    /// The mark of one target, if it was ever told.
    pub fn mark(
        &self,
        conversation: &ConversationId,
        matter: &str,
        rule: &RuleName,
        recipient: &RecipientId,
        channel: Channel,
    ) -> Option<&Mark> {
        self.marks.get(conversation)?.iter().find(|mark| {
            mark.rule == *rule && mark.recipient == *recipient && mark.channel == channel && *mark.matter == *matter
        })
    }

    /// The place in a conversation that stands for a baseline: before every message of that instant.
    pub fn place_of(baseline: DateTime<Utc>) -> MessageRef {
        MessageRef { at: baseline, id: "".into() }
    }
}
