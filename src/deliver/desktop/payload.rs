//! What a push says to the service worker: one JSON object, as contrib/web/README.md describes it.

use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

use super::encryption::LONGEST;
use crate::deliver::Notification;

/// The longest title and body: user-perceived characters, never half of one.
const TITLE_GRAPHEMES: usize = 200;
const BODY_GRAPHEMES: usize = 500;

#[derive(Serialize)]
struct Payload<'a> {
    title: String,
    body: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'a str>,
    conversation: &'a str,
    tag: &'a str,
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sound: Option<Sounds<'a>>,
    uid: &'a str,
    at: i64,
}

#[derive(Serialize)]
struct Sounds<'a> {
    name: &'a str,
    repeats: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    in_view: bool,
}

/// The bytes to encrypt: at most [`LONGEST`], unless the link alone is longer.
pub(super) fn payload(notification: &Notification) -> serde_json::Result<Vec<u8>> {
    let Notification { note, collapse, uid, now, .. } = notification;
    let sound = note.sound.as_ref();
    let mut payload = Payload {
        title: cut(&note.title, TITLE_GRAPHEMES, LONGEST / 2),
        body: String::new(),
        link: note.link.as_deref(),
        conversation: note.conversation.as_str(),
        tag: collapse,
        kind: note.kind,
        sound: sound.map(|sound| Sounds { name: &sound.name, repeats: sound.repeats, in_view: sound.in_view }),
        uid,
        at: now.timestamp_millis(),
    };
    let room = LONGEST.saturating_sub(serde_json::to_vec(&payload)?.len());
    payload.body = cut(&note.body, BODY_GRAPHEMES, room);
    serde_json::to_vec(&payload)
}

/// The text if it is short enough in characters and in bytes of JSON, else its beginning with an ellipsis.
fn cut(text: &str, graphemes: usize, room: usize) -> String {
    const ELLIPSIS: &str = "…";
    let (mut used, mut kept) = (0, 0);
    for (count, (start, grapheme)) in text.grapheme_indices(true).enumerate() {
        used += written(grapheme);
        if count >= graphemes || used > room {
            let beginning = text.get(..kept).unwrap_or_default().trim_end();
            return if room < ELLIPSIS.len() { String::new() } else { format!("{beginning}{ELLIPSIS}") };
        }
        if count + 1 < graphemes && used + ELLIPSIS.len() <= room {
            kept = start + grapheme.len();
        }
    }
    text.to_owned()
}

/// Bytes in a JSON text, between the quotes.
fn written(text: &str) -> usize {
    serde_json::to_string(text).map_or(usize::MAX / 2, |json| json.len() - 2)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::{DateTime, Utc};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::model::{ConversationId, Note, Recipient, RecipientId, Sound};

    fn notification(title: &str, body: &str) -> Notification {
        let now: DateTime<Utc> = "2026-03-02T09:30:00Z".parse().unwrap();
        let note = Note {
            kind: "unreplied",
            title: title.into(),
            body: body.into(),
            link: Some("https://desk.example.com/inbox/42".into()),
            conversation: ConversationId::from("42"),
            sound: None,
        };
        let recipient = Recipient {
            id: RecipientId::Person("test".into()),
            name: String::new(),
            address: Arc::from(""),
            device: None,
            time_zone: chrono_tz::UTC,
        };
        Notification {
            recipient,
            note,
            collapse: "t42".into(),
            uid: "u1".into(),
            badge: None,
            now,
            in_doubt_since: None,
        }
    }

    fn read(notification: &Notification) -> Value {
        serde_json::from_slice(&payload(notification).unwrap()).unwrap()
    }

    #[test]
    fn a_push_says_what_the_worker_reads() {
        let mut told = notification("Tom is waiting", "hello?");
        told.note.sound = Some(Sound { name: "bell".into(), repeats: true, in_view: false });
        let expected = json!({
            "title": "Tom is waiting", "body": "hello?", "link": "https://desk.example.com/inbox/42",
            "conversation": "42", "tag": "t42", "kind": "unreplied", "sound": { "name": "bell", "repeats": true },
            "uid": "u1", "at": 1_772_443_800_000_i64,
        });
        assert_eq!(read(&told), expected);
        told.note.sound = Some(Sound { name: "bell".into(), repeats: false, in_view: true });
        assert_eq!(read(&told)["sound"], json!({ "name": "bell", "repeats": false, "in_view": true }));
        (told.note.sound, told.note.link) = (None, None);
        let bare = read(&told);
        assert!(bare.get("sound").is_none() && bare.get("link").is_none(), "{bare}");
    }

    #[test]
    fn u4_a_body_is_cut_to_500_whole_characters() {
        let family = "\u{1f469}\u{200d}\u{1f467}";
        let body = |text: String| read(&notification("", &text))["body"].as_str().unwrap().to_owned();
        assert_eq!(body("a".repeat(500)), "a".repeat(500));
        assert_eq!(body("a".repeat(501)), format!("{}…", "a".repeat(499)));
        let families = body(family.repeat(501));
        assert!(families.strip_suffix('…').unwrap().replace(family, "").is_empty(), "{families}");
        assert!(payload(&notification("", &family.repeat(501))).unwrap().len() <= LONGEST);
    }

    proptest! {
        #[test]
        fn whatever_is_said_the_push_fits(title in "\\PC{0,400}", body in "(?s).{0,4000}") {
            let told = notification(&title, &body);
            let bytes = payload(&told).unwrap();
            prop_assert!(bytes.len() <= LONGEST, "{} bytes", bytes.len());
            let shown = read(&told)["body"].as_str().unwrap().to_owned();
            prop_assert!(body.starts_with(shown.trim_end_matches('…')));
        }
    }
}
