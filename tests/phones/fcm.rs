//! Google's network: the message, the access token, and what the answers mean.

use std::collections::BTreeMap;

use doorbell::deliver::carrier::{Carrier, Token};
use doorbell::model::{Gateway, Provider};
use serde_json::{Value, json};

use crate::scene::{LINK, RSA, Scene, data, granted, nine, notification, table, verified, word};
use crate::servers::{Reply, Seen};

const GATEWAY: Gateway = Gateway::Push(Provider::Fcm);
const PHONE: &str = "bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1";

fn fcm(scene: &Scene) -> Box<dyn Carrier> {
    scene.carrier(&scene.settings(Provider::Fcm, "android_channel = \"chat\""))
}

/// A network that grants tokens and then answers like this.
fn after_the_token(respond: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Scene {
    Scene::new(move |seen| if seen.path == "/token" { granted() } else { respond(seen) })
}

/// An error as Google writes it: `code` of FCM, or none, with the status around it.
fn says(status: u16, code: &str, around: &str, message: &str) -> Reply {
    let kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError";
    let details = if code.is_empty() { json!([]) } else { json!([{ "@type": kind, "errorCode": code }]) };
    let error = json!({ "code": status, "message": message, "status": around, "details": details });
    Reply::json(status, &json!({ "error": error }))
}

fn messages(scene: &Scene) -> Vec<Seen> {
    scene.network.seen().into_iter().filter(|seen| seen.path != "/token").collect()
}

#[test]
fn a_message_is_asked_for_as_google_publishes_it() {
    let scene = after_the_token(|_| Reply::json(200, &json!({ "name": "projects/my-desk/messages/0:1500%31bd1c9" })));
    let sent = fcm(&scene).send(&notification(Provider::Fcm, PHONE));
    assert_eq!(sent.reply().words(), "200 projects/my-desk/messages/0:1500%31bd1c9");
    let seen = messages(&scene).remove(0);
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/v1/projects/my-desk/messages:send"));
    assert_eq!(seen.headers["authorization"], "Bearer an-access-token");
    assert_eq!(seen.headers["content-type"], "application/json");
    let collapse = "c0ffeec0ffeec0ffeec0ffeec0ffee00";
    let expected = json!({ "message": {
        "token": PHONE,
        "notification": { "title": "Tom waits for an answer", "body": "hello there?" },
        "data": data(),
        "android": {
            "collapseKey": "doorbell",
            "priority": "HIGH",
            "ttl": "3600s",
            "notification": { "tag": collapse, "channelId": "chat", "sound": "bell", "notificationCount": 2 },
        },
        "apns": {
            "headers": {
                "apns-collapse-id": collapse,
                "apns-expiration": (nine().timestamp() + 3600).to_string(),
                "apns-priority": "10",
            },
            "payload": { "aps": { "badge": 2, "sound": "bell.caf", "thread-id": "conversation-500" } },
        },
        "webpush": {
            "headers": { "TTL": "3600", "Urgency": "high", "Topic": collapse },
            "fcmOptions": { "link": LINK },
        },
    } });
    assert_eq!(seen.json(), expected);
    let texts = |value: &Value| value.as_object().unwrap().values().all(Value::is_string);
    assert!(texts(&seen.json()["message"]["data"]), "Google takes nothing but text there");
}

#[test]
fn an_access_token_is_asked_for_once_as_rfc_7523_has_it() {
    let scene = after_the_token(|_| Reply::status(200));
    let carrier = fcm(&scene);
    for _ in 0..3 {
        carrier.send(&notification(Provider::Fcm, PHONE));
    }
    let seen = scene.network.seen();
    assert_eq!(seen.iter().filter(|seen| seen.path == "/token").count(), 1);
    assert_eq!(seen[0].headers["content-type"], "application/x-www-form-urlencoded");
    let form = Seen::form(&seen[0].text());
    assert_eq!(form[0], ("grant_type".into(), "urn:ietf:params:oauth:grant-type:jwt-bearer".into()));
    assert_eq!(form[1].0, "assertion");
    let audience = format!("{}/token", scene.network.url());
    let read = verified(&form[1].1, &RSA, "RS256", Some(&audience));
    assert_eq!(read["header"], json!({ "typ": "JWT", "alg": "RS256", "kid": "0a1b2c" }));
    let claims = json!({
        "iss": "doorbell@my-desk.iam.gserviceaccount.com",
        "scope": "https://www.googleapis.com/auth/firebase.messaging",
        "aud": audience,
        "iat": nine().timestamp(),
        "exp": nine().timestamp() + 3600,
    });
    assert_eq!(read["claims"], claims);
}

#[test]
fn every_answer_of_google_means_what_its_table_says() {
    let token = "The registration token is not a valid FCM registration token";
    let waits = |status: u16| Reply::header(status, "retry-after", "17");
    let rows = [
        (Reply::status(200), "accepted"),
        (says(404, "UNREGISTERED", "NOT_FOUND", "Requested entity was not found."), "dead"),
        (says(400, "UNREGISTERED", "INVALID_ARGUMENT", "gone"), "dead"),
        (says(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", token), "dropped"),
        (says(400, "", "INVALID_ARGUMENT", "Invalid value at 'message.data'"), "dropped"),
        (says(403, "SENDER_ID_MISMATCH", "PERMISSION_DENIED", "SenderId mismatch"), "push.fcm"),
        (says(401, "THIRD_PARTY_AUTH_ERROR", "UNAUTHENTICATED", "no APNs key"), "dropped"),
        (says(401, "APNS_AUTH_ERROR", "UNAUTHENTICATED", "no APNs key"), "dropped"),
        (says(401, "", "UNAUTHENTICATED", "invalid credentials"), "push.fcm.service_account_file"),
        (says(403, "", "PERMISSION_DENIED", "denied"), "push.fcm.service_account_file"),
        (says(404, "", "NOT_FOUND", "no such project"), "push.fcm"),
        (says(429, "QUOTA_EXCEEDED", "RESOURCE_EXHAUSTED", "quota"), "later 60"),
        (says(429, "", "RESOURCE_EXHAUSTED", "quota"), "later 60"),
        (waits(429), "later 17"),
        (says(500, "INTERNAL", "INTERNAL", ""), "later"),
        (says(503, "UNAVAILABLE", "UNAVAILABLE", ""), "later"),
        (waits(503), "later 17"),
        (says(504, "", "DEADLINE_EXCEEDED", ""), "later"),
        (says(400, "SOMETHING_NEW", "INVALID_ARGUMENT", PHONE), "dropped"),
        (says(403, "SOMETHING_NEW", "PERMISSION_DENIED", ""), "dropped"),
        (Reply::status(418), "dropped"),
        (Reply::status(302), "later"),
        (Reply::Says(502, Vec::new(), b"<html>".to_vec()), "later"),
        (Reply::Reset, "unknown"),
    ];
    table(Provider::Fcm, PHONE, &rows);
}

#[test]
fn accounts_that_are_refused_or_busy_are_told_apart() {
    for (reply, expected) in [
        (Reply::json(400, &json!({ "error": "invalid_grant" })), "push.fcm.service_account_file"),
        (Reply::json(401, &json!({ "error": "invalid_client" })), "push.fcm.service_account_file"),
        (Reply::status(503), "later"),
        (Reply::Reset, "later"),
        (Reply::json(200, &json!({})), "later"),
    ] {
        let said = reply.clone();
        let scene = Scene::new(move |_| said.clone());
        assert_eq!(word(&fcm(&scene).send(&notification(Provider::Fcm, PHONE))), expected, "{reply:?}");
        assert!(messages(&scene).is_empty());
    }
}

#[test]
fn an_access_token_that_google_would_not_have_is_fetched_anew_once() {
    let scene = after_the_token(|seen| {
        let is_old = seen.headers["authorization"] == "Bearer kept";
        if is_old { says(401, "", "UNAUTHENTICATED", "") } else { Reply::status(200) }
    });
    let key = "doorbell@my-desk.iam.gserviceaccount.com.0a1b2c";
    let kept = Token { key: key.into(), value: "kept".to_owned().into(), made_at: nine() };
    let mut carriers = scene.carriers(&scene.settings(Provider::Fcm, ""), &BTreeMap::from([(GATEWAY, kept)]));
    let carrier = carriers.remove(&GATEWAY).unwrap().unwrap();
    for _ in 0..2 {
        assert_eq!(word(&carrier.send(&notification(Provider::Fcm, PHONE))), "accepted");
    }
    let paths: Vec<String> = scene.network.seen().into_iter().map(|seen| seen.path).collect();
    let send = "/v1/projects/my-desk/messages:send";
    assert_eq!(paths, [send, "/token", send, send]);
}

#[test]
fn a_probe_is_checked_and_not_sent() {
    for (reply, expected) in [
        (says(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "The registration token is not valid"), Ok(())),
        (says(404, "UNREGISTERED", "NOT_FOUND", ""), Ok(())),
        (Reply::status(200), Ok(())),
        (says(403, "", "PERMISSION_DENIED", "denied"), Err("push.fcm.service_account_file")),
    ] {
        let said = reply.clone();
        let scene = after_the_token(move |_| said.clone());
        let probed = fcm(&scene).probe();
        assert_eq!(probed.map(|_| ()).map_err(|fault| word(&fault)), expected.map_err(str::to_owned), "{reply:?}");
        assert_eq!(messages(&scene)[0].json()["validateOnly"], true);
    }
}

#[test]
fn a_file_that_is_no_service_account_is_named_and_not_shown() {
    let scene = Scene::new(|_| Reply::status(200));
    for text in ["", "{}", "{\"private_key\": \"secret\"}", "not JSON: secret"] {
        std::fs::write(scene.folder.path().join("account.json"), text).unwrap();
        let mut carriers = scene.carriers(&scene.settings(Provider::Fcm, ""), &BTreeMap::new());
        let Err(fault) = carriers.remove(&GATEWAY).unwrap() else { panic!("{text:?} is no account") };
        assert_eq!(word(&fault), "push.fcm.service_account_file");
        let words = fault.reply().words();
        assert!(words.contains("account.json") && !words.contains("secret\""), "{words}");
    }
}
