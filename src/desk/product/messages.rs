//! Single messages of a product by their places: when each was written, and which follows where somebody was told last.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use chrono::{DateTime, Utc};

use crate::desk::Snapshot;
use crate::desk::dialect::Dialect;
use crate::desk::places::{at, place};
use crate::desk::value::Parameter;
use crate::model::{ConversationId, MessageId, MessageRef, Relation, Watch};

/// Which messages a watch is about: those that its recipients have not seen.
pub(super) fn told_of(watch: Watch, dialect: Dialect) -> String {
    let (private, deleted) = (dialect.no("private"), dialect.no("deleted"));
    if watch.relation() == Relation::UnseenReplies {
        format!("sender_type = 'agent' AND {private} AND {deleted}")
    } else {
        format!("sender_type = 'contact' AND {deleted}")
    }
}

impl Snapshot<'_> {
    /// When these messages were written.
    pub(super) fn written<'a>(
        &self,
        ids: impl Iterator<Item = &'a MessageId>,
    ) -> Result<HashMap<MessageId, DateTime<Utc>>> {
        let sql = "SELECT id, created_at FROM messages WHERE id IN (SELECT value FROM json_each(?1))";
        let keys = self.keys("messages", "id", ids.map(MessageId::as_str))?;
        let mut written = HashMap::new();
        self.each("messages", sql, &[keys.parameter()], |row| {
            written.insert(row.id("id")?, row.time("created_at")?);
            Ok(())
        })?;
        Ok(written)
    }

    /// As `Snapshot::first_after`: what was written since the earliest of the places, and then each place by itself.
    pub(in crate::desk) fn first_after_of_product(
        &self,
        watch: Watch,
        places: &[(ConversationId, MessageRef)],
    ) -> Result<HashMap<(ConversationId, MessageRef), MessageRef>> {
        let Some(earliest) = places.iter().map(|(_, place)| at(place)).min() else { return Ok(HashMap::new()) };
        let conversations: HashSet<ConversationId> = places.iter().map(|(id, _)| id.clone()).collect();
        let conversations: Vec<ConversationId> = conversations.into_iter().collect();
        let written = self.since(watch, &conversations, earliest)?;
        let mut first = HashMap::with_capacity(places.len());
        for asked in places {
            let behind = written.get(&asked.0).into_iter().flatten().filter(|message| **message > asked.1);
            first.extend(behind.min().map(|message| (asked.clone(), message.clone())));
        }
        Ok(first)
    }

    /// The messages that a watch is about, from an instant in Unix milliseconds on, by conversation.
    pub(super) fn since(
        &self,
        watch: Watch,
        conversations: &[ConversationId],
        since: i64,
    ) -> Result<HashMap<ConversationId, Vec<MessageRef>>> {
        let sql = format!(
            "SELECT id AS message_id, conversation_id, created_at AS at FROM messages
             WHERE conversation_id IN (SELECT value FROM json_each(?1)) AND created_at >= ?2 AND {}",
            told_of(watch, self.dialect())
        );
        let keys = self.conversation_keys("messages", conversations)?;
        let mut written: HashMap<ConversationId, Vec<MessageRef>> = HashMap::new();
        self.each("messages", &sql, &[keys.parameter(), Parameter::Integer(Some(since))], |row| {
            written.entry(row.id("conversation_id")?).or_default().push(place(row)?);
            Ok(())
        })?;
        Ok(written)
    }

    /// The contact's latest message in each of these conversations, of any status.
    pub(in crate::desk) fn latest_of_product(
        &self,
        conversations: &[ConversationId],
    ) -> Result<HashMap<ConversationId, MessageRef>> {
        let sql = format!(
            "SELECT message_id, conversation_id, at FROM (
               SELECT id AS message_id, conversation_id, created_at AS at,
                      row_number() OVER (PARTITION BY conversation_id ORDER BY created_at DESC, id DESC) AS place
               FROM messages
               WHERE conversation_id IN (SELECT value FROM json_each(?1)) AND {}) latest
             WHERE place = 1",
            told_of(Watch::Unreplied, self.dialect())
        );
        let keys = self.conversation_keys("messages", conversations)?;
        let mut latest = HashMap::new();
        self.each("messages", &sql, &[keys.parameter()], |row| {
            latest.insert(row.id("conversation_id")?, place(row)?);
            Ok(())
        })?;
        Ok(latest)
    }
}
