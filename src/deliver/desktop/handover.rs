//! Hands a notification to the push service of one browser, and reads what the answer means.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, Utc};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use super::encryption::{Browser, encrypt};
use super::endpoint::{Endpoint, Service, is_known};
use super::payload::payload;
use super::vapid::{Contact, VapidError, VapidKey};
use super::{KEY_FILE, Settings};
use crate::deliver::Notification;
use crate::deliver::carrier::{Carrier, Kit};
use crate::deliver::discreet::Discreet;
use crate::deliver::http::{Answer, Http, Request};
use crate::model::{Device, OnAmbiguous, Outcome, Reply};
use crate::notation::Source;

/// Push services answer at once: they deliver later.
const TIMEOUT: Duration = Duration::from_secs(20);
/// So many under way at the same time share a connection or two.
const STREAMS: usize = 16;

/// The way to the push services of browsers.
pub(super) struct WebPush {
    http: Http,
    key: VapidKey,
    contact: Contact,
    services: Vec<Service>,
    /// Those that every push has.
    headers: HeaderMap,
    /// Signed once for each push service: a pass ends long before a token does.
    tokens: Mutex<HashMap<String, HeaderValue>>,
}

impl WebPush {
    /// Reads the key; without a connection yet.
    pub(super) fn new(settings: &Settings, file: &Path, contact: &Contact, kit: &Kit<'_>) -> Result<Self, Outcome> {
        let written = Source::File(file.to_owned()).read(kit.folder).map_err(|error| no_key(&error))?;
        let in_file = |error: VapidError| no_key(&format!("key file {}: {error}", file.display()));
        Ok(Self {
            // whatever else has a name here is a proxy or was named by the operator
            http: kit.http.to_public(is_known),
            key: VapidKey::read(&written).map_err(in_file)?,
            contact: contact.clone(),
            services: settings.push_services.clone(),
            headers: headers(settings),
            tokens: Mutex::default(),
        })
    }

    fn request(&self, notification: &Notification, endpoint: &Endpoint, browser: &Browser) -> Result<Request, Outcome> {
        let text = payload(notification).map_err(|_| refused_message("the notification cannot be written as JSON"))?;
        let body = encrypt(&text, browser).map_err(|error| refused_message(&error.to_string()))?;
        let mut headers = self.headers.clone();
        headers.insert(AUTHORIZATION, self.token(endpoint.origin(), notification.now)?);
        if let Ok(topic) = HeaderValue::try_from(topic(&notification.collapse)) {
            headers.insert(HeaderName::from_static("topic"), topic);
        }
        Ok(Request { method: Method::POST, url: endpoint.url().clone(), headers, body, timeout: TIMEOUT })
    }

    fn token(&self, origin: String, now: DateTime<Utc>) -> Result<HeaderValue, Outcome> {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = tokens.get(&origin) {
            return Ok(token.clone());
        }
        let token = self.key.authorization(&origin, &self.contact, now).map_err(|error| no_key(&error))?;
        tokens.insert(origin, token.clone());
        Ok(token)
    }
}

impl Carrier for WebPush {
    fn send(&self, notification: &Notification) -> Outcome {
        let Some(device) = notification.recipient.device.as_deref() else {
            return refused_recipient("the desk knows no subscription of this browser any more");
        };
        let (endpoint, browser) = match target(device, &self.services) {
            Ok(target) => target,
            Err(why) => return refused_recipient(&why),
        };
        let request = match self.request(notification, &endpoint, &browser) {
            Ok(request) => request,
            Err(outcome) => return outcome,
        };
        match self.http.send(request) {
            Ok(answer) => outcome(&answer, &discreet(&endpoint)),
            Err(lost) => lost.outcome(false),
        }
    }

    /// No push service answers without a subscription, so none is asked.
    fn probe(&self) -> Result<String, Outcome> {
        self.token("https://fcm.googleapis.com".into(), Utc::now())?;
        let public = self.key.public();
        Ok(format!(
            "the key signs; browsers must be subscribed with its public half {public}; push services answer for a \
             subscription only: try one with `doorbell send-test desktop`"
        ))
    }

    fn destination(&self) -> String {
        "notifications go to the push services of the browsers".into()
    }

    fn lanes(&self) -> usize {
        STREAMS
    }

    /// A copy takes the place of the first, in the push service by its topic and in the browser by its tag.
    fn on_ambiguous(&self) -> OnAmbiguous {
        OnAmbiguous::Resend
    }

    /// The first of a push service goes alone, and the others wait for it.
    fn longest_attempt(&self) -> Duration {
        TIMEOUT * 2
    }
}

/// What the answer of a push service means (RFC 8030, sections 5 and 7.3; RFC 8292, section 4.2).
fn outcome(answer: &Answer, discreet: &Discreet) -> Outcome {
    let reply = answer.reply("", "", discreet);
    match answer.status {
        200..=299 => Outcome::Accepted(reply),
        // the subscription has moved or is over: a browser that still wants to hear has another by now
        300..=399 | 404 | 410 => Outcome::RefusedRecipient(reply),
        // of one subscription: it was made with another key
        401 | 403 => Outcome::Misconfigured { key: KEY_FILE, reply },
        429 | 500..=599 => Outcome::Deferred(answer.retry_after(), reply),
        408 | 425 => Outcome::Deferred(None, reply),
        _ => Outcome::RefusedMessage(reply),
    }
}

/// Where a subscription leads and for whom to encrypt, or why it cannot be used.
pub(super) fn target(device: &Device, services: &[Service]) -> Result<(Endpoint, Browser), String> {
    let endpoint = Endpoint::checked(&device.token, services)?;
    let (p256dh, auth) = (device.p256dh.as_deref().unwrap_or_default(), device.auth.as_deref().unwrap_or_default());
    Ok((endpoint, Browser::from_written(p256dh, auth).map_err(|error| error.to_string())?))
}

/// Whoever knows the path of an endpoint can push to it where the service asks for no key.
fn discreet(endpoint: &Endpoint) -> Discreet {
    let segments = endpoint.url().path_segments().into_iter().flatten();
    let parts = segments.chain(endpoint.url().query());
    // shorter ones are words of the service
    Discreet::about(parts.filter(|part| part.len() >= 16).map(str::to_owned))
}

fn headers(settings: &Settings) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("aes128gcm"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(HeaderName::from_static("ttl"), HeaderValue::from(settings.ttl.0.as_seconds()));
    headers.insert(HeaderName::from_static("urgency"), HeaderValue::from_static(settings.urgency.word()));
    headers
}

/// At most 32 letters (RFC 8030, section 5.4), and none but letters and digits, as Mozilla wants it.
fn topic(collapse: &str) -> String {
    use std::fmt::Write;
    let hash = digest(&SHA256, collapse.as_bytes());
    hash.as_ref().iter().take(16).fold(String::new(), |mut topic, byte| {
        let _ = write!(topic, "{byte:02x}");
        topic
    })
}

fn no_key(error: &dyn std::fmt::Display) -> Outcome {
    Outcome::Misconfigured { key: KEY_FILE, reply: ours(&error.to_string()) }
}

fn refused_recipient(why: &str) -> Outcome {
    Outcome::RefusedRecipient(ours(why))
}

fn refused_message(why: &str) -> Outcome {
    Outcome::RefusedMessage(ours(why))
}

fn ours(text: &str) -> Reply {
    Reply { code: String::new(), text: text.to_owned() }
}
