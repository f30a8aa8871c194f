//! One row of a relation as a noun. What cannot be read in a row is left out with a warning, not the row.

use std::sync::Arc;

use anyhow::{Result, anyhow};
use chrono::NaiveTime;
use chrono_tz::Tz;

use crate::desk::columns::Columns;
use crate::model::{
    Agent, Availability, BotState, Channel, Contact, ContactKind, Conversation, Device, Hours, Preference, Presence,
    PresenceStatus, Provider, Role, Scope, Status,
};
use crate::notation::{Days, time_of_day};

const STATUSES: [(&str, Status); 4] = [
    ("open", Status::Open),
    ("pending", Status::Pending),
    ("snoozed", Status::Snoozed),
    ("resolved", Status::Resolved),
];

const BOT_STATES: [(&str, BotState); 4] = [
    ("none", BotState::None),
    ("active", BotState::Active),
    ("answered", BotState::Answered),
    ("handed_over", BotState::HandedOver),
];

const ROLES: [(&str, Role); 3] = [("agent", Role::Agent), ("supervisor", Role::Supervisor), ("admin", Role::Admin)];

const CONTACT_KINDS: [(&str, ContactKind); 2] = [("contact", ContactKind::Contact), ("guest", ContactKind::Guest)];

const PRESENCES: [(&str, Option<PresenceStatus>); 4] = [
    ("online", Some(PresenceStatus::Online)),
    ("away", Some(PresenceStatus::Away)),
    ("busy", Some(PresenceStatus::Busy)),
    ("offline", Some(PresenceStatus::Offline)),
];

const SCOPES: [(&str, Option<Scope>); 2] = [("all", Some(Scope::All)), ("mine", Some(Scope::Mine))];

pub(super) fn conversation(row: &Columns<'_>) -> Result<Conversation> {
    let looked = row.optional_time("contact_last_seen_at")?;
    Ok(Conversation {
        id: row.id("id")?,
        account: row.optional_id("account_id")?,
        number: row.text("number")?,
        subject: row.text("subject")?,
        status: row.word("status", &STATUSES, Status::Open),
        assignee: row.optional_id("assignee_id")?,
        last_agent: row.optional_id("last_agent_id")?,
        group: row.optional_id("group_id")?,
        contact: row.optional_id("contact_id")?,
        bot: row.word("bot_state", &BOT_STATES, BotState::None),
        bot_silent_since: row.optional_time("bot_silent_since")?,
        waiting: row.integer("waiting_since")?.is_some(),
        replied: row.integer("first_reply_at")?.is_some(),
        unseen: row.integer("unseen_reply_at")?.is_some(),
        agents_seen_at: row.optional_time("agents_last_seen_at")?,
        contact_seen_at: looked.max(row.optional_time("contact_wrote_at")?),
    })
}

pub(super) fn contact(row: &Columns<'_>) -> Result<Contact> {
    Ok(Contact {
        id: row.id("id")?,
        account: row.optional_id("account_id")?,
        name: row.text("name")?,
        kind: row.word("kind", &CONTACT_KINDS, ContactKind::Contact),
        blocked: row.yes("blocked")?,
        avatar_url: row.text("avatar_url")?,
        email: row.text("email")?,
        phone: row.text("phone")?,
        sms_consent: row.integer("sms_consent")?.map(|consent| consent != 0),
        time_zone: zone(row)?,
        last_active_at: row.optional_time("last_active_at")?,
    })
}

pub(super) fn agent(row: &Columns<'_>) -> Result<Agent> {
    Ok(Agent {
        id: row.id("id")?,
        account: row.optional_id("account_id")?,
        name: row.text("name")?.unwrap_or_default(),
        email: row.text("email")?,
        phone: row.text("phone")?,
        avatar_url: row.text("avatar_url")?,
        role: row.word("role", &ROLES, Role::Agent),
        active: row.yes("active")?,
        time_zone: zone(row)?,
    })
}

pub(super) fn presence(row: &Columns<'_>) -> Result<Presence> {
    Ok(Presence {
        status: row.word("status", &PRESENCES, None),
        surface: row.text("surface")?.unwrap_or_default().into(),
        last_active_at: row.optional_time("last_active_at")?,
    })
}

/// An agent's switch; `None` for a channel of a newer desk.
pub(super) fn preference(row: &Columns<'_>) -> Result<Option<Preference>> {
    let word = row.text("channel")?.unwrap_or_default();
    let Some(channel) = Channel::parse(&word) else {
        row.warn_once("channel", &word);
        return Ok(None);
    };
    Ok(Some(Preference {
        event: row.text("event")?.unwrap_or_default().into(),
        channel,
        group: row.optional_id("group_id")?,
        enabled: row.yes("enabled")?,
        scope: row.word("scope", &SCOPES, None),
        unassigned: row.integer("unassigned")?.map(|switch| switch != 0),
    }))
}

/// A phone or browser; `None` for a provider of a newer desk.
pub(super) fn device(row: &Columns<'_>) -> Result<Option<Arc<Device>>> {
    let word = row.text("provider")?.unwrap_or_default();
    let Some((_, provider)) = Provider::ALL.into_iter().find(|(known, _)| *known == word) else {
        row.warn_once("provider", &word);
        return Ok(None);
    };
    Ok(Some(Arc::new(Device {
        id: row.text("id")?.ok_or_else(|| anyhow!("column id is NULL"))?.into(),
        provider,
        token: row.text("token")?.unwrap_or_default().into(),
        p256dh: row.text("p256dh")?,
        auth: row.text("auth")?,
        platform: row.text("platform")?,
        app_id: row.text("app_id")?,
    })))
}

pub(super) fn availability(row: &Columns<'_>) -> Result<Availability> {
    let days = row.text("working_days")?;
    let known = days.as_deref().map(str::parse::<Days>);
    if let (Some(written), Some(Err(_))) = (&days, &known) {
        row.warn_once("working_days", written);
    }
    Ok(Availability {
        hours: Hours {
            time_zone: zone(row)?,
            days: known.and_then(Result::ok),
            working: hours(row, "working_from", "working_until")?,
            quiet: hours(row, "quiet_from", "quiet_until")?,
        },
        away_until: row.optional_time("away_until")?,
        stand_in: row.optional_id("stand_in_id")?,
    })
}

/// Hours of a day, if both ends are there and are not the same.
fn hours(row: &Columns<'_>, from: &str, until: &str) -> Result<Option<(NaiveTime, NaiveTime)>> {
    let hours = time(row, from)?.zip(time(row, until)?);
    Ok(hours.filter(|(from, until)| from != until))
}

fn time(row: &Columns<'_>, column: &str) -> Result<Option<NaiveTime>> {
    let Some(text) = row.text(column)? else { return Ok(None) };
    let time = time_of_day(&text).ok();
    if time.is_none() {
        row.warn_once(column, &text);
    }
    Ok(time)
}

fn zone(row: &Columns<'_>) -> Result<Option<Tz>> {
    let written = row.text("time_zone")?;
    let zone = written.as_ref().and_then(|name| name.parse().ok());
    if let (Some(name), None) = (&written, zone) {
        row.warn_once("time_zone", name);
    }
    Ok(zone)
}
