//! Places in a conversation's order of messages: the first after one, the latest of all, and how the desk writes them.

use std::collections::HashMap;

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde_json::json;

use super::columns::Columns;
use super::dialect::Dialect;
use super::value::Parameter;
use super::{Snapshot, lateral};
use crate::model::{ConversationId, MessageId, MessageRef, Relation, Watch};

/// What a contact wrote, as the condition of the index `messages_of_contact`.
const OF_CONTACT: &str = "n.sender_type = 'contact' AND n.deleted = 0";
/// What a person answered for the contact to see, as the condition of the index `messages_replies`.
const PUBLIC_REPLY: &str = "n.sender_type = 'agent' AND n.private = 0 AND n.deleted = 0";

/// Joins the contact's latest message in `c`, by one look into its index.
const LATEST: &str = "JOIN messages m ON m.id = (
    SELECT n.id FROM messages n
    WHERE n.conversation_id = c.id AND n.sender_type = 'contact' AND n.deleted = 0
    ORDER BY n.created_at DESC, n.id DESC LIMIT 1)";

/// Joins the contact's latest message in `c`.
pub(super) fn latest(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite | Dialect::MariaDb => LATEST,
        Dialect::Postgres => lateral::LATEST,
    }
}

/// Which messages `n` a watch is about: those that its recipients have not seen.
pub(super) fn told_of(watch: Watch) -> &'static str {
    if watch.relation() == Relation::UnseenReplies { PUBLIC_REPLY } else { OF_CONTACT }
}

/// For each (conversation, time, id): the next message after that place.
pub(super) fn first_after(watch: Watch, dialect: Dialect) -> String {
    let told_of = told_of(watch);
    if dialect == Dialect::Postgres {
        return lateral::first_after(told_of);
    }
    format!(
        "SELECT w.key AS place, m.id AS message_id, m.created_at AS at FROM json_each(?1) w
         CROSS JOIN messages m ON m.id = (
            SELECT n.id FROM messages n
            WHERE n.conversation_id = w.value ->> 0 AND {told_of}
              AND (n.created_at, n.id) > (w.value ->> 1, w.value ->> 2)
            ORDER BY n.created_at, n.id LIMIT 1)"
    )
}

impl Snapshot<'_> {
    /// The first message after each place: a public reply where replies are watched, else one of the contact's.
    ///
    /// With an empty message id, the first at or after that time. A place without one is absent.
    pub fn first_after(
        &self,
        watch: Watch,
        places: &[(ConversationId, MessageRef)],
    ) -> Result<HashMap<(ConversationId, MessageRef), MessageRef>> {
        if self.product().is_some() {
            return self.first_after_of_product(watch, places);
        }
        let wanted: Vec<_> =
            places.iter().map(|(id, place)| json!([number(id.as_str()), at(place), after(place)])).collect();
        let mut first = HashMap::with_capacity(places.len());
        let wanted = json!(wanted).to_string();
        self.each("messages", &first_after(watch, self.dialect()), &[Parameter::Text(&wanted)], |row| {
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
        if self.product().is_some() {
            return Ok(self.latest_of_product(std::slice::from_ref(conversation))?.remove(conversation));
        }
        let joined = latest(self.dialect());
        let sql =
            format!("SELECT m.id AS message_id, m.created_at AS at FROM conversations c {joined} WHERE c.id = ?1");
        let mut latest = None;
        self.each("messages", &sql, &[Parameter::Integer(number(conversation.as_str()))], |row| {
            latest = Some(place(row)?);
            Ok(())
        })?;
        Ok(latest)
    }
}

/// The place that a row names by `at` and `message_id`.
pub(super) fn place(row: &Columns<'_>) -> Result<MessageRef> {
    Ok(MessageRef { at: row.time("at")?, id: row.id::<MessageId>("message_id")? })
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
