//! The driving relations: where a pass starts, at a cost in proportion to what waits.

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};

use super::columns::{Columns, integers};
use super::dialect::Dialect;
use super::places::{latest, milliseconds, place};
use super::value::Parameter;
use super::{Snapshot, lateral};
use crate::model::{ConversationId, Event, Pending, Relation, Watch};

/// What is older is looked at only where a conversation is asked about: nobody wants last week's events.
const WINDOW: TimeDelta = TimeDelta::hours(72);

/// The time that a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The instant of the pass.
    pub now: DateTime<Utc>,
    /// How long before a deadline its warning falls due.
    pub before: TimeDelta,
}

impl Snapshot<'_> {
    /// What waits, longest first: among all conversations, or among these only.
    ///
    /// Among all, replies, events and breaches of the last 72 hours are found; among some, those of any age.
    pub fn pending(&self, watch: Watch, window: Window, among: Option<&[ConversationId]>) -> Result<Vec<Pending>> {
        if self.product().is_some() {
            return self.pending_of_product(watch, window, among);
        }
        let mut pending = Vec::new();
        let read = |row: &Columns<'_>| {
            pending.push(row_of(watch, row)?);
            Ok(())
        };
        let mut parameters = limits(watch, window, among.is_some());
        let ids = among.map(|ids| integers(ids.iter().map(ConversationId::as_str)));
        let sql = if let Some(ids) = &ids {
            parameters.push(Parameter::Integers(ids));
            some(watch, self.dialect())
        } else {
            all(watch, self.dialect())
        };
        self.each(name(watch), &sql, &parameters, read)?;
        Ok(pending)
    }
}

/// The driving relation of a watch, as the desk contract calls it.
pub(super) fn name(watch: Watch) -> &'static str {
    match watch.relation() {
        Relation::Waiting => "waiting_conversations",
        Relation::Unread => "unread_conversations",
        Relation::UnseenReplies => "unseen_replies",
        Relation::Events => "desk_events",
        Relation::Deadlines => "sla_deadlines",
    }
}

fn row_of(watch: Watch, row: &Columns<'_>) -> Result<Pending> {
    let is_event = watch.relation() == Relation::Events;
    Ok(Pending {
        conversation: row.id("conversation_id")?,
        matter: row.id("matter")?,
        since: row.time("since")?,
        latest: place(row)?,
        event: if is_event {
            Some(Event { actor: row.optional_id("actor_id")?, target: row.optional_id("target_id")? })
        } else {
            None
        },
    })
}

/// What a relation is asked with, before the conversations: its limits in time, and which kind.
pub(super) fn limits<'a>(watch: Watch, window: Window, any_age: bool) -> Vec<Parameter<'a>> {
    let (now, oldest) = (milliseconds(window.now), oldest(window, any_age));
    let before = window.before.num_milliseconds();
    let number = |number: i64| Parameter::Integer(Some(number));
    match (watch.relation(), watch) {
        (Relation::Waiting | Relation::Unread, _) => Vec::new(),
        (Relation::UnseenReplies, _) => vec![number(oldest)],
        (Relation::Events, _) => vec![number(oldest), number(now), Parameter::Text(watch.word())],
        (Relation::Deadlines, Watch::SlaWarning) => {
            vec![number(now), number(now.saturating_add(before)), number(before)]
        }
        (Relation::Deadlines, _) => vec![number(oldest), number(now), number(0)],
    }
}

/// From when on replies, events and breaches count.
pub(super) fn oldest(window: Window, any_age: bool) -> i64 {
    if any_age { i64::MIN } else { milliseconds(window.now).saturating_sub(WINDOW.num_milliseconds()) }
}

/// Everything that waits: walks the index of the relation, which holds nothing else.
pub(super) fn all(watch: Watch, dialect: Dialect) -> String {
    match watch.relation() {
        Relation::Waiting | Relation::Unread => waiting(watch, "", "", dialect),
        Relation::UnseenReplies => unseen("", "", dialect),
        Relation::Events => events("", ""),
        Relation::Deadlines => deadlines("", ""),
    }
}

