//! Notifications on phones: by which networks `[push]` in the settings reaches them.

use std::path::PathBuf;

use serde::Deserialize;

use super::carrier::{Carrier, Kit, Ready};
use super::notes::Outbox;
use crate::model::{Channel, Gateway, Provider};

/// The keys of `[push]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// A folder in which every notification is written as a .json file.
    outbox: PathBuf,
}

impl Settings {
    /// Whether phones of this network are reached.
    pub fn reaches(&self, provider: Provider) -> bool {
        provider != Provider::WebPush
    }

    /// The gateways of the section, ready or not.
    pub fn carriers(&self, kit: &Kit<'_>) -> Vec<(Gateway, Ready)> {
        let outbox = Outbox::new(Channel::Push, kit.folder.join(&self.outbox), true);
        let phones = Provider::ALL.into_iter().map(|(_, provider)| provider).filter(|it| self.reaches(*it));
        phones.map(|provider| (Gateway::Push(provider), Ok(Box::new(outbox.clone()) as Box<dyn Carrier>))).collect()
    }
}
