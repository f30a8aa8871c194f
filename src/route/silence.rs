//! Why nobody at all hears about a conversation by a rule, or not any more.

use chrono::{DateTime, Utc};

use super::Case;
use crate::model::{BotState, ContactKind, Conversation, MessageRef, Reason, Relation, Status, Verdict, Watch};

/// Why nobody at all hears about what waits; `None` = somebody may.
pub(super) fn silenced(case: Case<'_>) -> Option<Verdict> {
    let Case { view, rule, conversation, .. } = case;
    if let Some(reason) = closed(rule.watch, conversation) {
        return Some(Verdict::Skipped(reason));
    }
    if taken_up(rule.watch, case.pending.since, conversation) {
        return Some(Verdict::Skipped(Reason::Answered));
    }
    let contact = conversation.contact.as_ref().and_then(|id| view.facts.contacts.get(id));
    let from_or_to_the_contact = rule.watch.is_about_messages() || rule.watch == Watch::UnseenReply;
    if from_or_to_the_contact && contact.is_some_and(|contact| contact.blocked) {
        return Some(Verdict::Skipped(Reason::ContactBlocked));
    }
    // whoever is not in the address book came by web chat
    let guest = contact.is_none_or(|contact| contact.kind == ContactKind::Guest);
    if guest && !rule.guests {
        return Some(Verdict::Skipped(Reason::Guest));
    }
    if rule.watch.is_about_messages() { in_a_bots_hands(case) } else { None }
}

/// A bot that answers is left alone; one that stays silent for too long has left the contact to people.
fn in_a_bots_hands(case: Case<'_>) -> Option<Verdict> {
    let Case { view, conversation, .. } = case;
    if !matches!(conversation.bot, BotState::Active | BotState::Answered) {
        return None;
    }
    let Some(silent_since) = conversation.bot_silent_since else {
        return Some(Verdict::Skipped(Reason::BotInHand));
    };
    let given_up_at = silent_since + view.bot.unanswered_after.delta();
    (given_up_at > view.now).then_some(Verdict::Later(given_up_at, Reason::BotInHand))
}

/// A chat that the bot gave to people needs nobody any more once a person has answered in it.
fn taken_up(watch: Watch, since: DateTime<Utc>, conversation: &Conversation) -> bool {
    watch == Watch::Handover && conversation.replied_at.is_some_and(|replied_at| replied_at > since)
}

/// Why the state of a conversation ends what a watch is about.
fn closed(watch: Watch, conversation: &Conversation) -> Option<Reason> {
    // whoever gave up, and whoever was answered, is told of a conversation that is closed by then
    if matches!(watch, Watch::Cancelled | Watch::UnseenReply) {
        return None;
    }
    match conversation.status {
        Status::Resolved => Some(Reason::Resolved),
        Status::Snoozed => Some(Reason::Snoozed),
        Status::Pending if watch.is_about_messages() => Some(Reason::BotInHand),
        Status::Pending | Status::Open => None,
    }
}

/// Why something does not wait any more that did: `latest` is what waited, `conversation` how it stands now.
pub fn over(watch: Watch, latest: &MessageRef, conversation: Option<&Conversation>, now: DateTime<Utc>) -> Reason {
    let Some(conversation) = conversation else { return Reason::Deleted };
    if let Some(reason) = closed(watch, conversation) {
        return reason;
    }
    match watch.relation() {
        Relation::Unread if conversation.waiting => Reason::Read,
        Relation::Waiting if watch == Watch::FirstMessage && conversation.replied_at.is_some() => Reason::Answered,
        Relation::Waiting if conversation.waiting => Reason::NoLongerWaiting,
        Relation::Waiting | Relation::Unread if conversation.replied_at.is_some() => Reason::Answered,
        // nobody waits and nobody answered: the message was taken back
        Relation::Waiting | Relation::Unread => Reason::Deleted,
        Relation::UnseenReplies => Reason::Read,
        Relation::Events => Reason::Withdrawn,
        // a warning whose time has passed makes way for the breach
        Relation::Deadlines if watch == Watch::SlaWarning && latest.at <= now => Reason::NoLongerWaiting,
        Relation::Deadlines => Reason::TargetMet,
    }
}
