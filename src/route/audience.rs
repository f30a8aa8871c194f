//! Who stands around a conversation: the entries of `tell`, in order, each person once.

use std::collections::HashSet;

use crate::model::{AgentId, Assignee, Audience, Conversation, Reason, RecipientId, Rule, Why};

use super::View;

/// Somebody who may hear, and why.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) id: RecipientId,
    pub(super) why: Why,
}

/// Who may hear, and who was left out with the reason: of those who are decided about.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    pub(super) somebody: Vec<Candidate>,
    pub(super) left_out: Vec<(RecipientId, Reason)>,
    /// Whether there is anybody who may hear, decided about or not.
    pub(super) anybody: bool,
}

pub(super) fn candidates(view: View<'_>, rule: &Rule, conversation: &Conversation) -> Candidates {
    let mut found = Candidates::default();
    let mut known: HashSet<RecipientId> = HashSet::new();
    for tell in &rule.tell {
        if tell.otherwise && found.anybody {
            continue;
        }
        for (id, why) in members(view, rule, conversation, &tell.audience) {
            if view.only.is_some_and(|only| !only.contains(&id)) {
                found.anybody = found.anybody || left_out(view, rule, conversation, &id).is_none();
            } else if known.insert(id.clone()) {
                match left_out(view, rule, conversation, &id) {
                    Some(reason) => found.left_out.push((id, reason)),
                    None => found.somebody.push(Candidate { id, why }),
                }
                found.anybody = found.anybody || !found.somebody.is_empty();
            }
        }
    }
    found
}

fn members(view: View<'_>, rule: &Rule, conversation: &Conversation, audience: &Audience) -> Vec<(RecipientId, Why)> {
    let one = |id: &Option<AgentId>, why: Why| id.iter().cloned().map(RecipientId::Agent).zip([why]).collect();
    match audience {
        Audience::Target
        | Audience::Department
        | Audience::OfflineAgents
        | Audience::Supervisors
        | Audience::Contact => Vec::new(),
        Audience::Assignee => one(&conversation.assignee, Why::Assignee),
        Audience::LastAgent => one(&conversation.last_agent, Why::LastAgent),
        Audience::Group => {
            let Some(group) = conversation.group.as_ref().and_then(|id| view.facts.groups.get(id)) else {
                return Vec::new();
            };
            let why = Why::Group { name: group.name.as_str().into(), assignee: assignee(view, rule, conversation) };
            group.members.iter().map(|id| (RecipientId::Agent(id.clone()), why.clone())).collect()
        }
        Audience::AllAgents => {
            view.reach.agents().iter().map(|id| (RecipientId::Agent(id.clone()), Why::AllAgents)).collect()
        }
        Audience::Person(name) => vec![(RecipientId::Person(name.clone()), Why::Person)],
    }
}

fn assignee(view: View<'_>, rule: &Rule, conversation: &Conversation) -> Assignee {
    match &conversation.assignee {
        None => Assignee::Nobody,
        Some(id) => match left_out(view, rule, conversation, &RecipientId::Agent(id.clone())) {
            Some(_) => Assignee::Unreachable,
            None => Assignee::Reachable,
        },
    }
}

/// Why somebody does not count as somebody, so that an `else` after them applies.
fn left_out(view: View<'_>, rule: &Rule, conversation: &Conversation, id: &RecipientId) -> Option<Reason> {
    not_concerned(view, rule, conversation, id).or_else(|| out_of_reach(view, rule, id))
}

fn not_concerned(view: View<'_>, rule: &Rule, conversation: &Conversation, id: &RecipientId) -> Option<Reason> {
    match view.facts.agents.get(id.agent()?) {
        None => Some(Reason::Inactive),
        Some(agent) if !agent.active => Some(Reason::Inactive),
        Some(agent) if agent.account.is_some() && agent.account != conversation.account => Some(Reason::OtherAccount),
        Some(agent) if rule.except_roles.contains(&agent.role) => Some(Reason::RoleLeftOut),
        Some(_) => None,
    }
}

/// Somebody whom none of the rule's channels can reach would swallow the conversation.
fn out_of_reach(view: View<'_>, rule: &Rule, id: &RecipientId) -> Option<Reason> {
    let mut answers = rule.via.iter().map(|step| view.reach.mailbox(id, step.channel).err());
    let first = answers.next()??;
    answers.all(|answer| answer.is_some()).then_some(first)
}
