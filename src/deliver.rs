//! Channels: each takes one thing to tell, hands it over, and says what became of it as an `Outcome`.
//! Channels do not know each other, and none of them retries: the ledger does.

pub mod email;
pub mod notes;
pub mod outbox;
