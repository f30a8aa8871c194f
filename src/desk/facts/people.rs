//! The agents: those around the conversations, who stands in for them, and where everybody is.

use std::collections::BTreeSet;

use anyhow::Result;

use super::Agents;
use crate::desk::Snapshot;
use crate::desk::columns::Columns;
use crate::desk::value::Parameter;
use crate::model::{Agent, AgentId, ContactId, Facts, Presence, PresenceStatus, Role};

/// Somebody's stand-in may be away as well; whoever stands in for that one is the last who is asked.
const STAND_IN_ROUNDS: usize = 2;

pub(in crate::desk) mod sql {
    pub(in crate::desk) const AGENTS: &str = "
        SELECT id, account_id, name, email, phone, avatar_url, role, active, locale, time_zone FROM agents
        WHERE id IN (SELECT value FROM json_each(?1))";
    pub(in crate::desk) const ALL_AGENTS: &str = "
        SELECT id, account_id, name, email, phone, avatar_url, role, active, locale, time_zone FROM agents";
    pub(in crate::desk) const PRESENCE: &str = "
        SELECT subject_id, status, surface, last_active_at FROM presence
        WHERE subject_type = ?1 AND subject_id IN (SELECT value FROM json_each(?2))
        ORDER BY subject_id, surface";
}

const ROLES: [(&str, Role); 3] = [("agent", Role::Agent), ("supervisor", Role::Supervisor), ("admin", Role::Admin)];

const PRESENCES: [(&str, Option<PresenceStatus>); 4] = [
    ("online", Some(PresenceStatus::Online)),
    ("away", Some(PresenceStatus::Away)),
    ("busy", Some(PresenceStatus::Busy)),
    ("offline", Some(PresenceStatus::Offline)),
];

impl Snapshot<'_> {
    /// The agents and their hours, which name those who stand in for them.
    pub(super) fn agents(&self, facts: &mut Facts, agents: Agents, also: &[AgentId]) -> Result<()> {
        match agents {
            Agents::All => {
                self.read_agents(facts, sql::ALL_AGENTS, &[])?;
                let everybody = facts.agents.keys().cloned().collect();
                return self.availability(facts, &everybody);
            }
            Agents::Around => self.look_up_agents(facts, &around(facts, also))?,
        }
        for _ in 0..STAND_IN_ROUNDS {
            let named = facts.availability.values().filter_map(|it| it.stand_in.as_ref());
            let strangers: BTreeSet<AgentId> = named.filter(|id| !facts.agents.contains_key(id)).cloned().collect();
            if strangers.is_empty() {
                break;
            }
            self.look_up_agents(facts, &strangers)?;
        }
        Ok(())
    }

    fn look_up_agents(&self, facts: &mut Facts, ids: &BTreeSet<AgentId>) -> Result<()> {
        let keys = self.keys("agents", "id", ids.iter().map(AgentId::as_str))?;
        self.read_agents(facts, sql::AGENTS, &[keys.parameter()])?;
        self.availability(facts, ids)
    }

    fn read_agents(&self, facts: &mut Facts, sql: &str, parameters: &[Parameter<'_>]) -> Result<()> {
        self.each("agents", sql, parameters, |row| {
            let agent = agent(row)?;
            facts.agents.insert(agent.id.clone(), agent);
            Ok(())
        })
    }

    /// Where agents and contacts are, a row per surface.
    pub(super) fn presence(&self, facts: &mut Facts) -> Result<()> {
        let agents = self.keys("presence", "subject_id", facts.agents.keys().map(AgentId::as_str))?;
        self.each("presence", sql::PRESENCE, &[Parameter::Text("agent"), agents.parameter()], |row| {
            facts.presence.entry(row.id("subject_id")?).or_default().push(presence(row)?);
            Ok(())
        })?;
        let contacts = self.keys("presence", "subject_id", facts.contacts.keys().map(ContactId::as_str))?;
        self.each("presence", sql::PRESENCE, &[Parameter::Text("contact"), contacts.parameter()], |row| {
            facts.contact_presence.entry(row.id("subject_id")?).or_default().push(presence(row)?);
            Ok(())
        })
    }
}

/// Who has to do with the conversations, or is named beside them.
fn around(facts: &Facts, also: &[AgentId]) -> BTreeSet<AgentId> {
    let conversations = facts.conversations.values();
    let named = conversations.flat_map(|conversation| [&conversation.assignee, &conversation.last_agent]);
    let members = facts.groups.values().flat_map(|group| &group.members);
    named.flatten().chain(members).chain(also).cloned().collect()
}

fn agent(row: &Columns<'_>) -> Result<Agent> {
    Ok(Agent {
        id: row.id("id")?,
        account: row.optional_id("account_id")?,
        name: row.text("name")?.unwrap_or_default(),
        email: row.text("email")?,
        phone: row.text("phone")?,
        avatar_url: row.text("avatar_url")?,
        role: row.word("role", &ROLES, Role::Agent),
        active: row.yes("active")?,
        language: row.language("locale"),
        time_zone: row.zone("time_zone"),
    })
}

fn presence(row: &Columns<'_>) -> Result<Presence> {
    Ok(Presence {
        status: row.word("status", &PRESENCES, None),
        surface: row.text("surface")?.unwrap_or_default().into(),
        last_active_at: row.optional_time("last_active_at")?,
    })
}
