//! The words of a product's conversations: the messages themselves by their ids, what waits before them, and their
//! files; bodies are cut inside the database.

use std::collections::{HashMap, HashSet};

use anyhow::Result;

use crate::desk::Snapshot;
use crate::desk::contents::{
    BODY_BYTES, Content, Contents, EARLIER, EARLIER_BYTES, FILES, Past, Sender, Wanted, attachment, sender, since, text,
};
use crate::desk::dialect::Dialect;
use crate::desk::places::{milliseconds, place};
use crate::desk::value::Parameter;
use crate::model::{ConversationId, MessageId, MessageRef, Relation, Show, Watch};

/// So many messages of a conversation are looked through for those before the shown one, which is among the latest.
const LOOKED_THROUGH: i64 = 200;

const ATTACHMENTS: &str = "
    SELECT id, message_id, filename, byte_size, url FROM attachments
    WHERE message_id IN (SELECT value FROM json_each(?1)) ORDER BY message_id, id";

/// A message with its words.
struct Said {
    conversation: ConversationId,
    message: MessageRef,
    sender: Sender,
    body: String,
    cut: bool,
    /// Neither taken back nor a note for agents.
    is_public: bool,
}

/// Messages with the beginnings of their bodies.
fn said(dialect: Dialect) -> String {
    let (private, deleted) = (dialect.no("private"), dialect.no("deleted"));
    format!(
        "SELECT id AS message_id, conversation_id, created_at AS at, sender_type, sender_id, body_format,
                {} AS body, CASE WHEN {deleted} AND ({private} OR sender_type = 'contact') THEN 1 ELSE 0 END AS is_public
         FROM messages WHERE id IN (SELECT value FROM json_each(?1))",
        dialect.first_bytes("body", "?2")
    )
}

/// The latest messages that everybody may see.
fn seen_by_all(dialect: Dialect) -> String {
    format!(
        "SELECT message_id, conversation_id, at FROM (
           SELECT id AS message_id, conversation_id, created_at AS at,
                  row_number() OVER (PARTITION BY conversation_id ORDER BY created_at DESC, id DESC) AS place
           FROM messages
           WHERE conversation_id IN (SELECT value FROM json_each(?1)) AND sender_type <> 'system' AND {} AND {}) latest
         WHERE place <= {LOOKED_THROUGH}",
        dialect.no("private"),
        dialect.no("deleted")
    )
}

