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
    fn every_reason_means_what_apple_says() {
        for (status, reason, expected) in [
            (200, "", "accepted"),
            (410, "Unregistered", "dead"),
            (410, "ExpiredToken", "dead"),
            (400, "BadDeviceToken", "push.apns.sandbox"),
            (400, "DeviceTokenNotForTopic", "push.apns.topic"),
            (400, "TopicDisallowed", "push.apns.topic"),
            (400, "BadTopic", "push.apns.topic"),
            (400, "MissingTopic", "push.apns.topic"),
            (403, "ExpiredProviderToken", "push.apns.key_file"),
            (403, "InvalidProviderToken", "push.apns.key_file"),
            (403, "MissingProviderToken", "push.apns.key_file"),
            (403, "UnrelatedKeyIdInToken", "push.apns.key_file"),
            (403, "BadEnvironmentKeyIdInToken", "push.apns.key_file"),
            (403, "BadEnvironmentKeyInToken", "push.apns.key_file"),
            (403, "BadCertificate", "push.apns.key_file"),
            (403, "BadCertificateEnvironment", "push.apns.key_file"),
            (403, "Forbidden", "push.apns.key_file"),
            (413, "PayloadTooLarge", "dropped"),
            (400, "PayloadEmpty", "dropped"),
            (400, "BadCollapseId", "dropped"),
            (400, "BadExpirationDate", "dropped"),
            (400, "BadMessageId", "dropped"),
            (400, "BadPriority", "dropped"),
            (400, "InvalidPushType", "dropped"),
            (400, "DuplicateHeaders", "dropped"),
            (400, "MissingDeviceToken", "dropped"),
            (404, "BadPath", "dropped"),
            (405, "MethodNotAllowed", "dropped"),
            (429, "TooManyRequests", "later"),
            (429, "TooManyProviderTokenUpdates", "later 1200"),
            (400, "IdleTimeout", "later"),
            (500, "InternalServerError", "later"),
            (503, "ServiceUnavailable", "later"),
            (503, "Shutdown", "later"),
            (400, "SomethingNew", "dropped"),
            (403, "SomethingNew", "dropped"),
            (429, "SomethingNew", "later"),
            (599, "SomethingNew", "later"),
            (302, "", "later"),
        ] {
            let answer = answer(status, &format!("{{\"reason\":\"{reason}\",\"timestamp\":1454948015990}}"));
            assert_eq!(word(&answer), expected, "{status} {reason}");
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
