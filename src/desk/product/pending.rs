//! What waits, by the driving relations of a product: each on its own, then the messages that it names by their ids.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};

use crate::desk::pending::{limits, name, oldest};
use crate::desk::places::milliseconds;
use crate::desk::{Snapshot, Window};
use crate::model::{ConversationId, Event, MessageId, MessageRef, Pending, Relation, Watch};

/// Behind a relation's name: among these conversations only, by which the database finds them without all the others.
const AMONG: &str = "conversation_id IN (SELECT value FROM json_each(?";

/// A row of a relation of messages.
struct Row {
    conversation: ConversationId,
    since: DateTime<Utc>,
    message: MessageId,
}

impl Snapshot<'_> {
    /// What waits, longest first; as `Snapshot::pending`.
    pub(in crate::desk) fn pending_of_product(
        &self,
        watch: Watch,
        window: Window,
        among: Option<&[ConversationId]>,
    ) -> Result<Vec<Pending>> {
        let mut pending = match watch.relation() {
            Relation::Waiting | Relation::Unread | Relation::UnseenReplies => {
                self.messages_that_wait(watch, window, among)?
            }
            Relation::Events | Relation::Deadlines => self.dated(watch, window, among)?,
        };
        pending.sort_by(|one, other| {
            let place = |it: &Pending| (it.since, it.conversation.as_str().len());
            let ids = |it: &Pending| (it.conversation.clone(), it.matter.clone());
            place(one).cmp(&place(other)).then_with(|| ids(one).cmp(&ids(other)))
        });
        Ok(pending)
    }

    /// Messages that wait.
    fn messages_that_wait(
        &self,
        watch: Watch,
        window: Window,
        among: Option<&[ConversationId]>,
    ) -> Result<Vec<Pending>> {
        let since = match watch.relation() {
            Relation::Unread => "unread_since",
            Relation::UnseenReplies => "replied_at",
            _ => "waiting_since",
        };
        let relation = name(watch);
        let keys = among.map(|ids| self.conversation_keys(relation, ids)).transpose()?;
        let mut sql = format!("SELECT conversation_id, {since} AS since, message_id FROM {relation}");
        if keys.is_some() {
            sql = format!("{sql} WHERE {AMONG}1))");
        }
        let parameters: Vec<_> = keys.iter().map(super::Keys::parameter).collect();
        let mut rows = Vec::new();
        self.each(relation, &sql, &parameters, |row| {
            let (conversation, message) = (row.id("conversation_id")?, row.id("message_id")?);
            rows.push(Row { conversation, since: row.time("since")?, message });
            Ok(())
        })?;
        if watch.relation() == Relation::Waiting {
            self.waiting.borrow_mut().learn(among, rows.iter().map(|row| &row.conversation));
        }
        if let Some(answered) = self.answered(watch, &rows)? {
            rows.retain(|row| answered.contains(&row.conversation) == (watch == Watch::NewMessage));
        }
        let written = self.written(rows.iter().map(|row| &row.message))?;
        let pending = rows.into_iter().map(|row| pending(row, &written));
        // how long ago a reply counts; a question waits however old it is
        let oldest = if watch == Watch::UnseenReply { oldest(window, among.is_some()) } else { i64::MIN };
        Ok(pending.filter(|pending| milliseconds(pending.since) > oldest).collect())
    }

    /// The conversations that a person has answered before, where the watch asks for it.
    fn answered(&self, watch: Watch, rows: &[Row]) -> Result<Option<HashSet<ConversationId>>> {
        if !matches!(watch, Watch::FirstMessage | Watch::NewMessage) {
            return Ok(None);
        }
        let sql = "SELECT id, first_reply_at FROM conversations WHERE id IN (SELECT value FROM json_each(?1))";
        let keys = self.keys("conversations", "id", rows.iter().map(|row| row.conversation.as_str()))?;
        let mut answered = HashSet::new();
        self.each("conversations", sql, &[keys.parameter()], |row| {
            if row.optional_time("first_reply_at")?.is_some() {
                answered.insert(row.id("id")?);
            }
            Ok(())
        })?;
        Ok(Some(answered))
    }

    /// Events and deadlines, which have a time of their own.
    fn dated(&self, watch: Watch, window: Window, among: Option<&[ConversationId]>) -> Result<Vec<Pending>> {
        let is_event = watch.relation() == Relation::Events;
        let relation = name(watch);
        let keys = among.map(|ids| self.conversation_keys(relation, ids)).transpose()?;
        let mut parameters = limits(watch, window, among.is_some());
        let before = if watch == Watch::SlaWarning { window.before } else { TimeDelta::zero() };
        let (mut sql, at) = if is_event {
            ("SELECT event_id AS matter, conversation_id, at, actor_id, target_id FROM desk_events".to_owned(), "at")
        } else {
            ("SELECT metric AS matter, conversation_id, due_at AS at FROM sla_deadlines".to_owned(), "due_at")
        };
        sql = format!("{sql} WHERE {at} > ?1 AND {at} <= ?2");
        if is_event {
            sql.push_str(" AND kind = ?3");
        } else {
            parameters.truncate(2);
        }
        if let Some(keys) = &keys {
            parameters.push(keys.parameter());
            sql = format!("{sql} AND {AMONG}{}))", parameters.len());
        }
        let mut pending = Vec::new();
        self.each(relation, &sql, &parameters, |row| {
            let (matter, at) = (row.id::<String>("matter")?, row.time("at")?);
            let id = if is_event { matter.as_str().into() } else { MessageId::default() };
            let (actor, target) =
                if is_event { (row.optional_id("actor_id")?, row.optional_id("target_id")?) } else { (None, None) };
            pending.push(Pending {
                conversation: row.id("conversation_id")?,
                matter: matter.into(),
                since: at - before,
                latest: MessageRef { at, id },
                event: is_event.then_some(Event { actor, target }),
            });
            Ok(())
        })?;
        Ok(pending)
    }

    /// Conversations to look up in a relation that names them.
    pub(super) fn conversation_keys(&self, relation: &'static str, ids: &[ConversationId]) -> Result<super::Keys> {
        self.keys(relation, "conversation_id", ids.iter().map(ConversationId::as_str))
    }
}

/// A message that is gone from the product's other view of it still waits: from when it waits is the best that is known.
fn pending(row: Row, written: &HashMap<MessageId, DateTime<Utc>>) -> Pending {
    let at = written.get(&row.message).copied().unwrap_or(row.since);
    Pending {
        conversation: row.conversation,
        matter: "".into(),
        since: row.since,
        latest: MessageRef { at, id: row.message },
        event: None,
    }
}
