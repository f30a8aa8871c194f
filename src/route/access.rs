//! Who may hear of a conversation at all: still here, of this account, with access, and not the one who did it.

use chrono::{DateTime, Utc};

use super::Case;
use crate::model::{Agent, AgentId, Contact, Reason, RecipientId, Role, Why};

/// Why somebody may not hear, whatever the channel.
pub(super) fn refused(case: Case<'_>, id: &RecipientId, why: &Why) -> Option<Reason> {
    match id {
        RecipientId::Agent(agent) => match case.view.facts.agents.get(agent) {
            None => Some(Reason::Inactive),
            Some(agent) => agent_refused(case, agent, why),
        },
        RecipientId::Contact(contact) => match case.view.facts.contacts.get(contact) {
            None => Some(Reason::Inactive),
            Some(contact) => contact_refused(case, contact),
        },
        RecipientId::Person(_) => None,
    }
}

fn agent_refused(case: Case<'_>, agent: &Agent, why: &Why) -> Option<Reason> {
    let Case { rule, conversation, .. } = case;
    if !agent.active {
        Some(Reason::Inactive)
    } else if agent.account.is_some() && agent.account != conversation.account {
        Some(Reason::OtherAccount)
    } else if rule.except_roles.contains(&agent.role) {
        Some(Reason::RoleLeftOut)
    } else if did_it(case, agent) {
        Some(Reason::Sender)
    } else if !has_access(case, agent, why) {
        Some(Reason::NoAccess)
    } else {
        is_out_of_office(case, &agent.id).then_some(Reason::OutOfOffice)
    }
}

fn contact_refused(case: Case<'_>, contact: &Contact) -> Option<Reason> {
    let other = contact.account.is_some() && contact.account != case.conversation.account;
    other.then_some(Reason::OtherAccount)
}

/// The agent behind an event, or one who wrote the message as a customer, from the same address.
fn did_it(case: Case<'_>, agent: &Agent) -> bool {
    let Case { view, rule, pending, conversation } = case;
    if pending.event.as_ref().is_some_and(|event| event.actor.as_ref() == Some(&agent.id)) {
        return true;
    }
    let contact = conversation.contact.as_ref().and_then(|id| view.facts.contacts.get(id));
    let addresses = contact.and_then(|contact| contact.email.as_deref()).zip(agent.email.as_deref());
    let same =
        addresses.is_some_and(|(one, other)| one.trim().eq_ignore_ascii_case(other.trim()) && !one.trim().is_empty());
    rule.watch.is_about_messages() && same
}

/// A group with members is theirs; supervisors and administrators see every group. Whoever is named for a
/// conversation has access to it.
fn has_access(case: Case<'_>, agent: &Agent, why: &Why) -> bool {
    let by_name = matches!(why, Why::Assignee | Why::Target(_) | Why::StandIn { .. } | Why::Group { .. });
    let group = case.conversation.group.as_ref().and_then(|id| case.view.facts.groups.get(id));
    by_name
        || agent.role != Role::Agent
        || group.is_none_or(|group| group.members.is_empty() || group.members.contains(&agent.id))
}

fn is_out_of_office(case: Case<'_>, agent: &AgentId) -> bool {
    away_until(case, agent).is_some()
}

/// Until when an agent is out of office, if they are.
pub(super) fn away_until(case: Case<'_>, agent: &AgentId) -> Option<DateTime<Utc>> {
    let until = case.view.facts.availability.get(agent)?.away_until?;
    (until > case.view.now).then_some(until)
}
