//! What stands in the desk, of any bytes: messages in every format and files, read as plain text within their limits.
//!
//! Pieces: choices (format, whether it is stored as bytes, how often the body is repeated), body, earlier body, file
//! name, address of the file.

use chrono::DateTime;
use doorbell::desk::{Content, Wanted};
use doorbell::model::{Show, Watch};
use rusqlite::params;
use rusqlite::types::Value;

use super::desks::SmallDesk;
use super::{Choices, clean, desks, pieces};

const FORMATS: [&str; 5] = ["text", "markdown", "html", "bbcode", "html"];
const BODY_BYTES: usize = 16 * 1024;
const EARLIER_BYTES: usize = 2 * 1024;
/// What is written of a body that is repeated: beyond the limit, and cheap to write.
const LONGEST: usize = BODY_BYTES + 100;

pub fn holds(bytes: &[u8]) {
    let pieces = pieces(bytes);
    let piece = |index: usize| pieces.get(index).copied().unwrap_or_default();
    let letters = String::from_utf8_lossy(piece(0));
    let mut choices = Choices::of(&letters);
    let format = choices.one(&FORMATS);
    let body = repeated(piece(1), choices.one(&[1, 2, 100, 2_000, 20_000]));
    desks::with(|desk| {
        for (id, body) in [(1001, &body), (1000, &piece(2).to_vec())] {
            let write = "UPDATE messages SET body = CAST(?1 AS TEXT), body_format = ?2 WHERE id = ?3";
            desk.connection.execute(write, params![body, format, id]).unwrap();
        }
        let write = "UPDATE attachments SET filename = CAST(?1 AS TEXT), url = CAST(?2 AS TEXT)";
        desk.connection.execute(write, [piece(3), piece(4)].map(|text| Value::Blob(text.to_vec()))).unwrap();
        is_read(desk, &body, format, piece(2));
    });
}

/// A short input stands for a long one.
fn repeated(body: &[u8], times: usize) -> Vec<u8> {
    body.iter().copied().cycle().take((body.len() * times).min(LONGEST.max(body.len()))).collect()
}

fn is_read(desk: &SmallDesk, body: &[u8], format: &str, earlier: &[u8]) {
    let content = content(desk);
    clean::control("a body", &content.body);
    assert!(content.body.len() <= BODY_BYTES, "a body of {} bytes", content.body.len());
    assert!(content.cut || body.len() <= BODY_BYTES, "{} bytes were cut without a word", body.len());
    assert_eq!(content.earlier_count, 1);
    let [past] = content.earlier.as_slice() else { panic!("{} earlier messages", content.earlier.len()) };
    clean::control("an earlier body", &past.body);
    assert!(past.body.len() <= EARLIER_BYTES, "an earlier body of {} bytes", past.body.len());
    assert_eq!(content.attachments.len(), 1);
    // half a character would be a foreign one; HTML can name any by its number
    let whole = |bytes: &[u8], text: &str| {
        std::str::from_utf8(bytes).is_err()
            || bytes.windows(3).any(|three| three == "\u{fffd}".as_bytes())
            || !text.contains(char::REPLACEMENT_CHARACTER)
    };
    if format != "html" {
        assert!(whole(body, &content.body), "half a character: {:?}", content.body);
        assert!(whole(earlier, &past.body), "half a character: {:?}", past.body);
    }
    if format == "text" && !content.cut {
        let written = String::from_utf8_lossy(body);
        let letters = |text: &str| {
            text.chars().filter(|letter| !letter.is_control() && !letter.is_whitespace()).collect::<String>()
        };
        assert_eq!(letters(&content.body), letters(&written), "a plain text says what was written");
    }
}

fn content(desk: &SmallDesk) -> Content {
    let snapshot = desk.desk.snapshot().unwrap();
    let wanted = Wanted {
        conversation: "500".into(),
        watch: Watch::Unread,
        since: DateTime::UNIX_EPOCH,
        latest: None,
        show: Show::Conversation,
    };
    let mut contents = snapshot.contents(&[wanted]).unwrap();
    contents.remove(&"500".into()).expect("the conversation is read")
}
