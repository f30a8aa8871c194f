//! What a pass did: the last line of its output, and its exit status.

use std::collections::BTreeMap;

use serde::Serialize;

use super::plan::Plan;
use super::replies::{Replies, Stranger};
use super::way::shown;
use crate::deliver::remedy;
use crate::ledger::{Closed, Enqueued, Held, Recovered, Settlement};
use crate::model::{Channel, Delivery, Digest, Gateway, Outcome, Verdict};
use crate::render::TemplateError;

/// Somebody who was told.
#[derive(Debug, Clone, Serialize)]
pub struct Told {
    /// The delivery's number.
    pub delivery: i64,
    /// `agent:7` and the like.
    pub recipient: String,
    /// The display name: for the screen, never for the ledger or a program's log.
    #[serde(skip)]
    pub name: String,
    /// The masked address; on other channels than email behind the channel: `sms +***12`, `push device 12`.
    pub address: String,
    /// The channel.
    pub channel: &'static str,
    /// How many conversations.
    pub conversations: usize,
    /// Why, for the first of them.
    pub why: String,
}

/// A delivery that did not arrive, in words.
#[derive(Debug, Clone, Serialize)]
pub struct Trouble {
    /// The delivery's number; 0 when it is about none in particular.
    pub delivery: i64,
    /// The masked address, as in [`Told`]; the channel, for `outage` and `settings`; empty when none was looked up.
    pub address: String,
    /// dead, unknown, retry, settings, outage, held or sender.
    pub kind: &'static str,
    /// Whether the operator has heard of it within a day.
    pub standing: bool,
    /// The settings key to look at, for `settings`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<&'static str>,
    /// The provider's words.
    pub words: String,
    /// What to do about it.
    pub remedy: &'static str,
}

/// What a pass did.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Report {
    /// Rules that ran.
    pub rules: usize,
    /// Slots that were due.
    pub slots: usize,
    /// Decisions to tell.
    pub told: usize,
    /// Decisions to wait.
    pub later: usize,
    /// Decisions not to tell.
    pub skipped: usize,
    /// How often each reason not to tell, or not yet, was given, by its code.
    pub reasons: BTreeMap<&'static str, usize>,
    /// Deliveries that are new.
    pub queued: usize,
    /// Deliveries waiting for another try that took new messages along.
    pub joined: usize,
    /// Conversations that were found to reach nobody, for the first time.
    pub uncovered: usize,
    /// Rules that would tell far more than usual, and are held until a person lets them go.
    pub held: usize,
    /// Those of them that are news: held for the first time, or for another day.
    pub held_news: usize,
    /// Digests kept back behind one that may have arrived.
    pub in_doubt: usize,
    /// Text messages of people that were taken in.
    pub replies: usize,
    /// Text messages that belong to nobody, seen for the first time.
    pub unknown_senders: usize,
    /// Deliveries that a stopped pass had on the wire and that go once more.
    pub recovered: usize,
    /// Deliveries the provider has.
    pub sent: usize,
    /// Deliveries that wait for another try.
    pub retried: usize,
    /// Deliveries that will never arrive.
    pub dead: usize,
    /// Deliveries that may have arrived.
    pub unknown: usize,
    /// Deliveries of which nothing waited any more.
    pub suppressed: usize,
    /// Deliveries that are due and were not begun: the time or the limit of the pass was up, the channel did not work,
    /// or the pass was a trial that only mails take part in.
    pub left: usize,
    /// Whether the settings stopped a channel.
    pub misconfigured: bool,
    /// Whether a channel does not work for now: nobody answers, or it takes no more.
    pub unreachable: bool,
    /// How long it took.
    pub seconds: f64,
    /// Who was told, at most [`Report::LISTED`] of them.
    pub recipients: Vec<Told>,
    /// What went wrong, at most [`Report::LISTED`].
    pub troubles: Vec<Trouble>,
}

