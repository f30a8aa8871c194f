//! A write to a desk: what an agent was told by email counts as read, where the settings want it so.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::check::refuse_another;
use super::places::{milliseconds, number};
use super::{BUSY_TIMEOUT, connect};
use crate::model::{AgentId, ConversationId};

/// A conversation that is gone has no cursor to move; one that was read further stays as it is.
pub(super) const MARK: &str = "
    INSERT INTO read_cursors (conversation_id, reader_type, reader_id, last_seen_at)
    SELECT c.id, 'agent', ?2, ?3 FROM conversations c WHERE c.id = ?1
    ON CONFLICT (conversation_id, reader_type, reader_id) DO UPDATE SET last_seen_at = excluded.last_seen_at
    WHERE last_seen_at IS NULL OR last_seen_at < excluded.last_seen_at";

/// A connection that moves read cursors of agents, and does nothing else.
#[derive(Debug)]
pub struct ReadMarks {
    path: PathBuf,
    connection: Connection,
}

impl ReadMarks {
    /// Opens the chat database for writing; it is never made. A file that is no desk is refused.
    pub fn open(path: &Path) -> Result<Self> {
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        refuse_another(path, &connection)?;
        Ok(Self { path: path.to_owned(), connection })
    }

    /// Each agent has read the conversation up to and including that instant: all of them are written, or none.
    ///
    /// A cursor never goes back. A conversation that the desk no longer has is passed over.
    pub fn mark(&mut self, marks: &[(ConversationId, AgentId, DateTime<Utc>)]) -> Result<()> {
        let written = || format!("mark conversations as read in desk {}", self.path.display());
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).with_context(written)?;
        let mut statement = transaction.prepare_cached(MARK).with_context(written)?;
        for (conversation, agent, at) in marks {
            if let (Some(conversation), Some(agent)) = (number(conversation.as_str()), number(agent.as_str())) {
                statement.execute((conversation, agent, milliseconds(*at))).with_context(written)?;
            }
        }
        drop(statement);
        transaction.commit().with_context(written)
    }
}
