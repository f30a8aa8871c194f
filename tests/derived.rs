//! The derived columns of the desk schema: after any sequence of writes they equal a slow, plain definition.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod servers;

use std::cell::RefCell;
use std::cmp::max;

use doorbell::desk::POSTGRESQL_SCHEMA;
use postgres::types::ToSql;
use postgres::{Client, NoTls};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use rusqlite::{Connection, Row};
use servers::Postgres;

/// One write of the host program. Ids and times are few, so that writes meet.
#[derive(Debug, Clone)]
enum Write {
    Message { conversation: i64, sender: &'static str, agent: Option<i64>, private: bool, minute: i64 },
    Replaced { message: i64, conversation: i64, sender: &'static str, minute: i64 },
    Edited { message: i64, change: Change },
    Removed { message: i64 },
    Looked { conversation: i64, reader: &'static str, id: i64, minute: Option<i64> },
    LookMoved { from: i64, to: i64 },
    LookRemoved { conversation: i64, id: i64 },
    Assigned { conversation: i64, agent: Option<i64> },
    Status { conversation: i64, status: &'static str },
    Begun { conversation: i64, agent: Option<i64> },
    Ended { conversation: i64 },
}

#[derive(Debug, Clone)]
enum Change {
    Deleted(bool),
    Private(bool),
    Moved(i64),
    Dated(i64),
    Agent(Option<i64>),
    Sender(&'static str),
}

#[derive(Debug, PartialEq, Eq)]
struct Derived {
    waiting_since: Option<i64>,
    unread_since: Option<i64>,
    unseen_reply_at: Option<i64>,
    last_activity_at: Option<i64>,
    last_agent_id: Option<i64>,
    first_reply_at: Option<i64>,
    assignee_last_seen_at: Option<i64>,
    agents_last_seen_at: Option<i64>,
    contact_last_seen_at: Option<i64>,
}

#[derive(Debug, Clone)]
struct Message {
    id: i64,
    sender: String,
    sender_id: Option<i64>,
    private: bool,
    at: i64,
}

impl Message {
    fn is_reply(&self) -> bool {
        self.sender == "agent" && !self.private
    }

    fn place(&self) -> (i64, i64) {
        (self.at, self.id)
    }
}

/// What the definition is about, read from `SQLite`.
fn told(connection: &Connection, conversation: i64) -> (Vec<Message>, Vec<Cursor>) {
    let messages = rows(connection, MESSAGES, conversation, |row| {
        Ok(Message {
            id: row.get(0)?,
            sender: row.get(1)?,
            sender_id: row.get(2)?,
            private: row.get(3)?,
            at: row.get(4)?,
        })
    });
    (messages, rows(connection, CURSORS, conversation, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))))
}

/// Who looked, and up to when.
type Cursor = (String, i64, Option<i64>);

const MESSAGES: &str =
    "SELECT id, sender_type, sender_id, private, created_at FROM messages WHERE deleted = 0 AND conversation_id = ?1";
const CURSORS: &str = "SELECT reader_type, reader_id, last_seen_at FROM read_cursors WHERE conversation_id = ?1";

/// The definition in plain words: all messages in order, and then whatever is asked of them.
fn slowly((mut messages, cursors): (Vec<Message>, Vec<Cursor>), assignee: Option<i64>) -> Derived {
    messages.sort_by_key(Message::place);
    let asked: Vec<&Message> = messages.iter().filter(|message| message.sender == "contact").collect();
    let replies: Vec<&Message> = messages.iter().filter(|message| message.is_reply()).collect();
    let last_reply = replies.last().copied();
    let waiting = asked.iter().find(|message| last_reply.is_none_or(|reply| message.place() > reply.place()));

    let of_assignee = |id: Option<i64>| assignee.is_some() && id == assignee;
    let own_reply = replies.iter().rfind(|reply| of_assignee(reply.sender_id));
    let own_cursor =
        cursors.iter().find(|(kind, id, _)| kind == "agent" && of_assignee(Some(*id))).and_then(|look| look.2);
    let unread = asked.iter().find(|message| {
        own_reply.is_none_or(|reply| message.place() > reply.place()) && own_cursor.is_none_or(|seen| message.at > seen)
    });
    let seen_by = |kind: &str| cursors.iter().filter(|look| look.0 == kind).filter_map(|look| look.2).max();
    let contact_seen = seen_by("contact");
    let unseen = last_reply.filter(|reply| {
        contact_seen.is_none_or(|seen| reply.at > seen)
            && asked.last().is_none_or(|asked| reply.place() > asked.place())
    });
    Derived {
        waiting_since: waiting.map(|message| message.at),
        unread_since: if assignee.is_some() { unread.map(|m| m.at) } else { waiting.map(|m| m.at) },
        unseen_reply_at: unseen.map(|reply| reply.at),
        last_activity_at: messages.last().map(|message| message.at),
        last_agent_id: last_reply.and_then(|reply| reply.sender_id),
        first_reply_at: replies.first().map(|reply| reply.at),
        assignee_last_seen_at: max(own_cursor, own_reply.map(|reply| reply.at)),
        agents_last_seen_at: seen_by("agent"),
        contact_last_seen_at: contact_seen,
    }
}

fn rows<T>(connection: &Connection, sql: &str, key: i64, read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>) -> Vec<T> {
    connection.prepare_cached(sql).unwrap().query_map([key], read).unwrap().collect::<Result<_, _>>().unwrap()
}

const KEPT: &str = "
    SELECT assignee_id, waiting_since, unread_since, unseen_reply_at, last_activity_at, last_agent_id, first_reply_at,
           assignee_last_seen_at, agents_last_seen_at, contact_last_seen_at
    FROM conversations WHERE id = ?1";

fn kept(row: &Row<'_>) -> rusqlite::Result<(Option<i64>, Derived)> {
    let derived = Derived {
        waiting_since: row.get(1)?,
        unread_since: row.get(2)?,
        unseen_reply_at: row.get(3)?,
        last_activity_at: row.get(4)?,
        last_agent_id: row.get(5)?,
        first_reply_at: row.get(6)?,
        assignee_last_seen_at: row.get(7)?,
        agents_last_seen_at: row.get(8)?,
        contact_last_seen_at: row.get(9)?,
    };
    Ok((row.get(0)?, derived))
}

/// Minutes as the schema wants its times.
fn time(minute: i64) -> i64 {
    1_772_400_000_000 + minute * 60_000
}

/// Writes as a host would; a write that the schema refuses changes nothing, which is all that matters here.
fn apply(connection: &Connection, write: &Write) {
    let run = |sql: &str, parameters: &[&dyn rusqlite::ToSql]| {
        let _refused = connection.prepare_cached(sql).unwrap().execute(parameters);
    };
    match write {
        Write::Message { conversation, sender, agent, private, minute } => run(
            "INSERT INTO messages (conversation_id, sender_type, sender_id, private, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            &[conversation, sender, agent, private, &time(*minute)],
        ),
        Write::Replaced { message, conversation, sender, minute } => run(
            "INSERT OR REPLACE INTO messages (id, conversation_id, sender_type, created_at) VALUES (?1, ?2, ?3, ?4)",
            &[message, conversation, sender, &time(*minute)],
        ),
        Write::Edited { message, change } => {
            let set = |column: &str, value: &dyn rusqlite::ToSql| {
                run(&format!("UPDATE messages SET {column} = ?2 WHERE id = ?1"), &[message, value]);
            };
            match change {
                Change::Deleted(yes) => set("deleted", yes),
                Change::Private(yes) => set("private", yes),
                Change::Moved(conversation) => set("conversation_id", conversation),
                Change::Dated(minute) => set("created_at", &time(*minute)),
                Change::Agent(agent) => set("sender_id", agent),
                Change::Sender(sender) => set("sender_type", sender),
            }
        }
        Write::Removed { message } => run("DELETE FROM messages WHERE id = ?1", &[message]),
        Write::Looked { conversation, reader, id, minute } => run(
            "INSERT INTO read_cursors VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET last_seen_at = excluded.last_seen_at",
            &[conversation, reader, id, &minute.map(time)],
        ),
        Write::LookMoved { from, to } => {
            run("UPDATE OR REPLACE read_cursors SET conversation_id = ?2 WHERE conversation_id = ?1", &[from, to]);
        }
        Write::LookRemoved { conversation, id } => {
            run("DELETE FROM read_cursors WHERE conversation_id = ?1 AND reader_id = ?2", &[conversation, id]);
        }
        Write::Assigned { conversation, agent } => {
            run("UPDATE conversations SET assignee_id = ?2 WHERE id = ?1", &[conversation, agent]);
        }
        Write::Status { conversation, status } => {
            run("UPDATE conversations SET status = ?2 WHERE id = ?1", &[conversation, status]);
        }
        Write::Begun { conversation, agent } => run(
            "INSERT OR REPLACE INTO conversations (id, assignee_id, created_at) VALUES (?1, ?2, ?3)",
            &[conversation, agent, &time(0)],
        ),
        Write::Ended { conversation } => run("DELETE FROM conversations WHERE id = ?1", &[conversation]),
    }
}

fn write() -> impl Strategy<Value = Write> {
    let conversation = || 1_i64..=2;
    let message = || 1_i64..=8;
    let agent = || prop::option::weighted(0.8, 1_i64..=3);
    let sender = || prop::sample::select(vec!["contact", "contact", "agent", "agent", "bot", "system"]);
    let minute = || 0_i64..6;
    let change = prop_oneof![
        any::<bool>().prop_map(Change::Deleted),
        any::<bool>().prop_map(Change::Private),
        conversation().prop_map(Change::Moved),
        minute().prop_map(Change::Dated),
        agent().prop_map(Change::Agent),
        sender().prop_map(Change::Sender),
    ];
    let reader = prop::sample::select(vec!["agent", "agent", "contact"]);
    prop_oneof![
        8 => (conversation(), sender(), agent(), prop::bool::weighted(0.2), minute()).prop_map(
            |(conversation, sender, agent, private, minute)| Write::Message { conversation, sender, agent, private, minute }),
        1 => (message(), conversation(), sender(), minute()).prop_map(
            |(message, conversation, sender, minute)| Write::Replaced { message, conversation, sender, minute }),
        4 => (message(), change).prop_map(|(message, change)| Write::Edited { message, change }),
        1 => message().prop_map(|message| Write::Removed { message }),
        3 => (conversation(), reader, 1_i64..=3, prop::option::weighted(0.8, minute())).prop_map(
            |(conversation, reader, id, minute)| Write::Looked { conversation, reader, id, minute }),
        1 => (conversation(), conversation()).prop_map(|(from, to)| Write::LookMoved { from, to }),
        1 => (conversation(), 1_i64..=3).prop_map(|(conversation, id)| Write::LookRemoved { conversation, id }),
        2 => (conversation(), agent()).prop_map(|(conversation, agent)| Write::Assigned { conversation, agent }),
        1 => (conversation(), prop::sample::select(vec!["open", "snoozed"])).prop_map(
            |(conversation, status)| Write::Status { conversation, status }),
        1 => (conversation(), agent()).prop_map(|(conversation, agent)| Write::Begun { conversation, agent }),
        1 => conversation().prop_map(|conversation| Write::Ended { conversation }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_writes_leaves_a_derived_column_wrong(
        writes in prop::collection::vec(write(), 1..40),
        foreign_keys in any::<bool>(),
        recursive_triggers in any::<bool>(),
    ) {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(doorbell::desk::SCHEMA).unwrap();
        connection.pragma_update(None, "foreign_keys", foreign_keys).unwrap();
        connection.pragma_update(None, "recursive_triggers", recursive_triggers).unwrap();
        for conversation in 1..=2 {
            apply(&connection, &Write::Begun { conversation, agent: None });
        }
        for (step, write) in writes.iter().enumerate() {
            apply(&connection, write);
            for conversation in 1..=2 {
                for (assignee, derived) in rows(&connection, KEPT, conversation, kept) {
                    let slow = slowly(told(&connection, conversation), assignee);
                    prop_assert_eq!(&derived, &slow, "conversation {} after step {} of {:#?}", conversation, step, writes);
                }
            }
        }
    }
}

#[test]
fn everything_can_be_derived_again_at_once() {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(doorbell::desk::SCHEMA).unwrap();
    apply(&connection, &Write::Begun { conversation: 1, agent: None });
    apply(&connection, &Write::Message { conversation: 1, sender: "contact", agent: None, private: false, minute: 3 });
    connection.execute("UPDATE conversations SET waiting_since = NULL", []).unwrap();
    connection.execute("UPDATE conversations_derived SET id = id", []).unwrap();
    let since: Option<i64> =
        connection.query_row("SELECT waiting_since FROM conversations", [], |row| row.get(0)).unwrap();
    assert_eq!(since, Some(time(3)));
}

#[test]
fn a_message_id_of_another_conversation_is_refused_rather_than_taken_away_unseen() {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(doorbell::desk::SCHEMA).unwrap();
    for conversation in 1..=2 {
        apply(&connection, &Write::Begun { conversation, agent: None });
    }
    connection
        .execute(
            "INSERT INTO messages (id, conversation_id, sender_type, created_at) VALUES (7, 1, 'contact', ?1)",
            [time(0)],
        )
        .unwrap();
    let replace =
        "INSERT OR REPLACE INTO messages (id, conversation_id, sender_type, created_at) VALUES (7, 2, 'contact', ?1)";
    let error = connection.execute(replace, [time(0)]).unwrap_err().to_string();
    assert!(error.contains("move a message with UPDATE"), "{error}");
    let error = connection.execute("UPDATE messages SET id = 8", []).unwrap_err().to_string();
    assert!(error.contains("does not change"), "{error}");
}

#[test]
fn seconds_and_microseconds_are_refused_as_times() {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(doorbell::desk::SCHEMA).unwrap();
    let begin = "INSERT INTO conversations (created_at) VALUES (?1)";
    for wrong in [0, time(0) / 1_000, time(0) * 1_000] {
        assert!(connection.execute(begin, [wrong]).is_err(), "{wrong}");
    }
    assert_eq!(connection.execute(begin, [time(0)]), Ok(1));
}

// ---- the same on PostgreSQL

fn on_postgresql() -> (Postgres, Client) {
    let server = Postgres::start().unwrap_or_else(|error| panic!("{error}"));
    let mut client =
        postgres::Config::new().host_path(server.host()).user("postgres").dbname("postgres").connect(NoTls).unwrap();
    client.batch_execute(POSTGRESQL_SCHEMA).unwrap();
    (server, client)
}

/// Writes as a host would; a write that the schema refuses changes nothing.
fn apply_there(client: &mut Client, write: &Write) {
    let mut run = |sql: &str, parameters: &[&(dyn ToSql + Sync)]| {
        let _refused = client.execute(sql, parameters);
    };
    let number = |yes: bool| i16::from(yes);
    match write {
        Write::Message { conversation, sender, agent, private, minute } => run(
            "INSERT INTO messages (conversation_id, sender_type, sender_id, private, created_at) VALUES ($1, $2, $3, $4, $5)",
            &[conversation, sender, agent, &number(*private), &time(*minute)],
        ),
        Write::Replaced { message, conversation, sender, minute } => run(
            "INSERT INTO messages (id, conversation_id, sender_type, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (id) DO UPDATE SET conversation_id = excluded.conversation_id,
               sender_type = excluded.sender_type, created_at = excluded.created_at",
            &[message, conversation, sender, &time(*minute)],
        ),
        Write::Edited { message, change } => {
            let mut set = |column: &str, value: &(dyn ToSql + Sync)| {
                run(&format!("UPDATE messages SET {column} = $2 WHERE id = $1"), &[message, value]);
            };
            match change {
                Change::Deleted(yes) => set("deleted", &number(*yes)),
                Change::Private(yes) => set("private", &number(*yes)),
                Change::Moved(conversation) => set("conversation_id", conversation),
                Change::Dated(minute) => set("created_at", &time(*minute)),
                Change::Agent(agent) => set("sender_id", agent),
                Change::Sender(sender) => set("sender_type", sender),
            }
        }
        Write::Removed { message } => run("DELETE FROM messages WHERE id = $1", &[message]),
        Write::Looked { conversation, reader, id, minute } => run(
            "INSERT INTO read_cursors VALUES ($1, $2, $3, $4)
             ON CONFLICT (conversation_id, reader_type, reader_id) DO UPDATE SET last_seen_at = excluded.last_seen_at",
            &[conversation, reader, id, &minute.map(time)],
        ),
        Write::LookMoved { from, to } => {
            run("UPDATE read_cursors SET conversation_id = $2 WHERE conversation_id = $1", &[from, to]);
        }
        Write::LookRemoved { conversation, id } => {
            run("DELETE FROM read_cursors WHERE conversation_id = $1 AND reader_id = $2", &[conversation, id]);
        }
        Write::Assigned { conversation, agent } => {
            run("UPDATE conversations SET assignee_id = $2 WHERE id = $1", &[conversation, agent]);
        }
        Write::Status { conversation, status } => {
            run("UPDATE conversations SET status = $2 WHERE id = $1", &[conversation, status]);
        }
        Write::Begun { conversation, agent } => run(
            "INSERT INTO conversations (id, assignee_id, created_at) VALUES ($1, $2, $3)
             ON CONFLICT (id) DO UPDATE SET assignee_id = excluded.assignee_id",
            &[conversation, agent, &time(0)],
        ),
        Write::Ended { conversation } => run("DELETE FROM conversations WHERE id = $1", &[conversation]),
    }
}

/// Every conversation there: what is kept of it, and what is right.
fn kept_and_right(client: &mut Client) -> Vec<(Derived, Derived)> {
    let ids: Vec<i64> =
        client.query("SELECT id FROM conversations", &[]).unwrap().iter().map(|row| row.get(0)).collect();
    let mut both = Vec::new();
    for id in ids {
        let row = client.query_one(&KEPT.replace('?', "$"), &[&id]).unwrap();
        let derived = Derived {
            waiting_since: row.get(1),
            unread_since: row.get(2),
            unseen_reply_at: row.get(3),
            last_activity_at: row.get(4),
            last_agent_id: row.get(5),
            first_reply_at: row.get(6),
            assignee_last_seen_at: row.get(7),
            agents_last_seen_at: row.get(8),
            contact_last_seen_at: row.get(9),
        };
        let messages = client.query(&MESSAGES.replace('?', "$"), &[&id]).unwrap();
        let messages = messages.iter().map(|row| Message {
            id: row.get(0),
            sender: row.get(1),
            sender_id: row.get(2),
            private: row.get::<_, i16>(3) == 1,
            at: row.get(4),
        });
        let cursors = client.query(&CURSORS.replace('?', "$"), &[&id]).unwrap();
        let cursors = cursors.iter().map(|row| (row.get(0), row.get(1), row.get(2)));
        both.push((derived, slowly((messages.collect(), cursors.collect()), row.get(0))));
    }
    both
}

#[test]
fn no_order_of_writes_leaves_a_derived_column_wrong_on_postgresql() {
    let (_server, client) = on_postgresql();
    let client = RefCell::new(client);
    let config = ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() };
    let held = TestRunner::new(config).run(&prop::collection::vec(write(), 1..40), |writes| {
        let client = &mut *client.borrow_mut();
        client.batch_execute("TRUNCATE conversations RESTART IDENTITY CASCADE").unwrap();
        for conversation in 1..=2 {
            apply_there(client, &Write::Begun { conversation, agent: None });
        }
        for (step, write) in writes.iter().enumerate() {
            apply_there(client, write);
            for (kept, right) in kept_and_right(client) {
                prop_assert_eq!(&kept, &right, "after step {} of {:#?}", step, writes);
            }
        }
        Ok(())
    });
    held.unwrap();
}

#[test]
fn many_rows_written_at_once_are_derived_as_well_on_postgresql() {
    let (_server, mut client) = on_postgresql();
    client
        .batch_execute(&format!(
            "INSERT INTO conversations (id, assignee_id, created_at) SELECT n, 1, {0} FROM generate_series(1, 3) n;
             INSERT INTO messages (conversation_id, sender_type, sender_id, created_at)
               SELECT 1 + n % 3, (ARRAY['contact', 'agent', 'contact', 'bot'])[1 + n % 4], n % 2, {0} + n * 60000
               FROM generate_series(1, 50) n;
             INSERT INTO read_cursors SELECT n, 'agent', 1, {0} + 1200000 FROM generate_series(1, 3) n",
            time(0)
        ))
        .unwrap();
    for write in [
        "SELECT",
        "UPDATE messages SET deleted = 1 WHERE id % 5 = 0",
        "UPDATE messages SET conversation_id = 1 + conversation_id % 3",
        "UPDATE messages SET id = id + 1000",
        "UPDATE read_cursors SET last_seen_at = last_seen_at + 600000",
        "DELETE FROM messages WHERE sender_type = 'agent' AND id % 3 = 0",
        "UPDATE conversations SET assignee_id = NULL WHERE id > 1",
        "UPDATE conversations SET waiting_since = NULL; SELECT conversations_derive()",
        "TRUNCATE read_cursors",
        "TRUNCATE messages CASCADE",
    ] {
        client.batch_execute(write).unwrap();
        let both = kept_and_right(&mut client);
        assert_eq!(both.len(), 3);
        both.iter().for_each(|(kept, right)| assert_eq!(kept, right, "after {write}"));
    }
}
