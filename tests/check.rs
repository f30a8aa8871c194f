//! What `doorbell check` says of single people: the prerequisite that each of them lacks.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod office;

use std::fs;
use std::process::Command;

use office::Office;

const RULE: &str = "
[desktop]
outbox = \"desktop\"
[rule.chat]
watch = \"new_message\"
schedule = { every = \"1m\" }
tell = [\"assignee\"]
via = [\"desktop\"]
";

/// What check says with an agents' link, and that it ends in 0: what single people lack is no error.
#[track_caller]
fn checked(office: &Office, agent_url: &str, arguments: &[&str]) -> String {
    let file = office.folder().join("doorbell.toml");
    fs::write(&file, format!("[desk]\nurl = \"sqlite:chat.db\"\nagent_url = \"{agent_url}\"\n{RULE}")).unwrap();
    let mut doorbell = Command::new(env!("CARGO_BIN_EXE_doorbell"));
    let output = doorbell.arg("check").args(arguments).arg("--config").arg(file).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn office() -> Office {
    let mut office = Office::new();
    office.agent("ada").agent("bob").agent("cy").device("ada", "webpush", "https://push.example/1");
    office.device("bob", "fcm", "a phone is no browser").leaves("cy");
    office
}

#[test]
fn m7_a_missing_browser_subscription_is_told_by_name() {
    let found = checked(&office(), "https://chat.example.com/{id}", &[]);
    assert!(found.contains("note  desktop  1 of 2 agents have no browser that has subscribed: Bob"), "{found}");
}

#[test]
fn m7_a_page_without_tls_cannot_show_notifications() {
    let words = "browsers show notifications of pages over TLS only";
    assert!(checked(&office(), "http://chat.example.com/{id}", &[]).contains(words));
    assert!(!checked(&office(), "https://chat.example.com/{id}", &[]).contains(words));
}

#[test]
fn m7_a_switch_that_is_off_is_told_by_name() {
    let mut office = office();
    office.prefers("ada", "new_message", "desktop", false).prefers("bob", "new_message", "push", false);
    let found = checked(&office, "https://chat.example.com/{id}", &[]);
    assert!(found.contains("note  desktop  new_message is switched off by Ada\n"), "{found}");
}

#[test]
fn m7_programs_read_the_same_notes_as_json() {
    let found = checked(&office(), "https://chat.example.com/{id}", &["--format", "json"]);
    let notes: Vec<serde_json::Value> = found.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(notes.iter().any(|note| note["check"] == "desktop" && note["ok"] == false), "{found}");
}
