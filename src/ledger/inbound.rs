//! Text messages that people sent: each is taken in once, and STOP blocks its number until START.

use std::collections::HashSet;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};

use super::Ledger;
use super::block::{begin_again, stop};
use super::columns::{instant, ms};
use super::news::is_news;
use super::outage::{Outage, REPLIES};
use super::store::{Rows, values};
use crate::failpoint;
use crate::model::{ConversationId, Gateway, RecipientId, masked};

/// Under what is kept when the messages were last asked for.
const ASKED: &str = "replies_asked_at";

/// What became of a message that somebody sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It stands in a conversation now.
    Added(RecipientId, ConversationId),
    /// Its sender wants no more texts.
    Stopped,
    /// Its sender wants texts again.
    Started,
    /// Nobody knows whose it is, or where it belongs; it is tried again.
    Unknown,
    /// There is nothing to take in.
    Ignored,
}

impl Taken {
    fn word(&self) -> &'static str {
        match self {
            Self::Added(..) => "added",
            Self::Stopped => "stopped",
            Self::Started => "started",
            Self::Unknown => "unknown",
            Self::Ignored => "ignored",
        }
    }
}

/// Somebody who was sent a text message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texted {
    /// Who.
    pub recipient: RecipientId,
    /// What it told of, longest waiting first.
    pub conversations: Vec<ConversationId>,
}

impl Ledger {
    /// Which of these messages are new, or belonged to nobody when they were last looked at.
    pub fn not_taken_in<'a>(&self, sids: impl Iterator<Item = &'a str>) -> Result<HashSet<String>> {
        let read = "SELECT r.sid FROM {rows}
             WHERE NOT EXISTS (SELECT 1 FROM doorbell_inbound i WHERE i.sid = r.sid AND i.state <> 'unknown')";
        let sids = self.store.all_of_rows(read, &[], &Rows::default().texts("sid", sids), |row| row.get(0))?;
        Ok(sids.into_iter().collect())
    }

    /// Remembers what became of a message from this number, and with it whether the number is written to; answers
    /// whether the operator is to hear of it.
    pub fn take_in(&mut self, sid: &str, number: &str, taken: &Taken, now: DateTime<Utc>) -> Result<bool> {
        let transaction = self.store.begin()?;
        match taken {
            Taken::Stopped => stop(&transaction, &self.install_id, number, now)?,
            Taken::Started => drop(begin_again(&transaction, &self.install_id, number)?),
            _ => {}
        }
        let known =
            transaction.first("SELECT 1 FROM doorbell_inbound WHERE sid = ?1", values![sid], |_| Ok(()))?.is_some();
        if known && *taken == Taken::Unknown {
            return Ok(false);
        }
        let news = *taken == Taken::Unknown;
        let (recipient, conversation) = match taken {
            Taken::Added(recipient, conversation) => (recipient.to_string(), Some(conversation.as_str())),
            _ => (String::new(), None),
        };
        transaction.execute(
            "INSERT INTO doorbell_inbound(sid, received_at, from_shown, state, recipient, conversation_id, told_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, CASE WHEN ?7 THEN ?2 END)
             ON CONFLICT(sid) DO UPDATE SET state = excluded.state, recipient = excluded.recipient,
               conversation_id = excluded.conversation_id",
            values![sid, ms(now), masked(number), taken.word(), recipient, conversation, news],
        )?;
        failpoint::reached("before-taken-in");
        transaction.commit().context("remember a text message that came in")?;
        failpoint::reached("taken-in");
        Ok(news)
    }

    /// Who was sent texts at a number that looks like this one, latest first.
    pub fn texted(&self, number: &str) -> Result<Vec<Texted>> {
        let read = "SELECT id, recipient FROM doorbell_delivery
             WHERE channel = 'sms' AND endpoint_shown = ?1 AND state IN ('sending','sent','unknown')
             ORDER BY queued_at DESC, id DESC";
        let rows = self.store.all(read, values![masked(number)], |row| Ok((row.get(0)?, row.get::<String>(1)?)))?;
        let mut texted: Vec<Texted> = Vec::new();
        for (id, recipient) in rows {
            let Some(recipient) = RecipientId::parse(&recipient) else { continue };
            // the latest says what an answer is about
            if !texted.iter().any(|one| one.recipient == recipient) {
                texted.push(Texted { recipient, conversations: self.told_of(id)? });
            }
        }
        Ok(texted)
    }

    fn told_of(&self, delivery: i64) -> Result<Vec<ConversationId>> {
        let read = "SELECT conversation_id FROM doorbell_item WHERE delivery_id = ?1
             GROUP BY conversation_id ORDER BY min(waiting_since), conversation_id";
        self.store.all(read, values![delivery], |row| Ok(row.get::<String>(0)?.into()))
    }

    /// When the messages were last asked for, and came.
    pub fn replies_asked_at(&self) -> Result<Option<DateTime<Utc>>> {
        let read = "SELECT value FROM doorbell_meta WHERE key = ?1";
        let at: Option<String> = self.store.first(read, values![ASKED], |row| row.get(0))?;
        Ok(at.and_then(|text| text.parse().ok()).map(instant))
    }

    /// Remembers that they were, and came.
    pub fn keep_replies_asked(&mut self, now: DateTime<Utc>) -> Result<()> {
        let write = "INSERT INTO doorbell_meta(key, value) VALUES (?1, ?2)
                     ON CONFLICT(key) DO UPDATE SET value = excluded.value";
        self.store
            .execute(write, values![ASKED, ms(now).to_string()])
            .context("remember that replies were asked for")?;
        Ok(())
    }

    /// Remembers that the messages cannot be asked for; answers whether the operator is to hear of it.
    pub fn keep_deafness(&mut self, key: &str, words: &str, now: DateTime<Utc>) -> Result<bool> {
        let told = "SELECT told_at FROM doorbell_outage WHERE gateway = ?1 AND key = ?2";
        let told: Option<i64> = self.store.first(told, values![REPLIES, key], |row| row.get(0))?;
        let news = is_news(told.map(instant), now);
        self.store
            .execute(
                "INSERT INTO doorbell_outage(gateway, since, told_at, key, words) VALUES (?1, ?2, ?2, ?3, ?4)
                 ON CONFLICT(gateway) DO UPDATE SET key = excluded.key, words = excluded.words,
                   told_at = CASE WHEN ?5 THEN excluded.told_at ELSE doorbell_outage.told_at END",
                values![REPLIES, ms(now), key, words, news],
            )
            .context("remember that replies do not come in")?;
        Ok(news)
    }

    /// They came.
    pub fn end_deafness(&mut self) -> Result<()> {
        self.store.execute("DELETE FROM doorbell_outage WHERE gateway = ?1", values![REPLIES])?;
        Ok(())
    }

    /// Since when the messages cannot be asked for.
    pub fn deafness(&self) -> Result<Option<Outage>> {
        let read = "SELECT since, words FROM doorbell_outage WHERE gateway = ?1";
        self.store.first(read, values![REPLIES], |row| {
            Ok(Outage { gateway: Gateway::Sms, since: instant(row.get(0)?), words: row.get(1)? })
        })
    }

    /// How many of the messages that came in since an instant belong to nobody.
    pub fn unknown_senders(&self, since: DateTime<Utc>) -> Result<u64> {
        let count = "SELECT count(*) FROM doorbell_inbound WHERE state = 'unknown' AND received_at >= ?1";
        let count: i64 = self.store.one(count, values![ms(since)], |row| row.get(0))?;
        Ok(u64::try_from(count).unwrap_or_default())
    }
}
