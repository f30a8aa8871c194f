//! Carriers: whoever hands notifications to one gateway, a provider's or a folder.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::Notification;
use super::http::Http;
use crate::model::{Gateway, OnAmbiguous, Outcome};

/// The way out by one gateway.
pub trait Carrier: Send + Sync {
    /// Hands one notification over, once: whether it is tried again is the ledger's business.
    fn send(&self, notification: &Notification) -> Outcome;

    /// Goes as far as it can without telling anybody: what is there, or why it would not work.
    fn probe(&self) -> Result<String, Outcome>;

    /// Where the notifications go, for people.
    fn destination(&self) -> String;

    /// How many notifications may be under way at the same time. After a crash so many may be repeated.
    fn lanes(&self) -> usize;

    /// What becomes of a notification that may have arrived.
    fn on_ambiguous(&self) -> OnAmbiguous;

    /// How long one attempt takes at most, when the other side uses up every time-out.
    fn longest_attempt(&self) -> Duration;

    /// A token that a later pass is to use again, where a provider minds new ones.
    fn token(&self) -> Option<Token> {
        None
    }
}

/// What a provider was shown in place of a password, and is to be shown again.
#[derive(Debug, Clone)]
pub struct Token {
    /// Whose it is: one made for other keys is of no use.
    pub key: String,
    /// The token itself.
    pub value: SecretString,
    /// When it was made.
    pub made_at: DateTime<Utc>,
}

/// What carriers are made from.
#[derive(Debug)]
pub struct Kit<'a> {
    /// The way to providers.
    pub http: &'a Http,
    /// Where relative file names begin.
    pub folder: &'a Path,
    /// Tokens of earlier passes.
    pub tokens: &'a BTreeMap<Gateway, Token>,
    /// When the carriers are made: what a probe signs bears this time.
    pub now: DateTime<Utc>,
}

/// A carrier, or what keeps it from working.
pub type Ready = Result<Box<dyn Carrier>, Outcome>;
