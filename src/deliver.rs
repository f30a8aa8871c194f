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
mod segment;
pub mod sms;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};

use self::carrier::{Kit, Ready, Token};
use self::http::Http;
use crate::model::{Channel, Device, Gateway, Outcome, Provider, Reply};

pub use notification::Notification;
pub use segment::{Alphabet, Measure, measured, text_message};

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
    /// How long one attempt takes at most: none takes longer than a text that is first looked for in Twilio's list.
    pub fn longest_attempt(&self) -> Duration {
        if self.channels().next().is_some() { LONGEST_ATTEMPT } else { Duration::ZERO }
    }

    /// The channels that are set up.
    pub fn channels(&self) -> impl Iterator<Item = Channel> {
        let sms = self.sms.is_some().then_some(Channel::Sms);
        let push = self.push.is_some().then_some(Channel::Push);
        let desktop = self.desktop.is_some().then_some(Channel::Desktop);
        [sms, push, desktop].into_iter().flatten()
    }

    /// Whether text messages that people send are taken in.
    pub fn takes_replies(&self) -> bool {
        self.sms.as_ref().is_some_and(sms::Settings::takes_replies)
    }

    /// Where text messages that people send are looked for, or what keeps it shut; `None` when they are not taken in.
    pub fn inbox(&self, folder: &Path) -> Option<Result<sms::Inbox, Outcome>> {
        let sms = self.sms.as_ref().filter(|sms| sms.takes_replies())?;
        sms.inbox(&Http::new(&self.http, folder), folder)
    }

    /// Whether there is a way to the devices of a network.
    pub fn reaches(&self, provider: Provider) -> bool {
        match provider {
            Provider::WebPush => self.desktop.is_some(),
            phones => self.push.as_ref().is_some_and(|push| push.reaches(phones)),
        }
    }

    /// A carrier for each gateway that is set up; relative file names begin at `folder`.
    pub fn carriers(&self, folder: &Path, tokens: &BTreeMap<Gateway, Token>, now: DateTime<Utc>) -> Carriers {
        let kit = Kit { http: &Http::new(&self.http, folder), folder, tokens, now };
        let mut carriers = Carriers::new();
        carriers.extend(self.sms.iter().flat_map(|sms| sms.carriers(&kit)));
        carriers.extend(self.push.iter().flat_map(|push| push.carriers(&kit)));
        carriers.extend(self.desktop.iter().flat_map(|desktop| desktop.carriers(&kit)));
        carriers
    }
}

/// Who answers for a device within its gateway: the push service of a browser, an app on Apple's network; empty where all
/// answers are the gateway's. Another branch may refuse what this one takes.
pub fn branch(device: &Device) -> String {
    match device.provider {
        Provider::WebPush => desktop::push_service(&device.token),
        Provider::Apns => push::app(device).unwrap_or_default().to_owned(),
        Provider::Fcm | Provider::OneSignal | Provider::Beams => String::new(),
    }
}

/// More than any carrier says of itself; `tests/answers` asks them all.
const LONGEST_ATTEMPT: Duration = Duration::from_mins(3);
/// How the words begin when the settings have lost a channel for which deliveries wait.
const NO_SECTION: &str = "there is no section";

/// How the words begin when the machine keeps a secret from us; what helps stands in them already.
const NO_SECRET: [&str; 3] = ["read secret file ", "secret file ", "the environment variable "];

/// What a person can do about an outcome on a channel, in a sentence; empty where nothing needs doing.
pub fn remedy(channel: Channel, outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Misconfigured { reply, .. } if reply.text.starts_with(NO_SECTION) => {
            "add it again: what still has to be told goes out then, and the rest is dropped; or if it went on purpose: \
             doorbell deliveries list --state queued, then drop"
        }
        Outcome::Misconfigured { reply, .. }
            if reply.code.is_empty() && NO_SECRET.iter().any(|start| reply.text.starts_with(start)) =>
        {
            ""
        }
        _ if channel == Channel::Email => email::remedy(outcome),
        _ if channel == Channel::Sms => sms::remedy(outcome),
        _ if channel == Channel::Push => push::remedy(outcome),
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