impl Report {
    /// More than this nobody reads on a screen.
    pub const LISTED: usize = 20;

    pub(super) fn of(plan: &Plan, enqueued: &Enqueued, recovered: Recovered) -> Self {
        let mut report = Self {
            rules: plan.rules.len(),
            slots: plan.slots.len(),
            queued: enqueued.queued,
            joined: enqueued.joined,
            uncovered: enqueued.uncovered,
            held: plan.held.len(),
            held_news: enqueued.held_news.len(),
            in_doubt: enqueued.in_doubt,
            troubles: enqueued.held_news.iter().map(held).collect(),
            recovered: recovered.again,
            ..Self::default()
        };
        report.add_recovered(recovered.unknown);
        for decision in &plan.decisions {
            let (count, reason) = match &decision.verdict {
                Verdict::Told(_) => (&mut report.told, None),
                Verdict::Later(_, reason) => (&mut report.later, Some(reason)),
                Verdict::Skipped(reason) => (&mut report.skipped, Some(reason)),
            };
            *count += 1;
            if let Some(reason) = reason {
                *report.reasons.entry(reason.code()).or_default() += 1;
            }
        }
        report
    }

    /// What people texted.
    pub(super) fn add_replies(&mut self, replies: Replies) {
        let Replies { taken_in, strangers, outage } = replies;
        self.replies = taken_in;
        self.unknown_senders = strangers.len();
        self.troubles.extend(strangers.into_iter().take(Self::LISTED).map(stranger));
        if let Some((outcome, news)) = outage {
            self.add_outage(Gateway::Sms, &outcome, news);
        }
    }

    /// What stopped passes left in doubt twice.
    fn add_recovered(&mut self, unknown: Vec<(i64, String)>) {
        self.unknown += unknown.len();
        self.troubles.extend(unknown.into_iter().take(Self::LISTED).map(|(delivery, address)| Trouble {
            delivery,
            address,
            kind: "unknown",
            standing: false,
            key: None,
            words: Recovered::WORDS.into(),
            remedy: "it is not sent again: ask whoever it was for, then: doorbell deliveries confirm, or requeue",
        }));
    }

    /// How many deliveries came to an end, or to another try.
    pub fn settled(&self) -> usize {
        self.sent + self.retried + self.dead + self.unknown + self.suppressed
    }

    /// 0, or 1 when something new needs a person, 75 when a channel does not work for now, 78 when
    /// the settings stopped one.
    pub fn exit_status(&self) -> u8 {
        match self {
            Self { misconfigured: true, .. } => 78,
            Self { unreachable: true, .. } => 75,
            Self { dead: 0, unknown: 0, uncovered: 0, held_news: 0, unknown_senders: 0, .. } => 0,
            _ => 1,
        }
    }

    /// The report as one line of JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What the ledger keeps of it: the counts, without the people; the deliveries stand there themselves.
    pub(super) fn summary(&self) -> String {
        Self { recipients: Vec::new(), troubles: Vec::new(), ..self.clone() }.to_json()
    }

    pub(super) fn add(&mut self, delivery: &Delivery, digest: &Digest, outcome: &Outcome, closed: Closed) {
        self.count(closed);
        let address = address(digest);
        if closed == Closed::Sent && self.recipients.len() < Self::LISTED {
            self.recipients.push(Told {
                delivery: delivery.id,
                recipient: delivery.recipient.to_string(),
                name: digest.recipient.name.clone(),
                address: address.clone(),
                channel: delivery.channel.word(),
                conversations: digest.conversations(),
                why: digest.items.first().map(|item| item.why.sentence()).unwrap_or_default(),
            });
        }
        self.add_trouble(delivery, address, outcome, closed);
    }

    /// A delivery that was settled without having begun.
    pub(super) fn add_unsent(&mut self, delivery: &Delivery, settlement: &Settlement, closed: Closed) {
        self.count(closed);
        if let Settlement::Answered(outcome) = settlement {
            self.add_trouble(delivery, String::new(), outcome, closed);
        }
    }

