//! Everything around conversations that decides who hears: this file the conversations, its folder the people.

pub(super) mod people;
pub(super) mod unread;
pub(super) mod wishes;

use std::collections::BTreeSet;

use anyhow::Result;

use super::Snapshot;
use super::columns::{Columns, integers};
use super::value::Parameter;
use crate::model::{
    AgentId, BotState, Contact, ContactId, ContactKind, Conversation, ConversationId, Facts, Group, GroupId, Status,
};

/// Whom the facts tell of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agents {
    /// Those who have to do with the conversations: assignees, last agents, members of their groups, and who stands in
    /// for them.
    Around,
    /// Every agent of the desk as well.
    All,
}

/// Each lookup of the facts: by id only, whatever the size of the desk.
pub(super) mod sql {
    use crate::desk::dialect::Dialect;
    use crate::desk::lateral;

    const CONVERSATIONS: &str = "
        SELECT c.id, c.account_id, c.number, c.subject, c.status, c.assignee_id, c.last_agent_id, c.group_id,
               c.contact_id, c.bot_state, c.agents_last_seen_at, c.contact_last_seen_at,
               c.waiting_since IS NOT NULL AS waiting,
          ( SELECT m.created_at FROM messages m
            WHERE m.conversation_id = c.id AND m.sender_type = 'contact' AND m.deleted = 0
            ORDER BY m.created_at DESC, m.id DESC LIMIT 1
          ) AS contact_wrote_at,
          ( SELECT r.created_at FROM messages r
            WHERE r.conversation_id = c.id AND r.sender_type = 'agent' AND r.private = 0 AND r.deleted = 0
            ORDER BY r.created_at DESC, r.id DESC LIMIT 1
          ) AS replied_at,";
    /// Since when a bot has left its contact unanswered.
    const BOT: &str = "
          CASE
            WHEN c.bot_state NOT IN ('active', 'answered') THEN NULL
            WHEN EXISTS (
              SELECT 1 FROM messages b
              WHERE b.conversation_id = c.id AND b.sender_type = 'bot' AND b.private = 0 AND b.deleted = 0)
            THEN (
              SELECT m.created_at FROM messages m
              WHERE m.conversation_id = c.id AND m.sender_type = 'contact' AND m.deleted = 0
                AND (m.created_at, m.id) > (
                  SELECT b.created_at, b.id FROM messages b
                  WHERE b.conversation_id = c.id AND b.sender_type = 'bot' AND b.private = 0 AND b.deleted = 0
                  ORDER BY b.created_at DESC, b.id DESC LIMIT 1)
              ORDER BY m.created_at, m.id LIMIT 1)
            ELSE c.waiting_since
          END AS bot_silent_since
        FROM conversations c";
    /// The conversations themselves, with what their messages say.
    pub(in crate::desk) fn conversations(dialect: Dialect) -> String {
        let bot = match dialect {
            Dialect::Sqlite | Dialect::MariaDb => BOT,
            Dialect::Postgres => lateral::BOT,
        };
        format!("{CONVERSATIONS} {bot} WHERE c.id IN (SELECT value FROM json_each(?1))")
    }

    pub(in crate::desk) const CONTACTS: &str = "
        SELECT id, account_id, name, email, phone, avatar_url, kind, blocked, sms_consent, locale, time_zone,
               last_active_at
        FROM contacts WHERE id IN (SELECT value FROM json_each(?1))";
    pub(in crate::desk) const GROUPS: &str = "
        SELECT id, name, kind FROM groups WHERE id IN (SELECT value FROM json_each(?1))";
    pub(in crate::desk) const MEMBERS: &str = "
        SELECT group_id, agent_id FROM group_members WHERE group_id IN (SELECT value FROM json_each(?1))
        ORDER BY group_id, agent_id";
    pub(in crate::desk) const SEEN: &str = "
        SELECT conversation_id, reader_id, last_seen_at FROM read_cursors
        WHERE reader_type = 'agent' AND conversation_id IN (SELECT value FROM json_each(?1))";
}

const STATUSES: [(&str, Status); 4] = [
    ("open", Status::Open),
    ("pending", Status::Pending),
    ("snoozed", Status::Snoozed),
    ("resolved", Status::Resolved),
];

const BOT_STATES: [(&str, BotState); 4] = [
    ("none", BotState::None),
    ("active", BotState::Active),
    ("answered", BotState::Answered),
    ("handed_over", BotState::HandedOver),
];

const CONTACT_KINDS: [(&str, ContactKind); 2] = [("contact", ContactKind::Contact), ("guest", ContactKind::Guest)];

/// Whether it is a department.
const GROUP_KINDS: [(&str, bool); 4] = [("team", false), ("department", true), ("inbox", false), ("mailbox", false)];

