//! Whether the database is a desk: what is missing by name, with the remedy, and how much there is.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use anyhow::{Context, Result};
use rusqlite::{Connection, Params};

use super::server::Look;
use super::value::Parameter;
use super::{Desk, DeskError, Engine, File, rights};

/// What `doorbell check` says of the desk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// What keeps the desk from being read, with the remedy; empty when all is well.
    pub problems: Vec<String>,
    /// What is off because an adapter has no relation for it.
    pub notes: Vec<String>,
    /// How many agents there are.
    pub agents: u64,
    /// How many conversations there are, of any status.
    pub conversations: u64,
    /// How many of them wait for an answer.
    pub waiting: u64,
    /// How many of them have unread messages.
    pub unread: u64,
}

/// Every relation that is read, with the columns that are read of it.
const RELATIONS: [(&str, &str); 14] = [
    ("agents", "id account_id name email phone avatar_url role active locale time_zone"),
    ("groups", "id name kind"),
    ("group_members", "group_id agent_id"),
    ("contacts", "id account_id name email phone avatar_url kind blocked sms_consent locale time_zone last_active_at"),
    (
        "conversations",
        "id account_id number subject status assignee_id last_agent_id group_id contact_id bot_state waiting_since \
         unread_since unseen_reply_at first_reply_at agents_last_seen_at contact_last_seen_at",
    ),
    ("messages", "id conversation_id sender_type sender_id private deleted body body_format created_at"),
    ("attachments", "id message_id filename byte_size url"),
    ("read_cursors", "conversation_id reader_type reader_id last_seen_at"),
    ("presence", "subject_type subject_id status surface last_active_at"),
    ("devices", "id owner_type owner_id provider token p256dh auth platform app_id"),
    ("preferences", "agent_id group_id event channel enabled scope unassigned"),
    (
        "availability",
        "agent_id time_zone working_days working_from working_until quiet_from quiet_until away_until stand_in_id",
    ),
    ("desk_events", "event_id conversation_id kind at actor_id target_id"),
    ("sla_deadlines", "conversation_id metric due_at"),
];

/// Without these nothing would ever wait, and nobody would see why; or a pass would walk the whole desk.
const KEEPERS: [&str; 21] = [
    "messages_written",
    "messages_changed",
    "messages_removed",
    "read_cursors_written",
    "read_cursors_changed",
    "read_cursors_removed",
    "conversations_written",
    "conversations_changed",
    "conversations_derive",
    "conversations_waiting",
    "conversations_unread",
    "conversations_unseen",
    "messages_of_contact",
    "messages_of_bot",
    "messages_replies",
    "attachments_by_message",
    "devices_by_owner",
    "preferences_once",
    "desk_events_by_kind",
    "desk_events_by_conversation",
    "sla_deadlines_by_time",
];

/// A database without one of these is another program's, and not a desk that lacks something.
const HEART: &str = "
    SELECT group_concat(value, ', ') FROM json_each('[\"agents\", \"contacts\", \"conversations\", \"messages\"]')
    WHERE value NOT IN (SELECT name FROM sqlite_schema WHERE type IN ('table', 'view'))";

/// Whether messages have an id from outside, and each of those but one row.
const EXTERNAL_ID: &str = "
    SELECT EXISTS (SELECT 1 FROM pragma_table_info('messages') WHERE name = 'external_id'),
      EXISTS (SELECT 1 FROM pragma_index_list('messages') i WHERE i.\"unique\" = 1
              AND (SELECT group_concat(name) FROM pragma_index_info(i.name)) = 'external_id')";

const COUNTS: &str = "SELECT
    (SELECT count(*) FROM agents),
    (SELECT count(*) FROM conversations),
    (SELECT count(*) FROM conversations WHERE waiting_since IS NOT NULL AND status = 'open'),
    (SELECT count(*) FROM conversations WHERE unread_since IS NOT NULL AND status = 'open')";

/// Before anything is written beside or into a database that `desk.url` names by mistake.
pub(super) fn refuse_another(path: &Path, connection: &Connection) -> Result<()> {
    let missing: Option<String> =
        connection.query_row(HEART, [], |row| row.get(0)).with_context(|| format!("read desk {}", path.display()))?;
    match missing {
        Some(missing) => Err(DeskError::NoDesk { path: path.to_owned(), missing }.into()),
        None => Ok(()),
    }
}

