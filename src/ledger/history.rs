//! Looking back: slots, marks, baselines, and what `explain` tells.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension, params};

use super::Ledger;
use super::columns::{instant, list, ms};
use crate::model::{Channel, ConversationId, Mark, MessageRef, RecipientId, RuleName, Slot};

/// A new rule tells nothing older than this.
pub(super) const FIRST_RUN: TimeDelta = TimeDelta::hours(24);

/// A delivery that told, or was to tell, about a conversation.
#[derive(Debug, Clone)]
pub struct Telling {
    /// The delivery's number.
    pub delivery: i64,
    /// The conversation.
    pub conversation: ConversationId,
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
}

impl Telling {
    /// Whether it is still on its way.
    pub fn is_open(&self) -> bool {
        matches!(self.state.as_str(), "queued" | "claimed" | "sending")
    }
}

impl Ledger {
    /// The rule's last fired slot that is not after `now`.
    pub fn last_slot(&self, rule: &RuleName, now: DateTime<Utc>) -> Result<Option<Slot>> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT slot_at, label FROM doorbell_slot WHERE rule = ?1 AND slot_at <= ?2
                 ORDER BY slot_at DESC, label DESC LIMIT 1",
            )?
            .query_row(params![rule.as_str(), ms(now)], |row| Ok(Slot { at: instant(row.get(0)?), label: row.get(1)? }))
            .optional()?)
    }

    /// From when each rule tells: kept when it first ran, a day back for a rule that is new.
    pub fn baselines<'a>(
        &self,
        rules: impl Iterator<Item = &'a RuleName>,
        now: DateTime<Utc>,
    ) -> Result<HashMap<RuleName, DateTime<Utc>>> {
        let mut read = self.connection.prepare_cached("SELECT baseline_at FROM doorbell_rule WHERE name = ?1")?;
        rules
            .map(|rule| {
                let kept: Option<i64> = read.query_row([rule.as_str()], |row| row.get(0)).optional()?;
                Ok((rule.clone(), kept.map_or(now - FIRST_RUN, instant)))
            })
            .collect()
    }

    /// The marks of the given conversations: everybody's, or only those of some recipients.
    pub fn marks(
        &self,
        conversations: &[ConversationId],
        of: Option<&HashSet<RecipientId>>,
    ) -> Result<HashMap<ConversationId, Vec<Mark>>> {
        let mut read = self.connection.prepare_cached(
            "SELECT conversation_id, rule, recipient, channel, message_id, message_at, delivery_id, matter,
               told_at, step FROM doorbell_mark
             WHERE conversation_id IN (SELECT value FROM json_each(?1))
               AND (?2 IS NULL OR recipient IN (SELECT value FROM json_each(?2)))",
        )?;
        let mut marks: HashMap<ConversationId, Vec<Mark>> = HashMap::new();
        let of = of.map(|recipients| list(recipients.iter().map(ToString::to_string)));
        let mut rows = read.query((list(conversations.iter().map(ConversationId::as_str)), of))?;
        while let Some(row) = rows.next()? {
            let (recipient, channel): (String, String) = (row.get(2)?, row.get(3)?);
            let (Some(recipient), Some(channel)) = (RecipientId::parse(&recipient), Channel::parse(&channel)) else {
                continue;
            };
            let message = MessageRef { id: row.get::<_, String>(4)?.into(), at: instant(row.get(5)?) };
            let mark = Mark {
                rule: row.get::<_, String>(1)?.into(),
                matter: row.get::<_, String>(7)?.into(),
                recipient,
                channel,
                message,
                told_at: instant(row.get(8)?),
                step: row.get(9)?,
                delivery: row.get(6)?,
            };
            marks.entry(row.get::<_, String>(0)?.into()).or_default().push(mark);
        }
        Ok(marks)
    }

    /// How many deliveries are due at `now`.
    pub fn due_count(&self, now: DateTime<Utc>) -> Result<usize> {
        let count: i64 = self
            .connection
            .prepare_cached("SELECT count(*) FROM doorbell_delivery WHERE state = 'queued' AND next_attempt_at <= ?1")?
            .query_row([ms(now)], |row| row.get(0))?;
        Ok(usize::try_from(count)?)
    }

    /// Every delivery that names a conversation, oldest first.
    pub fn tellings(&self, conversation: &ConversationId) -> Result<Vec<Telling>> {
        self.read_tellings("conversation_id = ?1 ORDER BY id, rule", conversation.as_str())
    }

    /// The latest deliveries to a recipient, latest first; at most fifty items of them.
    pub fn tellings_to(&self, recipient: &RecipientId) -> Result<Vec<Telling>> {
        self.read_tellings("recipient = ?1 ORDER BY id DESC, conversation_id LIMIT 50", &recipient.to_string())
    }

    fn read_tellings(&self, which: &str, whose: &str) -> Result<Vec<Telling>> {
        let mut read = self.connection.prepare_cached(&format!(
            "SELECT id, conversation_id, rule, recipient, channel, state, queued_at, closed_at, next_attempt_at, attempt,
               endpoint_shown, COALESCE(reason, trim(COALESCE(reply_code, '') || ' ' || COALESCE(reply_text, '')))
             FROM doorbell_item JOIN doorbell_delivery ON doorbell_delivery.id = delivery_id WHERE {which}"
        ))?;
        let tellings = read.query_map([whose], |row| {
            Ok(Telling {
                delivery: row.get(0)?,
                conversation: row.get::<_, String>(1)?.into(),
                rule: row.get::<_, String>(2)?.into(),
                recipient: row.get(3)?,
                channel: row.get(4)?,
                state: row.get(5)?,
                queued_at: instant(row.get(6)?),
                closed_at: row.get::<_, Option<i64>>(7)?.map(instant),
                next_attempt_at: instant(row.get(8)?),
                attempt: row.get(9)?,
                shown: row.get(10)?,
                words: row.get(11)?,
            })
        })?;
        Ok(tellings.collect::<rusqlite::Result<_>>()?)
    }

    /// What was kept back behind a delivery that may have arrived: by rule, the conversations and recipients.
    pub fn kept_back(&self) -> Result<Vec<(RuleName, ConversationId, RecipientId)>> {
        let mut read = self.connection.prepare_cached(
            "SELECT rule, conversation_id, recipient FROM doorbell_decision WHERE reason = 'delivery_in_doubt'",
        )?;
        let kept = read.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let kept: Vec<(String, String, String)> = kept.collect::<rusqlite::Result<_>>()?;
        let known = kept.into_iter().filter_map(|(rule, conversation, recipient)| {
            Some((rule.into(), conversation.into(), RecipientId::parse(&recipient)?))
        });
        Ok(known.collect())
    }

    /// The kept reasons about a conversation.
    pub fn kept(&self, conversation: &ConversationId) -> Result<Vec<Kept>> {
        let mut read = self.connection.prepare_cached(
            "SELECT conversation_id, rule, recipient, channel, reason, since FROM doorbell_decision
             WHERE conversation_id = ?1 ORDER BY rule, recipient, channel",
        )?;
        let kept = read.query_map([conversation.as_str()], |row| {
            Ok(Kept {
                conversation: row.get::<_, String>(0)?.into(),
                rule: row.get::<_, String>(1)?.into(),
                recipient: row.get(2)?,
                channel: row.get(3)?,
                reason: row.get(4)?,
                since: instant(row.get(5)?),
            })
        })?;
        Ok(kept.collect::<rusqlite::Result<_>>()?)
    }
}
