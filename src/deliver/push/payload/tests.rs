//! Cutting: 500 characters, then bytes, and never half a character.

use std::sync::Arc;

use chrono_tz::Tz;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::model::{Device, Note, OnAmbiguous, Provider, Recipient, RecipientId, Sound};

const MANNER: Manner = Manner { ttl: 3600, message: true, badge: true, on_ambiguous: OnAmbiguous::Resend };

fn notification(title: &str, body: &str) -> Notification {
    let device = Device {
        id: "12".into(),
        provider: Provider::Apns,
        token: "abcd".into(),
        p256dh: None,
        auth: None,
        platform: None,
        app_id: None,
    };
    Notification {
        recipient: Recipient {
            id: RecipientId::Agent("7".into()),
            name: "Ada".into(),
            address: "abcd".into(),
            device: Some(Arc::new(device)),
            time_zone: Tz::UTC,
        },
        note: Note {
            kind: "unread",
            title: title.into(),
            body: body.into(),
            link: Some("https://chat.example.com/1000".into()),
            conversation: "500".into(),
            sound: Some(Sound { name: "bell.caf".into(), repeats: true, in_view: false }),
        },
        collapse: "c0ffee".into(),
        uid: "0123456789abcdef".into(),
        badge: Some(3),
        in_doubt_since: None,
        now: "2026-03-02T09:05:00Z".parse().unwrap(),
    }
}

fn write(said: &Said<'_>) -> Value {
    json!({ "title": said.title, "body": some(&said.body), "data": said.data, "badge": said.badge, "sound": said.sound })
}

fn written(manner: Manner, notification: &Notification, most: usize) -> Value {
    let bytes = fitted(manner, notification, most, write).unwrap();
    assert!(bytes.len() <= most);
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn u4_a_body_has_at_most_500_whole_characters_and_then_fewer_until_the_bytes_fit() {
    for character in ["a", "👨‍👩‍👧‍👦", "🇩🇪", "e\u{301}", "\"", "\\"] {
        let whole = written(MANNER, &notification("Tom", &character.repeat(500)), 100_000);
        assert_eq!(whole["body"], character.repeat(500), "{character}");
        let cut = written(MANNER, &notification("Tom", &character.repeat(501)), 100_000);
        assert_eq!(cut["body"], character.repeat(499) + "…", "{character}");
        let small = written(MANNER, &notification("Tom", &character.repeat(501)), 600);
        let kept = small["body"].as_str().unwrap().strip_suffix('…').unwrap_or_else(|| panic!("{small}"));
        assert!(!kept.is_empty() && kept.replace(character, "").is_empty(), "only whole ones: {kept}");
        let one_more = serde_json::to_string(character).unwrap().len() - "\"\"".len();
        assert!(small.to_string().len() + one_more > 600, "{character}: no more is cut than has to be");
    }
}

#[test]
fn the_app_is_told_what_it_needs_to_open_the_conversation() {
    let whole = written(MANNER, &notification("Tom", "hello"), 4096);
    let link = "https://chat.example.com/1000";
    let data = json!({ "conversation_id": "500", "kind": "unread", "link": link, "sound_repeats": "true",
                       "uid": "0123456789abcdef" });
    assert_eq!(whole, json!({ "title": "Tom", "body": "hello", "data": data, "badge": 3, "sound": "bell.caf" }));
}

#[test]
fn what_the_settings_keep_back_is_not_told() {
    let silent = Manner { message: false, badge: false, ..MANNER };
    let mut note = notification("Tom", "hello");
    note.note.sound = None;
    let said = written(silent, &note, 4096);
    let keys: Vec<&String> = said.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["data", "title"], "{said}");
    assert_eq!(said["data"].get("sound_repeats"), None);
}

#[test]
fn the_link_goes_before_the_title_does() {
    let mut note = notification(&"T".repeat(120), "hello");
    note.note.link = Some(format!("https://chat.example.com/{}", "x".repeat(500)));
    let said = written(MANNER, &note, 400);
    assert_eq!((said.get("body"), said["data"].get("link")), (None, None), "{said}");
    assert_eq!(said["title"], "T".repeat(120));
    let said = written(MANNER, &note, 200);
    assert!(said["title"].as_str().unwrap().ends_with("T…"), "{said}");
    assert!(fitted(MANNER, &note, 20, write).is_err());
}

proptest! {
    #[test]
    fn whatever_is_said_fits_and_nothing_is_halved(
        title in "[a-zé🦀\"\\\\\u{1}👩‍🚀 ]{0,150}",
        body in "([a-z\"\\\\\u{1}é]|👨‍👩‍👧‍👦|🇩🇪|e\u{301}){0,600}",
        most in 300_usize..5_000,
    ) {
        let note = notification(&title, &body);
        let bytes = fitted(MANNER, &note, most, write).unwrap();
        prop_assert!(bytes.len() <= most);
        let said: Value = serde_json::from_slice(&bytes).unwrap();
        for (text, whole) in [(said["title"].as_str(), &title), (said["body"].as_str(), &body)] {
            let text = text.unwrap_or_default();
            prop_assert!(text.graphemes(true).count() <= BODY_GRAPHEMES);
            let kept: Vec<&str> = text.strip_suffix('…').unwrap_or(text).graphemes(true).collect();
            let of_whole: Vec<&str> = whole.graphemes(true).take(kept.len()).collect();
            prop_assert_eq!(kept, of_whole);
        }
    }
}
