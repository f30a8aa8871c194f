//! A support desk for tests: a real database file, and acts told as people would tell them.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    clippy::wrong_self_convention,
    reason = "shared by all end-to-end tests; a broken office is a broken test"
)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use doorbell::desk::SCHEMA;
use doorbell::model::{AgentId, ContactId, ConversationId, MessageId, MessageRef};
use rusqlite::{Connection, Params};
use tempfile::TempDir;

/// A desk in which agents and contacts act; each act happens at the instant of the latest `at`.
///
/// Names stand for ids: "c1" is a conversation, "ada" an agent, "tom" a contact.
pub struct Office {
    folder: TempDir,
    connection: Connection,
    now: DateTime<Utc>,
    agents: HashMap<String, i64>,
    contacts: HashMap<String, i64>,
    conversations: HashMap<String, i64>,
    contact: Option<i64>,
}

/// An instant as tests write it: `2026-03-02T09:00:00Z`.
pub fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap_or_else(|error| panic!("{text} is not an instant: {error}"))
}

impl Office {
    /// An empty desk on Monday, 2 March 2026, 09:00 UTC.
    #[must_use]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let connection = Connection::open(folder.path().join("chat.db")).unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON;").unwrap();
        Self {
            folder,
            connection,
            now: instant("2026-03-02T09:00:00Z"),
            agents: HashMap::new(),
            contacts: HashMap::new(),
            conversations: HashMap::new(),
            contact: None,
        }
    }

    /// Sets the instant of the acts that follow; earlier than before is fine.
    pub fn at(&mut self, time: &str) -> &mut Self {
        self.now = instant(time);
        self
    }

    /// Lets time pass before the acts that follow.
    pub fn later(&mut self, minutes: i64) -> &mut Self {
        self.now += TimeDelta::minutes(minutes);
        self
    }

    // ---- people

    /// An agent called "Ada" with the address ada@example.com.
    pub fn agent(&mut self, name: &str) -> &mut Self {
        self.hires(name, "agent")
    }

    pub fn admin(&mut self, name: &str) -> &mut Self {
        self.hires(name, "admin")
    }

    pub fn supervisor(&mut self, name: &str) -> &mut Self {
        self.hires(name, "supervisor")
    }

    /// The agent gets another address, or none.
    pub fn email(&mut self, agent: &str, address: Option<&str>) -> &mut Self {
        let id = self.agent_number(agent);
        self.write("UPDATE agents SET email = ?1 WHERE id = ?2", (address, id))
    }

    /// The agent does not work here any more.
    pub fn leaves(&mut self, agent: &str) -> &mut Self {
        let id = self.agent_number(agent);
        self.write("UPDATE agents SET active = 0 WHERE id = ?1", [id])
    }

    /// A group with the id `team:billing`, called "Billing".
    pub fn group(&mut self, name: &str, members: &[&str]) -> &mut Self {
        let id = format!("team:{name}");
        self.write("INSERT INTO groups (id, name) VALUES (?1, ?2)", (&id, capital(name)));
        for member in members {
            let agent = self.agent_number(member);
            self.write("INSERT INTO group_members (group_id, agent_id) VALUES (?1, ?2)", (&id, agent));
        }
        self
    }

    /// A contact called "Tom" with the address tom@customer.example; conversations begun from here on are theirs.
    pub fn contact(&mut self, name: &str) -> &mut Self {
        let address = format!("{name}@customer.example");
        self.write("INSERT INTO contacts (name, email) VALUES (?1, ?2)", (capital(name), address));
        self.remember_contact(name)
    }

    /// A visitor of the web chat without name and address; conversations begun from here on are theirs.
    pub fn guest(&mut self, name: &str) -> &mut Self {
        self.write("INSERT INTO contacts (kind) VALUES ('guest')", []);
        self.remember_contact(name)
    }

    pub fn blocks(&mut self, contact: &str) -> &mut Self {
        let id = self.contact_number(contact);
        self.write("UPDATE contacts SET blocked = 1 WHERE id = ?1", [id])
    }

    // ---- messages

    /// The contact writes; the first message begins the conversation (contact "tom" unless one was named).
    pub fn asks(&mut self, conversation: &str, body: &str) -> &mut Self {
        self.asks_in("text", conversation, body)
    }

    pub fn asks_html(&mut self, conversation: &str, body: &str) -> &mut Self {
        self.asks_in("html", conversation, body)
    }

    /// The contact writes in any body format.
    pub fn asks_in(&mut self, format: &str, conversation: &str, body: &str) -> &mut Self {
        let id = self.begun(conversation);
        let sql = "INSERT INTO messages (conversation_id, sender_type, sender_id, body, body_format, created_at)
                   SELECT ?1, 'contact', contact_id, ?2, ?3, ?4 FROM conversations WHERE id = ?1";
        let now = self.milliseconds();
        self.write(sql, (id, body, format, now))
    }

    /// The agent answers, for the contact to see.
    pub fn replies(&mut self, agent: &str, conversation: &str, body: &str) -> &mut Self {
        let agent = self.agent_number(agent);
        self.says("agent", Some(agent), 0, conversation, body)
    }

    /// The agent leaves a note, for agents only.
    pub fn notes(&mut self, agent: &str, conversation: &str, body: &str) -> &mut Self {
        let agent = self.agent_number(agent);
        self.says("agent", Some(agent), 1, conversation, body)
    }

    pub fn bot_says(&mut self, conversation: &str, body: &str) -> &mut Self {
        self.says("bot", None, 0, conversation, body)
    }

    pub fn system_says(&mut self, conversation: &str, body: &str) -> &mut Self {
        self.says("system", None, 0, conversation, body)
    }

    /// A file on the conversation's latest message.
    pub fn attach(&mut self, conversation: &str, filename: &str, url: &str) -> &mut Self {
        let message = self.latest_number(conversation);
        let sql = "INSERT INTO attachments (message_id, filename, byte_size, url) VALUES (?1, ?2, 1234, ?3)";
        self.write(sql, (message, filename, url))
    }

    /// Somebody takes back the conversation's latest message.
    pub fn deletes_latest(&mut self, conversation: &str) -> &mut Self {
        let message = self.latest_number(conversation);
        self.write("UPDATE messages SET deleted = 1 WHERE id = ?1", [message])
    }

    // ---- conversations

    pub fn assign(&mut self, conversation: &str, agent: &str) -> &mut Self {
        let (id, agent) = (self.begun(conversation), self.agent_number(agent));
        self.write("UPDATE conversations SET assignee_id = ?2 WHERE id = ?1", (id, agent))
    }

    pub fn unassign(&mut self, conversation: &str) -> &mut Self {
        let id = self.begun(conversation);
        self.write("UPDATE conversations SET assignee_id = NULL WHERE id = ?1", [id])
    }

    pub fn into_group(&mut self, conversation: &str, group: &str) -> &mut Self {
        let id = self.begun(conversation);
        self.write("UPDATE conversations SET group_id = ?2 WHERE id = ?1", (id, format!("team:{group}")))
    }

    pub fn subject(&mut self, conversation: &str, subject: &str) -> &mut Self {
        let id = self.begun(conversation);
        self.write("UPDATE conversations SET subject = ?2 WHERE id = ?1", (id, subject))
    }

    /// `none`, `active`, `answered` or `handed_over`.
    pub fn bot(&mut self, conversation: &str, state: &str) -> &mut Self {
        let id = self.begun(conversation);
        self.write("UPDATE conversations SET bot_state = ?2 WHERE id = ?1", (id, state))
    }

    pub fn resolve(&mut self, conversation: &str) -> &mut Self {
        self.status(conversation, "resolved")
    }

    pub fn snooze(&mut self, conversation: &str) -> &mut Self {
        self.status(conversation, "snoozed")
    }

    pub fn reopen(&mut self, conversation: &str) -> &mut Self {
        self.status(conversation, "open")
    }

    // ---- attention

    /// The agent reads everything up to now.
    pub fn reads(&mut self, agent: &str, conversation: &str) -> &mut Self {
        let agent = self.agent_number(agent);
        self.looks("agent", agent, conversation)
    }

    /// The contact reads everything up to now.
    pub fn contact_reads(&mut self, conversation: &str) -> &mut Self {
        let id = self.begun(conversation);
        let sql = "SELECT contact_id FROM conversations WHERE id = ?1";
        let contact = self.connection.query_row(sql, [id], |row| row.get(0)).unwrap();
        self.looks("contact", contact, conversation)
    }

    /// The agent comes to the desk and is active now.
    pub fn online(&mut self, agent: &str) -> &mut Self {
        let now = self.now;
        self.present(agent, Some("online"), Some(now))
    }

    pub fn offline(&mut self, agent: &str) -> &mut Self {
        self.present(agent, Some("offline"), None)
    }

    /// The agent was active last at that time; a stated status stays.
    pub fn last_active(&mut self, agent: &str, time: &str) -> &mut Self {
        self.present(agent, None, Some(instant(time)))
    }

    // ---- what a test looks at

    /// The database file.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("chat.db")
    }

    /// A folder for the test's own files, removed with the office.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// For acts that have no word here.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The instant of the next act.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    pub fn conversation_id(&self, name: &str) -> ConversationId {
        self.conversation_number(name).to_string().into()
    }

    pub fn agent_id(&self, name: &str) -> AgentId {
        self.agent_number(name).to_string().into()
    }

    pub fn contact_id(&self, name: &str) -> ContactId {
        self.contact_number(name).to_string().into()
    }

    /// The conversation's latest message of any kind.
    pub fn latest(&self, conversation: &str) -> MessageRef {
        let id = self.latest_number(conversation);
        let sql = "SELECT created_at FROM messages WHERE id = ?1";
        let at = self.connection.query_row(sql, [id], |row| row.get(0)).unwrap();
        MessageRef { at: DateTime::from_timestamp_millis(at).unwrap(), id: MessageId::from(id.to_string()) }
    }

    // ---- how it is written

    fn write(&mut self, sql: &str, parameters: impl Params) -> &mut Self {
        let mut statement = self.connection.prepare_cached(sql).unwrap();
        statement.execute(parameters).unwrap_or_else(|error| panic!("{sql}: {error}"));
        drop(statement);
        self
    }

    fn hires(&mut self, name: &str, role: &str) -> &mut Self {
        let address = format!("{name}@example.com");
        self.write("INSERT INTO agents (name, email, role) VALUES (?1, ?2, ?3)", (capital(name), address, role));
        self.agents.insert(name.into(), self.connection.last_insert_rowid());
        self
    }

    fn remember_contact(&mut self, name: &str) -> &mut Self {
        let id = self.connection.last_insert_rowid();
        self.contacts.insert(name.into(), id);
        self.contact = Some(id);
        self
    }

    /// The conversation, begun if need be. Ids, numbers and message ids are far apart, so that no test takes one for
    /// another unseen.
    fn begun(&mut self, name: &str) -> i64 {
        if let Some(id) = self.conversations.get(name) {
            return *id;
        }
        if self.contact.is_none() {
            self.contact("tom");
        }
        let id = 500 + i64::try_from(self.conversations.len()).unwrap();
        let (number, contact, now) = ((id + 500).to_string(), self.contact, self.milliseconds());
        let sql = "INSERT INTO conversations (id, number, contact_id, created_at) VALUES (?1, ?2, ?3, ?4)";
        self.write(sql, (id, number, contact, now));
        self.conversations.insert(name.into(), id);
        id
    }

    fn says(&mut self, sender: &str, id: Option<i64>, private: i64, conversation: &str, body: &str) -> &mut Self {
        let conversation = self.begun(conversation);
        let sql = "INSERT INTO messages (conversation_id, sender_type, sender_id, private, body, created_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let now = self.milliseconds();
        self.write(sql, (conversation, sender, id, private, body, now))
    }

    fn status(&mut self, conversation: &str, status: &str) -> &mut Self {
        let id = self.begun(conversation);
        self.write("UPDATE conversations SET status = ?2 WHERE id = ?1", (id, status))
    }

    fn looks(&mut self, kind: &str, reader: i64, conversation: &str) -> &mut Self {
        let id = self.begun(conversation);
        let sql = "INSERT INTO read_cursors VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT DO UPDATE SET last_seen_at = excluded.last_seen_at";
        let now = self.milliseconds();
        self.write(sql, (id, kind, reader, now))
    }

    fn present(&mut self, agent: &str, status: Option<&str>, active: Option<DateTime<Utc>>) -> &mut Self {
        let sql = "INSERT INTO presence (subject_type, subject_id, status, last_active_at) VALUES ('agent', ?1, ?2, ?3)
                   ON CONFLICT DO UPDATE SET status = coalesce(excluded.status, status),
                     last_active_at = coalesce(excluded.last_active_at, last_active_at)";
        let agent = self.agent_number(agent);
        self.write(sql, (agent, status, active.map(|time| time.timestamp_millis())))
    }

    fn milliseconds(&self) -> i64 {
        self.now.timestamp_millis()
    }

    fn latest_number(&self, conversation: &str) -> i64 {
        let sql =
            "SELECT id FROM messages WHERE conversation_id = ?1 AND deleted = 0 ORDER BY created_at DESC, id DESC";
        self.connection.query_row(sql, [self.conversation_number(conversation)], |row| row.get(0)).unwrap()
    }

    #[track_caller]
    fn agent_number(&self, name: &str) -> i64 {
        *self.agents.get(name).unwrap_or_else(|| panic!("no agent is called {name}"))
    }

    #[track_caller]
    fn contact_number(&self, name: &str) -> i64 {
        *self.contacts.get(name).unwrap_or_else(|| panic!("no contact is called {name}"))
    }

    #[track_caller]
    fn conversation_number(&self, name: &str) -> i64 {
        *self.conversations.get(name).unwrap_or_else(|| panic!("no conversation is called {name}"))
    }
}

/// "ada" is called "Ada".
fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
