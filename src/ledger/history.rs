//! Looking back: slots, marks, baselines, and what a doubt kept back.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};

use super::Ledger;
use super::columns::{instant, ms, texts};
use super::store::values;
use crate::model::{Channel, ConversationId, Mark, MessageRef, RecipientId, RuleName, Slot};

/// A new rule tells nothing older than this.
pub(super) const FIRST_RUN: TimeDelta = TimeDelta::hours(24);

impl Ledger {
    /// The rule's last fired slot that is not after `now`.
    pub fn last_slot(&self, rule: &RuleName, now: DateTime<Utc>) -> Result<Option<Slot>> {
        let read = "SELECT slot_at, label FROM doorbell_slot WHERE rule = ?1 AND slot_at <= ?2
             ORDER BY slot_at DESC, label DESC LIMIT 1";
        self.store.first(read, values![rule.as_str(), ms(now)], |row| {
            Ok(Slot { at: instant(row.get(0)?), label: row.get(1)? })
        })
    }

    /// From when each rule tells: kept when it first ran, a day back for a rule that is new.
    pub fn baselines<'a>(
        &self,
        rules: impl Iterator<Item = &'a RuleName>,
        now: DateTime<Utc>,
    ) -> Result<HashMap<RuleName, DateTime<Utc>>> {
        let kept = self.store.all("SELECT name, baseline_at FROM doorbell_rule", &[], |row| {
            Ok((RuleName::from(row.get::<String>(0)?), instant(row.get(1)?)))
        })?;
        let kept: HashMap<RuleName, DateTime<Utc>> = kept.into_iter().collect();
        Ok(rules.map(|rule| (rule.clone(), kept.get(rule).copied().unwrap_or(now - FIRST_RUN))).collect())
    }

    /// The marks of the given conversations: everybody's, or only those of some recipients.
    pub fn marks(
        &self,
        conversations: &[ConversationId],
        of: Option<&HashSet<RecipientId>>,
    ) -> Result<HashMap<ConversationId, Vec<Mark>>> {
        let read = "SELECT conversation_id, rule, recipient, channel, message_id, message_at, delivery_id, matter,
               told_at, step FROM doorbell_mark
             WHERE conversation_id IN (SELECT value FROM json_each(?1))
               AND (?2 IS NULL OR recipient IN (SELECT value FROM json_each(?2)))";
        let mut marks: HashMap<ConversationId, Vec<Mark>> = HashMap::new();
        let of = of.map(|recipients| texts(recipients.iter()));
        self.store.all(read, values![texts(conversations.iter()), of], |row| {
            let (recipient, channel): (String, String) = (row.get(2)?, row.get(3)?);
            let (Some(recipient), Some(channel)) = (RecipientId::parse(&recipient), Channel::parse(&channel)) else {
                return Ok(());
            };
            let message = MessageRef { id: row.get::<String>(4)?.into(), at: instant(row.get(5)?) };
            let mark = Mark {
                rule: row.get::<String>(1)?.into(),
                matter: row.get::<String>(7)?.into(),
                recipient,
                channel,
                message,
                told_at: instant(row.get(8)?),
                step: row.get(9)?,
                delivery: row.get(6)?,
            };
            marks.entry(row.get::<String>(0)?.into()).or_default().push(mark);
            Ok(())
        })?;
        Ok(marks)
    }

    /// How many deliveries are due at `now`.
    pub fn due_count(&self, now: DateTime<Utc>) -> Result<usize> {
        let read = "SELECT count(*) FROM doorbell_delivery WHERE state = 'queued' AND next_attempt_at <= ?1";
        let count: i64 = self.store.one(read, values![ms(now)], |row| row.get(0))?;
        Ok(usize::try_from(count)?)
    }

    /// What was kept back behind a delivery that may have arrived: by rule, the conversations and recipients.
    pub fn kept_back(&self) -> Result<Vec<(RuleName, ConversationId, RecipientId)>> {
        let read = "SELECT rule, conversation_id, recipient FROM doorbell_decision WHERE reason = 'delivery_in_doubt'";
        let kept: Vec<(String, String, String)> =
            self.store.all(read, &[], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let known = kept.into_iter().filter_map(|(rule, conversation, recipient)| {
            Some((rule.into(), conversation.into(), RecipientId::parse(&recipient)?))
        });
        Ok(known.collect())
    }
}
