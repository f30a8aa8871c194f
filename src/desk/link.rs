//! Links into the host program: checked when the settings are read, filled in per conversation.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;
use serde::{Deserialize, Deserializer, de::Error};

use crate::model::{AccountId, ConversationId};
use crate::notation::nearest;

/// The places an agent's link may name.
const PLACES: [&str; 3] = ["number", "id", "account"];

/// The only beginnings of a link.
const SCHEMES: [&str; 2] = ["https://", "http://"];
/// With a number or an id filled in it stays below what mail programs take for a link.
const LONGEST: usize = 1_000;

/// Where an agent opens a conversation: an http or https address with `{number}` or `{id}` in it, and `{account}` where
/// a desk serves several organisations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentUrl(String);

/// What a link names its conversation by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// By number, as people do, and by the account that counts so.
    Number(&'a str, Option<&'a str>),
    /// By id.
    Id(&'a str),
}

/// Where a contact goes on talking: an http or https address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactUrl(String);

impl AgentUrl {
    /// The address as it was written, with its places.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The link to one conversation; `None` when the link needs a number or an account and the conversation has none.
    pub fn link(&self, number: Option<&str>, account: Option<&AccountId>, id: &ConversationId) -> Option<String> {
        let mut link = self.0.replace("{id}", &percent_encoded(id.as_str()));
        for (place, value) in [("{number}", number), ("{account}", account.map(AccountId::as_str))] {
            if link.contains(place) {
                link = link.replace(place, &percent_encoded(value?));
            }
        }
        Some(link)
    }

    /// The number or id in a link that was made by [`AgentUrl::link`]; `None` for any other text.
    pub fn place_in<'a>(&self, link: &'a str) -> Option<Place<'a>> {
        let (before, mut template) = self.0.split_once('{')?;
        let mut rest = link.strip_prefix(before)?;
        let (mut number, mut account) = (None, None);
        while let Some((name, after)) = template.split_once('}') {
            let (between, next) = after.split_once('{').unwrap_or((after, ""));
            let (value, behind) = if between.is_empty() { (rest, "") } else { rest.split_once(between)? };
            match name {
                "id" => return Some(Place::Id(value)),
                "number" => number = Some(value),
                _ => account = Some(value),
            }
            (rest, template) = (behind, next);
        }
        Some(Place::Number(number?, account))
    }
}

impl ContactUrl {
    /// The address as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AgentUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut rest = text;
        while let Some((_, after)) = rest.split_once('{') {
            let (place, after) = after.split_once('}').ok_or_else(|| format!("{text:?} lacks a closing brace"))?;
            if !PLACES.contains(&place) {
                let meant =
                    nearest(place, PLACES).map(|meant| format!(" (did you mean {{{meant}}}?)")).unwrap_or_default();
                return Err(format!(
                    "{text:?} names {{{place}}}{meant}; a link may name {{number}}, {{id}} and {{account}}"
                ));
            }
            rest = after;
        }
        if text.matches('{').count() != text.matches('}').count() {
            return Err(format!("{text:?} has a closing brace without an opening one"));
        }
        checked(&text.replace(['{', '}'], "")).map_err(|reason| wrong(text, &reason))?;
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for ContactUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        checked(text).map_err(|reason| wrong(text, &reason))?;
        Ok(Self(text.to_owned()))
    }
}

fn wrong(text: &str, reason: &str) -> String {
    format!("{text:?} is not a web address ({reason}); write it like \"https://chat.example.com/\"")
}

