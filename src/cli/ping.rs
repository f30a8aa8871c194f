//! The dead-man ping: a service elsewhere hears that a pass began and how it ended, and misses those that never come.
//! Its address is a secret: it stands in no message.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use reqwest::blocking::Client;
use reqwest::redirect::Policy;
use reqwest::{StatusCode, Url};

use super::{Exit, say};
use crate::config::Signals;

/// A ping with its repeats; a pass waits no longer for it.
const PATIENCE: Duration = Duration::from_secs(5);
/// A service that stumbles is asked so often.
const TRIES: u32 = 3;
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(200);

/// What the settings say about the service.
pub(super) struct Ping<'a>(&'a Signals);

impl<'a> Ping<'a> {
    pub(super) fn new(signals: &'a Signals) -> Self {
        Self(signals)
    }

    /// A pass has the ledger and begins.
    pub(super) fn started(&self) {
        self.tell("start");
    }

    /// A pass left in this way.
    pub(super) fn ended(&self, exit: Exit) {
        match exit.code() {
            0 => self.tell(""),
            status => self.tell(&status.to_string()),
        }
    }

    fn tell(&self, step: &str) {
        let Some(url) = self.0.ping_url(step) else { return };
        if let Err(why) = in_time(url) {
            say::aside(&format!("doorbell: operator.ping: {why}; everything else went on"));
        }
    }
}

/// In a thread of its own, which is left alone when time is up: a resolver that hangs cannot be told to stop.
fn in_time(url: Url) -> Result<(), String> {
    let (sender, answer) = mpsc::channel();
    let ask = move || {
        // whoever waited may have gone
        let _ = sender.send(ask(&url));
    };
    thread::Builder::new().spawn(ask).map_err(|error| format!("start a thread: {error}"))?;
    answer.recv_timeout(PATIENCE).unwrap_or_else(|_| Err("no answer within 5 seconds".into()))
}

fn ask(url: &Url) -> Result<(), String> {
    let until = Instant::now() + PATIENCE;
    let host = url.host_str().map(str::to_owned);
    // on the same host a redirect is the service's own business; elsewhere nobody else is to learn the address
    let stay = Policy::custom(move |attempt| {
        let is_same = attempt.url().host_str().map(str::to_owned) == host && attempt.url().scheme() == "https";
        if is_same && attempt.previous().len() < 3 { attempt.follow() } else { attempt.stop() }
    });
    let client = Client::builder().redirect(stay).referer(false).user_agent("doorbell").build();
    let client = client.map_err(words)?;
    let mut last = String::new();
    for again in 0..TRIES {
        if again > 0 {
            thread::sleep(PAUSE);
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        match client.get(url.clone()).timeout(left).send() {
            Ok(answer) if answer.status().is_success() => return Ok(()),
            Ok(answer) => last = refusal(answer.status())?,
            Err(error) => last = words(error),
        }
    }
    Err(last)
}

/// What a status says that is no success; `Err` for one that stays so however often it is asked.
fn refusal(status: StatusCode) -> Result<String, String> {
    let code = status.as_u16();
    match status {
        _ if status.is_server_error() || code == 429 => Ok(format!("the service answered {code}")),
        _ if status.is_redirection() => Err(format!("the service answered {code} and sends on to another place")),
        _ => Err(format!("the service answered {code}; is the address right?")),
    }
}

/// An error without the address that it is about, with the last of its causes.
fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    if error.is_timeout() { "no answer in time".into() } else { cause.to_string() }
}
