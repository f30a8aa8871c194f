//! What Google's answers mean: the error code of FCM counts, and only then the status around it.
//! <https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode>

use std::time::Duration;

use serde::Deserialize;

use super::super::super::discreet::Discreet;
use super::super::super::http::Answer;
use crate::model::Outcome;

/// How long a quota is left alone when Google does not say ("Best practices when sending FCM messages at scale").
const QUOTA_PAUSE: Duration = Duration::from_mins(1);
const ACCOUNT: &str = "push.fcm.service_account_file";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    error: Error,
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Error {
    message: String,
    status: String,
    details: Vec<Detail>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Detail {
    error_code: String,
}

/// Whether Google would not have the access token.
pub(super) fn is_unauthenticated(answer: &Answer) -> bool {
    answer.status == 401 && code(&body(answer)).is_empty()
}

/// What became of the message.
pub(super) fn outcome(answer: &Answer, discreet: &Discreet) -> Outcome {
    let body = body(answer);
    let code = code(&body);
    if answer.is_success() {
        return Outcome::Accepted(answer.reply("", &body.name, discreet));
    }
    let shown = if code.is_empty() { &body.error.status } else { code };
    let reply = answer.reply(shown, &body.error.message, discreet);
    let misconfigured = |key| Outcome::Misconfigured { key, reply: reply.clone() };
    match (answer.status, code) {
        (_, "UNREGISTERED") => Outcome::RefusedRecipient(reply),
        // of a phone that is registered by another project, or of every one; and either the project is not there, or a
        // single phone and Google does not say so
        (_, "SENDER_ID_MISMATCH") | (404, "") => misconfigured("push.fcm"),
        // the project has no key of Apple's or of browsers: phones with Android go on
        (_, "THIRD_PARTY_AUTH_ERROR" | "APNS_AUTH_ERROR") => Outcome::RefusedMessage(reply),
        (429, _) | (_, "QUOTA_EXCEEDED") => Outcome::Deferred(Some(answer.retry_after().unwrap_or(QUOTA_PAUSE)), reply),
        (500..=599, _) => Outcome::Deferred(answer.retry_after(), reply),
        (401 | 403, "") => misconfigured(ACCOUNT),
        (400..=499, _) => Outcome::RefusedMessage(reply),
        _ => Outcome::Deferred(None, reply),
    }
}

/// The code of FCM itself; empty where the answer comes from what stands before it.
fn code(body: &Body) -> &str {
    let codes = body.error.details.iter().map(|detail| detail.error_code.as_str());
    codes.into_iter().find(|code| !code.is_empty()).unwrap_or_default()
}

fn body(answer: &Answer) -> Body {
    answer.json().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, headers: HeaderMap::new(), body: body.into(), is_whole: true }
    }

    /// An error as Google writes it: `code` of FCM, or none, with the status around it.
    fn error(status: u16, code: &str, around: &str, message: &str) -> Answer {
        let kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError";
        let details = if code.is_empty() { json!([]) } else { json!([{ "@type": kind, "errorCode": code }]) };
        let error = json!({ "code": status, "message": message, "status": around, "details": details });
        answer(status, &json!({ "error": error }).to_string())
    }

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
        for body in ["", "<html>", "{\"error\":\"text\"}", "[]", "null"] {
            assert_eq!(word(&answer(502, body)), "later", "{body}");
            assert_eq!(word(&answer(400, body)), "dropped", "{body}");
        }
    }

    #[test]
    fn the_wait_that_google_asks_for_is_kept() {
        for status in [429, 503] {
            let mut busy = error(status, "", "", "later");
            busy.headers.insert(RETRY_AFTER, HeaderValue::from_static("17"));
            assert_eq!(word(&busy), "later 17");
        }
    }

    #[test]
    fn words_are_googles_own() {
        let message = "The registration token is not a valid FCM registration token";
        let refused = error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", message);
        let refused = outcome(&refused, &Discreet::default());
        assert_eq!(refused.reply().code, "400 INVALID_ARGUMENT");
        assert_eq!(refused.reply().text, message);
        let taken = outcome(&answer(200, r#"{"name":"projects/p/messages/0:1"}"#), &Discreet::default());
        assert_eq!(taken.reply().words(), "200 projects/p/messages/0:1");
    }

    #[test]
    fn only_a_token_that_google_would_not_have_is_made_anew() {
        assert!(is_unauthenticated(&error(401, "", "UNAUTHENTICATED", "")));
        assert!(is_unauthenticated(&answer(401, "")));
        assert!(!is_unauthenticated(&error(401, "THIRD_PARTY_AUTH_ERROR", "UNAUTHENTICATED", "")));
    }
}
