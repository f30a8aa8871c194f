//! The example settings hold every key with its default; whatever is wrong is answered in one clear message.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod office;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use chrono::{TimeDelta, Utc};
use doorbell::config::{Config, Mistake};
use office::Office;

const EXAMPLE: &str = include_str!("../config.example.toml");
const DESK: &str = "[desk]\nurl = \"sqlite:chat.db\"\n";
/// A desk in a file, for which nothing of a server is right.
const FILE: &str = "url = \"sqlite:/var/lib/chat/chat.db\"";
const EMAIL: &str = "\n[email]\nserver = \"smtp.example.com:465\"\nfrom = \"Desk <desk@example.com>\"\n";
const RULE: &str = "\n[rule.reminder]\nwatch = \"unreplied\"\nschedule = { every = \"5m\" }\ntell = [\"assignee\"]\n";

fn parse(text: &str) -> Result<Config, Mistake> {
    Config::parse(text, Path::new("/etc/doorbell/doorbell.toml"))
}

/// The lines of the example up to the second rule: every key once, or with further examples.
fn reference() -> &'static str {
    EXAMPLE.split("\n[rule.digest]").next().unwrap()
}

/// Section and key of every line that sets one, or would without its `#`; a section within another is a key of it.
fn shown_keys() -> Vec<(String, String)> {
    let mut section = "";
    let mut keys = Vec::new();
    for line in reference().lines().filter(|line| !line.starts_with("# ")) {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
            section = match section.split_once('.') {
                Some((named @ ("people" | "rule"), _)) => named,
                _ => section,
            };
            keys.extend(section.split_once('.').map(|(above, key)| (above.to_owned(), key.to_owned())));
        } else if let Some((key, _)) = line.trim_start_matches('#').split_once(" = ") {
            keys.push((section.to_owned(), key.to_owned()));
        }
    }
    keys
}

/// The keys that the program says it knows there.
#[track_caller]
fn known_keys(text: &str) -> Vec<String> {
    let error = parse(text).unwrap_err().to_string();
    let list = error.split("s here are ").nth(1).unwrap_or_else(|| panic!("no list of keys in:\n{error}"));
    list.lines().next().unwrap().split(", ").map(str::to_owned).collect()
}

#[test]
fn every_file_in_examples_can_be_used() {
    let files: Vec<_> = std::fs::read_dir("examples").unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty());
    for file in files {
        let config = doorbell::config::Config::read(&file).unwrap_or_else(|mistake| panic!("{mistake}"));
        assert!(!config.rules.is_empty());
    }
}

#[test]
fn the_example_settings_are_right_as_they_stand() {
    let config = parse(EXAMPLE).unwrap_or_else(|mistake| panic!("{mistake}"));
    let rules: Vec<&str> = config.rules.iter().map(|rule| rule.rule.name.as_str()).collect();
    assert_eq!(rules, ["digest", "escalation", "reminder", "uncovered"]);
}

#[test]
fn every_key_that_the_program_knows_is_in_the_example() {
    const NOBODY: &str = "an_unlikely_key = 1\n";
    let (shown, sections) = (shown_keys(), known_keys(NOBODY));
    let networks = ["push.apns", "push.fcm", "push.onesignal", "push.beams"].map(str::to_owned);
    for section in sections.iter().chain(&networks) {
        assert!(reference().lines().any(|line| line.starts_with(&format!("[{section}"))), "no [{section}]");
        let header =
            if matches!(section.as_str(), "people" | "rule") { format!("{section}.x") } else { section.clone() };
        let known = known_keys(&format!("[{header}]\n{NOBODY}"));
        assert!(!known.is_empty());
        for key in known {
            let found = shown.contains(&(section.clone(), key.clone()));
            assert!(found, "config.example.toml has no line for {key} in [{section}]");
        }
    }
    let schedule = format!("[rule.x]\nschedule = {{ {} }}\n", NOBODY.trim_end());
    for key in known_keys(&schedule) {
        assert!(reference().contains(&format!(" {key} = ")), "no schedule in config.example.toml shows {key}");
    }
}

#[test]
fn every_line_of_the_example_has_a_comment_of_one_to_three_lines() {
    let lines: Vec<&str> = reference().lines().collect();
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| !line.starts_with("# ") && !line.is_empty()) {
        let comment = lines[..index].iter().rev().take_while(|line| line.starts_with("# ")).count();
        assert!((1..=3).contains(&comment), "{line} has {comment} lines of comment");
    }
}

