//! What is written about a delivery: into the ledger, and for the operator to read.

use super::super::suspects::Judged;
use super::super::way::Ready;
use crate::config::Config;
use crate::deliver::email;
use crate::ledger::{Begin, Settled, Settlement};
use crate::model::{Channel, OnAmbiguous, Outcome};

/// What is on its way from this commit on.
pub(super) fn begin<'a>(config: &Config, ready: &'a Ready) -> Begin<'a> {
    let on_ambiguous = match ready.delivery.channel {
        Channel::Email => config.email.as_ref().map(email::Settings::on_ambiguous).unwrap_or_default(),
        // what is written to a file or into the feed is never in doubt for long
        Channel::Sms | Channel::Push | Channel::Desktop | Channel::InApp => OnAmbiguous::Resend,
    };
    let Ready { delivery, uid, shown, .. } = ready;
    Begin { delivery, uid, items: &ready.digest.items, shown, on_ambiguous }
}

/// What the ledger is told: a mail that was refused for the channel's fault waits for another try.
///
/// Where mails are led elsewhere, a refusal says nothing about the recipient's own address.
pub(super) fn settled(judged: &Judged<Ready>, redirected: bool) -> Settled<'_> {
    let ready = &judged.item;
    let settlement = match (&judged.outcome, &ready.note) {
        (Outcome::Accepted(_), Some(note)) => Settlement::Shown(note.clone(), ready.digest.items.clone()),
        (Outcome::RefusedMessage(reply) | Outcome::Misconfigured { reply, .. }, _) if judged.blames_channel => {
            Settlement::Answered(Outcome::Deferred(None, reply.clone()))
        }
        (outcome, _) => Settlement::Answered(outcome.clone()),
    };
    let address = if redirected { "" } else { &*ready.digest.recipient.address };
    Settled { delivery: &ready.delivery, uid: &ready.uid, address, settlement }
}

/// What the operator is told: the setting to look at.
pub(super) fn blamed(judged: &Judged<Ready>) -> Outcome {
    match &judged.outcome {
        Outcome::RefusedMessage(reply) if judged.blames_channel => {
            Outcome::Misconfigured { key: "email.server", reply: reply.clone() }
        }
        outcome => outcome.clone(),
    }
}
