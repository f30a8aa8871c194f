//! The storm brake: a rule that would tell far more than usual waits for a person's word, and loses nothing.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod office;
mod servers;
mod shift;

use doorbell::pass::{Order, Report};
use office::Office;
use servers::{Act, At, SmtpServer, Tls};
use shift::{REMINDER, Shift, hold_on_postgresql_too};

/// So many agents, each with a conversation that waits since nine.
fn crowd(count: usize) -> Office {
    let mut office = Office::new();
    office.connection().execute_batch("PRAGMA synchronous = OFF").unwrap();
    office.contact("tom");
    for number in 0..count {
        let name = format!("agent{number}");
        office.agent(&name).asks(&name, "hello?").assign(&name, &name);
    }
    office
}

/// A storm begins beyond three deliveries.
fn shift(count: usize) -> Shift {
    Shift::new(crowd(count)).set("[limits]\nstorm = 3\n")
}

/// What was queued, what is held, and whether the pass needs somebody.
fn seen(report: &Report) -> (usize, usize, u8) {
    (report.queued, report.held, report.exit_status())
}

/// Each of the first so many agents is asked anew.
fn ask(shift: &mut Shift, time: &str, count: usize) {
    shift.office.at(time);
    for number in 0..count {
        shift.office.asks(&format!("agent{number}"), "and now?");
    }
}

#[test]
fn x6_a_first_run_for_five_people_is_no_storm() {
    let mut shift = Shift::new(crowd(5));
    assert_eq!(seen(&shift.pass("2026-03-02T09:05:00Z")), (5, 0, 0));
}

#[test]
fn x6_a_thousand_and_one_deliveries_of_a_rule_that_usually_makes_twenty_are_held() {
    let mut shift = Shift::new(crowd(1_001));
    shift.pass("2026-03-02T08:55:00Z");
    let usually = "UPDATE doorbell_slot SET queued = 20";
    shift.books.write(usually);
    let report = shift.pass("2026-03-02T09:05:00Z");
    assert_eq!(seen(&report), (0, 1, 1), "{report:?}");
    let words = &report.troubles[0].words;
    assert!(
        words.contains("reminder would begin 1001 deliveries") && words.contains("and 1000 are the most"),
        "{words}"
    );
    assert!(words.ends_with("doorbell approve reminder"), "{words}");
    assert_eq!((report.told, report.reasons.get("held")), (0, Some(&1_001)));
    shift.office.leaves("agent0");
    let report =
        shift.pass_ordered("2026-03-02T09:06:00Z", &Order { budget: std::time::Duration::ZERO, ..Order::default() });
    assert_eq!(seen(&report), (1_000, 0, 0), "a thousand are no storm, and the slot was not used up");
}

#[test]
fn x6_ten_times_what_a_rule_usually_tells_is_no_storm() {
    let mut shift = shift(31);
    shift.pass("2026-03-02T08:55:00Z");
    shift.books.write("UPDATE doorbell_slot SET queued = 3");
    assert_eq!(seen(&shift.pass("2026-03-02T09:05:00Z")), (0, 1, 1), "one more than thirty");
    shift.office.leaves("agent0");
    assert_eq!(seen(&shift.pass("2026-03-02T09:06:00Z")), (30, 0, 0));
    let queued = "SELECT queued FROM doorbell_slot ORDER BY slot_at DESC LIMIT 1";
    assert_eq!(shift.books.value::<i64>(queued), 30, "from now on that is usual");
}

#[test]
fn x6_a_hold_is_told_when_it_begins_and_then_once_a_day() {
    let mut shift = shift(4);
    assert_eq!(seen(&shift.pass("2026-03-02T09:05:00Z")), (0, 1, 1));
    assert_eq!(seen(&shift.pass("2026-03-02T09:10:00Z")), (0, 1, 0));
    assert_eq!(seen(&shift.pass("2026-03-03T09:04:00Z")), (0, 1, 0));
    assert_eq!(seen(&shift.pass("2026-03-03T09:05:00Z")), (0, 1, 1));
    let status: u8 = shift.books.value("SELECT exit_status FROM doorbell_pass ORDER BY id DESC LIMIT 1");
    assert_eq!(status, 1, "the ledger says so too");
}

