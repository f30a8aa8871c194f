//! Apple's network: the request, its token, and what the answers mean.

use std::collections::BTreeMap;

use doorbell::deliver::carrier::{Carrier, Token};
use doorbell::model::{Gateway, Outcome, Provider};
use serde_json::json;

use crate::scene::{EC, PHONE, Scene, data, nine, notification, table, verified, word};
use crate::servers::{Reply, Seen};

const GATEWAY: Gateway = Gateway::Push(Provider::Apns);

fn apns(scene: &Scene) -> Box<dyn Carrier> {
    scene.carrier(&scene.settings(Provider::Apns, ""))
}

fn says(status: u16, reason: &str) -> Reply {
    Reply::json(status, &json!({ "reason": reason, "timestamp": 1_454_948_015_990_i64 }))
}

fn bearer(seen: &Seen) -> &str {
    seen.headers["authorization"].strip_prefix("bearer ").unwrap()
}

#[test]
fn a_notification_is_asked_for_as_apple_publishes_it() {
    let scene = Scene::new(|_| Reply::header(200, "apns-id", "eabeae54-14a8-11e5-b60b-1697f925ec7b"));
    let sent = apns(&scene).send(&notification(Provider::Apns, PHONE));
    assert_eq!(sent.reply().words(), "200 eabeae54-14a8-11e5-b60b-1697f925ec7b");
    let seen = scene.network.seen().remove(0);
    assert_eq!(
        (seen.method.as_str(), seen.path.as_str(), seen.is_http2),
        ("POST", &*format!("/3/device/{PHONE}"), true)
    );
    for (name, value) in [
        ("content-type", "application/json"),
        ("apns-topic", "com.example.app"),
        ("apns-push-type", "alert"),
        ("apns-priority", "10"),
        ("apns-collapse-id", "c0ffeec0ffeec0ffeec0ffeec0ffee00"),
    ] {
        assert_eq!(seen.headers[name], value, "{name}");
    }
    assert_eq!(seen.headers["apns-expiration"], (nine().timestamp() + 3600).to_string());
    let mut expected = data();
    expected["aps"] = json!({
        "alert": { "title": "Tom waits for an answer", "body": "hello there?" },
        "badge": 2,
        "sound": "bell.caf",
        "thread-id": "conversation-500",
    });
    assert_eq!(seen.json(), expected);
}

#[test]
fn a_token_is_signed_as_apple_wants_it() {
    let scene = Scene::new(|_| Reply::status(200));
    apns(&scene).send(&notification(Provider::Apns, PHONE));
    let seen = scene.network.seen().remove(0);
    let expected = json!({
        "header": { "alg": "ES256", "kid": "ABC123DEFG" },
        "claims": { "iss": "DEF123GHIJ", "iat": nine().timestamp() },
    });
    assert_eq!(verified(bearer(&seen), &EC, "ES256", None), expected);
}

#[test]
fn a_device_of_another_app_of_the_team_is_told_under_its_own_topic() {
    let scene = Scene::new(|_| Reply::status(200));
    let carrier = apns(&scene);
    for (app_id, topic) in [("com.example.contacts", "com.example.contacts"), ("17", "com.example.app")] {
        let mut notification = notification(Provider::Apns, PHONE);
        let mut device = doorbell::model::Device::clone(notification.recipient.device.as_ref().unwrap());
        device.app_id = Some(app_id.into());
        notification.recipient.device = Some(device.into());
        carrier.send(&notification);
        assert_eq!(scene.network.seen().last().unwrap().headers["apns-topic"], topic);
    }
}

#[test]
fn every_answer_of_apple_means_what_its_table_says() {
    let rows = [
        (Reply::status(200), "accepted"),
        (says(410, "Unregistered"), "dead"),
        (says(410, "ExpiredToken"), "dead"),
        (says(400, "BadDeviceToken"), "push.apns.sandbox"),
        (says(400, "DeviceTokenNotForTopic"), "push.apns.topic"),
        (says(400, "TopicDisallowed"), "push.apns.topic"),
        (says(400, "BadTopic"), "push.apns.topic"),
        (says(400, "MissingTopic"), "push.apns.topic"),
        (says(403, "ExpiredProviderToken"), "push.apns.key_file"),
        (says(403, "InvalidProviderToken"), "push.apns.key_file"),
        (says(403, "MissingProviderToken"), "push.apns.key_file"),
        (says(403, "UnrelatedKeyIdInToken"), "push.apns.key_file"),
        (says(403, "BadEnvironmentKeyIdInToken"), "push.apns.key_file"),
        (says(403, "BadEnvironmentKeyInToken"), "push.apns.key_file"),
        (says(403, "BadCertificate"), "push.apns.key_file"),
        (says(403, "BadCertificateEnvironment"), "push.apns.key_file"),
        (says(403, "Forbidden"), "push.apns.key_file"),
        (says(413, "PayloadTooLarge"), "dropped"),
        (says(400, "PayloadEmpty"), "dropped"),
        (says(400, "BadCollapseId"), "dropped"),
        (says(400, "BadExpirationDate"), "dropped"),
        (says(400, "BadMessageId"), "dropped"),
        (says(400, "BadPriority"), "dropped"),
        (says(400, "InvalidPushType"), "dropped"),
        (says(400, "DuplicateHeaders"), "dropped"),
        (says(400, "MissingDeviceToken"), "dropped"),
        (says(404, "BadPath"), "dropped"),
        (says(405, "MethodNotAllowed"), "dropped"),
        (says(429, "TooManyRequests"), "later"),
        (says(429, "TooManyProviderTokenUpdates"), "later 1200"),
        (says(400, "IdleTimeout"), "later"),
        (says(500, "InternalServerError"), "later"),
        (says(503, "ServiceUnavailable"), "later"),
        (says(503, "Shutdown"), "later"),
        (says(400, "SomethingNew"), "dropped"),
        (says(403, "SomethingNew"), "dropped"),
        (says(429, "SomethingNew"), "later"),
        (says(599, "SomethingNew"), "later"),
        (Reply::status(302), "later"),
        (says(400, PHONE), "dropped"),
        (Reply::Reset, "unknown"),
        (Reply::CutShort(500, b"{\"reas".to_vec()), "later"),
    ];
    table(Provider::Apns, PHONE, &rows);
}