#[test]
fn a_value_that_the_example_shows_as_the_default_is_the_default() {
    let whole = format!("{:?}", parse(reference()).unwrap());
    let lines: Vec<&str> = reference().lines().collect();
    let mut defaults = 0;
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| line.contains(" = ") && !line.starts_with('#')) {
        let mut comment = lines[..index].iter().rev().take_while(|line| line.starts_with("# "));
        if comment.any(|line| line.contains("Required")) {
            continue;
        }
        let without: Vec<&str> = [&lines[..index], &lines[index + 1..]].concat();
        let config = parse(&without.join("\n")).unwrap_or_else(|mistake| panic!("without {line}: {mistake}"));
        assert_eq!(format!("{config:?}"), whole, "{line} is not the default");
        defaults += 1;
    }
    assert!(defaults >= 15, "only {defaults} lines with defaults were found");
}

#[test]
fn every_line_that_is_commented_out_is_right_without_its_mark() {
    let lines: Vec<&str> = reference().lines().collect();
    let networks = lines.iter().position(|line| *line == "[push.apns]").unwrap();
    let behind = lines.iter().position(|line| *line == "[desktop]").unwrap();
    let ledger = lines.iter().position(|line| *line == "[ledger]").unwrap();
    let presence = lines.iter().position(|line| *line == "[presence]").unwrap();
    let is_example = |line: &str| line.starts_with('#') && !line.starts_with("# ");
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| is_example(line)) {
        let key = line[1..].split(" = ").next().unwrap();
        let mut text = lines[..index].join("\n");
        let is_push = key == "outbox" && index < networks && lines[..index].contains(&"[push]");
        if !is_push {
            let section = text.split_off(text.rfind("\n[").unwrap_or_default());
            text += &by_itself(key, section);
        }
        let of_server = index < ledger && ["url", "password_file", "ca_file", "adapter", "relations"].contains(&key);
        let of_ledger = (ledger..presence).contains(&index);
        match key {
            _ if of_server => {
                let server = if key == "url" { "" } else { "url = \"postgres://doorbell@db/chat\"" };
                let adapter =
                    if key == "relations" || line.contains("mysql:") { "\nadapter = \"chatwoot\"" } else { "" };
                text = text.replace(FILE, &format!("{server}{adapter}"));
            }
            "schedule" => text = text.replace("\nschedule = { every = \"5m\" }", ""),
            "username" => text.push_str("\npassword = \"${P}\""),
            "password_file" | "ca_file" if of_ledger => text.push_str("\nurl = \"postgres://doorbell@db/told\""),
            "password" | "password_file" => text.push_str("\nusername = \"u\""),
            "key" => text.insert(text.rfind("\nkey_file").unwrap() + 1, '#'),
            "before" => text = text.replace("\nwatch = \"unread\"", "\nwatch = \"sla_warning\""),
            _ => {}
        }
        let mut rest = lines[index + 1..].to_vec();
        if is_push {
            rest = [&lines[index + 1..networks], &lines[behind..]].concat();
        }
        let mut rest = rest.join("\n");
        if of_server {
            rest = rest.replacen("\n#path = ", "\npath = ", 1);
        }
        let text = format!("{text}\n{}\n{rest}", &line[1..]);
        parse(&text).unwrap_or_else(|mistake| panic!("{line}: {mistake}"));
    }
}

/// The lines of a section before a key, without those that do not go with it.
fn by_itself(key: &str, section: String) -> String {
    let without = |section: String, key: &str| section.replace(&format!("\n{key} = "), &format!("\n#{key} = "));
    match key {
        "outbox" => ["server", "account", "auth_token_file", "from", "vapid_key_file", "contact"]
            .into_iter()
            .fold(section, without),
        "auth_token" => without(section, "auth_token_file"),
        "numbers" => section.replace("\nfrom = \"+44", &format!("\nfrom = \"MG{}\" #", "0".repeat(32))),
        _ => section,
    }
}

/// A desk on which somebody waits, so that a pass has something to send.
fn office() -> Office {
    let mut office = Office::new();
    office.at(&(Utc::now() - TimeDelta::hours(1)).to_rfc3339());
    office.agent("ada").contact("tom").asks("c1", "hello?").assign("c1", "ada");
    office
}

/// What the program says about these settings, with the status 78; the folder's name is taken out.
#[track_caller]
fn answer(office: &Office, settings: &str, arguments: &[&str]) -> String {
    let folder = office.folder();
    fs::write(folder.join("doorbell.toml"), settings).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_doorbell"))
        .current_dir(folder)
        .args(arguments)
        .arg("--config")
        .arg(folder.join("doorbell.toml"))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(78), "{said}{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(said.matches("doorbell: ").count(), 1, "not one message:\n{said}");
    said.replace(folder.to_str().unwrap(), "FOLDER")
}

/// What `check` says about these settings.
#[track_caller]
fn checked(settings: &str) -> String {
    answer(&office(), settings, &["check"])
}

