//! The words of what waits: the latest message, its files, and what was said before it.
//! Bodies are cut inside the database: a message of 10 MB never travels.

use std::collections::HashMap;

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde_json::json;

use super::columns::Columns;
use super::dialect::Dialect;
use super::places::{at, milliseconds, number, place, told_of};
use super::plain::plain;
use super::value::Parameter;
use super::{Snapshot, lateral};
use crate::model::{AgentId, Attachment, BodyFormat, ConversationId, MessageRef, Relation, Show, Watch};

/// Enough for anything that a person reads in a digest.
pub(super) const BODY_BYTES: usize = 16 * 1024;
/// An earlier message is context, not the point.
pub(super) const EARLIER_BYTES: usize = 2 * 1024;
/// How many files a message has at most, and how many messages stand before it, as the statements below say too.
pub(super) const FILES: usize = 20;
pub(super) const EARLIER: usize = 10;

/// A conversation whose words are wanted; one per conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The conversation.
    pub conversation: ConversationId,
    /// What was looked for: earlier messages are public replies where replies are watched, else the contact's; an
    /// event or a deadline has none.
    pub watch: Watch,
    /// Since when it waits.
    pub since: DateTime<Utc>,
    /// The message that is shown; `None` = the contact's latest.
    pub latest: Option<MessageRef>,
    /// How much is shown.
    pub show: Show,
}

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sender {
    /// Who asks.
    Contact,
    /// Who answers.
    Agent(AgentId),
    /// A chatbot.
    Bot,
    /// The desk itself, or an agent whom it does not name.
    Other,
}

/// A message that stands before the shown one, of whichever side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// When it was written.
    pub at: DateTime<Utc>,
    /// Who wrote it.
    pub sender: Sender,
    /// Its text, at most 2 KB.
    pub body: String,
    /// Whether it waits as the shown one does.
    pub waits: bool,
}

/// The words of one conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content {
    /// When the shown message was written.
    pub at: Option<DateTime<Utc>>,
    /// Who wrote it.
    pub sender: Option<Sender>,
    /// The shown message as plain text, at most 16 KB; empty when nothing is shown.
    pub body: String,
    /// Whether the body was cut at that limit.
    pub cut: bool,
    /// Its first 20 files; none when nothing is shown.
    pub attachments: Vec<Attachment>,
    /// How many messages wait before it.
    pub earlier_count: u32,
    /// The last ten messages before it that the contact may see too, oldest first, when the conversation is shown.
    pub earlier: Vec<Past>,
}

/// For each (conversation, since, message, whether that is known, bytes): the message and how many wait before it.
/// One byte more than is shown tells that there is more. An answer that has become a note since is not shown.
pub(super) fn latest(told_of: &str, dialect: Dialect) -> String {
    if dialect == Dialect::Postgres {
        return lateral::shown(told_of);
    }
    format!(
        "SELECT w.key AS place, m.id AS message_id, m.created_at AS at, m.sender_type, m.sender_id, m.body_format,
                substr(CAST(m.body AS BLOB), 1, w.value ->> 4) AS body, (
            SELECT count(*) FROM messages n
            WHERE n.conversation_id = m.conversation_id AND {told_of}
              AND n.created_at >= w.value ->> 1 AND (n.created_at, n.id) < (m.created_at, m.id)
          ) AS earlier_count
         FROM json_each(?1) w
         CROSS JOIN messages m ON m.id = iif(w.value ->> 3, w.value ->> 2, (
            SELECT q.id FROM messages q
            WHERE q.conversation_id = w.value ->> 0 AND q.sender_type = 'contact' AND q.deleted = 0
            ORDER BY q.created_at DESC, q.id DESC LIMIT 1))
         WHERE m.conversation_id = w.value ->> 0 AND m.deleted = 0 AND (m.private = 0 OR m.sender_type = 'contact')"
    )
}

/// For each (place, message): its first files.
pub(super) const ATTACHMENTS: &str = "
    SELECT w.value ->> 0 AS place, a.filename, a.byte_size, a.url FROM json_each(?1) w
    CROSS JOIN attachments a ON a.id IN (
        SELECT b.id FROM attachments b WHERE b.message_id = w.value ->> 1 ORDER BY b.id LIMIT 20)
    ORDER BY w.key, a.id";

