//! The real program from outside: exit statuses, silence under cron, overlap, and kill -9 in the middle.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod crowd;
mod office;
mod servers;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use mail_parser::MessageParser;
use office::Office;
use servers::{Act, At, Sink, SmtpServer, Tls};

const LANES: usize = 4;

/// Ada has a conversation that waits since an hour ago.
fn office() -> Office {
    let mut office = Office::new();
    office.at(&(Utc::now() - TimeDelta::hours(1)).to_rfc3339());
    office.agent("ada").contact("tom").asks("c1", "hello?").assign("c1", "ada");
    office
}

fn settings(folder: &Path, email: &str) {
    let text = format!(
        "[desk]\nurl = \"sqlite:chat.db\"\n[email]\nfrom = \"Desk <desk@example.com>\"\n{email}\n
         [rule.reminder]\nwatch = \"unreplied\"\nschedule = {{ every = \"1m\" }}\ntell = [\"assignee\"]\n"
    );
    fs::write(folder.join("doorbell.toml"), text).unwrap();
}

fn by_smtp(port: u16) -> String {
    format!("server = \"127.0.0.1:{port}\"\nsecurity = \"none\"\nlanes = {LANES}\ntimeout = \"2s\"")
}

fn doorbell(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorbell"));
    command.current_dir(folder).args(arguments).env_remove("DOORBELL_CONFIG").stdin(Stdio::null());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    doorbell(folder, arguments).output().unwrap()
}

fn start(folder: &Path) -> Child {
    doorbell(folder, &["run"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[track_caller]
fn ends_with(output: &Output, status: i32) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{said}");
    said
}

/// The Message-IDs that each recipient got.
fn by_recipient(server: &SmtpServer) -> BTreeMap<String, Vec<String>> {
    let mut got: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mail in server.accepted() {
        let message = MessageParser::default().parse(&mail.bytes).unwrap();
        got.entry(mail.recipients[0].clone()).or_default().push(message.message_id().unwrap().to_owned());
    }
    got
}

#[test]
fn a_healthy_pass_under_cron_says_nothing_and_sends_once() {
    let (office, server) = (office(), SmtpServer::start(Tls::Never));
    settings(office.folder(), &by_smtp(server.port));
    for mails in [1, 1] {
        let output = run(office.folder(), &["run"]);
        assert_eq!(ends_with(&output, 0), "");
        assert!(output.stdout.is_empty());
        assert_eq!(server.accepted().len(), mails);
    }
}

#[test]
fn a_program_gets_one_line_of_json() {
    let office = office();
    settings(office.folder(), "outbox = \"outbox\"");
    let output = run(office.folder(), &["run", "--format", "json"]);
    let line = String::from_utf8(output.stdout).unwrap();
    let report: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!((line.lines().count(), &report["sent"]), (1, &1.into()));
}

#[test]
fn a_dead_delivery_ends_in_status_1_and_is_said_with_a_masked_address() {
    let office = office();
    let server =
        SmtpServer::start(Tls::Never).at(At::Rcpt, Act::Say(b"550 5.1.1 <ada@example.com> unknown\r\n".into()));
    settings(office.folder(), &by_smtp(server.port));
    let said = ends_with(&run(office.folder(), &["run"]), 1);
    assert!(said.contains("a***@e***.com") && said.contains("5.1.1") && !said.contains("ada@example.com"), "{said}");
}

#[test]
fn a_server_that_is_away_is_no_failure_of_the_pass_but_of_check_connect() {
    let office = office();
    settings(office.folder(), &by_smtp(9));
    assert_eq!(ends_with(&run(office.folder(), &["run"]), 0), "");
    let said = ends_with(&run(office.folder(), &["check", "--connect"]), 75);
    assert!(said.contains("email.server") && said.contains("refused"), "{said}");
}

#[test]
fn wrong_settings_of_the_server_end_in_status_78_and_name_the_key() {
    let office = office();
    let server = SmtpServer::start(Tls::Never).at(At::Mail, Act::Say(b"553 5.1.8 sender not allowed\r\n".into()));
    settings(office.folder(), &by_smtp(server.port));
    let said = ends_with(&run(office.folder(), &["run"]), 78);
    assert!(said.contains("email.from") && said.contains("sender not allowed"), "{said}");
}

#[test]
fn a_broken_template_keeps_nobody_from_hearing_and_ends_in_status_78() {
    let office = office();
    let server = SmtpServer::start(Tls::Never);
    settings(office.folder(), &format!("{}\n[templates]\nfolder = \"words\"", by_smtp(server.port)));
    fs::create_dir(office.folder().join("words")).unwrap();
    fs::write(office.folder().join("words/digest.txt.hbs"), "{{#each conversations}}").unwrap();
    let said = ends_with(&run(office.folder(), &["run"]), 78);
    assert!(said.contains("templates.folder") && said.contains("digest.txt.hbs"), "{said}");
    assert_eq!(server.accepted().len(), 1);
    let said = ends_with(&run(office.folder(), &["check", "--offline"]), 78);
    assert!(said.contains("digest.txt.hbs"), "{said}");
}

#[test]
fn a_desk_that_is_not_there_or_no_desk_is_one_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    settings(folder.path(), "outbox = \"outbox\"");
    let said = ends_with(&run(folder.path(), &["run"]), 74);
    assert!(said.contains("chat.db") && said.contains("doorbell init") && said.lines().count() == 1, "{said}");
    fs::write(folder.path().join("chat.db"), "this is no database, it is a text file").unwrap();
    let said = ends_with(&run(folder.path(), &["run"]), 74);
    assert!(said.contains("chat.db") && said.lines().count() == 1, "{said}");
}

#[test]
fn a_database_that_is_no_desk_is_refused_in_one_line_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    settings(folder.path(), "outbox = \"outbox\"");
    let other = rusqlite::Connection::open(folder.path().join("chat.db")).unwrap();
    other.execute_batch("CREATE TABLE orders (id); CREATE TABLE messages (id)").unwrap();
    let before = fs::read(folder.path().join("chat.db")).unwrap();
    for command in ["run", "check"] {
        let said = ends_with(&run(folder.path(), &[command]), 78);
        for part in ["chat.db", "agents, contacts, conversations;", "desk.url", "doorbell init"] {
            assert!(said.contains(part), "{part} is missing in {said}");
        }
        assert!(said.lines().count() == 1 && !said.contains("messages;"), "{said}");
    }
    assert_eq!(fs::read(folder.path().join("chat.db")).unwrap(), before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "a file was made");
}

