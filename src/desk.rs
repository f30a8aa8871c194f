//! The desk: somebody's chat database, read, in a file of `SQLite`, on PostgreSQL or MariaDB; the writes are rooms of their own,
//! `mark_read` and `additions`.
//! A pass opens it, takes a snapshot, and asks for what waits, for the facts around it, and for the words.

mod adapter;
mod additions;
mod check;
mod columns;
mod contents;
mod dialect;
mod error;
mod facts;
mod find;
mod lateral;
mod link;
mod mariadb;
mod mark_read;
mod pending;
mod places;
mod plain;
mod product;
mod replay;
mod rights;
mod server;
mod settings;
mod url;
mod value;
mod writing;

use std::cell::RefCell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction};

pub use adapter::{
    Adapter, AdapterError, Choice, Column, Corrections, Kind, Meaning, RELATIONS, Reads, Relation, meaning, words,
};
pub use additions::{Added, Additions, Writer};
pub use check::Findings;
pub use contents::{Content, Past, Sender, Wanted};
pub use error::DeskError;
pub use facts::Agents;
pub use link::{AgentUrl, ContactUrl, Place};
pub use mariadb::MariaDbAddress;
pub use mark_read::ReadMarks;
pub use pending::Window;
pub use product::survey::Survey;
pub use replay::{Replay, Spans};
pub use settings::Settings;
pub use url::DeskUrl;

use dialect::Dialect;
use product::{Product, Waiting};
use server::{Look, Server};

/// The desk schema: what `doorbell init` makes a new desk from.
pub const SCHEMA: &str = include_str!("../schema.sql");
/// The same for PostgreSQL.
pub const POSTGRESQL_SCHEMA: &str = include_str!("../schema.postgresql.sql");

/// How long a read waits for the chat program to finish a write; a write of five seconds is a fault of its own.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A read-only connection to the chat database.
#[derive(Debug)]
pub struct Desk {
    engine: Engine,
    /// Whose tables they are, if not our own.
    product: Option<Product>,
    /// Words that were warned of: once each, not once per row.
    strange_words: RefCell<HashSet<String>>,
}

#[derive(Debug)]
enum Engine {
    Sqlite(File),
    Postgres(Box<Server>),
    MariaDb(Box<mariadb::Server>),
}

/// A database file.
#[derive(Debug)]
struct File {
    path: PathBuf,
    connection: Connection,
}

/// The desk as it was at one instant: everything read through it belongs together.
#[derive(Debug)]
pub struct Snapshot<'desk> {
    reading: Reading<'desk>,
    desk: &'desk Desk,
    waiting: RefCell<Waiting>,
}

/// A transaction of one of the engines.
#[derive(Debug)]
enum Reading<'desk> {
    Sqlite(Transaction<'desk>),
    Postgres(Look<'desk>),
    MariaDb(mariadb::Look<'desk>),
}

impl Desk {
    /// Opens the desk of these settings for reading; `folder` is where relative file names begin.
    pub fn of(settings: &Settings, folder: &Path) -> Result<Self> {
        let product = Adapter::of(settings, folder)?.map(Product::new);
        let engine = match &settings.url {
            DeskUrl::Sqlite(path) => Engine::Sqlite(File::open(&folder.join(path))?),
            DeskUrl::Postgres(address) => Engine::Postgres(Box::new(Server::connect(address, settings, folder)?)),
            DeskUrl::MariaDb(address) if product.is_none() => {
                return Err(DeskError::NeedsAdapter { desk: address.to_string() }.into());
            }
            DeskUrl::MariaDb(address) => {
                Engine::MariaDb(Box::new(mariadb::Server::connect(address, settings, folder)?))
            }
        };
        Ok(Self { engine, product, strange_words: RefCell::default() })
    }

    /// Opens a database file for reading; nothing in it, nor its journal mode, is ever changed.
    pub fn open(path: &Path) -> Result<Self> {
        let engine = Engine::Sqlite(File::open(path)?);
        Ok(Self { engine, product: None, strange_words: RefCell::default() })
    }

    /// Where the database is, without a secret.
    pub fn name(&self) -> String {
        match &self.engine {
            Engine::Sqlite(file) => file.path.display().to_string(),
            Engine::Postgres(server) => server.name.clone(),
            Engine::MariaDb(server) => server.name.clone(),
        }
    }

    /// Holds the desk as it is now, until the snapshot is dropped.
    pub fn snapshot(&self) -> Result<Snapshot<'_>> {
        let reading = match &self.engine {
            Engine::Sqlite(file) if self.product.is_some() => Reading::Sqlite(file.transaction()?),
            Engine::Sqlite(file) => Reading::Sqlite(file.begin()?),
            Engine::Postgres(server) => Reading::Postgres(server.look()?),
            Engine::MariaDb(server) => Reading::MariaDb(server.look()?),
        };
        Ok(Snapshot { reading, desk: self, waiting: RefCell::default() })
    }
}

impl File {
    fn open(path: &Path) -> Result<Self> {
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "query_only", true)?;
        // else SQLite plans a statement anew for each value that it compares with a partial index
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        // one place per statement of this room, so that none is parsed twice in a pass
        connection.set_prepared_statement_cache_capacity(48);
        Ok(Self { path: path.to_owned(), connection })
    }

    /// The desk of our own schema as it is now.
    fn begin(&self) -> Result<Transaction<'_>> {
        let transaction = self.transaction()?;
        check::refuse_another(&self.path, &transaction)?;
        Ok(transaction)
    }

    fn transaction(&self) -> Result<Transaction<'_>> {
        let begin = || format!("read desk {}", self.path.display());
        let transaction = self.connection.unchecked_transaction().with_context(begin)?;
        // a deferred transaction begins with its first read: this one makes "now" mean now
        transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).with_context(begin)?;
        Ok(transaction)
    }
}

