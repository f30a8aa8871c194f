//! Browser notifications by Web Push (RFC 8030): each is encrypted for one browser and handed to its push service.

pub mod encryption;
mod endpoint;
mod handover;
mod payload;
pub mod vapid;

use std::path::PathBuf;

use serde::{Deserialize, Deserializer, de::Error};

use self::endpoint::Service;
use self::handover::WebPush;
use self::vapid::Contact;
use super::carrier::{Kit, Ready};
use super::notes::Outbox;
use crate::model::{Channel, Device, Gateway, Outcome};
use crate::notation::Span;

/// The setting that is at fault when no push service takes our tokens.
pub(super) const KEY_FILE: &str = "desktop.vapid_key_file";
/// What the largest push service keeps (autopush.readthedocs.io: 2592000 seconds).
const LONGEST_TTL: Span = Span::hours(30 * 24);

/// What `[desktop]` says.
#[derive(Debug, Clone)]
pub struct Settings {
    way: Way,
    ttl: Ttl,
    urgency: Urgency,
    push_services: Vec<Service>,
}

/// Where notifications go.
#[derive(Debug, Clone)]
enum Way {
    /// Into files.
    Outbox(PathBuf),
    /// To push services, which know us by the key and can write to the contact.
    PushServices(PathBuf, Contact),
}

/// The keys of `[desktop]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// A folder in which every notification is written as a .json file; in place of `vapid_key_file`.
    outbox: Option<PathBuf>,
    /// The file that holds the key, as `doorbell vapid` makes it.
    vapid_key_file: Option<PathBuf>,
    /// Whom push services may write to: `mailto:ops@example.com` or an https address.
    contact: Option<Contact>,
    /// How long a push service keeps what it cannot deliver. Default: 1h.
    #[serde(default)]
    ttl: Ttl,
    /// How soon a sleeping device is woken: `very-low`, `low`, `normal` or `high`. Default: `high`.
    #[serde(default)]
    urgency: Urgency,
    /// Hosts to trust beside the push services of the browsers.
    #[serde(default)]
    push_services: Vec<Service>,
}

/// How long a push is worth delivering.
#[derive(Debug, Clone, Copy)]
struct Ttl(Span);

/// RFC 8030, section 5.3.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Urgency {
    VeryLow,
    Low,
    Normal,
    #[default]
    High,
}

impl Default for Ttl {
    fn default() -> Self {
        Self(Span::hours(1))
    }
}

impl Urgency {
    fn word(self) -> &'static str {
        match self {
            Self::VeryLow => "very-low",
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }
}

impl Settings {
    /// The gateways of the section, ready or not.
    pub fn carriers(&self, kit: &Kit<'_>) -> Vec<(Gateway, Ready)> {
        let carrier: Ready = match &self.way {
            Way::Outbox(folder) => Ok(Box::new(Outbox::new(Channel::Desktop, kit.folder.join(folder), true))),
            Way::PushServices(file, contact) => match WebPush::new(self, file, contact, kit) {
                Ok(carrier) => Ok(Box::new(carrier)),
                Err(fault) => Err(fault),
            },
        };
        vec![(Gateway::Desktop, carrier)]
    }
}

impl Settings {
    /// Why nothing would ever be pushed to this browser, if so.
    pub fn unusable(&self, device: &Device) -> Option<String> {
        match &self.way {
            Way::Outbox(_) => None,
            Way::PushServices(..) => handover::target(device, &self.push_services).err(),
        }
    }
}

impl Written {
    fn way(&self) -> Result<Way, &'static str> {
        match (&self.outbox, &self.vapid_key_file, &self.contact) {
            (Some(folder), None, None) => Ok(Way::Outbox(folder.clone())),
            (None, Some(file), Some(contact)) => Ok(Way::PushServices(file.clone(), contact.clone())),
            (Some(_), ..) => Err("both outbox and vapid_key_file or contact are set; remove one side"),
            (None, None, None) => Err(
                "neither vapid_key_file nor outbox is set; make a key with `doorbell vapid FILE` and write vapid_key_file = \"FILE\" and contact = \"mailto:you@example.com\", or outbox = \"outbox\" to get files",
            ),
            (None, Some(_), None) => {
                Err("vapid_key_file needs contact; write contact = \"mailto:\" and an address of yours")
            }
            (None, None, Some(_)) => Err("contact needs vapid_key_file; make a key with `doorbell vapid FILE`"),
        }
    }
}

/// The push service of a subscription: one name for all the hosts of a browser's; empty where there is none.
pub(super) fn push_service(token: &str) -> String {
    endpoint::service(token)
}

/// What a person can do about an outcome, in a sentence; `None` where it is not about this channel's own settings.
pub(super) fn remedy(outcome: &Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Misconfigured { key: KEY_FILE, .. } => Some(
            "let desktop.vapid_key_file name the key that browsers were subscribed with, and desktop.contact an address that exists; `doorbell vapid FILE` prints the public half",
        ),
        Outcome::Deferred(None, reply) if ["401", "403"].contains(&&*reply.code) => Some(
            "another push service takes the same key: look at desktop.contact, which Apple's wants to be an address that exists, or the browser was subscribed with another key",
        ),
        _ => None,
    }
}

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        let way = written.way().map_err(D::Error::custom)?;
        Ok(Self { way, ttl: written.ttl, urgency: written.urgency, push_services: written.push_services })
    }
}

impl<'de> Deserialize<'de> for Ttl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let span = Span::deserialize(deserializer)?;
        if span.as_seconds() > LONGEST_TTL.as_seconds() {
            return Err(D::Error::custom(format!(
                "ttl = \"{span}\" is more than push services keep; write at most \"30d\""
            )));
        }
        Ok(Self(span))
    }
}
