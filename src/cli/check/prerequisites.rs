//! What keeps single people from hearing although everything is set up right: told by name, and no error.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::super::say;
use crate::config::Config;
use crate::desk::{Agents, Snapshot};
use crate::model::{Agent, Channel, Facts, Provider, Reason, RecipientId, Rule, Watch};
use crate::route::{Closed, Reach};

/// More names than this nobody reads.
const NAMED: usize = 5;

/// What is missing, by the channel it is missing for.
pub(super) fn missing(config: &Config, snapshot: &Snapshot<'_>) -> Result<Vec<(Channel, String)>> {
    let facts = snapshot.facts(&[], Agents::All, &[])?;
    let all = config.rules.iter().map(|scheduled| &scheduled.rule).filter(|rule| !rule.is_coverage());
    let rules: Vec<&Rule> = all.filter(|rule| rule.watch != Watch::UnseenReply).collect();
    let reachable = |provider| config.deliver.reaches(provider);
    let closed = Closed { blocked: &|_, _| false, reachable: &reachable };
    let reach = Reach::of(&facts, &config.people, &rules, config.desk.time_zone.0, closed);
    let mut agents: Vec<&Agent> = facts.agents.values().filter(|agent| agent.active).collect();
    agents.sort_by(|one, other| one.name.cmp(&other.name).then_with(|| one.id.cmp(&other.id)));
    let channels: BTreeSet<Channel> = rules.iter().flat_map(|rule| &rule.via).map(|step| step.channel).collect();
    let mut missing = Vec::new();
    for channel in channels {
        missing.extend(without_tls(config, channel).map(|text| (channel, text)));
        missing.extend(without_gateway(config, &facts, channel).into_iter().map(|text| (channel, text)));
        // whose phones wait for a section has been said
        let lacks = |id| !matches!(reach.recipients(&RecipientId::Agent(id), channel), Ok(_) | Err(Reason::NoGateway));
        let unreached = agents.iter().filter(|it| lacks(it.id.clone()));
        let unreached: Vec<&str> = unreached.map(|agent| agent.name.as_str()).collect();
        if !unreached.is_empty() {
            let lack = lack(channel);
            missing.push((
                channel,
                format!("{} of {} agents have {lack}: {}", unreached.len(), agents.len(), names(&unreached)),
            ));
        }
        missing.extend(unusable(config, &facts, &agents, channel).into_iter().map(|text| (channel, text)));
        missing.extend(switched_off(&facts, &agents, &rules, channel).into_iter().map(|text| (channel, text)));
    }
    Ok(missing)
}

/// Browsers notify for pages over TLS only (W3C Notifications, secure contexts).
fn without_tls(config: &Config, channel: Channel) -> Option<String> {
    let url = config.desk.agent_url.as_ref()?.as_str();
    let plain = channel == Channel::Desktop && url.starts_with("http://");
    plain.then(|| format!("desk.agent_url is {url}: browsers show notifications of pages over TLS only; give it https"))
}

/// The phones of networks that the settings do not name.
fn without_gateway(config: &Config, facts: &Facts, channel: Channel) -> Vec<String> {
    let devices = || facts.devices.values().flatten().filter(|device| !device.is_browser());
    let unreached =
        Provider::ALL.into_iter().filter(|(_, it)| channel == Channel::Push && !config.deliver.reaches(*it));
    let told = unreached.filter_map(|(word, provider)| {
        let count = devices().filter(|device| device.provider == provider).count();
        let are = if count == 1 { "is" } else { "are" };
        let phones = say::counted(count, "phone");
        (count > 0).then(|| format!("{phones} {are} registered by {word}, and there is no section [push.{word}]"))
    });
    told.collect()
}

fn lack(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "no email address that can be used",
        Channel::Sms => "no telephone number that can be used",
        Channel::Push => "no phone registered",
        Channel::Desktop => "no browser that has subscribed",
        Channel::InApp => "no feed",
    }
}

/// The browsers that are subscribed and could not be pushed to, by the reason.
fn unusable(config: &Config, facts: &Facts, agents: &[&Agent], channel: Channel) -> Vec<String> {
    let Some(desktop) = config.deliver.desktop.as_ref().filter(|_| channel == Channel::Desktop) else {
        return Vec::new();
    };
    let mut by_reason: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for agent in agents {
        let devices = facts.devices.get(&RecipientId::Agent(agent.id.clone())).into_iter().flatten();
        for why in devices.filter(|it| it.provider == Provider::WebPush).filter_map(|it| desktop.unusable(it)) {
            by_reason.entry(why).or_default().push(&agent.name);
        }
    }
    by_reason.into_iter().map(|(why, whose)| format!("{why}: {}", names(&whose))).collect()
}

/// The events that a rule tells by this channel, and that agents have switched off.
fn switched_off(facts: &Facts, agents: &[&Agent], rules: &[&Rule], channel: Channel) -> Vec<String> {
    let tells = |rule: &&&Rule| rule.via.iter().any(|step| step.channel == channel);
    let events: BTreeSet<&str> = rules.iter().filter(tells).flat_map(|rule| &rule.needs).map(|it| it.word()).collect();
    let mut by_event: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for agent in agents {
        let rows = facts.preferences.get(&agent.id).into_iter().flatten();
        for row in rows.filter(|row| !row.enabled && row.group.is_none() && row.channel == channel) {
            if let Some(event) = events.get(&*row.event) {
                by_event.entry(event).or_default().push(&agent.name);
            }
        }
    }
    by_event.into_iter().map(|(event, off)| format!("{event} is switched off by {}", names(&off))).collect()
}

fn names(names: &[&str]) -> String {
    let shown: Vec<&str> = names.iter().take(NAMED).copied().collect();
    match names.len().checked_sub(NAMED) {
        None | Some(0) => shown.join(", "),
        Some(more) => format!("{} and {more} more", shown.join(", ")),
    }
}
