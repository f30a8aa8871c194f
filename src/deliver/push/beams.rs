//! Pusher Beams: a request for each notification, to a person or to whoever has an interest.
//! <https://pusher.com/docs/beams/reference/publish-api>

mod settings;

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Notification;
use super::super::carrier::{Carrier, Kit};
use super::super::discreet::Discreet;
use super::super::http::{Answer, Endpoint, Http, Lost, Request};
use super::key::{self, Uuid};
use super::payload::{Said, fitted, some};
use super::settings::Manner;
use super::{ours, wrong};
use crate::model::{OnAmbiguous, Outcome};

pub(super) use settings::Settings;

const TIMEOUT: Duration = Duration::from_secs(30);
/// The largest body of a request.
const MOST_BYTES: usize = 10 * 1024;
/// An instance may ask a hundred times a second, and each time takes about a tenth.
const LANES: usize = 8;
/// How long a limit is left alone when Pusher does not say: it is counted by the second.
const LIMIT_PAUSE: Duration = Duration::from_secs(1);
/// How a token names an interest in place of a person.
const INTEREST: &str = "interest:";
/// The longest id of a person, and the longest name of an interest.
const LONGEST_NAME: usize = 164;
/// Nobody is interested in it.
const NOBODY: &str = "doorbell-check-that-nobody-subscribes-to";

/// The way to Pusher Beams.
pub(super) struct Beams {
    http: Http,
    endpoint: Endpoint,
    instance: Uuid,
    key: SecretString,
    /// The setting that names the key.
    setting: &'static str,
    manner: Manner,
}

impl Beams {
    pub(super) fn new(settings: &Settings, manner: Manner, kit: &Kit<'_>) -> Result<Self, Outcome> {
        let setting = key::setting(&settings.key, ["push.beams.key", "push.beams.key_file"]);
        let instance = settings.instance.clone();
        let own = || Endpoint::parse(&format!("https://{}.pushnotifications.pusher.com", instance.as_str()));
        let endpoint = settings.endpoint.clone().or_else(own);
        Ok(Self {
            http: kit.http.clone(),
            endpoint: endpoint.ok_or_else(|| wrong("push.beams.endpoint", "it is no address".into()))?,
            key: key::read(setting, &settings.key, kit.folder)?,
            instance,
            setting,
            manner,
        })
    }

    fn request(&self, target: &Target<'_>, body: Vec<u8>) -> Result<Answer, Lost> {
        let shown = HeaderValue::try_from(format!("Bearer {}", self.key.expose_secret()));
        let mut shown = shown.map_err(|_| Lost::Unsent("the key cannot be sent in a header".into()))?;
        shown.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, shown);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let kind = match target {
            Target::User(_) => "users",
            Target::Interest(_) => "interests",
        };
        let url = self.endpoint.with(&["publish_api", "v1", "instances", self.instance.as_str(), "publishes", kind]);
        self.http.send(Request { method: Method::POST, url, headers, body, timeout: TIMEOUT })
    }

    fn message(&self, said: &Said<'_>, target: &Target<'_>, now: DateTime<Utc>) -> Value {
        let ttl = self.manner.ttl;
        let expiration = if ttl == 0 { 0 } else { now.timestamp() + i64::from(ttl) };
        let (users, interests) = match target {
            Target::User(id) => (Some([*id]), None),
            Target::Interest(name) => (None, Some([*name])),
        };
        let words = json!({ "title": said.title, "body": some(&said.body) });
        json!({
            "users": users,
            "interests": interests,
            "apns": {
                "aps": { "alert": words, "badge": said.badge, "sound": said.sound, "thread-id": said.thread },
                "data": said.data,
                "expiration": expiration,
            },
            "fcm": {
                "notification": { "title": said.title, "body": some(&said.body), "tag": said.collapse, "sound": said.sound },
                "data": said.data,
                "time_to_live": ttl,
            },
            "web": {
                "notification": { "title": said.title, "body": some(&said.body), "deep_link": said.link },
                "data": said.data,
                "time_to_live": ttl,
            },
        })
    }

    fn outcome(&self, answer: &Answer, discreet: &Discreet) -> Outcome {
        outcome(answer, self.setting, discreet)
    }

    fn discreet(&self, token: &str) -> Discreet {
        let bare = token.strip_prefix(INTEREST).unwrap_or(token);
        Discreet::about([self.key.expose_secret().to_owned(), bare.to_owned()])
    }
}

