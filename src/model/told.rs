//! What was told before: the half of a decision that the ledger knows.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::{Channel, ConversationId, MessageRef, RecipientId, RuleName};

/// How far one recipient was told about one conversation by one rule on one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The rule.
    pub rule: RuleName,
    /// The recipient.
    pub recipient: RecipientId,
    /// The channel.
    pub channel: Channel,
    /// The latest message told.
    pub message: MessageRef,
    /// The delivery that told it.
    pub delivery: i64,
}

/// What was told about the conversations at hand.
#[derive(Debug, Default)]
pub struct Told {
    /// The marks of each conversation.
    pub marks: HashMap<ConversationId, Vec<Mark>>,
    /// The first contact message after a place in a conversation, for each place that was asked for.
    pub first_after: HashMap<(ConversationId, MessageRef), MessageRef>,
    /// Messages before this instant are older than the rule and are not told.
    pub baselines: HashMap<RuleName, DateTime<Utc>>,
}

impl Told {
    /// The mark of one target, if it was ever told.
    pub fn mark(
        &self,
        conversation: &ConversationId,
        rule: &RuleName,
        recipient: &RecipientId,
        channel: Channel,
    ) -> Option<&Mark> {
        self.marks
            .get(conversation)?
            .iter()
            .find(|mark| mark.rule == *rule && mark.recipient == *recipient && mark.channel == channel)
    }

    /// The place in a conversation that stands for a baseline: before every message of that instant.
    pub fn place_of(baseline: DateTime<Utc>) -> MessageRef {
        MessageRef { at: baseline, id: "".into() }
    }
}
