//! Nothing lost, nothing told twice: the real program dies at every place, beside others, and on a disk that is full.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

#[path = "../crowd/mod.rs"]
mod crowd;
#[path = "../servers/mod.rs"]
mod servers;

#[cfg(debug_assertions)]
mod matrix;
mod overlap;
mod storage;
mod trial;
