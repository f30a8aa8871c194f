//! Whole passes with phones: one token for many passes, one connection for many pushes, dead phones, and who hears how.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use doorbell::model::{Channel, Provider};
use doorbell::pass::Report;
use serde_json::json;

use crate::crowd;
use crate::office::{Office, instant};
use crate::scene::{granted, keys, settings};
use crate::servers::{Authority, HttpServer, Reply, Seen};
use crate::shift::Shift;

const ONE: &str = "aa00000000000001";
const TWO: &str = "bb00000000000002";
const THREE: &str = "cc00000000000003";

/// Every minute to the assignee, by these channels.
fn by(via: &str) -> String {
    format!(
        "[rule.reminder]\nwatch = \"unread\"\nschedule = {{ every = \"1m\" }}\ngrace = \"0s\"\n\
         tell = [\"assignee\"]\nvia = {via}\n"
    )
}

/// A shift that reaches phones by a network of this machine, which answers like this.
fn shift(
    office: Office,
    network: Provider,
    via: &str,
    respond: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
) -> (Shift, HttpServer) {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let authority = Authority::new();
    let server =
        HttpServer::https(&authority, move |seen| if seen.path == "/token" { granted() } else { respond(seen) });
    keys(office.folder(), &authority, &server);
    (Shift::under(office, &by(via)).set(&settings(&server, network, "")), server)
}

/// Ada with these phones; at nine Tom asks her something.
fn office(network: Provider, tokens: &[&str]) -> Office {
    let mut office = Office::new();
    office.contact("tom").agent("ada").at("2026-03-02T09:00:00Z").asks("c1", "hello ada?").assign("c1", "ada");
    for token in tokens {
        office.device("ada", network.word(), token);
    }
    office
}

fn ok(_: &Seen) -> Reply {
    Reply::status(200)
}

fn apple_says(status: u16, reason: &str) -> Reply {
    Reply::json(status, &json!({ "reason": reason }))
}

/// Apple refuses these phones, and takes all others.
fn refuses(tokens: &'static [&str], status: u16, reason: &'static str) -> impl Fn(&Seen) -> Reply + Send + Sync {
    move |seen| {
        let is_refused = tokens.iter().any(|token| seen.path.ends_with(token));
        if is_refused { apple_says(status, reason) } else { Reply::status(200) }
    }
}

fn phones(server: &HttpServer) -> Vec<String> {
    server.seen().iter().map(|seen| seen.path.rsplit('/').next().unwrap().to_owned()).collect()
}

fn keys_of(report: &Report) -> Vec<&str> {
    report.troubles.iter().filter_map(|trouble| trouble.key).collect()
}

fn blocked(shift: &Shift, time: &str) -> Vec<String> {
    let blocked = shift.ledger().blocked(instant(time)).unwrap();
    blocked.into_iter().map(|one| format!("{} {}", one.channel, one.reason)).collect()
}

#[test]
fn apple_is_shown_one_token_for_fifty_minutes_of_passes() {
    let (mut shift, server) = shift(office(Provider::Apns, &[ONE]), Provider::Apns, "[\"push\"]", ok);
    for (time, question) in [("09:10", "one?"), ("09:40", "two?"), ("10:05", "three?"), ("10:10", "four?")] {
        let time = format!("2026-03-02T{time}:00Z");
        shift.office.at(&time).asks("c1", question);
        assert_eq!(shift.pass(&time).sent, 1, "{time}");
    }
    let shown: Vec<String> = server.seen().iter().map(|seen| seen.headers["authorization"].clone()).collect();
    assert_eq!((&shown[0], &shown[2]), (&shown[1], &shown[3]));
    assert_ne!(shown[1], shown[2], "after fifty minutes another one");
    shift.lose("push.apns");
    shift.lose("http");
    let mut shift = shift.set(&settings(&server, Provider::Apns, "").replace("ABC123DEFG", "XYZ987XYZ9"));
    shift.office.at("2026-03-02T10:15:00Z").asks("c1", "five?");
    shift.pass("2026-03-02T10:15:00Z");
    assert_ne!(server.seen()[4].headers["authorization"], shown[3], "and another one for another key");
}