#[test]
fn an_error_of_the_database_ends_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    settings(folder.path(), "outbox = \"outbox\"");
    fs::write(folder.path().join("chat.db"), "this is no database, it is a text file").unwrap();
    let said = ends_with(&run(folder.path(), &["run"]), 74);
    assert!(said.contains("not a database") && said.contains("; correct desk.url or ledger.path"), "{said}");
    let office = office();
    settings(office.folder(), "outbox = \"outbox\"\n[ledger]\npath = \"nowhere/told.db\"");
    let said = ends_with(&run(office.folder(), &["run"]), 74);
    assert!(said.contains("nowhere") && said.contains("ledger.path") && said.lines().count() == 1, "{said}");
}

#[test]
fn customers_messages_are_nobody_elses_to_read() {
    let folder = tempfile::tempdir().unwrap();
    ends_with(&run(folder.path(), &["init", "desk"]), 0);
    let mode = |path: &str| fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("desk/chat.db") & 0o607, 0o600);
    let office = office();
    settings(office.folder(), "outbox = \"outbox\"\n[ledger]\npath = \"told.db\"");
    ends_with(&run(office.folder(), &["run"]), 0);
    let mode = fs::metadata(office.folder().join("told.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o607, 0o600);
}

#[test]
fn wrong_command_lines_end_in_status_64() {
    let office = office();
    settings(office.folder(), "outbox = \"outbox\"");
    for arguments in [
        &["run", "--rule", "remindr"][..],
        &["run", "--at", "yesterday"],
        &["run", "--dry-run", "--at", "five to"],
        &["run", "--for", "nobody@example.com"],
        &["run", "--conversation", "4711"],
        &["run", "--budget", "soon"],
        &["run", "--redirect-to", "nobody"],
        &["schedule", "--count", "0"],
        &["run", "--config", ""],
        &["explain"],
        &["frobnicate"],
        &[],
    ] {
        ends_with(&run(office.folder(), arguments), 64);
    }
    let said = ends_with(&run(office.folder(), &["run", "--rule", "remindr"]), 64);
    assert!(said.contains("did you mean \"reminder\"?"), "{said}");
    ends_with(&run(office.folder(), &["--help"]), 0);
}

#[test]
fn a_dry_run_shows_who_and_why_and_changes_no_byte() {
    let (office, server) = (office(), SmtpServer::start(Tls::Never));
    settings(office.folder(), &by_smtp(server.port));
    let files = || -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(office.folder()).unwrap().map(|entry| entry.unwrap().path());
        // SQLite's shared memory holds the locks of whoever reads, and no data
        let kept = entries.filter(|path| path.extension().is_none_or(|ending| ending != "db-shm"));
        kept.map(|path| (path.display().to_string(), fs::read(&path).unwrap())).collect()
    };
    for ledger in ["absent", "present"] {
        let before = files();
        let output = run(office.folder(), &["run", "--dry-run", "--ignore-schedule"]);
        ends_with(&output, 0);
        assert_eq!(before, files(), "with the ledger {ledger}");
        let shown = String::from_utf8(output.stdout).unwrap();
        if ledger == "absent" {
            assert!(shown.contains("1 digest would go out") && shown.contains("you are assigned"), "{shown}");
            assert!(server.accepted().is_empty());
            ends_with(&run(office.folder(), &["run"]), 0);
        } else {
            assert!(shown.contains("nothing new since it was told"), "{shown}");
        }
    }
}

