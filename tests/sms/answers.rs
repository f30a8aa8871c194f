//! Every row of the table of answers, given by a real server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono_tz::Tz;
use doorbell::config::Config;
use doorbell::deliver::Notification;
use doorbell::deliver::carrier::Carrier;
use doorbell::deliver::sms::remedy;
use doorbell::model::{Gateway, Note, Outcome, Recipient, RecipientId};
use serde_json::json;

use crate::by_text;
use crate::office::instant;
use crate::servers::Reply;
use crate::twilio::{Act, TOKEN, Twilio, error};

pub fn config(twilio: &Twilio, folder: &Path, more: &str) -> Config {
    let settings = twilio.settings(folder, more);
    let text = format!("[desk]\nurl = \"sqlite:chat.db\"\n{settings}{}", by_text());
    Config::parse(&text, &folder.join("doorbell.toml")).unwrap()
}

pub fn carrier(twilio: &Twilio, folder: &Path, more: &str) -> Box<dyn Carrier> {
    let config = config(twilio, folder, more);
    config
        .deliver
        .carriers(&PathBuf::from(folder), &BTreeMap::new(), chrono::Utc::now())
        .remove(&Gateway::Sms)
        .unwrap()
        .unwrap()
}

pub fn notification(body: &str) -> Notification {
    Notification {
        recipient: Recipient {
            id: RecipientId::Agent("7".into()),
            name: "Ada".into(),
            address: "+441632960012".into(),
            device: None,
            time_zone: Tz::UTC,
        },
        note: Note {
            kind: "unreplied",
            title: "Tom waits for an answer".into(),
            body: body.into(),
            link: None,
            conversation: "500".into(),
            sound: None,
        },
        collapse: "c0ffee".into(),
        uid: "0123456789abcdef".into(),
        badge: None,
        in_doubt_since: None,
        now: instant("2026-03-02T09:05:00Z"),
    }
}

/// What becomes of a message that is answered like this.
fn outcome(reply: Reply) -> Outcome {
    let (twilio, folder) = (Twilio::start(), tempfile::tempdir().unwrap());
    twilio.makes(Act::Says(reply));
    carrier(&twilio, folder.path(), "").send(&notification(""))
}

fn words(outcome: &Outcome) -> String {
    outcome.reply().words()
}

#[track_caller]
fn all(codes: &[(u16, u32)], fits: impl Fn(&Outcome) -> bool) {
    for (status, code) in codes {
        // as Twilio writes it, with the number in it
        let outcome = outcome(error(*status, *code, "The 'To' number +441632960012 is wrong"));
        assert!(fits(&outcome), "{status} {code}: {outcome:?}");
        let words = words(&outcome);
        assert!(words.starts_with(&format!("{status} {code} ")), "{words}");
        assert!(!words.contains("960012"), "{words}");
        assert!(!remedy(&outcome).is_empty());
    }
}

#[test]
fn a_message_that_was_made_is_accepted_with_its_number_at_twilio() {
    let (twilio, folder) = (Twilio::start(), tempfile::tempdir().unwrap());
    let outcome = carrier(&twilio, folder.path(), "").send(&notification(""));
    assert!(matches!(outcome, Outcome::Accepted(_)));
    assert_eq!(words(&outcome), format!("201 SM{:032x} queued", 1));
}

#[test]
fn numbers_that_no_message_reaches_are_refused_recipients() {
    let codes = [21211, 21217, 21265, 21610, 21614, 21635].map(|code| (400, code));
    all(&codes, |outcome| matches!(outcome, Outcome::RefusedRecipient(_)));
}

#[test]
fn messages_that_can_never_go_cost_their_own_and_no_more() {
    let codes = [21408, 21602, 21603, 21604, 21608, 21612, 21617, 21703, 21266, 99999].map(|code| (400, code));
    all(&codes, |outcome| matches!(outcome, Outcome::RefusedMessage(_)));
    assert!(matches!(outcome(Reply::status(400)), Outcome::RefusedMessage(_)));
}