#[test]
fn googles_token_is_fetched_once_for_several_passes() {
    let (mut shift, server) = shift(office(Provider::Fcm, &["a phone"]), Provider::Fcm, "[\"push\"]", ok);
    for time in ["2026-03-02T09:10:00Z", "2026-03-02T09:20:00Z"] {
        shift.office.at(time).asks("c1", "hello?");
        assert_eq!(shift.pass(time).sent, 1);
    }
    let paths: Vec<String> = server.seen().into_iter().map(|seen| seen.path).collect();
    let send = "/v1/projects/my-desk/messages:send";
    assert_eq!(paths, ["/token", send, send]);
}

#[test]
fn a_thousand_pushes_share_one_connection_and_one_token() {
    let office = Office::new();
    let count = 334;
    // the desk of a crowd is its own
    std::fs::remove_file(office.path()).unwrap();
    crowd::waiting_desk(&office.path(), count, instant("2026-03-02T09:00:00Z"));
    let connection = rusqlite::Connection::open(office.path()).unwrap();
    let devices = "INSERT INTO devices (owner_type, owner_id, provider, token)
                   SELECT 'agent', id, 'apns', printf('%064x', id) FROM agents";
    connection.execute(devices, []).unwrap();
    let (shift, server) = shift(office, Provider::Apns, "[\"push\"]", ok);
    let mut shift = shift.set("[limits]\nstorm = 5000\n");
    let report = shift.pass("2026-03-02T09:00:00Z");
    assert!(report.sent >= 1_000 && report.left == 0, "{report:?}");
    assert_eq!((server.seen().len(), server.connections()), (report.sent, 1));
    let first = &server.seen()[0].headers["authorization"];
    assert!(server.seen().iter().all(|seen| seen.is_http2 && seen.headers["authorization"] == *first));
}

#[test]
fn a_dead_phone_is_left_out_with_the_reason_and_the_other_phone_of_the_person_is_told() {
    let answers = refuses(&[ONE], 410, "Unregistered");
    let (mut shift, server) = shift(office(Provider::Apns, &[ONE, TWO]), Provider::Apns, "[\"push\"]", answers);
    let report = shift.pass("2026-03-02T09:10:00Z");
    assert_eq!((report.sent, report.dead), (1, 1), "{report:?}");
    assert_eq!(blocked(&shift, "2026-03-02T09:11:00Z"), ["push 410 Unregistered"]);
    shift.office.at("2026-03-02T09:20:00Z").asks("c1", "still there?");
    assert_eq!(shift.pass("2026-03-02T09:20:00Z").sent, 1);
    assert_eq!(phones(&server)[2..], [TWO]);
}

#[test]
fn a_token_that_apple_does_not_know_is_the_phones_fault_once_another_is_taken() {
    let answers = refuses(&[ONE], 400, "BadDeviceToken");
    let (mut shift, _server) = shift(office(Provider::Apns, &[ONE, TWO, THREE]), Provider::Apns, "[\"push\"]", answers);
    let report = shift.pass("2026-03-02T09:10:00Z");
    assert_eq!((report.sent, report.dead, report.misconfigured), (2, 1, false), "{report:?}");
    assert_eq!(blocked(&shift, "2026-03-02T09:11:00Z"), ["push 400 BadDeviceToken"]);
}

#[test]
fn an_app_whose_phones_are_reached_costs_no_phone_of_another_app_its_place() {
    let office = office(Provider::Apns, &[ONE, TWO]);
    let other = "UPDATE devices SET app_id = 'com.example.other' WHERE token = ?1";
    office.connection().execute(other, [TWO]).unwrap();
    let answers = refuses(&[TWO], 400, "DeviceTokenNotForTopic");
    let (mut shift, server) = shift(office, Provider::Apns, "[\"push\"]", answers);
    let report = shift.pass("2026-03-02T09:10:00Z");
    assert_eq!((report.sent, report.retried, report.dead), (1, 1, 0), "{report:?}");
    assert!(blocked(&shift, "2026-03-02T09:11:00Z").is_empty());
    assert!(server.seen().iter().any(|seen| seen.headers["apns-topic"] == "com.example.other"));
}

#[test]
fn a_push_that_was_queued_for_another_network_goes_by_the_one_of_its_phone() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let answers = move |_: &Seen| {
        if count.fetch_add(1, Ordering::SeqCst) == 0 {
            apple_says(503, "ServiceUnavailable")
        } else {
            Reply::status(200)
        }
    };
    let (mut shift, _server) = shift(office(Provider::Apns, &[ONE]), Provider::Apns, "[\"push\"]", answers);
    assert_eq!(shift.pass("2026-03-02T09:10:00Z").retried, 1);
    // as a ledger of version 1 is brought up to date
    shift.books.write("UPDATE doorbell_delivery SET gateway = 'push.fcm'");
    let report = shift.pass("2026-03-02T09:20:00Z");
    assert_eq!((report.sent, report.left, report.exit_status()), (1, 0, 0), "{report:?}");
}

