//! Apple's network (APNs): a request for each notification, all of them over one HTTP/2 connection.
//! <https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns>

mod answer;
mod settings;
mod signer;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use self::answer::{is_expired, outcome};
use self::signer::Signer;
use super::super::Notification;
use super::super::carrier::{Carrier, Kit, Token};
use super::super::discreet::Discreet;
use super::super::http::{Answer, Endpoint, Http, Lost, Request};
use super::bearer::Bearer;
use super::ours;
use super::payload::{Said, fitted, some};
use super::settings::Manner;
use crate::model::{Device, Gateway, OnAmbiguous, Outcome, Provider};

pub(super) use settings::Settings;

/// Apple answers within a second; this is for the way there.
const TIMEOUT: Duration = Duration::from_secs(20);
/// The largest payload ("Generating a remote notification").
const MOST_BYTES: usize = 4096;
/// As many requests at the same time as one connection carries easily.
const LANES: usize = 100;
/// No device has it, but it looks like one.
const NOBODY: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The way to Apple's network.
pub(super) struct Apns {
    http: Http,
    endpoint: Endpoint,
    topic: String,
    signer: Signer,
    bearer: Bearer,
    manner: Manner,
    now: DateTime<Utc>,
}

impl Apns {
    pub(super) fn new(settings: &Settings, manner: Manner, kit: &Kit<'_>) -> Result<Self, Outcome> {
        let signer = Signer::new(settings, kit.folder)?;
        let bearer = Bearer::new(Gateway::Push(Provider::Apns), signer.fingerprint(), kit.tokens);
        let (endpoint, topic) = (settings.endpoint()?, settings.topic.as_str().to_owned());
        Ok(Self { http: kit.http.clone(), endpoint, topic, signer, bearer, manner, now: kit.now })
    }

    /// Asks once, and once more when the token was too old for Apple.
    fn ask(&self, device: &str, headers: &HeaderMap, body: &[u8], now: DateTime<Utc>) -> Result<Outcome, Outcome> {
        let sign = || self.signer.sign(now);
        let token = self.bearer.shown(now, &sign)?;
        let answer = self.request(device, headers, body, &token).map_err(|lost| lost.outcome(false))?;
        if is_expired(&answer)
            && let Some(token) = self.bearer.renewed(&token, now, &sign)?
        {
            let answer = self.request(device, headers, body, &token).map_err(|lost| lost.outcome(false))?;
            return Ok(outcome(&answer, &discreet(device, &token)));
        }
        Ok(outcome(&answer, &discreet(device, &token)))
    }

    fn request(&self, device: &str, headers: &HeaderMap, body: &[u8], token: &SecretString) -> Result<Answer, Lost> {
        let mut headers = headers.clone();
        let shown = HeaderValue::try_from(format!("bearer {}", token.expose_secret()));
        let mut shown = shown.map_err(|_| Lost::Unsent("the signed token cannot be sent".into()))?;
        shown.set_sensitive(true);
        headers.insert(AUTHORIZATION, shown);
        let url = self.endpoint.with(&["3", "device", device]);
        self.http.send(Request { method: Method::POST, url, headers, body: body.to_vec(), timeout: TIMEOUT })
    }

    /// The headers of a notification for an app, as Apple wants them; `None` for words that no header holds.
    fn headers(&self, topic: &str, collapse: Option<&str>, now: DateTime<Utc>) -> Option<HeaderMap> {
        let until = now + TimeDelta::seconds(i64::from(self.manner.ttl));
        // 0 is Apple's word for: now or never
        let expiration = if self.manner.ttl == 0 { 0 } else { until.timestamp() };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(HeaderName::from_static("apns-push-type"), HeaderValue::from_static("alert"));
        headers.insert(HeaderName::from_static("apns-priority"), HeaderValue::from_static("10"));
        headers.insert(HeaderName::from_static("apns-topic"), HeaderValue::from_str(topic).ok()?);
        headers.insert(HeaderName::from_static("apns-expiration"), HeaderValue::from(expiration));
        if let Some(collapse) = collapse {
            headers.insert(HeaderName::from_static("apns-collapse-id"), HeaderValue::from_str(collapse).ok()?);
        }
        Some(headers)
    }
}

impl Carrier for Apns {
    fn send(&self, notification: &Notification) -> Outcome {
        let recipient = &notification.recipient;
        let token = recipient.address.as_ref();
        if token.is_empty() || !token.len().is_multiple_of(2) || !token.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Outcome::RefusedRecipient(ours("the device's token is not hexadecimal".into()));
        }
        let topic = recipient.device.as_deref().and_then(app).unwrap_or(&self.topic);
        let Some(headers) = self.headers(topic, Some(&notification.collapse), notification.now) else {
            return Outcome::RefusedMessage(ours("its headers cannot be written".into()));
        };
        let sent = fitted(self.manner, notification, MOST_BYTES, payload)
            .and_then(|body| self.ask(token, &headers, &body, notification.now));
        sent.unwrap_or_else(|outcome| outcome)
    }

    /// Asks for a device that there is not: Apple looks at the key first.
    fn probe(&self) -> Result<String, Outcome> {
        let headers = self.headers(&self.topic, None, self.now).unwrap_or_default();
        match self.ask(NOBODY, &headers, br#"{"aps":{}}"#, self.now)? {
            Outcome::Accepted(_) | Outcome::Misconfigured { key: "push.apns.sandbox", .. } => {
                Ok(format!("{} accepts the key", self.host()))
            }
            refused => Err(refused),
        }
    }

    fn destination(&self) -> String {
        format!("notifications for the app {} go to {}", self.topic, self.host())
    }

    fn lanes(&self) -> usize {
        LANES
    }

    fn on_ambiguous(&self) -> OnAmbiguous {
        self.manner.on_ambiguous
    }

    /// Twice, for a token that Apple finds too old.
    fn longest_attempt(&self) -> Duration {
        TIMEOUT * 2
    }

    fn token(&self) -> Option<Token> {
        self.bearer.fresh()
    }
}

impl Apns {
    fn host(&self) -> &str {
        self.endpoint.url().host_str().unwrap_or_default()
    }
}

/// The app of a device, where it is another one than the settings name.
pub(in crate::deliver) fn app(device: &Device) -> Option<&str> {
    device.app_id.as_deref().filter(|app_id| settings::is_bundle(app_id))
}

/// What Apple may echo.
fn discreet(device: &str, token: &SecretString) -> Discreet {
    Discreet::about([device.to_owned(), token.expose_secret().to_owned()])
}

fn payload(said: &Said<'_>) -> Value {
    let mut payload = json!({
        "aps": {
            "alert": { "title": said.title, "body": some(&said.body) },
            "badge": said.badge,
            "sound": said.sound,
            "thread-id": said.thread,
        },
    });
    if let Value::Object(keys) = &mut payload {
        keys.extend(said.data.iter().map(|(key, value)| ((*key).to_owned(), value.as_str().into())));
    }
    payload
}