#[test]
fn a_desk_in_any_journal_mode_is_left_in_it() {
    for mode in ["delete", "wal", "truncate"] {
        let office = office();
        office.connection().pragma_update(None, "journal_mode", mode).unwrap();
        let server = SmtpServer::start(Tls::Never);
        settings(office.folder(), &by_smtp(server.port));
        for _ in 0..2 {
            ends_with(&run(office.folder(), &["run"]), 0);
        }
        assert_eq!(server.accepted().len(), 1, "{mode}");
        let after: String = office.connection().query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
        assert_eq!(after, mode);
    }
}

#[test]
fn a_ledger_of_its_own_leaves_the_desk_without_a_trace() {
    let (office, server) = (office(), SmtpServer::start(Tls::Never));
    settings(office.folder(), &format!("{}\n[ledger]\npath = \"told.db\"", by_smtp(server.port)));
    let before = fs::read(office.path()).unwrap();
    for _ in 0..2 {
        ends_with(&run(office.folder(), &["run"]), 0);
    }
    assert_eq!((server.accepted().len(), fs::read(office.path()).unwrap()), (1, before));
    let ours = "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'doorbell%'";
    assert_eq!(office.connection().query_row(ours, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
    assert!(office.folder().join("told.db").exists());
}

#[test]
fn two_passes_at_once_send_every_mail_once() {
    let folder = tempfile::tempdir().unwrap();
    crowd::waiting_desk(&folder.path().join("chat.db"), 120, Utc::now());
    let server = SmtpServer::start(Tls::Never);
    settings(folder.path(), &by_smtp(server.port));
    let passes = [start(folder.path()), start(folder.path()), start(folder.path())];
    for pass in passes {
        assert_eq!(ends_with(&pass.wait_with_output().unwrap(), 0), "");
    }
    let got = by_recipient(&server);
    assert_eq!(got.len(), 120);
    assert!(got.values().all(|ids| ids.len() == 1));
}

#[test]
fn a_pass_that_is_told_to_stop_lets_the_wire_finish_and_repeats_nothing() {
    let folder = tempfile::tempdir().unwrap();
    crowd::waiting_desk(&folder.path().join("chat.db"), 60, Utc::now());
    let server = SmtpServer::start(Tls::Never).at(At::Taken, Act::Late(b"250 at last\r\n".into(), 60));
    settings(folder.path(), &by_smtp(server.port));
    let pass = start(folder.path());
    while server.accepted().len() < 10 {
        sleep(Duration::from_millis(2));
    }
    let id = rustix::process::Pid::from_child(&pass);
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    assert_eq!(ends_with(&pass.wait_with_output().unwrap(), 0), "");
    let sent = server.accepted().len();
    assert!((10..60).contains(&sent), "{sent} sent");
    ends_with(&run(folder.path(), &["run"]), 0);
    let got = by_recipient(&server);
    assert_eq!(got.len(), 60);
    assert!(got.values().all(|ids| ids.len() == 1), "{got:?}");
}

#[test]
fn a_pass_that_hangs_is_ended_and_the_next_one_tells() {
    let (server, office) = (SmtpServer::start(Tls::Never), office());
    let pipe = office.folder().join("password");
    // nobody writes into it: whoever opens it waits for ever
    assert!(Command::new("mkfifo").args(["-m", "600"]).arg(&pipe).status().unwrap().success());
    let port = server.port;
    let login = format!("username = \"desk\"\npassword_file = \"{}\"\n", pipe.display());
    settings(
        office.folder(),
        &format!("server = \"127.0.0.1:{port}\"\ntimeout = \"1s\"\nfinal_timeout = \"1s\"\n{login}"),
    );
    let said = ends_with(&run(office.folder(), &["run", "--budget", "1s"]), 75);
    assert!(said.contains("the pass has not ended for 19 s and its budget was 1 s"), "{said}");
    settings(office.folder(), &by_smtp(port));
    ends_with(&run(office.folder(), &["run"]), 0);
    assert_eq!(server.accepted().len(), 1);
}

#[test]
fn a_limit_a_minute_keeps_mails_off_the_wire_and_within_the_budget() {
    let folder = tempfile::tempdir().unwrap();
    crowd::waiting_desk(&folder.path().join("chat.db"), 30, Utc::now());
    let server = SmtpServer::start(Tls::Never);
    settings(folder.path(), &format!("{}\nper_minute = 60", by_smtp(server.port)));
    ends_with(&run(folder.path(), &["run", "--budget", "2s"]), 0);
    let sent = server.accepted().len();
    assert!((1..=4).contains(&sent), "{sent} sent in two seconds");
}

#[test]
fn a_second_pass_leaves_quietly_while_the_first_is_still_at_it() {
    let office = office();
    let server = SmtpServer::start(Tls::Never).times(At::Greeting, "", Act::Late(b"220 at last\r\n".into(), 6_000), 1);
    settings(office.folder(), &by_smtp(server.port).replace("\"2s\"", "\"9s\""));
    let first = start(office.folder());
    while server.connections() == 0 {
        sleep(Duration::from_millis(5));
    }
    // the same ledger by another way
    let second = tempfile::tempdir().unwrap();
    symlink(office.path(), second.path().join("chat.db")).unwrap();
    fs::copy(office.folder().join("doorbell.toml"), second.path().join("doorbell.toml")).unwrap();
    let output = run(second.path(), &["run", "--format", "json"]);
    assert_eq!((ends_with(&output, 0).as_str(), output.stdout.as_slice()), ("", &b"{\"busy\":true}\n"[..]));
    assert_eq!(ends_with(&run(office.folder(), &["run"]), 0), "");
    assert_eq!(server.accepted().len(), 0, "the second left before the first was done");
    ends_with(&first.wait_with_output().unwrap(), 0);
    assert_eq!(server.accepted().len(), 1);
}

#[test]
fn kill_9_loses_nothing_and_repeats_at_most_one_mail_a_lane_under_the_same_id() {
    let folder = tempfile::tempdir().unwrap();
    crowd::waiting_desk(&folder.path().join("chat.db"), 200, Utc::now());
    let server = SmtpServer::start(Tls::Never);
    settings(folder.path(), &by_smtp(server.port));
    let kills = [20, 60, 110, 160];
    for after in kills {
        let mut pass = start(folder.path());
        while server.accepted().len() < after && pass.try_wait().unwrap().is_none() {
            sleep(Duration::from_micros(300));
        }
        pass.kill().unwrap();
        pass.wait().unwrap();
    }
    ends_with(&run(folder.path(), &["run"]), 0);
    let got = by_recipient(&server);
    assert_eq!(got.len(), 200, "nobody is left out");
    let repeats: usize = got.values().map(|ids| ids.len() - 1).sum();
    assert!(repeats <= kills.len() * LANES, "{repeats} repeats");
    for (recipient, ids) in got {
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 1, "{recipient} got {ids:?}");
    }
}

#[test]
fn a_thousand_people_are_told_exactly_once_by_smtp_to_postfix_own_sink() {
    let folder = tempfile::tempdir().unwrap();
    crowd::waiting_desk(&folder.path().join("chat.db"), 1_000, Utc::now());
    let sink = Sink::start(&[]).unwrap();
    settings(folder.path(), &by_smtp(sink.port));
    ends_with(&run(folder.path(), &["run"]), 0);
    ends_with(&run(folder.path(), &["run"]), 0);
    let mut recipients = BTreeSet::new();
    for mail in sink.mails() {
        let message = MessageParser::default().parse(&mail).unwrap();
        let to = message.to().unwrap().first().unwrap().address().unwrap().to_owned();
        assert!(message.body_text(0).unwrap().contains("The second chair") && message.body_html(0).is_some());
        assert!(recipients.insert(to.clone()), "{to} was told twice");
    }
    assert_eq!(recipients.len(), 1_000);
}

#[test]
fn init_makes_a_desk_that_runs_without_edits_and_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    ends_with(&run(folder.path(), &["init", "desk"]), 0);
    let desk = folder.path().join("desk");
    ends_with(&run(&desk, &["check"]), 0);
    assert_eq!(ends_with(&run(&desk, &["run"]), 0), "");
    let settings = fs::read(desk.join("doorbell.toml")).unwrap();
    let said = ends_with(&run(folder.path(), &["init", "desk"]), 64);
    assert!(said.contains("exists already"), "{said}");
    assert_eq!(fs::read(desk.join("doorbell.toml")).unwrap(), settings);
}

