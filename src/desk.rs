//! The desk: somebody's chat database, read and never written.
//! A pass opens it, takes a snapshot, and asks for what waits, for the facts around it, and for the words.

mod check;
mod columns;
mod contents;
mod error;
mod facts;
mod find;
mod link;
mod mark_read;
mod pending;
mod plain;
mod relations;
mod replay;
mod settings;
mod url;

use std::cell::RefCell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rusqlite::{Connection, OpenFlags, Transaction};

pub use check::Findings;
pub use contents::{Content, Sender, Wanted};
pub use error::DeskError;
pub use facts::Agents;
pub use link::{AgentUrl, ContactUrl, Place};
pub use mark_read::ReadMarks;
pub use pending::Window;
pub use replay::Replay;
pub use settings::Settings;
pub use url::DeskUrl;

/// The desk schema: what `doorbell init` makes a new desk from.
pub const SCHEMA: &str = include_str!("../schema.sql");

/// How long a read waits for the chat program to finish a write; a write of five seconds is a fault of its own.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A read-only connection to the chat database.
#[derive(Debug)]
pub struct Desk {
    path: PathBuf,
    connection: Connection,
    /// Words that were warned of: once each, not once per row.
    strange_words: RefCell<HashSet<String>>,
}

/// The desk as it was at one instant: everything read through it belongs together.
#[derive(Debug)]
pub struct Snapshot<'desk> {
    transaction: Transaction<'desk>,
    strange_words: &'desk RefCell<HashSet<String>>,
}

impl Desk {
    /// Opens the database for reading; nothing in it, nor its journal mode, is ever changed.
    pub fn open(path: &Path) -> Result<Self> {
        if !path.exists() {
            bail!(
                "open desk {}: there is no such file; name another in desk.url, or run: doorbell init",
                path.display()
            );
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(path, flags).with_context(|| format!("open desk {}", path.display()))?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "query_only", true)?;
        // one place per statement of this room, so that none is parsed twice in a pass
        connection.set_prepared_statement_cache_capacity(32);
        Ok(Self { path: path.to_owned(), connection, strange_words: RefCell::default() })
    }

    /// Where the database is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Holds the desk as it is now, until the snapshot is dropped.
    pub fn snapshot(&self) -> Result<Snapshot<'_>> {
        let begin = || format!("read desk {}", self.path.display());
        let transaction = self.connection.unchecked_transaction().with_context(begin)?;
        // a deferred transaction begins with its first read: this one makes "now" mean now
        self.refuse_another(&transaction)?;
        Ok(Snapshot { transaction, strange_words: &self.strange_words })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Watch;

    /// The plan of a statement on a desk of our own schema, one line per step.
    fn plan(sql: &str) -> Vec<String> {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let parameters = vec![rusqlite::types::Null; statement.parameter_count()];
        let steps = statement.query_map(rusqlite::params_from_iter(parameters), |row| row.get(3)).unwrap();
        steps.collect::<Result<_, _>>().unwrap()
    }

    #[track_caller]
    fn only_looks_up(sql: &str, may_scan: &[&str]) {
        let plan = plan(sql);
        let scans = plan.iter().filter(|step| {
            step.starts_with("SCAN") && !step.starts_with("SCAN (subquery") && *step != "SCAN CONSTANT ROW"
        });
        let strangers = scans.filter(|step| !may_scan.iter().any(|allowed| step.starts_with(allowed)));
        assert_eq!(strangers.collect::<Vec<_>>(), Vec::<&String>::new(), "{sql}\n{plan:#?}");
    }

    #[test]
    fn a_scan_would_be_seen() {
        assert!(plan("SELECT * FROM messages m WHERE body = ''").contains(&"SCAN m".to_owned()));
    }

    #[test]
    fn what_waits_is_read_from_its_own_index() {
        for (watch, index) in [
            (Watch::Unreplied, "conversations_waiting"),
            (Watch::FirstMessage, "conversations_waiting"),
            (Watch::NewMessage, "conversations_waiting"),
            (Watch::Unread, "conversations_unread"),
            (Watch::UnseenReply, "conversations_unseen"),
            (Watch::Assigned, "desk_events_by_kind"),
            (Watch::SlaWarning, "sla_deadlines_by_time"),
            (Watch::SlaBreach, "sla_deadlines_by_time"),
        ] {
            only_looks_up(&relations::sql(watch, false), &[]);
            let steps = plan(&relations::sql(watch, false));
            let first = steps.iter().find(|step| step.starts_with("SEARCH")).unwrap();
            assert!(first.contains(&format!("INDEX {index} (")), "{watch:?}: {steps:#?}");
            let is_sorted = !steps.iter().any(|step| step.contains("TEMP B-TREE"));
            assert!(is_sorted || !watch.is_about_messages(), "{watch:?}: {steps:#?}");
        }
    }

    #[test]
    fn the_next_message_is_found_without_walking_the_conversation() {
        for (sql, index) in [
            (relations::FIRST_CONTACT_MESSAGE_AFTER, "messages_of_contact"),
            (relations::FIRST_REPLY_AFTER, "messages_replies"),
        ] {
            let steps = plan(sql);
            let walks = format!("{index} (conversation_id=? AND created_at>?)");
            assert!(steps.iter().any(|step| step.contains(&walks)), "{steps:#?}");
        }
    }

    #[test]
    fn conversations_at_hand_are_looked_up_by_id() {
        for watch in Watch::ALL {
            only_looks_up(&relations::sql(watch, true), &["SCAN json_each"]);
            let steps = plan(&relations::sql(watch, true));
            let walks = ["_waiting (", "_unread (", "_unseen (", "_by_kind (", "_by_time ("];
            assert!(!steps.iter().any(|step| walks.iter().any(|index| step.contains(index))), "{watch:?}: {steps:#?}");
        }
    }

    #[test]
    fn every_other_statement_looks_up_by_key() {
        use facts::sql::{
            AGENTS, AVAILABILITY, CONTACTS, CONVERSATIONS, DEVICES, GROUPS, MEMBERS, PREFERENCES, PRESENCE, SEEN,
        };
        use find::{AGENT_BY_EMAIL, AGENT_BY_ID, BY_ID, BY_NUMBER, CONTACT_BY_EMAIL, CONTACT_BY_ID};
        for sql in [&contents::latest(), contents::ATTACHMENTS, &contents::earlier()] {
            only_looks_up(sql, &["SCAN w VIRTUAL TABLE"]);
        }
        for sql in
            [CONVERSATIONS, CONTACTS, GROUPS, MEMBERS, AGENTS, AVAILABILITY, PRESENCE, PREFERENCES, DEVICES, SEEN]
        {
            only_looks_up(sql, &["SCAN json_each"]);
        }
        for sql in [BY_NUMBER, BY_ID, AGENT_BY_EMAIL, AGENT_BY_ID, CONTACT_BY_EMAIL, CONTACT_BY_ID] {
            only_looks_up(sql, &[]);
        }
        only_looks_up(&relations::latest_message(), &[]);
    }

    #[test]
    fn what_the_triggers_compute_is_looked_up_by_key() {
        only_looks_up("SELECT * FROM conversations_derived WHERE id = 7", &[]);
    }
}