    fn add_trouble(&mut self, delivery: &Delivery, address: String, outcome: &Outcome, closed: Closed) {
        let kind = match (outcome, closed) {
            // one line for the whole channel
            (Outcome::Accepted(_) | Outcome::Misconfigured { .. }, _) => return,
            (Outcome::Deferred(..) | Outcome::Unknown(_), Closed::Retried(_)) => "retry",
            (Outcome::Unknown(_), _) => "unknown",
            _ => "dead",
        };
        if self.troubles.len() < Self::LISTED {
            let (words, remedy) = (outcome.reply().words(), remedy(delivery.channel, outcome));
            let standing = false;
            self.troubles.push(Trouble { delivery: delivery.id, address, kind, standing, key: None, words, remedy });
        }
    }

    /// A channel that does not work; the operator hears of it when it is news.
    pub(super) fn add_outage(&mut self, gateway: Gateway, outcome: &Outcome, news: bool) {
        let key = outcome.key();
        *if key.is_some() { &mut self.misconfigured } else { &mut self.unreachable } = true;
        self.troubles.push(Trouble {
            delivery: 0,
            address: gateway.word().into(),
            kind: if key.is_some() { "settings" } else { "outage" },
            standing: !news,
            key,
            words: outcome.reply().words(),
            remedy: match outcome {
                // what the one delivery that is in doubt wants of a person stands in a line of its own
                Outcome::Unknown(_) if gateway != Gateway::Email => "it is tried again in a later pass",
                _ => remedy(gateway.channel(), outcome),
            },
        });
    }

    pub(super) fn add_template_fault(&mut self, fault: Option<&TemplateError>) {
        let Some(fault) = fault else { return };
        self.misconfigured = true;
        self.troubles.push(Trouble {
            delivery: 0,
            address: String::new(),
            kind: "settings",
            standing: false,
            key: Some("templates.folder"),
            words: fault.to_string(),
            remedy: "until it is mended everything goes out in doorbell's own words",
        });
    }

    pub(super) fn count(&mut self, closed: Closed) {
        *match closed {
            Closed::Sent => &mut self.sent,
            Closed::Retried(_) => &mut self.retried,
            Closed::Dead => &mut self.dead,
            Closed::Unknown => &mut self.unknown,
            Closed::Suppressed | Closed::Lost => &mut self.suppressed,
        } += 1;
    }
}

fn held(held: &Held) -> Trouble {
    let Held { rule, deliveries, limit } = held;
    let words = format!(
        "{rule} would begin {deliveries} deliveries at once, and {limit} are the most it may; if that is right: \
         doorbell approve {rule}"
    );
    Trouble { delivery: 0, address: String::new(), kind: "held", standing: false, key: None, words, remedy: "" }
}

fn stranger(Stranger { address, words }: Stranger) -> Trouble {
    let remedy =
        "put the number into the desk, and it is taken in as long as Twilio lists it; else answer it at Twilio";
    Trouble { delivery: 0, address, kind: "sender", standing: false, key: None, words, remedy }
}

/// Where a digest goes, as people may read it.
pub fn address(digest: &Digest) -> String {
    match digest.channel {
        Channel::Email => shown(digest),
        Channel::InApp => "in_app feed".into(),
        channel => format!("{channel} {}", shown(digest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Reply;

    #[test]
    fn a_channel_that_does_not_work_does_not_ask_for_a_delivery_to_be_confirmed() {
        let mut report = Report::default();
        let lost = Outcome::Unknown(Reply { code: "500".into(), text: String::new() });
        report.add_outage(Gateway::Sms, &lost, true);
        let remedies: Vec<_> = report.troubles.iter().map(|trouble| trouble.remedy).collect();
        assert_eq!(remedies, ["it is tried again in a later pass"]);
    }
}
