//! What is written about a delivery: into the ledger, and for the operator to read.

use super::super::Post;
use super::super::suspects::Judged;
use super::super::way::Ready;
use crate::config::Config;
use crate::deliver::email;
use crate::ledger::{Begin, Settled, Settlement};
use crate::model::{Gateway, Outcome};

/// What is on its way from this commit on.
pub(super) fn begin<'a>(config: &Config, post: &Post, ready: &'a Ready) -> Begin<'a> {
    let by_carrier = || post.carriers.get(&ready.delivery.gateway)?.as_ref().ok().map(|carrier| carrier.on_ambiguous());
    let on_ambiguous = match ready.delivery.gateway {
        Gateway::Email => config.email.as_ref().map(email::Settings::on_ambiguous).unwrap_or_default(),
        _ => by_carrier().unwrap_or_default(),
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
            let gateway = judged.item.delivery.gateway;
            let key = if gateway == Gateway::Email { "email.server" } else { gateway.word() };
            Outcome::Misconfigured { key, reply: reply.clone() }
        }
        outcome => outcome.clone(),
    }
}
