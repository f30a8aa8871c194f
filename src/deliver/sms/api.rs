//! Twilio's API for messages, version 2010-04-01: forms in, JSON out, basic authorisation
//! (twilio.com/docs/messaging/api/message-resource).

use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, Url};
use secrecy::{ExposeSecret, SecretString};

use super::super::discreet::Discreet;
use super::super::http::{Answer, Endpoint, Http, Lost, Request};
use super::answer::unlisted;
use super::message::{Message, Page};
use super::settings::Account;
use crate::model::{Outcome, Reply};

/// How long one answer may take; Twilio gives its own inner steps 15 seconds.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);
/// How long a list may take with all its pages.
pub(super) const LISTING: Duration = Duration::from_mins(1);
/// A message has up to 1,600 letters, each of which JSON may write in 12 bytes.
const MESSAGES_IN_A_PAGE: usize = 100;
const LARGEST_PAGE: u64 = 4 << 20;
/// Far more than anybody sends in two days; a list that never ends is no list.
const MOST_PAGES: usize = 200;

/// One account, with what opens it.
#[derive(Debug)]
pub(super) struct Api {
    http: Http,
    endpoint: Endpoint,
    pub(super) account: String,
    /// Whether a key stands in for the account: it may send, and not look at the account itself.
    pub(super) is_by_key: bool,
    authorization: HeaderValue,
    secrets: Vec<SecretString>,
    /// The setting that the secret comes from.
    secret_key: &'static str,
}

impl Api {
    /// Reads the secret; relative file names begin at `folder`.
    pub(super) fn open(account: &Account, http: &Http, folder: &Path) -> Result<Self, Outcome> {
        let (key, source) = &account.secret;
        let wrong = |text| Outcome::Misconfigured { key, reply: Reply { code: String::new(), text } };
        let secret = source.read(folder).map_err(|error| wrong(error.to_string()))?;
        let user = account.key.as_ref().map_or(&account.sid.0, |key| &key.0);
        let pair = STANDARD.encode(format!("{user}:{}", secret.expose_secret()));
        let Ok(mut authorization) = HeaderValue::from_str(&format!("Basic {pair}")) else {
            return Err(wrong("the secret cannot be sent".into()));
        };
        authorization.set_sensitive(true);
        Ok(Self {
            http: http.clone(),
            endpoint: account.endpoint.clone(),
            account: account.sid.0.clone(),
            is_by_key: account.key.is_some(),
            authorization,
            secrets: vec![secret, pair.into()],
            secret_key: key,
        })
    }

    /// Where it is, for people.
    pub(super) fn host(&self) -> String {
        self.endpoint.url().host_str().unwrap_or_default().to_owned()
    }

    /// The setting that the secret comes from.
    pub(super) fn secret_key(&self) -> &'static str {
        self.secret_key
    }

    /// What must not be shown of an answer about this number.
    pub(super) fn discreet(&self, number: &str) -> Discreet {
        let digits = number.trim_start_matches('+').to_owned();
        Discreet::about(self.secrets.iter().map(|secret| secret.expose_secret().to_owned()).chain([digits]))
    }

    /// Asks for a message to be sent.
    pub(super) fn create(&self, fields: &[(&str, &str)]) -> Result<Answer, Lost> {
        let mut request = self.request(Method::POST, self.messages());
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        request.body = form(&self.messages(), fields).into_bytes();
        self.http.send(request)
    }

    /// Asks about the account itself, or for one message where a key may not: nobody hears of either.
    pub(super) fn look(&self) -> Result<Answer, Lost> {
        let url = if self.is_by_key {
            self.list(&[("PageSize", "1")])
        } else {
            self.endpoint.with(&["2010-04-01", "Accounts", &format!("{}.json", self.account)])
        };
        self.http.send_up_to(self.request(Method::GET, url), LARGEST_PAGE)
    }

    /// The messages that fit, from all pages; `Err` when the list did not come whole.
    pub(super) fn all(&self, fields: &[(&str, &str)]) -> Result<Vec<Message>, Outcome> {
        let until = Instant::now() + LISTING;
        let size = MESSAGES_IN_A_PAGE.to_string();
        let mut next = Some(self.list(&[fields, &[("PageSize", &size)]].concat()));
        let (mut messages, mut pages) = (Vec::new(), 0);
        while let Some(url) = next {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || pages == MOST_PAGES {
                return Err(unfinished("the list of messages did not come to its end"));
            }
            let page = self.page(url, left.min(TIMEOUT))?;
            next = page
                .next_page_uri
                .as_deref()
                .filter(|place| !place.is_empty())
                .map(|place| self.beyond(place))
                .transpose()?;
            messages.extend(page.messages.into_iter().filter_map(readable));
            pages += 1;
        }
        Ok(messages)
    }

    /// The messages that fit, from the first page alone.
    pub(super) fn first(&self, fields: &[(&str, &str)]) -> Result<Vec<Message>, Outcome> {
        let size = MESSAGES_IN_A_PAGE.to_string();
        let page = self.page(self.list(&[fields, &[("PageSize", &size)]].concat()), TIMEOUT)?;
        Ok(page.messages.into_iter().filter_map(readable).collect())
    }

    fn page(&self, url: Url, timeout: Duration) -> Result<Page, Outcome> {
        let request = Request { timeout, ..self.request(Method::GET, url) };
        let asked = self.http.send_up_to(request, LARGEST_PAGE);
        // nothing is done by asking: it may be asked again
        let answer = asked.map_err(|lost| lost.outcome(true))?;
        if !answer.is_success() {
            return Err(unlisted(&answer, self.secret_key, &self.discreet("")));
        }
        answer.json().ok_or_else(|| unfinished("the list of messages cannot be read"))
    }

    /// Another page of the list; Twilio names it by its path. Anywhere else is not where the secret goes.
    fn beyond(&self, place: &str) -> Result<Url, Outcome> {
        let elsewhere = || unfinished("the next page of the list is not where the list is");
        let list = self.messages();
        let url = list.join(place).map_err(|_| elsewhere())?;
        let is_here = url.origin() == list.origin() && url.path() == list.path() && url.username().is_empty();
        if is_here && url.password().is_none() { Ok(url) } else { Err(elsewhere()) }
    }

    fn request(&self, method: Method, url: Url) -> Request {
        let headers = HeaderMap::from_iter([(AUTHORIZATION, self.authorization.clone())]);
        Request { method, url, headers, body: Vec::new(), timeout: TIMEOUT }
    }

    fn messages(&self) -> Url {
        self.endpoint.with(&["2010-04-01", "Accounts", &self.account, "Messages.json"])
    }

    fn list(&self, fields: &[(&str, &str)]) -> Url {
        let mut url = self.messages();
        url.query_pairs_mut().extend_pairs(fields);
        url
    }
}

/// The fields as a form, written as the query of an address is (WHATWG URL, section 5).
fn form(url: &Url, fields: &[(&str, &str)]) -> String {
    let mut url = url.clone();
    url.query_pairs_mut().clear().extend_pairs(fields);
    url.query().unwrap_or_default().to_owned()
}

fn readable(value: serde_json::Value) -> Option<Message> {
    let message = serde_json::from_value(value).ok();
    if message.is_none() {
        tracing::warn!("a message in Twilio's list cannot be read: skipped");
    }
    message
}

/// A list without its end says nothing about what is not in it.
fn unfinished(text: &str) -> Outcome {
    Outcome::Deferred(None, Reply { code: String::new(), text: text.into() })
}