/// What waits among the given.
///
/// `NOT INDEXED` and the sign before a column leave the key, else a few ids would walk all that waits in `SQLite`.
pub(super) fn some(watch: Watch, dialect: Dialect) -> String {
    let (index, sign) = match dialect {
        Dialect::Sqlite => ("NOT INDEXED", "+"),
        Dialect::Postgres | Dialect::MariaDb => ("", ""),
    };
    match watch.relation() {
        Relation::Waiting | Relation::Unread => {
            waiting(watch, index, "c.id IN (SELECT value FROM json_each(?1)) AND", dialect)
        }
        Relation::UnseenReplies => unseen(index, "c.id IN (SELECT value FROM json_each(?2)) AND", dialect),
        Relation::Events => events(sign, "e.conversation_id IN (SELECT value FROM json_each(?4)) AND"),
        Relation::Deadlines => deadlines(sign, "d.conversation_id IN (SELECT value FROM json_each(?4)) AND"),
    }
}

fn waiting(watch: Watch, index: &str, among: &str, dialect: Dialect) -> String {
    let latest = latest(dialect);
    let since = if watch == Watch::Unread { "unread_since" } else { "waiting_since" };
    let answered = match watch {
        Watch::FirstMessage => "AND c.first_reply_at IS NULL",
        Watch::NewMessage => "AND c.first_reply_at IS NOT NULL",
        _ => "",
    };
    format!(
        "SELECT c.id AS conversation_id, '' AS matter, c.{since} AS since, m.id AS message_id, m.created_at AS at
         FROM conversations c {index} {latest}
         WHERE {among} c.{since} IS NOT NULL AND c.status = 'open' {answered} ORDER BY c.{since}, c.id"
    )
}

/// The first public reply behind both the contact's latest message and what the contact has seen: a reply that follows
/// does not begin the wait anew. A look stands behind all messages of its instant.
fn unseen(index: &str, among: &str, dialect: Dialect) -> String {
    if dialect == Dialect::Postgres {
        return lateral::unseen(among);
    }
    format!(
        "SELECT c.id AS conversation_id, '' AS matter, f.created_at AS since, m.id AS message_id, m.created_at AS at
         FROM conversations c {index}
         CROSS JOIN messages m ON m.id = (
            SELECT n.id FROM messages n
            WHERE n.conversation_id = c.id AND n.sender_type = 'agent' AND n.private = 0 AND n.deleted = 0
            ORDER BY n.created_at DESC, n.id DESC LIMIT 1)
         CROSS JOIN messages f ON f.id = (
            SELECT n.id FROM messages n
            WHERE n.conversation_id = c.id AND n.sender_type = 'agent' AND n.private = 0 AND n.deleted = 0
              AND (n.created_at, n.id) > (
                SELECT at, id FROM (
                  SELECT * FROM (
                    SELECT q.created_at AS at, q.id AS id FROM messages q
                    WHERE q.conversation_id = c.id AND q.sender_type = 'contact' AND q.deleted = 0
                    ORDER BY q.created_at DESC, q.id DESC LIMIT 1)
                  UNION ALL SELECT coalesce(c.contact_last_seen_at, 0), 9223372036854775807)
                ORDER BY at DESC, id DESC LIMIT 1)
            ORDER BY n.created_at, n.id LIMIT 1)
         WHERE {among} c.unseen_reply_at IS NOT NULL AND c.unseen_reply_at > ?1
         ORDER BY f.created_at, c.id"
    )
}

fn events(sign: &str, among: &str) -> String {
    format!(
        "SELECT e.event_id AS matter, e.conversation_id, e.at AS since, e.event_id AS message_id, e.at,
                e.actor_id, e.target_id
         FROM desk_events e
         CROSS JOIN conversations c ON c.id = e.conversation_id
         WHERE {among} {sign}e.at > ?1 AND {sign}e.at <= ?2 AND {sign}e.kind = ?3
         ORDER BY e.at, e.event_id"
    )
}

/// A warning and a breach are one question: which deadlines fall due between two instants, and how long before that
/// anybody is to hear.
fn deadlines(sign: &str, among: &str) -> String {
    format!(
        "SELECT d.conversation_id, d.metric AS matter, d.due_at - ?3 AS since, '' AS message_id, d.due_at AS at
         FROM sla_deadlines d
         CROSS JOIN conversations c ON c.id = d.conversation_id AND c.status = 'open'
         WHERE {among} {sign}d.due_at > ?1 AND {sign}d.due_at <= ?2
         ORDER BY d.due_at, d.conversation_id, d.metric"
    )
}
