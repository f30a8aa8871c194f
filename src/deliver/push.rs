//! Notifications on phones: by which networks `[push]` in the settings reaches them.

mod apns;
mod beams;
mod bearer;
mod fcm;
mod key;
mod onesignal;
mod payload;
mod remedy;
mod settings;

use std::path::Path;

use super::carrier::{Carrier, Kit, Ready};
use super::notes::Outbox;
use crate::model::{Channel, Gateway, Outcome, Provider, Reply};

pub(super) use apns::app;
pub use remedy::remedy;
pub use settings::Settings;

impl Settings {
    /// Whether phones of this network are reached.
    pub fn reaches(&self, provider: Provider) -> bool {
        match provider {
            Provider::WebPush => false,
            _ if self.outbox.is_some() => true,
            Provider::Apns => self.apns.is_some(),
            Provider::Fcm => self.fcm.is_some(),
            Provider::OneSignal => self.onesignal.is_some(),
            Provider::Beams => self.beams.is_some(),
        }
    }

    /// Whether notifications go into a folder and to no network.
    pub fn writes_files(&self) -> bool {
        self.outbox.is_some()
    }

    /// The networks whose phones are reached.
    pub fn networks(&self) -> impl Iterator<Item = Provider> {
        Provider::ALL.into_iter().map(|(_, provider)| provider).filter(|provider| self.reaches(*provider))
    }

    /// The gateways of the section, ready or not.
    pub fn carriers(&self, kit: &Kit<'_>) -> Vec<(Gateway, Ready)> {
        self.networks().map(|network| (Gateway::Push(network), self.carrier(network, kit))).collect()
    }

    fn carrier(&self, network: Provider, kit: &Kit<'_>) -> Ready {
        let manner = self.manner();
        match network {
            _ if self.outbox.is_some() => Ok(self.files(kit.folder)),
            Provider::Apns => ready(self.apns.as_ref().map(|it| apns::Apns::new(it, manner, kit))),
            Provider::Fcm => ready(self.fcm.as_ref().map(|it| fcm::Fcm::new(it, manner, kit))),
            Provider::OneSignal => ready(self.onesignal.as_ref().map(|it| onesignal::OneSignal::new(it, manner, kit))),
            Provider::Beams => ready(self.beams.as_ref().map(|it| beams::Beams::new(it, manner, kit))),
            Provider::WebPush => ready::<Outbox>(None),
        }
    }

    fn files(&self, folder: &Path) -> Box<dyn Carrier> {
        let folder = self.outbox.as_ref().map(|outbox| folder.join(outbox)).unwrap_or_default();
        Box::new(Outbox::new(Channel::Push, folder, self.message))
    }
}

fn ready<C: Carrier + 'static>(made: Option<Result<C, Outcome>>) -> Ready {
    match made {
        Some(made) => made.map(|carrier| -> Box<dyn Carrier> { Box::new(carrier) }),
        // nobody asks for a network that is not set up
        None => Err(wrong("push.outbox", "this network is not set up".into())),
    }
}

/// A setting that keeps a network from working, in our own words.
fn wrong(key: &'static str, text: String) -> Outcome {
    Outcome::Misconfigured { key, reply: ours(text) }
}

/// A reply in our own words.
fn ours(text: String) -> Reply {
    Reply { code: String::new(), text }
}
