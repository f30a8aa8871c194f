//! `doorbell plan` from outside: the passes of a period, over the changes of the clock, without a byte written.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod office;
mod servers;
mod shift;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use chrono::TimeDelta;
use doorbell::desk::Desk;
use doorbell::ledger::Ledger;
use doorbell::model::Channel;
use doorbell::pass::{Order, foresee};
use office::{Office, instant};
use serde_json::Value;
use shift::Shift;

/// Four digests a day, by London's clock.
const DIGEST: &str = "
[rule.digest]
watch = \"unreplied\"
schedule = { at = [\"08:00\", \"11:00\", \"14:00\", \"17:00\"], days = \"Mon-Sat\" }
tell = [\"assignee\"]
";
const FIVE_MINUTES: &str = "
[rule.reminder]
watch = \"unread\"
schedule = { every = \"5m\" }
grace = \"10m\"
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

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorbell"));
    command.current_dir(folder).args(arguments).env_remove("DOORBELL_CONFIG").stdin(Stdio::null());
    command.output().unwrap()
}

#[track_caller]
fn plan(folder: &Path, from: &str, to: &str) -> String {
    let output = run(folder, &["plan", "--from", from, "--to", to]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn plan_as_json(folder: &Path, from: &str, to: &str) -> Vec<Value> {
    let output = run(folder, &["plan", "--from", from, "--to", to, "--format", "json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// When somebody hears, and of which numbers: `2026-03-28T17:00 Ada 1000`.
#[track_caller]
fn told(folder: &Path, from: &str, to: &str) -> Vec<String> {
    let mut told = Vec::new();
    for pass in plan_as_json(folder, from, to) {
        for digest in pass["told"].as_array().unwrap() {
            let numbers: Vec<&str> =
                digest["items"].as_array().unwrap().iter().map(|item| item["number"].as_str().unwrap()).collect();
            let at = &pass["at"].as_str().unwrap()[..16];
            told.push(format!("{at} {} {}", digest["name"].as_str().unwrap(), numbers.join(" ")));
        }
    }
    told
}

/// Every file in a folder; `SQLite`'s shared memory holds the locks of whoever reads, and no data.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let kept = entries.filter(|path| path.extension().is_none_or(|ending| ending != "db-shm"));
    kept.map(|path| (path.display().to_string(), fs::read(&path).unwrap())).collect()
}

#[test]
fn digests_come_at_londons_hours_before_and_after_the_change_to_summer_time() {
    let mut office = Office::new();
    office.agent("ada").contact("tom");
    for (name, time) in [
        ("c1", "2026-03-28T07:30:00Z"),
        ("c2", "2026-03-28T16:50:00Z"),
        // Sunday has no digest
        ("c3", "2026-03-29T12:00:00Z"),
        // in summer 08:00 is 07:00 UTC
        ("c4", "2026-03-30T07:00:01Z"),
        ("c5", "2026-03-30T12:54:59Z"),
    ] {
        office.at(time).asks(name, "hello?").assign(name, "ada");
    }
    settings(office.folder(), DIGEST);
    assert_eq!(
        told(office.folder(), "2026-03-28 00:00", "2026-03-31 00:00"),
        [
            "2026-03-28T08:00 Ada 1000",
            "2026-03-28T17:00 Ada 1001",
            "2026-03-30T07:00 Ada 1002",
            "2026-03-30T10:00 Ada 1003",
            "2026-03-30T13:00 Ada 1004",
        ]
    );
}

#[test]
fn digests_come_at_londons_hours_before_and_after_the_change_to_winter_time() {
    let mut office = Office::new();
    office.agent("ada").contact("tom");
    for (name, time) in [("c1", "2026-10-24T06:00:00Z"), ("c2", "2026-10-25T12:00:00Z"), ("c3", "2026-10-26T08:30:00Z")]
    {
        office.at(time).asks(name, "hello?").assign(name, "ada");
    }
    settings(office.folder(), DIGEST);
    assert_eq!(
        told(office.folder(), "2026-10-24 00:00", "2026-10-27 00:00"),
        ["2026-10-24T07:00 Ada 1000", "2026-10-26T08:00 Ada 1001", "2026-10-26T11:00 Ada 1002"]
    );
}

#[test]
fn replies_and_looks_between_passes_silence_from_their_own_time_on() {
    let mut office = Office::new();
    office.agent("ada").contact("tom");
    office.at("2026-03-02T09:01:00Z").asks("answered", "hello?").assign("answered", "ada");
    office.asks("late", "hello?").assign("late", "ada");
    office.at("2026-03-02T10:59:00Z").replies("ada", "answered", "yes");
    office.at("2026-03-02T11:30:00Z").asks("answered", "and now?");
    office.at("2026-03-02T12:00:00Z").replies("ada", "late", "yes");
    settings(office.folder(), DIGEST);
    assert_eq!(
        told(office.folder(), "2026-03-02 08:30", "2026-03-02 18:00"),
        ["2026-03-02T11:00 Ada 1001", "2026-03-02T14:00 Ada 1000"],
        "what was answered before the pass is not told, what is answered after it was"
    );
    let mut office = Office::new();
    office.agent("ada").contact("tom");
    office.at("2026-03-02T09:01:00Z").asks("read", "hello?").assign("read", "ada");
    office.asks("unread", "hello?").assign("unread", "ada");
    office.at("2026-03-02T09:08:00Z").reads("ada", "read");
    settings(office.folder(), &FIVE_MINUTES.replace(", \"oncall\"", ""));
    assert_eq!(told(office.folder(), "2026-03-02 09:00", "2026-03-02 18:00"), ["2026-03-02T09:15 Ada 1001"]);
}

#[test]
fn a_look_at_an_old_message_silences_it_from_its_own_time_on() {
    let mut office = Office::new();
    office.agent("ada").agent("bob").contact("tom").at("2026-02-24T09:00:00Z").asks("c1", "hello?").assign("c1", "ada");
    // answered by another, and so nothing but Ada's look is of the period
    office.later(5).replies("bob", "c1", "yes").at("2026-03-02T12:00:00Z").reads("ada", "c1");
    settings(office.folder(), &DIGEST.replace("unreplied", "unread"));
    drop(Ledger::open(&office.path()).unwrap());
    let baseline = instant("2026-02-20T00:00:00Z").timestamp_millis();
    office.connection().execute("INSERT INTO doorbell_rule VALUES ('digest', ?1, ?1)", [baseline]).unwrap();
    assert_eq!(told(office.folder(), "2026-03-02 11:30", "2026-03-02 18:00"), ["2026-03-02T11:30 Ada 1000"]);
    assert_eq!(told(office.folder(), "2026-03-02 12:00", "2026-03-02 18:00"), Vec::<String>::new());
}

#[test]
fn people_read_a_plan_by_instant_with_names_and_reasons_and_the_counts_at_its_end() {
    let mut office = Office::new();
    office.agent("ada").contact("tom").at("2026-03-02T09:01:00Z");
    office.asks("c1", "hello?").assign("c1", "ada").later(1).asks("c2", "hello?").assign("c2", "ada");
    settings(office.folder(), FIVE_MINUTES);
    let shown = plan(office.folder(), "2026-03-02 09:00", "2026-03-02 10:00");
    assert_eq!(
        shown,
        "Mon 2 Mar 2026, 09:15 GMT  reminder
  Ada  email  #1000 (you are assigned), #1001 (you are assigned)
  Olga on call  email  #1000 (the settings name you), #1001 (the settings name you)

plan from Mon 2 Mar 2026, 09:00 GMT to Mon 2 Mar 2026, 10:00 GMT: 2 notifications in 13 passes; \
         nothing is sent, nothing is written

by rule and channel:
  reminder by email      2

by recipient:
  Ada               1
  Olga on call      1
"
    );
}

#[test]
fn a_plan_changes_no_byte_of_desk_and_ledger() {
    let mut office = Office::new();
    office.agent("ada").contact("tom").asks("c1", "hello?").assign("c1", "ada");
    settings(office.folder(), DIGEST);
    let before = files(office.folder());
    assert!(!told(office.folder(), "2026-03-02 00:00", "2026-03-03 00:00").is_empty());
    assert_eq!(before, files(office.folder()), "without a ledger");
    assert!(run(office.folder(), &["run"]).status.success());
    let before = files(office.folder());
    assert!(!told(office.folder(), "2026-03-02 00:00", "2026-03-03 00:00").is_empty());
    assert_eq!(before, files(office.folder()), "with a ledger");
}

/// Ada's conversation of 09:00 was told at 09:10 by the real program's ledger.
fn told_before() -> Office {
    let mut office = Office::new();
    office.agent("ada").contact("tom").at("2026-03-02T09:00:00Z").asks("c1", "hello?").assign("c1", "ada");
    settings(office.folder(), &FIVE_MINUTES.replace(", \"oncall\"", ""));
    drop(doorbell::ledger::Ledger::open(&office.path()).unwrap());
    let at = |time: &str| instant(time).timestamp_millis();
    let message = office.latest("c1").id;
    office
        .connection()
        .execute_batch(&format!(
            "INSERT INTO doorbell_rule VALUES ('reminder', {0}, {0});
             INSERT INTO doorbell_slot(rule, label, slot_at, pass_id) VALUES ('reminder', '2026-03-02T09:10:00Z', {1}, 1);
             INSERT INTO doorbell_delivery(id, recipient, channel, state, queued_at, next_attempt_at, give_up_at, closed_at,
               attempt, gateway)
             VALUES (1, 'agent:1', 'email', 'sent', {1}, {1}, {1} + 259200000, {1}, 1, 'email');
             INSERT INTO doorbell_item(delivery_id, conversation_id, rule, message_id, message_at, waiting_since, why)
             VALUES (1, '500', 'reminder', '{message}', {2}, {2}, 'assignee');
             INSERT INTO doorbell_mark(conversation_id, rule, recipient, channel, message_id, message_at, delivery_id, told_at)
             VALUES ('500', 'reminder', 'agent:1', 'email', '{message}', {2}, 1, {1});",
            at("2026-03-01T00:00:00Z"),
            at("2026-03-02T09:10:00Z"),
            at("2026-03-02T09:00:00Z"),
        ))
        .unwrap();
    office
}

#[test]
fn what_was_told_before_the_period_is_not_told_in_it() {
    let office = told_before();
    assert_eq!(told(office.folder(), "2026-03-02 09:11", "2026-03-02 12:00"), Vec::<String>::new());
    assert_eq!(
        told(office.folder(), "2026-03-02 09:00", "2026-03-02 12:00"),
        ["2026-03-02T09:10 Ada 1000"],
        "what was told in the period is foreseen as it was"
    );
}

#[test]
fn a_message_after_the_period_began_does_not_undo_what_was_told_before_it() {
    let mut office = told_before();
    office.at("2026-03-02T09:40:00Z").asks("c1", "are you there?");
    // the mark has moved on with what was told at 09:50
    let moved = "UPDATE doorbell_mark SET message_id = ?1, message_at = ?2, told_at = ?2 + 600000, delivery_id = 2";
    let latest = office.latest("c1");
    office.connection().execute(moved, (latest.id.as_str(), latest.at.timestamp_millis())).unwrap();
    assert_eq!(
        told(office.folder(), "2026-03-02 09:11", "2026-03-02 12:00"),
        ["2026-03-02T09:50 Ada 1000"],
        "and not at 09:15 for the first message"
    );
}

#[test]
fn a_delivery_that_waits_in_the_ledger_goes_at_its_time() {
    let mut office = told_before();
    office.at("2026-03-02T09:05:00Z").asks("c2", "hello?").assign("c2", "ada");
    office
        .connection()
        .execute_batch(
            "DELETE FROM doorbell_mark;
             UPDATE doorbell_delivery SET state = 'queued', closed_at = NULL, next_attempt_at = next_attempt_at + 61000",
        )
        .unwrap();
    let from = "2026-03-02 09:11";
    assert_eq!(told(office.folder(), from, "2026-03-02 12:00"), ["2026-03-02T09:15 Ada 1000 1001"], "as one");
    office.at("2026-03-02T09:10:30Z").replies("ada", "c1", "yes").replies("ada", "c2", "yes");
    let shown = plan(office.folder(), from, "2026-03-02 12:00");
    assert!(shown.contains("Mon 2 Mar 2026, 09:15 GMT  reminder\n  not told: Ada  email  #1000: "), "{shown}");
}

#[test]
fn an_address_that_is_blocked_until_some_time_hears_from_then_on() {
    let mut office = Office::new();
    settings(office.folder(), &FIVE_MINUTES.replace(", \"oncall\"", ""));
    office.agent("ada").contact("tom").asks("c1", "hello?").assign("c1", "ada");
    let ledger = Ledger::open(&office.path()).unwrap();
    let day = instant("2026-03-02T09:00:00Z");
    ledger.block(Channel::Email, "ada@example.com", day - TimeDelta::days(1)).unwrap();
    let until = (day + TimeDelta::minutes(43)).timestamp_millis();
    office.connection().execute("UPDATE doorbell_block SET until = ?1", [until]).unwrap();
    assert_eq!(told(office.folder(), "2026-03-02 09:00", "2026-03-02 12:00"), ["2026-03-02T09:45 Ada 1000"]);
}

#[test]
fn an_end_before_the_beginning_is_refused_with_the_remedy() {
    let office = Office::new();
    settings(office.folder(), DIGEST);
    let output = run(office.folder(), &["plan", "--from", "2026-03-03", "--to", "2026-03-02"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(64));
    assert!(said.contains("before --from") && said.contains("name a later --to"), "{said}");
}

#[test]
fn a_plan_without_times_covers_the_next_day() {
    let office = Office::new();
    settings(office.folder(), DIGEST);
    let output = run(office.folder(), &["plan"]);
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.starts_with("plan from ") && shown.contains(": 0 notifications in "), "{shown}");
}

/// A morning: who does what, minutes after 08:00. Of looks and presence a desk keeps the latest only.
const MORNING: &[(i64, &str, &str)] = &[
    (1, "asks", "c1"),
    (3, "asks", "c2"),
    (8, "ada replies", "c2"),
    (9, "asks", "c1"),
    (14, "asks", "c3"),
    (21, "asks", "c1"),
    (22, "bob online", ""),
    (23, "asks", "c4"),
    (33, "asks", "c2"),
    (41, "ada reads", "c1"),
    (52, "asks", "c3"),
    (58, "bob replies", "c3"),
    (59, "asks", "c5"),
    (61, "asks", "c4"),
    (90, "ada replies", "c1"),
    (91, "asks", "c1"),
    (93, "asks", "c3"),
    (119, "asks", "c5"),
    (121, "bob reads", "c5"),
    (150, "ada notes", "c2"),
    (178, "asks", "c2"),
];

fn act(office: &mut Office, what: &str, conversation: &str) {
    match what.split_once(' ') {
        Some((agent, "replies")) => office.replies(agent, conversation, "yes"),
        Some((agent, "notes")) => office.notes(agent, conversation, "hm"),
        Some((agent, "reads")) => office.reads(agent, conversation),
        Some((agent, _)) => office.online(agent),
        None => {
            // c1 and c2 are Ada's, c3 and c4 Bob's, and c5 the group's
            let owner = match conversation {
                "c1" | "c2" => Some("ada"),
                "c3" | "c4" => Some("bob"),
                _ => None,
            };
            office.asks(conversation, "hello?");
            match owner {
                Some(owner) => office.assign(conversation, owner),
                None => office.into_group(conversation, "sales"),
            }
        }
    };
}

/// Who hears of what: `10:05 ada@example.com 1000 1003`.
fn heard(at: chrono::DateTime<chrono::Utc>, to: &str, is_told: impl Fn(&str) -> bool) -> String {
    let numbers: Vec<String> = (1000..1005).map(|number| number.to_string()).filter(|number| is_told(number)).collect();
    format!("{} {to} {}", at.format("%H:%M"), numbers.join(" "))
}

#[test]
fn x2_a_plan_of_a_morning_that_is_over_is_what_the_passes_of_that_morning_did() {
    let mut office = Office::new();
    office.agent("ada").agent("bob").group("sales", &["ada", "bob"]).contact("tom");
    let rules = "
        [rule.reminder]
        watch = \"unread\"
        schedule = { every = \"5m\" }
        grace = \"10m\"
        tell = [\"assignee\", \"else group\"]
        [rule.digest]
        watch = \"unreplied\"
        schedule = { at = [\"09:00\", \"10:00\", \"11:00\"] }
        grace = \"20m\"
        when = \"away\"
        tell = [\"assignee\", \"else group\"]
    ";
    let mut shift = Shift::under(office, rules);
    let (from, to) = (instant("2026-03-02T08:00:00Z"), instant("2026-03-02T11:30:00Z"));
    let (mut acts, mut now, mut did) = (MORNING.iter().peekable(), from, Vec::new());
    while now <= to {
        while let Some((minute, what, conversation)) = acts.next_if(|it| from + TimeDelta::minutes(it.0) <= now) {
            shift.office.at(&(from + TimeDelta::minutes(*minute)).to_rfc3339());
            act(&mut shift.office, what, conversation);
        }
        shift.pass_at(now, &Order::default());
        let mails = shift.mails();
        did.extend(mails.iter().map(|mail| heard(now, &mail.to, |number| mail.text.contains(&format!("#{number}")))));
        now += TimeDelta::minutes(5);
    }
    assert!(did.len() > 10, "{did:#?}");
    let mut replay = Desk::open(&shift.office.path()).unwrap().replay(from).unwrap();
    let mut ledger = Ledger::in_memory().unwrap();
    let mut foreseen = Vec::new();
    foresee(&shift.config(), &mut replay, &mut ledger, (from, to), |pass| {
        let mut lines: Vec<String> = Vec::new();
        for digest in &pass.told {
            let told = |number: &str| {
                // numbers are 500 above the ids
                let id = (number.parse::<i64>().unwrap() - 500).to_string();
                digest.items.iter().any(|item| item.conversation.as_str() == id)
            };
            lines.push(heard(pass.at, &digest.recipient.address, told));
        }
        lines.sort();
        foreseen.extend(lines);
        Ok(())
    })
    .unwrap();
    assert_eq!(foreseen, did);
}

#[test]
fn a_limit_a_pass_leaves_the_rest_to_the_next() {
    let mut office = Office::new();
    office.agent("ada").agent("bob").contact("tom").at("2026-03-02T09:01:00Z");
    office.asks("c1", "hello?").assign("c1", "ada").asks("c2", "hello?").assign("c2", "bob");
    settings(office.folder(), &format!("[limits]\nper_pass = 1\n{DIGEST}"));
    assert_eq!(
        told(office.folder(), "2026-03-02 10:58", "2026-03-02 12:00"),
        ["2026-03-02T11:00 Ada 1000", "2026-03-02T11:05 Bob 1001"]
    );
}
