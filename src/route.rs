//! Who must hear about a conversation and why, who not and why, who later. Pure: the same values, the same answer.

mod audience;
mod bot;
mod presence;
mod reach;

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, TimeDelta, Utc};

pub use bot::Settings as BotSettings;
pub use presence::{Settings as PresenceSettings, Unknown};
pub use reach::Reach;

use crate::model::{
    AgentId, BotState, Channel, ContactKind, Conversation, ConversationId, Decision, Facts, MessageRef, Pending,
    Reason, RecipientId, Rule, Status, Told, Verdict, Watch, When,
};
use audience::Candidate;

/// Everything a decision depends on, besides the conversation itself.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// What the desk says.
    pub facts: &'a Facts,
    /// What was told before.
    pub told: &'a Told,
    /// Where everybody is reached.
    pub reach: &'a Reach,
    /// Whom to decide about; `None` = everybody. The others still count as somebody before an `else`.
    pub only: Option<&'a HashSet<RecipientId>>,
    /// How presence is read.
    pub presence: &'a PresenceSettings,
    /// The instant of the pass.
    pub now: DateTime<Utc>,
}

/// Decides one waiting conversation for one rule: one decision for each recipient and channel, or one for all.
pub fn route(view: View<'_>, rule: &Rule, pending: &Pending) -> Vec<Decision> {
    let decision = |recipient: Option<RecipientId>, channel, verdict| Decision {
        rule: rule.name.clone(),
        conversation: pending.conversation.clone(),
        matter: pending.matter.clone(),
        why: None,
        recipient,
        channel,
        since: pending.since,
        latest: pending.latest.clone(),
        verdict,
    };
    let Some(conversation) = view.facts.conversations.get(&pending.conversation) else {
        return vec![decision(None, None, Verdict::Skipped(Reason::NoLongerWaiting))];
    };
    if let Some(reason) = silenced(view.facts, rule, conversation) {
        return vec![decision(None, None, Verdict::Skipped(reason))];
    }
    let candidates = audience::candidates(view, rule, conversation);
    let mut decisions = Vec::with_capacity(candidates.somebody.len() * rule.via.len() + candidates.left_out.len());
    if !candidates.anybody {
        decisions.push(decision(None, None, Verdict::Skipped(Reason::NobodyToTell)));
    }
    for step in &rule.via {
        for (candidate, answer) in on_channel(view, rule, pending, &candidates.somebody, step.channel) {
            decisions.push(decision(Some(candidate.id.clone()), Some(step.channel), answer));
        }
    }
    for (candidate, reason) in candidates.left_out {
        decisions.push(decision(Some(candidate), None, Verdict::Skipped(reason)));
    }
    decisions
}

/// Everybody's verdict; of those who share an address one hears, and nobody once one of them was told.
fn on_channel<'a>(
    view: View<'_>,
    rule: &Rule,
    pending: &Pending,
    candidates: &'a [Candidate],
    channel: Channel,
) -> Vec<(&'a Candidate, Verdict)> {
    let mut heard: HashSet<&str> = HashSet::with_capacity(candidates.len());
    let mut answers = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let (address, answer) = match view.reach.mailbox(&candidate.id, channel) {
            Err(reason) => ("", Verdict::Skipped(reason)),
            Ok(mailbox) => (mailbox.folded.as_str(), verdict(view, rule, pending, candidate, channel)),
        };
        if answer == Verdict::Skipped(Reason::AlreadyTold) {
            heard.insert(address);
        }
        answers.push((candidate, address, answer));
    }
    let alone = |(candidate, address, answer)| match answer {
        // whoever does not hear leaves the address to the next who has it
        Verdict::Told(_) | Verdict::Later(..) if !heard.insert(address) => {
            (candidate, Verdict::Skipped(Reason::SameAddress))
        }
        answer => (candidate, answer),
    };
    answers.into_iter().map(alone).collect()
}

/// Why nobody at all hears about a conversation by this rule.
fn silenced(facts: &Facts, rule: &Rule, conversation: &Conversation) -> Option<Reason> {
    let contact = conversation.contact.as_ref().and_then(|id| facts.contacts.get(id));
    match conversation.status {
        Status::Snoozed | Status::Resolved => return Some(Reason::NoLongerWaiting),
        Status::Pending => return Some(Reason::BotInHand),
        Status::Open => {}
    }
    if matches!(conversation.bot, BotState::Active | BotState::Answered) {
        return Some(Reason::BotInHand);
    }
    if contact.is_some_and(|contact| contact.blocked) {
        return Some(Reason::ContactBlocked);
    }
    // whoever is not in the address book came by web chat
    let guest = contact.is_none_or(|contact| contact.kind == ContactKind::Guest);
    (guest && !rule.guests).then_some(Reason::Guest)
}