#[test]
fn tokens_of_the_other_network_are_a_setting_to_mend_and_kill_no_phone() {
    let answers = |_: &Seen| apple_says(400, "BadDeviceToken");
    let (mut shift, _server) = shift(office(Provider::Apns, &[ONE, TWO]), Provider::Apns, "[\"push\"]", answers);
    let report = shift.pass("2026-03-02T09:10:00Z");
    assert_eq!((report.sent, report.dead, report.misconfigured), (0, 0, true), "{report:?}");
    assert!(keys_of(&report).contains(&"push.apns.sandbox"), "{report:?}");
    assert!(blocked(&shift, "2026-03-02T09:11:00Z").is_empty());
}

#[test]
fn google_is_not_the_cause_when_it_calls_one_token_of_several_invalid() {
    let answers = |seen: &Seen| {
        let kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError";
        let message = "The registration token is not a valid FCM registration token";
        let error = json!({ "code": 400, "message": message, "status": "INVALID_ARGUMENT",
                            "details": [{ "@type": kind, "errorCode": "INVALID_ARGUMENT" }] });
        let is_bad = seen.json()["message"]["token"] == "bad";
        if is_bad { Reply::json(400, &json!({ "error": error })) } else { Reply::status(200) }
    };
    let (mut shift, _server) = shift(office(Provider::Fcm, &["bad", "good"]), Provider::Fcm, "[\"push\"]", answers);
    let report = shift.pass("2026-03-02T09:10:00Z");
    assert_eq!((report.sent, report.dead), (1, 1), "{report:?}");
    assert_eq!(blocked(&shift, "2026-03-02T09:11:00Z").len(), 1);
}

#[test]
fn a_network_that_is_busy_is_asked_again_in_a_later_pass() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let answers = move |_: &Seen| {
        if count.fetch_add(1, Ordering::SeqCst) == 0 {
            apple_says(503, "ServiceUnavailable")
        } else {
            Reply::status(200)
        }
    };
    let (mut shift, _server) = shift(office(Provider::Apns, &[ONE]), Provider::Apns, "[\"push\"]", answers);
    assert_eq!(shift.pass("2026-03-02T09:10:00Z").retried, 1);
    assert_eq!(shift.pass("2026-03-02T09:20:00Z").sent, 1);
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[test]
fn x4_a_lost_answer_is_sent_again_under_the_same_collapse_id_or_held() {
    for (policy, then) in [("resend", 1), ("hold", 0)] {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let answers = move |_: &Seen| {
            if count.fetch_add(1, Ordering::SeqCst) == 0 { Reply::Reset } else { Reply::status(200) }
        };
        let (shift, server) = shift(office(Provider::Apns, &[ONE]), Provider::Apns, "[\"push\"]", answers);
        let mut shift = shift.set(&format!("[push]\non_ambiguous = \"{policy}\"\n"));
        shift.pass("2026-03-02T09:10:00Z");
        assert_eq!(shift.pass("2026-03-02T09:30:00Z").sent, then, "{policy}");
        let collapse: Vec<String> = server.seen().iter().map(|it| it.headers["apns-collapse-id"].clone()).collect();
        assert!(collapse.iter().all(|id| *id == collapse[0]) && collapse.len() == 1 + then, "{collapse:?}");
    }
}

#[test]
fn u5_a_push_leaves_what_is_read_and_what_is_not_as_it_was() {
    let (mut shift, _server) = shift(office(Provider::Apns, &[ONE]), Provider::Apns, "[\"push\"]", ok);
    let state = |shift: &Shift| -> (i64, Option<i64>, Option<i64>) {
        let sql = "SELECT (SELECT count(*) FROM read_cursors), unread_since, assignee_last_seen_at FROM conversations";
        shift.office.connection().query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap()
    };
    let before = state(&shift);
    assert_eq!(shift.pass("2026-03-02T09:10:00Z").sent, 1);
    assert_eq!(state(&shift), before);
    assert!(before.1.is_some(), "it is unread still");
}

