//! What Twilio's answers mean (twilio.com/docs/api/errors). Its codes come and go: one that is not known here costs its
//! message alone, never an address or the whole channel.

use std::time::Duration;

use serde::Deserialize;

use super::super::discreet::Discreet;
use super::super::http::Answer;
use super::super::notes;
use crate::model::Outcome;

/// Twilio answers 429 when too much is asked at the same time, and promises no Retry-After (errors/20429).
const BUSY: Duration = Duration::from_secs(30);
/// A sender's queue holds what it can send in ten hours (errors/21611): a while, and it has room again.
const QUEUE_FULL: Duration = Duration::from_mins(10);

/// No message will ever reach such a number: not one at all, a short code, no mobile, a landline; or its owner said STOP.
const NO_NUMBER: [u32; 6] = [21211, 21217, 21265, 21614, 21635, STOPPED];
const STOPPED: u32 = 21610;
/// No message leaves as this sender.
const NO_SENDER: [u32; 11] = [21212, 21606, 21607, 21657, 21659, 21660, 21701, 21702, 21704, 21705, 21709];
/// The account, whatever the secret.
const NO_ACCOUNT: [u32; 4] = [10001, 20005, 20006, 20404];
const TEST_CREDENTIALS: u32 = 20008;
const TOO_MANY_REQUESTS: u32 = 20429;
const SENDER_IS_FULL: u32 = 21611;

/// An error as Twilio words it, or a message that was made.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    code: Option<u32>,
    message: Option<String>,
    sid: Option<String>,
    status: Option<serde_json::Value>,
    error_code: Option<u32>,
    error_message: Option<String>,
}

/// What became of a message that Twilio was asked to send.
pub(super) fn sent(answer: &Answer, secret_key: &'static str, discreet: &Discreet) -> Outcome {
    let said: Said = answer.json().unwrap_or_default();
    if !answer.is_success() {
        return refused(answer, &said, secret_key, discreet);
    }
    let status = said.status.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
    match (&said.sid, status) {
        (Some(_), "failed" | "undelivered" | "canceled") => {
            let words = said.error_message.as_deref().unwrap_or(status);
            by_code(said.error_code.unwrap_or_default(), answer, words, secret_key, discreet)
        }
        (Some(made), _) => Outcome::Accepted(answer.reply("", &format!("{made} {status}"), discreet)),
        // somebody between here and Twilio, or half an answer: the message may have been made
        (None, _) => Outcome::Unknown(answer.reply("", "the answer names no message", discreet)),
    }
}

/// Why a list did not come: whatever it is, nothing was sent.
pub(super) fn unlisted(answer: &Answer, secret_key: &'static str, discreet: &Discreet) -> Outcome {
    let said: Said = answer.json().unwrap_or_default();
    match refused(answer, &said, secret_key, discreet) {
        outcome @ (Outcome::Deferred(..) | Outcome::Misconfigured { .. }) => outcome,
        other => Outcome::Deferred(None, other.reply().clone()),
    }
}

/// What there is, or why it cannot be used.
pub(super) fn probed(answer: &Answer, secret_key: &'static str, discreet: &Discreet) -> Result<String, Outcome> {
    let said: Said = answer.json().unwrap_or_default();
    let status = said.status.as_ref().and_then(serde_json::Value::as_str);
    match status {
        _ if said.code == Some(TEST_CREDENTIALS) => Ok("these are test credentials: nothing is delivered".into()),
        _ if !answer.is_success() => Err(unlisted(answer, secret_key, discreet)),
        Some("active") => Ok("the account is active".into()),
        Some(other) => {
            let reply = answer.reply("", &format!("the account is {other}"), discreet);
            Err(Outcome::Misconfigured { key: "sms.account", reply })
        }
        None => Ok("the account answers".into()),
    }
}

fn refused(answer: &Answer, said: &Said, secret_key: &'static str, discreet: &Discreet) -> Outcome {
    let words = said.message.as_deref().unwrap_or_default();
    match said.code {
        Some(code) if answer.status < 500 => by_code(code, answer, words, secret_key, discreet),
        _ => by_status(answer, words, secret_key, discreet),
    }
}