#[test]
fn a_token_that_is_no_hexadecimal_number_is_not_asked_for() {
    let scene = Scene::new(|_| Reply::status(200));
    for token in ["", "abc", "../../x", "zz"] {
        assert_eq!(word(&apns(&scene).send(&notification(Provider::Apns, token))), "dead", "{token:?}");
    }
    assert!(scene.network.seen().is_empty());
}

#[test]
fn a_token_that_is_too_old_for_apple_is_signed_anew_once() {
    let scene = Scene::new(|seen| {
        let is_old = seen.headers["authorization"] == "bearer kept";
        if is_old { says(403, "ExpiredProviderToken") } else { Reply::status(200) }
    });
    let kept = Token { key: "DEF123GHIJ.ABC123DEFG".into(), value: "kept".to_owned().into(), made_at: nine() };
    let settings = scene.settings(Provider::Apns, "");
    let mut carriers = scene.carriers(&settings, &BTreeMap::from([(GATEWAY, kept)]));
    let carrier = carriers.remove(&GATEWAY).unwrap().unwrap();
    for _ in 0..3 {
        assert_eq!(word(&carrier.send(&notification(Provider::Apns, PHONE))), "accepted");
    }
    let shown: Vec<String> = scene.network.seen().iter().map(|seen| bearer(seen).to_owned()).collect();
    assert_eq!(shown.len(), 4);
    assert!(shown[0] == "kept" && shown[1] != "kept" && shown[1..].iter().all(|token| *token == shown[1]));
    assert!(carrier.token().is_some(), "the next pass shows the new one");
}

#[test]
fn a_clock_that_is_wrong_is_not_signed_against_again_and_again() {
    let scene = Scene::new(|_| says(403, "ExpiredProviderToken"));
    let carrier = apns(&scene);
    for _ in 0..3 {
        assert_eq!(word(&carrier.send(&notification(Provider::Apns, PHONE))), "push.apns.key_file");
    }
    let mut shown: Vec<String> = scene.network.seen().iter().map(|seen| bearer(seen).to_owned()).collect();
    shown.dedup();
    assert_eq!(shown.len(), 2, "one at first, one more, and no third");
}

#[test]
fn apple_minds_new_tokens_and_gets_no_other() {
    let scene = Scene::new(|_| says(429, "TooManyProviderTokenUpdates"));
    let carrier = apns(&scene);
    let outcome = carrier.send(&notification(Provider::Apns, PHONE));
    assert!(matches!(outcome, Outcome::Deferred(Some(wait), _) if wait.as_secs() == 20 * 60));
    carrier.send(&notification(Provider::Apns, PHONE));
    let seen = scene.network.seen();
    assert_eq!(bearer(&seen[0]), bearer(&seen[1]));
}

#[test]
fn a_probe_reaches_nobody_and_tells_whether_the_key_is_right() {
    let scene = Scene::new(|_| says(400, "BadDeviceToken"));
    assert_eq!(apns(&scene).probe().unwrap(), "localhost accepts the key");
    assert_eq!(scene.network.seen()[0].path, format!("/3/device/{}", "0".repeat(64)));
    let scene = Scene::new(|_| says(403, "InvalidProviderToken"));
    assert_eq!(word(&apns(&scene).probe().unwrap_err()), "push.apns.key_file");
}

#[test]
fn a_file_that_is_no_key_is_named_and_not_shown() {
    let scene = Scene::new(|_| Reply::status(200));
    for text in ["", "secret", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"] {
        std::fs::write(scene.folder.path().join("AuthKey.p8"), text).unwrap();
        let mut carriers = scene.carriers(&scene.settings(Provider::Apns, ""), &BTreeMap::new());
        let Err(fault) = carriers.remove(&GATEWAY).unwrap() else { panic!("{text:?} is no key") };
        assert_eq!(word(&fault), "push.apns.key_file");
        let words = fault.reply().words();
        assert!(words.contains("AuthKey.p8") && !words.contains("holds secret") && !words.contains("c2Vj"), "{words}");
    }
}
