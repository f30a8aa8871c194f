//! Notifications by browsers: where `[desktop]` in the settings sends them.

pub mod encryption;
pub mod vapid;

use std::path::PathBuf;

use serde::Deserialize;

use super::carrier::{Kit, Ready};
use super::notes::Outbox;
use crate::model::{Channel, Gateway};

/// The keys of `[desktop]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// A folder in which every notification is written as a .json file.
    outbox: PathBuf,
}

impl Settings {
    /// The gateways of the section, ready or not.
    pub fn carriers(&self, kit: &Kit<'_>) -> Vec<(Gateway, Ready)> {
        let outbox = Outbox::new(Channel::Desktop, kit.folder.join(&self.outbox), true);
        vec![(Gateway::Desktop, Ok(Box::new(outbox)))]
    }
}
