//! What Apple's answers mean.
//! <https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns>

use std::time::Duration;

use reqwest::header::HeaderName;
use serde::Deserialize;

use super::super::super::discreet::Discreet;
use super::super::super::http::Answer;
use crate::model::Outcome;

/// Apple wants no other token sooner ("Establishing a token-based connection to APNs").
const BETWEEN_TOKENS: Duration = Duration::from_mins(20);

#[derive(Default, Deserialize)]
struct Body {
    #[serde(default)]
    reason: String,
}

/// Whether the token was too old for Apple.
pub(super) fn is_expired(answer: &Answer) -> bool {
    answer.status == 403 && reason(answer) == "ExpiredProviderToken"
}

/// What became of the notification.
pub(super) fn outcome(answer: &Answer, discreet: &Discreet) -> Outcome {
    let reason = reason(answer);
    let reply = answer.reply("", if answer.is_success() { receipt(answer) } else { &reason }, discreet);
    let misconfigured = |key| Outcome::Misconfigured { key, reply: reply.clone() };
    match (answer.status, reason.as_str()) {
        (200..=299, _) => Outcome::Accepted(reply),
        (410, _) => Outcome::RefusedRecipient(reply),
        // of a single device, or of every device of the other network
        (400, "BadDeviceToken") => misconfigured("push.apns.sandbox"),
        (400, "DeviceTokenNotForTopic" | "TopicDisallowed" | "BadTopic" | "MissingTopic") => {
            misconfigured("push.apns.topic")
        }
        (403, reason) if is_about_the_key(reason) => misconfigured("push.apns.key_file"),
        (429, "TooManyProviderTokenUpdates") => Outcome::Deferred(Some(BETWEEN_TOKENS), reply),
        // of this very device
        (429, "TooManyRequests") | (400, "IdleTimeout") => Outcome::Deferred(None, reply),
        (429 | 500..=599, _) => Outcome::Deferred(answer.retry_after(), reply),
        (400..=499, _) => Outcome::RefusedMessage(reply),
        _ => Outcome::Deferred(None, reply),
    }
}

fn is_about_the_key(reason: &str) -> bool {
    matches!(
        reason,
        "ExpiredProviderToken"
            | "InvalidProviderToken"
            | "MissingProviderToken"
            | "UnrelatedKeyIdInToken"
            | "BadEnvironmentKeyIdInToken"
            | "BadEnvironmentKeyInToken"
            | "BadCertificate"
            | "BadCertificateEnvironment"
            | "Forbidden"
    )
}

fn reason(answer: &Answer) -> String {
    answer.json::<Body>().unwrap_or_default().reason
}

/// Apple's name for a notification that it took.
fn receipt(answer: &Answer) -> &str {
    answer.header(&HeaderName::from_static("apns-id")).unwrap_or("accepted")
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, headers: HeaderMap::new(), body: body.into(), is_whole: true }
    }

    /// The outcome in a word, with the setting at fault or the seconds to wait.
    fn word(answer: &Answer) -> String {
        match outcome(answer, &Discreet::default()) {
            Outcome::Accepted(_) => "accepted".into(),
            Outcome::Deferred(None, _) => "later".into(),
            Outcome::Deferred(Some(wait), _) => format!("later {}", wait.as_secs()),
            Outcome::RefusedRecipient(_) => "dead".into(),
            Outcome::RefusedMessage(_) => "dropped".into(),
            Outcome::Misconfigured { key, .. } => key.into(),
            Outcome::Unknown(_) => "unknown".into(),
        }
    }

    #[test]
    fn bodies_may_be_empty_or_a_page() {
        for body in ["", "<html>502</html>", "null", "{\"reason\":null}"] {
            assert_eq!(word(&answer(502, body)), "later", "{body}");
            assert_eq!(word(&answer(400, body)), "dropped", "{body}");
        }
    }

    #[test]
    fn a_wait_that_apple_asks_for_is_kept() {
        let mut busy = answer(503, r#"{"reason":"ServiceUnavailable"}"#);
        busy.headers.insert(RETRY_AFTER, HeaderValue::from_static("30"));
        assert_eq!(word(&busy), "later 30");
    }

    #[test]
    fn words_are_apples_own() {
        let dead = outcome(&answer(410, r#"{"reason":"Unregistered","timestamp":1}"#), &Discreet::default());
        assert_eq!(dead.reply().words(), "410 Unregistered");
        let mut taken = answer(200, "");
        taken.headers.insert("apns-id", HeaderValue::from_static("EC1BF194-B3B2-424A-89A9-5A918A6E6B5D"));
        let taken = outcome(&taken, &Discreet::default());
        assert_eq!(taken.reply().words(), "200 EC1BF194-B3B2-424A-89A9-5A918A6E6B5D");
    }
}
