//! How people want to be told: their switches, their hours, their devices.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Result;
use chrono::NaiveTime;

use crate::desk::Snapshot;
use crate::desk::columns::Columns;
use crate::desk::product::Keys;
use crate::desk::value::Parameter;
use crate::model::{
    AgentId, Availability, Channel, ContactId, Device, Facts, Hours, Preference, Provider, RecipientId, Scope,
};
use crate::notation::time_of_day;

pub(in crate::desk) mod sql {
    pub(in crate::desk) const PREFERENCES: &str = "
        SELECT agent_id, event, channel, group_id, enabled, scope, unassigned FROM preferences
        WHERE agent_id IN (SELECT value FROM json_each(?1))";
    pub(in crate::desk) const AVAILABILITY: &str = "
        SELECT agent_id, time_zone, working_days, working_from, working_until, quiet_from, quiet_until, away_until,
               stand_in_id
        FROM availability WHERE agent_id IN (SELECT value FROM json_each(?1))";
    pub(in crate::desk) const DEVICES: &str = "
        SELECT id, owner_id, provider, token, p256dh, auth, platform, app_id FROM devices
        WHERE owner_type = ?1 AND owner_id IN (SELECT value FROM json_each(?2))
        ORDER BY owner_id, id";
}

const SCOPES: [(&str, Option<Scope>); 2] = [("all", Some(Scope::All)), ("mine", Some(Scope::Mine))];

impl Snapshot<'_> {
    /// What the agents at hand switched on or off.
    pub(super) fn preferences(&self, facts: &mut Facts) -> Result<()> {
        let keys = self.keys("preferences", "agent_id", facts.agents.keys().map(AgentId::as_str))?;
        self.each("preferences", sql::PREFERENCES, &[keys.parameter()], |row| {
            if let Some(preference) = preference(row)? {
                facts.preferences.entry(row.id("agent_id")?).or_default().push(preference);
            }
            Ok(())
        })
    }

    /// The hours and absences of these agents.
    pub(super) fn availability(&self, facts: &mut Facts, agents: &BTreeSet<AgentId>) -> Result<()> {
        let keys = self.keys("availability", "agent_id", agents.iter().map(AgentId::as_str))?;
        self.each("availability", sql::AVAILABILITY, &[keys.parameter()], |row| {
            facts.availability.insert(row.id("agent_id")?, availability(row)?);
            Ok(())
        })
    }

    /// The devices of everybody at hand.
    pub(super) fn devices(&self, facts: &mut Facts) -> Result<()> {
        let agents = self.keys("devices", "owner_id", facts.agents.keys().map(AgentId::as_str))?;
        let contacts = self.keys("devices", "owner_id", facts.contacts.keys().map(ContactId::as_str))?;
        self.devices_of(facts, "agent", &agents, |row| Ok(RecipientId::Agent(row.id("owner_id")?)))?;
        self.devices_of(facts, "contact", &contacts, |row| Ok(RecipientId::Contact(row.id("owner_id")?)))
    }

    /// The devices of one agent or contact, in the order of their ids.
    pub fn devices_of_one(&self, id: &RecipientId) -> Result<Vec<Arc<Device>>> {
        let (kind, number) = match id {
            RecipientId::Agent(id) => ("agent", id.as_str()),
            RecipientId::Contact(id) => ("contact", id.as_str()),
            RecipientId::Person(_) => return Ok(Vec::new()),
        };
        let number = self.keys("devices", "owner_id", [number])?;
        let mut facts = Facts::default();
        self.devices_of(&mut facts, kind, &number, |_| Ok(id.clone()))?;
        Ok(facts.devices.remove(id).unwrap_or_default())
    }

    fn devices_of(
        &self,
        facts: &mut Facts,
        kind: &str,
        ids: &Keys,
        owner: impl Fn(&Columns<'_>) -> Result<RecipientId>,
    ) -> Result<()> {
        self.each("devices", sql::DEVICES, &[Parameter::Text(kind), ids.parameter()], |row| {
            if let Some(device) = device(row)? {
                facts.devices.entry(owner(row)?).or_default().push(Arc::new(device));
            }
            Ok(())
        })
    }
}

/// A switch; one for a channel that is not known here switches nothing.
fn preference(row: &Columns<'_>) -> Result<Option<Preference>> {
    let Some(channel) = row.parsed("channel", Channel::parse) else { return Ok(None) };
    Ok(Some(Preference {
        event: row.id("event")?,
        channel,
        group: row.optional_id("group_id")?,
        enabled: row.yes("enabled")?,
        scope: row.word("scope", &SCOPES, None),
        unassigned: row.yes_or_no("unassigned")?,
    }))
}

fn availability(row: &Columns<'_>) -> Result<Availability> {
    let hours = Hours {
        time_zone: row.zone("time_zone"),
        days: row.parsed("working_days", |text| text.parse().ok()),
        working: hours(row, "working_from", "working_until"),
        quiet: hours(row, "quiet_from", "quiet_until"),
    };
    Ok(Availability {
        hours,
        away_until: row.readable("away_until", row.optional_time("away_until")),
        stand_in: row.readable("stand_in_id", row.optional_id("stand_in_id")),
    })
}

/// Hours of a day; without an end, or without length, there are none.
fn hours(row: &Columns<'_>, from: &str, until: &str) -> Option<(NaiveTime, NaiveTime)> {
    let from = row.parsed(from, |text| time_of_day(text).ok());
    let until = row.parsed(until, |text| time_of_day(text).ok());
    from.zip(until).filter(|(from, until)| from != until)
}

/// A device; one of a provider that is not known here cannot be reached.
fn device(row: &Columns<'_>) -> Result<Option<Device>> {
    let provider = |word: &str| Provider::ALL.into_iter().find(|(known, _)| *known == word).map(|(_, it)| it);
    let Some(provider) = row.parsed("provider", provider) else { return Ok(None) };
    Ok(Some(Device {
        id: row.id("id")?,
        provider,
        token: row.id("token")?,
        p256dh: row.text("p256dh")?,
        auth: row.text("auth")?,
        platform: row.text("platform")?,
        app_id: row.text("app_id")?,
    }))
}
