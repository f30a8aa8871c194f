//! Nothing lost, nothing told twice: the real program dies at every place, beside others, and on a disk that is full.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may panic, and the figures are worth printing"
)]
#![cfg_attr(
    not(debug_assertions),
    allow(dead_code, reason = "a release build has no fail points, so the matrix is not run")
)]

#[path = "../crowd/mod.rs"]
mod crowd;
#[path = "../servers/mod.rs"]
mod servers;

mod chance;
mod disk;
mod failing;
#[cfg(debug_assertions)]
mod matrix;
mod network;
mod overlap;
mod power;
mod shim;
mod storage;
mod trial;

/// Whether there is time for the large sizes: `make soak`.
fn is_soak() -> bool {
    std::env::var_os("DOORBELL_SOAK").is_some()
}
