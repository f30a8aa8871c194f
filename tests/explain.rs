//! `doorbell explain` from outside: several channels of a rule, and the history since a time.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod office;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use chrono::{TimeDelta, Utc};
use office::Office;
use serde_json::Value;

const REMINDER: &str = "
[rule.reminder]
watch = \"unreplied\"
schedule = { every = \"1m\" }
grace = \"5m\"
when = \"away\"
tell = [\"assignee\", \"oncall\"]
[people.oncall]
name = \"Olga on call\"
email = \"olga@example.com\"
";

fn settings(folder: &Path, rules: &str) {
    let text = format!(
        "[desk]\nurl = \"sqlite:chat.db\"\ntime_zone = \"Europe/London\"\n
         [email]\nfrom = \"Desk <desk@example.com>\"\noutbox = \"outbox\"\n{rules}"
    );
    fs::write(folder.join("doorbell.toml"), text).unwrap();
}

#[track_caller]
fn doorbell(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorbell"));
    command.current_dir(folder).args(arguments).env_remove("DOORBELL_CONFIG").stdin(Stdio::null());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Of Ada's three conversations one is told, one is too young, and one waits while she is at the desk.
fn told_skipped_later() -> Office {
    let mut office = Office::new();
    let ago = |minutes: i64| (Utc::now() - TimeDelta::minutes(minutes)).to_rfc3339();
    office.agent("ada").agent("bob").contact("tom");
    office.at(&ago(60)).asks("told", "hello?").assign("told", "ada");
    office.at(&ago(30)).asks("skipped", "hello?").assign("skipped", "bob");
    office.at(&ago(2)).asks("later", "hello?").assign("later", "ada");
    office.at(&ago(0)).online("bob");
    settings(office.folder(), REMINDER);
    doorbell(office.folder(), &["run"]);
    office
}

/// The lines of the section since a time, without those of doorbell's own rule.
fn section(shown: &str) -> Vec<&str> {
    let lines = shown.lines().skip_while(|line| !line.starts_with("since ")).skip(1);
    lines.filter(|line| !line.contains("rule uncovered")).collect()
}

#[test]
fn what_a_person_was_told_since_and_what_not_and_why_comes_in_the_order_of_its_times() {
    let office = told_skipped_later();
    let shown = doorbell(office.folder(), &["explain", "--for", "ada@example.com", "--since", "yesterday"]);
    let lines = section(&shown);
    assert_eq!(lines.len(), 2, "{shown}");
    assert!(lines.iter().any(|line| line.starts_with("  #1000 rule reminder: Ada: told ")), "{shown}");
    let later = lines.iter().find(|line| line.starts_with("  #1002 rule reminder: Ada: not yet, decided "));
    assert!(later.is_some_and(|line| line.ends_with(": its grace is not over")), "{shown}");
    let shown = doorbell(office.folder(), &["explain", "--for", "bob@example.com", "--since", "yesterday"]);
    let lines = section(&shown);
    assert!(lines.len() == 1 && lines[0].starts_with("  #1001 rule reminder: Bob: not told, decided "), "{shown}");
    assert!(lines[0].ends_with(": at the desk"), "{shown}");
}

#[test]
fn history_begins_at_the_time_that_was_asked_for() {
    let office = told_skipped_later();
    let earlier = "UPDATE doorbell_delivery SET queued_at = queued_at - 7200000, closed_at = closed_at - 7200000";
    office.connection().execute(earlier, []).unwrap();
    let an_hour_ago = (Utc::now() - TimeDelta::hours(1)).to_rfc3339();
    let since = |time: &str| doorbell(office.folder(), &["explain", "--for", "ada@example.com", "--since", time]);
    let shown = since(&an_hour_ago);
    assert!(section(&shown).len() == 1 && section(&shown)[0].contains("#1002"), "{shown}");
    let shown = since(&(Utc::now() - TimeDelta::hours(3)).to_rfc3339());
    let lines = section(&shown);
    assert!(lines.len() == 2 && lines[0].contains("#1000") && lines[1].contains("#1002"), "oldest first: {shown}");
    let shown = doorbell(office.folder(), &["explain", "1000", "--since", &an_hour_ago]);
    assert!(!section(&shown).iter().any(|line| line.contains("reminder")), "the same of a conversation: {shown}");
    let shown = since("tomorrow");
    assert_eq!(section(&shown), ["  nothing was told, and nothing was decided"]);
}

#[test]
fn a_conversation_has_its_history_too_for_everybody_or_one_person() {
    let office = told_skipped_later();
    let shown = doorbell(office.folder(), &["explain", "1000", "--since", "yesterday"]);
    let lines = section(&shown);
    assert!(lines.len() == 2 && lines.iter().any(|line| line.contains(" Olga on call: told ")), "{shown}");
    let shown = doorbell(office.folder(), &["explain", "1000", "--for", "ada@example.com", "--since", "yesterday"]);
    assert!(section(&shown).len() == 1 && section(&shown)[0].contains(" Ada: told "), "{shown}");
    let shown = doorbell(office.folder(), &["explain", "1000"]);
    assert!(section(&shown).is_empty(), "only who asks for history gets it: {shown}");
}

#[test]
fn programs_read_the_same_history() {
    let office = told_skipped_later();
    for what in [&["explain", "--for", "ada@example.com"][..], &["explain", "1002"]] {
        let arguments = [what, &["--since", "yesterday", "--format", "json"]].concat();
        let value: Value = serde_json::from_str(&doorbell(office.folder(), &arguments)).unwrap();
        let since = value["since"].as_array().unwrap();
        assert!(since.iter().all(|one| one["at"].is_string()), "{value}");
        let grace = since.iter().find(|one| one["reason"] == "grace").unwrap();
        assert!(grace["until"].is_string() && grace["conversation"] == "502", "{value}");
        let without: Value =
            serde_json::from_str(&doorbell(office.folder(), &[what, &["--format", "json"]].concat())).unwrap();
        assert!(without["since"].is_null(), "{without}");
    }
}

#[test]
fn who_would_be_told_hears_when_that_is() {
    let mut office = Office::new();
    office.at(&(Utc::now() - TimeDelta::hours(1)).to_rfc3339()).agent("ada").asks("c1", "hello?").assign("c1", "ada");
    settings(office.folder(), &REMINDER.replace("{ every = \"1m\" }", "{ at = [\"14:00\"] }"));
    let shown = doorbell(office.folder(), &["explain", "1000"]);
    let line = shown.lines().find(|line| line.starts_with("  Ada: ")).unwrap();
    assert!(line.starts_with("  Ada: would be told at the next slot, "), "{line}");
    assert!(line.ends_with(", 14:00, because you are assigned"), "{line}");
    assert!(shown.contains("  Olga on call: would be told at the next slot, "), "{shown}");
}

#[test]
fn each_channel_has_its_own_line_where_a_rule_has_several() {
    let office = told_skipped_later();
    let two_channels = REMINDER.replace("when =", "via = [\"email\", \"desktop\"]\nwhen =");
    settings(office.folder(), &format!("{two_channels}[desktop]\noutbox = \"outbox\"\n"));
    // the same conversation was told on a second channel, and is on its way there again
    office
        .connection()
        .execute_batch(
            "INSERT INTO doorbell_delivery(id, recipient, channel, endpoint, endpoint_shown, state, queued_at,
               next_attempt_at, give_up_at)
             SELECT 90, recipient, 'desktop', '1', 'b***', 'queued', queued_at, next_attempt_at, give_up_at
             FROM doorbell_delivery WHERE recipient = 'agent:1';
             INSERT INTO doorbell_item(delivery_id, conversation_id, rule, message_id, message_at, waiting_since, why)
             SELECT 90, conversation_id, rule, message_id, message_at, waiting_since, why FROM doorbell_item
             WHERE delivery_id = 1 AND conversation_id = '500'",
        )
        .unwrap();
    let shown = doorbell(office.folder(), &["explain", "1000", "--for", "ada@example.com"]);
    assert!(shown.contains("  Ada (email): told "), "{shown}");
    assert!(shown.contains("; nothing new since"), "{shown}");
    assert!(shown.contains("  Ada (desktop): is about to be told (delivery 90)"), "{shown}");
}