#[test]
fn explain_says_why_and_why_not() {
    let mut office = office();
    office.agent("bob").asks("c2", "too young").assign("c2", "bob");
    office.at(&Utc::now().to_rfc3339()).asks("c3", "just now").assign("c3", "bob");
    settings(office.folder(), "outbox = \"outbox\"");
    let folder = office.folder().to_owned();
    let explain = |arguments: &[&str]| {
        let output = run(&folder, &[&["explain"], arguments].concat());
        ends_with(&output, 0);
        String::from_utf8(output.stdout).unwrap()
    };
    let before = explain(&["#1000"]);
    assert!(before.contains("Ada: would be told at the next slot, ") && before.contains(", because you are assigned"));
    ends_with(&run(office.folder(), &["run"]), 0);
    let told = explain(&["1000"]);
    assert!(told.contains("by email to a***@e***.com (delivery 1); nothing new since"), "{told}");
    assert!(explain(&["1002", "--for", "bob@example.com"]).contains("Bob: not yet, from"));
    assert!(explain(&["--for", "bob@example.com"]).contains("#1002"));
    assert!(explain(&["--for", "ada@example.com"]).contains("#1000 rule reminder: Ada: told "));
    office.replies("ada", "c1", "yes");
    assert!(explain(&["1000"]).contains("nothing waits for this rule"));
    office.replies("bob", "c3", "yes");
    let answered = explain(&["1002"]);
    assert!(answered.contains("Bob: decided ") && !answered.contains("Bob: since"), "{answered}");
}

