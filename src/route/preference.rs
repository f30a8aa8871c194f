//! What agents switched off for themselves. Preferences only narrow: a rule names the widest audience.

use super::Case;
use crate::model::{AgentId, Channel, Preference, Reason, RecipientId, Scope, Watch, Why};

/// Why the recipient's own switches keep this from them on a channel; no row means on.
pub(super) fn off(case: Case<'_>, id: &RecipientId, why: &Why, channel: Channel) -> Option<Reason> {
    let agent = id.agent()?;
    let rows = case.view.facts.preferences.get(agent)?;
    case.rule.needs.iter().find_map(|event| {
        let about = rows.iter().filter(|row| concerns(case, row, *event, channel));
        about.filter_map(|row| switched(case, row, agent, why)).min()
    })
}

/// The same, if it holds on every channel of the rule.
pub(super) fn off_everywhere(case: Case<'_>, id: &RecipientId, why: &Why) -> Option<Reason> {
    let mut answers = case.rule.via.iter().map(|step| off(case, id, why, step.channel));
    let first = answers.next()??;
    answers.all(|answer| answer.is_some()).then_some(first)
}

fn concerns(case: Case<'_>, row: &Preference, event: Watch, channel: Channel) -> bool {
    let group = row.group.is_none() || row.group == case.conversation.group;
    row.channel == channel && *row.event == *event.word() && group
}

fn switched(case: Case<'_>, row: &Preference, agent: &AgentId, why: &Why) -> Option<Reason> {
    match (&row.group, row.enabled) {
        (Some(_), false) => return Some(Reason::Muted),
        (None, false) => return Some(Reason::SwitchedOff),
        (_, true) => {}
    }
    match &case.conversation.assignee {
        None => (row.unassigned == Some(false)).then_some(Reason::UnassignedOff),
        // what names somebody, or falls to them for a colleague, is theirs
        Some(assignee) if assignee == agent || matches!(why, Why::Target(_) | Why::StandIn { .. }) => None,
        Some(_) => (row.scope == Some(Scope::Mine)).then_some(Reason::NotMine),
    }
}
