//! Pusher Beams: the request to a person or an interest, and what the answers mean.

use doorbell::deliver::carrier::Carrier;
use doorbell::model::Provider;
use serde_json::json;

use crate::scene::{APP, LINK, Scene, data, nine, notification, table, word};
use crate::servers::Reply;

fn beams(scene: &Scene) -> Box<dyn Carrier> {
    scene.carrier(&scene.settings(Provider::Beams, ""))
}

fn taken() -> Reply {
    Reply::json(200, &json!({ "publishId": "pubid-33f3f68e-b0c5-438f-b50f-fae93f6c48df" }))
}

#[test]
fn a_notification_is_asked_for_as_pusher_publishes_it() {
    let scene = Scene::new(|_| taken());
    let sent = beams(&scene).send(&notification(Provider::Beams, "ada-7"));
    assert_eq!(sent.reply().words(), "200 pubid-33f3f68e-b0c5-438f-b50f-fae93f6c48df");
    let seen = scene.network.seen().remove(0);
    let path = format!("/publish_api/v1/instances/{APP}/publishes/users");
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", &*path));
    assert_eq!(seen.headers["authorization"], "Bearer BEAMSSECRETKEY");
    assert_eq!(seen.headers["content-type"], "application/json");
    let words = json!({ "title": "Tom waits for an answer", "body": "hello there?" });
    let with = |more: serde_json::Value| {
        let mut all = words.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let expected = json!({
        "users": ["ada-7"],
        "apns": {
            "aps": { "alert": words, "badge": 2, "sound": "bell.caf", "thread-id": "conversation-500" },
            "data": data(),
            "expiration": nine().timestamp() + 3600,
        },
        "fcm": {
            "notification": with(json!({ "tag": "c0ffeec0ffeec0ffeec0ffeec0ffee00", "sound": "bell.caf" })),
            "data": data(),
            "time_to_live": 3600,
        },
        "web": { "notification": with(json!({ "deep_link": LINK })), "data": data(), "time_to_live": 3600 },
    });
    assert_eq!(seen.json(), expected);
}

#[test]
fn an_interest_has_a_way_of_its_own() {
    let scene = Scene::new(|_| taken());
    beams(&scene).send(&notification(Provider::Beams, "interest:team-1"));
    let seen = scene.network.seen().remove(0);
    assert_eq!(seen.path, format!("/publish_api/v1/instances/{APP}/publishes/interests"));
    assert_eq!((&seen.json()["interests"], seen.json().get("users")), (&json!(["team-1"]), None));
    assert_eq!(word(&beams(&scene).send(&notification(Provider::Beams, "interest:not one"))), "dead");
}

#[test]
fn every_answer_of_pusher_means_what_its_table_says() {
    let says = |status: u16| Reply::json(status, &json!({ "error": "Error", "description": "for beams-user-7" }));
    let rows = [
        (taken(), "accepted"),
        (Reply::status(200), "accepted"),
        (Reply::status(302), "later"),
        (says(400), "dropped"),
        (says(401), "push.beams.key_file"),
        (says(402), "push.beams.key_file"),
        (says(404), "push.beams.instance"),
        (says(413), "dropped"),
        (says(422), "dropped"),
        (says(429), "later 1"),
        (Reply::header(429, "retry-after", "3"), "later 3"),
        (says(500), "unknown"),
        (Reply::Says(503, Vec::new(), b"<html>".to_vec()), "unknown"),
        (Reply::Reset, "unknown"),
    ];
    table(Provider::Beams, "beams-user-7", &rows);
}

#[test]
fn a_large_text_is_cut_to_ten_kibibytes_in_all() {
    let scene = Scene::new(|_| taken());
    let mut large = notification(Provider::Beams, "ada-7");
    large.note.body = "👨‍👩‍👧‍👦".repeat(500);
    assert_eq!(word(&beams(&scene).send(&large)), "accepted");
    let seen = scene.network.seen().remove(0);
    assert!((10_000..=10_240).contains(&seen.body.len()), "{}", seen.body.len());
    assert!(seen.json()["web"]["notification"]["body"].as_str().unwrap().ends_with("👦…"));
}

#[test]
fn a_probe_tells_an_interest_that_nobody_has() {
    let scene = Scene::new(|_| taken());
    assert_eq!(beams(&scene).probe().unwrap(), "localhost accepts the key");
    assert_eq!(scene.network.seen()[0].json()["interests"], json!(["doorbell-check-that-nobody-subscribes-to"]));
    let scene = Scene::new(|_| Reply::status(401));
    assert_eq!(word(&beams(&scene).probe().unwrap_err()), "push.beams.key_file");
}
