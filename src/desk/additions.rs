//! A write to a desk: what people texted becomes messages, and STOP and START their consent, where the settings want it.

mod server;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::check::{missing_for_additions, refuse_another};
use super::places::{milliseconds, number};
use super::writing::Writing;
use super::{BUSY_TIMEOUT, Desk, DeskError, DeskUrl, Settings, connect};
use crate::failpoint;
use crate::model::{AgentId, ContactId, ConversationId};

/// A conversation that is gone gets nothing; a message that is there already stays as it is.
const ADD: &str = "
    INSERT INTO messages (conversation_id, sender_type, sender_id, body, created_at, external_id)
    SELECT c.id, ?2, ?3, ?4, ?5, ?6 FROM conversations c WHERE c.id = ?1
    ON CONFLICT DO NOTHING";
/// Only open conversations are looked at: one that was put aside must not swallow what its contact writes.
const OPEN_AGAIN: &str = "
    UPDATE conversations SET status = 'open', snoozed_until = NULL
    WHERE id = ?1 AND status IN ('resolved', 'snoozed')";
const CONSENT: &str = "UPDATE contacts SET sms_consent = ?2 WHERE id = ?1 AND sms_consent IS NOT ?2";

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Writer {
    /// An agent, for the contact to read.
    Agent(AgentId),
    /// The contact.
    Contact(ContactId),
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is in the conversation, now or since an earlier try.
    There,
    /// There is no such conversation any more.
    NoConversation,
}

/// What adds messages from outside and sets consent, and does nothing else.
#[derive(Debug)]
pub struct Additions(Engine);

#[derive(Debug)]
enum Engine {
    Sqlite { path: PathBuf, connection: Connection },
    Postgres(Box<Writing>),
}

/// A message as the desk stores it.
struct Message<'a> {
    external_id: &'a str,
    conversation: Option<i64>,
    kind: &'static str,
    sender: Option<i64>,
    body: &'a str,
    at: i64,
}

impl Additions {
    /// Opens the desk of these settings for writing; `folder` is where relative file names begin.
    ///
    /// A server is connected to when there is something to add; `desk` is asked whether it could be.
    pub fn of(desk: &Desk, settings: &Settings, folder: &Path) -> Result<Self> {
        match &settings.url {
            DeskUrl::Sqlite(path) => Self::open(&folder.join(path)),
            DeskUrl::Postgres(address) => match desk.check_additions()?.as_slice() {
                [] => Ok(Self(Engine::Postgres(Box::new(Writing::to(address, settings, folder))))),
                problems => Err(DeskError::Lacks { desk: desk.name(), problems: problems.join("; ") }.into()),
            },
            DeskUrl::MariaDb(address) => Err(DeskError::NeedsAdapter { desk: address.to_string() }.into()),
        }
    }

    /// Opens the chat database for writing; it is never made. One that lacks what is written is refused by name.
    pub fn open(path: &Path) -> Result<Self> {
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        refuse_another(path, &connection)?;
        if let Some(missing) = missing_for_additions(path, &connection)?.first() {
            bail!("{missing}");
        }
        Ok(Self(Engine::Sqlite { path: path.to_owned(), connection }))
    }

    /// Adds a message under its id from outside, once however often it is asked for.
    pub fn add(
        &mut self,
        external_id: &str,
        conversation: &ConversationId,
        writer: &Writer,
        body: &str,
        at: DateTime<Utc>,
    ) -> Result<Added> {
        let (kind, id) = match writer {
            Writer::Agent(id) => ("agent", id.as_str()),
            Writer::Contact(id) => ("contact", id.as_str()),
        };
        let (conversation, sender) = (number(conversation.as_str()), number(id));
        let message = Message { external_id, conversation, kind, sender, body, at: milliseconds(at) };
        let added = match &mut self.0 {
            Engine::Sqlite { path, connection } => write(connection, |transaction| message.add(transaction))
                .with_context(|| format!("add a text message to desk {}", path.display())),
            Engine::Postgres(desk) => server::add(desk, &message),
        }?;
        failpoint::reached("reply-added");
        Ok(added)
    }

    /// Whether these contacts want text messages, by their own word.
    pub fn consent(&mut self, contacts: &[ContactId], wants: bool) -> Result<()> {
        match &mut self.0 {
            Engine::Sqlite { path, connection } => write(connection, |transaction| {
                for contact in contacts {
                    transaction.execute(CONSENT, (number(contact.as_str()), wants))?;
                }
                Ok(())
            })
            .with_context(|| format!("set consent in desk {}", path.display())),
            Engine::Postgres(desk) => server::consent(desk, contacts, wants),
        }
    }
}

impl Message<'_> {
    fn is_of_contact(&self) -> bool {
        self.kind == "contact"
    }

    fn add(&self, transaction: &Transaction<'_>) -> rusqlite::Result<Added> {
        let row = (self.conversation, self.kind, self.sender, self.body, self.at, self.external_id);
        let is_new = transaction.execute(ADD, row)? > 0;
        let is_there = "SELECT EXISTS (SELECT 1 FROM messages WHERE external_id = ?1)";
        let is_there: bool = transaction.query_row(is_there, [self.external_id], |row| row.get(0))?;
        if is_new && self.is_of_contact() {
            transaction.execute(OPEN_AGAIN, [self.conversation])?;
        }
        Ok(if is_there { Added::There } else { Added::NoConversation })
    }
}

/// All of it is written, or nothing.
fn write<T>(
    connection: &mut Connection,
    write: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let written = write(&transaction)?;
    transaction.commit()?;
    Ok(written)
}