#[test]
fn a_link_with_an_id_finds_that_id_and_never_a_number() {
    let mut office = office();
    office.asks("c2", "me too");
    let (c1, c2) = (office.conversation_id("c1"), office.conversation_id("c2"));
    let number = |number: &str, of: &str| {
        office.connection().execute("UPDATE conversations SET number = ?1 WHERE id = ?2", [number, of]).unwrap();
    };
    number(c1.as_str(), c2.as_str());
    settings(office.folder(), "outbox = \"outbox\"");
    let path = office.folder().join("doorbell.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("[email]", "agent_url = \"https://x.example/{id}\"\n[email]")).unwrap();
    let explained = |what: &str| {
        let output = run(office.folder(), &["explain", what, "--format", "json"]);
        ends_with(&output, 0);
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["conversation"].clone()
    };
    assert_eq!(explained(&format!("https://x.example/{c1}")), c1.as_str());
    assert_eq!(explained(c1.as_str()), c2.as_str());
    ends_with(&run(office.folder(), &["explain", "https://x.example/1000"]), 64);
    number(c1.as_str(), c1.as_str());
    let said = ends_with(&run(office.folder(), &["explain", c1.as_str()]), 64);
    assert!(said.contains("both have the number"), "{said}");
}

#[test]
fn a_dry_run_counts_what_was_queued_earlier() {
    let office = office();
    settings(office.folder(), &by_smtp(9));
    ends_with(&run(office.folder(), &["run"]), 0);
    office.connection().execute("UPDATE doorbell_delivery SET next_attempt_at = 1", []).unwrap();
    let rehearsed = |arguments: &[&str]| {
        let output = run(office.folder(), &[&["run", "--dry-run", "--ignore-schedule"], arguments].concat());
        ends_with(&output, 0);
        String::from_utf8(output.stdout).unwrap()
    };
    let shown = rehearsed(&[]);
    assert!(shown.contains("1 digest would go out, and 1 delivery queued earlier;"), "{shown}");
    assert!(shown.contains("goes with it"), "{shown}");
    assert!(rehearsed(&["--format", "json"]).contains("\"queued\":1"));
    // a real run that is limited sends nothing but its own
    assert!(!rehearsed(&["--for", "ada@example.com"]).contains("queued earlier"));
}

