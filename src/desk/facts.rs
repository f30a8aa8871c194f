//! Everything around conversations that decides who hears: people, groups, presence, switches, read cursors.

mod rows;
pub(super) mod sql;

use std::collections::BTreeSet;

use anyhow::Result;

use self::rows::{agent, availability, contact, conversation, device, preference, presence};
use super::Snapshot;
use super::columns::{Columns, integers, texts};
use crate::model::{AgentId, ContactId, ConversationId, Facts, Group, GroupId, RecipientId};

/// A stand-in of a stand-in is the last who is looked for.
const STAND_INS: usize = 2;

/// Whom the facts tell of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agents {
    /// Those who have to do with the conversations: assignees, last agents, members of their groups, and stand-ins.
    Around,
    /// Every agent of the desk as well.
    All,
}

impl Snapshot<'_> {
    /// The facts about these conversations, of any status, and about the agents `also` named.
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
            let is_department = row.text("kind")?.is_some_and(|kind| kind == "department");
            facts.groups.insert(id.clone(), Group { id, name, is_department, members: Vec::new() });
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

    fn agents(&self, facts: &mut Facts, agents: Agents, also: &[AgentId]) -> Result<()> {
        let conversations = facts.conversations.values();
        let named = conversations.flat_map(|conversation| [&conversation.assignee, &conversation.last_agent]).flatten();
        let members = facts.groups.values().flat_map(|group| &group.members);
        let mut wanted: BTreeSet<AgentId> = named.chain(members).chain(also).cloned().collect();
        if agents == Agents::All {
            self.each("agents", sql::ALL_AGENTS, [], |row| add_agent(facts, row))?;
            wanted = facts.agents.keys().cloned().collect();
        }
        for _ in 0..=STAND_INS {
            let unknown = integers(wanted.iter().filter(|id| !facts.agents.contains_key(id)).map(AgentId::as_str));
            let ids = integers(wanted.iter().map(AgentId::as_str));
            self.each("agents", sql::AGENTS, [unknown], |row| add_agent(facts, row))?;
            let mut stand_ins = BTreeSet::new();
            self.each("availability", sql::AVAILABILITY, [ids], |row| {
                let availability = availability(row)?;
                stand_ins.extend(availability.stand_in.clone());
                facts.availability.insert(row.id("agent_id")?, availability);
                Ok(())
            })?;
            wanted = stand_ins.into_iter().filter(|id| !facts.agents.contains_key(id)).collect();
            if wanted.is_empty() {
                break;
            }
        }
        Ok(())
    }

    fn presence(&self, facts: &mut Facts) -> Result<()> {
        let agents = integers(facts.agents.keys().map(AgentId::as_str));
        self.each("presence", sql::PRESENCE, ("agent", agents), |row| {
            facts.presence.entry(row.id("subject_id")?).or_default().push(presence(row)?);
            Ok(())
        })?;
        let contacts = integers(facts.contacts.keys().map(ContactId::as_str));
        self.each("presence", sql::PRESENCE, ("contact", contacts), |row| {
            facts.contact_presence.entry(row.id("subject_id")?).or_default().push(presence(row)?);
            Ok(())
        })
    }

    fn preferences(&self, facts: &mut Facts) -> Result<()> {
        let ids = integers(facts.agents.keys().map(AgentId::as_str));
        self.each("preferences", sql::PREFERENCES, [ids], |row| {
            let agent = row.id("agent_id")?;
            facts.preferences.entry(agent).or_default().extend(preference(row)?);
            Ok(())
        })
    }

    fn devices(&self, facts: &mut Facts) -> Result<()> {
        let agents = integers(facts.agents.keys().map(AgentId::as_str));
        self.each("devices", sql::DEVICES, ("agent", agents), |row| {
            let owner = RecipientId::Agent(row.id("owner_id")?);
            facts.devices.entry(owner).or_default().extend(device(row)?);
            Ok(())
        })?;
        let contacts = integers(facts.contacts.keys().map(ContactId::as_str));
        self.each("devices", sql::DEVICES, ("contact", contacts), |row| {
            let owner = RecipientId::Contact(row.id("owner_id")?);
            facts.devices.entry(owner).or_default().extend(device(row)?);
            Ok(())
        })
    }

    fn seen(&self, facts: &mut Facts) -> Result<()> {
        let ids = integers(facts.conversations.keys().map(ConversationId::as_str));
        self.each("read_cursors", sql::SEEN, [ids], |row| {
            if let Some(last_seen_at) = row.optional_time("last_seen_at")? {
                facts.seen.insert((row.id("conversation_id")?, row.id("reader_id")?), last_seen_at);
            }
            Ok(())
        })
    }
}

fn add_agent(facts: &mut Facts, row: &Columns<'_>) -> Result<()> {
    let agent = agent(row)?;
    facts.agents.insert(agent.id.clone(), agent);
    Ok(())
}
