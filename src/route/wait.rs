//! How far somebody was told and has read, and from when on they may hear of what came since.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Case, View, presence};
use crate::model::{
    Channel, ConversationId, Facts, Mark, MessageRef, Pending, ReadBy, Reason, RecipientId, Repeat, Rule, Step, Told,
};

/// Why reading has made it needless.
pub(super) fn read(case: Case<'_>, id: &RecipientId) -> Option<Reason> {
    let Case { rule, pending, conversation, .. } = case;
    if seen(case, id).is_some_and(|seen| seen >= pending.latest.at) {
        return Some(Reason::Read);
    }
    let by_anyone = rule.read_by == ReadBy::Anyone && rule.watch.ends_by_reading();
    let known = !conversation.waiting || conversation.agents_seen_at.is_some_and(|seen| seen >= pending.latest.at);
    (by_anyone && known).then_some(Reason::ReadByAnother)
}

/// From when on somebody may hear, and what the wait is for.
pub(super) fn due(case: Case<'_>, id: &RecipientId, step: Step) -> Result<(DateTime<Utc>, Reason), Reason> {
    let Case { rule, .. } = case;
    let mark = mark(case, id, step.channel);
    let first = first_untold(case, id, mark)?;
    if rule.repeat == Repeat::OncePerAbsence && told_this_absence(case, id, step.channel) {
        return Err(Reason::ToldThisAbsence);
    }
    let waits = [
        (first + rule.grace, Reason::Grace),
        (first + step.after, Reason::NextStep),
        (throttled_until(rule, mark, first).unwrap_or(first), Reason::Throttled),
    ];
    let [grace, ladder, throttle] = waits;
    let longer =
        |one: (DateTime<Utc>, Reason), other: (DateTime<Utc>, Reason)| if other.0 > one.0 { other } else { one };
    Ok(longer(longer(grace, ladder), throttle))
}

/// How many times in a row a recipient is told of a conversation without a pause, this time included.
pub fn step(view: View<'_>, rule: &Rule, pending: &Pending, id: &RecipientId, channel: Channel) -> u32 {
    let Some(conversation) = view.facts.conversations.get(&pending.conversation) else { return 1 };
    let case = Case { view, rule, pending, conversation };
    let goes_on = |mark: &&Mark| match rule.throttle {
        Some(throttle) => {
            let first = first_untold(case, id, Some(mark)).unwrap_or(pending.latest.at);
            first - mark.told_at < throttle.release
        }
        None => rule.repeat == Repeat::EverySlot,
    };
    mark(case, id, channel).filter(goes_on).map_or(1, |mark| mark.step.saturating_add(1))
}

fn mark<'a>(case: Case<'a>, id: &RecipientId, channel: Channel) -> Option<&'a Mark> {
    let Case { view, rule, pending, .. } = case;
    view.told.mark(&pending.conversation, &pending.matter, &rule.name, id, channel)
}

/// When the first message was written that this target has not been told: grace runs from there and never slides.
fn first_untold(case: Case<'_>, id: &RecipientId, mark: Option<&Mark>) -> Result<DateTime<Utc>, Reason> {
    let Case { view, rule, pending, .. } = case;
    let baseline = view.told.baselines.get(&rule.name).copied();
    let is_old = baseline.is_some_and(|baseline| pending.latest.at < baseline);
    let told = match mark {
        Some(mark) if repeats(case, mark) => pending.since,
        Some(mark) if mark.message >= pending.latest => return Err(Reason::AlreadyTold),
        // also where something older was told: a baseline may be set anew
        _ if is_old => return Err(Reason::BeforeFirstRun),
        // a first message after the mark that is not known must not delay: the wait itself is the next best answer
        Some(mark) => {
            first_after(view.told, pending, &mark.message).map_or(pending.since, |first| first.max(pending.since))
        }
        None => match baseline {
            // a warning may fall due long before its deadline: there is no message to look for
            Some(baseline) if pending.since < baseline && pending.matter.is_empty() => {
                first_after(view.told, pending, &Told::place_of(baseline)).unwrap_or(pending.latest.at)
            }
            _ => pending.since,
        },
    };
    let unread = seen(case, id).and_then(|seen| first_after(view.told, pending, &place_after(seen)));
    Ok(unread.map_or(told, |first| first.max(told)))
}

/// Whether a rule that tells at every slot has not told in this one yet.
fn repeats(case: Case<'_>, mark: &Mark) -> bool {
    let slot = case.view.told.slots.get(&case.rule.name);
    case.rule.repeat == Repeat::EverySlot && slot.is_some_and(|slot| mark.told_at < *slot)
}

fn told_this_absence(case: Case<'_>, id: &RecipientId, channel: Channel) -> bool {
    let told = case.view.told.last_told.get(&(case.rule.name.clone(), id.clone(), channel));
    told.is_some_and(|told| presence::last_seen(case, id).is_none_or(|seen| seen <= *told))
}

/// The wait doubles with every telling, up to its longest, and begins anew after a pause.
fn throttled_until(rule: &Rule, mark: Option<&Mark>, first: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let (throttle, mark) = rule.throttle.zip(mark)?;
    if first - mark.told_at >= throttle.release {
        return None;
    }
    let doublings = mark.step.saturating_sub(1).min(20);
    let wait = throttle.first.checked_mul(1 << doublings).unwrap_or(throttle.longest).min(throttle.longest);
    Some(mark.told_at + wait)
}

fn first_after(told: &Told, pending: &Pending, place: &MessageRef) -> Option<DateTime<Utc>> {
    told.first_after.get(&(pending.conversation.clone(), place.clone())).map(|first| first.at)
}

/// How far somebody has read, for rules that end by reading.
fn seen(case: Case<'_>, id: &RecipientId) -> Option<DateTime<Utc>> {
    let Case { view, rule, conversation, .. } = case;
    if !rule.watch.ends_by_reading() {
        return None;
    }
    view.facts.seen.get(&(conversation.id.clone(), id.agent()?.clone())).copied()
}

/// The place right after everything that was written up to an instant.
pub(super) fn place_after(seen: DateTime<Utc>) -> MessageRef {
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
    // an event or a deadline has nothing after it
    for pending in pending.iter().filter(|pending| pending.matter.is_empty()) {
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
    if rules.iter().any(|rule| rule.watch.ends_by_reading()) {
        let spans = pending.iter().map(|pending| (&pending.conversation, pending.since..pending.latest.at));
        let spans: std::collections::HashMap<_, _> = spans.collect();
        let within = |((conversation, _), seen): &(&(ConversationId, _), &DateTime<Utc>)| {
            spans.get(conversation).is_some_and(|span| span.contains(seen))
        };
        let seen = facts.seen.iter().filter(within);
        places.extend(seen.map(|((conversation, _), seen)| (conversation.clone(), place_after(*seen))));
    }
    places.into_iter().collect()
}
