//! Notifications on phones, by every network: what it is asked, what its answers mean, and whole passes.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

#[path = "../crowd/mod.rs"]
mod crowd;
#[path = "../office/mod.rs"]
mod office;
#[path = "../servers/mod.rs"]
mod servers;
#[path = "../shift/mod.rs"]
mod shift;

mod apns;
mod beams;
mod fcm;
mod onesignal;
mod passes;
mod program;
mod scene;

#[test]
fn all_of_this_holds_on_postgresql_too() {
    // what a network is asked and the program itself need no ledger of a shift
    shift::hold_on_postgresql_too(17, &["apns::", "fcm::", "onesignal::", "beams::", "program::"]);
}
