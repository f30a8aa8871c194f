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

    /// The agent reads times in this zone.
    pub fn time_zone(&mut self, agent: &str, zone: &str) -> &mut Self {
        let id = self.agent_number(agent);
        self.write("UPDATE agents SET time_zone = ?1 WHERE id = ?2", (zone, id))
    }

    /// The agent reads this language.
    pub fn locale(&mut self, agent: &str, locale: &str) -> &mut Self {
        let id = self.agent_number(agent);
        self.write("UPDATE agents SET locale = ?1 WHERE id = ?2", (locale, id))
    }

    pub fn phone(&mut self, agent: &str, number: &str) -> &mut Self {
        let id = self.agent_number(agent);
        self.write("UPDATE agents SET phone = ?1 WHERE id = ?2", (number, id))
    }

    /// The agent works for this organisation.
    pub fn agent_account(&mut self, agent: &str, account: i64) -> &mut Self {
        let id = self.agent_number(agent);
        self.write("UPDATE agents SET account_id = ?1 WHERE id = ?2", (account, id))
    }

    /// A group with the id `team:billing`, called "Billing".
    pub fn group(&mut self, name: &str, members: &[&str]) -> &mut Self {
        self.founds("team", name, members)
    }

    /// A department with the id `department:sales`, called "Sales".
    pub fn department(&mut self, name: &str, members: &[&str]) -> &mut Self {
        self.founds("department", name, members)
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

    /// The contact's number, and whether they want text messages (`None` = never asked).
    pub fn contact_phone(&mut self, contact: &str, number: &str, consent: Option<bool>) -> &mut Self {
        let id = self.contact_number(contact);
        self.write("UPDATE contacts SET phone = ?1, sms_consent = ?2 WHERE id = ?3", (number, consent, id))
    }

    // ---- how people want to be told

    /// The agent switches an event on or off on a channel.
    pub fn prefers(&mut self, agent: &str, event: &str, channel: &str, enabled: bool) -> &mut Self {
        let sql = "INSERT INTO preferences (agent_id, event, channel, enabled) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT DO UPDATE SET enabled = excluded.enabled";
        let agent = self.agent_number(agent);
        self.write(sql, (agent, event, channel, enabled))
    }

    /// The agent hears of `mine` or `all` conversations, and of those that nobody is assigned to or not.
    pub fn scope(
        &mut self,
        agent: &str,
        event: &str,
        channel: &str,
        scope: &str,
        unassigned: Option<bool>,
    ) -> &mut Self {
        let sql = "INSERT INTO preferences (agent_id, event, channel, enabled, scope, unassigned)
                   VALUES (?1, ?2, ?3, 1, ?4, ?5)
                   ON CONFLICT DO UPDATE SET scope = excluded.scope, unassigned = excluded.unassigned";
        let agent = self.agent_number(agent);
        self.write(sql, (agent, event, channel, scope, unassigned))
    }

    /// The agent switches an event off on a channel for one group, team or department.
    pub fn mutes(&mut self, agent: &str, group: &str, event: &str, channel: &str) -> &mut Self {
        let sql = "INSERT INTO preferences (agent_id, group_id, event, channel, enabled)
                   SELECT ?1, id, ?2, ?3, 0 FROM groups WHERE id IN ('team:' || ?4, 'department:' || ?4)
                   ON CONFLICT DO UPDATE SET enabled = excluded.enabled";
        let agent = self.agent_number(agent);
        self.write(sql, (agent, event, channel, group))
    }

    /// Working days and hours: `works("ada", "Europe/London", "Mon-Fri", "09:00", "17:00")`.
    pub fn works(&mut self, agent: &str, zone: &str, days: &str, from: &str, until: &str) -> &mut Self {
        let sql = "INSERT INTO availability (agent_id, time_zone, working_days, working_from, working_until)
                   VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT DO UPDATE SET time_zone = excluded.time_zone, working_days = excluded.working_days,
                     working_from = excluded.working_from, working_until = excluded.working_until";
        let agent = self.agent_number(agent);
        self.write(sql, (agent, zone, days, from, until))
    }

    /// Quiet hours: `quiet("ada", "Europe/London", "22:00", "07:00")`.
    pub fn quiet(&mut self, agent: &str, zone: &str, from: &str, until: &str) -> &mut Self {
        let sql = "INSERT INTO availability (agent_id, time_zone, quiet_from, quiet_until) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT DO UPDATE SET time_zone = excluded.time_zone, quiet_from = excluded.quiet_from,
                     quiet_until = excluded.quiet_until";
        let agent = self.agent_number(agent);
        self.write(sql, (agent, zone, from, until))
    }

    /// The agent is away until that time, and perhaps somebody stands in.
    pub fn out_of_office(&mut self, agent: &str, until: &str, stand_in: Option<&str>) -> &mut Self {
        let sql = "INSERT INTO availability (agent_id, away_until, stand_in_id) VALUES (?1, ?2, ?3)
                   ON CONFLICT DO UPDATE SET away_until = excluded.away_until, stand_in_id = excluded.stand_in_id";
        let (agent, stand_in) = (self.agent_number(agent), stand_in.map(|name| self.agent_number(name)));
        self.write(sql, (agent, instant(until).timestamp_millis(), stand_in))
    }

    /// A phone or browser of an agent, else of the contact of that name.
    pub fn device(&mut self, owner: &str, provider: &str, token: &str) -> &mut Self {
        let (kind, id) = match self.agents.get(owner) {
            Some(agent) => ("agent", *agent),
            None => ("contact", self.contact_number(owner)),
        };
        let sql = "INSERT INTO devices (owner_type, owner_id, provider, token) VALUES (?1, ?2, ?3, ?4)";
        self.write(sql, (kind, id, provider, token))
    }

    /// A browser of an agent, subscribed at this endpoint with these keys.
    pub fn browser(&mut self, owner: &str, endpoint: &str, p256dh: &str, auth: &str) -> &mut Self {
        self.device(owner, "webpush", endpoint);
        self.write("UPDATE devices SET p256dh = ?1, auth = ?2 WHERE token = ?3", (p256dh, auth, endpoint))
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

    pub fn into_department(&mut self, conversation: &str, name: &str) -> &mut Self {
        let id = self.begun(conversation);
        self.write("UPDATE conversations SET group_id = ?2 WHERE id = ?1", (id, format!("department:{name}")))
    }

    /// The conversation is with a customer of this organisation.
    pub fn conversation_account(&mut self, conversation: &str, account: i64) -> &mut Self {
        let id = self.begun(conversation);
        self.write("UPDATE conversations SET account_id = ?2 WHERE id = ?1", (id, account))
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

    // ---- what happens

    /// `assigned`, `transferred`, `invited`, `handover`, `assistance` or `cancelled` happens: by whom, and to whom.
    pub fn event(&mut self, kind: &str, conversation: &str, actor: Option<&str>, target: Option<&str>) -> &mut Self {
        let id = self.begun(conversation);
        let [actor, target] = [actor, target].map(|name| name.map(|name| self.agent_number(name)));
        let sql = "INSERT INTO desk_events (event_id, conversation_id, kind, at, actor_id, target_id)
                   VALUES ((SELECT coalesce(max(event_id), 8000) + 1 FROM desk_events), ?1, ?2, ?3, ?4, ?5)";
        let now = self.milliseconds();
        self.write(sql, (id, kind, now, actor, target))
    }

    /// Events of this kind in the conversation are taken back.
    pub fn withdraw(&mut self, kind: &str, conversation: &str) -> &mut Self {
        let id = self.begun(conversation);
        self.write("DELETE FROM desk_events WHERE kind = ?1 AND conversation_id = ?2", (kind, id))
    }

    /// `first_response`, `next_response`, `resolution` or `queue_wait` is due at that time.
    pub fn deadline(&mut self, conversation: &str, metric: &str, due: &str) -> &mut Self {
        let id = self.begun(conversation);
        let sql = "INSERT INTO sla_deadlines (conversation_id, metric, due_at) VALUES (?1, ?2, ?3)
                   ON CONFLICT DO UPDATE SET due_at = excluded.due_at";
        self.write(sql, (id, metric, instant(due).timestamp_millis()))
    }

    /// The target is met: it is no longer due.
    pub fn meets(&mut self, conversation: &str, metric: &str) -> &mut Self {
        let id = self.begun(conversation);
        self.write("DELETE FROM sla_deadlines WHERE conversation_id = ?1 AND metric = ?2", (id, metric))
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
        self.present("agent", self.agent_number(agent), "", Some("online"), Some(now))
    }

    pub fn offline(&mut self, agent: &str) -> &mut Self {
        self.present("agent", self.agent_number(agent), "", Some("offline"), None)
    }

    /// The agent was active last at that time; a stated status stays.
    pub fn last_active(&mut self, agent: &str, time: &str) -> &mut Self {
        self.present("agent", self.agent_number(agent), "", None, Some(instant(time)))
    }

    /// The agent looks at `console`, `inbox`, `dashboard` or `conversation:c1`, and is active there now.
    pub fn surface(&mut self, agent: &str, surface: &str) -> &mut Self {
        let (agent, surface, now) = (self.agent_number(agent), self.surface_id(surface), self.now);
        self.present("agent", agent, &surface, Some("online"), Some(now))
    }

    /// The agent closes it.
    pub fn leaves_surface(&mut self, agent: &str, surface: &str) -> &mut Self {
        let (agent, surface) = (self.agent_number(agent), self.surface_id(surface));
        self.present("agent", agent, &surface, Some("offline"), None)
    }

    /// The contact has the chat open and is active now.
    pub fn contact_online(&mut self, contact: &str) -> &mut Self {
        let now = self.now;
        self.present("contact", self.contact_number(contact), "", Some("online"), Some(now))
    }

    pub fn contact_offline(&mut self, contact: &str) -> &mut Self {
        self.present("contact", self.contact_number(contact), "", Some("offline"), None)
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

    fn founds(&mut self, kind: &str, name: &str, members: &[&str]) -> &mut Self {
        let id = format!("{kind}:{name}");
        self.write("INSERT INTO groups (id, name, kind) VALUES (?1, ?2, ?3)", (&id, capital(name), kind));
        for member in members {
            let agent = self.agent_number(member);
            self.write("INSERT INTO group_members (group_id, agent_id) VALUES (?1, ?2)", (&id, agent));
        }
        self
    }

    fn present(
        &mut self,
        kind: &str,
        who: i64,
        surface: &str,
        status: Option<&str>,
        active: Option<DateTime<Utc>>,
    ) -> &mut Self {
        let sql = "INSERT INTO presence (subject_type, subject_id, surface, status, last_active_at)
                   VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT DO UPDATE SET status = coalesce(excluded.status, status),
                     last_active_at = coalesce(excluded.last_active_at, last_active_at)";
        self.write(sql, (kind, who, surface, status, active.map(|time| time.timestamp_millis())))
    }

    /// "conversation:c1" with the id of "c1".
    fn surface_id(&self, surface: &str) -> String {
        match surface.strip_prefix("conversation:") {
            Some(name) => format!("conversation:{}", self.conversation_number(name)),
            None => surface.to_owned(),
        }
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
