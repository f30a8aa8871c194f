//! The operator's side, by the real binary: how things stand, and what a person does about what went wrong.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod office;
mod servers;

use std::fs;
use std::process::{Command, Output};

use chrono::{TimeDelta, Utc};
use office::Office;
use servers::{Act, At, SmtpServer, Tls};

/// A desk on which Tom has waited for Ada for an hour, and a doorbell with a server of its own.
struct House {
    office: Office,
    server: SmtpServer,
}

impl House {
    fn new(server: SmtpServer) -> Self {
        let mut office = Office::new();
        office.at(&(Utc::now() - TimeDelta::hours(1)).to_rfc3339());
        office.agent("ada").contact("tom").asks("c1", "hello?").assign("c1", "ada");
        let settings = format!(
            "[desk]\nurl = \"sqlite:chat.db\"\n[email]\nfrom = \"Desk <desk@example.com>\"\nserver = \"127.0.0.1:{}\"\n\
             security = \"none\"\ntimeout = \"1s\"\nfinal_timeout = \"1s\"\n[rule.reminder]\nwatch = \"unreplied\"\n\
             schedule = {{ every = \"1m\" }}\ntell = [\"assignee\"]\n",
            server.port
        );
        fs::write(office.folder().join("doorbell.toml"), settings).unwrap();
        Self { office, server }
    }

    fn doorbell(&self, arguments: &[&str]) -> Output {
        let settings = self.office.folder().join("doorbell.toml");
        Command::new(env!("CARGO_BIN_EXE_doorbell")).args(arguments).arg("--config").arg(settings).output().unwrap()
    }

    /// What a command prints that ends in this status.
    #[track_caller]
    fn says(&self, arguments: &[&str], status: i32) -> String {
        let output = self.doorbell(arguments);
        let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
        said
    }

    fn told(&self) -> usize {
        self.server.accepted().len()
    }
}

fn refusing() -> SmtpServer {
    SmtpServer::start(Tls::Never).times(At::Rcpt, "", Act::Say(b"550 5.1.1 no such user\r\n".to_vec()), 1)
}

/// The server takes the mail and never says so.
fn silent() -> SmtpServer {
    SmtpServer::start(Tls::Never).at(At::Taken, Act::Silence)
}

#[test]
fn x9_status_is_critical_before_the_first_pass_and_well_after_it() {
    let house = House::new(SmtpServer::start(Tls::Never));
    assert!(house.says(&["status"], 2).contains("no pass has ended yet"));
    house.says(&["run"], 0);
    let said = house.says(&["status"], 0);
    assert!(said.starts_with("ok\n") && said.contains("sent       email    1"), "{said}");
    let json: serde_json::Value = serde_json::from_str(&house.says(&["status", "--format", "json"], 0)).unwrap();
    assert_eq!((&json["level"], &json["due"]), (&"ok".into(), &0.into()), "{json}");
}

#[test]
fn x9_status_is_critical_when_no_pass_has_ended_for_long_or_something_is_overdue() {
    let house = House::new(SmtpServer::start(Tls::Never));
    house.says(&["run"], 0);
    let age = |sql: &str| house.office.connection().execute_batch(sql).unwrap();
    age("UPDATE doorbell_pass SET ended_at = ended_at - 1860000");
    assert!(house.says(&["status"], 2).contains("no pass has ended for 31 min"));
    house.says(&["status", "--max-silence", "1h"], 0);
    age(
        "UPDATE doorbell_pass SET ended_at = ended_at + 1860000;
         UPDATE doorbell_delivery SET state = 'queued', closed_at = NULL, next_attempt_at = next_attempt_at - 7260000;",
    );
    assert!(house.says(&["status"], 2).contains("1 due, the oldest for 2 h"));
}

#[test]
fn x9_status_that_cannot_look_says_that_nothing_is_known() {
    let house = House::new(SmtpServer::start(Tls::Never));
    fs::write(house.office.folder().join("chat.db"), "no database at all, but long enough to be read as one").unwrap();
    house.says(&["status"], 3);
}

#[test]
fn a_dead_delivery_is_listed_with_the_servers_words_and_goes_again_when_asked() {
    let house = House::new(refusing());
    house.says(&["run"], 1);
    assert!(house.says(&["status"], 1).contains("1 delivery died or in doubt since a day"));
    let listed = house.says(&["deliveries", "list", "--state", "dead"], 0);
    assert!(listed.contains("a***@e***.com") && listed.contains("550 5.1.1 no such user"), "{listed}");
    assert!(house.says(&["deliveries", "show", "1"], 0).contains("by rule reminder"));
    assert!(house.says(&["deliveries", "requeue", "1"], 0).contains("goes again in the next pass"));
    house.says(&["run"], 0);
    assert_eq!(house.told(), 1);
    assert!(house.says(&["deliveries", "list", "--for", "ada@example.com"], 0).contains("sent"));
}