#[test]
fn u3_a_new_message_goes_to_every_phone_by_apple_and_google_unless_an_agent_has_read_it() {
    for is_read in [false, true] {
        let mut office = office(Provider::Apns, &[ONE]);
        office.agent("bob").device("bob", "fcm", "a phone").unassign("c1");
        if is_read {
            office.reads("bob", "c1");
        }
        let (shift, server) = shift(office, Provider::Apns, "[\"push\"]", ok);
        let fcm = settings(&server, Provider::Fcm, "").replace("[http]\nca_file = \"ca.pem\"\n", "");
        let mut shift = shift.set(&fcm);
        shift.change_rules(&by("[\"push\"]").replace("\"assignee\"]", "\"all_agents\"]\nread_by = \"anyone\""));
        let report = shift.pass("2026-03-02T09:10:00Z");
        assert_eq!(report.sent, if is_read { 0 } else { 2 }, "{report:?}");
        let mut asked: Vec<String> = server.seen().into_iter().map(|seen| seen.path).collect();
        asked.sort();
        let expected = [&format!("/3/device/{ONE}"), "/token", "/v1/projects/my-desk/messages:send"];
        assert_eq!(asked, if is_read { &[][..] } else { &expected[..] });
    }
}

#[test]
fn b13_a_push_bears_the_sound_of_the_rule_and_whether_it_repeats() {
    let (mut shift, server) = shift(office(Provider::Apns, &[ONE]), Provider::Apns, "[\"push\"]", ok);
    shift.change_rules(&(by("[\"push\"]") + "sound = \"ding.caf\"\nsound_repeats = true\n"));
    assert_eq!(shift.pass("2026-03-02T09:10:00Z").sent, 1);
    let said = server.seen()[0].json();
    assert_eq!((&said["aps"]["sound"], &said["sound_repeats"]), (&json!("ding.caf"), &json!("true")));
}

#[test]
fn the_icon_bears_what_the_agent_has_to_read() {
    let mut office = office(Provider::Apns, &[ONE]);
    office.agent("bob").asks("c2", "and this?").assign("c2", "ada").asks("c3", "bob?").assign("c3", "bob");
    office
        .asks("c4", "read")
        .assign("c4", "ada")
        .reads("ada", "c4")
        .asks("c5", "done")
        .assign("c5", "ada")
        .resolve("c5");
    let (mut shift, server) = shift(office, Provider::Apns, "[\"push\"]", ok);
    assert_eq!(shift.pass("2026-03-02T09:10:00Z").sent, 2);
    assert!(server.seen().iter().all(|seen| seen.json()["aps"]["badge"] == 2), "{:?}", server.seen());
}

/// A person who has everything switched on: push at once, browser at once, email after a quarter of an hour.
const LADDER: &str = "[\"push\", \"desktop\", \"email after 15m\"]";

#[test]
fn b10_one_push_no_desktop_copy_and_one_email_only_if_it_is_still_unread() {
    for is_read in [false, true] {
        let mut office = office(Provider::Fcm, &["a phone"]);
        office.device("ada", "webpush", "https://push.example.com/1");
        let (shift, server) = shift(office, Provider::Fcm, LADDER, ok);
        let mut shift = shift.reaching(&[Channel::Desktop]);
        let mut pushed = Vec::new();
        for minute in 1..=40 {
            let time = format!("2026-03-02T09:{minute:02}:00Z");
            if is_read && minute == 10 {
                shift.office.at(&time).reads("ada", "c1");
            }
            shift.pass(&time);
            pushed.push(server.seen().iter().filter(|seen| seen.path != "/token").count());
        }
        assert_eq!((pushed[0], pushed[39]), (1, 1), "one push, in the first pass");
        assert!(shift.notes(Channel::Desktop).is_empty(), "the phone replaces the browser");
        let mails = shift.told();
        assert_eq!(mails.len(), usize::from(!is_read), "read: {is_read}, {mails:?}");
    }
}

#[test]
fn b10_a_phone_that_nothing_reaches_does_not_silence_the_browser() {
    let mut office = office(Provider::Apns, &[ONE]);
    office.device("ada", "webpush", "https://push.example.com/1");
    let (shift, server) = shift(office, Provider::Fcm, "[\"push\", \"desktop\"]", ok);
    let mut shift = shift.reaching(&[Channel::Desktop]);
    let report = shift.pass("2026-03-02T09:10:00Z");
    assert_eq!((report.sent, report.reasons.get("no_gateway")), (1, Some(&1)), "{report:?}");
    assert_eq!((shift.notes(Channel::Desktop).len(), server.seen().len()), (1, 0));
    assert!(shift.states_of(Channel::Push).is_empty(), "nothing is queued that could not go");
}
