//! One answer table for all channels: what a provider answers, and what follows for the delivery, the address, the next
//! attempt and the gateway. Real passes against a server that replays each documented answer.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic, and says where")]

#[path = "../office/mod.rs"]
mod office;
mod scene;
#[path = "../servers/mod.rs"]
mod servers;
#[path = "../shift/mod.rs"]
mod shift;
mod table;

use std::time::Duration;

use scene::{Scene, Told};
use table::Row;

/// Every row of a gateway: the one who is told alone, then the rows that differ in company.
#[track_caller]
fn holds(gateway: &str, rows: &[Row]) {
    assert!(!rows.is_empty());
    let mut wrong = Vec::new();
    for row in rows {
        let alone = Scene::new(gateway, row, Told::Alone).plays();
        if !row.expects.is_met_by(&alone) {
            wrong.push(format!("{gateway}, {}: expected {:?}, was {alone}", row.what, row.expects));
        }
        if let Some(beside) = &row.beside {
            let ending = Scene::new(gateway, row, Told::BesideOthers).plays();
            if !beside.is_met_by(&ending) {
                wrong.push(format!("{gateway}, {}, beside others: expected {beside:?}, was {ending}", row.what));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_carrier_takes_longer_than_the_watchdog_waits_for() {
    for gateway in scene::GATEWAYS {
        let (longest, known) =
            Scene::new(gateway, &table::faults(table::Expects::Sent)[0], Told::Alone).longest_attempt();
        assert!(longest > Duration::ZERO && longest <= known, "{gateway} takes {longest:?}, and {known:?} are known");
    }
}

#[test]
fn b11_what_twilio_answers() {
    holds("sms", &table::twilio());
}

#[test]
fn u3_what_apple_answers() {
    holds("push.apns", &table::apns());
}

#[test]
fn u3_what_google_answers() {
    holds("push.fcm", &table::fcm());
}

#[test]
fn b10_what_onesignal_answers() {
    holds("push.onesignal", &table::onesignal());
}

#[test]
fn b10_what_pusher_beams_answers() {
    holds("push.beams", &table::beams());
}

#[test]
fn u2_what_push_services_of_browsers_answer() {
    holds("desktop", &table::web_push());
}

#[test]
fn x4_whatever_a_provider_does_instead_of_answering_the_doubt_is_the_channels_own() {
    for (gateway, doubt) in scene::GATEWAYS.iter().zip(table::DOUBTS) {
        assert_eq!(gateway, &doubt.0);
        holds(gateway, &table::faults(doubt.1));
    }
}

#[test]
fn all_of_this_holds_on_postgresql_too() {
    shift::hold_on_postgresql_too(5, &[]);
}
