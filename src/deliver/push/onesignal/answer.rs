//! What the answers of `OneSignal` mean: a 200 alone says nothing.
//! <https://documentation.onesignal.com/reference/push-notification>

use serde::Deserialize;
use serde_json::Value;

use super::super::super::discreet::Discreet;
use super::super::super::http::Answer;
use crate::model::Outcome;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    /// The notification that was made; empty when there was nobody to make one for.
    id: Option<String>,
    /// A text, texts, objects, or a map of the ids that are not subscribed.
    errors: Value,
}

/// What became of the notification; `key` is the setting that names the API key.
pub(super) fn outcome(answer: &Answer, key: &'static str, discreet: &Discreet) -> Outcome {
    let body: Body = answer.json().unwrap_or_default();
    let words = words(&body.errors);
    let id = body.id.unwrap_or_default();
    match answer.status {
        // half an answer, or a page of somebody in between: asked again under the same key, it is done once
        200..=299 if id.is_empty() && body.errors.is_null() => Outcome::Deferred(None, answer.reply("", "", discreet)),
        200..=299 if id.is_empty() || names_the_unsubscribed(&body.errors) => {
            Outcome::RefusedRecipient(answer.reply("", &words, discreet))
        }
        200..=299 => Outcome::Accepted(answer.reply("", &id, discreet)),
        429 | 500..=599 => Outcome::Deferred(answer.retry_after(), answer.reply("", &words, discreet)),
        400 if words.contains("app_id") => {
            Outcome::Misconfigured { key: "push.onesignal.app_id", reply: answer.reply("", &words, discreet) }
        }
        401 | 403 | 404 | 409 | 422 => Outcome::Misconfigured { key, reply: answer.reply("", &words, discreet) },
        400..=499 => Outcome::RefusedMessage(answer.reply("", &words, discreet)),
        _ => Outcome::Deferred(None, answer.reply("", &words, discreet)),
    }
}

/// Whether the one device of the request is among those that are there and take nothing.
fn names_the_unsubscribed(errors: &Value) -> bool {
    errors.as_object().is_some_and(|errors| {
        ["invalid_aliases", "invalid_player_ids", "invalid_external_user_ids"]
            .iter()
            .any(|key| errors.contains_key(*key))
    })
}

/// The errors in words, whatever their form.
fn words(errors: &Value) -> String {
    match errors {
        Value::String(text) => text.clone(),
        Value::Array(several) => several.iter().map(words).collect::<Vec<_>>().join("; "),
        Value::Object(error) => match error.get("title").and_then(Value::as_str) {
            Some(title) => title.to_owned(),
            // the ids behind the keys are not to be shown
            None => error.keys().cloned().collect::<Vec<_>>().join("; "),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;

    const KEY: &str = "push.onesignal.key_file";

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, headers: HeaderMap::new(), body: body.into(), is_whole: true }
    }

    #[test]
    fn words_are_found_in_every_form_and_hold_no_ids() {
        let shown = |body: &str| outcome(&answer(400, body), KEY, &Discreet::default()).reply().words();
        assert_eq!(shown(r#"{"errors":"text"}"#), "400 text");
        assert_eq!(shown(r#"{"errors":["one","two"]}"#), "400 one; two");
        assert_eq!(shown(r#"{"errors":[{"code":"x","title":"A title"}]}"#), "400 A title");
        let dead = answer(200, r#"{"id":"","errors":{"invalid_aliases":{"external_id":["agent-7"]}}}"#);
        assert_eq!(outcome(&dead, KEY, &Discreet::default()).reply().words(), "200 invalid_aliases");
    }
}