impl Snapshot<'_> {
    /// As `Snapshot::contents`, for wanted of one kind.
    pub(in crate::desk) fn contents_of_product(&self, wanted: &[&Wanted], contents: &mut Contents) -> Result<()> {
        let shown = self.to_show(wanted)?;
        let by_message: HashMap<&MessageId, &Wanted> = shown.iter().map(|(id, wanted)| (id, *wanted)).collect();
        let mut places: HashMap<ConversationId, MessageRef> = HashMap::new();
        for silent in [false, true] {
            let bytes = if silent { 0 } else { BODY_BYTES };
            let ids = shown.iter().filter(|(_, wanted)| (wanted.show == Show::None) == silent).map(|(id, _)| id);
            for said in self.said(ids, bytes)? {
                let wanted = by_message.get(&said.message.id).filter(|it| it.conversation == said.conversation);
                if let Some(wanted) = wanted.filter(|_| said.is_public) {
                    places.insert(said.conversation, said.message.clone());
                    let (at, sender) = (Some(said.message.at), Some(said.sender));
                    // of a message that is not shown nothing was cut
                    let (body, cut) = (said.body, said.cut && !silent);
                    let content = Content { at, sender, body, cut, ..Content::default() };
                    contents.insert(wanted.conversation.clone(), content);
                }
            }
        }
        self.count_earlier(wanted, &places, contents)?;
        self.files(&by_message, contents)?;
        self.earlier_words(wanted, &places, contents)
    }

    /// The messages to show: those that were named, else the contact's latest.
    fn to_show<'a>(&self, wanted: &[&'a Wanted]) -> Result<Vec<(MessageId, &'a Wanted)>> {
        let nameless = wanted.iter().filter(|wanted| wanted.latest.is_none());
        let nameless: Vec<ConversationId> = nameless.map(|wanted| wanted.conversation.clone()).collect();
        let latest = if nameless.is_empty() { HashMap::new() } else { self.latest_of_product(&nameless)? };
        let id =
            |wanted: &Wanted| Some(wanted.latest.as_ref().or_else(|| latest.get(&wanted.conversation))?.id.clone());
        Ok(wanted.iter().filter_map(|wanted| Some((id(wanted)?, *wanted))).collect())
    }

    fn said<'a>(&self, ids: impl Iterator<Item = &'a MessageId>, bytes: usize) -> Result<Vec<Said>> {
        let keys = self.keys("messages", "id", ids.map(MessageId::as_str))?;
        // one byte more than is shown tells that there is more
        let limit = if bytes == 0 { 0 } else { i64::try_from(bytes + 1)? };
        let mut found = Vec::new();
        self.each("messages", &said(self.dialect()), &[keys.parameter(), Parameter::Integer(Some(limit))], |row| {
            let (body, cut) = text(row, bytes)?;
            found.push(Said {
                conversation: row.id("conversation_id")?,
                message: place(row)?,
                sender: sender(row)?,
                body,
                cut,
                is_public: row.yes("is_public")?,
            });
            Ok(())
        })?;
        Ok(found)
    }

    /// How many messages wait before the shown ones.
    fn count_earlier(
        &self,
        wanted: &[&Wanted],
        places: &HashMap<ConversationId, MessageRef>,
        contents: &mut Contents,
    ) -> Result<()> {
        let shown =
            |wanted: &Wanted| places.get(&wanted.conversation).filter(|it| since(wanted) <= milliseconds(it.at));
        let waiting: Vec<(&Wanted, &MessageRef)> =
            wanted.iter().filter_map(|wanted| Some((*wanted, shown(wanted)?))).collect();
        let Some(earliest) = waiting.iter().map(|(wanted, _)| since(wanted)).min() else { return Ok(()) };
        let ids: Vec<ConversationId> = waiting.iter().map(|(wanted, _)| wanted.conversation.clone()).collect();
        let watch = waiting.first().map_or(Watch::Unreplied, |(wanted, _)| wanted.watch);
        let written = self.since(watch, &ids, earliest)?;
        for (wanted, shown) in waiting {
            let messages = written.get(&wanted.conversation).into_iter().flatten();
            let count = messages.filter(|it| *it < shown && milliseconds(it.at) >= since(wanted)).count();
            if let Some(content) = contents.get_mut(&wanted.conversation) {
                content.earlier_count = u32::try_from(count).unwrap_or(u32::MAX);
            }
        }
        Ok(())
    }

    fn files(&self, shown: &HashMap<&MessageId, &Wanted>, contents: &mut Contents) -> Result<()> {
        let with_files = shown.iter().filter(|(_, wanted)| wanted.show != Show::None);
        let keys = self.keys("attachments", "message_id", with_files.map(|(id, _)| id.as_str()))?;
        self.each("attachments", ATTACHMENTS, &[keys.parameter()], |row| {
            let wanted = shown.get(&row.id::<MessageId>("message_id")?);
            let content = wanted.and_then(|wanted| contents.get_mut(&wanted.conversation));
            if let Some(content) = content.filter(|content| content.attachments.len() < FILES) {
                content.attachments.push(attachment(row)?);
            }
            Ok(())
        })
    }

    /// What was said before the shown messages, where the conversation is shown.
    fn earlier_words(
        &self,
        wanted: &[&Wanted],
        places: &HashMap<ConversationId, MessageRef>,
        contents: &mut Contents,
    ) -> Result<()> {
        let with_earlier = wanted.iter().filter(|wanted| wanted.show == Show::Conversation);
        let wanted: HashMap<&ConversationId, &Wanted> = with_earlier.map(|it| (&it.conversation, *it)).collect();
        let ids: Vec<ConversationId> =
            wanted.keys().filter(|id| places.contains_key(**id)).map(|id| (*id).clone()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let keys = self.conversation_keys("messages", &ids)?;
        let mut before: HashMap<ConversationId, Vec<MessageRef>> = HashMap::new();
        self.each("messages", &seen_by_all(self.dialect()), &[keys.parameter()], |row| {
            let (id, message) = (row.id("conversation_id")?, place(row)?);
            if places.get(&id).is_some_and(|shown| message < *shown) {
                before.entry(id).or_default().push(message);
            }
            Ok(())
        })?;
        for messages in before.values_mut() {
            messages.sort_unstable_by(|one, other| other.cmp(one));
            messages.truncate(EARLIER);
        }
        let ids: HashSet<&MessageId> = before.values().flatten().map(|message| &message.id).collect();
        let mut said = self.said(ids.into_iter(), EARLIER_BYTES)?;
        said.sort_by(|one, other| one.message.cmp(&other.message));
        for said in said {
            let Some(wanted) = wanted.get(&said.conversation) else { continue };
            let waits = is_told_of(wanted.watch, &said.sender) && milliseconds(said.message.at) >= since(wanted);
            if let Some(content) = contents.get_mut(&said.conversation) {
                content.earlier.push(Past { at: said.message.at, sender: said.sender, body: said.body, waits });
            }
        }
        Ok(())
    }
}

/// Beside `told_of`, for a message that everybody may see.
fn is_told_of(watch: Watch, sender: &Sender) -> bool {
    match sender {
        Sender::Agent(_) => watch.relation() == Relation::UnseenReplies,
        Sender::Contact => watch.relation() != Relation::UnseenReplies,
        Sender::Bot | Sender::Other => false,
    }
}
