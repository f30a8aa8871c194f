//! A small desk to read from: one contact, one agent, one conversation of two messages and a file.

use doorbell::desk::{Desk, SCHEMA};
use rusqlite::Connection;
use tempfile::TempDir;

const ROWS: &str = "
    INSERT INTO agents(id, name, email) VALUES (7, 'Ada', 'ada@example.com');
    INSERT INTO contacts(id, name, email) VALUES (12, 'Tom', 'tom@example.org');
    INSERT INTO conversations(id, number, contact_id, assignee_id, created_at) VALUES (500, '42', 12, 7, 1772440000000);
    INSERT INTO messages(id, conversation_id, sender_type, sender_id, body, created_at) VALUES
      (1000, 500, 'contact', 12, 'hello?', 1772440000000), (1001, 500, 'contact', 12, 'anybody?', 1772440060000);
    INSERT INTO attachments(id, message_id, filename, byte_size, url) VALUES
      (1, 1001, 'invoice.pdf', 81300, 'https://desk.example.com/files/1');";

/// A desk with a connection to write to it between two looks; a crash of this machine may break it.
pub struct SmallDesk {
    pub desk: Desk,
    pub connection: Connection,
    _folder: TempDir,
}

impl SmallDesk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chat.db");
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY;").unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        connection.execute_batch(ROWS).unwrap();
        Self { desk: Desk::open(&path).unwrap(), connection, _folder: folder }
    }
}

/// Lends the desk of this thread, which takes it away when it ends.
pub fn with<T>(use_it: impl FnOnce(&SmallDesk) -> T) -> T {
    thread_local!(static DESK: SmallDesk = SmallDesk::new());
    DESK.with(use_it)
}
