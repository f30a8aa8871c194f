//! Text messages: where `[sms]` in the settings sends them.

use std::path::PathBuf;

use serde::Deserialize;

use super::carrier::{Kit, Ready};
use super::notes::Outbox;
use crate::model::{Channel, Gateway};

/// The keys of `[sms]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// A folder in which every message is written as a .json file.
    outbox: PathBuf,
    /// Whether a text shows what was said; by default it says only that somebody waits.
    #[serde(default)]
    message: bool,
}

impl Settings {
    /// Whether a text shows what was said.
    pub fn shows_message(&self) -> bool {
        self.message
    }

    /// The gateways of the section, ready or not.
    pub fn carriers(&self, kit: &Kit<'_>) -> Vec<(Gateway, Ready)> {
        let outbox = Outbox::new(Channel::Sms, kit.folder.join(&self.outbox), self.message);
        vec![(Gateway::Sms, Ok(Box::new(outbox)))]
    }
}
