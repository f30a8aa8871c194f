//! Whether somebody is looking: at the desk at all, at some page of it, or at the very conversation.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::Case;
use crate::model::{ContactId, ConversationId, Facts, Presence, PresenceStatus, Reason, RecipientId, Surface};
use crate::notation::Span;

/// `[presence]`: when somebody counts as away.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Somebody last seen longer ago than this is away, whatever their status says.
    pub away_after: Span,
    /// What somebody is of whom the desk knows nothing: "away" or "online".
    pub unknown: Unknown,
}

/// What somebody is of whom the desk knows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unknown {
    /// They hear.
    Away,
    /// They do not hear.
    Online,
}

impl Default for Settings {
    fn default() -> Self {
        Self { away_after: Span::minutes(5), unknown: Unknown::Away }
    }
}

/// Why presence keeps somebody from hearing; `None` = they are away, or look at something else.
pub(super) fn keeps_silent(case: Case<'_>, id: &RecipientId) -> Option<Reason> {
    let rows = rows(case.view.facts, id);
    let settings = case.view.presence;
    let known = rows.iter().filter_map(|row| is_there(settings, row, case.view.now).map(|there| (row, there)));
    let known: Vec<(&Presence, bool)> = known.collect();
    if known.is_empty() {
        // somebody without a presence is a person of the settings: nobody looks where they are
        let unknowable = matches!(id, RecipientId::Person(_));
        return (!unknowable && settings.unknown == Unknown::Online).then_some(Reason::PresenceUnknown);
    }
    let there: Vec<&Presence> = known.into_iter().filter(|(_, there)| *there).map(|(row, _)| row).collect();
    let looks = there.iter().any(|row| counts(&case.rule.watching, row, &there, &case.conversation.id));
    looks.then_some(Reason::AtTheDesk)
}

/// Whether the recipient has the desk in view, on any page of it: a notification need not make a sound then.
pub fn in_view(settings: &Settings, facts: &Facts, id: &RecipientId, now: DateTime<Utc>) -> bool {
    rows(facts, id).iter().any(|row| is_there(settings, row, now) == Some(true))
}

/// When somebody was last seen anywhere; somebody who is online now is seen now.
pub(super) fn last_seen(case: Case<'_>, id: &RecipientId) -> Option<DateTime<Utc>> {
    let view = case.view;
    let here = |row: &Presence| row.last_active_at.or_else(|| is_online(row).then_some(view.now));
    let surfaces = rows(view.facts, id).iter().filter_map(here).max();
    let own = match id {
        RecipientId::Agent(agent) => view.facts.seen.get(&(case.conversation.id.clone(), agent.clone())).copied(),
        RecipientId::Contact(_) => case.conversation.contact_seen_at,
        RecipientId::Person(_) => None,
    };
    surfaces.max(own)
}

fn rows(facts: &Facts, id: &RecipientId) -> Vec<Presence> {
    match id {
        RecipientId::Agent(agent) => facts.presence.get(agent).cloned().unwrap_or_default(),
        RecipientId::Contact(contact) => rows_of_contact(facts, contact),
        RecipientId::Person(_) => Vec::new(),
    }
}

/// A contact's own last activity is one more place where they were seen.
fn rows_of_contact(facts: &Facts, contact: &ContactId) -> Vec<Presence> {
    let mut rows = facts.contact_presence.get(contact).cloned().unwrap_or_default();
    let last_active_at = facts.contacts.get(contact).and_then(|contact| contact.last_active_at);
    rows.extend(last_active_at.map(|at| Presence { last_active_at: Some(at), ..Presence::default() }));
    rows
}

fn is_online(row: &Presence) -> bool {
    matches!(row.status, Some(PresenceStatus::Online | PresenceStatus::Busy))
}

/// Whether a row says that somebody is there now; `None` = it says nothing.
fn is_there(settings: &Settings, row: &Presence, now: DateTime<Utc>) -> Option<bool> {
    let seen_lately = row.last_active_at.map(|seen| seen + settings.away_after.delta() >= now);
    match (row.status, seen_lately) {
        (Some(PresenceStatus::Offline | PresenceStatus::Away), _) | (_, Some(false)) => Some(false),
        (Some(PresenceStatus::Online | PresenceStatus::Busy), _) | (None, Some(true)) => Some(true),
        (None, None) => None,
    }
}

/// Whether being there counts as looking, by the surfaces that the rule names.
fn counts(watching: &[Surface], row: &Presence, there: &[&Presence], conversation: &ConversationId) -> bool {
    // a desk that does not say where somebody is can only say that they are at the desk
    if watching.is_empty() || row.surface.is_empty() {
        return true;
    }
    let open = |row: &Presence| row.surface.strip_prefix("conversation:").map(ToOwned::to_owned);
    let in_another = there.iter().filter_map(|row| open(row)).any(|it| it != conversation.as_str());
    watching.iter().any(|surface| match surface {
        // in the console, but in another chat: this one is out of view
        Surface::Console => &*row.surface == "console" && !in_another,
        Surface::Inbox => &*row.surface == "inbox",
        Surface::Dashboard => &*row.surface == "dashboard",
        Surface::Conversation => open(row).is_some_and(|it| it == conversation.as_str()),
    })
}