#[test]
fn an_empty_variable_names_no_settings() {
    let office = office();
    settings(office.folder(), "outbox = \"outbox\"");
    let output = doorbell(office.folder(), &["check"]).env("DOORBELL_CONFIG", "").output().unwrap();
    ends_with(&output, 0);
}

#[test]
fn check_finds_an_outbox_that_cannot_be_written() {
    let office = office();
    settings(office.folder(), "outbox = \"outbox\"");
    fs::write(office.folder().join("outbox"), "a file").unwrap();
    let said = ends_with(&run(office.folder(), &["check"]), 78);
    assert!(said.contains("email.outbox"), "{said}");
}

#[test]
fn every_test_mail_is_a_file_of_its_own() {
    let office = office();
    settings(office.folder(), "outbox = \"outbox\"");
    for _ in 0..3 {
        ends_with(&run(office.folder(), &["send-test", "email", "anna@example.com"]), 0);
    }
    assert_eq!(fs::read_dir(office.folder().join("outbox")).unwrap().count(), 3);
}

#[test]
fn send_test_prints_the_servers_own_words_or_the_remedy() {
    let office = office();
    let server = SmtpServer::start(Tls::Never).times(At::Taken, "", Act::Say(b"250 2.0.0 queued as ABC\r\n".into()), 1);
    settings(office.folder(), &by_smtp(server.port));
    let output = run(office.folder(), &["send-test", "email", "anna@example.com"]);
    ends_with(&output, 0);
    assert!(String::from_utf8(output.stdout).unwrap().contains("queued as ABC"));
    assert_eq!(server.accepted()[0].recipients, ["anna@example.com"]);
    let refusing =
        SmtpServer::start(Tls::Never).at(At::Mail, Act::Say(b"530 5.7.0 authentication required\r\n".into()));
    settings(office.folder(), &by_smtp(refusing.port));
    let said = ends_with(&run(office.folder(), &["send-test", "email", "anna@example.com"]), 78);
    assert!(said.contains("authentication required") && said.contains("email.username"), "{said}");
}
