//! A write to a desk: what an agent was told by email counts as read, where the settings want it so.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::check::refuse_another;
use super::places::{milliseconds, number};
use super::value::Parameter;
use super::writing::Writing;
use super::{BUSY_TIMEOUT, Desk, DeskError, DeskUrl, Settings, connect};
use crate::model::{AgentId, ConversationId};
use crate::server::ServerError;

/// A conversation that is gone has no cursor to move; one that was read further stays as it is.
pub(super) const MARK: &str = "
    INSERT INTO read_cursors (conversation_id, reader_type, reader_id, last_seen_at)
    SELECT c.id, 'agent', ?2, ?3 FROM conversations c WHERE c.id = ?1
    ON CONFLICT (conversation_id, reader_type, reader_id) DO UPDATE SET last_seen_at = excluded.last_seen_at
    WHERE last_seen_at IS NULL OR last_seen_at < excluded.last_seen_at";

/// All at once, each cursor once and in the order of the keys: two hosts that mark the same ones take turns. The triggers
/// lock the conversations only behind them, as they do for everybody who moves a cursor.
const MARK_ON_SERVER: &str = "
    INSERT INTO read_cursors (conversation_id, reader_type, reader_id, last_seen_at)
    SELECT c.id, 'agent', r.agent, max(r.at)
    FROM unnest($1, $2, $3) r (conversation, agent, at) JOIN conversations c ON c.id = r.conversation
    GROUP BY c.id, r.agent ORDER BY c.id, r.agent
    ON CONFLICT (conversation_id, reader_type, reader_id) DO UPDATE SET last_seen_at = excluded.last_seen_at
    WHERE read_cursors.last_seen_at IS NULL OR read_cursors.last_seen_at < excluded.last_seen_at";
/// Marks are not kept for the next pass.
const TRIES: usize = 2;

/// A conversation with the agent who has read it, and up to when.
type Read = (ConversationId, AgentId, DateTime<Utc>);

/// What moves read cursors of agents, and does nothing else.
#[derive(Debug)]
pub struct ReadMarks(Engine);

#[derive(Debug)]
enum Engine {
    Sqlite { path: PathBuf, connection: Connection },
    Postgres(Box<Writing>),
}

impl ReadMarks {
    /// Opens the desk of these settings for writing; `folder` is where relative file names begin.
    ///
    /// A server is connected to when there is something to mark; `desk` is asked whether it could be.
    pub fn of(desk: &Desk, settings: &Settings, folder: &Path) -> Result<Self> {
        match &settings.url {
            DeskUrl::Sqlite(path) => Self::open(&folder.join(path)),
            DeskUrl::Postgres(address) => match desk.check_marks()?.as_slice() {
                [] => Ok(Self(Engine::Postgres(Box::new(Writing::to(address, settings, folder))))),
                problems => Err(DeskError::Lacks { desk: desk.name(), problems: problems.join("; ") }.into()),
            },
            DeskUrl::MariaDb(address) => Err(DeskError::NeedsAdapter { desk: address.to_string() }.into()),
        }
    }

    /// Opens the chat database for writing; it is never made. A file that is no desk is refused.
    pub fn open(path: &Path) -> Result<Self> {
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        refuse_another(path, &connection)?;
        Ok(Self(Engine::Sqlite { path: path.to_owned(), connection }))
    }

    /// Each agent has read the conversation up to and including that instant: all of them are written, or none.
    ///
    /// A cursor never goes back. A conversation that the desk no longer has is passed over.
    pub fn mark(&mut self, marks: &[Read]) -> Result<()> {
        let known = |(conversation, agent, at): &Read| {
            Some((number(conversation.as_str())?, number(agent.as_str())?, milliseconds(*at)))
        };
        let marks: Vec<(i64, i64, i64)> = marks.iter().filter_map(known).collect();
        match &mut self.0 {
            Engine::Sqlite { path, connection } => mark_in_file(connection, &marks)
                .with_context(|| format!("mark conversations as read in desk {}", path.display())),
            Engine::Postgres(desk) => mark_on_server(desk, &marks).context("mark conversations as read"),
        }
    }
}

fn mark_in_file(connection: &mut Connection, marks: &[(i64, i64, i64)]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut statement = transaction.prepare_cached(MARK)?;
    for mark in marks {
        statement.execute(*mark)?;
    }
    drop(statement);
    transaction.commit()
}

fn mark_on_server(desk: &mut Writing, marks: &[(i64, i64, i64)]) -> Result<()> {
    let list = |value: fn(&(i64, i64, i64)) -> i64| {
        let list: serde_json::Value = marks.iter().map(value).collect();
        list.to_string()
    };
    let lists = [list(|mark| mark.0), list(|mark| mark.1), list(|mark| mark.2)];
    let lists = lists.each_ref().map(|list| Parameter::Integers(list));
    let mut attempt = || desk.transaction(|writes| writes.execute(MARK_ON_SERVER, &lists));
    for _ in 1..TRIES {
        match attempt() {
            Err(error) if passes(&error) => {}
            other => return other.map(|_| ()),
        }
    }
    attempt().map(|_| ()).map_err(for_good)
}

/// Whether the same can succeed a moment later: a connection that broke, a lock that somebody held.
fn passes(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(ServerError::Away { .. } | ServerError::Conflict { .. }))
}

/// The error without the promise that it is tried again.
fn for_good(error: anyhow::Error) -> anyhow::Error {
    match error.downcast() {
        Ok(ServerError::Away { what, place, reason } | ServerError::Conflict { what, place, reason }) => {
            ServerError::Failed { what, place, reason }.into()
        }
        Ok(other) => other.into(),
        Err(other) => other,
    }
}
