//! The real program dies in the middle; the next pass neither loses a text nor has it twice.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};

use chrono::{DateTime, TimeDelta, Utc};

use crate::by_text;
use crate::office::Office;
use crate::servers::Reply;
use crate::twilio::{Act, Twilio};

const ABORTED: i32 = 6;

/// A desk at which Ada is to be texted about Tom, now, and its settings beside it.
fn scene(twilio: &Twilio, more: &str) -> Office {
    let now = Utc::now();
    twilio.at(&now.to_rfc3339());
    let mut office = Office::new();
    office.at(&(now - TimeDelta::hours(1)).to_rfc3339());
    office.agent("ada").phone("ada", "+441632960012").contact("tom").asks("c1", "hello?").assign("c1", "ada");
    let settings = twilio.settings(office.folder(), more);
    let text = format!("[desk]\nurl = \"sqlite:chat.db\"\n{settings}{}", by_text());
    std::fs::write(office.folder().join("doorbell.toml"), text).unwrap();
    office
}

fn run(office: &Office, arguments: &[&str], failpoint: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorbell"));
    command.current_dir(office.folder()).args(arguments).env("DOORBELL_FAILPOINT", failpoint);
    command.output().unwrap()
}

#[track_caller]
fn dies(office: &Office, failpoint: &str) {
    let output = run(office, &["run", "--ignore-schedule"], failpoint);
    assert_eq!(output.status.signal(), Some(ABORTED), "{failpoint}: {output:?}");
}

#[track_caller]
fn passes(office: &Office) {
    let output = run(office, &["run", "--ignore-schedule"], "");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

fn states(office: &Office) -> Vec<String> {
    let mut read = office.connection().prepare("SELECT state FROM doorbell_delivery WHERE channel = 'sms'").unwrap();
    read.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

/// Lets the delivery that is in doubt go now.
fn hurry(office: &Office) {
    office.connection().execute("UPDATE doorbell_delivery SET next_attempt_at = queued_at", []).unwrap();
}

#[test]
fn x4_a_crash_after_the_text_left_finds_it_in_the_list_and_sends_no_other() {
    for failpoint in ["accepted:1", "before-settle:1"] {
        let twilio = Twilio::start();
        let office = scene(&twilio, "on_ambiguous = \"reconcile\"");
        dies(&office, failpoint);
        assert_eq!(twilio.sent().len(), 1, "{failpoint}");
        passes(&office);
        hurry(&office);
        passes(&office);
        assert_eq!((twilio.sent().len(), states(&office)), (1, vec!["sent".to_owned()]), "{failpoint}");
    }
}

#[test]
fn x4_a_crash_before_the_text_left_does_not_find_it_and_sends_it() {
    let twilio = Twilio::start();
    let office = scene(&twilio, "on_ambiguous = \"reconcile\"");
    dies(&office, "handing-over:1");
    assert_eq!(twilio.sent().len(), 0);
    passes(&office);
    hurry(&office);
    passes(&office);
    assert_eq!((twilio.sent().len(), states(&office)), (1, vec!["sent".to_owned()]));
}

#[test]
fn x4_a_crash_while_a_text_is_on_its_way_holds_it_by_default() {
    let twilio = Twilio::start();
    let office = scene(&twilio, "");
    dies(&office, "accepted:1");
    for _ in 0..2 {
        run(&office, &["run", "--ignore-schedule"], "");
        hurry(&office);
    }
    assert_eq!((twilio.sent().len(), states(&office)), (1, vec!["unknown".to_owned()]));
}

#[test]
fn b12_a_crash_anywhere_between_desk_and_ledger_adds_each_text_once() {
    for failpoint in ["reply-added", "before-taken-in", "taken-in"] {
        for time in [1, 2] {
            let twilio = Twilio::start();
            let office = scene(&twilio, "replies = true");
            passes(&office);
            let now: DateTime<Utc> = Utc::now();
            twilio.receives("+441632960012", "one", &now.to_rfc3339());
            twilio.receives("+441632960012", "two", &(now + TimeDelta::seconds(1)).to_rfc3339());
            dies(&office, &format!("{failpoint}:{time}"));
            passes(&office);
            passes(&office);
            let sql =
                "SELECT group_concat(body) FROM (SELECT body FROM messages WHERE external_id IS NOT NULL ORDER BY id)";
            let bodies: String = office.connection().query_row(sql, [], |row| row.get(0)).unwrap();
            assert_eq!(bodies, "one,two", "{failpoint}:{time}");
            let sql = "SELECT group_concat(state) FROM doorbell_inbound";
            let states: String = office.connection().query_row(sql, [], |row| row.get(0)).unwrap();
            assert_eq!(states, "added,added", "{failpoint}:{time}");
        }
    }
}

#[test]
fn check_names_the_column_that_replies_need_and_a_pass_goes_on_without_it() {
    let twilio = Twilio::start();
    let office = scene(&twilio, "replies = true");
    let desk = office.connection();
    desk.execute_batch("DROP INDEX messages_from_outside; ALTER TABLE messages DROP COLUMN external_id").unwrap();
    let output = run(&office, &["check"], "");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(78), "{said}");
    for part in ["relation messages", "column external_id", "ALTER TABLE messages ADD COLUMN external_id TEXT"] {
        assert!(said.contains(part), "{said}");
    }
    let output = run(&office, &["run"], "");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), twilio.sent().len()), (Some(78), 1), "{said}");
    assert!(said.contains("sms.replies") && said.contains("column external_id"), "{said}");
    desk.execute_batch("ALTER TABLE messages ADD COLUMN external_id TEXT").unwrap();
    let said = String::from_utf8(run(&office, &["check"], "").stderr).unwrap();
    assert!(said.contains("CREATE UNIQUE INDEX"), "{said}");
    desk.execute_batch("CREATE UNIQUE INDEX mine ON messages (external_id)").unwrap();
    assert_eq!(run(&office, &["check", "--connect"], "").status.code(), Some(0));
}

