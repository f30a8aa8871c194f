//! `make bench`: the real program beside django-post_office and Postfix's own sender, in turn and in one run.
//! Prints medians with minimum and maximum; nothing here fails a build.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "a measurement that cannot be taken should stop with its reason"
)]

#[path = "../../tests/crowd/mod.rs"]
mod crowd;
mod kill;
mod push;
mod rival;
mod server;
#[path = "../../tests/servers/mod.rs"]
mod servers;

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chrono::Utc;
use servers::{Sink, postfix_program};
use wait4::Wait4;

const DOORBELL: &str = env!("CARGO_BIN_EXE_doorbell");
const ROUNDS: usize = 3;
const QUIET_ROUNDS: usize = 20;

/// What one run of a command cost.
struct Cost {
    wall: Duration,
    cpu: Duration,
    peak_kilobytes: u64,
}

fn main() {
    if let Ok(delay) = env::var(push::SERVER) {
        push::serve(delay.parse().expect("milliseconds"));
    }
    let only = |part: &str| env::var_os(format!("DOORBELL_BENCH_ONLY_{part}")).is_some();
    if !only("SERVER") {
        push::table(number("DOORBELL_BENCH_PUSHES", 10_000));
    }
    if only("PUSHES") {
        return;
    }
    let messages = number("DOORBELL_BENCH_MESSAGES", 1_000_000);
    server::table(messages);
    if only("SERVER") {
        return;
    }
    let recipients = number("DOORBELL_BENCH_RECIPIENTS", 10_000);
    digest_pass(recipients);
    quiet_pass(messages);
    // last: what a child occupies begins with what this process does, and the server keeps each mail
    kill::table(number("DOORBELL_BENCH_KILLED", 1_000));
}

fn number(name: &str, default: i64) -> i64 {
    env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// Everybody has one to five waiting conversations; find, decide, render, send and record.
fn digest_pass(recipients: i64) {
    let folder = tempfile::tempdir().unwrap();
    let desk = folder.path().join("desk.db");
    crowd::waiting_desk(&desk, recipients, Utc::now());
    let sink = Sink::forgetful().unwrap();
    let (mut ours, mut rivals, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let here = folder.path().join(round.to_string());
        fs::create_dir(&here).unwrap();
        fs::copy(&desk, here.join("chat.db")).unwrap();
        settings(&here, sink.port);
        ours.push(run(Command::new(DOORBELL).current_dir(&here).args(["run", "--quiet"])));
        let sent = count(&here, "SELECT count(*) FROM doorbell_delivery WHERE state = 'sent'");
        assert_eq!(sent, recipients, "every recipient has a sent delivery");
        let there = rival::folder(&here, &desk, sink.port);
        rivals.push(run(&mut rival::command(&there, "queue", sink.port)));
        theirs.push(run(Command::new(postfix_program("smtp-source").unwrap()).args([
            "-d",
            "-s",
            "8",
            "-l",
            "4300",
            "-m",
            &recipients.to_string(),
            "-f",
            "desk@example.com",
            "-t",
            "ada@example.com",
            &format!("127.0.0.1:{}", sink.port),
        ])));
    }
    println!("\ndigest pass, {recipients} recipients with 1 to 5 waiting conversations, 8 lanes, synchronous=EXTRA");
    println!("{:<28} {:>24} {:>26} {:>20}", "", "mails/s", "CPU s per 1,000", "peak MB");
    let all = [("doorbell run", &ours), ("django-post_office", &rivals), ("smtp-source, ready bodies", &theirs)];
    for (name, costs) in all {
        let rate = spread(costs, |cost| recipients as f64 / cost.wall.as_secs_f64(), 0);
        let cpu = spread(costs, |cost| cost.cpu.as_secs_f64() * 1_000.0 / recipients as f64, 3);
        let peak = spread(costs, |cost| cost.peak_kilobytes as f64 / 1_024.0, 1);
        println!("{name:<28} {rate:>24} {cpu:>26} {peak:>20}");
    }
}

/// Nothing to tell: what every five minutes cost a desk that is answered.
fn quiet_pass(messages: i64) {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    crowd::quiet_desk(&here.join("chat.db"), messages, Utc::now());
    settings(here, 25);
    let pass = || run(Command::new(DOORBELL).current_dir(here).args(["run", "--quiet"]));
    pass();
    let ours: Vec<Cost> = (0..QUIET_ROUNDS).map(|_| pass()).collect();
    let nothing: Vec<Cost> = (0..QUIET_ROUNDS).map(|_| run(&mut Command::new("/bin/true"))).collect();
    println!("\nquiet pass, {messages} messages and nothing to tell, exec to exit, one commit included");
    println!("{:<28} {:>24} {:>26} {:>20}", "", "ms", "CPU ms", "peak MB");
    for (name, costs) in [("doorbell run", &ours), ("/bin/true", &nothing)] {
        let wall = spread(costs, |cost| cost.wall.as_secs_f64() * 1_000.0, 2);
        let cpu = spread(costs, |cost| cost.cpu.as_secs_f64() * 1_000.0, 2);
        let peak = spread(costs, |cost| cost.peak_kilobytes as f64 / 1_024.0, 1);
        println!("{name:<28} {wall:>24} {cpu:>26} {peak:>20}");
    }
    println!("{}", plan(here));
}

fn settings(folder: &Path, port: u16) {
    let text = format!(
        "[desk]\nurl = \"sqlite:chat.db\"\n[email]\nserver = \"127.0.0.1:{port}\"\nsecurity = \"none\"\n\
         from = \"Desk <desk@example.com>\"\n[limits]\nstorm = 1000000\n\
         [rule.reminder]\nwatch = \"unread\"\nschedule = {{ every = \"1m\" }}\n\
         tell = [\"assignee\"]\n"
    );
    fs::write(folder.join("doorbell.toml"), text).unwrap();
}

fn run(command: &mut Command) -> Cost {
    let began = Instant::now();
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let used = child.wait4().unwrap();
    let wall = began.elapsed();
    assert!(used.status.success(), "{command:?} ended with {}", used.status);
    Cost { wall, cpu: used.rusage.utime + used.rusage.stime, peak_kilobytes: used.rusage.maxrss / 1_024 }
}

/// `median (minimum to maximum)`.
fn spread(costs: &[Cost], of: impl Fn(&Cost) -> f64, digits: usize) -> String {
    spread_of(costs.iter().map(of), digits)
}

fn spread_of(values: impl Iterator<Item = f64>, digits: usize) -> String {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let (first, last) = (values[0], values[values.len() - 1]);
    format!("{:.digits$} ({first:.digits$} to {last:.digits$})", values[values.len() / 2])
}

fn count(folder: &Path, sql: &str) -> i64 {
    let connection = rusqlite::Connection::open(folder.join("chat.db")).unwrap();
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// How the database finds what waits.
fn plan(folder: &Path) -> String {
    let connection = rusqlite::Connection::open(folder.join("chat.db")).unwrap();
    let sql = "EXPLAIN QUERY PLAN SELECT id FROM conversations WHERE unread_since IS NOT NULL AND status = 'open'";
    connection.query_row(sql, [], |row| row.get::<_, String>(3)).unwrap()
}
