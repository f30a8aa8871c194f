//! Answers that are lost: nothing is sent twice by guess.

use doorbell::model::{Channel, Outcome};
use doorbell::pass::Order;

use crate::answers::{carrier, notification};
use crate::office::instant;
use crate::servers::{Reply, Seen};
use crate::twilio::{Act, FROM, Twilio, error};
use crate::{office, shift_by};

const RECONCILE: &str = "on_ambiguous = \"reconcile\"\n";

#[test]
fn x4_a_text_that_may_have_arrived_is_left_to_a_person_by_default() {
    let twilio = Twilio::start();
    twilio.makes(Act::DoneBut(Reply::Reset));
    let mut shift = shift_by(&twilio, office(), "");
    let report = shift.pass("2026-03-02T09:05:00Z");
    assert_eq!((report.unknown, report.exit_status()), (1, 1), "{report:?}");
    for minute in 10..30 {
        shift.pass(&format!("2026-03-02T09:{minute}:00Z"));
    }
    assert_eq!((shift.states_of(Channel::Sms), twilio.sent().len()), (vec!["unknown".to_owned()], 1));
}

#[test]
fn x4_a_text_that_is_found_in_the_list_is_not_sent_again() {
    let twilio = Twilio::start();
    twilio.at("2026-03-02T09:05:00Z").makes(Act::DoneBut(Reply::Reset));
    let mut shift = shift_by(&twilio, office(), RECONCILE);
    shift.pass("2026-03-02T09:05:00Z");
    assert_eq!(shift.states_of(Channel::Sms), ["queued"]);
    shift.pass("2026-03-02T09:15:00Z");
    assert_eq!((shift.states_of(Channel::Sms), twilio.sent().len()), (vec!["sent".to_owned()], 1));
    let list = &twilio.seen("GET")[0];
    assert!(list.query.contains("DateSent%3E=2026-03-02"), "{}", list.query);
    let expected = [("To", "+441632960012"), ("DateSent>", "2026-03-02"), ("PageSize", "100")];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(Seen::form(&list.query), expected);
}

#[test]
fn x4_a_text_that_is_not_in_the_list_is_sent_once_more() {
    let twilio = Twilio::start();
    twilio.makes(Act::Says(Reply::Reset));
    let mut shift = shift_by(&twilio, office(), RECONCILE);
    shift.pass("2026-03-02T09:05:00Z");
    assert_eq!(twilio.sent().len(), 0);
    shift.pass("2026-03-02T09:15:00Z");
    assert_eq!((shift.states_of(Channel::Sms), twilio.sent().len()), (vec!["sent".to_owned()], 1));
}

#[test]
fn x4_a_list_that_does_not_come_sends_nothing() {
    let twilio = Twilio::start();
    twilio.at("2026-03-02T09:05:00Z").makes(Act::DoneBut(Reply::Reset));
    for bad in [
        Reply::status(503),
        Reply::Reset,
        error(429, 20429, "Too Many Requests"),
        Reply::CutShort(200, b"{\"messages\": [".to_vec()),
        Reply::Says(200, Vec::new(), b"<html>".to_vec()),
        error(401, 20003, "Authenticate"),
    ] {
        twilio.lists(Act::Says(bad));
    }
    let mut shift = shift_by(&twilio, office(), RECONCILE);
    shift.pass("2026-03-02T09:05:00Z");
    let mut passes = 0;
    while shift.states_of(Channel::Sms) == ["queued"] && passes < 40 {
        passes += 1;
        shift.pass_at(instant("2026-03-02T09:05:00Z") + chrono::TimeDelta::minutes(5 * passes), &Order::default());
    }
    assert_eq!((shift.states_of(Channel::Sms), twilio.seen("POST").len()), (vec!["sent".to_owned()], 1));
    assert!(twilio.seen("GET").len() >= 7, "every list was asked for: {}", twilio.seen("GET").len());
}

#[test]
fn what_is_still_queued_at_twilio_is_found_too() {
    let twilio = Twilio::start();
    twilio.at("2026-03-02T09:05:00Z").queues().makes(Act::DoneBut(Reply::Reset));
    let mut shift = shift_by(&twilio, office(), RECONCILE);
    shift.pass("2026-03-02T09:05:00Z");
    shift.pass("2026-03-02T09:15:00Z");
    assert_eq!((shift.states_of(Channel::Sms), twilio.sent().len()), (vec!["sent".to_owned()], 1));
}

#[test]
fn only_the_very_message_counts_and_only_if_it_was_not_lost() {
    // each begins with the message there, made just when the delivery was queued
    let found = |prepare: &dyn Fn(&Twilio), in_doubt_since: &str| {
        let (twilio, folder) = (Twilio::start(), tempfile::tempdir().unwrap());
        let carrier = carrier(&twilio, folder.path(), RECONCILE);
        twilio.at("2026-03-02T09:05:00Z");
        carrier.send(&notification(""));
        prepare(&twilio);
        let mut again = notification("");
        again.in_doubt_since = Some(instant(in_doubt_since));
        let outcome = carrier.send(&again);
        assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
        twilio.seen("POST").len() == 1
    };
    assert!(found(&|_| {}, "2026-03-02T09:05:00Z"));
    assert!(!found(&|_| {}, "2026-03-02T09:07:00Z"), "it was made long before");
    for status in ["failed", "undelivered", "canceled"] {
        assert!(!found(&|twilio| twilio.marks(status), "2026-03-02T09:05:00Z"), "{status}");
    }
}

#[test]
fn a_message_of_another_sender_or_with_other_words_is_another_message() {
    for (from, body) in [("+15005550009", "Tom waits for an answer"), (FROM, "Tom waits for an answer (+1 more)")] {
        let (twilio, folder) = (Twilio::start(), tempfile::tempdir().unwrap());
        twilio.at("2026-03-02T09:05:00Z");
        let other = carrier(&twilio, folder.path(), &format!("from = {from:?}"));
        let mut note = notification("");
        note.note.title = body.into();
        other.send(&note);
        let mut again = notification("");
        again.in_doubt_since = Some(instant("2026-03-02T09:05:00Z"));
        carrier(&twilio, folder.path(), RECONCILE).send(&again);
        assert_eq!(twilio.sent().len(), 2, "{from} {body}");
    }
}

#[test]
fn a_text_is_found_on_whatever_page_of_its_day_it_stands() {
    let (twilio, folder) = (Twilio::start(), tempfile::tempdir().unwrap());
    let carrier = carrier(&twilio, folder.path(), RECONCILE);
    twilio.at("2026-03-02T09:05:00Z").pages_of(2);
    carrier.send(&notification(""));
    for count in 1..6 {
        let mut other = notification("");
        other.note.title = format!("{count} conversations wait for an answer");
        carrier.send(&other);
    }
    let mut again = notification("");
    again.in_doubt_since = Some(instant("2026-03-02T09:05:00Z"));
    assert!(matches!(carrier.send(&again), Outcome::Accepted(_)));
    assert_eq!((twilio.sent().len(), twilio.seen("GET").len()), (6, 3));
}
