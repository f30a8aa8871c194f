//! The words of what waits: the latest message, its files, and what was said before it.
//! Bodies are cut inside the database: a message of 10 MB never travels.

use std::collections::HashMap;

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde_json::json;

use super::Snapshot;
use super::columns::Columns;
use super::pending::{at, milliseconds, number};
use super::plain::plain;
use crate::model::{AgentId, Attachment, BodyFormat, ConversationId, Earlier, MessageRef, Relation, Show, Watch};

/// Enough for anything that a person reads in a digest.
const BODY_BYTES: usize = 16 * 1024;
/// An earlier message is context, not the point.
const EARLIER_BYTES: usize = 2 * 1024;

/// A conversation whose words are wanted; one per conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The conversation.
    pub conversation: ConversationId,
    /// What was looked for: it decides whose messages count.
    pub watch: Watch,
    /// Since when it waits.
    pub since: DateTime<Utc>,
    /// The message that is shown; `None` = whatever the contact wrote last.
    pub latest: Option<MessageRef>,
    /// How much is shown.
    pub show: Show,
}

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sender {
    /// The contact of the conversation.
    Contact,
    /// An agent.
    Agent(AgentId),
    /// A bot or the system.
    Other,
}

/// The words of one conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content {
    /// The latest message as plain text, at most 16 KB; empty when nothing is shown.
    pub body: String,
    /// Whether the body was cut at that limit.
    pub cut: bool,
    /// When it was written.
    pub at: Option<DateTime<Utc>>,
    /// Who wrote it.
    pub sender: Option<Sender>,
    /// Its first 20 files; none when nothing is shown.
    pub attachments: Vec<Attachment>,
    /// How many messages of the same side wait before it.
    pub earlier_count: u32,
    /// The last ten of them, oldest first, when the conversation is shown.
    pub earlier: Vec<Earlier>,
}

/// The message that is wanted of each conversation. A message without an id is the contact's latest.
const MESSAGE: &str = "m.id = coalesce(w.value ->> 3, (
        SELECT n.id FROM messages n
        WHERE n.conversation_id = w.value ->> 0 AND n.sender_type = 'contact' AND n.deleted = 0
        ORDER BY n.created_at DESC, n.id DESC LIMIT 1))";

/// The messages of one side that wait before the wanted one; none before one that only shows what it is about.
fn before(sender: &str) -> String {
    format!(
        "FROM messages n WHERE n.conversation_id = w.value ->> 0 AND n.sender_type = '{sender}' AND n.private = 0
          AND n.deleted = 0 AND n.created_at >= w.value ->> 1 AND (n.created_at, n.id) < (w.value ->> 2, w.value ->> 3)"
    )
}

/// For each (conversation, since, time, id, bytes, all, replies): the message and how many wait before it.
/// One byte more than is shown tells that there is more.
pub(super) fn latest() -> String {
    let (contact, agent) = (before("contact"), before("agent"));
    format!(
        "SELECT w.key AS place, m.id AS message_id, m.created_at, m.sender_type, m.sender_id, m.body_format,
           substr(CAST(m.body AS BLOB), 1, w.value ->> 4) AS body,
           CASE WHEN w.value ->> 6 THEN (SELECT count(*) {agent}) ELSE (SELECT count(*) {contact}) END AS earlier_count
         FROM json_each(?1) w
         CROSS JOIN messages m ON {MESSAGE}
         WHERE m.conversation_id = w.value ->> 0 AND m.deleted = 0"
    )
}

/// For each message: its first files.
pub(super) const ATTACHMENTS: &str = "
    SELECT w.key AS place, a.filename, a.byte_size, a.url FROM json_each(?1) w
    CROSS JOIN attachments a ON a.id IN (
        SELECT b.id FROM attachments b WHERE b.message_id = w.value ->> 0 ORDER BY b.id LIMIT 20)
    ORDER BY w.key, a.id";

