//! A desk on PostgreSQL: its schema, whole passes of the real binary, hosts that write and migrate at the same time, and
//! servers that are away or do not let us in.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod mirror;
mod office;
mod servers;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use doorbell::config::Config;
use doorbell::desk::{Desk, POSTGRESQL_SCHEMA, SCHEMA, Window};
use doorbell::model::Watch;
use mail_parser::MessageParser;
use mirror::{Mirror, TABLES};
use office::Office;
use servers::{SmtpServer, Tls};

const WINDOW: Window = Window { now: DateTime::UNIX_EPOCH, before: TimeDelta::zero() };

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

// ---- the schema

/// The columns of every table, in order: name, kind, and whether it must be there.
type Tables = BTreeMap<String, Vec<(String, String, bool)>>;

fn tables_of_sqlite(connection: &rusqlite::Connection) -> Tables {
    let mut read = connection.prepare("SELECT name, type, \"notnull\" OR pk > 0 FROM pragma_table_info(?1)").unwrap();
    let mut columns = |table: &str| {
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        read.query_map([table], row).unwrap().collect::<Result<_, _>>().unwrap()
    };
    TABLES.iter().map(|table| ((*table).to_owned(), columns(table))).collect()
}

fn tables_of_postgresql(mirror: &Mirror) -> Tables {
    let mut tables = Tables::new();
    let sql = "SELECT table_name::text, column_name::text, data_type::text, is_nullable = 'NO'
               FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, ordinal_position";
    for row in mirror.connect().query(sql, &[]).unwrap() {
        let kind = match row.get(2) {
            "bigint" | "smallint" => "INTEGER",
            "text" => "TEXT",
            other => other,
        };
        tables.entry(row.get(0)).or_default().push((row.get(1), kind.to_owned(), row.get(3)));
    }
    tables
}

/// The words of each vocabulary, by table: `kind IN ('team', 'department')`.
fn vocabularies(schema: &str) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for text in schema.split("CREATE TABLE ").skip(1) {
        let (table, columns) = text.split_once(" (\n").unwrap();
        let columns = columns.split_once("\n)").unwrap().0;
        for check in columns.split("CHECK (").skip(1).filter_map(|check| check.split_once("))")) {
            if check.0.contains(" IN ('") {
                found.insert((table.to_owned(), check.0.to_owned()));
            }
        }
    }
    found
}

#[test]
fn both_schemas_have_the_same_tables_columns_and_vocabularies() {
    let sqlite = rusqlite::Connection::open_in_memory().unwrap();
    sqlite.execute_batch(SCHEMA).unwrap();
    let mirror = Mirror::start();
    assert_eq!(tables_of_postgresql(&mirror), tables_of_sqlite(&sqlite));
    assert!(vocabularies(SCHEMA).len() > 10);
    assert_eq!(vocabularies(POSTGRESQL_SCHEMA), vocabularies(SCHEMA));
}

#[test]
fn both_schemas_have_the_same_indexes_and_refuse_the_same_rows() {
    let sqlite = rusqlite::Connection::open_in_memory().unwrap();
    sqlite.execute_batch(SCHEMA).unwrap();
    let sql = "SELECT i.name, i.\"unique\", i.partial FROM sqlite_schema t, pragma_index_list(t.name) i
               WHERE t.type = 'table' AND i.origin = 'c'";
    let mut read = sqlite.prepare(sql).unwrap();
    let rows = read.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let expected: BTreeSet<(String, bool, bool)> = rows.collect::<Result<_, _>>().unwrap();
    let mirror = Mirror::start();
    let mut client = mirror.connect();
    let sql = "SELECT c.relname::text, i.indisunique, i.indpred IS NOT NULL
               FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'public' AND NOT i.indisprimary";
    let rows = client.query(sql, &[]).unwrap();
    let found: BTreeSet<(String, bool, bool)> = rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    assert_eq!(found, expected);
    for wrong in [
        "INSERT INTO conversations (created_at) VALUES (1772400000)",
        "INSERT INTO conversations (created_at) VALUES (1772400000000000)",
        "INSERT INTO groups (id, name) VALUES ('7', 'Billing')",
        "INSERT INTO agents (name, active) VALUES ('Ada', 2)",
        "INSERT INTO agents (name, role) VALUES ('Ada', 'boss')",
    ] {
        assert!(sqlite.execute(wrong, []).is_err() && client.execute(wrong, &[]).is_err(), "{wrong}");
    }
}

// ---- whole passes

