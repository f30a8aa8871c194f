//! The files of notifications, as the gateway of an operator reads them.

use std::path::Path;
use std::sync::Arc;

use chrono_tz::Tz;
use serde_json::{Value, json};
use unicode_segmentation::UnicodeSegmentation;

use super::*;
use crate::model::{Device, Note, Provider, Recipient, RecipientId, Sound};

fn notification(body: &str) -> Notification {
    Notification {
        recipient: Recipient {
            id: RecipientId::Agent("7".into()),
            name: "Ada".into(),
            address: "+441632960012".into(),
            device: None,
            time_zone: Tz::UTC,
        },
        note: Note {
            kind: "unread",
            title: "Tom".into(),
            body: body.into(),
            link: Some("https://chat.example.com/1000".into()),
            conversation: "500".into(),
            sound: None,
        },
        collapse: "c0ffee".into(),
        uid: "0123456789abcdef".into(),
        badge: None,
        in_doubt_since: None,
        now: "2026-03-02T09:05:00Z".parse().unwrap(),
    }
}

/// A notification to a phone, with all that a device can have.
fn pushed(body: &str) -> Notification {
    let mut pushed = notification(body);
    pushed.recipient.device = Some(Arc::new(Device {
        id: "12".into(),
        provider: Provider::WebPush,
        token: "https://push.example.net/x".into(),
        p256dh: Some("key".into()),
        auth: Some("secret".into()),
        platform: None,
        app_id: None,
    }));
    pushed.note.sound = Some(Sound { name: "bell".into(), repeats: true, in_view: false });
    pushed
}

fn outbox(channel: Channel, folder: &Path) -> Outbox {
    Outbox::new(channel, folder.join("notes"), true)
}

/// What is in the one file that sending leaves.
fn written(channel: Channel, notification: &Notification) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let sent = outbox(channel, folder.path()).send(notification);
    assert!(matches!(sent, Outcome::Accepted(_)), "{sent:?}");
    serde_json::from_slice(&std::fs::read(folder.path().join("notes/agent_7-01234567.json")).unwrap()).unwrap()
}

#[test]
fn a_text_message_is_one_line_to_a_number() {
    let expected = json!({
        "channel": "sms", "recipient": "agent:7", "to": "+441632960012", "kind": "unread", "title": "Tom",
        "body": "Tom: hello you", "link": "https://chat.example.com/1000", "conversation": "500",
        "collapse": "c0ffee", "uid": "0123456789abcdef", "created_at": "2026-03-02T09:05:00.000Z",
    });
    assert_eq!(written(Channel::Sms, &notification("hello\n you")), expected);
    assert_eq!(written(Channel::Sms, &notification(""))["body"], "Tom");
}

#[test]
fn a_push_names_its_device_and_its_sound() {
    let file = written(Channel::Desktop, &pushed("hello\nyou"));
    let device = json!({
        "id": "12", "provider": "webpush", "token": "https://push.example.net/x", "p256dh": "key", "auth": "secret",
    });
    assert_eq!(file["device"], device);
    assert_eq!(file["sound"], json!({ "name": "bell", "repeats": true }));
    assert_eq!((&file["body"], file.get("to")), (&json!("hello\nyou"), None));
}

#[test]
fn u4_a_push_has_at_most_500_whole_characters() {
    let family = "👨‍👩‍👧";
    for (body, expected) in [
        (family.repeat(500), family.repeat(500)),
        (family.repeat(501), format!("{}…", family.repeat(499))),
        ("a".repeat(10_000), format!("{}…", "a".repeat(499))),
    ] {
        for channel in [Channel::Push, Channel::Desktop] {
            let file = written(channel, &pushed(&body));
            let shown = file["body"].as_str().unwrap();
            assert_eq!((shown, shown.graphemes(true).count()), (expected.as_str(), 500));
        }
    }
}

#[test]
fn a_repeat_overwrites_itself() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = outbox(Channel::Push, folder.path());
    for _ in 0..2 {
        outbox.send(&pushed("hello"));
    }
    assert_eq!(std::fs::read_dir(folder.path().join("notes")).unwrap().count(), 1);
}

#[test]
fn a_folder_that_is_none_names_the_setting_of_its_channel() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notes"), "a file").unwrap();
    for (channel, expected) in
        [(Channel::Sms, "sms.outbox"), (Channel::Push, "push.outbox"), (Channel::Desktop, "desktop.outbox")]
    {
        let outbox = outbox(channel, folder.path());
        for outcome in [outbox.send(&notification("hello")), outbox.probe().unwrap_err()] {
            assert!(matches!(outcome, Outcome::Misconfigured { key, .. } if key == expected), "{outcome:?}");
            assert!(remedy(&outcome).contains(expected));
        }
    }
}

#[test]
fn a_text_says_what_was_said_only_when_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    Outbox::new(Channel::Sms, folder.path().join("notes"), false).send(&notification("hello?"));
    let file = std::fs::read(folder.path().join("notes/agent_7-01234567.json")).unwrap();
    let value: Value = serde_json::from_slice(&file).unwrap();
    assert_eq!(value["body"], "Tom");
    assert_eq!(written(Channel::Sms, &notification("hello?"))["body"], "Tom: hello?");
}
