//! Who stands around a conversation: the entries of `tell`, in order, each person once.

use std::collections::HashSet;

use super::{Case, access, named, preference, presence};
use crate::model::{AgentId, Assignee, Audience, Group, Reason, RecipientId, Role, Why};

/// A stand-in's stand-in's stand-in is nobody's idea of a colleague; and a circle of them must end.
const LONGEST_CHAIN: usize = 3;

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

pub(super) fn candidates(case: Case<'_>) -> Candidates {
    let mut found = Candidates::default();
    let mut known: HashSet<(RecipientId, bool)> = HashSet::new();
    for tell in &case.rule.tell {
        if tell.otherwise && found.anybody {
            continue;
        }
        for (id, why) in members(case, &tell.audience) {
            for (id, why, reason) in with_stand_in(case, id, why) {
                found.anybody = found.anybody || reason.is_none();
                // whoever one entry leaves out may hear by another
                let is_new = known.insert((id.clone(), reason.is_none()));
                if !is_new || case.view.only.is_some_and(|only| !only.contains(&id)) {
                    continue;
                }
                match reason {
                    Some(reason) => found.left_out.push((id, reason)),
                    None => found.somebody.push(Candidate { id, why }),
                }
            }
        }
    }
    // whoever hears after all, by another entry or for somebody else, is not left out
    let somebody: HashSet<&RecipientId> = found.somebody.iter().map(|candidate| &candidate.id).collect();
    found.left_out.retain(|(id, _)| !somebody.contains(id));
    found
}

fn members(case: Case<'_>, audience: &Audience) -> Vec<(RecipientId, Why)> {
    let conversation = case.conversation;
    let one = |id: Option<&AgentId>, why: Why| id.cloned().map(RecipientId::Agent).into_iter().zip([why]).collect();
    let all = |why: Why| case.view.reach.agents().iter().map(|id| (agent(id), why.clone())).collect();
    match audience {
        Audience::Assignee => one(conversation.assignee.as_ref(), Why::Assignee),
        Audience::LastAgent => one(conversation.last_agent.as_ref(), Why::LastAgent),
        Audience::Target => one(case.pending.event.as_ref().and_then(|event| event.target.as_ref()), named(case)),
        Audience::Group => group(case).map(|group| of_group(case, group)).unwrap_or_default(),
        Audience::Department => {
            group(case).filter(|group| group.is_department).map(|group| of_group(case, group)).unwrap_or_default()
        }
        Audience::OfflineAgents => all(Why::Offline),
        Audience::AllAgents => all(Why::AllAgents),
        Audience::Supervisors => {
            let agents = case.view.reach.agents().iter().filter_map(|id| case.view.facts.agents.get(id));
            let supervisors = agents.filter(|agent| agent.role == Role::Supervisor);
            supervisors.map(|it| (agent(&it.id), Why::Supervisor)).collect()
        }
        Audience::Contact => {
            conversation.contact.iter().cloned().map(RecipientId::Contact).zip([Why::Contact]).collect()
        }
        Audience::Person(_) if case.rule.is_coverage() => person(audience, Why::Uncovered),
        Audience::Person(_) => person(audience, Why::Person),
    }
}

fn agent(id: &AgentId) -> RecipientId {
    RecipientId::Agent(id.clone())
}

fn person(audience: &Audience, why: Why) -> Vec<(RecipientId, Why)> {
    match audience {
        Audience::Person(name) => vec![(RecipientId::Person(name.clone()), why)],
        _ => Vec::new(),
    }
}

fn group(case: Case<'_>) -> Option<&Group> {
    case.conversation.group.as_ref().and_then(|id| case.view.facts.groups.get(id))
}

fn of_group(case: Case<'_>, group: &Group) -> Vec<(RecipientId, Why)> {
    let why = Why::Group { name: group.name.as_str().into(), assignee: assignee(case) };
    group.members.iter().map(|id| (agent(id), why.clone())).collect()
}

fn assignee(case: Case<'_>) -> Assignee {
    match &case.conversation.assignee {
        None => Assignee::Nobody,
        Some(id) => match left_out(case, &agent(id), &Why::Assignee) {
            Some(_) => Assignee::Unreachable,
            None => Assignee::Reachable,
        },
    }
}

/// Somebody, and whoever stands in for them while they are out of office; each with the reason if they are left out.
fn with_stand_in(case: Case<'_>, id: RecipientId, why: Why) -> Vec<(RecipientId, Why, Option<Reason>)> {
    let mut line: Vec<(RecipientId, Why, Option<Reason>)> = Vec::with_capacity(1);
    let mut next = Some((id, why));
    while let Some((id, why)) = next.take() {
        let reason = left_out(case, &id, &why);
        if reason == Some(Reason::OutOfOffice) && line.len() < LONGEST_CHAIN {
            next = stand_in(case, &id).filter(|(stand_in, _)| line.iter().all(|(other, ..)| other != stand_in));
        }
        line.push((id, why, reason));
    }
    line
}

fn stand_in(case: Case<'_>, id: &RecipientId) -> Option<(RecipientId, Why)> {
    let absent = id.agent()?;
    let stand_in = case.view.facts.availability.get(absent)?.stand_in.as_ref()?;
    let of = case.view.facts.agents.get(absent).map_or_else(|| absent.as_str(), |agent| &agent.name);
    Some((agent(stand_in), Why::StandIn { of: of.into() }))
}

/// Why somebody does not count as somebody, so that an `else` after them applies.
fn left_out(case: Case<'_>, id: &RecipientId, why: &Why) -> Option<Reason> {
    access::refused(case, id, why)
        .or_else(|| at_the_desk(case, id, why))
        .or_else(|| out_of_reach(case, id))
        .or_else(|| preference::off_everywhere(case, id, why))
}

/// Agents who are at their desk are not among the agents who are offline.
fn at_the_desk(case: Case<'_>, id: &RecipientId, why: &Why) -> Option<Reason> {
    if *why == Why::Offline { presence::keeps_silent(case, id) } else { None }
}

/// Somebody whom none of the rule's channels can reach would swallow the conversation.
fn out_of_reach(case: Case<'_>, id: &RecipientId) -> Option<Reason> {
    let mut answers = case.rule.via.iter().map(|step| case.view.reach.mailbox(id, step.channel).err());
    let first = answers.next()??;
    answers.all(|answer| answer.is_some()).then_some(first)
}