#[test]
fn a_pass_over_postgresql_mails_once_with_no_right_but_to_read() {
    let (office, server) = (office(), SmtpServer::start(Tls::Never));
    let mirror = Mirror::of(&office);
    mirror.write("CREATE ROLE doorbell LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO doorbell");
    settings(office.folder(), &mirror.url("doorbell"), "", server.port);
    let said = ends_with(&run(office.folder(), &["check"]), 0);
    assert!(said.contains("1 agent, 1 conversation, 1 waiting, 1 unread"), "{said}");
    let said = ends_with(&run(office.folder(), &["run", "--dry-run"]), 0);
    assert!(said.contains("1 digest would go out"), "{said}");
    for _ in 0..2 {
        assert_eq!(ends_with(&run(office.folder(), &["run"]), 0), "");
        let mails = server.accepted();
        let mail = MessageParser::default().parse(&mails[0].bytes).unwrap();
        assert_eq!((mails.len(), mails[0].recipients[0].as_str()), (1, "ada@example.com"));
        assert!(mail.body_text(0).unwrap().contains("where is my order?"));
    }
    let said = ends_with(&run(office.folder(), &["explain", "1000"]), 0);
    assert!(said.contains("Ada: told"), "{said}");
    let said = ends_with(&run(office.folder(), &["plan", "--from", "yesterday 00:00"]), 0);
    assert!(said.contains("plan from"), "{said}");
}

#[test]
fn a_changed_schema_is_one_error_that_names_what_is_gone_and_nothing_is_sent() {
    let (office, server) = (office(), SmtpServer::start(Tls::Never));
    let mirror = Mirror::of(&office);
    settings(office.folder(), &mirror.url("postgres"), "", server.port);
    for (change, parts) in [
        ("ALTER TABLE conversations DROP COLUMN subject", ["relation conversations", "no column subject"]),
        ("ALTER TABLE presence RENAME TO who_is_where", ["no relation presence", "schema.postgresql.sql"]),
        ("ALTER TABLE agents RENAME TO people", ["it has no agents", "desk.url"]),
    ] {
        mirror.write(change);
        for command in ["check", "run"] {
            let said = ends_with(&run(office.folder(), &[command]), 78);
            assert!(parts.iter().all(|part| said.contains(part)), "{change}: {said}");
        }
    }
    assert!(server.accepted().is_empty());
}

// ---- beside a host that writes and migrates

#[test]
fn two_who_write_to_one_conversation_at_once_leave_it_right() {
    let mut office = office();
    office.agent("bob");
    let mirror = Mirror::of(&office);
    let now = Utc::now().timestamp_millis();
    let say = |id: i64, sender: &str, minutes: i64| {
        format!(
            "INSERT INTO messages (id, conversation_id, sender_type, sender_id, created_at)
             VALUES ({id}, 500, '{sender}', 1, {})",
            now + minutes * 60_000
        )
    };
    let (mut one, mut other) = (mirror.connect(), mirror.connect());
    one.batch_execute(&format!("BEGIN; {}", say(1000, "agent", 1))).unwrap();
    let question = say(1001, "contact", 2);
    let writer = thread::spawn(move || other.batch_execute(&question).unwrap());
    thread::sleep(Duration::from_millis(300));
    one.batch_execute("COMMIT").unwrap();
    writer.join().unwrap();
    let row = one.query_one("SELECT waiting_since FROM conversations WHERE id = 500", &[]).unwrap();
    assert_eq!(row.get::<_, i64>(0), now + 120_000, "the reply that was written meanwhile counts");
}

#[test]
fn a_snapshot_holds_and_a_migration_waits_no_longer_than_for_it() {
    let office = office();
    let mirror = Mirror::of(&office);
    let (desk, mut host) = (mirror.desk(), mirror.connect());
    host.batch_execute("SET lock_timeout = '300ms'").unwrap();
    let waits = |desk: &Desk| desk.snapshot().unwrap().pending(Watch::Unreplied, WINDOW, None).unwrap().len();
    assert_eq!(waits(&desk), 1);
    for change in [
        "ALTER TABLE conversations ALTER COLUMN priority TYPE varchar(20)",
        "ALTER TABLE conversations ALTER COLUMN subject TYPE varchar(200)",
        "ALTER TABLE messages DROP COLUMN external_id",
    ] {
        host.batch_execute(change).unwrap_or_else(|error| panic!("{change}: {error:?}"));
        assert_eq!(waits(&desk), 1, "after {change}");
    }
    let snapshot = desk.snapshot().unwrap();
    let pending = || snapshot.pending(Watch::Unreplied, WINDOW, None).unwrap().len();
    assert_eq!(pending(), 1);
    host.batch_execute("UPDATE conversations SET status = 'resolved'").unwrap();
    assert_eq!(pending(), 1, "the desk as it was when the snapshot was taken");
    let migration = "ALTER TABLE conversations DROP COLUMN inbox_id";
    assert!(host.batch_execute(migration).is_err(), "somebody looks");
    drop(snapshot);
    host.batch_execute(migration).unwrap();
    assert_eq!(waits(&desk), 0);
}

