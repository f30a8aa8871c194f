//! What each example would tell a desk of fifty people in six time zones over a week in which the clocks change.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod mirror;
mod office;
mod servers;
mod team;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use insta::assert_snapshot;
use mirror::Mirror;
use rusqlite::Connection;
use team::{Team, Week};
use tempfile::TempDir;

/// Monday, 23 March 2026; in Europe summer time begins on Sunday.
const SPRING: &str = "2026-03-23T00:00:00Z";
/// Monday, 19 October 2026; in Europe summer time ends on Sunday.
const AUTUMN: &str = "2026-10-19T00:00:00Z";

/// A desk with one in so many conversations of the week from `from` on, and an example as its settings.
fn desk(example: &str, from: &str, one_in: u64) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chat.db");
    Team::write(&file, Week { from, one_in });
    if example == "support-board" {
        // where the same phones are reached by another network
        let theirs = "UPDATE devices SET provider = 'onesignal' WHERE provider <> 'webpush'";
        Connection::open(&file).unwrap().execute(theirs, []).unwrap();
    }
    fs::write(folder.path().join("doorbell.toml"), settings(example)).unwrap();
    folder
}

/// The example with a desk and outboxes of the test's own, and else as it stands.
fn settings(example: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/{example}.toml"));
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !["username", "password_file"].iter().any(|key| line.starts_with(key)));
    let own = lines.map(|line| match line {
        line if line.starts_with("url = ") => "url = \"sqlite:chat.db\"".into(),
        line if line.starts_with("server = ") => "outbox = \"outbox\"".into(),
        line => line.replace("/var/spool/doorbell/", ""),
    });
    own.collect::<Vec<String>>().join("\n")
}

fn plan(folder: &Path, from: &str, to: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorbell"));
    command.current_dir(folder).args(["plan", "--from", from, "--to", to, "--config", "doorbell.toml"]);
    let output = command.env_remove("DOORBELL_CONFIG").stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // nobody's weekend is taken for a clock that was ahead
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn c5_converso_tells_at_londons_hours_right_across_the_change_to_summer_time() {
    let folder = desk("converso", SPRING, 1);
    assert_snapshot!("converso", plan(folder.path(), "2026-03-23", "2026-03-30 23:59"));
}

#[test]
fn c5_converso_tells_at_londons_hours_right_across_the_change_to_winter_time() {
    let folder = desk("converso", AUTUMN, 1);
    assert_snapshot!("converso_in_autumn", plan(folder.path(), "2026-10-19", "2026-10-26 23:59"));
}

#[test]
fn user_com_tells_every_agent_who_wants_to_hear() {
    let folder = desk("user-com", SPRING, 2);
    assert_snapshot!("user_com", plan(folder.path(), "2026-03-23", "2026-03-30 23:59"));
}

#[test]
fn support_board_tells_of_first_messages_later_messages_and_answers() {
    let folder = desk("support-board", SPRING, 3);
    assert_snapshot!("support_board", plan(folder.path(), "2026-03-23", "2026-03-30 23:59"));
}

#[test]
fn smart_it_tells_who_looks_away() {
    let folder = desk("smart-it", SPRING, 2);
    assert_snapshot!("smart_it", plan(folder.path(), "2026-03-23", "2026-03-30 23:59"));
}

#[test]
fn everything_tells_by_ladders_hours_throttles_and_coverage() {
    let folder = desk("everything", SPRING, 6);
    assert_snapshot!("everything", plan(folder.path(), "2026-03-23", "2026-03-30 23:59"));
}

#[test]
fn a_desk_on_postgresql_foresees_the_same_week_and_nothing_is_written_there() {
    let folder = desk("everything", SPRING, 6);
    let mirror = Mirror::start();
    mirror.write("CREATE ROLE doorbell LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO doorbell");
    mirror.fill_from(&Connection::open(folder.path().join("chat.db")).unwrap());
    let there = settings("everything").replace("sqlite:chat.db", &mirror.url("doorbell"));
    fs::write(folder.path().join("doorbell.toml"), there).unwrap();
    fs::remove_file(folder.path().join("chat.db")).unwrap();
    assert_snapshot!("everything", plan(folder.path(), "2026-03-23", "2026-03-30 23:59"));
    assert_eq!(mirror.ask("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'doorbell%'"), "0");
}
