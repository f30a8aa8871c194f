//! What is written about a delivery: into the ledger, and for the operator to read.

use super::super::suspects::Judged;
use super::super::way::Ready;
use crate::ledger::{Begin, Settled, Settlement};
use crate::model::Outcome;

/// What is on its way from this commit on.
pub(super) fn begin(ready: &Ready) -> Begin<'_> {
    Begin { delivery: &ready.delivery, uid: &ready.uid, items: &ready.digest.items, shown: &ready.shown }
}

/// What the ledger is told: a mail that was refused for the channel's fault waits for another try.
pub(super) fn settled(judged: &Judged<Ready>) -> Settled<'_> {
    let ready = &judged.item;
    let settlement = match (&judged.outcome, &ready.note) {
        (Outcome::Accepted(_), Some(note)) => Settlement::Shown(note.clone(), ready.digest.items.clone()),
        (Outcome::RefusedMessage(reply) | Outcome::Misconfigured { reply, .. }, _) if judged.blames_channel => {
            Settlement::Answered(Outcome::Deferred(None, reply.clone()))
        }
        (outcome, _) => Settlement::Answered(outcome.clone()),
    };
    Settled { delivery: &ready.delivery, uid: &ready.uid, settlement }
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
