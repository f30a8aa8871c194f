//! Who must hear about a conversation and why, who not and why, who later. Pure: the same values, the same answer.

mod access;
mod audience;
mod bot;
mod hours;
mod preference;
mod presence;
mod reach;
mod silence;
mod wait;

use std::collections::HashSet;

use chrono::{DateTime, Utc};

pub use bot::Settings as BotSettings;
pub use presence::{Settings as PresenceSettings, Unknown, in_view};
pub use reach::{Blocked, Closed, Reach, Reachable};
pub use silence::over;
pub use wait::{places_to_look_up, step};

use crate::model::{
    Channel, Conversation, Decision, Facts, Pending, Reason, RecipientId, Rule, Step, Told, Verdict, When, Why,
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
    /// How long a chatbot may be silent.
    pub bot: &'a BotSettings,
    /// The instant of the pass.
    pub now: DateTime<Utc>,
}

/// One thing that waits, under one rule.
#[derive(Debug, Clone, Copy)]
struct Case<'a> {
    view: View<'a>,
    rule: &'a Rule,
    pending: &'a Pending,
    conversation: &'a Conversation,
}

/// Decides one thing that waits for one rule: one decision for each recipient and channel, or one for all.
pub fn route(view: View<'_>, rule: &Rule, pending: &Pending) -> Vec<Decision> {
    let Some(conversation) = view.facts.conversations.get(&pending.conversation) else {
        return vec![decision(rule, pending, None, None, Verdict::Skipped(Reason::Deleted))];
    };
    let case = Case { view, rule, pending, conversation };
    if let Some(verdict) = silence::silenced(case) {
        return vec![decision(rule, pending, None, None, verdict)];
    }
    let candidates = audience::candidates(case);
    let mut decisions = Vec::with_capacity(candidates.somebody.len() * rule.via.len() + candidates.left_out.len());
    if !candidates.anybody {
        decisions.push(decision(rule, pending, None, None, Verdict::Skipped(Reason::NobodyToTell)));
    }
    for step in &rule.via {
        for (candidate, answer) in on_channel(case, &candidates.somebody, *step) {
            decisions.push(decision(rule, pending, Some(candidate), Some(step.channel), answer));
        }
    }
    for (id, reason) in candidates.left_out {
        let left_out = decision(rule, pending, None, None, Verdict::Skipped(reason));
        decisions.push(Decision { recipient: Some(id), ..left_out });
    }
    decisions
}

fn decision(
    rule: &Rule,
    pending: &Pending,
    candidate: Option<&Candidate>,
    channel: Option<Channel>,
    verdict: Verdict,
) -> Decision {
    Decision {
        rule: rule.name.clone(),
        conversation: pending.conversation.clone(),
        matter: pending.matter.clone(),
        recipient: candidate.map(|candidate| candidate.id.clone()),
        channel,
        since: pending.since,
        latest: pending.latest.clone(),
        verdict,
        why: candidate.map(|candidate| candidate.why.clone()),
    }
}

/// Everybody's verdict; of those who share an address one hears, and nobody once one of them was told.
fn on_channel<'a>(case: Case<'a>, candidates: &'a [Candidate], step: Step) -> Vec<(&'a Candidate, Verdict)> {
    let mut heard: HashSet<&str> = HashSet::with_capacity(candidates.len());
    let mut answers = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let (address, answer) = match case.view.reach.mailbox(&candidate.id, step.channel) {
            Err(reason) => ("", Verdict::Skipped(reason)),
            Ok(mailbox) => (mailbox.folded.as_str(), verdict(case, candidate, step)),
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

/// The questions in their order: does this person want it, do they know it, are they looking, may it be now?
fn verdict(case: Case<'_>, candidate: &Candidate, step: Step) -> Verdict {
    let Case { view, rule, .. } = case;
    let unwanted = || preference::off(case, &candidate.id, &candidate.why, step.channel);
    let known = || wait::read(case, &candidate.id).or_else(|| replaced(case, candidate, step.channel));
    if let Some(reason) = unwanted().or_else(known) {
        return Verdict::Skipped(reason);
    }
    let due = match wait::due(case, &candidate.id, step) {
        Ok(due) => due,
        Err(reason) => return Verdict::Skipped(reason),
    };
    if rule.when == When::Away
        && let Some(reason) = presence::keeps_silent(case, &candidate.id)
    {
        return Verdict::Skipped(reason);
    }
    if due.0 > view.now {
        return Verdict::Later(due.0, due.1);
    }
    match held(case, &candidate.id, step.channel) {
        Some((at, reason)) => Verdict::Later(at, reason),
        None => Verdict::Told(candidate.why.clone()),
    }
}

/// A phone that is pushed to makes the browser's copy needless.
fn replaced(case: Case<'_>, candidate: &Candidate, channel: Channel) -> Option<Reason> {
    let Case { view, rule, .. } = case;
    let pushes = rule.via.iter().any(|step| step.channel == Channel::Push);
    let replaced = channel == Channel::Desktop
        && pushes
        && view.reach.mailbox(&candidate.id, Channel::Push).is_ok()
        && preference::off(case, &candidate.id, &candidate.why, Channel::Push).is_none();
    replaced.then_some(Reason::ReplacedByPush)
}

/// Until when the recipient's hours hold it back.
fn held(case: Case<'_>, id: &RecipientId, channel: Channel) -> Option<(DateTime<Utc>, Reason)> {
    if !channel.disturbs() || case.rule.ignore_hours {
        return None;
    }
    let (hours, zone) = case.view.reach.hours(id)?;
    hours::closed(&hours, zone, case.view.now)
}

/// Why a recipient hears, with the watch of the rule in mind.
fn named(case: Case<'_>) -> Why {
    Why::Target(case.rule.watch)
}

#[cfg(test)]
mod tests;