impl Snapshot<'_> {
    /// Which SQL the desk speaks.
    fn dialect(&self) -> Dialect {
        match self.reading {
            Reading::Sqlite(_) => Dialect::Sqlite,
            Reading::Postgres(_) => Dialect::Postgres,
            Reading::MariaDb(_) => Dialect::MariaDb,
        }
    }
}

/// A connection to a database that is there already.
fn connect(path: &Path, access: OpenFlags) -> Result<Connection> {
    if !path.exists() {
        bail!("open desk {}: there is no such file; name another in desk.url, or run: doorbell init", path.display());
    }
    Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .with_context(|| format!("open desk {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Relation, Watch};

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
        let scans = plan.iter().filter(|step| step.starts_with("SCAN") && !step.starts_with("SCAN (subquery"));
        let strangers = scans.filter(|step| !may_scan.iter().any(|allowed| step.starts_with(allowed)));
        assert_eq!(strangers.collect::<Vec<_>>(), Vec::<&String>::new(), "{sql}\n{plan:#?}");
    }

    #[test]
    fn a_scan_would_be_seen() {
        assert!(plan("SELECT * FROM messages m WHERE body = ''").contains(&"SCAN m".to_owned()));
    }

    /// The watches whose relation is one of these.
    fn of(relations: &[Relation]) -> impl Iterator<Item = Watch> {
        Watch::ALL.into_iter().filter(|watch| relations.contains(&watch.relation()))
    }

    #[track_caller]
    fn walks(sql: &str, start: &str) -> Vec<String> {
        let steps = plan(sql);
        assert!(steps.iter().any(|step| step.starts_with(start)), "{sql}\n{steps:#?}");
        steps
    }

    #[test]
    fn what_waits_is_read_from_its_own_index() {
        for watch in of(&[Relation::Waiting, Relation::Unread]) {
            let index = if watch == Watch::Unread { "conversations_unread" } else { "conversations_waiting" };
            let kind = if matches!(watch, Watch::FirstMessage | Watch::NewMessage) { "" } else { "COVERING " };
            only_looks_up(&pending::all(watch, Dialect::Sqlite), &[]);
            let steps = walks(&pending::all(watch, Dialect::Sqlite), &format!("SEARCH c USING {kind}INDEX {index}"));
            assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "the index is sorted: {steps:#?}");
        }
    }

    #[test]
    fn replies_events_and_deadlines_are_read_from_their_own_index() {
        for (relation, start) in [
            (Relation::UnseenReplies, "SEARCH c USING INDEX conversations_unseen (unseen_reply_at>?)"),
            (Relation::Events, "SEARCH e USING INDEX desk_events_by_kind (kind=? AND at>? AND at<?)"),
            (Relation::Deadlines, "SEARCH d USING COVERING INDEX sla_deadlines_by_time (due_at>? AND due_at<?)"),
        ] {
            for watch in of(&[relation]) {
                only_looks_up(&pending::all(watch, Dialect::Sqlite), &["SCAN CONSTANT ROW"]);
                walks(&pending::all(watch, Dialect::Sqlite), start);
            }
        }
    }

    #[test]
    fn the_next_message_is_found_without_walking_the_conversation() {
        for (watch, index) in [(Watch::Unreplied, "messages_of_contact"), (Watch::UnseenReply, "messages_replies")] {
            let steps = plan(&places::first_after(watch, Dialect::Sqlite));
            let seeks = format!("{index} (conversation_id=? AND created_at>?)");
            assert!(steps.iter().any(|step| step.contains(&seeks)), "{steps:#?}");
        }
        let steps = plan(&pending::all(Watch::UnseenReply, Dialect::Sqlite));
        let seeks = "messages_replies (conversation_id=? AND created_at>?)";
        assert!(steps.iter().any(|step| step.contains(seeks)), "{steps:#?}");
    }

    #[test]
    fn the_bots_latest_word_is_found_in_an_index_of_its_own() {
        let steps = plan(&facts::sql::conversations(Dialect::Sqlite));
        assert_eq!(steps.iter().filter(|step| step.contains("messages_of_bot")).count(), 2, "{steps:#?}");
    }

    #[test]
    fn conversations_at_hand_are_looked_up_by_id() {
        for (relation, start) in [
            (Relation::Waiting, "SEARCH c USING INTEGER PRIMARY KEY (rowid=?)"),
            (Relation::Unread, "SEARCH c USING INTEGER PRIMARY KEY (rowid=?)"),
            (Relation::UnseenReplies, "SEARCH c USING INTEGER PRIMARY KEY (rowid=?)"),
            (Relation::Events, "SEARCH e USING INDEX desk_events_by_conversation (conversation_id=?)"),
            (Relation::Deadlines, "SEARCH d USING PRIMARY KEY (conversation_id=?)"),
        ] {
            for watch in of(&[relation]) {
                only_looks_up(&pending::some(watch, Dialect::Sqlite), &["SCAN json_each", "SCAN CONSTANT ROW"]);
                walks(&pending::some(watch, Dialect::Sqlite), start);
            }
        }
    }

    #[test]
    fn every_other_statement_looks_up_by_key() {
        use facts::people::sql::{AGENTS, PRESENCE};
        use facts::sql::{CONTACTS, GROUPS, MEMBERS, SEEN, conversations};
        use facts::unread::sql::UNREAD;
        use facts::wishes::sql::{AVAILABILITY, DEVICES, PREFERENCES};
        use find::{
            AGENT_BY_EMAIL, AGENT_BY_ID, BY_ID, BY_NUMBER, CONTACT_BY_EMAIL, CONTACT_BY_ID, PHONE_OF_AGENT,
            PHONE_OF_CONTACT,
        };
        for watch in [Watch::Unreplied, Watch::UnseenReply] {
            let told_of = places::told_of(watch);
            for sql in [
                places::first_after(watch, Dialect::Sqlite),
                contents::latest(told_of, Dialect::Sqlite),
                contents::earlier(told_of, Dialect::Sqlite),
            ] {
                only_looks_up(&sql, &["SCAN w VIRTUAL TABLE"]);
            }
        }
        only_looks_up(contents::ATTACHMENTS, &["SCAN w VIRTUAL TABLE"]);
        for sql in [
            &conversations(Dialect::Sqlite),
            CONTACTS,
            GROUPS,
            MEMBERS,
            AGENTS,
            AVAILABILITY,
            DEVICES,
            PREFERENCES,
            PRESENCE,
            SEEN,
        ] {
            only_looks_up(sql, &["SCAN json_each"]);
        }
        for sql in [BY_ID, AGENT_BY_ID, CONTACT_BY_ID] {
            only_looks_up(sql, &["SCAN json_each"]);
        }
        only_looks_up(UNREAD, &["SCAN json_each", "LIST SUBQUERY"]);
        walks(UNREAD, "SEARCH conversations USING INDEX conversations_unread (unread_since>?)");
        for sql in [BY_NUMBER, AGENT_BY_EMAIL, CONTACT_BY_EMAIL, PHONE_OF_AGENT, PHONE_OF_CONTACT, mark_read::MARK] {
            only_looks_up(sql, &[]);
        }
    }

    #[test]
    fn what_the_triggers_compute_is_looked_up_by_key() {
        only_looks_up("SELECT * FROM conversations_derived WHERE id = 7", &["SCAN CONSTANT ROW"]);
    }
}
