//! `[ledger]`: where the ledger lives.

use std::path::PathBuf;

use serde::Deserialize;

/// Where the ledger lives; without this section it shares the desk's file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// A file of its own; relative to the settings file.
    pub path: Option<PathBuf>,
}