#[test]
fn send_test_and_check_reach_twilio() {
    let twilio = Twilio::start();
    let office = scene(&twilio, "");
    let output = run(&office, &["check", "--connect"], "");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("text messages go to localhost as +15005550006, the account is active"), "{said}");
    let output = run(&office, &["send-test", "sms", "+441632960012"], "");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("accepted for +***12: 201 SM") && said.contains("queued"), "{said}");
    assert_eq!(twilio.sent()[0].0, "+441632960012");
    std::fs::write(office.folder().join("token"), "wrong").unwrap();
    let output = run(&office, &["check", "--connect"], "");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert!(said.contains("sms.auth_token_file: 401 20003 Authenticate; copy the auth token"), "{said}");
    // a new token would mend nothing here
    std::fs::remove_file(office.folder().join("token")).unwrap();
    let said = String::from_utf8(run(&office, &["check"], "").stderr).unwrap();
    assert!(said.contains("see whether it is there") && !said.contains("copy the auth token"), "{said}");
}

#[test]
fn a_test_whose_answer_is_lost_does_not_ask_for_a_delivery_that_is_not_there() {
    let twilio = Twilio::start();
    twilio.makes(Act::DoneBut(Reply::Reset));
    let output = run(&scene(&twilio, ""), &["send-test", "sms", "+441632960012"], "");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(75), "{said}");
    assert!(said.contains("look there before you try again") && !said.contains("doorbell deliveries"), "{said}");
}

#[test]
fn a_dry_run_says_by_which_channel_somebody_would_hear() {
    let twilio = Twilio::start();
    let office = scene(&twilio, "");
    let output = run(&office, &["run", "--dry-run", "--ignore-schedule"], "");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("Ada <sms +***12>: ") && !said.contains("[email]"), "{said}");
}
