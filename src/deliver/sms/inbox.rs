//! What people texted to the numbers of an account, by asking for it: nobody has to listen.

use std::sync::Arc;

use chrono::{DateTime, Days, Utc};

use super::api::Api;
use super::message::Message;
use crate::model::{Outcome, phone_number};

/// Words that Twilio itself takes for a wish to hear nothing more, and to hear again, when they are the whole message
/// (help.twilio.com, support for opt-out keywords).
const STOP: [&str; 8] = ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"];
const START: [&str; 2] = ["START", "UNSTOP"];
/// The same to Twilio as START, but from somebody who hears it is an answer like any other.
const YES: &str = "YES";

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

/// What a message wants of doorbell itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// No more texts.
    Stop,
    /// Texts again.
    Start,
    /// Texts again, if its sender had stopped them.
    StartIfStopped,
}

impl Received {
    /// What it wants of doorbell; `None` when it is for people.
    pub fn wish(&self) -> Option<Wish> {
        let word = self.body.trim_matches(|letter: char| !letter.is_alphanumeric()).to_ascii_uppercase();
        match word.as_str() {
            word if STOP.contains(&word) => Some(Wish::Stop),
            word if START.contains(&word) => Some(Wish::Start),
            YES => Some(Wish::StartIfStopped),
            _ => None,
        }
    }
}

impl Inbox {
    pub(super) fn new(api: Api, numbers: &[Arc<str>]) -> Self {
        Self { api, numbers: numbers.to_vec() }
    }

    /// What came in since the day before that instant, oldest first: what is late, or dated by another clock, is not
    /// missed.
    pub fn received(&self, since: DateTime<Utc>) -> Result<Vec<Received>, Outcome> {
        // days at Twilio are those of UTC
        let since = since.date_naive().checked_sub_days(Days::new(1)).unwrap_or_default().to_string();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_message_is_a_wish() {
        let wish = |body: &str| {
            Received {
                sid: "SM1".into(),
                from: "+441632960001".into(),
                number: None,
                body: body.into(),
                media: 0,
                at: None,
            }
            .wish()
        };
        for word in STOP.into_iter().chain(["stop", " Stop.\n", "\"STOP\"", "unsubscribe"]) {
            assert_eq!(wish(word), Some(Wish::Stop), "{word:?}");
        }
        for word in ["START", "start!", "Unstop"] {
            assert_eq!(wish(word), Some(Wish::Start), "{word:?}");
        }
        assert_eq!(wish("yes"), Some(Wish::StartIfStopped));
        for words in ["stop it", "please stop", "", "STOP START", "yes please", "STOP\nthanks", "ſtop", "help"] {
            assert_eq!(wish(words), None, "{words:?}");
        }
    }
}