#[test]
fn what_is_sent_again_and_does_not_wait_any_more_is_dropped_with_the_reason() {
    let mut house = House::new(refusing());
    house.says(&["run"], 1);
    house.office.at(&Utc::now().to_rfc3339()).replies("ada", "c1", "here I am");
    house.says(&["deliveries", "requeue", "1"], 0);
    house.says(&["run"], 0);
    assert_eq!(house.told(), 0);
    assert!(house.says(&["deliveries", "list"], 0).contains("it was answered"));
}

#[test]
fn what_is_in_doubt_is_confirmed_and_not_sent_again() {
    let house = House::new(silent());
    house.says(&["run"], 0);
    house.office.connection().execute("UPDATE doorbell_delivery SET next_attempt_at = 0", []).unwrap();
    house.says(&["run"], 1);
    assert!(house.says(&["deliveries", "confirm", "1"], 0).contains("counts as arrived"));
    house.says(&["run"], 0);
    assert_eq!(house.told(), 2, "the doubt was sent once more before a person was asked");
    assert!(house.says(&["deliveries", "confirm", "1"], 64).contains("is not unknown"));
}

#[test]
fn what_is_dropped_is_not_sent_and_not_queued_again() {
    let busy = SmtpServer::start(Tls::Never).times(At::Rcpt, "", Act::Say(b"451 4.3.0 later\r\n".to_vec()), 1);
    let house = House::new(busy);
    house.says(&["run"], 0);
    assert!(house.says(&["deliveries", "drop", "1"], 0).contains("is not sent"));
    house.says(&["run", "--ignore-schedule"], 0);
    assert_eq!(house.told(), 0);
    assert!(house.says(&["deliveries", "list", "--state", "suppressed"], 0).contains("dropped by a person"));
}

#[test]
fn nobody_is_told_while_paused_and_everybody_afterwards() {
    let house = House::new(SmtpServer::start(Tls::Never));
    house.says(&["pause"], 0);
    assert_eq!(house.says(&["run", "--format", "json"], 0).trim(), "{\"paused\":true}");
    assert!(house.says(&["status"], 1).contains("paused"));
    assert_eq!(house.told(), 0);
    assert!(house.says(&["resume"], 0).contains("paused since"));
    house.says(&["run"], 0);
    assert_eq!(house.told(), 1);
    assert!(house.says(&["resume"], 0).contains("it was not paused"));
}

#[test]
fn a_baseline_lets_a_backlog_be_and_another_one_brings_it_back() {
    let house = House::new(SmtpServer::start(Tls::Never));
    assert!(house.says(&["baseline", "--since", "now"], 0).contains("tell nothing older than"));
    house.says(&["run"], 0);
    assert_eq!(house.told(), 0, "the message is older");
    house.says(&["baseline", "--since", "yesterday", "--rule", "reminder"], 0);
    house.says(&["run", "--ignore-schedule"], 0);
    assert_eq!(house.told(), 1);
    assert!(
        house.says(&["baseline", "--since", "now", "--rule", "remindr"], 64).contains("did you mean \"reminder\"?")
    );
}

#[test]
fn a_person_is_forgotten_but_for_their_id() {
    let house = House::new(SmtpServer::start(Tls::Never));
    house.says(&["run"], 0);
    assert!(house.says(&["deliveries", "list"], 0).contains("a***@e***.com"));
    assert!(house.says(&["forget", "ada@example.com"], 0).contains("erased"));
    assert!(!house.says(&["deliveries", "list"], 0).contains("a***"));
    house.says(&["run", "--ignore-schedule"], 0);
    assert_eq!(house.told(), 1, "what was told stays known");
}

#[test]
fn an_address_that_was_refused_is_listed_masked_and_can_be_taken_out() {
    let house = House::new(refusing());
    house.says(&["run"], 1);
    let listed = house.says(&["suppress", "list"], 0);
    assert!(listed.contains("a***@e***.com") && listed.contains("550 5.1.1 no such user"), "{listed}");
    let said = house.says(&["suppress", "remove", "ADA@example.com"], 0);
    assert!(said.contains("a***@e***.com is not blocked any more") || said.contains("A***@e***.com is not"), "{said}");
    assert!(house.says(&["suppress", "list"], 0).contains("no address is blocked"));
    house.says(&["suppress", "remove", "ada@example.com"], 64);
}

#[test]
fn nothing_goes_to_an_address_that_a_person_added() {
    let house = House::new(SmtpServer::start(Tls::Never));
    let said = house.says(&["suppress", "add", "ada@example.com"], 0);
    assert!(said.contains("a***@e***.com") && !said.contains("ada@"), "{said}");
    house.says(&["run"], 0);
    assert_eq!(house.told(), 0);
    let json: serde_json::Value =
        serde_json::from_str(&house.says(&["suppress", "list", "--format", "json"], 0)).unwrap();
    assert_eq!((&json["channel"], json["until"].is_null()), (&"email".into(), true), "{json}");
    assert!(house.says(&["suppress", "add", "ada"], 64).contains("neither an email address nor"));
}