/// What keeps each message from outside from being added exactly once.
pub(super) fn missing_for_additions(path: &Path, connection: &Connection) -> Result<Vec<String>> {
    let (is_there, is_unique): (bool, bool) = connection
        .query_row(EXTERNAL_ID, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .with_context(|| format!("read the schema of desk {}", path.display()))?;
    Ok(unknown_again(is_there, is_unique))
}

/// The problem in words, and what to run.
fn unknown_again(is_there: bool, is_unique: bool) -> Vec<String> {
    let column = "relation messages of the desk has no column external_id, by which a text message is known again; \
                  run on the desk: ALTER TABLE messages ADD COLUMN external_id TEXT";
    let index = "relation messages of the desk has no unique index on external_id, so that a text message could be added \
                 twice; run on the desk: CREATE UNIQUE INDEX messages_from_outside ON messages (external_id) WHERE \
                 external_id IS NOT NULL";
    let missing = [(is_there, column), (is_unique, index)].into_iter().filter(|(there, _)| !there);
    missing.map(|(_, problem)| problem.to_owned()).collect()
}

impl Desk {
    /// Looks whether everything is there that a pass reads, and counts.
    pub fn check(&self) -> Result<Findings> {
        if let Some(product) = &self.product {
            return self.snapshot()?.check_product(product);
        }
        let (problems, counts) = match &self.engine {
            Engine::Sqlite(file) => file.check()?,
            Engine::Postgres(server) => check_server(&server.look()?)?,
            Engine::MariaDb(server) => return Err(DeskError::NeedsAdapter { desk: server.name.clone() }.into()),
        };
        let [agents, conversations, waiting, unread] = counts.map(|count| u64::try_from(count).unwrap_or_default());
        Ok(Findings { problems, notes: Vec::new(), agents, conversations, waiting, unread })
    }

    /// What keeps messages from outside from being added, with the remedy; empty when all is well.
    pub fn check_additions(&self) -> Result<Vec<String>> {
        match &self.engine {
            Engine::Sqlite(file) => missing_for_additions(&file.path, &file.connection),
            Engine::Postgres(server) => {
                let look = server.look()?;
                let mut problems = missing_on_server(&look)?;
                problems.extend(rights::problems(&look, "sms.replies", &rights::ADDITIONS)?);
                Ok(problems)
            }
            Engine::MariaDb(server) => Err(DeskError::NeedsAdapter { desk: server.name.clone() }.into()),
        }
    }

    /// What keeps mails from being marked as read, with the remedy; empty when all is well, as far as one can see.
    pub fn check_marks(&self) -> Result<Vec<String>> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(Vec::new()),
            Engine::Postgres(server) => rights::problems(&server.look()?, "desk.mark_read_after_email", &rights::MARKS),
            Engine::MariaDb(server) => Err(DeskError::NeedsAdapter { desk: server.name.clone() }.into()),
        }
    }
}

impl File {
    fn check(&self) -> Result<(Vec<String>, [i64; 4])> {
        refuse_another(&self.path, &self.connection)?;
        let problems = self.problems()?;
        if !problems.is_empty() {
            return Ok((problems, [0; 4]));
        }
        let counts = self
            .connection
            .query_row(COUNTS, [], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]))
            .context("count what is in the desk")?;
        Ok((problems, counts))
    }

    fn problems(&self) -> Result<Vec<String>> {
        let read = || format!("read the schema of desk {}", self.path.display());
        let remedy = "make it as schema.sql does; `doorbell init` makes a whole desk";
        let mut problems = Vec::new();
        for (relation, columns) in RELATIONS {
            let there = self.names("SELECT name FROM pragma_table_info(?1)", [relation]).with_context(read)?;
            problems.extend(missing_columns(relation, columns, &there, remedy));
        }
        let known =
            self.names("SELECT name FROM sqlite_schema WHERE type IN ('trigger', 'index')", []).with_context(read)?;
        problems.extend(missing_keepers(KEEPERS.iter(), &known, remedy));
        Ok(problems)
    }

    fn names(&self, sql: &str, parameters: impl Params) -> rusqlite::Result<HashSet<String>> {
        let mut statement = self.connection.prepare(sql)?;
        statement.query_map(parameters, |row| row.get(0))?.collect()
    }
}

fn missing_columns(relation: &str, columns: &str, there: &HashSet<String>, remedy: &str) -> Vec<String> {
    if there.is_empty() {
        return vec![format!("the desk has no relation {relation}; {remedy}")];
    }
    let missing = columns.split(' ').filter(|column| !there.contains(*column));
    missing.map(|column| format!("relation {relation} of the desk has no column {column}; {remedy}")).collect()
}