fn attachments(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite | Dialect::MariaDb => ATTACHMENTS,
        Dialect::Postgres => lateral::ATTACHMENTS,
    }
}

/// For each (place, message, time, conversation, since): what was said last before it, by whom, and whether it waits.
/// Notes are for agents, and the same words may go to a contact.
pub(super) fn earlier(told_of: &str, dialect: Dialect) -> String {
    if dialect == Dialect::Postgres {
        return lateral::earlier(told_of);
    }
    format!(
        "SELECT w.value ->> 0 AS place, n.created_at, n.sender_type, n.sender_id, n.body_format,
           substr(CAST(n.body AS BLOB), 1, ?2) AS body, ({told_of} AND n.created_at >= w.value ->> 4) AS waits
         FROM json_each(?1) w
         CROSS JOIN messages n ON n.id IN (
            SELECT p.id FROM messages p
            WHERE p.conversation_id = w.value ->> 3 AND p.deleted = 0 AND p.private = 0 AND p.sender_type <> 'system'
              AND (p.created_at, p.id) < (w.value ->> 2, w.value ->> 1)
            ORDER BY p.created_at DESC, p.id DESC LIMIT 10)
         ORDER BY w.key, n.created_at, n.id"
    )
}

const FORMATS: [(&str, BodyFormat); 4] = [
    ("text", BodyFormat::Text),
    ("markdown", BodyFormat::Markdown),
    ("html", BodyFormat::Html),
    ("bbcode", BodyFormat::Bbcode),
];

impl Snapshot<'_> {
    /// The words of these conversations; one whose message is not there any more is absent.
    pub fn contents(&self, wanted: &[Wanted]) -> Result<HashMap<ConversationId, Content>> {
        let mut contents = HashMap::with_capacity(wanted.len());
        let is_reply = |wanted: &Wanted| wanted.watch.relation() == Relation::UnseenReplies;
        let (replies, questions): (Vec<&Wanted>, Vec<&Wanted>) = wanted.iter().partition(|wanted| is_reply(wanted));
        for wanted in [replies, questions] {
            let Some(first) = wanted.first() else { continue };
            if self.product().is_some() {
                self.contents_of_product(&wanted, &mut contents)?;
                continue;
            }
            let told_of = told_of(first.watch);
            let shown = self.shown(&wanted, told_of, &mut contents)?;
            self.attachments(&wanted, &shown, &mut contents)?;
            self.earlier(&wanted, &shown, told_of, &mut contents)?;
        }
        Ok(contents)
    }

    /// The messages themselves; answers where they stand, by the index of the wanted.
    fn shown(&self, wanted: &[&Wanted], told_of: &str, contents: &mut Contents) -> Result<Vec<(usize, MessageRef)>> {
        let places = json!(wanted.iter().map(|wanted| question(wanted)).collect::<Vec<_>>()).to_string();
        let mut shown = Vec::with_capacity(wanted.len());
        self.each("messages", &latest(told_of, self.dialect()), &[Parameter::Text(&places)], |row| {
            let earlier_count = row.integer("earlier_count")?.and_then(|count| u32::try_from(count).ok());
            let (body, cut) = text(row, BODY_BYTES)?;
            let message = place(row)?;
            if let Some((index, wanted)) = asked(row, wanted)? {
                let content = Content {
                    at: Some(message.at),
                    sender: Some(sender(row)?),
                    body,
                    cut,
                    earlier_count: earlier_count.unwrap_or(u32::MAX),
                    ..Content::default()
                };
                contents.insert(wanted.conversation.clone(), content);
                shown.push((index, message));
            }
            Ok(())
        })?;
        Ok(shown)
    }

    fn attachments(&self, wanted: &[&Wanted], shown: &[(usize, MessageRef)], contents: &mut Contents) -> Result<()> {
        let with_files = shown.iter().filter(|(index, _)| shows(wanted, *index) != Show::None);
        let messages: Vec<_> = with_files.map(|(index, message)| json!([index, number(message.id.as_str())])).collect();
        let messages = json!(messages).to_string();
        self.each("attachments", attachments(self.dialect()), &[Parameter::Text(&messages)], |row| {
            if let Some(content) = asked(row, wanted)?.and_then(|(_, wanted)| contents.get_mut(&wanted.conversation)) {
                content.attachments.push(attachment(row)?);
            }
            Ok(())
        })
    }

    fn earlier(
        &self,
        wanted: &[&Wanted],
        shown: &[(usize, MessageRef)],
        told_of: &str,
        contents: &mut Contents,
    ) -> Result<()> {
        let with_earlier = shown.iter().filter(|(index, _)| shows(wanted, *index) == Show::Conversation);
        let places: Vec<_> = with_earlier
            .filter_map(|(index, message)| {
                let wanted = wanted.get(*index)?;
                let conversation = number(wanted.conversation.as_str());
                Some(json!([index, number(message.id.as_str()), at(message), conversation, since(wanted)]))
            })
            .collect();
        let places = json!(places).to_string();
        let parameters = [Parameter::Text(&places), Parameter::Integer(Some(i64::try_from(EARLIER_BYTES + 1)?))];
        self.each("messages", &earlier(told_of, self.dialect()), &parameters, |row| {
            if let Some(content) = asked(row, wanted)?.and_then(|(_, wanted)| contents.get_mut(&wanted.conversation)) {
                content.earlier.push(Past {
                    at: row.time("created_at")?,
                    sender: sender(row)?,
                    body: text(row, EARLIER_BYTES)?.0,
                    waits: row.yes("waits")?,
                });
            }
            Ok(())
        })
    }
}

