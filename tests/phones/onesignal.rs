//! `OneSignal`: the request with its key for repeats, and what the answers mean.

use doorbell::deliver::carrier::Carrier;
use doorbell::model::Provider;
use serde_json::{Value, json};

use crate::scene::{APP, LINK, Scene, data, notification, table, word};
use crate::servers::Reply;

const PHONE: &str = "5fdc92b2-3b2a-11e5-ac13-8fdccfe4d986";

fn onesignal(scene: &Scene) -> Box<dyn Carrier> {
    scene.carrier(&scene.settings(Provider::OneSignal, "android_channel = \"chat\""))
}

fn taken() -> Reply {
    Reply::json(200, &json!({ "id": "b98881cc-1e94-4366-bbd9-db8f3429292b", "external_id": null }))
}

#[test]
fn a_notification_is_asked_for_as_onesignal_publishes_it() {
    let scene = Scene::new(|_| taken());
    let sent = onesignal(&scene).send(&notification(Provider::OneSignal, PHONE));
    assert_eq!(sent.reply().words(), "200 b98881cc-1e94-4366-bbd9-db8f3429292b");
    let seen = scene.network.seen().remove(0);
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/notifications"));
    assert_eq!(seen.headers["authorization"], "Key os_v2_app_topsecret");
    assert_eq!(seen.headers["content-type"], "application/json; charset=utf-8");
    let collapse = "c0ffeec0ffeec0ffeec0ffeec0ffee00";
    let mut body = seen.json();
    let key = body.as_object_mut().unwrap().remove("idempotency_key").unwrap();
    assert_eq!(key.as_str().unwrap().as_bytes()[14], b'5', "version 5 of RFC 9562: {key}");
    let expected = json!({
        "app_id": APP,
        "include_subscription_ids": [PHONE],
        "headings": { "en": "Tom waits for an answer" },
        "contents": { "en": "hello there?" },
        "web_url": LINK,
        "data": data(),
        "collapse_id": collapse,
        "web_push_topic": collapse,
        "thread_id": "conversation-500",
        "android_group": "conversation-500",
        "existing_android_channel_id": "chat",
        "ios_sound": "bell.caf",
        "android_sound": "bell",
        "ios_badgeType": "SetTo",
        "ios_badgeCount": 2,
        "ttl": 3600,
        "priority": 10,
        "name": "doorbell",
    });
    assert_eq!(body, expected);
}

#[test]
fn a_person_is_named_by_the_id_of_the_host_program() {
    let scene = Scene::new(|_| taken());
    onesignal(&scene).send(&notification(Provider::OneSignal, "external_id:agent-7"));
    let body = scene.network.seen()[0].json();
    assert_eq!(body["include_aliases"], json!({ "external_id": ["agent-7"] }));
    assert_eq!((&body["target_channel"], body.get("include_subscription_ids")), (&json!("push"), None));
    for wrong in ["", "agent-7", "external_id:"] {
        assert_eq!(word(&onesignal(&scene).send(&notification(Provider::OneSignal, wrong))), "dead", "{wrong:?}");
    }
    assert_eq!(scene.network.seen().len(), 1);
}

#[test]
fn a_repeat_bears_the_same_key_and_everything_else_another() {
    let scene = Scene::new(|_| taken());
    let carrier = onesignal(&scene);
    let first = notification(Provider::OneSignal, PHONE);
    let mut repeat = first.clone();
    repeat.now += chrono::TimeDelta::minutes(5);
    let mut newer = first.clone();
    newer.uid = "another".into();
    let other_device = notification(Provider::OneSignal, "external_id:agent-7");
    for notification in [first, repeat, newer, other_device] {
        carrier.send(&notification);
    }
    let keys: Vec<Value> = scene.network.seen().iter().map(|seen| seen.json()["idempotency_key"].clone()).collect();
    assert_eq!(keys[0], keys[1]);
    assert!(keys[0] != keys[2] && keys[0] != keys[3] && keys[2] != keys[3], "{keys:?}");
}