fn missing_keepers<'a>(
    keepers: impl Iterator<Item = &'a &'static str>,
    known: &HashSet<String>,
    remedy: &str,
) -> Vec<String> {
    let lost = keepers.filter(|keeper| !known.contains(**keeper));
    lost.map(|keeper| format!("the desk has no trigger or index {keeper}; {remedy}")).collect()
}

/// What of a relation this user can read, found as the statements of a pass find it.
const COLUMNS: &str = "
    SELECT t.name AS relation, a.attname AS name
    FROM unnest($1) t (name) JOIN pg_attribute a ON a.attrelid = to_regclass(t.name)
    WHERE a.attnum > 0 AND NOT a.attisdropped AND has_column_privilege(a.attrelid, a.attnum, 'SELECT')";
/// What keeps the derived columns right, and the indexes.
const KEEPERS_THERE: &str = "
    SELECT g.tgname AS name FROM pg_trigger g, unnest($1) t (name)
    WHERE g.tgrelid = to_regclass(t.name) AND g.tgenabled <> 'D'
    UNION SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid, unnest($1) t (name)
    WHERE i.indrelid = to_regclass(t.name) AND i.indisvalid
    UNION SELECT p.proname FROM pg_proc p WHERE p.proname = 'conversations_derive' AND pg_function_is_visible(p.oid)";
/// A TRUNCATE is written without a word to the other triggers.
const MORE_KEEPERS: [&str; 2] = ["messages_emptied", "read_cursors_emptied"];
const REMEDY: &str = "make it as schema.postgresql.sql does, and let the user of desk.url read it (GRANT SELECT)";

fn check_server(look: &Look<'_>) -> Result<(Vec<String>, [i64; 4])> {
    let problems = problems_of_server(look)?;
    if !problems.is_empty() {
        return Ok((problems, [0; 4]));
    }
    let rows = look.rows(COUNTS, &[]).context("count what is in the desk")?;
    let mut counts = [0; 4];
    if let Some(row) = rows.first() {
        for (place, count) in counts.iter_mut().enumerate() {
            *count = row.try_get(place)?;
        }
    }
    Ok((problems, counts))
}

/// What a desk on PostgreSQL lacks, by name.
pub(super) fn problems_of_server(look: &Look<'_>) -> Result<Vec<String>> {
    let relations = serde_json::Value::from_iter(RELATIONS.map(|(relation, _)| relation)).to_string();
    let relations = [Parameter::Texts(&relations)];
    let mut there: HashMap<String, HashSet<String>> = HashMap::new();
    for row in look.rows(COLUMNS, &relations).context("read the schema of the desk")? {
        there.entry(row.try_get(0)?).or_default().insert(row.try_get(1)?);
    }
    let mut problems = Vec::new();
    for (relation, columns) in RELATIONS {
        let none = HashSet::new();
        problems.extend(missing_columns(relation, columns, there.get(relation).unwrap_or(&none), REMEDY));
    }
    let mut known = HashSet::new();
    for row in look.rows(KEEPERS_THERE, &relations).context("read the schema of the desk")? {
        known.insert(row.try_get(0)?);
    }
    problems.extend(missing_keepers(KEEPERS.iter().chain(&MORE_KEEPERS), &known, REMEDY));
    Ok(problems)
}

/// As `EXTERNAL_ID`. An index of other words would not be found by the statement that adds.
const EXTERNAL_ID_THERE: &str = "
    SELECT count(*) > 0, count(i.indexrelid) > 0
    FROM pg_attribute a LEFT JOIN pg_index i
      ON i.indrelid = a.attrelid AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indnkeyatts = 1
      AND i.indkey[0] = a.attnum
      AND coalesce(pg_get_expr(i.indpred, i.indrelid), '(external_id IS NOT NULL)') = '(external_id IS NOT NULL)'
    WHERE a.attrelid = to_regclass('messages') AND a.attname = 'external_id' AND NOT a.attisdropped";

/// Beside `missing_for_additions`.
fn missing_on_server(look: &Look<'_>) -> Result<Vec<String>> {
    let rows = look.rows(EXTERNAL_ID_THERE, &[]).context("read the schema of the desk")?;
    let Some(row) = rows.first() else { return Ok(unknown_again(false, false)) };
    Ok(unknown_again(row.try_get(0)?, row.try_get(1)?))
}
