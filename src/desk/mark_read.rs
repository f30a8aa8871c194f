//! The one thing that is ever written to a desk, and only when the settings ask for it: what a mail has told counts as
//! read.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::pending::{milliseconds, number};
use crate::model::{AgentId, ConversationId};

/// A chat program that holds its database longer keeps its own people waiting as well.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A cursor moves forward, never back.
const MARK: &str = "
    INSERT INTO read_cursors (conversation_id, reader_type, reader_id, last_seen_at)
    SELECT id, 'agent', ?2, ?3 FROM conversations WHERE id = ?1
    ON CONFLICT DO UPDATE SET last_seen_at = excluded.last_seen_at
    WHERE last_seen_at IS NULL OR last_seen_at < excluded.last_seen_at";

/// A connection to the desk that writes read cursors of agents.
#[derive(Debug)]
pub struct ReadMarks {
    connection: Connection,
}

impl ReadMarks {
    /// Opens the desk for writing; it must be there.
    pub fn open(path: &Path) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = || format!("open desk {} to mark conversations as read", path.display());
        let connection = Connection::open_with_flags(path, flags).with_context(open)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.prepare(MARK).with_context(open)?;
        Ok(Self { connection })
    }

    /// Marks each conversation as read by the agent up to that instant, all in one transaction.
    pub fn mark(&mut self, marks: &[(ConversationId, AgentId, DateTime<Utc>)]) -> Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut mark = transaction.prepare_cached(MARK)?;
            for (conversation, agent, at) in marks {
                mark.execute((number(conversation.as_str()), number(agent.as_str()), milliseconds(*at)))?;
            }
        }
        transaction.commit().context("mark conversations of the desk as read")
    }
}
