//! The driving relations: where a pass starts, at a cost in proportion to what waits.

use std::collections::HashMap;

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde_json::json;

use super::Snapshot;
use super::columns::{Columns, integers};
use crate::model::{ConversationId, MessageId, MessageRef, Pending, Watch};

/// The contact's latest message in `c`, by one look into the index of contact messages.
const LATEST: &str = "JOIN messages m ON m.id = (
    SELECT n.id FROM messages n
    WHERE n.conversation_id = c.id AND n.sender_type = 'contact' AND n.deleted = 0
    ORDER BY n.created_at DESC, n.id DESC LIMIT 1)";

/// For each (conversation, time, id): the contact's next message after that place.
pub(super) const FIRST_AFTER: &str = "
    SELECT w.key AS place, m.id AS message_id, m.created_at FROM json_each(?1) w
    CROSS JOIN messages m ON m.id = (
        SELECT n.id FROM messages n
        WHERE n.conversation_id = w.value ->> 0 AND n.sender_type = 'contact' AND n.deleted = 0
          AND (n.created_at, n.id) > (w.value ->> 1, w.value ->> 2)
        ORDER BY n.created_at, n.id LIMIT 1)";

/// Shim.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// now
    pub now: DateTime<Utc>,
    /// before
    pub before: chrono::TimeDelta,
}

impl Snapshot<'_> {
    /// What waits, longest first: among all conversations, or among these only.
    pub fn pending(&self, watch: Watch, _window: Window, among: Option<&[ConversationId]>) -> Result<Vec<Pending>> {
        let mut pending = Vec::new();
        let read = |row: &Columns<'_>| {
            let conversation = row.id("conversation_id")?;
            pending.push(Pending {
                conversation,
                matter: "".into(),
                since: row.time("since")?,
                latest: place(row)?,
                event: None,
            });
            Ok(())
        };
        let relation = name(watch);
        match among {
            None => self.each(relation, &all(watch), [], read)?,
            Some(ids) => {
                let ids = integers(ids.iter().map(ConversationId::as_str));
                self.each(relation, &some(watch), [ids], read)?;
            }
        }
        Ok(pending)
    }

    /// The contact's first message after each place; with an empty message id, the first at or after that time.
    ///
    /// A place without one is absent.
    pub fn first_after(
        &self,
        _watch: Watch,
        places: &[(ConversationId, MessageRef)],
    ) -> Result<HashMap<(ConversationId, MessageRef), MessageRef>> {
        let wanted: Vec<_> =
            places.iter().map(|(id, place)| json!([number(id.as_str()), at(place), after(place)])).collect();
        let mut first = HashMap::with_capacity(places.len());
        self.each("messages", FIRST_AFTER, [json!(wanted).to_string()], |row| {
            let asked = row.integer("place")?.and_then(|index| places.get(usize::try_from(index).ok()?));
            if let Some(asked) = asked {
                first.insert(asked.clone(), place(row)?);
            }
            Ok(())
        })?;
        Ok(first)
    }

    /// The contact's latest message in a conversation of any status.
    pub fn latest(&self, conversation: &ConversationId) -> Result<Option<MessageRef>> {
        let mut latest = None;
        let sql = format!("SELECT m.id AS message_id, m.created_at FROM conversations c {LATEST} WHERE c.id = ?1");
        self.each("messages", &sql, [number(conversation.as_str())], |row| {
            latest = Some(place(row)?);
            Ok(())
        })?;
        Ok(latest)
    }
}

/// The driving relation of a watch, as the desk contract calls it.
fn name(watch: Watch) -> &'static str {
    match watch {
        Watch::Unread => "unread_conversations",
        _ => "waiting_conversations",
    }
}

fn since(watch: Watch) -> &'static str {
    match watch {
        Watch::Unread => "unread_since",
        _ => "waiting_since",
    }
}

/// Everything that waits: walks the partial index of the column, which holds nothing else.
pub(super) fn all(watch: Watch) -> String {
    let since = since(watch);
    format!(
        "SELECT c.id AS conversation_id, c.{since} AS since, m.id AS message_id, m.created_at FROM conversations c {LATEST}
         WHERE c.{since} IS NOT NULL AND c.status = 'open' ORDER BY c.{since}, c.id"
    )
}

/// What waits among the given: `NOT INDEXED` leaves the integer key, else a few ids would walk all that waits.
pub(super) fn some(watch: Watch) -> String {
    let since = since(watch);
    format!(
        "SELECT c.id AS conversation_id, c.{since} AS since, m.id AS message_id, m.created_at
         FROM conversations c NOT INDEXED {LATEST}
         WHERE c.id IN (SELECT value FROM json_each(?1)) AND c.{since} IS NOT NULL AND c.status = 'open'
         ORDER BY c.{since}, c.id"
    )
}

fn place(row: &Columns<'_>) -> Result<MessageRef> {
    Ok(MessageRef { at: row.time("created_at")?, id: row.id::<MessageId>("message_id")? })
}

/// An id as the desk stores it; one that is no integer finds nothing.
pub(super) fn number(id: &str) -> Option<i64> {
    id.parse().ok()
}

/// A place's time as the desk stores it.
pub(super) fn at(place: &MessageRef) -> i64 {
    milliseconds(place.at)
}

pub(super) fn milliseconds(time: DateTime<Utc>) -> i64 {
    time.timestamp_millis()
}

/// A place's id; none stands before every message of its instant.
fn after(place: &MessageRef) -> i64 {
    number(place.id.as_str()).unwrap_or(i64::MIN)
}
