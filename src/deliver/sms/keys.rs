//! The values of `[sms]` that have a form of their own; each says what is wrong and how to write it.

use std::num::NonZeroU32;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, de::Error};

use crate::model::phone_number;
use crate::notation::Span;

/// Twilio's identifiers are two letters and 32 hexadecimal digits (twilio.com/docs/glossary/what-is-a-sid).
const DIGITS_OF_A_SID: usize = 32;
/// Longer texts than this nobody reads, and Twilio takes 1,600 characters at most (twilio.com/docs/errors/21617).
const MOST_SEGMENTS: i64 = 10;
/// Twilio's own bounds of `ValidityPeriod` (twilio.com/docs/messaging/api/message-resource).
const LONGEST_VALIDITY: u32 = 36_000;
/// What networks show as a sender's name (twilio.com/docs/glossary/what-alphanumeric-sender-id).
const LONGEST_NAME: usize = 11;

/// The account's identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AccountSid(pub(super) String);

/// The name of a key that stands in for the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeySid(pub(super) String);

/// Who the messages are from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sender {
    /// A number in international form, or a short code: whoever hears can answer.
    Number(Arc<str>),
    /// A name in place of a number: nobody can answer.
    Name(String),
    /// A pool of senders that Twilio chooses from.
    Service(String),
}

/// A number of the account, or a short code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Own(pub(super) Arc<str>);

/// How many segments a message may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segments(pub(super) u8);

/// How long Twilio may try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Validity(pub(super) Span);

/// At most so many in a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PerDay(pub(super) NonZeroU32);

/// What becomes of a message that may have arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Doubt {
    /// It is left to a person.
    #[default]
    Hold,
    /// It is sent once more.
    Resend,
    /// It is looked for in Twilio's list, and sent once more if it is not there.
    Reconcile,
}

impl Default for Segments {
    fn default() -> Self {
        Self(1)
    }
}

impl Default for Validity {
    fn default() -> Self {
        Self(Span::hours(1))
    }
}

fn sid(kind: &str, text: &str) -> bool {
    text.strip_prefix(kind)
        .is_some_and(|digits| digits.len() == DIGITS_OF_A_SID && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// Twilio's short codes have 3 to 8 digits, by country.
fn short_code(text: &str) -> bool {
    (3..=8).contains(&text.len()) && text.bytes().all(|digit| digit.is_ascii_digit())
}

fn own(text: &str) -> Option<Arc<str>> {
    if short_code(text) { Some(text.into()) } else { phone_number(text) }
}

impl Sender {
    fn parse(text: &str) -> Option<Self> {
        if sid("MG", text) {
            return Some(Self::Service(text.to_owned()));
        }
        if let Some(number) = own(text) {
            return Some(Self::Number(number));
        }
        let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == ' ';
        let is_name = text.len() <= LONGEST_NAME
            && text.trim() == text
            && text.chars().all(plain)
            && text.chars().any(|letter| letter.is_ascii_alphabetic());
        is_name.then(|| Self::Name(text.to_owned()))
    }
}

/// Reads a text, and says how to write it when it is wrong; the line itself is shown with the error.
macro_rules! from_text {
    ($($name:ident: $parse:expr, $remedy:literal;)+) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                let parse: fn(&str) -> Option<Self> = $parse;
                parse(&text).ok_or_else(|| D::Error::custom($remedy))
            }
        }
    )+};
}

from_text! {
    AccountSid: |text| sid("AC", text).then(|| Self(text.to_owned())),
        "this is no account SID; copy it from Twilio's console: AC and 32 digits of 0-9 and a-f";
    KeySid: |text| sid("SK", text).then(|| Self(text.to_owned())),
        "this is no SID of an API key; copy it from Twilio's console: SK and 32 digits of 0-9 and a-f";
    Sender: Self::parse,
        "nobody can be texted from this; write a number such as \"+441632960000\", a short code, a name of at most 11 \
         letters and digits, or a messaging service (MG and 32 digits of 0-9 and a-f)";
    Own: |text| own(text).map(Self),
        "this is no number of an account; write it in international form, such as \"+441632960000\", or a short code";
}

impl<'de> Deserialize<'de> for Segments {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let count = i64::deserialize(deserializer)?;
        let known = u8::try_from(count).ok().filter(|_| (1..=MOST_SEGMENTS).contains(&count));
        known
            .map(Self)
            .ok_or_else(|| D::Error::custom(format!("segments = {count} is out of range; write 1 to {MOST_SEGMENTS}")))
    }
}

impl<'de> Deserialize<'de> for Validity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let span = Span::deserialize(deserializer)?;
        if (1..=LONGEST_VALIDITY).contains(&span.as_seconds()) {
            return Ok(Self(span));
        }
        Err(D::Error::custom(format!("valid_for = {span} is out of range; write a time from \"1s\" to \"10h\"")))
    }
}

impl<'de> Deserialize<'de> for PerDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let count = i64::deserialize(deserializer)?;
        u32::try_from(count).ok().and_then(NonZeroU32::new).map(Self).ok_or_else(|| {
            D::Error::custom(format!("{count} a day would never send; write 1 or more, or take sms out of the rules"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_a_number_a_short_code_a_name_or_a_service() {
        let number = |text: &str| Some(Sender::Number(text.into()));
        assert_eq!(Sender::parse("+44 1632 960000"), number("+441632960000"));
        assert_eq!(Sender::parse("12345"), number("12345"));
        assert_eq!(Sender::parse("Our Desk 24"), Some(Sender::Name("Our Desk 24".into())));
        let service = format!("MG{}", "0f".repeat(16));
        assert_eq!(Sender::parse(&service), Some(Sender::Service(service)));
        for wrong in ["", "+44", "01632960000", "Twelve chars", "Desk!", " Desk", "é", "441632960000"] {
            assert_eq!(Sender::parse(wrong), None, "{wrong:?}");
        }
    }
}
