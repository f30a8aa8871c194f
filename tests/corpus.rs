//! What the fuzz targets in `fuzz/` keep: inputs that once broke a promise, and those that reach into every corner.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

#[path = "../fuzz/src/targets/mod.rs"]
mod targets;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::catch_unwind;
use std::path::PathBuf;

/// Feeds a target every input that is kept for it, and names the one that breaks a promise.
#[track_caller]
fn holds(name: &str) {
    let (_, target) = targets::ALL.into_iter().find(|(known, _)| *known == name).unwrap();
    let folder = PathBuf::from("fuzz/corpus").join(name);
    let mut inputs: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|input| input.unwrap().path()).collect();
    inputs.sort();
    assert!(!inputs.is_empty(), "nothing is kept in {}", folder.display());
    for input in inputs {
        let bytes = fs::read(&input).unwrap();
        assert!(catch_unwind(|| target(&bytes)).is_ok(), "{} breaks a promise; see above", input.display());
    }
}

#[test]
fn whatever_stands_in_the_desk_is_read_as_plain_text() {
    holds("bodies");
}

#[test]
fn whatever_comes_back_is_a_bounce_or_nothing() {
    holds("bounces");
}

#[test]
fn a_damaged_ledger_is_read_or_refused_and_never_begun_anew() {
    holds("ledger");
}

#[test]
fn whatever_strangers_write_stays_text_in_letters_and_notes() {
    holds("letters");
}

#[test]
fn whatever_the_words_a_mail_has_one_recipient_and_no_header_but_ours() {
    holds("mails");
}

#[test]
fn whatever_a_mail_server_says_nothing_counts_as_told_that_was_not_taken() {
    holds("replies");
}

#[test]
fn whatever_stands_in_the_settings_is_used_or_answered() {
    holds("settings");
}

#[test]
fn whatever_stands_in_a_template_is_rendered_or_answered() {
    holds("templates");
}

#[test]
fn whatever_is_typed_is_understood_or_answered() {
    holds("typed");
}

#[test]
fn every_target_is_fed_and_keeps_its_inputs() {
    let targets: BTreeSet<String> = targets::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    let names = |folder: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
    };
    assert_eq!(names("fuzz/corpus"), targets);
    assert_eq!(names("fuzz/fuzz_targets"), targets);
}

/// The packages of a lock file: each name with its versions.
fn locked(file: &str) -> BTreeMap<String, BTreeSet<String>> {
    let lock: toml::Table = fs::read_to_string(file).unwrap().parse().unwrap();
    let mut packages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in lock["package"].as_array().unwrap() {
        let text = |key: &str| package[key].as_str().unwrap().to_owned();
        packages.entry(text("name")).or_default().insert(text("version"));
    }
    packages
}

#[test]
fn what_is_fuzzed_is_made_of_the_same_packages_as_the_program() {
    let program = locked("Cargo.lock");
    for (name, versions) in locked("fuzz/Cargo.lock") {
        if let Some(known) = program.get(&name) {
            assert!(versions.is_subset(known), "fuzz/Cargo.lock has {name} {versions:?}, Cargo.lock has {known:?}");
        }
    }
    let manifest: toml::Table = fs::read_to_string("Cargo.toml").unwrap().parse().unwrap();
    let fuzzed = locked("fuzz/Cargo.lock");
    for name in manifest["dependencies"].as_table().unwrap().keys() {
        assert!(fuzzed.contains_key(name), "fuzz/Cargo.lock lacks {name}; renew it: cd fuzz && cargo fetch");
    }
}