// ---- servers that are away or do not let us in

#[test]
fn a_server_that_is_away_is_tried_again_and_one_that_refuses_is_a_matter_of_settings() {
    let office = office();
    let mirror = Mirror::of(&office);
    mirror.write("CREATE ROLE doorbell LOGIN PASSWORD 'right-secret'; CREATE ROLE blind LOGIN");
    let rules = mirror.server.host().join("data/pg_hba.conf");
    let others = fs::read_to_string(&rules).unwrap();
    fs::write(&rules, format!("local all doorbell scram-sha-256\n{others}")).unwrap();
    mirror.write("GRANT SELECT ON ALL TABLES IN SCHEMA public TO doorbell; SELECT pg_reload_conf()");
    let secret = office.folder().join("password");
    let password = |text: &str| {
        fs::write(&secret, text).unwrap();
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    };
    let by_password = "password_file = \"password\"";
    let elsewhere = mirror.url("postgres").replace("/chat", "/nowhere");
    password("wrong-secret");
    for (url, more, status, part) in [
        ("postgres://doorbell@127.0.0.1:9/chat", "", 75, "127.0.0.1:9"),
        (mirror.url("doorbell").as_str(), by_password, 78, "desk.password_file"),
        (mirror.url("doorbell").as_str(), "", 78, "desk.password_file"),
        (mirror.url("stranger").as_str(), "", 78, "desk.url"),
        (elsewhere.as_str(), "", 78, "nowhere"),
        (mirror.url("blind").as_str(), "", 78, "GRANT SELECT"),
    ] {
        settings(office.folder(), url, more, 9);
        // the server reads its rules anew a moment after it was told to
        thread::sleep(Duration::from_millis(200));
        for command in [&["run", "--dry-run"][..], &["check"]] {
            let said = ends_with(&run(office.folder(), command), status);
            assert!(said.contains(part) && !said.contains("-secret"), "{url}: {said}");
        }
    }
    password("right-secret\n");
    settings(office.folder(), &mirror.url("doorbell"), by_password, 9);
    ends_with(&run(office.folder(), &["run", "--dry-run"]), 0);
}

// ---- settings

#[track_caller]
fn refused(desk: &str, more: &str) -> String {
    let text = format!(
        "[desk]\n{desk}\n{more}\n[email]\nfrom = \"desk@example.com\"\noutbox = \"outbox\"\n
         [rule.reminder]\nwatch = \"unreplied\"\nschedule = {{ every = \"1m\" }}\ntell = [\"assignee\"]\n"
    );
    Config::parse(&text, Path::new("doorbell.toml")).unwrap_err().to_string()
}

#[test]
fn what_a_desk_that_is_only_read_cannot_do_is_refused_with_the_remedy() {
    let url = "url = \"postgres://doorbell@db/chat\"";
    let ledger = "[ledger]\npath = \"ledger.db\"";
    let texts = "[sms]\naccount = \"AC0123456789abcdef0123456789abcdef\"\nauth_token_file = \"token\"\n
                 from = \"+15005550006\"\nreplies = true";
    for (more, remedy) in [("mark_read_after_email = true", "mark_read_after_email"), ("", "sms.replies")] {
        let error = refused(&format!("{url}\nadapter = \"chatwoot\"\n{more}"), &format!("{ledger}\n{texts}"));
        assert!(error.contains(&format!("take {remedy} out")), "{error}");
    }
    for key in ["password_file", "ca_file"] {
        let error = refused(&format!("url = \"sqlite:chat.db\"\n{key} = \"file\""), "");
        assert!(error.contains(&format!("take {key} out")), "{error}");
    }
    let error = refused("url = \"postgres://doorbell:hunter2@db/chat\"", ledger);
    assert!(error.contains("password_file") && !error.contains("hunter2"), "{error}");
}
