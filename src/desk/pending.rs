//! The driving relations: where a pass starts, at a cost in proportion to what waits.

use std::collections::HashMap;

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::Snapshot;
use super::columns::{Columns, integers};
use super::relations::{self, FIRST_CONTACT_MESSAGE_AFTER, FIRST_REPLY_AFTER};
use crate::model::{ConversationId, Event, MessageId, MessageRef, Pending, Relation, Watch};

/// What happened longer ago is not looked for: a weekend without a pass is made up for, and no more.
const LOOK_BACK: TimeDelta = TimeDelta::hours(72);

/// The stretch of time that events and deadlines are looked for in.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// The instant of the pass.
    pub now: DateTime<Utc>,
    /// How long before a deadline its warning falls due.
    pub before: TimeDelta,
}

impl Snapshot<'_> {
    /// What waits, longest first: among all conversations, or among these only.
    ///
    /// Replies, events and deadlines of more than 72 hours ago are found only among given conversations.
    pub fn pending(&self, watch: Watch, window: Window, among: Option<&[ConversationId]>) -> Result<Vec<Pending>> {
        let mut pending = Vec::new();
        let sql = relations::sql(watch, among.is_some());
        let ids = among.map(|ids| integers(ids.iter().map(ConversationId::as_str)));
        let from = milliseconds(window.now - LOOK_BACK);
        let (now, warned) = (milliseconds(window.now), milliseconds(window.now + window.before));
        let parameters = rusqlite::named_params! { ":ids": ids, ":from": from, ":now": now, ":warned": warned };
        let used: Vec<(&str, &dyn rusqlite::ToSql)> =
            parameters.iter().copied().filter(|(name, _)| sql.contains(name)).collect();
        self.each(relations::name(watch), &sql, used.as_slice(), |row| {
            pending.push(read(watch, window, row)?);
            Ok(())
        })?;
        Ok(pending)
    }

    /// The first message after each place, of the contact or, for a watch over replies, of the desk; with an empty
    /// message id, the first at or after that time.
    ///
    /// A place without one is absent.
    pub fn first_after(
        &self,
        watch: Watch,
        places: &[(ConversationId, MessageRef)],
    ) -> Result<HashMap<(ConversationId, MessageRef), MessageRef>> {
        let wanted: Vec<_> =
            places.iter().map(|(id, place)| json!([number(id.as_str()), at(place), after(place)])).collect();
        let replies = watch.relation() == Relation::UnseenReplies;
        let sql = if replies { FIRST_REPLY_AFTER } else { FIRST_CONTACT_MESSAGE_AFTER };
        let mut first = HashMap::with_capacity(places.len());
        self.each("messages", sql, [json!(wanted).to_string()], |row| {
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
        self.each("messages", &relations::latest_message(), [number(conversation.as_str())], |row| {
            latest = Some(place(row)?);
            Ok(())
        })?;
        Ok(latest)
    }
}

fn read(watch: Watch, window: Window, row: &Columns<'_>) -> Result<Pending> {
    let conversation = row.id("conversation_id")?;
    Ok(match watch.relation() {
        Relation::Unread | Relation::Waiting | Relation::UnseenReplies => {
            Pending { conversation, matter: "".into(), since: row.time("since")?, latest: place(row)?, event: None }
        }
        Relation::Events => {
            let id: MessageId = row.id("event_id")?;
            let at = row.time("at")?;
            let event = Event { actor: row.optional_id("actor_id")?, target: row.optional_id("target_id")? };
            let matter = id.as_str().into();
            Pending { conversation, matter, since: at, latest: MessageRef { at, id }, event: Some(event) }
        }
        Relation::Deadlines => {
            let due_at = row.time("due_at")?;
            let since = if watch == Watch::SlaWarning { due_at - window.before } else { due_at };
            let matter = row.text("metric")?.unwrap_or_default().into();
            Pending { conversation, matter, since, latest: MessageRef { at: due_at, id: "".into() }, event: None }
        }
    })
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
