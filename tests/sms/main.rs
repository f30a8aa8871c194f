//! Text messages by Twilio: what is asked of it, what its answers mean, what people text back, and what a day may cost.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, unreachable_pub, reason = "a test may panic")]

#[path = "../mirror/mod.rs"]
mod mirror;
#[path = "../office/mod.rs"]
mod office;
#[path = "../servers/mod.rs"]
mod servers;
#[path = "../shift/mod.rs"]
mod shift;

mod answers;
mod budget;
#[cfg(debug_assertions)]
mod crashes;
mod doubt;
mod hosts;
mod requests;
mod texts;
mod twilio;

use office::Office;
use shift::{REMINDER, Shift, hold_on_postgresql_too};
use twilio::Twilio;

/// The reminder, by text.
fn by_text() -> String {
    format!("{REMINDER}via = [\"sms\"]\n")
}

/// Ada, who is texted about Tom.
fn office() -> Office {
    let mut office = Office::new();
    office.agent("ada").phone("ada", "+44 1632 960012").contact("tom").asks("c1", "hello?").assign("c1", "ada");
    office
}

/// A shift whose texts go there.
fn shift_by(twilio: &Twilio, office: Office, more: &str) -> Shift {
    let settings = twilio.settings(office.folder(), more);
    Shift::under(office, &by_text()).set(&settings)
}

#[test]
fn all_of_this_holds_on_postgresql_too() {
    // the program that dies has its ledger in a file
    hold_on_postgresql_too(30, &["crashes::"]);
}
