//! Words of any kind on their way into a mail: one recipient, no header but ours, and what arrives is what was written.
//!
//! Pieces: address, name, subject, text, HTML, content key, thread, and another address that all mails go to.

use std::path::Path;

use chrono::{DateTime, Utc};
use doorbell::deliver::email::{Mail, Relay, Settings};
use doorbell::model::{Outcome, Recipient, RecipientId, Words, email_address};

use super::{eml, texts};

const SETTINGS: &str = "from = \"Grüße Desk <desk@example.com>\"\nreply_to = \"help@example.com\"\noutbox = \"outbox\"\n\
                        list_unsubscribe = \"https://example.com/stop?t=1\"";

/// Shorter ones, such as `a@b`, stand in any words by chance.
const SHORTEST_ADDRESS: usize = 6;

pub fn holds(bytes: &[u8]) {
    let [address, name, subject, text, html, uid, thread, other] = texts(bytes);
    let recipient = Recipient {
        id: RecipientId::Agent("7".into()),
        name,
        address: address.as_str().into(),
        device: None,
        time_zone: chrono_tz::Tz::UTC,
    };
    let mail = Mail {
        recipient,
        words: Words { subject, text, html },
        uid,
        thread: Some(thread).filter(|thread| !thread.is_empty()),
        now: DateTime::<Utc>::from_timestamp(1_795_000_000, 0).unwrap(),
        redirected_to: Some(other.as_str().into()).filter(|_| !other.is_empty()),
    };
    let folder = tempfile::tempdir().unwrap();
    let settings: Settings = toml::from_str(SETTINGS).unwrap();
    let outcome = Relay::new(&settings, folder.path()).unwrap().lane().send(&mail);
    let to = if other.is_empty() { &address } else { &other };
    match outcome {
        Outcome::Accepted(_) => eml::is_right(&only_file(&folder.path().join("outbox")), &mail, to),
        Outcome::RefusedRecipient(reply) => {
            assert!(email_address(to).is_none_or(|known| *known != **to), "{to:?} is an address and was refused");
            let is_personal = to.chars().count() >= SHORTEST_ADDRESS && to.contains('@') && !to.contains('*');
            assert!(!is_personal || !reply.text.contains(to.as_str()), "the address is shown: {:?}", reply.text);
        }
        other => panic!("{other:?}"),
    }
}

/// The one file of a folder.
fn only_file(folder: &Path) -> Vec<u8> {
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    let [file] = files.as_slice() else { panic!("{files:?} were written") };
    std::fs::read(file).unwrap()
}
