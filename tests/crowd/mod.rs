//! Large desks in little time: triggers off while rows are poured in, then everything derived at once.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "shared by tests and benches; a desk that cannot be made is a broken test"
)]

use std::path::Path;

use chrono::{DateTime, Utc};
use doorbell::desk::SCHEMA;
use rusqlite::{Connection, params};

/// Says what a customer says, about 450 characters: with two to three of them a mail has the 4 KB of a real digest.
const BODY: &str = "Hello, I ordered two of the grey chairs last Thursday and only one has arrived. The tracking page \
    says both were handed over, but the driver left a single box and no note. Could you find out where the second one \
    is, and whether it will be here before the weekend? We have guests and would really like to seat them all.\n\nThank \
    you very much, and kind regards from the third floor.";

/// A desk with `agents` people, each responsible for one to five conversations that wait since an hour before `now`.
pub fn waiting_desk(path: &Path, agents: i64, now: DateTime<Utc>) {
    pour(path, |connection| {
        let asked = now.timestamp_millis() - 3_600_000;
        connection.execute("INSERT INTO contacts(id, name, kind) VALUES (1, 'Tom Miller', 'contact')", []).unwrap();
        let mut agent = connection.prepare("INSERT INTO agents(id, name, email) VALUES (?1, ?2, ?3)").unwrap();
        let mut conversation = connection
            .prepare(
                "INSERT INTO conversations(id, number, subject, contact_id, assignee_id, created_at)
                 VALUES (?1, ?1, 'The second chair', 1, ?2, ?3)",
            )
            .unwrap();
        let mut message = connection
            .prepare(
                "INSERT INTO messages(conversation_id, sender_type, sender_id, body, created_at)
                 VALUES (?1, 'contact', 1, ?2, ?3)",
            )
            .unwrap();
        for id in 1..=agents {
            agent.execute(params![id, format!("Agent {id}"), format!("agent{id}@example.com")]).unwrap();
            for nth in 0..=(id % 5) {
                let number = id * 10 + nth;
                conversation.execute(params![number, id, asked]).unwrap();
                message.execute(params![number, format!("{number}: {BODY}"), asked + nth]).unwrap();
            }
        }
    });
}

/// A desk with so many messages in a tenth as many conversations, all of them answered.
pub fn quiet_desk(path: &Path, messages: i64, now: DateTime<Utc>) {
    pour(path, |connection| {
        let began = now.timestamp_millis() - 90 * 86_400_000;
        connection
            .execute_batch(
                "INSERT INTO contacts(id, name, kind) VALUES (1, 'Tom Miller', 'contact');
                 INSERT INTO agents(id, name, email) VALUES (1, 'Ada', 'ada@example.com');",
            )
            .unwrap();
        connection
            .execute(
                "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < ?1 / 10)
                 INSERT INTO conversations(id, number, contact_id, assignee_id, created_at)
                 SELECT id, id, 1, 1, ?2 + id FROM n",
                params![messages, began],
            )
            .unwrap();
        connection
            .execute(
                "WITH RECURSIVE n(id) AS (SELECT 0 UNION ALL SELECT id + 1 FROM n WHERE id < ?1 - 1)
                 INSERT INTO messages(conversation_id, sender_type, sender_id, body, created_at)
                 SELECT id / 10 + 1, iif(id % 2, 'agent', 'contact'), 1, ?3, ?2 + id FROM n",
                params![messages, began, &BODY[..100]],
            )
            .unwrap();
        connection
            .execute(
                "INSERT INTO read_cursors(conversation_id, reader_type, reader_id, last_seen_at)
                 SELECT id, 'agent', 1, ?1 FROM conversations",
                [now.timestamp_millis()],
            )
            .unwrap();
    });
}

fn pour(path: &Path, rows: impl FnOnce(&Connection)) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;").unwrap();
    connection.execute_batch(SCHEMA).unwrap();
    let mut read = connection.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").unwrap();
    let triggers: Vec<(String, String)> =
        read.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().collect::<Result<_, _>>().unwrap();
    connection.execute_batch("BEGIN").unwrap();
    for (name, _) in &triggers {
        connection.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
    }
    rows(&connection);
    for (_, sql) in &triggers {
        connection.execute_batch(sql).unwrap();
    }
    connection.execute_batch("UPDATE conversations_derived SET id = id; COMMIT; ANALYZE;").unwrap();
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
}
