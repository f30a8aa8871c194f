//! The program itself: what its commands say of phones, and that a pass keeps what the next one needs.

use std::fs;
use std::process::{Command, Output};

use doorbell::model::Provider;
use serde_json::json;

use crate::office::Office;
use crate::scene::{PHONE, granted, keys, settings};
use crate::servers::{Authority, HttpServer, Reply, Seen};

const RULE: &str = "[rule.reminder]\nwatch = \"unread\"\nschedule = { every = \"1m\" }\ngrace = \"0s\"\n\
                    tell = [\"assignee\"]\nvia = [\"push\"]\n";

/// An office with a network of phones.
struct House {
    office: Office,
    network: HttpServer,
    sections: String,
}

impl House {
    fn new(networks: &[Provider], respond: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let (mut office, authority) = (Office::new(), Authority::new());
        let network =
            HttpServer::https(&authority, move |seen| if seen.path == "/token" { granted() } else { respond(seen) });
        keys(office.folder(), &authority, &network);
        office.contact("tom").agent("ada").agent("bob").asks("c1", "hello?").assign("c1", "ada");
        office.connection().execute("UPDATE messages SET created_at = unixepoch() * 1000 - 60000", []).unwrap();
        let of = |provider: &Provider| settings(&network, *provider, "").replace("[http]\nca_file = \"ca.pem\"\n", "");
        let sections = networks.iter().map(of).collect();
        Self { office, network, sections }
    }

    fn doorbell(&self, arguments: &[&str]) -> Output {
        let file = self.office.folder().join("doorbell.toml");
        let text = format!("[desk]\nurl = \"sqlite:chat.db\"\n[http]\nca_file = \"ca.pem\"\n{}{RULE}", self.sections);
        fs::write(&file, text).unwrap();
        Command::new(env!("CARGO_BIN_EXE_doorbell")).args(arguments).arg("--config").arg(file).output().unwrap()
    }

    /// What it said on either side, and never a secret.
    #[track_caller]
    fn says(&self, arguments: &[&str], status: i32) -> String {
        let output = self.doorbell(arguments);
        let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
        assert_eq!(output.status.code(), Some(status), "{said}");
        for secret in [PHONE, "topsecret", "SECRETKEY", "an-access-token", "eyJ", "PRIVATE KEY"] {
            assert!(!said.contains(secret), "{said}");
        }
        said
    }
}

fn apple_says(status: u16, reason: &str) -> Reply {
    Reply::json(status, &json!({ "reason": reason }))
}

#[test]
fn a_pass_keeps_the_token_for_the_next_one() {
    let mut house = House::new(&[Provider::Apns], |_| Reply::status(200));
    house.office.device("ada", "apns", PHONE);
    house.says(&["run"], 0);
    house.office.connection().execute("DELETE FROM doorbell_mark", []).unwrap();
    house.office.connection().execute("DELETE FROM doorbell_delivery", []).unwrap();
    house.says(&["run", "--ignore-schedule"], 0);
    let shown: Vec<String> = house.network.seen().iter().map(|seen| seen.headers["authorization"].clone()).collect();
    assert_eq!(shown.len(), 2);
    assert_eq!(shown[0], shown[1]);
    // a trial shows it too
    house.says(&["send-test", "push", PHONE], 0);
    assert_eq!(house.network.seen()[2].headers["authorization"], shown[0]);
}