#[test]
fn every_answer_of_onesignal_means_what_its_table_says() {
    let key = "push.onesignal.key_file";
    let says = |status: u16, body: &Value| Reply::json(status, body);
    let gone = "All included players are not subscribed";
    let denied = "Access denied.  Please include an 'Authorization: ...' header with a valid API key";
    let rows = [
        (taken(), "accepted"),
        (says(200, &json!({ "id": "b9", "errors": { "invalid_aliases": { "external_id": [PHONE] } } })), "dead"),
        (says(200, &json!({ "id": "b9", "errors": { "invalid_player_ids": [PHONE] } })), "dead"),
        (says(200, &json!({ "id": "b9", "warnings": { "invalid_external_user_ids": "x" } })), "accepted"),
        (says(200, &json!({ "id": "", "errors": [gone] })), "dead"),
        (says(200, &json!({ "id": "", "errors": gone })), "dead"),
        (says(200, &json!({ "id": "b9", "errors": { "invalid_external_user_ids": ["a"] } })), "dead"),
        (says(200, &json!({ "id": "", "errors": { "invalid_aliases": { "external_id": [PHONE] } } })), "dead"),
        (says(200, &json!({ "id": "b9", "errors": null })), "accepted"),
        (Reply::Says(200, Vec::new(), b"<html>".to_vec()), "later"),
        (Reply::status(200), "later"),
        (Reply::CutShort(200, b"{\"id\":\"b9".to_vec()), "later"),
        (says(400, &json!({ "errors": ["Message Notifications must have English language content"] })), "dropped"),
        (
            says(400, &json!({ "errors": [{ "code": "x", "title": "Failed to parse app_id" }] })),
            "push.onesignal.app_id",
        ),
        (says(400, &json!({ "errors": ["You must include which players, segments, or tags"] })), "dropped"),
        (Reply::status(418), "dropped"),
        (Reply::status(301), "later"),
        (says(401, &json!({ "errors": [denied] })), key),
        (says(403, &json!({ "errors": [denied] })), key),
        (says(404, &json!({})), key),
        (says(409, &json!({})), key),
        (says(422, &json!({})), key),
        (Reply::header(429, "retry-after", "9"), "later 9"),
        (says(429, &json!({ "errors": ["API rate limit exceeded"] })), "later"),
        (Reply::Says(503, Vec::new(), b"Service temporarily unavailable".to_vec()), "later"),
        (Reply::header(503, "retry-after", "30"), "later 30"),
        (says(500, &json!(null)), "later"),
        // asked again under the same key, it is done once
        (Reply::Reset, "later"),
    ];
    table(Provider::OneSignal, PHONE, &rows);
}

#[test]
fn nothing_to_show_is_no_empty_text() {
    let scene = Scene::new(|_| taken());
    let silent = format!("[push]\nmessage = false\nbadge = false\n{}", scene.settings(Provider::OneSignal, ""));
    let mut notification = notification(Provider::OneSignal, PHONE);
    notification.note.sound = None;
    scene.carrier(&silent).send(&notification);
    let body = scene.network.seen()[0].json();
    assert_eq!(body["contents"]["en"], "Tom waits for an answer");
    assert_eq!((&body["ios_sound"], body.get("ios_badgeCount")), (&json!("nil"), None));
    assert!(!body.to_string().contains("hello"));
}

#[test]
fn a_probe_reads_and_sends_nothing() {
    let scene = Scene::new(|_| Reply::json(200, &json!({ "notifications": [] })));
    assert_eq!(onesignal(&scene).probe().unwrap(), "localhost accepts the key");
    let seen = scene.network.seen().remove(0);
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("GET", "/notifications"));
    assert_eq!(seen.query, format!("app_id={APP}&limit=1"));
    let scene = Scene::new(|_| Reply::json(403, &json!({ "errors": ["Access denied."] })));
    assert_eq!(word(&onesignal(&scene).probe().unwrap_err()), "push.onesignal.key_file");
}