#[test]
fn an_unknown_key_is_answered_with_the_key_that_was_meant() {
    insta::assert_snapshot!(checked(&format!("{DESK}{EMAIL}{RULE}gracee = \"5m\"\n")));
}

#[test]
fn an_unknown_section_is_answered_with_those_that_there_are() {
    insta::assert_snapshot!(checked(&format!("{DESK}{EMAIL}{RULE}\n[smtp]\n")));
}

#[test]
fn a_wrong_zone_is_answered_with_the_zone_that_was_meant() {
    insta::assert_snapshot!(checked(&format!("{DESK}time_zone = \"Europe/Lodnon\"\n{EMAIL}{RULE}")));
}

#[test]
fn an_unknown_audience_is_answered_with_those_that_there_are() {
    let rule = RULE.replace("[\"assignee\"]", "[\n  \"assignee\",\n  \"else boss\",\n]");
    insta::assert_snapshot!(checked(&format!("{DESK}{EMAIL}{rule}")));
}

#[test]
fn a_template_set_that_does_not_exist_is_found_by_check() {
    insta::assert_snapshot!(checked(&format!("{DESK}{EMAIL}{RULE}template = \"urgent\"\n")));
}

#[test]
fn a_literal_password_is_refused_and_not_repeated() {
    let said = checked(&format!("{DESK}{EMAIL}username = \"desk\"\npassword = \"hunter2\"\n{RULE}"));
    assert!(!said.contains("hunter2"), "{said}");
    insta::assert_snapshot!(said);
}

#[test]
fn a_secret_that_others_can_read_is_refused_by_check_and_by_a_pass() {
    let office = office();
    let secret = office.folder().join("password");
    fs::write(&secret, "hunter2").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o644)).unwrap();
    let settings = format!("{DESK}{EMAIL}username = \"desk\"\npassword_file = \"password\"\n{RULE}");
    let by_check = answer(&office, &settings, &["check"]);
    assert_eq!(answer(&office, &settings, &["run"]), by_check);
    assert!(!by_check.contains("hunter2"), "{by_check}");
    insta::assert_snapshot!(by_check);
}

#[test]
fn a_server_and_an_outbox_are_one_too_many() {
    insta::assert_snapshot!(checked(&format!("{DESK}{EMAIL}outbox = \"outbox\"\n{RULE}")));
}

#[test]
fn settings_without_a_rule_would_tell_nobody() {
    insta::assert_snapshot!(checked(&format!("{DESK}{EMAIL}")));
}

#[test]
fn a_rule_needs_an_email_section_to_tell_by() {
    insta::assert_snapshot!(checked(&format!("{DESK}{RULE}")));
}

#[test]
fn a_bad_schedule_is_answered_with_the_three_forms() {
    let rule = RULE.replace("{ every = \"5m\" }", "{ every = \"5m\", at = [\"08:00\"] }");
    insta::assert_snapshot!(checked(&format!("{DESK}{EMAIL}{rule}")));
}

#[test]
fn a_schedule_that_is_a_bare_text_is_answered_with_the_three_forms() {
    let rule = RULE.replace("{ every = \"5m\" }", "\"5m\"");
    insta::assert_snapshot!(checked(&format!("{DESK}{EMAIL}{rule}")));
}

#[test]
fn a_bad_cron_expression_is_answered_with_its_fault() {
    let rule = RULE.replace("{ every = \"5m\" }", "{ cron = \"0 8 * *\" }");
    insta::assert_snapshot!(checked(&format!("{DESK}{EMAIL}{rule}")));
}

#[test]
fn a_bad_length_of_time_is_answered_with_examples() {
    insta::assert_snapshot!(checked(&format!("{DESK}{EMAIL}{RULE}grace = \"5 minutes\"\n")));
}

#[test]
fn a_missing_file_is_answered_with_the_ways_to_get_one() {
    let output = Command::new(env!("CARGO_BIN_EXE_doorbell"))
        .args(["run", "--config", "/nonexistent/doorbell.toml"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(78));
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap());
}

#[test]
fn a_ledger_of_a_newer_version_is_left_alone() {
    let office = office();
    let settings = format!("{DESK}{EMAIL}{RULE}\n[ledger]\npath = \"ledger.db\"\n");
    let ledger = rusqlite::Connection::open(office.folder().join("ledger.db")).unwrap();
    ledger
        .execute_batch(
            "CREATE TABLE doorbell_meta (key TEXT PRIMARY KEY, value TEXT) STRICT;
             INSERT INTO doorbell_meta VALUES ('version', '99');",
        )
        .unwrap();
    drop(ledger);
    insta::assert_snapshot!("newer_ledger_by_check", answer(&office, &settings, &["check"]));
    insta::assert_snapshot!("newer_ledger_by_run", answer(&office, &settings, &["run"]));
}
