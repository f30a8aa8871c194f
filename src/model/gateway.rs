//! The ways out that work or fail each on its own.

use std::fmt;

use super::{Channel, Device, Provider};

/// A way out that works or fails as a whole: a channel, and for phones whose network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Gateway {
    /// The mail server.
    Email,
    /// The provider of text messages.
    Sms,
    /// A network of phones.
    Push(Provider),
    /// The push services of browsers.
    Desktop,
    /// The feed.
    InApp,
}

impl Gateway {
    /// Every gateway with its word in settings, ledger and help.
    pub const ALL: [(&str, Self); 8] = [
        ("email", Self::Email),
        ("sms", Self::Sms),
        ("push.apns", Self::Push(Provider::Apns)),
        ("push.fcm", Self::Push(Provider::Fcm)),
        ("push.onesignal", Self::Push(Provider::OneSignal)),
        ("push.beams", Self::Push(Provider::Beams)),
        ("desktop", Self::Desktop),
        ("in_app", Self::InApp),
    ];

    /// By which gateway a channel reaches somebody; `device` where it reaches devices.
    pub fn of(channel: Channel, device: Option<&Device>) -> Self {
        match (channel, device) {
            (Channel::Email, _) => Self::Email,
            (Channel::Sms, _) => Self::Sms,
            (Channel::Push, Some(device)) => Self::Push(device.provider),
            // a phone that the desk has lost reaches nobody by any network
            (Channel::Push, None) => Self::Push(Provider::Fcm),
            (Channel::Desktop, _) => Self::Desktop,
            (Channel::InApp, _) => Self::InApp,
        }
    }

    /// The word in settings, ledger and help: its section in the settings.
    pub fn word(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, gateway)| *gateway == self).map_or("push", |(word, _)| word)
    }

    /// Reads what [`Gateway::word`] wrote.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == word).map(|(_, gateway)| gateway)
    }

    /// The channel that it serves.
    pub fn channel(self) -> Channel {
        match self {
            Self::Email => Channel::Email,
            Self::Sms => Channel::Sms,
            Self::Push(_) => Channel::Push,
            Self::Desktop => Channel::Desktop,
            Self::InApp => Channel::InApp,
        }
    }
}

impl fmt::Display for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_gateway_is_read_as_it_is_written() {
        for (word, gateway) in Gateway::ALL {
            assert_eq!((gateway.word(), Gateway::parse(word)), (word, Some(gateway)));
            assert!(word.starts_with(gateway.channel().word()));
        }
    }
}