/// Only what letters show as a link: a `javascript:` link in a mail would be ours, and one that is left out is missed.
fn checked(text: &str) -> Result<(), String> {
    Url::parse(text).map_err(|error| error.to_string())?;
    // the reader of addresses takes "https:chat" for one as well
    let begins = |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let host = SCHEMES.into_iter().find(|scheme| begins(scheme)).and_then(|scheme| text.get(scheme.len()..));
    if !host.is_some_and(|host| host.starts_with(|letter: char| letter.is_alphanumeric() || letter == '[')) {
        return Err("it begins with neither http:// nor https:// and a host".into());
    }
    let usual = |letter: char| letter.is_alphanumeric() || letter.is_ascii_graphic() && !"\"'<>`\\{}".contains(letter);
    if !text.chars().all(usual) {
        return Err("it holds a sign that no address has, such as a space, a quote or a brace".into());
    }
    if text.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} bytes"));
    }
    Ok(())
}

/// RFC 3986: everything but the unreserved characters, so that a number cannot leave its place in the path.
fn percent_encoded(text: &str) -> String {
    use fmt::Write as _;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // writing to a String cannot fail
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

impl fmt::Display for ContactUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for AgentUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for ContactUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_back_to_its_conversation() {
        for (url, place) in [
            ("https://x.example/inbox/{number}", Place::Number("42", None)),
            ("https://x.example/{account}/inbox/{number}", Place::Number("42", Some("3"))),
            ("https://x.example/{number}?of={account}&x", Place::Number("42", Some("3"))),
            ("https://x.example/?c={id}&tab=1", Place::Id("7")),
            ("https://x.example/{id}/{number}", Place::Id("7")),
        ] {
            let url: AgentUrl = url.parse().unwrap();
            let link = url.link(Some("42"), Some(&"3".into()), &"7".into()).unwrap();
            assert_eq!(url.place_in(&link), Some(place), "{link}");
            assert_eq!(url.place_in("https://elsewhere.example/42"), None);
        }
    }

    fn link(template: &str, number: Option<&str>) -> Option<String> {
        template.parse::<AgentUrl>().unwrap().link(number, None, &ConversationId::from("42"))
    }

    #[test]
    fn number_and_id_are_filled_in_encoded() {
        let filled = link("https://chat.example.com/a/{number}?c={id}", Some("A/7 &ä"));
        assert_eq!(filled.as_deref(), Some("https://chat.example.com/a/A%2F7%20%26%C3%A4?c=42"));
    }

    #[test]
    fn a_number_that_reads_like_a_place_is_not_filled_in_again() {
        assert_eq!(link("https://x.example/{number}", Some("{id}")).as_deref(), Some("https://x.example/%7Bid%7D"));
    }

    #[test]
    fn without_a_number_or_an_account_there_is_a_link_only_where_none_is_needed() {
        assert_eq!(link("https://x.example/{account}/{number}", Some("42")), None);
        assert_eq!(link("https://x.example/{number}", None), None);
        assert_eq!(link("https://x.example/{id}", None).as_deref(), Some("https://x.example/42"));
    }

    #[test]
    fn what_is_no_web_address_is_refused_by_its_value() {
        let long = format!("https://x.example/{}", "x".repeat(1_000));
        for text in [
            "chat.example.com",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://",
            "https:x.example",
            "https:/x.example",
            "https:http://x.example",
            "https://@x.example/",
            "https://a b/",
            "https://x.example/\"onclick=",
            "https://x.example/\u{202e}",
            &long,
        ] {
            let error = text.parse::<ContactUrl>().unwrap_err();
            assert!(error.contains(&format!("{text:?}")) && error.contains("write it like"), "{text}: {error}");
            assert!(text.parse::<AgentUrl>().is_err(), "{text}");
        }
        assert!("https://x.example/{id}".parse::<ContactUrl>().is_err(), "a contact's link has no places");
    }

    #[test]
    fn a_misspelt_place_is_answered_with_the_right_one() {
        let error = "https://x.example/{nummber}".parse::<AgentUrl>().unwrap_err();
        assert!(error.contains("did you mean {number}?"), "{error}");
        for text in ["https://x.example/{id", "https://x.example/id}", "https://x.example/}{id}"] {
            assert!(text.parse::<AgentUrl>().unwrap_err().contains("brace"), "{text}");
        }
    }
}
