//! Conversations of a product, and what their messages and driving relations say of them.

use std::collections::HashSet;

use anyhow::Result;
use chrono::{DateTime, Utc};

use crate::desk::Snapshot;
use crate::desk::columns::Columns;
use crate::desk::dialect::Dialect;
use crate::desk::facts::conversation;
use crate::model::{AgentId, BotState, Conversation, ConversationId, Facts};

const CONVERSATIONS: &str = "
    SELECT id, account_id, number, subject, status, assignee_id, last_agent_id, group_id, contact_id, bot_state,
           waiting_since, assignee_last_seen_at, agents_last_seen_at, contact_last_seen_at
    FROM conversations WHERE id IN (SELECT value FROM json_each(?1))";
const WAITING: &str = "
    SELECT conversation_id FROM waiting_conversations WHERE conversation_id IN (SELECT value FROM json_each(?1))";
const UNREAD: &str = "SELECT conversation_id FROM unread_conversations";
const ASSIGNEES: &str = "SELECT id, assignee_id FROM conversations WHERE id IN (SELECT value FROM json_each(?1))";

/// When contact and people wrote last.
fn latest(dialect: Dialect) -> String {
    let (private, deleted) = (dialect.no("private"), dialect.no("deleted"));
    format!(
        "SELECT conversation_id,
                max(CASE WHEN sender_type = 'contact' AND {deleted} THEN created_at END) AS contact_wrote_at,
                max(CASE WHEN sender_type = 'agent' AND {private} AND {deleted} THEN created_at END) AS replied_at
         FROM messages WHERE conversation_id IN (SELECT value FROM json_each(?1)) GROUP BY conversation_id"
    )
}

/// What contact and bot said, in order.
fn dialogue(dialect: Dialect) -> String {
    let (private, deleted) = (dialect.no("private"), dialect.no("deleted"));
    format!(
        "SELECT id, conversation_id, sender_type, created_at FROM messages
         WHERE conversation_id IN (SELECT value FROM json_each(?1)) AND {deleted}
           AND (sender_type = 'contact' OR sender_type = 'bot' AND {private})
         ORDER BY created_at, id"
    )
}

impl Snapshot<'_> {
    /// As `Snapshot::conversations`, which only our own schema can answer at once.
    pub(in crate::desk) fn conversations_of_product(&self, facts: &mut Facts, ids: &[ConversationId]) -> Result<()> {
        let keys = self.keys("conversations", "id", ids.iter().map(ConversationId::as_str))?;
        let mut with_bot = Vec::new();
        self.each("conversations", CONVERSATIONS, &[keys.parameter()], |row| {
            let mut conversation = conversation(row)?;
            if matches!(conversation.bot, BotState::Active | BotState::Answered) {
                // as long as the bot has not said a word
                conversation.bot_silent_since = row.optional_time("waiting_since")?;
                with_bot.push(conversation.id.clone());
            }
            look_of_assignee(facts, &conversation, row.optional_time("assignee_last_seen_at")?);
            facts.conversations.insert(conversation.id.clone(), conversation);
            Ok(())
        })?;
        self.latest_words(facts, ids)?;
        self.dialogues(facts, &with_bot)?;
        self.ask_whether_waiting(ids)?;
        let waiting = self.waiting.borrow();
        for conversation in facts.conversations.values_mut() {
            conversation.waiting = waiting.found.contains(&conversation.id);
        }
        Ok(())
    }

    fn ask_whether_waiting(&self, ids: &[ConversationId]) -> Result<()> {
        let unknown = self.waiting.borrow().unknown(ids);
        if unknown.is_empty() {
            return Ok(());
        }
        let keys = self.conversation_keys("waiting_conversations", &unknown)?;
        let mut found: Vec<ConversationId> = Vec::new();
        self.each("waiting_conversations", WAITING, &[keys.parameter()], |row| {
            found.push(row.id("conversation_id")?);
            Ok(())
        })?;
        self.waiting.borrow_mut().learn(Some(&unknown), &found);
        Ok(())
    }

    fn latest_words(&self, facts: &mut Facts, ids: &[ConversationId]) -> Result<()> {
        let keys = self.conversation_keys("messages", ids)?;
        self.each("messages", &latest(self.dialect()), &[keys.parameter()], |row| {
            let (wrote_at, replied_at) = (row.optional_time("contact_wrote_at")?, row.optional_time("replied_at")?);
            with(facts, row, |conversation| {
                conversation.replied_at = replied_at;
                conversation.contact_seen_at = conversation.contact_seen_at.max(wrote_at);
            })
        })
    }

    /// Since when bots have left their contacts unanswered.
    fn dialogues(&self, facts: &mut Facts, ids: &[ConversationId]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let keys = self.conversation_keys("messages", ids)?;
        let mut with_words = HashSet::new();
        self.each("messages", &dialogue(self.dialect()), &[keys.parameter()], |row| {
            let is_bot = row.text("sender_type")?.as_deref() == Some("bot");
            let (id, at) = (row.id::<ConversationId>("conversation_id")?, row.time("created_at")?);
            if is_bot {
                with_words.insert(id.clone());
            }
            let has_words = with_words.contains(&id);
            with(facts, row, |conversation| {
                if is_bot {
                    conversation.bot_silent_since = None;
                } else if has_words {
                    conversation.bot_silent_since.get_or_insert(at);
                }
            })
        })
    }

    /// The conversations that wait to be read, with whom they are assigned to.
    pub(in crate::desk) fn unread_of_product(&self) -> Result<Vec<AgentId>> {
        let mut ids: Vec<ConversationId> = Vec::new();
        self.each("unread_conversations", UNREAD, &[], |row| {
            ids.push(row.id("conversation_id")?);
            Ok(())
        })?;
        let keys = self.keys("conversations", "id", ids.iter().map(ConversationId::as_str))?;
        let mut assignees = Vec::new();
        self.each("conversations", ASSIGNEES, &[keys.parameter()], |row| {
            assignees.extend(row.optional_id("assignee_id")?);
            Ok(())
        })?;
        Ok(assignees)
    }
}

/// How far the assignee has looked is a cursor of theirs.
fn look_of_assignee(facts: &mut Facts, conversation: &Conversation, seen_at: Option<DateTime<Utc>>) {
    if let Some((assignee, seen_at)) = conversation.assignee.clone().zip(seen_at) {
        facts.seen.insert((conversation.id.clone(), assignee), seen_at);
    }
}

fn with(facts: &mut Facts, row: &Columns<'_>, change: impl FnOnce(&mut Conversation)) -> Result<()> {
    if let Some(conversation) = facts.conversations.get_mut(&row.id("conversation_id")?) {
        change(conversation);
    }
    Ok(())
}
