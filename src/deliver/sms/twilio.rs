//! The carrier that hands text messages to Twilio. Twilio makes a new message of every request: nothing is sent twice
//! by guess.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::super::Notification;
use super::super::carrier::Carrier;
use super::super::segment;
use super::answer::{probed, sent};
use super::api::{Api, LISTING, TIMEOUT};
use super::keys::{Doubt, Sender};
use super::message::Message;
use super::settings::{Account, Settings};
use crate::model::{OnAmbiguous, Outcome, Reply, phone_number};

/// A long code takes about one message a second (twilio.com/docs/messaging/guides/scaling-queueing-latency), and Twilio
/// queues the rest: more hands would only bring more of them into doubt.
const LANES: usize = 4;
/// Twilio's clock and ours.
const CLOCKS: TimeDelta = TimeDelta::minutes(1);

/// The way out by Twilio.
#[derive(Debug)]
pub(super) struct Twilio {
    api: Api,
    from: Sender,
    valid_for: String,
    on_ambiguous: Doubt,
    shows_message: bool,
    segments: usize,
}

impl Twilio {
    pub(super) fn new(api: Api, account: &Account, settings: &Settings) -> Self {
        Self {
            api,
            from: account.from.clone(),
            valid_for: account.valid_for.0.as_seconds().to_string(),
            on_ambiguous: account.on_ambiguous,
            shows_message: settings.message,
            segments: usize::from(settings.segments.0),
        }
    }

    fn body(&self, notification: &Notification) -> String {
        let note = &notification.note;
        let said = if self.shows_message { note.body.as_str() } else { "" };
        segment::text(&note.title, said, self.segments)
    }

    /// The name of the sender in a request, and the sender.
    fn sender(&self) -> (&'static str, &str) {
        match &self.from {
            Sender::Number(number) => ("From", number),
            Sender::Name(name) => ("From", name),
            Sender::Service(sid) => ("MessagingServiceSid", sid),
        }
    }

    /// Whether Twilio has this very message already, made since then: its number at Twilio if so.
    fn made_before(&self, to: &str, body: &str, since: DateTime<Utc>) -> Result<Option<String>, Outcome> {
        let since = since - CLOCKS;
        let (_, sender) = self.sender();
        let is_it = |message: &Message| {
            message.is_under_way()
                && message.is_from(sender)
                && message.body.as_deref() == Some(body)
                && message.made_at().is_some_and(|at| at >= since)
        };
        let day = since.date_naive().to_string();
        let listed = self.api.all(&[("To", to), ("DateSent>", &day)])?;
        if let Some(found) = listed.into_iter().find(is_it) {
            return Ok(Some(found.sid));
        }
        // what Twilio has queued has no day of sending yet
        Ok(self.api.first(&[("To", to)])?.into_iter().find(is_it).map(|found| found.sid))
    }

    fn create(&self, to: &str, body: &str) -> Outcome {
        let fields = [("To", to), self.sender(), ("Body", body), ("ValidityPeriod", &self.valid_for)];
        match self.api.create(&fields) {
            Ok(answer) => sent(&answer, self.api.secret_key(), &self.api.discreet(to)),
            Err(lost) => lost.outcome(false),
        }
    }
}

impl Carrier for Twilio {
    fn send(&self, notification: &Notification) -> Outcome {
        let Some(to) = phone_number(&notification.recipient.address) else {
            return Outcome::RefusedRecipient(ours("the number is not in international form"));
        };
        let body = self.body(notification);
        if body.is_empty() {
            return Outcome::RefusedMessage(ours("there is nothing to say"));
        }
        let in_doubt = notification.in_doubt_since.filter(|_| self.on_ambiguous == Doubt::Reconcile);
        match in_doubt.map(|since| self.made_before(&to, &body, since)) {
            Some(Err(outcome)) => outcome,
            Some(Ok(Some(sid))) => Outcome::Accepted(Reply {
                code: String::new(),
                text: format!("{sid} was found in Twilio's list and not sent again"),
            }),
            Some(Ok(None)) | None => self.create(&to, &body),
        }
    }

    fn probe(&self) -> Result<String, Outcome> {
        let answer = self.api.look().map_err(|lost| lost.outcome(true))?;
        let found = probed(&answer, self.api.secret_key(), &self.api.discreet(""))?;
        Ok(format!("{}, {found}", self.destination()))
    }

    fn destination(&self) -> String {
        format!("text messages go to {} as {}", self.api.host(), self.sender().1)
    }

    fn lanes(&self) -> usize {
        LANES
    }

    fn on_ambiguous(&self) -> OnAmbiguous {
        match self.on_ambiguous {
            Doubt::Hold => OnAmbiguous::Hold,
            // the ledger sends it once more, and `send` looks first
            Doubt::Resend | Doubt::Reconcile => OnAmbiguous::Resend,
        }
    }

    fn longest_attempt(&self) -> Duration {
        let listing = if self.on_ambiguous == Doubt::Reconcile { LISTING + TIMEOUT * 2 } else { Duration::ZERO };
        listing + TIMEOUT
    }
}

fn ours(text: &str) -> Reply {
    Reply { code: "doorbell".into(), text: text.into() }
}
