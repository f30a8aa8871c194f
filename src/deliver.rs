//! Channels: each takes one thing to tell, hands it over, and says what became of it as an `Outcome`.
//! Channels do not know each other, and none of them retries: the ledger does.

pub mod carrier;
pub mod desktop;
mod discreet;
pub mod email;
pub mod http;
pub mod notes;
mod notification;
pub mod outbox;
pub mod push;
pub mod sms;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use self::carrier::{Kit, Ready, Token};
use self::http::Http;
use crate::model::{Channel, Gateway, Outcome, Reply};

pub use notification::Notification;

/// The sections of the settings for everything but email.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// `[http]`.
    pub http: http::Settings,
    /// `[sms]`.
    pub sms: Option<sms::Settings>,
    /// `[push]`.
    pub push: Option<push::Settings>,
    /// `[desktop]`.
    pub desktop: Option<desktop::Settings>,
}

/// The ways out besides email, ready or not.
pub type Carriers = BTreeMap<Gateway, Ready>;

impl Settings {
    /// The channels that are set up.
    pub fn channels(&self) -> impl Iterator<Item = Channel> {
        let sms = self.sms.is_some().then_some(Channel::Sms);
        let push = self.push.is_some().then_some(Channel::Push);
        let desktop = self.desktop.is_some().then_some(Channel::Desktop);
        [sms, push, desktop].into_iter().flatten()
    }

    /// A carrier for each gateway that is set up; relative file names begin at `folder`.
    pub fn carriers(&self, folder: &Path, tokens: &BTreeMap<Gateway, Token>) -> Carriers {
        let kit = Kit { http: &Http::new(&self.http, folder), folder, tokens };
        let mut carriers = Carriers::new();
        carriers.extend(self.sms.iter().flat_map(|sms| sms.carriers(&kit)));
        carriers.extend(self.push.iter().flat_map(|push| push.carriers(&kit)));
        carriers.extend(self.desktop.iter().flat_map(|desktop| desktop.carriers(&kit)));
        carriers
    }
}

/// How long one attempt by any of these takes at most.
pub fn longest_attempt(carriers: &Carriers) -> Duration {
    carriers.values().flatten().map(|carrier| carrier.longest_attempt()).max().unwrap_or_default()
}

/// How the words begin when the settings have lost a channel for which deliveries wait.
const NO_SECTION: &str = "there is no section";

/// What a person can do about an outcome on a channel, in a sentence; empty where nothing needs doing.
pub fn remedy(channel: Channel, outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Misconfigured { reply, .. } if reply.text.starts_with(NO_SECTION) => {
            "add it again: what still has to be told goes out then, and the rest is dropped"
        }
        _ if channel == Channel::Email => email::remedy(outcome),
        _ => desktop::remedy(outcome).unwrap_or_else(|| notes::remedy(outcome)),
    }
}

/// What becomes of a delivery whose gateway is not in the settings any more: it waits until it is.
pub fn no_section(gateway: Gateway) -> Outcome {
    let key = match gateway {
        Gateway::Email => "email.server",
        other => other.word(),
    };
    let text = format!("{NO_SECTION} [{gateway}] in the settings, and deliveries wait for it");
    Outcome::Misconfigured { key, reply: Reply { code: String::new(), text } }
}
