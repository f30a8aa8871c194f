//! `[push]` in the settings: to a folder, or by at least one network; and what all networks have in common.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer, de::Error};

use super::{apns, beams, fcm, onesignal};
use crate::model::OnAmbiguous;
use crate::notation::Span;

/// No network keeps a notification longer for a phone that is switched off (FCM and `OneSignal` 28 days, APNs 30).
const LONGEST_TTL: Span = Span::hours(28 * 24);

/// The keys of `[push]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Settings {
    /// A folder in which every notification is written as a .json file; in place of the networks.
    pub(super) outbox: Option<PathBuf>,
    /// How long a network keeps a notification for a phone that it does not reach. Default: 1h.
    #[serde(default)]
    ttl: Ttl,
    /// Whether a notification shows what was said.
    #[serde(default = "yes")]
    pub(super) message: bool,
    /// Whether the app's icon bears how many conversations an agent has to read.
    #[serde(default = "yes")]
    badge: bool,
    /// What becomes of a notification that may have arrived.
    #[serde(default)]
    on_ambiguous: OnAmbiguous,
    /// Apple's network.
    pub(super) apns: Option<apns::Settings>,
    /// Google's.
    pub(super) fcm: Option<fcm::Settings>,
    /// `OneSignal`.
    pub(super) onesignal: Option<onesignal::Settings>,
    /// Pusher Beams.
    pub(super) beams: Option<beams::Settings>,
}

/// What all networks are told alike.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// How long a notification is kept for a phone that is not reached, in seconds.
    pub(super) ttl: u32,
    /// Whether it shows what was said.
    pub(super) message: bool,
    /// Whether the icon bears a number.
    pub(super) badge: bool,
    /// What becomes of one that may have arrived.
    pub(super) on_ambiguous: OnAmbiguous,
}

#[derive(Debug, Clone, Copy)]
struct Ttl(Span);

impl Settings {
    pub(super) fn manner(&self) -> Manner {
        let Self { ttl, message, badge, on_ambiguous, .. } = *self;
        Manner { ttl: ttl.0.as_seconds(), message, badge, on_ambiguous }
    }

    fn contradiction(&self) -> Option<&'static str> {
        let networks = [self.apns.is_some(), self.fcm.is_some(), self.onesignal.is_some(), self.beams.is_some()];
        match (self.outbox.is_some(), networks.contains(&true)) {
            (true, true) => {
                Some("both outbox and a network are set; remove outbox, or the sections [push.apns], [push.fcm] ..")
            }
            (false, false) => Some(
                "there is no network; add a section [push.apns], [push.fcm], [push.onesignal] or [push.beams], or write \
                 outbox = \"outbox\" to get files",
            ),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // serde's `remote` leaves the derived code as an inherent function, so that keys can be checked together
        let settings = Self::deserialize(deserializer)?;
        settings.contradiction().map_or(Ok(settings), |wrong| Err(D::Error::custom(wrong)))
    }
}

impl Default for Ttl {
    fn default() -> Self {
        Self(Span::hours(1))
    }
}

impl<'de> Deserialize<'de> for Ttl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ttl = Span::deserialize(deserializer)?;
        if ttl > LONGEST_TTL {
            return Err(D::Error::custom(format!(
                "ttl {ttl} is longer than any network keeps a notification; at most 28d"
            )));
        }
        Ok(Self(ttl))
    }
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests;
