//! `doorbell vapid`, and what is signed and encrypted with its key, as libraries that are not ours read it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod servers;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use chrono::{DateTime, Utc};
use doorbell::deliver::desktop::encryption::{Browser, LONGEST, encrypt};
use doorbell::deliver::desktop::vapid::{Contact, VapidKey};
use serde_json::{Value, json};
use servers::{AUTH, P256DH, decrypted, read_token};

fn vapid(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("doorbell").unwrap();
    command.current_dir(folder).arg("vapid").args(arguments).output().unwrap()
}

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn key_in(file: &Path) -> VapidKey {
    VapidKey::read(&fs::read_to_string(file).unwrap().into()).unwrap()
}

#[test]
fn a_key_is_made_once_and_printed_again_ever_after() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vapid.pem");
    let first = printed(&vapid(folder.path(), &[]));
    let (written, key) = (fs::read(&file).unwrap(), key_in(&file));
    assert!(first.contains("wrote") && first.contains(key.public()), "{first}");
    assert!(first.contains(&format!("[desktop]\nvapid_key_file = \"{}\"", file.display())), "{first}");
    assert!(!first.contains("PRIVATE KEY"));
    let again = printed(&vapid(folder.path(), &[]));
    assert!(again.contains("exists already") && again.contains(key.public()), "{again}");
    assert_eq!(fs::read(&file).unwrap(), written);
}

#[test]
fn nobody_else_can_read_the_key_file() {
    let folder = tempfile::tempdir().unwrap();
    printed(&vapid(folder.path(), &["key.pem"]));
    let file = folder.path().join("key.pem");
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o007, 0);
    fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    let refused = vapid(folder.path(), &["key.pem"]);
    assert_eq!(refused.status.code(), Some(78));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("chmod o-rwx"));
}

#[test]
fn programs_get_the_public_half_as_json() {
    let folder = tempfile::tempdir().unwrap();
    let ask = || serde_json::from_str::<Value>(&printed(&vapid(folder.path(), &["--format", "json"]))).unwrap();
    let (first, again) = (ask(), ask());
    assert_eq!((&first["wrote"], &again["wrote"]), (&json!(true), &json!(false)));
    assert_eq!(first["public_key"], json!(key_in(&folder.path().join("vapid.pem")).public()));
    assert_eq!(first["public_key"], again["public_key"]);
}

#[test]
fn a_file_that_holds_no_key_is_left_alone_and_answered_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes");
    fs::write(&file, "remember the milk").unwrap();
    fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    let refused = vapid(folder.path(), &["notes"]);
    assert_eq!(refused.status.code(), Some(78));
    let words = String::from_utf8(refused.stderr).unwrap();
    assert!(words.contains("holds no P-256 private key") && !words.contains("milk"), "{words}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "remember the milk");
}

#[test]
fn a_token_is_accepted_by_an_independent_library_for_its_push_service_and_for_no_other() {
    let folder = tempfile::tempdir().unwrap();
    printed(&vapid(folder.path(), &[]));
    let key = key_in(&folder.path().join("vapid.pem"));
    let contact: Contact = "mailto:ops@example.com".parse().unwrap();
    let now = Utc::now();
    let origin = "https://updates.push.services.mozilla.com";
    let header = key.authorization(origin, &contact, now).unwrap();
    let read = read_token(header.to_str().unwrap(), origin);
    assert_eq!(read["header"]["alg"], "ES256");
    assert_eq!(read["claims"]["sub"], "mailto:ops@example.com");
    assert_eq!(read["key"], key.public());
    let expires = DateTime::from_timestamp(read["claims"]["exp"].as_i64().unwrap(), 0).unwrap();
    assert_eq!((expires - now).num_hours(), 11, "not yet quite twelve hours: whole seconds are kept");

    let refused = read_token(header.to_str().unwrap(), "https://fcm.googleapis.com");
    assert_eq!(refused, "InvalidAudienceError");
}

#[test]
fn a_push_is_decrypted_by_an_independent_library() {
    let browser = Browser::from_written(P256DH, AUTH).unwrap();
    for text in ["", "Ada: where is my parcel? \u{1f4e6}", &"ü".repeat(LONGEST / 2)] {
        let body = encrypt(text.as_bytes(), &browser).unwrap();
        assert_eq!(decrypted(&body), text);
    }
}