#[test]
fn senders_secrets_and_accounts_that_do_not_work_name_their_setting() {
    let senders = [21212, 21606, 21607, 21657, 21659, 21660, 21702, 21704, 21705, 21709].map(|code| (400, code));
    all(&senders, |outcome| outcome.key() == Some("sms.from"));
    all(&[(404, 21701)], |outcome| outcome.key() == Some("sms.from"));
    all(&[(401, 20003), (403, 20403)], |outcome| outcome.key() == Some("sms.auth_token_file"));
    all(&[(404, 20404), (401, 20005), (401, 20006)], |outcome| outcome.key() == Some("sms.account"));
    assert_eq!(outcome(Reply::status(401)).key(), Some("sms.auth_token_file"));
    assert_eq!(outcome(Reply::status(404)).key(), Some("sms.account"));
    let elsewhere = outcome(Reply::header(302, "location", "https://login.example.com/"));
    assert_eq!(elsewhere.key(), Some("sms.endpoint"), "{elsewhere:?}");
}

#[test]
fn too_much_at_once_waits_and_a_full_queue_waits_longer() {
    let wait = |reply| match outcome(reply) {
        Outcome::Deferred(Some(wait), _) => wait,
        other => panic!("{other:?}"),
    };
    assert_eq!(wait(error(429, 20429, "Too Many Requests")), Duration::from_secs(30));
    assert_eq!(wait(Reply::header(429, "retry-after", "7")), Duration::from_secs(7));
    assert_eq!(wait(error(400, 21611, "This 'From' number has exceeded the maximum number")), Duration::from_mins(10));
}

#[test]
fn whatever_may_have_been_made_is_unknown() {
    let unknown = |reply: Reply| {
        let outcome = outcome(reply);
        assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    };
    for status in [500, 502, 503, 504] {
        unknown(Reply::status(status));
        unknown(error(status, 20500, "An internal server error has occurred"));
    }
    unknown(Reply::Reset);
    unknown(Reply::CutShort(201, b"{\"sid\": \"SM".to_vec()));
    unknown(Reply::Says(200, Vec::new(), b"<html>Welcome to the hotel".to_vec()));
    unknown(Reply::Says(201, Vec::new(), Vec::new()));
}

#[test]
fn a_message_that_failed_at_once_is_judged_by_its_code() {
    let failed = json!({ "sid": "SM1", "status": "failed", "error_code": 21610, "error_message": "unsubscribed" });
    let outcome = outcome(Reply::json(201, &failed));
    assert!(matches!(&outcome, Outcome::RefusedRecipient(reply) if reply.code == "201 21610"), "{outcome:?}");
}

#[test]
fn nobody_there_is_an_outage_and_not_a_doubt() {
    let (twilio, folder) = (Twilio::start(), tempfile::tempdir().unwrap());
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let text = twilio.settings(folder.path(), "").replace(&format!(":{}", twilio.server.port), &format!(":{free}"));
    let text = format!("[desk]\nurl = \"sqlite:chat.db\"\n{text}{}", by_text());
    let config = Config::parse(&text, &folder.path().join("doorbell.toml")).unwrap();
    let carriers = config.deliver.carriers(folder.path(), &BTreeMap::new(), chrono::Utc::now());
    let outcome = carriers[&Gateway::Sms].as_ref().unwrap().send(&notification(""));
    assert!(matches!(&outcome, Outcome::Deferred(None, reply) if reply.code.is_empty()), "{outcome:?}");
}

#[test]
fn an_answer_that_repeats_the_secret_does_not_bring_it_into_the_words() {
    let evil = format!("no account {TOKEN} for 441632960012 and ada@example.com");
    let outcome = outcome(error(401, 20003, &evil));
    assert_eq!(words(&outcome), "401 20003 no account *** for *** and a***@e***.com");
}

#[test]
fn a_secret_that_is_not_there_names_its_setting() {
    let (twilio, folder) = (Twilio::start(), tempfile::tempdir().unwrap());
    let config = config(&twilio, folder.path(), "");
    std::fs::remove_file(folder.path().join("token")).unwrap();
    let carriers = config.deliver.carriers(folder.path(), &BTreeMap::new(), chrono::Utc::now());
    let Err(outcome) = &carriers[&Gateway::Sms] else { panic!("it is ready") };
    assert_eq!(outcome.key(), Some("sms.auth_token_file"), "{outcome:?}");
}
