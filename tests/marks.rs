//! What a mail marks as read on a desk on PostgreSQL: with no right but those it takes, by several hosts at once, and not
//! on a standby.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod mirror;
mod office;
mod servers;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;

use chrono::{DateTime, TimeDelta, Utc};
use doorbell::desk::ReadMarks;
use doorbell::model::{AgentId, ConversationId};
use mirror::Mirror;
use office::Office;
use servers::{SmtpServer, Tls};

/// Ada has a conversation that waits since an hour ago.
fn office() -> Office {
    let mut office = Office::new();
    office.at(&(Utc::now() - TimeDelta::hours(1)).to_rfc3339());
    office.agent("ada").contact("tom").asks("c1", "where is my order?").assign("c1", "ada");
    office
}

fn settings(folder: &Path, url: &str, more: &str, port: u16) {
    let text = format!(
        "[desk]\nurl = \"{url}\"\n{more}\n[ledger]\npath = \"ledger.db\"\n
         [email]\nfrom = \"Desk <desk@example.com>\"\nserver = \"127.0.0.1:{port}\"\nsecurity = \"none\"\n
         [rule.reminder]\nwatch = \"unreplied\"\nschedule = {{ every = \"1m\" }}\ntell = [\"assignee\"]\n"
    );
    fs::write(folder.join("doorbell.toml"), text).unwrap();
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorbell"));
    command.current_dir(folder).args(arguments).env_remove("DOORBELL_CONFIG").stdin(Stdio::null());
    command.output().unwrap()
}

#[track_caller]
fn ends_with(output: &Output, status: i32) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(status), "{said}{shown}");
    said + &shown
}

/// What the error says to run, run by the owner of the tables.
fn grant(mirror: &Mirror, said: &str) {
    let grants = said.split_once("as the owner of the tables: ").unwrap_or_else(|| panic!("{said}")).1;
    mirror.write(grants.lines().next().unwrap());
}

#[test]
fn a_mail_marks_as_read_with_no_right_but_those_that_are_asked_for() {
    let (office, server) = (office(), SmtpServer::start(Tls::Never));
    let mirror = Mirror::of(&office);
    mirror.write("CREATE ROLE \"the bell\" LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO \"the bell\"");
    settings(office.folder(), &mirror.url("the%20bell"), "mark_read_after_email = true", server.port);
    let said = ["check", "run"].map(|command| ends_with(&run(office.folder(), &[command]), 78));
    for said in &said {
        assert!(said.contains("desk.mark_read_after_email") && said.contains("ON read_cursors TO"), "{said}");
    }
    assert!(server.accepted().is_empty());
    grant(&mirror, &said[0]);
    ends_with(&run(office.folder(), &["check"]), 0);
    for _ in 0..2 {
        assert_eq!(ends_with(&run(office.folder(), &["run"]), 0), "");
        assert_eq!(server.accepted().len(), 1);
        let read =
            "SELECT r.reader_type, r.reader_id, r.last_seen_at = m.created_at, c.unread_since, c.waiting_since > 0
                    FROM read_cursors r JOIN conversations c ON c.id = r.conversation_id
                    JOIN messages m ON m.conversation_id = c.id";
        assert_eq!(mirror.ask(read), "agent|1|t||t");
    }
}

type Read = (ConversationId, AgentId, DateTime<Utc>);

fn read(conversation: i64, at: &str) -> Read {
    (conversation.to_string().into(), "1".into(), at.parse().unwrap())
}

fn marks(mirror: &Mirror) -> ReadMarks {
    ReadMarks::of(&mirror.desk(), &mirror.settings(), Path::new("")).unwrap()
}

