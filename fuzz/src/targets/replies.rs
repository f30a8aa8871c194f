//! A mail server's answers of any bytes, over a real connection: nothing counts as told that was not taken, nothing that
//! may have arrived counts as not told, and its words are fit to be kept.
//!
//! Pieces: choices (plain or STARTTLS, how many mails), the password, and then one reply each.

use std::collections::VecDeque;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use chrono::{DateTime, Utc};
use doorbell::deliver::email::{Mail, Relay, Settings, remedy};
use doorbell::model::{Outcome, Recipient, RecipientId, Reply, Words};

use super::server::{self, Seen};
use super::{Choices, clean, pieces};

const ADDRESS: &str = "ada.lovelace@example.org";
/// What the ledger bears of a server's words.
const LONGEST_TEXT: usize = 300;
/// A shorter password stands in any words by chance.
const SHORTEST_PASSWORD: usize = 8;

pub fn holds(bytes: &[u8]) {
    let mut pieces: VecDeque<&[u8]> = pieces(bytes).into();
    let mut text = || String::from_utf8_lossy(pieces.pop_front().unwrap_or_default()).trim_end_matches('\n').to_owned();
    let (letters, password) = (text(), text());
    let mut choices = Choices::of(&letters);
    let is_encrypted = choices.below(2) == 1;
    let mails: Vec<Mail> = (0..=choices.below(3)).map(mail).collect();
    let folder = tempfile::tempdir().unwrap();
    let password = if is_encrypted { put(&password, folder.path()) } else { String::new() };
    let replies = pieces.into_iter().map(<[u8]>::to_vec).collect();
    let (outcomes, seen) = server::with(replies, |port| {
        let relay = Relay::new(&settings(port, &password), folder.path()).unwrap();
        let mut lane = relay.lane();
        mails.iter().map(|mail| lane.send(mail)).collect::<Vec<_>>()
    });
    for (mail, outcome) in mails.iter().zip(&outcomes) {
        is_true(mail, outcome, &seen);
        is_fit_to_be_kept(reply_of(outcome), &password);
        let _ = remedy(outcome);
    }
}

/// The password as the settings can hold it, in a file of its owner.
fn put(password: &str, folder: &Path) -> String {
    let password = if password.len() < SHORTEST_PASSWORD { "hunter2-and-more" } else { password };
    let path = folder.join("password");
    fs::write(&path, password).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    password.trim_end_matches(['\n', '\r']).to_owned()
}

fn settings(port: u16, password: &str) -> Settings {
    let security = if password.is_empty() {
        "security = \"none\""
    } else {
        "security = \"starttls\"\nusername = \"desk\"\npassword_file = \"password\"\ninsecure_accept_any_certificate = true"
    };
    let text = format!(
        "from = \"desk@example.com\"\nserver = \"127.0.0.1:{port}\"\ntimeout = \"1s\"\nfinal_timeout = \"1s\"\n{security}"
    );
    toml::from_str(&text).unwrap()
}

fn mail(number: usize) -> Mail {
    Mail {
        recipient: Recipient {
            id: RecipientId::Agent("7".into()),
            name: "Ada".into(),
            address: ADDRESS.into(),
            device: None,
            time_zone: chrono_tz::Tz::UTC,
        },
        words: Words { subject: "Hello".into(), text: "Hello\n.\n".into(), html: "<p>Hello</p>".into() },
        uid: format!("m{number}"),
        thread: None,
        now: DateTime::<Utc>::UNIX_EPOCH,
        redirected_to: None,
    }
}

/// Held against what the server took and said.
fn is_true(mail: &Mail, outcome: &Outcome, seen: &Seen) {
    let taken = seen.contents.iter().filter(|content| content.contains(&format!("<{}@", mail.uid))).count();
    assert!(taken <= 1, "a mail went out {taken} times");
    match outcome {
        _ if seen.answered_ahead => {}
        Outcome::Accepted(_) => assert_eq!((taken, said(seen, b"2")), (1, true), "told without having been taken"),
        Outcome::Unknown(_) => assert_eq!(taken, 1, "in doubt without having gone out"),
        _ => assert!(taken == 0 || said(seen, b"45"), "taken without an answer, and yet {outcome:?}"),
    }
}

/// Whether the server said a line whose code begins with one of these digits.
fn said(seen: &Seen, digits: &[u8]) -> bool {
    seen.said.split(|byte| *byte == b'\n').any(|line| line.first().is_some_and(|first| digits.contains(first)))
}

fn reply_of(outcome: &Outcome) -> &Reply {
    match outcome {
        Outcome::Accepted(reply)
        | Outcome::Deferred(_, reply)
        | Outcome::RefusedRecipient(reply)
        | Outcome::RefusedMessage(reply)
        | Outcome::Misconfigured { reply, .. }
        | Outcome::Unknown(reply) => reply,
    }
}

fn is_fit_to_be_kept(reply: &Reply, password: &str) {
    clean::line("a reply", &reply.text);
    assert!(reply.text.chars().count() <= LONGEST_TEXT, "{} bytes of words", reply.text.len());
    let plain = |letter: char| letter.is_ascii_digit() || letter == '.' || letter == ' ';
    assert!(reply.code.len() <= 15 && reply.code.chars().all(plain), "{:?} is a code", reply.code);
    assert!(!reply.text.contains(ADDRESS), "an address is kept: {:?}", reply.text);
    // without a code the words are our own; and stars stand for what was struck out
    let is_secret = password.len() >= SHORTEST_PASSWORD && !reply.code.is_empty() && !password.contains('*');
    assert!(!is_secret || !reply.text.contains(password), "the password is kept: {:?}", reply.text);
}