impl Snapshot<'_> {
    /// The facts about these conversations, of any status, and about the agents in `also`.
    pub fn facts(&self, conversations: &[ConversationId], agents: Agents, also: &[AgentId]) -> Result<Facts> {
        let mut facts = Facts::default();
        self.conversations(&mut facts, conversations)?;
        self.contacts(&mut facts)?;
        self.groups(&mut facts)?;
        self.agents(&mut facts, agents, also)?;
        self.presence(&mut facts)?;
        self.preferences(&mut facts)?;
        self.devices(&mut facts)?;
        self.seen(&mut facts)?;
        Ok(facts)
    }

    fn conversations(&self, facts: &mut Facts, ids: &[ConversationId]) -> Result<()> {
        if self.product().is_some() {
            return self.conversations_of_product(facts, ids);
        }
        let ids = integers(ids.iter().map(ConversationId::as_str));
        self.each("conversations", &sql::conversations(self.dialect()), &[Parameter::Integers(&ids)], |row| {
            let mut conversation = conversation(row)?;
            conversation.bot_silent_since = row.optional_time("bot_silent_since")?;
            conversation.waiting = row.yes("waiting")?;
            conversation.replied_at = row.optional_time("replied_at")?;
            conversation.contact_seen_at = conversation.contact_seen_at.max(row.optional_time("contact_wrote_at")?);
            facts.conversations.insert(conversation.id.clone(), conversation);
            Ok(())
        })
    }

    fn contacts(&self, facts: &mut Facts) -> Result<()> {
        let ids = facts.conversations.values().filter_map(|c| c.contact.as_ref()).map(ContactId::as_str);
        let keys = self.keys("contacts", "id", ids)?;
        self.each("contacts", sql::CONTACTS, &[keys.parameter()], |row| {
            let contact = contact(row)?;
            facts.contacts.insert(contact.id.clone(), contact);
            Ok(())
        })
    }

    fn groups(&self, facts: &mut Facts) -> Result<()> {
        let ids: BTreeSet<GroupId> = facts.conversations.values().filter_map(|c| c.group.clone()).collect();
        let keys = self.keys("groups", "id", ids.iter().map(GroupId::as_str))?;
        self.each("groups", sql::GROUPS, &[keys.parameter()], |row| {
            let id: GroupId = row.id("id")?;
            let name = row.text("name")?.unwrap_or_default();
            let is_department = row.word("kind", &GROUP_KINDS, false);
            facts.groups.insert(id.clone(), Group { id, name, is_department, members: Vec::new() });
            Ok(())
        })?;
        let keys = self.keys("group_members", "group_id", ids.iter().map(GroupId::as_str))?;
        self.each("group_members", sql::MEMBERS, &[keys.parameter()], |row| {
            let agent = row.id("agent_id")?;
            if let Some(group) = facts.groups.get_mut(&row.id("group_id")?) {
                group.members.push(agent);
            }
            Ok(())
        })
    }

    fn seen(&self, facts: &mut Facts) -> Result<()> {
        let ids = facts.conversations.keys().map(ConversationId::as_str);
        let keys = self.keys("read_cursors", "conversation_id", ids)?;
        self.each("read_cursors", sql::SEEN, &[keys.parameter()], |row| {
            if let Some(last_seen_at) = row.optional_time("last_seen_at")? {
                facts.seen.insert((row.id("conversation_id")?, row.id("reader_id")?), last_seen_at);
            }
            Ok(())
        })
    }
}

/// A conversation by its own columns.
pub(super) fn conversation(row: &Columns<'_>) -> Result<Conversation> {
    Ok(Conversation {
        id: row.id("id")?,
        account: row.optional_id("account_id")?,
        number: row.text("number")?,
        subject: row.text("subject")?,
        status: row.word("status", &STATUSES, Status::Open),
        assignee: row.optional_id("assignee_id")?,
        last_agent: row.optional_id("last_agent_id")?,
        group: row.optional_id("group_id")?,
        contact: row.optional_id("contact_id")?,
        bot: row.word("bot_state", &BOT_STATES, BotState::None),
        agents_seen_at: row.optional_time("agents_last_seen_at")?,
        contact_seen_at: row.optional_time("contact_last_seen_at")?,
        ..Conversation::default()
    })
}

fn contact(row: &Columns<'_>) -> Result<Contact> {
    Ok(Contact {
        id: row.id("id")?,
        account: row.optional_id("account_id")?,
        name: row.text("name")?,
        kind: row.word("kind", &CONTACT_KINDS, ContactKind::Contact),
        blocked: row.yes("blocked")?,
        avatar_url: row.text("avatar_url")?,
        email: row.text("email")?,
        phone: row.text("phone")?,
        sms_consent: row.yes_or_no("sms_consent")?,
        language: row.language("locale"),
        time_zone: row.zone("time_zone"),
        last_active_at: row.optional_time("last_active_at")?,
    })
}
