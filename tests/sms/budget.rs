//! What a day may cost, and what one person may hear.

use doorbell::model::Channel;

use crate::office::Office;
use crate::twilio::{Act, Twilio, error};
use crate::{office, shift_by};

/// So many agents with a conversation each.
fn team(count: i64) -> Office {
    let mut office = Office::new();
    for number in 0..count {
        let (agent, contact, conversation) = (format!("a{number}"), format!("t{number}"), format!("c{number}"));
        office.later(1).agent(&agent).phone(&agent, &format!("+4416329600{number:02}"));
        office.contact(&contact).asks(&conversation, "hello?").assign(&conversation, &agent);
    }
    office
}

/// To whom texts went, by number: lanes do not keep to an order.
fn numbers(twilio: &Twilio) -> Vec<String> {
    let mut numbers: Vec<String> = twilio.sent().into_iter().map(|(number, _)| number).collect();
    numbers.sort();
    numbers
}

#[test]
fn x11_beyond_the_budget_of_the_day_is_told_the_next_day() {
    let twilio = Twilio::start();
    let mut shift = shift_by(&twilio, team(3), "per_day = 2").set("[http]\n");
    let report = shift.pass("2026-03-02T22:00:00Z");
    assert_eq!((report.sent, report.reasons["text_budget"]), (2, 1), "{report:?}");
    assert_eq!(numbers(&twilio), ["+441632960000", "+441632960001"], "who waits longest comes first");
    shift.pass("2026-03-02T23:55:00Z");
    assert_eq!(numbers(&twilio).len(), 2);
    shift.pass("2026-03-03T00:05:00Z");
    assert_eq!(numbers(&twilio)[2..], ["+441632960002"]);
}

#[test]
fn x11_the_budget_counts_what_waits_to_go_and_not_what_was_refused() {
    let twilio = Twilio::start();
    twilio.makes(Act::Says(error(400, 21211, "no such number")));
    twilio.makes(Act::Says(error(429, 20429, "Too Many Requests")));
    let mut shift = shift_by(&twilio, team(3), "per_day = 2");
    shift.pass("2026-03-02T22:00:00Z");
    let mut states = shift.states_of(Channel::Sms);
    states.sort();
    assert_eq!(states, ["dead", "queued"]);
    shift.pass("2026-03-02T22:05:00Z");
    assert_eq!(shift.states_of(Channel::Sms).len(), 3, "the refused one cost nothing");
    shift.pass("2026-03-02T22:10:00Z");
    assert_eq!((numbers(&twilio).len(), shift.states_of(Channel::Sms).len()), (2, 3));
}

#[test]
fn x11_a_number_hears_so_often_a_day_and_the_rest_tomorrow() {
    let twilio = Twilio::start();
    let mut shift = shift_by(&twilio, office(), "per_number_per_day = 2");
    for minute in [5, 15, 25] {
        shift.pass(&format!("2026-03-02T09:{minute:02}:00Z"));
        shift.office.at(&format!("2026-03-02T09:{:02}:00Z", minute + 2)).asks("c1", "and?");
    }
    assert_eq!(twilio.sent().len(), 2);
    shift.pass("2026-03-03T00:01:00Z");
    assert_eq!(twilio.sent().len(), 3);
}

#[test]
fn b11_whoever_is_at_the_desk_is_not_texted_and_nobody_is_while_the_bot_has_it() {
    let twilio = Twilio::start();
    let mut office = office();
    office.online("ada").last_active("ada", "2026-03-02T09:04:00Z");
    let settings = twilio.settings(office.folder(), "");
    let rules = format!("{}when = \"away\"\n", crate::by_text());
    let mut shift = crate::Shift::under(office, &rules).set(&settings);
    shift.pass("2026-03-02T09:06:00Z");
    assert_eq!(twilio.sent().len(), 0, "she is there");
    shift.office.at("2026-03-02T09:06:00Z").offline("ada").bot("c1", "active").bot_says("c1", "one moment");
    shift.pass("2026-03-02T09:20:00Z");
    assert_eq!(twilio.sent().len(), 0, "the bot had the last word");
    shift.office.at("2026-03-02T09:21:00Z").asks("c1", "a person, please").bot("c1", "handed_over");
    shift.pass("2026-03-02T09:30:00Z");
    assert_eq!(twilio.sent(), [("+441632960012".to_owned(), "Tom waits for an answer (+1 more)".to_owned())]);
}

#[test]
fn a_sender_that_does_not_fit_one_number_keeps_nobody_else_from_hearing() {
    let twilio = Twilio::start();
    twilio.makes(Act::Says(error(400, 21659, "'From' +15005550006 country mismatch")));
    let mut shift = shift_by(&twilio, team(3), "");
    let report = shift.pass("2026-03-02T22:00:00Z");
    assert_eq!((report.sent, report.dead, report.exit_status()), (2, 1, 1), "{report:?}");
    // and the number is not asked for again
    shift.office.at("2026-03-02T22:01:00Z").asks("c0", "and?").asks("c1", "and?").asks("c2", "and?");
    let report = shift.pass("2026-03-02T22:10:00Z");
    assert_eq!((report.sent, report.reasons["blocked"]), (2, 1), "{report:?}");
}

#[test]
fn a_sender_that_fits_nobody_stops_the_channel_and_names_the_setting() {
    let twilio = Twilio::start();
    for _ in 0..3 {
        twilio.makes(Act::Says(error(400, 21606, "The From phone number is not valid")));
    }
    let mut shift = shift_by(&twilio, team(3), "");
    let report = shift.pass("2026-03-02T22:00:00Z");
    assert_eq!((report.exit_status(), report.troubles.last().unwrap().key), (78, Some("sms.from")), "{report:?}");
    assert_eq!(shift.states_of(Channel::Sms), ["queued"; 3]);
    shift.pass("2026-03-02T22:05:00Z");
    assert_eq!(shift.states_of(Channel::Sms), ["sent"; 3], "the sender works again");
}
