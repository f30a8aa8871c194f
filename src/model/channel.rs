//! The ways to reach people.

use std::fmt;

/// A way to reach people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// Email by SMTP.
    Email,
    /// A text message.
    Sms,
    /// A notification on a phone.
    Push,
    /// A notification by the browser.
    Desktop,
    /// A row in the feed that the host program shows.
    InApp,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 5] = [Self::Email, Self::Sms, Self::Push, Self::Desktop, Self::InApp];

    /// The word in settings, preferences, ledger and help.
    pub fn word(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Push => "push",
            Self::Desktop => "desktop",
            Self::InApp => "in_app",
        }
    }

    /// Reads what [`Channel::word`] wrote.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.word() == word)
    }

    /// Whether each conversation, event and deadline is a notification of its own, which a newer one replaces; else they
    /// share a digest.
    pub fn is_per_conversation(self) -> bool {
        matches!(self, Self::Push | Self::Desktop | Self::InApp)
    }

    /// Whether it reaches devices of a recipient rather than the recipient.
    pub fn is_by_device(self) -> bool {
        matches!(self, Self::Push | Self::Desktop)
    }

    /// Whether it may disturb somebody who rests: quiet hours hold it back.
    pub fn disturbs(self) -> bool {
        self != Self::InApp
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