#[test]
fn x6_a_held_rule_is_named_by_run_and_status_and_goes_when_it_is_approved() {
    let mut house = House::new(SmtpServer::start(Tls::Never));
    house.office.agent("bob").asks("c2", "hello?").assign("c2", "bob");
    let settings = house.office.folder().join("doorbell.toml");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, format!("{text}[limits]\nstorm = 1\n")).unwrap();
    let said = house.says(&["run"], 1);
    assert!(said.contains("a rule is held: reminder would begin 2 deliveries at once"), "{said}");
    assert!(said.contains("doorbell approve reminder"), "{said}");
    assert!(house.says(&["status"], 1).contains("rule reminder is held"));
    assert!(house.says(&["approve", "remindr"], 64).contains("is not held; held: reminder"));
    assert!(house.says(&["approve"], 0).contains("the next slot of reminder goes, about 2 digests"));
    house.says(&["run"], 0);
    assert_eq!(house.told(), 2);
    assert!(house.says(&["approve"], 0).contains("no rule is held"));
}

#[test]
fn a_delivery_that_does_not_exist_is_said() {
    let house = House::new(SmtpServer::start(Tls::Never));
    house.says(&["run"], 0);
    assert!(house.says(&["deliveries", "show", "99"], 64).contains("there is no delivery 99"));
    assert!(house.says(&["deliveries", "list", "--state", "dead"], 0).contains("no delivery fits"));
}

#[test]
fn a_copy_of_the_ledger_tells_nobody_until_it_is_adopted() {
    let house = House::new(SmtpServer::start(Tls::Never));
    house.says(&["run"], 0);
    let copy = tempfile::tempdir().unwrap();
    for file in ["chat.db", "chat.db-wal", "doorbell.toml"] {
        let _ = fs::copy(house.office.folder().join(file), copy.path().join(file));
    }
    let run = |arguments: &[&str]| {
        let mut doorbell = Command::new(env!("CARGO_BIN_EXE_doorbell"));
        doorbell.args(arguments).arg("--config").arg(copy.path().join("doorbell.toml")).output().unwrap()
    };
    let refused = run(&["run"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(78) && said.contains("doorbell adopt"), "{said}");
    let trial = ["run", "--ignore-schedule", "--redirect-to", "me@example.com"];
    assert_eq!(run(&trial).status.code(), Some(0), "a trial is no danger");
    assert_eq!(run(&["adopt"]).status.code(), Some(0));
    assert_eq!(run(&["run"]).status.code(), Some(0));
}

#[test]
fn a_ledger_restored_from_a_backup_is_not_believed_until_it_is_adopted() {
    let mut house = House::new(SmtpServer::start(Tls::Never));
    house.says(&["run"], 0);
    let backup = house.office.folder().join("backup.db");
    house.office.connection().execute("VACUUM INTO ?1", [backup.to_str().unwrap()]).unwrap();
    house.office.at(&(Utc::now() - TimeDelta::minutes(30)).to_rfc3339()).asks("c1", "are you there?");
    house.says(&["run", "--ignore-schedule"], 0);
    assert_eq!(house.told(), 2);
    // what a restore does: the tables of the ledger as they were, the lock file as it is
    house
        .office
        .connection()
        .execute_batch(&format!(
            "ATTACH '{}' AS backup; DELETE FROM doorbell_mark; DELETE FROM doorbell_item; DELETE FROM doorbell_delivery;
             DELETE FROM doorbell_pass; INSERT INTO doorbell_pass SELECT * FROM backup.doorbell_pass;
             INSERT INTO doorbell_delivery SELECT * FROM backup.doorbell_delivery;
             INSERT INTO doorbell_mark SELECT * FROM backup.doorbell_mark; DETACH backup;",
            backup.display()
        ))
        .unwrap();
    assert!(house.says(&["run", "--ignore-schedule"], 78).contains("is older than the last pass here"));
    assert_eq!(house.told(), 2);
    house.says(&["baseline", "--since", "now"], 0);
    house.says(&["adopt"], 0);
    house.says(&["run", "--ignore-schedule"], 0);
    assert_eq!(house.told(), 2, "the backlog was let be");
}

#[test]
fn a_new_ledger_where_another_one_was_is_at_home() {
    let house = House::new(SmtpServer::start(Tls::Never));
    house.says(&["run"], 0);
    let connection = house.office.connection();
    connection.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    let ours = "SELECT name FROM sqlite_schema WHERE type = 'table' AND (name LIKE 'doorbell%' OR name LIKE 'in_app%')";
    let tables: Vec<String> = {
        let mut read = connection.prepare(ours).unwrap();
        read.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    tables.iter().for_each(|table| connection.execute_batch(&format!("DROP TABLE {table}")).unwrap());
    house.says(&["run"], 0);
    house.says(&["run", "--ignore-schedule"], 0);
}
