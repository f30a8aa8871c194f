//! Talking to providers over HTTP: one client, bounded in time and size, that follows nobody elsewhere.
//! Safe to use from many threads: they share one connection where the provider speaks HTTP/2.

mod answer;
mod origin;
mod public;
mod settings;

use std::error::Error;
use std::fmt;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, ClientBuilder, Response};
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Method, Url};

use self::origin::Origins;
use crate::model::{Outcome, Reply};

pub use answer::Answer;
pub use settings::{Endpoint, Settings};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);
/// The most that is read of an answer unless more is asked for: providers say what they have to say in less than a
/// kilobyte.
const LARGEST_ANSWER: u64 = 64 * 1024;

/// The way to providers. Clones share their connections.
#[derive(Clone)]
pub struct Http(Arc<Shared>);

struct Shared {
    /// Made when first used: reading the system's authorities costs milliseconds.
    client: OnceLock<Result<Client, String>>,
    build: Box<dyn Fn() -> Result<ClientBuilder, String> + Send + Sync>,
    origins: Origins,
}

/// One question to a provider.
#[derive(Debug, Clone)]
pub struct Request {
    /// GET or POST.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// The headers; secrets in them are to be marked as sensitive.
    pub headers: HeaderMap,
    /// The body; empty for none.
    pub body: Vec<u8>,
    /// How long everything may take, from the connection to the last byte of the answer.
    pub timeout: Duration,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// Nothing was handed over.
    Unsent(String),
    /// It was handed over, at least in part: it may have been done.
    Unanswered(String),
    /// Whoever answers there cannot prove to be the provider, or this machine has no authorities to prove it by.
    Untrusted(String),
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

impl Http {
    /// Makes ready, without a connection yet; relative file names begin at `folder`.
    pub fn new(settings: &Settings, folder: &Path) -> Self {
        let (settings, folder) = (settings.clone(), folder.to_owned());
        Self::built(move || settings.builder(&folder))
    }

    fn built(build: impl Fn() -> Result<ClientBuilder, String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(Shared { client: OnceLock::new(), build: Box::new(build), origins: Origins::default() }))
    }

    /// Asks once. A redirect is an answer like any other.
    pub fn send(&self, request: Request) -> Result<Answer, Lost> {
        self.send_up_to(request, LARGEST_ANSWER)
    }

    /// The same, for an answer that may be so many bytes long.
    pub fn send_up_to(&self, request: Request, most: u64) -> Result<Answer, Lost> {
        let client =
            self.0.client.get_or_init(|| self.client()).as_ref().map_err(|why| Lost::Untrusted(why.clone()))?;
        let origin = request.url.origin().ascii_serialization();
        self.0.origins.first_alone(&origin, || ask(client, request, most))
    }

    fn client(&self) -> Result<Client, String> {
        let builder = (self.0.build)()?;
        let builder = builder.redirect(Policy::none()).referer(false).user_agent("doorbell").connect_timeout(CONNECT);
        builder.build().map_err(|error| words(&error))
    }
}

impl Lost {
    /// What happened, in words.
    pub fn why(&self) -> &str {
        match self {
            Self::Unsent(why) | Self::Unanswered(why) | Self::Untrusted(why) => why,
        }
    }

    /// What became of the attempt; `is_repeatable` says that the provider does the same thing only once however often
    /// it is asked.
    pub fn outcome(self, is_repeatable: bool) -> Outcome {
        let ours = |text| Reply { code: String::new(), text };
        match self {
            Self::Unsent(text) => Outcome::Deferred(None, ours(text)),
            Self::Unanswered(text) if is_repeatable => Outcome::Deferred(None, ours(text)),
            Self::Unanswered(text) => Outcome::Unknown(ours(text)),
            Self::Untrusted(text) => Outcome::Misconfigured { key: "http.ca_file", reply: ours(text) },
        }
    }
}

fn ask(client: &Client, request: Request, most: u64) -> Result<Answer, Lost> {
    let until = Instant::now() + request.timeout;
    let Request { method, url, headers, body, timeout } = request;
    let mut asked = client.request(method, url).headers(headers).timeout(timeout);
    if !body.is_empty() {
        asked = asked.body(body);
    }
    let response = asked.send().map_err(|error| lost(&error))?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let (body, is_whole) = read(response, until, most);
    Ok(Answer { status, headers, body, is_whole })
}

/// The body as far as it came in time, and whether that is all of it.
fn read(mut response: Response, until: Instant, most: u64) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    let mut piece = [0; 4096];
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    while Instant::now() < until {
        match response.read(&mut piece) {
            Ok(0) => return (body, true),
            Ok(count) => body.extend_from_slice(piece.get(..count).unwrap_or_default()),
            Err(_) => return (body, false),
        }
        if body.len() > most {
            body.truncate(most);
            return (body, false);
        }
    }
    (body, false)
}

fn lost(error: &reqwest::Error) -> Lost {
    let text = words(error);
    if is_untrusted(error) {
        return Lost::Untrusted(text);
    }
    match error {
        _ if error.is_connect() || error.is_builder() => Lost::Unsent(text),
        _ if error.is_timeout() => Lost::Unanswered("no answer in time".into()),
        _ => Lost::Unanswered(text),
    }
}

/// Whether a certificate was refused: another try finds the same one.
fn is_untrusted(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| matches!(innermost(cause).downcast_ref(), Some(rustls::Error::InvalidCertificate(_))))
}

/// What an error of input and output wraps: its `source` skips that.
fn innermost<'a>(mut error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    while let Some(inner) = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        error = inner;
    }
    error
}

fn causes<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let first: &(dyn Error + 'static) = error;
    std::iter::successors(Some(first), |cause: &&(dyn Error + 'static)| (**cause).source())
}

/// The last of the causes, which never holds the address that was asked.
fn words(error: &reqwest::Error) -> String {
    if error.is_timeout() && error.is_connect() {
        return "no connection in time".into();
    }
    match causes(error).last().map(innermost) {
        Some(cause) if !cause.is::<reqwest::Error>() => cause.to_string(),
        _ => "the request failed".into(),
    }
}

#[cfg(test)]
mod tests;
