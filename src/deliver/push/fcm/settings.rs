//! `[push.fcm]` in the settings.

use std::path::PathBuf;

use serde::Deserialize;

use super::super::super::http::Endpoint;

/// The keys of `[push.fcm]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::deliver::push) struct Settings {
    /// The key of a service account, a .json file from the Firebase console.
    pub(super) service_account_file: PathBuf,
    /// The notification channel of the Android app; without it the app's default.
    pub(super) android_channel: Option<String>,
    /// Another address of the network.
    pub(super) endpoint: Option<Endpoint>,
}
