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
mod mend;
mod news;
mod open;
mod outage;
mod overview;
mod pause;
mod prune;
mod recent;
mod settings;
mod storm;
mod tellings;
mod token;
mod uninstall;

use rusqlite::Connection;

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
pub use settings::Settings;
pub use storm::Held;
pub use tellings::{Kept, Telling};
pub use token::KeptToken;

/// How many attempts of one delivery may have arrived before doorbell stops and leaves it to a person.
pub const AMBIGUOUS_RESENDS: u32 = 1;

/// The open ledger. One process at a time writes it; the pass lock sees to that.
#[derive(Debug)]
pub struct Ledger {
    connection: Connection,
    install_id: String,
    pass: i64,
}

impl Ledger {
    /// The random name this ledger was given when it was made; part of every content key.
    pub fn install_id(&self) -> &str {
        &self.install_id
    }
}

#[cfg(test)]
mod tests;
