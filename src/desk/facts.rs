//! Everything around conversations that decides who hears: people, groups, presence, read cursors.

use anyhow::Result;

use super::Snapshot;
use super::columns::{Columns, integers, texts};
use crate::model::{
    Agent, AgentId, BotState, Contact, ContactId, ContactKind, Conversation, ConversationId, Facts, Group, GroupId,
    Presence, PresenceStatus, Role, Status,
};

/// Whom the facts tell of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agents {
    /// Those who have to do with the conversations: assignees, last agents, members of their groups.
    Around,
    /// Every agent of the desk as well.
    All,
}

/// Each lookup of the facts: by id only, whatever the size of the desk.
pub(super) mod sql {
    pub(in crate::desk) const CONVERSATIONS: &str = "
        SELECT id, account_id, number, subject, status, assignee_id, last_agent_id, group_id, contact_id, bot_state
        FROM conversations WHERE id IN (SELECT value FROM json_each(?1))";
    pub(in crate::desk) const CONTACTS: &str = "
        SELECT id, name, kind, blocked, avatar_url FROM contacts WHERE id IN (SELECT value FROM json_each(?1))";
    pub(in crate::desk) const GROUPS: &str = "
        SELECT id, name FROM groups WHERE id IN (SELECT value FROM json_each(?1))";
    pub(in crate::desk) const MEMBERS: &str = "
        SELECT group_id, agent_id FROM group_members WHERE group_id IN (SELECT value FROM json_each(?1))
        ORDER BY group_id, agent_id";
    pub(in crate::desk) const AGENTS: &str = "
        SELECT id, account_id, name, email, role, active, time_zone FROM agents
        WHERE id IN (SELECT value FROM json_each(?1))";
    pub(in crate::desk) const ALL_AGENTS: &str = "
        SELECT id, account_id, name, email, role, active, time_zone FROM agents";
    pub(in crate::desk) const PRESENCE: &str = "
        SELECT subject_id, status, last_active_at FROM presence
        WHERE subject_type = 'agent' AND subject_id IN (SELECT value FROM json_each(?1))";
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

const ROLES: [(&str, Role); 3] = [("agent", Role::Agent), ("supervisor", Role::Supervisor), ("admin", Role::Admin)];

const CONTACT_KINDS: [(&str, ContactKind); 2] = [("contact", ContactKind::Contact), ("guest", ContactKind::Guest)];

const PRESENCES: [(&str, Option<PresenceStatus>); 4] = [
    ("online", Some(PresenceStatus::Online)),
    ("away", Some(PresenceStatus::Away)),
    ("busy", Some(PresenceStatus::Busy)),
    ("offline", Some(PresenceStatus::Offline)),
];

impl Snapshot<'_> {
    /// The facts about these conversations, of any status.
    pub fn facts(&self, conversations: &[ConversationId], agents: Agents, _also: &[AgentId]) -> Result<Facts> {
        let mut facts = Facts::default();
        self.conversations(&mut facts, conversations)?;
        self.contacts(&mut facts)?;
        self.groups(&mut facts)?;
        self.agents(&mut facts, agents)?;
        self.presence(&mut facts)?;
        self.seen(&mut facts)?;
        Ok(facts)
    }

    fn conversations(&self, facts: &mut Facts, ids: &[ConversationId]) -> Result<()> {
        let ids = integers(ids.iter().map(ConversationId::as_str));
        self.each("conversations", sql::CONVERSATIONS, [ids], |row| {
            let conversation = conversation(row)?;
            facts.conversations.insert(conversation.id.clone(), conversation);
            Ok(())
        })
    }

    fn contacts(&self, facts: &mut Facts) -> Result<()> {
        let ids = integers(facts.conversations.values().filter_map(|c| c.contact.as_ref()).map(ContactId::as_str));
        self.each("contacts", sql::CONTACTS, [ids], |row| {
            let contact = contact(row)?;
            facts.contacts.insert(contact.id.clone(), contact);
            Ok(())
        })
    }