/// For each place: what the same side said last before it.
pub(super) fn earlier() -> String {
    let (contact, agent) = (before("contact"), before("agent"));
    format!(
        "SELECT w.key AS place, m.created_at, m.body_format, substr(CAST(m.body AS BLOB), 1, ?2) AS body
         FROM json_each(?1) w
         CROSS JOIN messages m ON m.id IN (SELECT n.id {contact} AND NOT w.value ->> 6
             ORDER BY n.created_at DESC, n.id DESC LIMIT 10)
           OR m.id IN (SELECT n.id {agent} AND w.value ->> 6 ORDER BY n.created_at DESC, n.id DESC LIMIT 10)
         WHERE w.value ->> 5
         ORDER BY w.key, m.created_at, m.id"
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
        let places = json!(wanted.iter().map(place).collect::<Vec<_>>()).to_string();
        let mut contents: HashMap<ConversationId, Content> = HashMap::with_capacity(wanted.len());
        let mut shown: Vec<(ConversationId, i64)> = Vec::new();
        self.each("messages", &latest(), [&places], |row| {
            let earlier_count = row.integer("earlier_count")?.and_then(|count| u32::try_from(count).ok());
            let (body, cut) = text(row, BODY_BYTES)?;
            let earlier_count = earlier_count.unwrap_or(u32::MAX);
            let Some(wanted) = asked(row, wanted)? else { return Ok(()) };
            if wanted.show != Show::None {
                shown.extend(row.integer("message_id")?.map(|id| (wanted.conversation.clone(), id)));
            }
            let (at, sender) = (row.optional_time("created_at")?, Some(sender(row)?));
            let content = Content { body, cut, at, sender, earlier_count, ..Content::default() };
            contents.insert(wanted.conversation.clone(), content);
            Ok(())
        })?;
        self.attachments(&shown, &mut contents)?;
        let bytes = i64::try_from(EARLIER_BYTES + 1)?;
        if wanted.iter().any(|wanted| wanted.show == Show::Conversation) {
            self.each("messages", &earlier(), (&places, bytes), |row| {
                if let Some(content) = asked(row, wanted)?.and_then(|wanted| contents.get_mut(&wanted.conversation)) {
                    content.earlier.push(Earlier { at: row.time("created_at")?, body: text(row, EARLIER_BYTES)?.0 });
                }
                Ok(())
            })?;
        }
        Ok(contents)
    }

    fn attachments(
        &self,
        shown: &[(ConversationId, i64)],
        contents: &mut HashMap<ConversationId, Content>,
    ) -> Result<()> {
        let messages = json!(shown.iter().map(|(_, message)| json!([message])).collect::<Vec<_>>()).to_string();
        self.each("attachments", ATTACHMENTS, [messages], |row| {
            let place = row.integer("place")?.and_then(|index| usize::try_from(index).ok());
            let conversation = place.and_then(|index| shown.get(index));
            if let Some(content) = conversation.and_then(|(conversation, _)| contents.get_mut(conversation)) {
                content.attachments.push(attachment(row)?);
            }
            Ok(())
        })
    }
}

/// One wanted conversation as the statements take it; a body that is not shown is not read.
fn place(wanted: &Wanted) -> serde_json::Value {
    json!([
        number(wanted.conversation.as_str()),
        milliseconds(wanted.since),
        wanted.latest.as_ref().map(at),
        wanted.latest.as_ref().and_then(|latest| number(latest.id.as_str())),
        if wanted.show == Show::None { 0 } else { BODY_BYTES + 1 },
        wanted.show == Show::Conversation,
        wanted.watch.relation() == Relation::UnseenReplies,
    ])
}

fn sender(row: &Columns<'_>) -> Result<Sender> {
    Ok(match (row.text("sender_type")?.as_deref(), row.optional_id("sender_id")?) {
        (Some("contact"), _) => Sender::Contact,
        (Some("agent"), Some(agent)) => Sender::Agent(agent),
        _ => Sender::Other,
    })
}

fn asked<'a>(row: &Columns<'_>, wanted: &'a [Wanted]) -> Result<Option<&'a Wanted>> {
    Ok(row.integer("place")?.and_then(|index| wanted.get(usize::try_from(index).ok()?)))
}

fn text(row: &Columns<'_>, limit: usize) -> Result<(String, bool)> {
    Ok(plain(row.bytes("body")?, row.word("body_format", &FORMATS, BodyFormat::Text), limit))
}

fn attachment(row: &Columns<'_>) -> Result<Attachment> {
    let byte_size = row.integer("byte_size")?.and_then(|bytes| u64::try_from(bytes).ok());
    Ok(Attachment { filename: row.text("filename")?.unwrap_or_default(), byte_size, url: row.text("url")? })
}
