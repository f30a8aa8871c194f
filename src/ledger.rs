//! What was told, to whom, and what is on its way: the only memory doorbell has.
//! Promise: no attempt reaches the wire without its committed row, and marks move only with the delivery.

mod backoff;
mod block;
mod bounce;
mod claim;
mod columns;
mod copy;
mod enqueue;
mod exchange;
mod history;
mod home;
mod inbound;
mod key;
mod life;
mod mend;
mod news;
mod open;
mod outage;
mod overview;
mod pause;
mod place;
mod prune;
mod queue;
mod reasons;
mod recent;
mod settings;
mod settle;
mod store;
mod storm;
mod tellings;
mod token;
mod uninstall;

use anyhow::Result;

pub use backoff::retry_after;
pub use block::{Blocked, Blocks};
pub use bounce::Bounced;
pub use claim::Recovered;
pub use enqueue::{Enqueued, Intake};
pub use exchange::{Begin, Closed, Settled, Settlement};
pub use inbound::{Taken, Texted};
pub use key::{fingerprint_of, thread_key, uid};
pub use mend::{Filter, Listed, Mend};
pub use open::LedgerError;
pub use outage::Outage;
pub use overview::{Overview, PassSeen, Queue};
pub use place::{Place, Server};
pub use settings::Settings;
pub use storm::Held;
pub use tellings::{Kept, Telling};
pub use token::KeptToken;

use store::{Store, is_broken, is_conflict};

/// How many attempts of one delivery may have arrived before doorbell stops and leaves it to a person.
pub const AMBIGUOUS_RESENDS: u32 = 1;

/// How often what others kept from being written is tried again, half a minute each where a file is held.
const PATIENCE: u32 = 10;

/// The open ledger. One process at a time writes to a file, the pass lock sees to that; on a server several hosts may be
/// at work, and each delivery is in the hands of one.
#[derive(Debug)]
pub struct Ledger {
    store: Store,
    install_id: String,
    pass: i64,
}

impl Ledger {
    /// The random name this ledger was given when it was made; part of every content key.
    pub fn install_id(&self) -> &str {
        &self.install_id
    }

    /// Writes, and again when others were in the way; `what` waits for them. On a server whose connection broke, a pass
    /// that has planned connects again: its claims are its own until another host has found it dead.
    fn patiently<T>(&self, what: &str, write: impl Fn(&Self) -> Result<T>) -> Result<T> {
        let mut patience = PATIENCE;
        loop {
            let error = match write(self) {
                Err(error) if patience > 0 => error,
                result => return result,
            };
            if is_conflict(&error) {
                tracing::warn!("the ledger is held by another program; {what} wait for it");
            } else if self.pass > 0 && is_broken(&error) && self.store.is_shared() {
                tracing::warn!("{error:#}; {what} wait for another connection");
                self.connect_again()?;
            } else {
                return Err(error);
            }
            patience -= 1;
        }
    }
}

#[cfg(test)]
mod tests;
