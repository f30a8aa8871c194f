//! What a provider answered.

use std::time::Duration;

use chrono::DateTime;
use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use serde::de::DeserializeOwned;

use super::super::discreet::Discreet;
use crate::model::Reply;

/// No provider is waited for longer.
const LONGEST_WAIT: Duration = Duration::from_hours(24);

/// An answer, as far as it was read.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status, 100 to 599.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, at most 64 KiB of it.
    pub body: Vec<u8>,
    /// Whether the body came to its end.
    pub is_whole: bool,
}

impl Answer {
    /// Whether the status says that it was done.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body, if it is JSON of this form: errors are often empty, or a page for people.
    pub fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    /// A header, if there is one that can be read.
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// How long the provider wants to be left alone: `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3),
    /// at most a day. A date is held against the provider's own clock, not ours.
    pub fn retry_after(&self) -> Option<Duration> {
        let text = self.header(&RETRY_AFTER)?.trim();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            // more digits than fit mean: for very long
            return Some(text.parse().map_or(LONGEST_WAIT, Duration::from_secs).min(LONGEST_WAIT));
        }
        let until = DateTime::parse_from_rfc2822(text).ok()?;
        let now = DateTime::parse_from_rfc2822(self.header(&DATE)?).ok()?;
        Some((until - now).to_std().unwrap_or_default().min(LONGEST_WAIT))
    }

    /// The provider's words: the status with its own code, and a text in which nothing discreet is left.
    pub(in crate::deliver) fn reply(&self, code: &str, text: &str, discreet: &Discreet) -> Reply {
        let text = if text.trim().is_empty() { String::from_utf8_lossy(&self.body) } else { text.into() };
        Reply { code: format!("{} {code}", self.status).trim_end().to_owned(), text: discreet.shown(&text) }
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn wait(headers: &[(HeaderName, &str)]) -> Option<u64> {
        let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()));
        let answer = Answer { status: 429, headers: headers.collect(), body: Vec::new(), is_whole: true };
        answer.retry_after().map(|wait| wait.as_secs())
    }

    #[test]
    fn retry_after_is_read_in_both_forms_and_held_to_a_day() {
        let date = (DATE, "Sun, 22 Nov 2026 12:00:00 GMT");
        assert_eq!(wait(&[(RETRY_AFTER, "120")]), Some(120));
        assert_eq!(wait(&[(RETRY_AFTER, "1000000000000")]), Some(86_400));
        assert_eq!(wait(&[(RETRY_AFTER, "99999999999999999999999")]), Some(86_400));
        assert_eq!(wait(&[(RETRY_AFTER, "Sun, 22 Nov 2026 12:02:00 GMT"), date.clone()]), Some(120));
        assert_eq!(wait(&[(RETRY_AFTER, "Sun, 22 Nov 2026 11:00:00 GMT"), date.clone()]), Some(0), "over already");
        assert_eq!(wait(&[(RETRY_AFTER, "Fri, 22 Nov 2126 12:00:00 GMT"), date]), Some(86_400));
        for nonsense in ["-5", "soon", "", "1.5", "12 seconds"] {
            assert_eq!(wait(&[(RETRY_AFTER, nonsense)]), None, "{nonsense:?}");
        }
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn words_hold_no_secret_and_no_address() {
        let body = br#"{"error":"key abcdefgh1234 refused for ada@example.com"}"#.to_vec();
        let answer = Answer { status: 401, headers: HeaderMap::new(), body, is_whole: true };
        let discreet = Discreet::about(["abcdefgh1234".to_owned()]);
        let reply = answer.reply("", "", &discreet);
        assert_eq!(reply.words(), r#"401 {"error":"key *** refused for a***@e***.com"}"#);
        assert_eq!(answer.reply("20003", "Authenticate", &discreet).words(), "401 20003 Authenticate");
    }
}