pub(super) type Contents = HashMap<ConversationId, Content>;

/// One wanted conversation as the statement takes it; a body that is not shown is not read.
fn question(wanted: &Wanted) -> serde_json::Value {
    json!([
        number(wanted.conversation.as_str()),
        since(wanted),
        wanted.latest.as_ref().and_then(|latest| number(latest.id.as_str())),
        wanted.latest.is_some(),
        if wanted.show == Show::None { 0 } else { BODY_BYTES + 1 },
    ])
}

/// From when on messages are counted; beside an event or a deadline the message is context, and none counts.
pub(super) fn since(wanted: &Wanted) -> i64 {
    match wanted.watch.relation() {
        Relation::Events | Relation::Deadlines => i64::MAX,
        Relation::Waiting | Relation::Unread | Relation::UnseenReplies => milliseconds(wanted.since),
    }
}

fn shows(wanted: &[&Wanted], index: usize) -> Show {
    wanted.get(index).map_or(Show::None, |wanted| wanted.show)
}

pub(super) fn sender(row: &Columns<'_>) -> Result<Sender> {
    Ok(match (row.text("sender_type")?.as_deref(), row.optional_id("sender_id")?) {
        (Some("contact"), _) => Sender::Contact,
        (Some("agent"), Some(agent)) => Sender::Agent(agent),
        (Some("bot"), _) => Sender::Bot,
        _ => Sender::Other,
    })
}

/// The wanted conversation that a row answers, and its index.
fn asked<'a>(row: &Columns<'_>, wanted: &[&'a Wanted]) -> Result<Option<(usize, &'a Wanted)>> {
    let index = row.integer("place")?.and_then(|index| usize::try_from(index).ok());
    Ok(index.and_then(|index| Some((index, *wanted.get(index)?))))
}

pub(super) fn text(row: &Columns<'_>, limit: usize) -> Result<(String, bool)> {
    Ok(plain(row.bytes("body")?, row.word("body_format", &FORMATS, BodyFormat::Text), limit))
}

pub(super) fn attachment(row: &Columns<'_>) -> Result<Attachment> {
    let byte_size = row.integer("byte_size")?.and_then(|bytes| u64::try_from(bytes).ok());
    Ok(Attachment { filename: row.text("filename")?.unwrap_or_default(), byte_size, url: row.text("url")? })
}