fn by_code(code: u32, answer: &Answer, words: &str, secret_key: &'static str, discreet: &Discreet) -> Outcome {
    let reply = || answer.reply(&code.to_string(), words, discreet);
    match code {
        TOO_MANY_REQUESTS => Outcome::Deferred(Some(answer.retry_after().unwrap_or(BUSY)), reply()),
        SENDER_IS_FULL => Outcome::Deferred(Some(answer.retry_after().unwrap_or(QUEUE_FULL)), reply()),
        code if NO_NUMBER.contains(&code) => Outcome::RefusedRecipient(reply()),
        code if NO_SENDER.contains(&code) => Outcome::Misconfigured { key: "sms.from", reply: reply() },
        code if NO_ACCOUNT.contains(&code) => Outcome::Misconfigured { key: "sms.account", reply: reply() },
        _ => match by_status(answer, words, secret_key, discreet) {
            Outcome::Misconfigured { key, .. } => Outcome::Misconfigured { key, reply: reply() },
            Outcome::Deferred(wait, _) => Outcome::Deferred(wait, reply()),
            Outcome::Unknown(_) => Outcome::Unknown(reply()),
            _ => Outcome::RefusedMessage(reply()),
        },
    }
}

fn by_status(answer: &Answer, words: &str, secret_key: &'static str, discreet: &Discreet) -> Outcome {
    let reply = answer.reply("", words, discreet);
    match answer.status {
        300..400 => Outcome::Misconfigured { key: "sms.endpoint", reply },
        401 | 403 => Outcome::Misconfigured { key: secret_key, reply },
        404 => Outcome::Misconfigured { key: "sms.account", reply },
        429 => Outcome::Deferred(Some(answer.retry_after().unwrap_or(BUSY)), reply),
        400..500 => Outcome::RefusedMessage(reply),
        // Twilio may have made the message before it failed (errors/20500), and would make another
        _ => Outcome::Unknown(reply),
    }
}

/// What a person can do about an outcome, in a sentence; empty where nothing needs doing.
pub fn remedy(outcome: &Outcome) -> &'static str {
    let code = outcome.reply().code.split(' ').next_back().and_then(|code| code.parse().ok()).unwrap_or_default();
    match (outcome, code) {
        (Outcome::Accepted(_), _) => "",
        // many equal refusals are laid to the channel, and only the code says what to do
        (Outcome::Misconfigured { key, .. }, _) if *key != "sms" => setting(key, outcome),
        (_, SENDER_IS_FULL) => {
            "the sender's queue is full: send from more numbers (a messaging service), or tell fewer people by text"
        }
        (_, TOO_MANY_REQUESTS) => "Twilio is asked too much at the same time, perhaps by other programs of the account",
        (_, STOPPED) => "they answered STOP and hear nothing by text until they answer START",
        (_, 21408) => "switch on the country in Twilio's console: messaging, settings, geo permissions",
        (_, 21608) => "a trial account texts verified numbers only: verify the number, or upgrade the account",
        (_, 21612 | 21703) => "the sender does not reach that country: use another number, or a messaging service",
        (Outcome::RefusedRecipient(_), _) => "correct the person's number in the desk",
        (Outcome::RefusedMessage(_) | Outcome::Misconfigured { .. }, _) => {
            "look the code up at twilio.com/docs/api/errors"
        }
        (Outcome::Unknown(_), _) => {
            "look in Twilio's message log whether it was sent, then: doorbell deliveries confirm, or requeue"
        }
        (Outcome::Deferred(..), _) => "it is tried again in a later pass",
    }
}

fn setting(key: &str, outcome: &Outcome) -> &'static str {
    match key {
        "sms.outbox" => notes::remedy(outcome),
        "sms.from" => "the account cannot send as sms.from: name a number, a sender or a messaging service of its own",
        "sms.account" => "check sms.account, and in Twilio's console whether the account is active",
        "sms.endpoint" => "nobody there speaks for Twilio: remove sms.endpoint, or correct it",
        "http.ca_file" => {
            "the certificate is not signed by an authority this machine knows: put the PEM of your own authority into \
             http.ca_file"
        }
        _ => "copy the auth token of the account anew from Twilio's console, or the secret that goes with sms.api_key",
    }
}