/// Whom a token names.
enum Target<'a> {
    /// A person, by the host program's own id.
    User(&'a str),
    /// Every device that has subscribed to an interest.
    Interest(&'a str),
}

impl<'a> Target<'a> {
    fn of(token: &'a str) -> Option<Self> {
        let fits = |name: &str| (1..=LONGEST_NAME).contains(&name.chars().count());
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-=@,.;".contains(letter);
        match token.strip_prefix(INTEREST) {
            Some(name) => (fits(name) && name.chars().all(is_plain)).then_some(Self::Interest(name)),
            None => fits(token).then_some(Self::User(token)),
        }
    }
}

impl Carrier for Beams {
    fn send(&self, notification: &Notification) -> Outcome {
        let token = notification.recipient.address.as_ref();
        let Some(target) = Target::of(token) else {
            let text = "the device's token is neither the id of a user (1 to 164 characters) nor interest:NAME";
            return Outcome::RefusedRecipient(ours(text.into()));
        };
        let write = |said: &Said<'_>| self.message(said, &target, notification.now);
        let body = match fitted(self.manner, notification, MOST_BYTES, write) {
            Ok(body) => body,
            Err(outcome) => return outcome,
        };
        match self.request(&target, body) {
            Ok(answer) => self.outcome(&answer, &self.discreet(token)),
            Err(lost) => lost.outcome(false),
        }
    }

    /// Tells an interest that nobody has: there is nothing to read that wants the key.
    fn probe(&self) -> Result<String, Outcome> {
        let body = json!({ "interests": [NOBODY], "web": { "notification": { "title": "doorbell check" } } });
        let asked = self.request(&Target::Interest(NOBODY), body.to_string().into_bytes());
        match self.outcome(&asked.map_err(|lost| lost.outcome(true))?, &self.discreet("")) {
            Outcome::Accepted(_) => Ok(format!("{} accepts the key", host(&self.endpoint))),
            refused => Err(refused),
        }
    }

    fn destination(&self) -> String {
        format!("notifications go to {}", host(&self.endpoint))
    }

    fn lanes(&self) -> usize {
        LANES
    }

    fn on_ambiguous(&self) -> OnAmbiguous {
        self.manner.on_ambiguous
    }

    fn longest_attempt(&self) -> Duration {
        TIMEOUT
    }
}

/// The host, without the instance before it.
fn host(endpoint: &Endpoint) -> &str {
    let host = endpoint.url().host_str().unwrap_or_default();
    host.split_once('.').map_or(host, |(first, rest)| if Uuid::parse(first).is_some() { rest } else { host })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    #[serde(rename = "publishId")]
    publish_id: String,
    error: String,
    description: String,
}

/// What became of the notification; `key` is the setting that names the secret key.
fn outcome(answer: &Answer, key: &'static str, discreet: &Discreet) -> Outcome {
    let body: Body = answer.json().unwrap_or_default();
    if answer.is_success() {
        return Outcome::Accepted(answer.reply("", &body.publish_id, discreet));
    }
    let words = [body.error, body.description].join(" ");
    let reply = answer.reply("", &words, discreet);
    match answer.status {
        401..=403 => Outcome::Misconfigured { key, reply },
        404 => Outcome::Misconfigured { key: "push.beams.instance", reply },
        429 => Outcome::Deferred(Some(answer.retry_after().unwrap_or(LIMIT_PAUSE)), reply),
        400..=499 => Outcome::RefusedMessage(reply),
        // Pusher has no key for repeats: it may have been told
        500..=599 => Outcome::Unknown(reply),
        _ => Outcome::Deferred(None, reply),
    }
}

#[cfg(test)]
mod tests;
