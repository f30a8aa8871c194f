//! `[push.onesignal]` in the settings.

use std::path::PathBuf;

use serde::Deserialize;

use super::super::super::http::Endpoint;
use super::super::key::{self, Uuid};
use crate::notation::Source;

/// What `[push.onesignal]` says.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Written")]
pub(in crate::deliver::push) struct Settings {
    pub(super) app_id: Uuid,
    pub(super) key: Source,
    pub(super) android_channel: Option<String>,
    pub(super) endpoint: Option<Endpoint>,
}

/// The keys of `[push.onesignal]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// The app's id.
    app_id: Uuid,
    /// The app's API key as `${VARIABLE}`.
    key: Option<Source>,
    /// The file that holds it.
    key_file: Option<PathBuf>,
    /// The notification channel of the Android app; without it the app's default.
    android_channel: Option<String>,
    /// Another address of the network.
    endpoint: Option<Endpoint>,
}

impl TryFrom<Written> for Settings {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, &'static str> {
        let Written { app_id, key, key_file, android_channel, endpoint } = written;
        Ok(Self { app_id, key: key::source(key, key_file)?, android_channel, endpoint })
    }
}
