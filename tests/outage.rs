//! A way out that does not work: one probe a pass, one word to the operator a day, and everything at once when it is over.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod office;
mod servers;
mod shift;

use chrono::TimeDelta;
use doorbell::model::Gateway;
use doorbell::pass::{Order, Report};
use office::Office;
use servers::{Act, At, SmtpServer, Tls};
use shift::{REMINDER, Shift, hold_on_postgresql_too};

const NAMES: [&str; 10] = ["ada", "bob", "cy", "dee", "eve", "fay", "gus", "hal", "ivy", "joe"];

/// Ten people wait to hear from a server that does as told.
fn crowd(server: SmtpServer) -> Shift {
    let mut office = Office::new();
    office.contact("tom");
    for name in NAMES {
        office.agent(name).asks(name, "hello?").assign(name, name);
    }
    Shift::with(office, server, REMINDER)
}

/// The trouble that is news, by kind.
fn news(report: &Report) -> Vec<&str> {
    report.troubles.iter().filter(|it| it.kind != "retry" && !it.standing).map(|it| it.kind).collect()
}

fn passes(shift: &mut Shift, hours: std::ops::Range<i64>) -> Vec<Report> {
    let first = office::instant("2026-03-02T09:10:00Z");
    hours.map(|hour| shift.pass_at(first + TimeDelta::hours(hour), &Order::default())).collect()
}

#[test]
fn an_outage_is_told_when_it_begins_and_once_a_day_and_ends_every_pass_in_75() {
    let mut shift = crowd(SmtpServer::start(Tls::Never).at(At::Greeting, Act::Reset));
    let reports = passes(&mut shift, 0..50);
    let told: Vec<usize> = (0..50).filter(|hour| !news(&reports[*hour]).is_empty()).collect();
    assert_eq!(told, [0, 24, 48]);
    assert_eq!(news(&reports[0]), ["outage"]);
    assert!(reports.iter().all(|report| report.exit_status() == 75), "{reports:?}");
}

#[test]
fn a_pass_of_an_outage_tries_one_mail() {
    let mut shift = crowd(SmtpServer::start(Tls::Never).at(At::Greeting, Act::Reset));
    passes(&mut shift, 0..1);
    let (before, reports) = (shift.server.connections(), passes(&mut shift, 1..6));
    assert!(reports.iter().all(|report| report.retried == 1), "{reports:?}");
    assert_eq!(shift.server.connections() - before, 5);
}

#[test]
fn every_pass_of_an_outage_tries_one_mail_though_all_were_put_off_and_notices_its_end() {
    let mut office = Office::new();
    office.contact("tom").agent("ada").agent("bob");
    office.asks("c1", "hello?").assign("c1", "ada").asks("c2", "hello?").assign("c2", "bob");
    office.agent("cy").asks("c3", "hello?").assign("c3", "cy");
    let server = SmtpServer::start(Tls::Never).times(At::Greeting, "", Act::Reset, 3 + 6);
    let mut shift = Shift::with(office, server, REMINDER);
    let first = office::instant("2026-03-02T09:10:00Z");
    let mut pass = |minutes| shift.pass_at(first + TimeDelta::minutes(minutes), &Order::default());
    let reports: Vec<Report> = (0..8).map(&mut pass).collect();
    let statuses: Vec<u8> = reports.iter().map(Report::exit_status).collect();
    assert_eq!(statuses, [75, 75, 75, 75, 75, 75, 75, 0]);
    assert_eq!((reports[1].retried, reports[7].sent), (1, 3));
}

#[test]
fn when_an_outage_ends_everybody_is_told_in_the_same_pass() {
    let mut shift = crowd(SmtpServer::start(Tls::Never).times(At::Greeting, "", Act::Reset, 40));
    let mut reports = passes(&mut shift, 0..60);
    let last = reports.iter().rposition(|report| report.sent > 0).unwrap();
    assert_eq!(reports.remove(last).sent, 10);
    assert!(reports.iter().all(|report| report.sent == 0), "{reports:?}");
    assert_eq!(shift.told().len(), 10);
    assert_eq!(shift.ledger().outages().unwrap(), []);
}

#[test]
fn what_rests_or_was_put_off_by_the_server_is_not_due_because_an_outage_ended() {
    let server = SmtpServer::start(Tls::Never).times(At::Rcpt, "ada", Act::Say(b"451 4.7.1 later\r\n".to_vec()), 1);
    let mut shift = crowd(server);
    passes(&mut shift, 0..1);
    let at = office::instant("2026-03-02T09:11:00Z").timestamp_millis();
    let waits = format!("SELECT count(*) FROM doorbell_delivery WHERE state = 'queued' AND next_attempt_at > {at}");
    let waiting = |shift: &Shift| -> i64 { shift.books.value(&waits) };
    assert_eq!(waiting(&shift), 1);
    shift.ledger().end_outage(Gateway::Email, office::instant("2026-03-02T09:10:30Z")).unwrap();
    assert_eq!(waiting(&shift), 1);
}

#[test]
fn a_setting_that_stops_a_channel_is_told_once_a_day_and_ends_every_pass_in_78() {
    let refusal = Act::Say(b"535 5.7.8 authentication failed\r\n".to_vec());
    let server =
        SmtpServer::start(Tls::Never).at(At::Mail, Act::Say(b"530 5.7.0 authentication required\r\n".to_vec()));
    let mut shift = crowd(server.at(At::Auth, refusal));
    let reports = passes(&mut shift, 0..30);
    let told: Vec<usize> = (0..30).filter(|hour| !news(&reports[*hour]).is_empty()).collect();
    assert_eq!((told, news(&reports[0])), (vec![0, 24], vec!["settings"]));
    assert!(reports.iter().all(|report| report.exit_status() == 78), "{reports:?}");
}

#[test]
fn another_fault_is_news_and_other_words_for_the_same_are_not() {
    let shift = crowd(SmtpServer::start(Tls::Never));
    let now = office::instant("2026-03-02T09:10:00Z");
    let keep = |key: &str, words: &str| shift.ledger().keep_outage(Gateway::Email, key, words, now).unwrap();
    assert!(keep("", "connect: refused") && !keep("", "greeting: connection reset"));
    assert!(keep("email.from", "553 not yours") && keep("", "connect: refused"));
}

#[test]
fn an_outage_behind_which_nothing_waits_any_more_is_forgotten() {
    let mut shift = crowd(SmtpServer::start(Tls::Never).at(At::Greeting, Act::Reset));
    passes(&mut shift, 0..1);
    assert_eq!(shift.ledger().outages().unwrap().len(), 1);
    for name in NAMES {
        shift.office.at("2026-03-02T09:20:00Z").replies(name, name, "here");
    }
    // the first drops what waits, the second finds nothing
    passes(&mut shift, 1..3);
    assert_eq!(shift.ledger().outages().unwrap(), []);
}

#[test]
fn all_of_this_holds_on_postgresql_too() {
    hold_on_postgresql_too(8, &[]);
}
