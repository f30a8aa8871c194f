//! `doorbell uninstall`: what it removes, what it never touches, and what it says of the rest.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod office;
mod servers;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use office::Office;
use rusqlite::Connection;
use rustix::fs::{FlockOperation, flock};
use servers::Postgres;

const RULE: &str = "
[email]
from = \"Desk <desk@example.com>\"
outbox = \"outbox\"
[rule.chat]
watch = \"unreplied\"
schedule = { every = \"1m\" }
tell = [\"assignee\"]
";

/// A desk on which a pass has told somebody; `ledger` is a section of the settings.
fn told(ledger: &str) -> Office {
    let mut office = Office::new();
    office.agent("ada").contact("tom").asks("c1", "where is my order?").assign("c1", "ada");
    let settings = format!("[desk]\nurl = \"sqlite:chat.db\"\n{ledger}\n{RULE}");
    fs::write(office.folder().join("doorbell.toml"), settings).unwrap();
    says(office.folder(), &["run", "--ignore-schedule"], 0);
    office
}

#[track_caller]
fn says(folder: &Path, arguments: &[&str], status: i32) -> String {
    let mut doorbell = Command::new(env!("CARGO_BIN_EXE_doorbell"));
    doorbell.current_dir(folder).args(arguments).env_remove("DOORBELL_CONFIG").stdin(Stdio::null());
    let output = doorbell.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "doorbell {arguments:?}: {said}");
    said
}

fn names(file: &Path) -> BTreeSet<String> {
    let connection = Connection::open(file).unwrap();
    let mut read = connection.prepare("SELECT name FROM sqlite_schema").unwrap();
    read.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

fn is_own(name: &str) -> bool {
    name.contains("doorbell_") || name.contains("in_app_notifications")
}

#[test]
fn in_the_desks_own_file_the_tables_of_the_ledger_go_and_no_other() {
    let office = told("");
    let (folder, desk) = (office.folder(), office.folder().join("chat.db"));
    let before = names(&desk);
    assert!(before.iter().any(|name| is_own(name)));
    let said = says(folder, &["uninstall"], 0);
    assert!(
        said.contains("would remove: the tables of doorbell in ") && said.contains("\n  doorbell_meta\n"),
        "{said}"
    );
    assert!(said.contains("doorbell uninstall --yes") && !said.contains("conversations"), "{said}");
    assert_eq!(names(&desk), before, "a listing removes nothing");

    let said = says(folder, &["uninstall", "--yes"], 0);
    assert!(said.starts_with("removed: ") && said.contains("\n  in_app_notifications\n"), "{said}");
    let kept: BTreeSet<String> = before.into_iter().filter(|name| !is_own(name)).collect();
    assert_eq!(names(&desk), kept);
    assert!(!folder.join("chat.db.doorbell-lock").exists());
    assert!(says(folder, &["uninstall", "--yes"], 0).contains("holds no table of doorbell's"));
}

#[test]
fn a_ledger_in_a_file_of_its_own_goes_with_its_lock_file() {
    let office = told("[ledger]\npath = \"told.db\"");
    let (folder, desk) = (office.folder(), names(&office.folder().join("chat.db")));
    let said = says(folder, &["uninstall"], 0);
    assert!(said.contains("told.db with its lock file") && folder.join("told.db").exists(), "{said}");
    says(folder, &["uninstall", "--yes"], 0);
    let left = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<String> = left.filter(|name| name.contains("told")).collect();
    assert_eq!(left, Vec::<String>::new());
    assert_eq!(names(&folder.join("chat.db")), desk);
    assert!(says(folder, &["uninstall", "--yes"], 0).contains("there is no ledger"));
    assert!(!folder.join("told.db").exists(), "looking makes none");
}

#[test]
fn while_a_pass_is_at_work_nothing_is_removed() {
    let office = told("");
    let desk = office.folder().join("chat.db");
    let before = names(&desk);
    let lock = File::options().write(true).open(office.folder().join("chat.db.doorbell-lock")).unwrap();
    flock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
    assert!(says(office.folder(), &["uninstall", "--yes"], 75).contains("a pass is at work"));
    assert_eq!(names(&desk), before);
}

#[test]
fn what_is_left_to_remove_is_named() {
    let office = told("[operator]\ntextfile = \"bell.prom\"\n[templates]\nfolder = \"words\"");
    let said = says(office.folder(), &["uninstall"], 0);
    for part in ["crontab -e", "systemctl disable --now doorbell.timer", "doorbell.toml", "words", "bell.prom"] {
        assert!(said.contains(part), "{part} is missing in:\n{said}");
    }
    let said = says(office.folder(), &["uninstall", "--format", "json"], 0);
    let value: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((value["shared"].as_bool(), value["removed"].as_bool()), (Some(true), Some(false)));

    let settings =
        format!("[desk]\nurl = \"postgres://doorbell@/chat?host=/run\"\n[ledger]\npath = \"none.db\"\n{RULE}");
    fs::write(office.folder().join("doorbell.toml"), settings).unwrap();
    assert!(says(office.folder(), &["uninstall"], 0).contains("DROP OWNED BY doorbell; DROP ROLE doorbell"));
}

#[test]
fn on_a_server_the_tables_of_the_ledger_go_and_no_other() {
    let server = Postgres::start().unwrap();
    server.ask("postgres", "CREATE TABLE conversations (id bigint)").unwrap();
    let office = told(&format!("[ledger]\nurl = \"postgres://postgres@/postgres?host={}\"", server.host().display()));
    let tables = || server.ask("postgres", "SELECT tablename FROM pg_tables WHERE schemaname = 'public'").unwrap();
    let before = tables();
    assert!(before.contains("doorbell_item") && before.contains("in_app_notifications"), "{before}");
    let said = says(office.folder(), &["uninstall"], 0);
    assert!(said.contains("would remove: the tables of doorbell in postgres at ") && tables() == before, "{said}");
    says(office.folder(), &["uninstall", "--yes"], 0);
    assert_eq!(tables(), "conversations\n");
}
