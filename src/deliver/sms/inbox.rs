//! What people texted to the numbers of an account, by asking for it: nobody has to listen.

use std::sync::Arc;

use chrono::{DateTime, Days, Utc};

use super::api::Api;
use super::message::Message;
use crate::model::{Outcome, phone_number};

/// The messages of so many days are asked for each time: days at Twilio are those of UTC, and what comes late or while
/// doorbell is away is not missed.
const DAYS_BACK: Days = Days::new(2);

/// The messages that people send to the account.
#[derive(Debug)]
pub struct Inbox {
    api: Api,
    numbers: Vec<Arc<str>>,
}

/// A message that somebody sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Its own number at Twilio.
    pub sid: String,
    /// Who sent it, as Twilio writes it.
    pub from: String,
    /// The same as a number in international form, if it is one.
    pub number: Option<Arc<str>>,
    /// What it says, as it came.
    pub body: String,
    /// How many pictures and files came with it; they stay at Twilio.
    pub media: u32,
    /// When it came; `None` when Twilio does not say.
    pub at: Option<DateTime<Utc>>,
}

impl Inbox {
    pub(super) fn new(api: Api, numbers: &[Arc<str>]) -> Self {
        Self { api, numbers: numbers.to_vec() }
    }

    /// What came in yesterday and today, and the day before for good measure; oldest first.
    pub fn received(&self, now: DateTime<Utc>) -> Result<Vec<Received>, Outcome> {
        let since = now.date_naive().checked_sub_days(DAYS_BACK).unwrap_or_default().to_string();
        let mut received = Vec::new();
        for number in &self.numbers {
            let listed = self.api.all(&[("To", number), ("DateSent>", &since)])?;
            received.extend(listed.into_iter().filter(Message::is_received).filter_map(of));
        }
        received.sort_by(|one: &Received, other| (one.at, &one.sid).cmp(&(other.at, &other.sid)));
        received.dedup_by(|one, other| one.sid == other.sid);
        Ok(received)
    }
}

fn of(message: Message) -> Option<Received> {
    if message.sid.is_empty() {
        return None;
    }
    let (at, media) = (message.came_at(), message.media());
    let from = message.from.unwrap_or_default();
    Some(Received {
        number: phone_number(&from),
        sid: message.sid,
        from,
        body: message.body.unwrap_or_default(),
        media,
        at,
    })
}
