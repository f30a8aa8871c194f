//! The driving relations as statements on our own schema: each walks an index that holds little more than its result.

use crate::model::{Relation, Watch};

/// The contact's latest message in `c`, by one look into the index of contact messages.
const LATEST: &str = "JOIN messages m ON m.id = (
    SELECT n.id FROM messages n
    WHERE n.conversation_id = c.id AND n.sender_type = 'contact' AND n.deleted = 0
    ORDER BY n.created_at DESC, n.id DESC LIMIT 1)";

/// The latest public reply in `c`.
const LATEST_REPLY: &str = "JOIN messages m ON m.id = (
    SELECT n.id FROM messages n
    WHERE n.conversation_id = c.id AND n.sender_type = 'agent' AND n.private = 0 AND n.deleted = 0
    ORDER BY n.created_at DESC, n.id DESC LIMIT 1)";

/// When the first public reply was written that the contact has neither seen nor written after: later replies do not
/// put off its telling. A read cursor stands behind all messages of its instant.
const FIRST_UNSEEN: &str = "(
    SELECT r.created_at FROM messages r
    WHERE r.conversation_id = c.id AND r.sender_type = 'agent' AND r.private = 0 AND r.deleted = 0
      AND (r.created_at, r.id) > (
        SELECT at, id FROM (
          SELECT * FROM (
            SELECT m.created_at AS at, m.id AS id FROM messages m
            WHERE m.conversation_id = c.id AND m.sender_type = 'contact' AND m.deleted = 0
            ORDER BY m.created_at DESC, m.id DESC LIMIT 1)
          UNION ALL SELECT coalesce(c.contact_last_seen_at, 0), 9223372036854775807)
        ORDER BY at DESC, id DESC LIMIT 1)
    ORDER BY r.created_at, r.id LIMIT 1)";

/// For each (conversation, time, id): the contact's next message after that place.
pub(super) const FIRST_CONTACT_MESSAGE_AFTER: &str = "
    SELECT w.key AS place, m.id AS message_id, m.created_at FROM json_each(?1) w
    CROSS JOIN messages m ON m.id = (
        SELECT n.id FROM messages n
        WHERE n.conversation_id = w.value ->> 0 AND n.sender_type = 'contact' AND n.deleted = 0
          AND (n.created_at, n.id) > (w.value ->> 1, w.value ->> 2)
        ORDER BY n.created_at, n.id LIMIT 1)";

/// For each (conversation, time, id): the next public reply after that place.
pub(super) const FIRST_REPLY_AFTER: &str = "
    SELECT w.key AS place, m.id AS message_id, m.created_at FROM json_each(?1) w
    CROSS JOIN messages m ON m.id = (
        SELECT n.id FROM messages n
        WHERE n.conversation_id = w.value ->> 0 AND n.sender_type = 'agent' AND n.private = 0 AND n.deleted = 0
          AND (n.created_at, n.id) > (w.value ->> 1, w.value ->> 2)
        ORDER BY n.created_at, n.id LIMIT 1)";

/// The driving relation of a watch, as the desk contract calls it.
pub(super) fn name(watch: Watch) -> &'static str {
    match watch.relation() {
        Relation::Unread => "unread_conversations",
        Relation::Waiting => "waiting_conversations",
        Relation::UnseenReplies => "unseen_replies",
        Relation::Events => "desk_events",
        Relation::Deadlines => "sla_deadlines",
    }
}

/// What waits for a watch: everywhere, or among the conversations `:ids`.
///
/// Takes `:ids`, `:from` (how far to look back), `:now` and `:warned` (the latest deadline to warn of), as far as it
/// names them.
pub(super) fn sql(watch: Watch, among: bool) -> String {
    match watch.relation() {
        Relation::Unread => messages("unread_since", "", among),
        Relation::Waiting => messages("waiting_since", answered(watch), among),
        Relation::UnseenReplies => replies(among),
        Relation::Events => events(watch, among),
        Relation::Deadlines => deadlines(watch, among),
    }
}

/// The contact's latest message in conversation `?1`, of any status.
pub(super) fn latest_message() -> String {
    format!("SELECT m.id AS message_id, m.created_at FROM conversations c {LATEST} WHERE c.id = ?1")
}

/// A new chat is one that no person has ever answered.
fn answered(watch: Watch) -> &'static str {
    match watch {
        Watch::FirstMessage => "AND c.first_reply_at IS NULL",
        Watch::NewMessage => "AND c.first_reply_at IS NOT NULL",
        _ => "",
    }
}

/// `NOT INDEXED` leaves the integer key, else a few ids would walk all that waits.
fn source(among: bool) -> (&'static str, &'static str) {
    if among { ("NOT INDEXED", "c.id IN (SELECT value FROM json_each(:ids)) AND") } else { ("", "") }
}

fn messages(since: &str, answered: &str, among: bool) -> String {
    let (index, those) = source(among);
    format!(
        "SELECT c.id AS conversation_id, c.{since} AS since, m.id AS message_id, m.created_at
         FROM conversations c {index} {LATEST}
         WHERE {those} c.{since} IS NOT NULL AND c.status = 'open' {answered} ORDER BY c.{since}, c.id"
    )
}

fn replies(among: bool) -> String {
    let (index, those) = source(among);
    let recent = if among { "c.unseen_reply_at IS NOT NULL" } else { "c.unseen_reply_at > :from" };
    format!(
        "SELECT c.id AS conversation_id, coalesce({FIRST_UNSEEN}, c.unseen_reply_at) AS since,
           m.id AS message_id, m.created_at
         FROM conversations c {index} {LATEST_REPLY}
         WHERE {those} {recent} ORDER BY c.unseen_reply_at, c.id"
    )
}

/// The plus signs keep the look-up among given conversations from walking everything of one kind.
fn events(watch: Watch, among: bool) -> String {
    let kind = watch.word();
    let those = if among {
        "e.conversation_id IN (SELECT value FROM json_each(:ids)) AND +e.kind = "
    } else {
        "e.at > :from AND e.kind = "
    };
    let until = if among { "+e.at" } else { "e.at" };
    format!(
        "SELECT e.event_id, e.conversation_id, e.at, e.actor_id, e.target_id
         FROM desk_events e JOIN conversations c ON c.id = e.conversation_id
         WHERE {those} '{kind}' AND {until} <= :now ORDER BY e.at, e.event_id"
    )
}

fn deadlines(watch: Watch, among: bool) -> String {
    let those = if among { "d.conversation_id IN (SELECT value FROM json_each(:ids)) AND" } else { "" };
    let when = match (watch, among) {
        (Watch::SlaWarning, _) => "d.due_at > :now AND d.due_at <= :warned",
        (_, true) => "d.due_at <= :now",
        (_, false) => "d.due_at > :from AND d.due_at <= :now",
    };
    format!(
        "SELECT d.conversation_id, d.metric, d.due_at
         FROM sla_deadlines d JOIN conversations c ON c.id = d.conversation_id
         WHERE {those} {when} AND c.status = 'open' ORDER BY d.due_at, d.conversation_id, d.metric"
    )
}
