//! A write to a desk: what people texted becomes messages, and STOP and START their consent, where the settings want it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::check::{missing_for_additions, refuse_another};
use super::places::{milliseconds, number};
use super::{BUSY_TIMEOUT, connect};
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

/// A connection that adds messages from outside and sets consent, and does nothing else.
#[derive(Debug)]
pub struct Additions {
    path: PathBuf,
    connection: Connection,
}

impl Additions {
    /// Opens the chat database for writing; it is never made. One that lacks what is written is refused by name.
    pub fn open(path: &Path) -> Result<Self> {
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        refuse_another(path, &connection)?;
        if let Some(missing) = missing_for_additions(path, &connection)?.first() {
            bail!("{missing}");
        }
        Ok(Self { path: path.to_owned(), connection })
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
        let written = || format!("add a text message to desk {}", self.path.display());
        let (kind, id) = match writer {
            Writer::Agent(id) => ("agent", id.as_str()),
            Writer::Contact(id) => ("contact", id.as_str()),
        };
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).with_context(written)?;
        let conversation = number(conversation.as_str());
        let row = (conversation, kind, number(id), body, milliseconds(at), external_id);
        let is_new = transaction.execute(ADD, row).with_context(written)? > 0;
        let is_there: bool = transaction
            .query_row("SELECT EXISTS (SELECT 1 FROM messages WHERE external_id = ?1)", [external_id], |row| row.get(0))
            .with_context(written)?;
        if is_new && matches!(writer, Writer::Contact(_)) {
            transaction.execute(OPEN_AGAIN, [conversation]).with_context(written)?;
        }
        transaction.commit().with_context(written)?;
        failpoint::reached("reply-added");
        Ok(if is_there { Added::There } else { Added::NoConversation })
    }

    /// Whether these contacts want text messages, by their own word.
    pub fn consent(&mut self, contacts: &[ContactId], wants: bool) -> Result<()> {
        let written = || format!("set consent in desk {}", self.path.display());
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).with_context(written)?;
        for contact in contacts {
            transaction.execute(CONSENT, (number(contact.as_str()), wants)).with_context(written)?;
        }
        transaction.commit().with_context(written)
    }
}