#[test]
fn every_phone_of_a_person_is_tried_and_answers_in_its_own_words() {
    let mut house = House::new(&[Provider::Apns, Provider::Fcm], |seen| match seen.path.as_str() {
        path if path.starts_with("/3/device/aa") => apple_says(410, "Unregistered"),
        path if path.starts_with("/3/") => Reply::header(200, "apns-id", "eabeae54"),
        _ => Reply::json(200, &json!({ "name": "projects/my-desk/messages/1" })),
    });
    house.office.device("ada", "apns", "aa01").device("ada", "apns", PHONE).device("ada", "fcm", "a phone");
    house.office.device("tom", "fcm", "a contact's phone");
    for to in ["agent:1", "ada@example.com"] {
        let said = house.says(&["send-test", "push", to], 75);
        for words in [
            "not accepted for device 1 by apns: 410 Unregistered",
            "accepted for device 2 by apns: 200 eabeae54",
            "accepted for device 3 by fcm: 200 projects/my-desk/messages/1",
            "push.apns: 410 Unregistered; the app has to register this phone anew",
        ] {
            assert!(said.contains(words), "{words} is missing in:\n{said}");
        }
    }
    assert!(house.says(&["send-test", "push", "contact:1"], 0).contains("accepted for device 4 by fcm"));
    assert!(house.says(&["send-test", "push", "agent:2"], 64).contains("agent:2 has no phone on the desk"));
    assert!(house.says(&["send-test", "push", "agent:9"], 64).contains("the desk knows nobody"));
    assert!(house.says(&["send-test", "desktop", "agent:1"], 64).contains("has no browser on the desk"));
    assert!(house.says(&["send-test", "desktop", "1"], 64).contains("the desk has no browser with the id \"1\""));
}

#[test]
fn a_bare_token_is_of_the_network_that_is_named() {
    let both = House::new(&[Provider::Apns, Provider::Fcm], |_| Reply::status(200));
    assert!(both.says(&["send-test", "push", PHONE], 64).contains("--provider"));
    both.says(&["send-test", "push", PHONE, "--provider", "apns"], 0);
    assert_eq!(both.network.seen()[0].path, format!("/3/device/{PHONE}"));
    let missing = both.says(&["send-test", "push", "a token", "--provider", "beams"], 78);
    assert!(missing.contains("no section [push.beams]"), "{missing}");
    assert!(both.says(&["send-test", "sms", "+441632960012", "--provider", "fcm"], 64).contains("goes with push"));
    let one = House::new(&[Provider::OneSignal], |_| Reply::json(200, &json!({ "id": "b98881cc" })));
    assert!(one.says(&["send-test", "push", "external_id:agent-7"], 0).contains("b98881cc"));
}

#[test]
fn check_reaches_every_network_and_tells_nobody() {
    let all = [Provider::Apns, Provider::Fcm, Provider::OneSignal, Provider::Beams];
    let respond = |seen: &Seen| match seen.path.as_str() {
        path if path.starts_with("/3/") => apple_says(400, "BadDeviceToken"),
        path if path.starts_with("/v1/") => {
            Reply::json(400, &json!({ "error": { "status": "INVALID_ARGUMENT", "message": "not a valid token" } }))
        }
        _ => Reply::json(200, &json!({ "notifications": [], "publishId": "pubid" })),
    };
    let house = House::new(&all, respond);
    let said = house.says(&["check", "--connect"], 0);
    for words in ["localhost accepts the key", "localhost accepts the service account", "project my-desk"] {
        assert!(said.contains(words), "{words} is missing in:\n{said}");
    }
    let refused = House::new(&[Provider::Apns], |_| apple_says(403, "InvalidProviderToken"));
    refused.says(&["check"], 0);
    let said = refused.says(&["check", "--connect"], 78);
    assert!(said.contains("push.apns.key_file: 403 InvalidProviderToken; compare key_id"), "{said}");
}

#[test]
fn m7_phones_of_a_network_without_a_section_are_counted_by_check() {
    let mut house = House::new(&[Provider::Apns], |_| Reply::status(200));
    house.office.device("ada", "fcm", "one").device("bob", "fcm", "two").device("bob", "beams", "three");
    let said = house.says(&["check"], 0);
    for words in [
        "2 phones are registered by fcm, and there is no section [push.fcm]",
        "1 phone is registered by beams, and there is no section [push.beams]",
    ] {
        assert!(said.contains(words), "{words} is missing in:\n{said}");
    }
    assert!(!said.contains("no phone registered"), "{said}");
    let said = house.says(&["explain", house.office.conversation_id("c1").as_str()], 0);
    assert!(said.contains("networks that the settings do not reach"), "{said}");
}
