//! What the user of a desk on PostgreSQL must be allowed to write, where the settings want something written.

use anyhow::{Context, Result};

use super::server::Look;
use super::value::Parameter;

/// A right, the relation that it is on, and its columns.
type Right = (&'static str, &'static str, &'static str);

/// What the triggers write with the rights of whoever wrote a message or moved a cursor.
const DERIVED: Right = (
    "UPDATE",
    "conversations",
    "waiting_since unread_since unseen_reply_at last_activity_at last_agent_id first_reply_at assignee_last_seen_at \
     agents_last_seen_at contact_last_seen_at",
);
/// What it takes to move a read cursor.
pub(super) const MARKS: [Right; 3] = [
    ("INSERT", "read_cursors", "conversation_id reader_type reader_id last_seen_at"),
    ("UPDATE", "read_cursors", "last_seen_at"),
    DERIVED,
];
/// What it takes to take in what people text.
pub(super) const ADDITIONS: [Right; 4] = [
    ("INSERT", "messages", "conversation_id sender_type sender_id body created_at external_id"),
    ("UPDATE", "contacts", "sms_consent"),
    ("UPDATE", "conversations", "status snoozed_until"),
    DERIVED,
];

/// The grants that lack, one for each relation. A column that is not there is not granted: it lacks in other words.
const LACKING: &str = "
    SELECT format('GRANT %s ON %s TO %I', string_agg(kind || ' (' || names || ')', ', '), relation, current_user)
    FROM (
      SELECT n.relation, n.kind, string_agg(quote_ident(n.name), ', ' ORDER BY n.place) AS names
      FROM unnest($1, $2, $3) WITH ORDINALITY n (relation, kind, name, place)
      JOIN pg_attribute a ON a.attrelid = to_regclass(n.relation) AND a.attname = n.name
      WHERE a.attnum > 0 AND NOT a.attisdropped AND NOT has_column_privilege(a.attrelid, a.attnum, n.kind)
      GROUP BY n.relation, n.kind) lacking
    GROUP BY relation ORDER BY relation";
const ON_A_STANDBY: &str = "SELECT pg_is_in_recovery()";

/// What keeps this user from writing for the setting `key`, with the remedy.
pub(super) fn problems(look: &Look<'_>, key: &str, rights: &[Right]) -> Result<Vec<String>> {
    let read = || format!("see what {key} may write");
    let standby = look.rows(ON_A_STANDBY, &[]).with_context(read)?;
    if standby.first().is_some_and(|row| row.try_get(0).unwrap_or_default()) {
        return Ok(vec![format!(
            "{key} writes to the desk, and this server is a standby, which cannot be written to; name the primary in \
             desk.url, or take {key} out"
        )]);
    }
    let each = || rights.iter().flat_map(|right| right.2.split(' ').map(move |column| (right, column)));
    let relations: serde_json::Value = each().map(|(right, _)| right.1).collect();
    let kinds: serde_json::Value = each().map(|(right, _)| right.0).collect();
    let columns: serde_json::Value = each().map(|(_, column)| column).collect();
    let lists = [relations, kinds, columns].map(|list| list.to_string());
    let lists = lists.each_ref().map(|list| Parameter::Texts(list));
    let grants = look.rows(LACKING, &lists).with_context(read)?;
    let grants: Vec<String> = grants.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    if grants.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![format!(
        "the user of desk.url may not write what {key} asks for; as the owner of the tables: {}",
        grants.join("; ")
    )])
}
