//! An office on PostgreSQL: the rows of its desk written there, where other triggers derive what a pass starts from.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::must_use_candidate,
    reason = "shared by several test programs; a broken mirror is a broken test"
)]

use std::cell::RefCell;
use std::fmt::Write as _;
use std::path::Path;

use doorbell::desk::{Desk, POSTGRESQL_SCHEMA, Settings};
use postgres::{Client, Config, NoTls};
use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::office::Office;
use crate::servers::Postgres;

/// The tables, each behind those it refers to.
pub const TABLES: [&str; 14] = [
    "agents",
    "groups",
    "group_members",
    "contacts",
    "conversations",
    "messages",
    "attachments",
    "read_cursors",
    "presence",
    "availability",
    "devices",
    "preferences",
    "desk_events",
    "sla_deadlines",
];

/// What the triggers write.
const DERIVED: [&str; 9] = [
    "waiting_since",
    "unread_since",
    "unseen_reply_at",
    "last_activity_at",
    "last_agent_id",
    "first_reply_at",
    "assignee_last_seen_at",
    "agents_last_seen_at",
    "contact_last_seen_at",
];

/// A desk on a PostgreSQL server of its own.
pub struct Mirror {
    pub server: Postgres,
    client: RefCell<Client>,
}

impl Mirror {
    /// An empty desk.
    pub fn start() -> Self {
        let server = Postgres::start().unwrap_or_else(|error| panic!("{error}"));
        server.ask("postgres", "CREATE DATABASE chat").unwrap();
        let client = RefCell::new(connect(&server));
        // whoever still looks while it is filled would wait for ever
        client.borrow_mut().batch_execute("SET lock_timeout = '20s'").unwrap();
        client.borrow_mut().batch_execute(POSTGRESQL_SCHEMA).unwrap();
        Self { server, client }
    }

    /// A desk that holds what the office holds.
    pub fn of(office: &Office) -> Self {
        let mirror = Self::start();
        mirror.fill(office);
        mirror
    }

    /// Writes everything anew that the office holds.
    pub fn fill(&self, office: &Office) {
        self.fill_from(office.connection());
    }

    /// Writes everything anew that stands in this desk.
    pub fn fill_from(&self, desk: &Connection) {
        let mut script = format!("BEGIN; TRUNCATE {};\n", TABLES.join(", "));
        for table in TABLES {
            copy(desk, table, &mut script);
        }
        // the host let the database give these ids, and the next one too
        script.push_str("SELECT setval(pg_get_serial_sequence('messages', 'id'), max(id)) FROM messages;");
        self.write(&format!("{script}COMMIT;"));
    }

    /// Writes as the host program would.
    pub fn write(&self, sql: &str) {
        self.client.borrow_mut().batch_execute(sql).unwrap_or_else(|error| panic!("{sql:.300}: {error:?}"));
    }

    /// A connection of the host program.
    pub fn connect(&self) -> Client {
        connect(&self.server)
    }

    /// The address of the desk for that user.
    pub fn url(&self, user: &str) -> String {
        format!("postgres://{user}@/chat?host={}", self.server.host().display())
    }

    /// The first value that the statement answers with.
    pub fn ask(&self, sql: &str) -> String {
        self.server.ask("chat", sql).unwrap().trim().to_owned()
    }

    pub fn settings(&self) -> Settings {
        toml::from_str(&format!("url = \"{}\"", self.url("postgres"))).unwrap()
    }

    pub fn desk(&self) -> Desk {
        Desk::of(&self.settings(), Path::new("")).unwrap()
    }
}

fn connect(server: &Postgres) -> Client {
    Config::new().host_path(server.host()).user("postgres").dbname("chat").connect(NoTls).unwrap()
}

fn copy(desk: &Connection, table: &str, script: &mut String) {
    let mut read = desk.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let names: Vec<String> = read.column_names().map(str::to_owned).collect();
    let kept: Vec<usize> = (0..names.len()).filter(|place| !DERIVED.contains(&names[*place].as_str())).collect();
    let columns: Vec<&str> = kept.iter().map(|place| names[*place].as_str()).collect();
    let mut rows = read.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let values: Vec<String> = kept.iter().map(|place| literal(row.get_ref(*place).unwrap())).collect();
        writeln!(script, "INSERT INTO {table} ({}) VALUES ({});", columns.join(", "), values.join(", ")).unwrap();
    }
}

fn literal(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".into(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) | ValueRef::Blob(text) => {
            format!("'{}'", String::from_utf8_lossy(text).replace('\'', "''"))
        }
    }
}
