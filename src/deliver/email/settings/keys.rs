//! The values of `[email]` that have a form of their own; each says what is wrong and how to write it.

use std::fmt;
use std::str::FromStr;

use lettre::message::Mailbox;
use serde::{Deserialize, Deserializer, de::Error};

use crate::model::display_name;
use crate::notation::Span;

/// More connections than this are refused or slowed down by common relays (Postfix allows 50 per client, and 20 per destination).
const MOST_LANES: u8 = 20;

/// `host:port`, or `[2001:db8::1]:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::deliver::email) struct Server {
    pub(in crate::deliver::email) host: String,
    pub(in crate::deliver::email) port: u16,
}

/// A mailbox of the desk; its name is fit for a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::deliver::email) struct Desk(pub(in crate::deliver::email) Mailbox);

/// The part of List-Id between the angle brackets (RFC 2919, section 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::deliver::email) struct ListId(pub(in crate::deliver::email) String);

/// One address of List-Unsubscribe (RFC 2369, RFC 8058).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::deliver::email) struct Unsubscribe(pub(in crate::deliver::email) String);

/// A domain or address literal for EHLO (RFC 5321, section 4.1.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::deliver::email) struct HelloName(pub(in crate::deliver::email) String);

/// A time-out: one second to one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::deliver::email) struct Patience(pub(in crate::deliver::email) Span);

/// How many connections at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::deliver::email) struct Lanes(pub(in crate::deliver::email) u8);

/// How many mails a minute, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::deliver::email) struct PerMinute(pub(in crate::deliver::email) u32);

impl Patience {
    pub(super) const fn for_a_command() -> Self {
        Self(Span::seconds(30))
    }

    /// Shorter than the ten minutes of RFC 5321, section 4.5.3.2.6: a pass has about four.
    pub(super) const fn for_the_last_word() -> Self {
        Self(Span::seconds(120))
    }
}

impl Default for Lanes {
    fn default() -> Self {
        Self(8)
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for Server {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((host, port)) = text.rsplit_once(':') else {
            return Err(format!(
                "server {text:?} has no port; write \"{text}:465\" for TLS or \"{text}:587\" for STARTTLS"
            ));
        };
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let known = bare.map_or_else(|| is_domain(host), |ip| ip.parse::<std::net::Ipv6Addr>().is_ok());
        if !known {
            return Err(format!("server {text:?} has no usable host; write \"smtp.example.com:465\""));
        }
        match port.parse() {
            Ok(port) if port > 0 => Ok(Self { host: bare.unwrap_or(host).to_owned(), port }),
            _ => Err(format!("server {text:?} has no usable port; write one from 1 to 65535, such as 465")),
        }
    }
}

impl FromStr for Desk {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a mailbox; write it like \"Support desk <desk@example.com>\"");
        let mailbox: Mailbox = text.parse().map_err(|_| wrong())?;
        if !AsRef::<str>::as_ref(&mailbox.email).is_ascii() {
            return Err(wrong());
        }
        let name = mailbox.name.as_deref().map(display_name).filter(|name| !name.is_empty());
        Ok(Self(Mailbox::new(name, mailbox.email)))
    }
}

impl FromStr for ListId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = is_domain(text) && text.contains('.');
        known.then(|| Self(text.to_owned())).ok_or_else(|| {
            format!("list_id {text:?} is not a dotted name; write it like a host name: \"chat.desk.example.com\"")
        })
    }
}

impl FromStr for Unsubscribe {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let tail = text.strip_prefix("https://").or_else(|| text.strip_prefix("mailto:"));
        let printable = text.chars().all(|letter| letter.is_ascii_graphic() && !"<>,\"".contains(letter));
        if tail.is_some_and(|tail| !tail.is_empty()) && printable {
            return Ok(Self(text.to_owned()));
        }
        Err(format!("list_unsubscribe {text:?} is no address to stop mails; write \"https://...\" or \"mailto:...\""))
    }
}

impl FromStr for HelloName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let literal = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        let known = literal
            .map_or_else(|| is_domain(text), |ip| ip.trim_start_matches("IPv6:").parse::<std::net::IpAddr>().is_ok());
        known
            .then(|| Self(text.to_owned()))
            .ok_or_else(|| format!("hello_name {text:?} is not a host name; write it like \"mail.example.com\""))
    }
}

/// Letters, digits, `.`, `-` and `_`: what may go on an SMTP line without a doubt.
fn is_domain(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 255
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-_".contains(letter))
}

/// Reads a type from a settings string by its `FromStr`.
macro_rules! from_text {
    ($($name:ident),+) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }
    )+};
}

from_text!(Server, Desk, ListId, Unsubscribe, HelloName);

impl<'de> Deserialize<'de> for Patience {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let span = Span::deserialize(deserializer)?;
        if (1..=3_600).contains(&span.as_seconds()) {
            return Ok(Self(span));
        }
        Err(D::Error::custom(format!("a time-out of {span} is out of range; write one from \"1s\" to \"1h\"")))
    }
}

impl<'de> Deserialize<'de> for Lanes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let count = i64::deserialize(deserializer)?;
        u8::try_from(count)
            .ok()
            .filter(|count| (1..=MOST_LANES).contains(count))
            .map(Self)
            .ok_or_else(|| D::Error::custom(format!("lanes = {count} is out of range; write 1 to {MOST_LANES}")))
    }
}

impl<'de> Deserialize<'de> for PerMinute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let count = i64::deserialize(deserializer)?;
        u32::try_from(count).ok().filter(|count| *count > 0).map(Self).ok_or_else(|| {
            D::Error::custom(format!(
                "per_minute = {count} would never send; write 1 or more, or leave it out for no limit"
            ))
        })
    }
}
