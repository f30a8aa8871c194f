//! Desk and ledger on PostgreSQL: a pass over a large desk, alone and shared by many processes.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use doorbell::desk::POSTGRESQL_SCHEMA;

use crate::servers::{Postgres, Sink, finish};
use crate::{Cost, DOORBELL, QUIET_ROUNDS, ROUNDS, run, spread, spread_of};

/// How many people the desk has: each hears of one of the conversations that wait.
const PEOPLE: i64 = 3_000;
const HOSTS: [usize; 3] = [1, 2, 8];

/// Prints what passes over a desk of so many messages cost.
pub(crate) fn table(messages: i64) {
    let cluster = Postgres::start().unwrap();
    // as safe as servers are: the tests' own settings are not
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        cluster.ask("postgres", &format!("ALTER SYSTEM SET {setting} = on")).unwrap();
    }
    cluster.ask("postgres", "SELECT pg_reload_conf()").unwrap();
    fill(&cluster, messages);
    let sink = Sink::forgetful().unwrap();
    let folder = tempfile::tempdir().unwrap();
    settings(folder.path(), &cluster, sink.port);
    println!("\ndesk and ledger on PostgreSQL, {messages} messages, on a socket, fsync and synchronous_commit on");
    println!("{:<52} {:>26} {:>12}", "", "ms", "pages");
    let quiet = || (0..QUIET_ROUNDS).map(|_| pass(folder.path())).collect::<Vec<_>>();
    pass(folder.path());
    line("quiet pass, nothing waits", &cluster, quiet);
    wait(&cluster);
    let mut firsts = Vec::new();
    for hosts in HOSTS {
        let walls: Vec<f64> = (0..ROUNDS).map(|_| first(folder.path(), &cluster, hosts).as_secs_f64()).collect();
        firsts.push((hosts, walls));
    }
    line("3,000 wait, all were told", &cluster, quiet);
    println!("\nof 3,000 mails at once, from the first start to the last end");
    for (hosts, walls) in firsts {
        let seconds = spread_of(walls.iter().copied(), 2);
        let rate = spread_of(walls.iter().map(|wall| 3_000.0 / wall), 0);
        println!("{:<52} {seconds:>26} s {rate:>26} mails/s", format!("{hosts} processes on one slot, 8 lanes each"));
    }
}

/// A desk in which every conversation was answered.
fn fill(cluster: &Postgres, messages: i64) {
    let script = format!(
        "CREATE DATABASE chat;
         \\c chat
         {POSTGRESQL_SCHEMA}
         SET session_replication_role = replica; SET synchronous_commit = off;
         INSERT INTO contacts(id, name, kind) VALUES (1, 'Tom Miller', 'contact');
         INSERT INTO agents(id, name, email) SELECT n, 'Agent ' || n, 'agent' || n || '@example.com'
           FROM generate_series(1, {PEOPLE}) n;
         INSERT INTO conversations(id, number, subject, contact_id, assignee_id, created_at)
           SELECT n, n, 'The second chair', 1, n % {PEOPLE} + 1, began FROM generate_series(1, {messages} / 10) n,
             (SELECT (extract(epoch FROM now()) * 1000)::bigint - 7776000000 AS began) t;
         INSERT INTO messages(conversation_id, sender_type, sender_id, body, created_at)
           SELECT n / 10 + 1, CASE WHEN n % 2 = 0 THEN 'contact' ELSE 'agent' END, 1,
             'Hello, I ordered two of the grey chairs last Thursday and only one has arrived. Where is the other?', began + n
           FROM generate_series(0, {messages} - 1) n,
             (SELECT (extract(epoch FROM now()) * 1000)::bigint - 7776000000 AS began) t;
         INSERT INTO read_cursors(conversation_id, reader_type, reader_id, last_seen_at)
           SELECT id, 'agent', assignee_id, (extract(epoch FROM now()) * 1000)::bigint FROM conversations;
         SET session_replication_role = origin;
         SELECT conversations_derive();
         VACUUM ANALYZE;"
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), script).unwrap();
    finish(cluster.client("postgres").unwrap().arg("-f").arg(file.path())).unwrap();
}

/// Lets somebody write to everybody, an hour ago.
fn wait(cluster: &Postgres) {
    let ask = format!(
        "INSERT INTO messages(conversation_id, sender_type, sender_id, body, created_at)
         SELECT id, 'contact', 1, 'And where is it now?', (extract(epoch FROM now()) * 1000)::bigint - 3600000
         FROM conversations WHERE id <= {PEOPLE};
         ANALYZE conversations"
    );
    for statement in ask.split(";\n") {
        cluster.ask("chat", statement).unwrap();
    }
}

fn settings(folder: &Path, cluster: &Postgres, port: u16) {
    let text = format!(
        "[desk]\nurl = \"postgres://postgres@/chat?host={}\"\n[email]\nserver = \"127.0.0.1:{port}\"\n\
         security = \"none\"\nfrom = \"Desk <desk@example.com>\"\n[limits]\nstorm = 1000000\n\
         [rule.reminder]\nwatch = \"unreplied\"\nschedule = {{ every = \"1m\" }}\ntell = [\"assignee\"]\n",
        cluster.host().display()
    );
    fs::write(folder.join("doorbell.toml"), text).unwrap();
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(DOORBELL);
    command.current_dir(folder).args(["run", "--quiet"]);
    command
}

fn pass(folder: &Path) -> Cost {
    run(command(folder).arg("--ignore-schedule"))
}

/// So many processes at once, with nobody told yet; answers how long it took until the last had ended.
fn first(folder: &Path, cluster: &Postgres, hosts: usize) -> Duration {
    let forget = "DO $$ DECLARE t text; BEGIN FOR t IN SELECT tablename FROM pg_tables
        WHERE tablename LIKE 'doorbell%' OR tablename = 'in_app_notifications'
        LOOP EXECUTE 'DROP TABLE ' || t || ' CASCADE'; END LOOP; END $$";
    cluster.ask("chat", forget).unwrap();
    let began = Instant::now();
    let mut passes: Vec<Child> =
        (0..hosts).map(|_| command(folder).stdin(Stdio::null()).spawn().expect("doorbell")).collect();
    for pass in &mut passes {
        assert!(pass.wait().unwrap().success());
    }
    let took = began.elapsed();
    let sent =
        cluster.ask("chat", "SELECT count(*), count(DISTINCT recipient) FROM doorbell_delivery WHERE state = 'sent'");
    assert_eq!(sent.unwrap().trim(), format!("{PEOPLE}|{PEOPLE}"), "everybody is told once");
    took
}

/// What passes cost, and how many pages each looks at.
fn line(what: &str, cluster: &Postgres, passes: impl Fn() -> Vec<Cost>) {
    let pages = || -> f64 {
        // what a session looked at is counted once it has ended
        let read = "SELECT blks_hit + blks_read FROM pg_stat_database WHERE datname = 'chat'";
        cluster.ask("postgres", read).unwrap().trim().parse().unwrap()
    };
    let before = pages();
    let costs = passes();
    let each = (pages() - before) / costs.len() as f64;
    let wall = spread(&costs, |cost| cost.wall.as_secs_f64() * 1_000.0, 1);
    println!("{what:<52} {wall:>26} {each:>12.0}");
}
