//! What `explain` tells: deliveries with what became of them, and the reasons for which nobody heard.

use anyhow::Result;
use chrono::{DateTime, Utc};

use super::Ledger;
use super::columns::{instant, ms};
use super::store::{Parameter, values};
use crate::model::{ConversationId, RecipientId, RuleName};

/// A delivery that told, or was to tell, about a conversation.
#[derive(Debug, Clone)]
pub struct Telling {
    /// The delivery's number.
    pub delivery: i64,
    /// The conversation.
    pub conversation: ConversationId,
    /// What of the conversation: empty for its messages, else the event or the deadline.
    pub matter: String,
    /// The rule.
    pub rule: RuleName,
    /// The recipient.
    pub recipient: String,
    /// The channel.
    pub channel: String,
    /// queued, claimed, sending, sent, dead, unknown or suppressed.
    pub state: String,
    /// When it was queued.
    pub queued_at: DateTime<Utc>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// When the next attempt is due, while it is queued.
    pub next_attempt_at: DateTime<Utc>,
    /// How often it was tried.
    pub attempt: u32,
    /// The masked address of the last attempt.
    pub shown: String,
    /// The provider's last words, or why it was suppressed.
    pub words: String,
}

/// A reason as it was kept.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The conversation.
    pub conversation: ConversationId,
    /// What of the conversation: empty for its messages, else the event or the deadline.
    pub matter: String,
    /// The rule.
    pub rule: RuleName,
    /// The recipient; empty when it was decided for the conversation as a whole.
    pub recipient: String,
    /// The channel; empty for all.
    pub channel: String,
    /// The reason's code, or `told`.
    pub reason: String,
    /// Since when it holds.
    pub since: DateTime<Utc>,
    /// Until when, where that is known.
    pub until: Option<DateTime<Utc>>,
}

impl Telling {
    /// Whether it is still on its way.
    pub fn is_open(&self) -> bool {
        matches!(self.state.as_str(), "queued" | "claimed" | "sending")
    }

    /// When it was closed, or queued while it is still on its way.
    pub fn at(&self) -> DateTime<Utc> {
        self.closed_at.unwrap_or(self.queued_at)
    }
}

impl Ledger {
    /// Every delivery that names a conversation, oldest first.
    pub fn tellings(&self, conversation: &ConversationId) -> Result<Vec<Telling>> {
        self.read_tellings("conversation_id = ?1 ORDER BY id, rule, matter", values![conversation.as_str()])
    }

    /// The latest deliveries to a recipient, latest first; at most fifty items of them.
    pub fn tellings_to(&self, recipient: &RecipientId) -> Result<Vec<Telling>> {
        let which = "recipient = ?1 ORDER BY id DESC, conversation_id LIMIT 50";
        self.read_tellings(which, values![recipient.to_string()])
    }

    /// The deliveries to a recipient that were queued or closed since an instant, or are still on their way; oldest
    /// first.
    pub fn tellings_to_since(&self, recipient: &RecipientId, since: DateTime<Utc>) -> Result<Vec<Telling>> {
        let which = "recipient = ?1 AND (queued_at >= ?2 OR closed_at IS NULL OR closed_at >= ?2)
                     ORDER BY id, conversation_id, rule, matter";
        self.read_tellings(which, values![recipient.to_string(), ms(since)])
    }

    /// What one delivery tells.
    pub fn tellings_of(&self, delivery: i64) -> Result<Vec<Telling>> {
        self.read_tellings("id = ?1 ORDER BY conversation_id, rule, matter", values![delivery])
    }

    fn read_tellings(&self, which: &str, values: &[Parameter<'_>]) -> Result<Vec<Telling>> {
        let read = format!(
            "SELECT id, conversation_id, rule, recipient, channel, state, queued_at, closed_at, next_attempt_at, attempt,
               endpoint_shown, COALESCE(reason, trim(COALESCE(reply_code, '') || ' ' || COALESCE(reply_text, ''))),
               matter
             FROM doorbell_item JOIN doorbell_delivery ON doorbell_delivery.id = delivery_id WHERE {which}"
        );
        self.store.all(&read, values, |row| {
            Ok(Telling {
                delivery: row.get(0)?,
                conversation: row.get::<String>(1)?.into(),
                rule: row.get::<String>(2)?.into(),
                recipient: row.get(3)?,
                channel: row.get(4)?,
                state: row.get(5)?,
                queued_at: instant(row.get(6)?),
                closed_at: row.get::<Option<i64>>(7)?.map(instant),
                next_attempt_at: instant(row.get(8)?),
                attempt: row.get(9)?,
                shown: row.get(10)?,
                words: row.get(11)?,
                matter: row.get(12)?,
            })
        })
    }

    /// The kept reasons about a conversation.
    pub fn kept(&self, conversation: &ConversationId) -> Result<Vec<Kept>> {
        let which = "conversation_id = ?1 ORDER BY rule, recipient, channel, matter";
        self.read_kept(which, values![conversation.as_str()])
    }

    /// The reasons for which a recipient does not hear, or not yet, that hold since an instant or later.
    pub fn kept_for_since(&self, recipient: &RecipientId, since: DateTime<Utc>) -> Result<Vec<Kept>> {
        let which = "recipient = ?1 AND since >= ?2 ORDER BY since, conversation_id, rule, channel, matter";
        self.read_kept(which, values![recipient.to_string(), ms(since)])
    }

    fn read_kept(&self, which: &str, values: &[Parameter<'_>]) -> Result<Vec<Kept>> {
        let read = format!(
            "SELECT conversation_id, rule, recipient, channel, reason, since, until, matter FROM doorbell_decision
             WHERE {which}"
        );
        self.store.all(&read, values, |row| {
            Ok(Kept {
                conversation: row.get::<String>(0)?.into(),
                rule: row.get::<String>(1)?.into(),
                recipient: row.get(2)?,
                channel: row.get(3)?,
                reason: row.get(4)?,
                since: instant(row.get(5)?),
                until: row.get::<Option<i64>>(6)?.map(instant),
                matter: row.get(7)?,
            })
        })
    }
}
