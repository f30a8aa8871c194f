//! `[push.apns]` in the settings.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer, de::Error};

use super::super::super::http::Endpoint;
use super::super::wrong;
use crate::model::Outcome;

/// The keys of `[push.apns]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub(in crate::deliver::push) struct Settings {
    /// The signing key from Apple, a .p8 file.
    pub(super) key_file: PathBuf,
    /// Its id.
    pub(super) key_id: TenLetters,
    /// The team's id.
    pub(super) team_id: TenLetters,
    /// The app's bundle id; a device's `app_id` takes its place.
    pub(super) topic: Topic,
    /// Whether the apps are development builds, which have a network of their own.
    #[serde(default)]
    sandbox: bool,
    /// Another address of the network.
    endpoint: Option<Endpoint>,
}

/// An id of Apple's: ten capital letters and digits.
#[derive(Debug, Clone)]
pub(super) struct TenLetters(String);

/// A bundle id.
#[derive(Debug, Clone)]
pub(super) struct Topic(String);

impl Settings {
    pub(super) fn endpoint(&self) -> Result<Endpoint, Outcome> {
        let known = if self.sandbox { "https://api.sandbox.push.apple.com" } else { "https://api.push.apple.com" };
        let endpoint = self.endpoint.clone().or_else(|| Endpoint::known(known));
        endpoint.ok_or_else(|| wrong("push.apns.endpoint", "it is no address".into()))
    }
}

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let settings = Self::deserialize(deserializer)?;
        if settings.sandbox && settings.endpoint.is_some() {
            return Err(D::Error::custom("both sandbox and endpoint say which network it is; remove one of them"));
        }
        Ok(settings)
    }
}

impl TenLetters {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Topic {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a text is a bundle id and not some other id of an app.
pub(super) fn is_bundle(text: &str) -> bool {
    is_topic(text) && text.contains('.')
}

fn is_topic(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

impl<'de> Deserialize<'de> for TenLetters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) {
            return Ok(Self(text));
        }
        Err(D::Error::custom(format!(
            "{text:?} is not an id of Apple's; it has ten capital letters and digits, and stands in the developer account"
        )))
    }
}

impl<'de> Deserialize<'de> for Topic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if is_topic(&text) {
            return Ok(Self(text));
        }
        Err(D::Error::custom(format!("topic {text:?} is not a bundle id; write it like \"com.example.app\"")))
    }
}