    fn groups(&self, facts: &mut Facts) -> Result<()> {
        let ids = texts(facts.conversations.values().filter_map(|c| c.group.as_ref()).map(GroupId::as_str));
        self.each("groups", sql::GROUPS, [&ids], |row| {
            let id: GroupId = row.id("id")?;
            let name = row.text("name")?.unwrap_or_default();
            facts.groups.insert(id.clone(), Group { id, name, ..Group::default() });
            Ok(())
        })?;
        self.each("group_members", sql::MEMBERS, [&ids], |row| {
            let agent = row.id("agent_id")?;
            if let Some(group) = facts.groups.get_mut(&row.id("group_id")?) {
                group.members.push(agent);
            }
            Ok(())
        })
    }

    fn agents(&self, facts: &mut Facts, agents: Agents) -> Result<()> {
        let around = {
            let conversations = facts.conversations.values();
            let named = conversations.flat_map(|conversation| [&conversation.assignee, &conversation.last_agent]);
            let members = facts.groups.values().flat_map(|group| &group.members);
            integers(named.flatten().chain(members).map(AgentId::as_str))
        };
        let read = |row: &Columns<'_>| {
            let agent = agent(row)?;
            facts.agents.insert(agent.id.clone(), agent);
            Ok(())
        };
        match agents {
            Agents::Around => self.each("agents", sql::AGENTS, [around], read),
            Agents::All => self.each("agents", sql::ALL_AGENTS, [], read),
        }
    }

    /// Somebody with several surfaces is where they are most: at the desk on any means at the desk.
    fn presence(&self, facts: &mut Facts) -> Result<()> {
        let ids = integers(facts.agents.keys().map(AgentId::as_str));
        self.each("presence", sql::PRESENCE, [ids], |row| {
            let agent: AgentId = row.id("subject_id")?;
            let status = row.word("status", &PRESENCES, None);
            let last_active_at = row.optional_time("last_active_at")?;
            let surface = "".into();
            facts.presence.entry(agent).or_default().push(Presence { status, surface, last_active_at });
            Ok(())
        })
    }

    /// Only where nobody is assigned: else the assignee's cursor alone counts, and it stands in `unread_since`.
    fn seen(&self, facts: &mut Facts) -> Result<()> {
        let unassigned = facts.conversations.values().filter(|conversation| conversation.assignee.is_none());
        let ids = integers(unassigned.map(|conversation| conversation.id.as_str()));
        self.each("read_cursors", sql::SEEN, [ids], |row| {
            if let Some(last_seen_at) = row.optional_time("last_seen_at")? {
                facts.seen.insert((row.id("conversation_id")?, row.id("reader_id")?), last_seen_at);
            }
            Ok(())
        })
    }
}

fn conversation(row: &Columns<'_>) -> Result<Conversation> {
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
        ..Conversation::default()
    })
}

fn contact(row: &Columns<'_>) -> Result<Contact> {
    Ok(Contact {
        id: row.id("id")?,
        name: row.text("name")?,
        kind: row.word("kind", &CONTACT_KINDS, ContactKind::Contact),
        blocked: row.yes("blocked")?,
        avatar_url: row.text("avatar_url")?,
        ..Contact::default()
    })
}

fn agent(row: &Columns<'_>) -> Result<Agent> {
    let zone = row.text("time_zone")?;
    let time_zone = zone.as_ref().and_then(|name| name.parse().ok());
    if let (Some(name), None) = (&zone, time_zone) {
        row.warn_once("time_zone", name);
    }
    Ok(Agent {
        id: row.id("id")?,
        account: row.optional_id("account_id")?,
        name: row.text("name")?.unwrap_or_default(),
        email: row.text("email")?,
        role: row.word("role", &ROLES, Role::Agent),
        active: row.yes("active")?,
        time_zone,
        ..Agent::default()
    })
}
