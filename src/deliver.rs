//! Channels: each takes one thing to tell, hands it over, and says what became of it as an `Outcome`.
//! Channels do not know each other, and none of them retries: the ledger does.

pub mod email;
pub mod notes;
pub mod outbox;

use crate::model::{Channel, Outcome, Reply};

/// How the words begin when the settings have lost a channel for which deliveries wait.
const NO_SECTION: &str = "there is no section";

/// What a person can do about an outcome on a channel, in a sentence; empty where nothing needs doing.
pub fn remedy(channel: Channel, outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Misconfigured { reply, .. } if reply.text.starts_with(NO_SECTION) => {
            "add it again: what still has to be told goes out then, and the rest is dropped"
        }
        _ if channel == Channel::Email => email::remedy(outcome),
        _ => notes::remedy(outcome),
    }
}

/// What becomes of a delivery whose channel is not in the settings any more: it waits until it is.
pub fn no_section(channel: Channel) -> Outcome {
    let key = if channel == Channel::Email { "email.server" } else { notes::key(channel) };
    let text = format!("{NO_SECTION} [{channel}] in the settings, and deliveries wait for it");
    Outcome::Misconfigured { key, reply: Reply { code: String::new(), text } }
}