#[test]
fn x6_approval_lets_exactly_one_slot_go_and_nothing_was_lost() {
    let mut shift = shift(4);
    shift.pass("2026-03-02T09:05:00Z");
    shift.ledger().approve(&["reminder".into()]).unwrap();
    assert!(shift.ledger().held().unwrap().is_empty());
    let report = shift.pass("2026-03-02T09:06:00Z");
    assert_eq!((seen(&report), shift.told().len()), ((4, 0, 0), 4), "{report:?}");
    ask(&mut shift, "2026-03-02T09:30:00Z", 4);
    shift.books.write("UPDATE doorbell_slot SET queued = 0");
    assert_eq!(seen(&shift.pass("2026-03-02T09:40:00Z")), (0, 1, 1), "the word was for one slot");
}

#[test]
fn x6_other_rules_go_on_beside_one_that_is_held() {
    let second = "[rule.late]\nwatch = \"unread\"\nschedule = { every = \"5m\" }\ngrace = \"5m\"\ntell = [\"boss\"]\n
                  [people.boss]\nemail = \"boss@example.com\"\n";
    let mut shift = Shift::under(crowd(4), &format!("{REMINDER}{second}")).set("[limits]\nstorm = 3\n");
    let report = shift.pass("2026-03-02T09:05:00Z");
    assert_eq!((seen(&report), shift.told()), ((1, 1, 1), vec!["boss@example.com".to_owned()]));
    let slots = "SELECT rule FROM doorbell_slot WHERE rule <> 'uncovered'";
    assert_eq!(shift.books.column::<String>(slots), ["late"], "the held one keeps its slot");
}

#[test]
fn x6_a_hold_ends_by_itself_with_the_storm() {
    let mut shift = shift(4);
    shift.pass("2026-03-02T09:05:00Z");
    shift.office.at("2026-03-02T09:06:00Z").replies("agent0", "agent0", "here I am");
    assert_eq!(seen(&shift.pass("2026-03-02T09:07:00Z")), (3, 0, 0));
    assert!(shift.ledger().held().unwrap().is_empty());
}

#[test]
fn x6_what_waits_for_another_try_is_no_storm() {
    let mut shift = shift(3);
    let nothing = Order { budget: std::time::Duration::ZERO, ..Order::default() };
    assert_eq!(shift.pass_ordered("2026-03-02T09:05:00Z", &nothing).queued, 3);
    shift.office.at("2026-03-02T09:06:00Z").agent("late").asks("late", "me too").assign("late", "late");
    let report = shift.pass("2026-03-02T09:12:00Z");
    assert_eq!((seen(&report), report.joined), ((1, 0, 0), 3));
}

#[test]
fn x6_a_rule_that_somebody_runs_by_hand_is_not_held() {
    let order = Order { ignore_schedule: true, ..Order::default() };
    assert_eq!(seen(&shift(4).pass_ordered("2026-03-02T09:05:00Z", &order)), (4, 0, 0));
}

/// A crowd that is held, and an operator with an address.
fn watched(server: SmtpServer) -> Shift {
    Shift::with(crowd(5), server, REMINDER).set("[limits]\nstorm = 3\n[operator]\nemail = \"ops@example.com\"\n")
}

#[test]
fn x6_the_operator_hears_of_a_held_rule_by_mail_once_a_day() {
    let mut shift = watched(SmtpServer::start(Tls::Never));
    let mails = shift.passes_every(60, "2026-03-02T09:05:00Z", "2026-03-03T10:05:00Z");
    let told: Vec<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(told, ["ops@example.com"; 2]);
    let text = &mails[0].text;
    assert!(text.contains("reminder would begin 5 deliveries at once, and 3 are the most"), "{text}");
    assert!(text.contains("  doorbell approve reminder"), "{text}");
}

#[test]
fn x6_a_mail_to_the_operator_that_did_not_leave_goes_with_the_next_pass() {
    let later = Act::Say(b"451 4.3.0 later\r\n".to_vec());
    let mut shift = watched(SmtpServer::start(Tls::Never).times(At::Rcpt, "", later, 2));
    for (time, expected) in [("09:05", 0), ("09:10", 0), ("09:15", 1), ("09:20", 0)] {
        shift.pass(&format!("2026-03-02T{time}:00Z"));
        assert_eq!(shift.told().len(), expected, "{time}");
    }
}

#[test]
fn all_of_this_holds_on_postgresql_too() {
    hold_on_postgresql_too(11, &[]);
}