fn verdict(view: View<'_>, rule: &Rule, pending: &Pending, candidate: &Candidate, channel: Channel) -> Verdict {
    if seen(view.facts, rule, pending, candidate.id.agent()).is_some_and(|seen| seen >= pending.latest.at) {
        return Verdict::Skipped(Reason::Read);
    }
    let first = match first_untold(view, rule, pending, candidate, channel) {
        Ok(first) => first,
        Err(reason) => return Verdict::Skipped(reason),
    };
    if rule.when == When::Away
        && let Some(agent) = candidate.id.agent()
        && let Some(reason) = presence::keeps_silent(
            view.presence,
            view.facts.presence.get(agent).and_then(|rows| rows.first()),
            view.now,
        )
    {
        return Verdict::Skipped(reason);
    }
    let due = first + rule.grace;
    if due > view.now { Verdict::Later(due, Reason::Grace) } else { Verdict::Told(candidate.why.clone()) }
}

/// When the first message was written that this target has not been told: grace runs from there and never slides.
fn first_untold(
    view: View<'_>,
    rule: &Rule,
    pending: &Pending,
    candidate: &Candidate,
    channel: Channel,
) -> Result<DateTime<Utc>, Reason> {
    let after = |place: &MessageRef| view.told.first_after.get(&(pending.conversation.clone(), place.clone()));
    let told = if let Some(mark) =
        view.told.mark(&pending.conversation, &pending.matter, &rule.name, &candidate.id, channel)
    {
        if mark.message >= pending.latest {
            return Err(Reason::AlreadyTold);
        }
        // a first message after the mark that is not known must not delay: the wait itself is the next best answer
        after(&mark.message).map_or(pending.since, |first| first.at.max(pending.since))
    } else {
        match view.told.baselines.get(&rule.name) {
            Some(baseline) if pending.latest.at < *baseline => return Err(Reason::BeforeFirstRun),
            Some(baseline) if pending.since < *baseline => {
                after(&Told::place_of(*baseline)).map_or(pending.latest.at, |first| first.at)
            }
            _ => pending.since,
        }
    };
    let unread = seen(view.facts, rule, pending, candidate.id.agent()).and_then(|seen| after(&place_after(seen)));
    Ok(unread.map_or(told, |first| first.at.max(told)))
}

/// How far an agent has read an unassigned conversation, for rules that watch reading.
///
/// The assignee's reading is in the relation itself.
fn seen(facts: &Facts, rule: &Rule, pending: &Pending, agent: Option<&AgentId>) -> Option<DateTime<Utc>> {
    let conversation = facts.conversations.get(&pending.conversation)?;
    if rule.watch != Watch::Unread || conversation.assignee.is_some() {
        return None;
    }
    facts.seen.get(&(conversation.id.clone(), agent?.clone())).copied()
}

/// The place right after everything that was written up to an instant.
fn place_after(seen: DateTime<Utc>) -> MessageRef {
    Told::place_of(seen + TimeDelta::milliseconds(1))
}

/// The places whose following message a decision will ask for; the desk is asked for all of them at once.
pub fn places_to_look_up(
    rules: &[&Rule],
    pending: &[Pending],
    facts: &Facts,
    told: &Told,
) -> Vec<(ConversationId, MessageRef)> {
    let mut places = BTreeSet::new();
    for pending in pending {
        let marks = told.marks.get(&pending.conversation).map_or(&[][..], Vec::as_slice);
        for mark in marks.iter().filter(|mark| mark.message < pending.latest) {
            places.insert((pending.conversation.clone(), mark.message.clone()));
        }
        for baseline in rules.iter().filter_map(|rule| told.baselines.get(&rule.name)) {
            if pending.since < *baseline && pending.latest.at >= *baseline {
                places.insert((pending.conversation.clone(), Told::place_of(*baseline)));
            }
        }
    }
    if rules.iter().any(|rule| rule.watch == Watch::Unread) {
        let unassigned = |id: &ConversationId| facts.conversations.get(id).is_some_and(|it| it.assignee.is_none());
        let seen = facts.seen.iter().filter(|((conversation, _), _)| unassigned(conversation));
        places.extend(seen.map(|((conversation, _), seen)| (conversation.clone(), place_after(*seen))));
    }
    places.into_iter().collect()
}

#[cfg(test)]
mod tests;