#[test]
fn marks_on_postgresql_go_forward_once_each_and_all_or_none() {
    let mut office = office();
    office.asks("c2", "and mine?");
    let mirror = Mirror::of(&office);
    let cursors = || {
        mirror.ask(
            "SELECT conversation_id, to_timestamp(last_seen_at / 1000) AT TIME ZONE 'UTC' FROM read_cursors ORDER BY 1",
        )
    };
    let mut marks = marks(&mirror);
    // the later of two, and nothing for what is not there
    let late = [read(500, "2026-03-02T09:00:00Z"), read(500, "2026-03-02T08:00:00Z"), read(99, "2026-03-02T09:00:00Z")];
    marks.mark(&late).unwrap();
    assert_eq!(cursors(), "500|2026-03-02 09:00:00");
    // somebody ended the session meanwhile
    mirror.ask("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'doorbell%'");
    marks.mark(&[read(500, "2026-03-02T08:30:00Z")]).unwrap();
    assert_eq!(cursors(), "500|2026-03-02 09:00:00", "never back");
    mirror.write("UPDATE read_cursors SET last_seen_at = NULL");
    assert!(marks.mark(&[read(500, "2026-03-02T10:00:00Z"), read(501, "0001-01-01T00:00:00Z")]).is_err());
    assert_eq!(cursors(), "500|", "all or none");
    marks.mark(&[read(500, "2026-03-02T10:00:00Z"), read(501, "2026-03-02T10:00:00Z")]).unwrap();
    assert_eq!(cursors(), "500|2026-03-02 10:00:00\n501|2026-03-02 10:00:00");
    marks.mark(&[]).unwrap();
}

#[test]
fn hosts_that_mark_the_same_conversations_do_not_wait_for_each_other_for_ever() {
    let mut office = office();
    for number in 0..40 {
        office.asks(&format!("more{number}"), "x");
    }
    let mirror = Mirror::of(&office);
    let mut writer = mirror.connect();
    let hosts: Vec<_> = [false, true]
        .into_iter()
        .map(|backwards| {
            let mut marks = marks(&mirror);
            thread::spawn(move || {
                for minute in 0..20 {
                    let mut all: Vec<Read> =
                        (500..540).map(|id| read(id, &format!("2026-03-02T09:{minute:02}:00Z"))).collect();
                    if backwards {
                        all.reverse();
                    }
                    marks.mark(&all).unwrap();
                }
            })
        })
        .collect();
    for id in 500..540 {
        let at = Utc::now().timestamp_millis();
        let sql = format!(
            "INSERT INTO read_cursors VALUES ({id}, 'agent', 1, {at})
             ON CONFLICT (conversation_id, reader_type, reader_id) DO UPDATE SET last_seen_at = excluded.last_seen_at"
        );
        writer.batch_execute(&sql).unwrap();
    }
    hosts.into_iter().for_each(|host| host.join().unwrap());
    assert_eq!(mirror.ask("SELECT count(*) FROM read_cursors WHERE last_seen_at IS NOT NULL"), "40");
    assert_eq!(mirror.ask("SELECT deadlocks FROM pg_stat_database WHERE datname = 'chat'"), "0");
}

#[test]
fn a_mark_that_cannot_be_written_is_said_and_costs_no_mail() {
    let (office, server) = (office(), SmtpServer::start(Tls::Never));
    let mirror = Mirror::of(&office);
    mirror.write(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not today'; END $$;
         CREATE TRIGGER refuse BEFORE INSERT ON read_cursors FOR EACH ROW EXECUTE FUNCTION refuse()",
    );
    settings(office.folder(), &mirror.url("postgres"), "mark_read_after_email = true", server.port);
    let said = ends_with(&run(office.folder(), &["run"]), 0);
    assert!(said.contains("mark conversations as read") && said.contains("not today"), "{said}");
    assert_eq!(server.accepted().len(), 1);
}

#[test]
fn a_standby_is_read_and_what_would_be_written_there_is_refused() {
    let (office, server) = (office(), SmtpServer::start(Tls::Never));
    let mirror = Mirror::of(&office);
    let standby = mirror.server.standby().unwrap();
    let url = format!("postgres://postgres@/chat?host={}", standby.host().display());
    settings(office.folder(), &url, "mark_read_after_email = true", server.port);
    for command in ["check", "run"] {
        let said = ends_with(&run(office.folder(), &[command]), 78);
        assert!(said.contains("standby") && said.contains("name the primary in desk.url"), "{said}");
    }
    settings(office.folder(), &url, "", server.port);
    ends_with(&run(office.folder(), &["run"]), 0);
    assert_eq!(server.accepted().len(), 1);
}
