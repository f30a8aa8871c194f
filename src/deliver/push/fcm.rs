//! Google's network (FCM HTTP v1): a request for each notification, all of them over one HTTP/2 connection.
//! <https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages>

mod account;
mod answer;
mod settings;

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use self::account::Account;
use self::answer::outcome;
use super::super::Notification;
use super::super::carrier::{Carrier, Kit, Token};
use super::super::discreet::Discreet;
use super::super::http::{Answer, Endpoint, Http, Lost, Request};
use super::bearer::Bearer;
use super::payload::{Said, fitted, some};
use super::settings::Manner;
use super::wrong;
use crate::model::{Gateway, OnAmbiguous, Outcome, Provider};

pub(super) use settings::Settings;

/// Google asks for ten seconds at least ("Best practices when sending FCM messages at scale").
const TIMEOUT: Duration = Duration::from_secs(20);
/// The largest message; what Google does not count is counted here, too.
const MOST_BYTES: usize = 4096;
/// As many requests at the same time as one connection carries easily.
const LANES: usize = 100;
/// A phone keeps four of these at most, so that all notifications share one; `tag` tells conversations apart.
const COLLAPSE_KEY: &str = "doorbell";
/// No device has it.
const NOBODY: &str = "doorbell-check";

/// The way to Google's network.
pub(super) struct Fcm {
    http: Http,
    endpoint: Endpoint,
    account: Account,
    bearer: Bearer,
    android_channel: Option<String>,
    manner: Manner,
    now: DateTime<Utc>,
}

impl Fcm {
    pub(super) fn new(settings: &Settings, manner: Manner, kit: &Kit<'_>) -> Result<Self, Outcome> {
        let account = Account::read(settings, kit.folder)?;
        let bearer = Bearer::new(Gateway::Push(Provider::Fcm), account.fingerprint(), kit.tokens);
        let endpoint = settings.endpoint.clone().or_else(|| Endpoint::known("https://fcm.googleapis.com"));
        let endpoint = endpoint.ok_or_else(|| wrong("push.fcm.endpoint", "it is no address".into()))?;
        let android_channel = settings.android_channel.clone();
        Ok(Self { http: kit.http.clone(), endpoint, account, bearer, android_channel, manner, now: kit.now })
    }

    /// Asks once, and once more when Google would not have the token.
    fn ask(&self, device: &str, body: &[u8], now: DateTime<Utc>) -> Result<Outcome, Outcome> {
        let fetch = || self.account.fetch(&self.http, now);
        let token = self.bearer.shown(now, &fetch)?;
        let answer = self.request(body, &token).map_err(|lost| lost.outcome(false))?;
        if answer::is_unauthenticated(&answer)
            && let Some(token) = self.bearer.renewed(&token, now, &fetch)?
        {
            let answer = self.request(body, &token).map_err(|lost| lost.outcome(false))?;
            return Ok(outcome(&answer, &discreet(device, &token)));
        }
        Ok(outcome(&answer, &discreet(device, &token)))
    }

    fn request(&self, body: &[u8], token: &SecretString) -> Result<Answer, Lost> {
        let shown = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()));
        let mut shown = shown.map_err(|_| Lost::Unsent("the token cannot be sent".into()))?;
        shown.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, shown);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let url = self.endpoint.with(&["v1", "projects", &self.account.project_id, "messages:send"]);
        self.http.send(Request { method: Method::POST, url, headers, body: body.to_vec(), timeout: TIMEOUT })
    }

    /// The request for a notification.
    fn message(&self, said: &Said<'_>, token: &str, now: DateTime<Utc>) -> Value {
        let ttl = self.manner.ttl;
        // 0 is Apple's word for: now or never
        let expiration = if ttl == 0 { 0 } else { now.timestamp() + i64::from(ttl) };
        // of a sound in the app's folder Android wants the name alone
        let sound = said.sound.map(|sound| sound.rsplit_once('.').map_or(sound, |(name, _)| name));
        json!({ "message": {
            "token": token,
            "notification": { "title": said.title, "body": some(&said.body) },
            "data": said.data,
            "android": {
                "collapseKey": COLLAPSE_KEY,
                "priority": "HIGH",
                "ttl": format!("{ttl}s"),
                "notification": {
                    "tag": said.collapse,
                    "channelId": self.android_channel,
                    "sound": sound,
                    "notificationCount": said.badge,
                },
            },
            "apns": {
                "headers": {
                    "apns-collapse-id": said.collapse,
                    "apns-expiration": expiration.to_string(),
                    "apns-priority": "10",
                },
                "payload": { "aps": { "badge": said.badge, "sound": said.sound, "thread-id": said.thread } },
            },
            "webpush": {
                "headers": { "TTL": ttl.to_string(), "Urgency": "high", "Topic": said.collapse },
                // Google takes none but https
                "fcmOptions": said.link.filter(|link| link.starts_with("https://")).map(|link| json!({ "link": link })),
            },
        } })
    }
}

impl Carrier for Fcm {
    fn send(&self, notification: &Notification) -> Outcome {
        let (token, now) = (notification.recipient.address.as_ref(), notification.now);
        let sent = fitted(self.manner, notification, MOST_BYTES, |said| self.message(said, token, now))
            .and_then(|body| self.ask(token, &body, now));
        sent.unwrap_or_else(|outcome| outcome)
    }

    /// Has a message for nobody checked and not sent: Google looks at the account first.
    fn probe(&self) -> Result<String, Outcome> {
        let body = json!({ "validateOnly": true, "message": { "token": NOBODY } }).to_string();
        match self.ask(NOBODY, body.as_bytes(), self.now)? {
            Outcome::Accepted(_) | Outcome::RefusedRecipient(_) => {}
            Outcome::RefusedMessage(reply) if reply.code.contains("INVALID_ARGUMENT") => {}
            refused => return Err(refused),
        }
        Ok(format!("{} accepts the service account", self.endpoint.url().host_str().unwrap_or_default()))
    }

    fn destination(&self) -> String {
        let host = self.endpoint.url().host_str().unwrap_or_default();
        format!("notifications go to {host}, project {}", self.account.project_id)
    }

    fn lanes(&self) -> usize {
        LANES
    }

    fn on_ambiguous(&self) -> OnAmbiguous {
        self.manner.on_ambiguous
    }

    /// Twice, for a token that Google would not have, and as often for the token itself.
    fn longest_attempt(&self) -> Duration {
        TIMEOUT * 4
    }

    fn token(&self) -> Option<Token> {
        self.bearer.fresh()
    }
}

/// What Google may echo.
fn discreet(device: &str, token: &SecretString) -> Discreet {
    Discreet::about([device.to_owned(), token.expose_secret().to_owned()])
}
