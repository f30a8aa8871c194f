//! `OneSignal`: a request for each notification, under a key that makes a repeat harmless for thirty days.
//! <https://documentation.onesignal.com/reference/push-notification>

mod answer;
mod settings;

use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use self::answer::outcome;
use super::super::Notification;
use super::super::carrier::{Carrier, Kit};
use super::super::discreet::Discreet;
use super::super::http::{Answer, Endpoint, Http, Lost, Request};
use super::key::{self, Uuid};
use super::payload::{Said, fitted};
use super::settings::Manner;
use super::{ours, wrong};
use crate::model::{OnAmbiguous, Outcome};

pub(super) use settings::Settings;

/// The server gives up after 100 seconds, and asks for 60 at least.
const TIMEOUT: Duration = Duration::from_mins(1);
/// `data` may have 2048 bytes, and what reaches a phone 4096 with what `OneSignal` adds: this keeps both.
const MOST_BYTES: usize = 3072;
/// The free plan takes 150 requests a second, and each takes about a tenth.
const LANES: usize = 12;
/// How a token names a person by the id that the host program gave to `OneSignal`.
const ALIAS: &str = "external_id:";

/// The way to `OneSignal`.
pub(super) struct OneSignal {
    http: Http,
    endpoint: Endpoint,
    app_id: Uuid,
    key: SecretString,
    /// The setting that names the key.
    setting: &'static str,
    android_channel: Option<String>,
    manner: Manner,
}

impl OneSignal {
    pub(super) fn new(settings: &Settings, manner: Manner, kit: &Kit<'_>) -> Result<Self, Outcome> {
        let setting = key::setting(&settings.key, ["push.onesignal.key", "push.onesignal.key_file"]);
        let endpoint = settings.endpoint.clone().or_else(|| Endpoint::known("https://api.onesignal.com"));
        Ok(Self {
            http: kit.http.clone(),
            endpoint: endpoint.ok_or_else(|| wrong("push.onesignal.endpoint", "it is no address".into()))?,
            app_id: settings.app_id.clone(),
            key: key::read(setting, &settings.key, kit.folder)?,
            setting,
            android_channel: settings.android_channel.clone(),
            manner,
        })
    }

    fn request(&self, method: Method, url: Url, body: Vec<u8>) -> Result<Answer, Lost> {
        let shown = HeaderValue::try_from(format!("Key {}", self.key.expose_secret()));
        let mut shown = shown.map_err(|_| Lost::Unsent("the key cannot be sent in a header".into()))?;
        shown.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, shown);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        self.http.send(Request { method, url, headers, body, timeout: TIMEOUT })
    }

    fn message(&self, said: &Said<'_>, target: &Target<'_>, key: &Uuid) -> Value {
        let (alias, subscription) = match target {
            Target::Alias(id) => (Some(json!({ "external_id": [id] })), None),
            Target::Subscription(id) => (None, Some([id.as_str()])),
        };
        // of a sound in the app's folder Android wants the name alone
        let android = said.sound.map(|sound| sound.rsplit_once('.').map_or(sound, |(name, _)| name));
        json!({
            "app_id": self.app_id.as_str(),
            "target_channel": alias.as_ref().map(|_| "push"),
            "include_aliases": alias,
            "include_subscription_ids": subscription,
            "headings": { "en": said.title },
            // there is no notification without contents
            "contents": { "en": if said.body.is_empty() { &said.title } else { &said.body } },
            // apps open the conversation by `data`; a browser needs an address
            "web_url": said.link,
            "data": said.data,
            "collapse_id": said.collapse,
            "web_push_topic": said.collapse,
            "thread_id": said.thread,
            "android_group": said.thread,
            "existing_android_channel_id": self.android_channel,
            // `nil` is the word for none: without it the phone makes its own
            "ios_sound": said.sound.unwrap_or("nil"),
            "android_sound": android.unwrap_or("nil"),
            "ios_badgeType": said.badge.map(|_| "SetTo"),
            "ios_badgeCount": said.badge,
            "ttl": self.manner.ttl,
            "priority": 10,
            "idempotency_key": key.as_str(),
            "name": "doorbell",
        })
    }

    /// The same for a repeat of the same content to the same device.
    fn idempotency_key(&self, notification: &Notification) -> Uuid {
        let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
        for part in [self.app_id.as_str(), &notification.uid, &notification.recipient.address] {
            context.update(part.as_bytes());
            context.update(&[0]);
        }
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(context.finish().as_ref()).for_each(|(byte, of_digest)| *byte = *of_digest);
        Uuid::version_5(bytes)
    }

    fn discreet(&self, token: &str) -> Discreet {
        let bare = token.strip_prefix(ALIAS).unwrap_or(token);
        Discreet::about([self.key.expose_secret().to_owned(), bare.to_owned()])
    }
}

/// Whom a token names.
enum Target<'a> {
    /// Everything that a person has subscribed, by the host program's own id.
    Alias(&'a str),
    /// One phone or browser.
    Subscription(Uuid),
}

impl<'a> Target<'a> {
    fn of(token: &'a str) -> Option<Self> {
        match token.strip_prefix(ALIAS) {
            Some(id) => Some(id).filter(|id| !id.is_empty()).map(Self::Alias),
            None => Uuid::parse(token).map(Self::Subscription),
        }
    }
}

impl Carrier for OneSignal {
    fn send(&self, notification: &Notification) -> Outcome {
        let token = notification.recipient.address.as_ref();
        let Some(target) = Target::of(token) else {
            let text = "the device's token is neither the id of a subscription nor external_id:ID";
            return Outcome::RefusedRecipient(ours(text.into()));
        };
        let key = self.idempotency_key(notification);
        let body = match fitted(self.manner, notification, MOST_BYTES, |said| self.message(said, &target, &key)) {
            Ok(body) => body,
            Err(outcome) => return outcome,
        };
        match self.request(Method::POST, self.endpoint.with(&["notifications"]), body) {
            Ok(answer) => outcome(&answer, self.setting, &self.discreet(token)),
            // the key makes a repeat of what was done an echo of its answer
            Err(lost) => lost.outcome(true),
        }
    }

    /// Asks for the latest notification, the least that wants a key.
    fn probe(&self) -> Result<String, Outcome> {
        let mut url = self.endpoint.with(&["notifications"]);
        url.query_pairs_mut().append_pair("app_id", self.app_id.as_str()).append_pair("limit", "1");
        let answer = self.request(Method::GET, url, Vec::new()).map_err(|lost| lost.outcome(true))?;
        if answer.is_success() {
            return Ok(format!("{} accepts the key", self.endpoint.url().host_str().unwrap_or_default()));
        }
        Err(outcome(&answer, self.setting, &self.discreet("")))
    }

    fn destination(&self) -> String {
        format!("notifications go to {}", self.endpoint.url().host_str().unwrap_or_default())
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
