//! Every way in which a mail server fails, in one table: over the channel, and over the real program.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

#[path = "../crowd/mod.rs"]
mod crowd;
#[path = "../servers/mod.rs"]
mod servers;

mod channel;
mod desk;
mod lines;
mod program;
mod scene;
mod secrets;
mod table;
