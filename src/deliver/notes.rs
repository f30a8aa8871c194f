//! Text messages, pushes and browser notifications as files: what a provider would be handed, as JSON.

use std::path::PathBuf;

use serde::Deserialize;

/// The keys of `[sms]`, `[push]` and `[desktop]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// A folder in which every notification is written as a .json file.
    pub outbox: PathBuf,
}
