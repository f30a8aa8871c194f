//! Any bytes as doorbell.toml: settings that can be used, or a mistake that says where, and never a password.

use std::path::Path;

use doorbell::config::Config;

use super::{clean, typed};

/// Passwords shorter than this stand in any text by chance.
const LONG_ENOUGH: usize = 8;

pub fn holds(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    // the number of a person may stand in a file, and these would never end
    if text.contains("/dev/") || text.contains("/proc/") {
        return;
    }
    match Config::parse(&text, Path::new("/nowhere/doorbell.toml")) {
        Ok(config) => is_usable(&config),
        Err(mistake) => {
            let told = mistake.to_string();
            says_where(&text, &told);
            keeps_passwords(&text, &told);
        }
    }
}

fn is_usable(config: &Config) {
    assert!(!config.rules.is_empty(), "settings without a rule");
    for scheduled in &config.rules {
        let rule = &scheduled.rule;
        assert_eq!(config.rule(&rule.name).map(|found| &found.name), Some(&rule.name));
        is_plain(rule.name.as_str());
        typed::slots_follow_one_another(&scheduled.schedule, config.desk.time_zone.0);
        assert!(rule.grace >= chrono::TimeDelta::zero());
    }
    config.template_sets().into_iter().for_each(is_plain);
    config.people.keys().for_each(|name| is_plain(name));
    for url in [config.signals.ping_url(""), config.signals.ping_url("start")].into_iter().flatten() {
        let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        assert!(url.scheme() == "https" || here, "the ping would be readable on its way");
    }
    if let Some(email) = &config.email {
        assert!((1..=20).contains(&email.lanes()));
        assert_ne!(email.per_minute(), Some(0));
        assert!(!email.destination().contains("nowhere"));
    }
}

/// Names go into the ledger, into file names and onto command lines.
fn is_plain(name: &str) {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_-".contains(letter);
    assert!((1..=64).contains(&name.len()) && name.chars().all(plain), "{name:?} is a name");
}

/// A line that is shown is the line with that number, and the caret stands below it.
fn says_where(text: &str, told: &str) {
    clean::control("a mistake", told);
    assert!(told.starts_with("read settings /nowhere/doorbell.toml"), "{told}");
    let lines: Vec<&str> = told.lines().collect();
    let [.., shown, carets] = lines.as_slice() else { return };
    let Some((number, shown)) = shown.split_once(" | ") else { return };
    let Some((_, carets)) = carets.split_once(" | ").filter(|(_, carets)| carets.trim_start().starts_with('^')) else {
        return;
    };
    let number: usize = number.parse().unwrap_or_else(|_| panic!("no number of a line: {told}"));
    if shown.contains("***") {
        return;
    }
    let blank = |letter: char| if letter.is_control() { ' ' } else { letter };
    let written = text.split('\n').nth(number - 1).map(|line| line.strip_suffix('\r').unwrap_or(line));
    let written: Option<String> = written.map(|line| line.chars().map(blank).collect());
    assert_eq!(
        written.as_deref().map(str::trim_end),
        Some(shown.trim_end()),
        "another line than the one of that number"
    );
    assert!(carets.chars().count() <= shown.chars().count() + 1, "the caret stands beside the line: {told}");
}

/// Whatever stands as a password in a line of its own is not repeated, unless it stands elsewhere as well.
fn keeps_passwords(text: &str, told: &str) {
    // in a text of several lines, a line that looks like a key is none
    if text.contains("\"\"\"") || text.contains("'''") {
        return;
    }
    for line in text.lines() {
        let Some(value) =
            line.trim_start().strip_prefix("password").and_then(|rest| rest.trim_start().strip_prefix('='))
        else {
            continue;
        };
        let value = value.trim().trim_matches(['"', '\'']);
        let is_secret = value.len() >= LONG_ENOUGH && !value.starts_with("${") && text.matches(value).count() == 1;
        assert!(!is_secret || !told.contains(value), "the password is repeated: {told}");
    }
}
