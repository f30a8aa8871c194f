//! The devices that a try names: one by its token, or all of a person.

use std::sync::Arc;

use anyhow::{Context, Result};

use super::super::exit::{SettingsError, UsageError};
use super::super::open;
use crate::config::Config;
use crate::desk::Agents;
use crate::model::{Channel, Device, Provider, RecipientId, email_address, masked};

/// The devices with what they are called; at least one.
pub(super) fn named(
    config: &Config,
    channel: Channel,
    to: &str,
    provider: Option<&str>,
) -> Result<Vec<(String, Arc<Device>)>> {
    let is_person = matches!(RecipientId::parse(to), Some(RecipientId::Agent(_) | RecipientId::Contact(_)))
        || email_address(to).is_some();
    if is_person && provider.is_none() {
        return of_person(config, channel, to);
    }
    if let Some(device) = of_desk(config, channel, to)?.filter(|_| provider.is_none()) {
        return Ok(vec![(shown(&device), device)]);
    }
    if channel == Channel::Desktop && !to.contains("://") {
        let message =
            format!("the desk has no browser with the id {to:?}; look into its table devices, provider \"webpush\"");
        return Err(UsageError(message).into());
    }
    let provider = network(config, channel, provider)?;
    let token = to.into();
    let device = Device { id: "test".into(), provider, token, p256dh: None, auth: None, platform: None, app_id: None };
    Ok(vec![(masked(to), Arc::new(device))])
}

fn of_person(config: &Config, channel: Channel, to: &str) -> Result<Vec<(String, Arc<Device>)>> {
    let desk = open::desk(config)?;
    let snapshot = desk.snapshot()?;
    let person = snapshot.find_person(to).context("look for the person")?;
    let person = person.ok_or_else(|| UsageError(format!("the desk knows nobody by {to:?}")))?;
    let mut devices = snapshot.devices_of_one(&person)?;
    devices.retain(|device| device.is_browser() == (channel == Channel::Desktop));
    if devices.is_empty() {
        let (what, word) = if channel == Channel::Desktop { ("browser", "webpush") } else { ("phone", "fcm") };
        let message =
            format!("{person} has no {what} on the desk; the table devices wants a row with provider {word:?}");
        return Err(UsageError(message).into());
    }
    Ok(devices.into_iter().map(|device| (shown(&device), device)).collect())
}

/// An agent's device as the desk has it, by its id or its token.
fn of_desk(config: &Config, channel: Channel, to: &str) -> Result<Option<Arc<Device>>> {
    let facts = open::desk(config)?.snapshot()?.facts(&[], Agents::All, &[])?;
    let mut devices = facts.devices.into_values().flatten();
    let is_named = |it: &Arc<Device>| *it.id == *to || *it.token == *to;
    Ok(devices.find(|it| it.is_browser() == (channel == Channel::Desktop) && is_named(it)))
}

fn shown(device: &Device) -> String {
    format!("device {} by {}", device.id, device.provider.word())
}

/// The network that a bare token is of: the one that is named, or the only one that there is.
fn network(config: &Config, channel: Channel, named: Option<&str>) -> Result<Provider> {
    if channel == Channel::Desktop {
        return Ok(Provider::WebPush);
    }
    if let Some(word) = named {
        let known = Provider::ALL.into_iter().find(|(known, _)| *known == word);
        return Ok(known.context("read --provider")?.1);
    }
    let push = config.deliver.push.as_ref();
    let push = push.ok_or_else(|| SettingsError("there is no section [push] in the settings; add it first".into()))?;
    let networks: Vec<Provider> = push.networks().collect();
    match networks.as_slice() {
        [only] => Ok(*only),
        // to a folder any will do
        _ if push.writes_files() => Ok(Provider::Fcm),
        several => {
            let words: Vec<&str> = several.iter().map(|network| network.word()).collect();
            Err(UsageError(format!("say by --provider which network the token is of: {}", words.join(", "))).into())
        }
    }
}
