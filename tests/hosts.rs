//! Many hosts on one PostgreSQL: they share the work, a slot fires once among them, one takes over what another leaves.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod mirror;
mod office;
mod servers;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use mirror::Mirror;
use office::Office;
use servers::{Act, At, PGBOUNCER_PORT, PgBouncer, SmtpServer, Tls};

/// Waits for what must come soon: far longer than it takes.
const SOON: Duration = Duration::from_secs(50);

/// A desk of so many people who wait to hear, each about a conversation of an hour ago.
fn desk(people: usize) -> Mirror {
    let mut office = Office::new();
    office.at(&(Utc::now() - TimeDelta::hours(1)).to_rfc3339()).contact("tom");
    for number in 0..people {
        let (agent, conversation) = (format!("ada{number}"), format!("c{number}"));
        office.agent(&agent).asks(&conversation, "where is my order?").assign(&conversation, &agent);
    }
    Mirror::of(&office)
}

/// A machine with settings of its own, and nothing else.
struct Host {
    folder: tempfile::TempDir,
    /// Seconds by which its clock is wrong.
    ahead: i64,
}

impl Host {
    fn new(url: &str, more: &str, port: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "[desk]\nurl = \"{url}\"\n{more}\n
             [email]\nfrom = \"Desk <desk@example.com>\"\nserver = \"127.0.0.1:{port}\"\nsecurity = \"none\"\n
             lanes = 2\non_ambiguous = \"hold\"\n
             [rule.reminder]\nwatch = \"unreplied\"\nschedule = {{ every = \"1h\" }}\ntell = [\"assignee\"]\n"
        );
        fs::write(folder.path().join("doorbell.toml"), text).unwrap();
        Self { folder, ahead: 0 }
    }

    /// The same machine with a clock that is so many seconds ahead.
    fn ahead(self, seconds: i64) -> Self {
        Self { ahead: seconds, ..self }
    }

    /// The same machine, where this becomes of what may have arrived.
    fn in_doubt(self, policy: &str) -> Self {
        let file = self.folder.path().join("doorbell.toml");
        let text = fs::read_to_string(&file).unwrap();
        fs::write(file, text.replace("on_ambiguous = \"hold\"", &format!("on_ambiguous = \"{policy}\""))).unwrap();
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doorbell"));
        command.current_dir(self.folder.path()).args(arguments).stdin(Stdio::null()).env_remove("DOORBELL_CONFIG");
        if self.ahead != 0 {
            command.env("LD_PRELOAD", faketime()).env("FAKETIME", format!("{:+}s", self.ahead));
        }
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn start(&self) -> Child {
        self.command(&["run", "--format", "json"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
    }
}

fn faketime() -> PathBuf {
    let library = env::var_os("DOORBELL_FAKETIME").map_or_else(
        || PathBuf::from(format!("/usr/lib/{}-linux-gnu/faketime/libfaketimeMT.so.1", env::consts::ARCH)),
        PathBuf::from,
    );
    assert!(library.is_file(), "install the package libfaketime, or name its library in DOORBELL_FAKETIME");
    library
}

#[track_caller]
fn ends_with(output: &Output, status: i32) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(status), "{said}");
    said
}

/// How many mails each person got.
fn mails(server: &SmtpServer) -> BTreeMap<String, usize> {
    let mut mails = BTreeMap::new();
    for mail in server.accepted() {
        *mails.entry(mail.recipients[0].clone()).or_default() += 1;
    }
    mails
}

fn ask(mirror: &Mirror, sql: &str) -> String {
    mirror.server.ask("chat", sql).unwrap().trim().to_owned()
}

#[track_caller]
fn soon(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < SOON, "{what} did not come");
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn hosts_share_the_work_of_one_slot() {
    let server = SmtpServer::start(Tls::Never).at(At::Taken, Act::Late(b"250 taken\r\n".to_vec(), 100));
    let mirror = desk(60);
    let hosts = [(); 4].map(|()| Host::new(&mirror.url("postgres"), "", server.port));
    let passes = hosts.each_ref().map(Host::start);
    let sent = passes.map(|pass| {
        let output = pass.wait_with_output().unwrap();
        let report: serde_json::Value = serde_json::from_str(&ends_with(&output, 0)).unwrap();
        report["sent"].as_u64().unwrap()
    });
    assert_eq!(sent.iter().sum::<u64>(), 60, "{sent:?}");
    assert!(sent.iter().filter(|sent| **sent > 0).count() > 1, "one did it all: {sent:?}");
    assert!(mails(&server).values().all(|count| *count == 1) && mails(&server).len() == 60);
    assert_eq!(ask(&mirror, "SELECT count(*) FROM doorbell_slot WHERE rule = 'reminder'"), "1");
}

#[test]
fn hosts_whose_clocks_differ_fire_a_slot_once_and_one_takes_over_from_the_other() {
    // slow enough to be killed in the middle
    let server = SmtpServer::start(Tls::Never).at(At::Taken, Act::Late(b"250 taken\r\n".to_vec(), 300));
    let mirror = desk(12);
    let right = Host::new(&mirror.url("postgres"), "", server.port);
    let wrong = Host::new(&mirror.url("postgres"), "", server.port).ahead(300);
    let mut killed = wrong.start();
    soon("a mail on the wire", || mails(&server).len() >= 4);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let on_the_wire: usize =
        ask(&mirror, "SELECT count(*) FROM doorbell_delivery WHERE state = 'sending'").parse().unwrap();
    assert!((1..=2).contains(&on_the_wire), "{on_the_wire}");
    let began = Instant::now();
    // what is in doubt waits for a person, as the settings say
    ends_with(&right.run(&["run"]), 1);
    assert!(began.elapsed() < Duration::from_mins(1), "{:?}", began.elapsed());
    ends_with(&wrong.run(&["run"]), 0);
    let states = ask(&mirror, "SELECT state, count(*) FROM doorbell_delivery GROUP BY state ORDER BY state");
    assert_eq!(states, format!("sent|{}\nunknown|{on_the_wire}", 12 - on_the_wire));
    assert!(mails(&server).values().all(|count| *count == 1), "{:?}", mails(&server));
    assert_eq!(mails(&server).len(), 12);
    assert_eq!(ask(&mirror, "SELECT count(*) FROM doorbell_slot WHERE rule = 'reminder'"), "1");
    // the server's clock counts, and not that of the host
    let newest = "SELECT max(started_at) <= extract(epoch FROM now()) * 1000 FROM doorbell_pass";
    assert_eq!(ask(&mirror, newest), "t");
}

#[test]
fn what_a_living_host_has_in_hand_is_left_to_it() {
    let server = SmtpServer::start(Tls::Never).at(At::Taken, Act::Late(b"250 taken\r\n".to_vec(), 3_000));
    let mirror = desk(2);
    let (slow, other) =
        (Host::new(&mirror.url("postgres"), "", server.port), Host::new(&mirror.url("postgres"), "", server.port));
    let at_work = slow.start();
    soon("a mail on the wire", || {
        ask(&mirror, "SELECT count(*) FROM pg_tables WHERE tablename = 'doorbell_delivery'") == "1"
            && ask(&mirror, "SELECT count(*) FROM doorbell_delivery WHERE state = 'sending'") == "2"
    });
    ends_with(&other.run(&["run"]), 0);
    ends_with(&at_work.wait_with_output().unwrap(), 0);
    assert_eq!(ask(&mirror, "SELECT state, ambiguous FROM doorbell_delivery"), "sent|0\nsent|0");
    assert_eq!(mails(&server).values().sum::<usize>(), 2);
}

/// Ends the connection of that name, as an administrator or a restart would.
fn terminate(mirror: &Mirror, name: &str) {
    let ended = ask(
        mirror,
        &format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{name}'"),
    );
    assert_eq!(ended, "t", "{name}");
}

/// Starts a pass over six people and waits until the first mails are on the wire.
fn at_work(mirror: &Mirror, host: &Host) -> Child {
    let pass = host.start();
    soon("a mail on the wire", || {
        ask(mirror, "SELECT count(*) FROM pg_tables WHERE tablename = 'doorbell_delivery'") == "1"
            && ask(mirror, "SELECT count(*) FROM doorbell_delivery WHERE state = 'sending'") == "2"
    });
    pass
}

#[test]
fn a_pass_whose_ledger_is_cut_off_connects_again_and_tells_nobody_twice() {
    let server = SmtpServer::start(Tls::Never).at(At::Taken, Act::Late(b"250 taken\r\n".to_vec(), 1_500));
    let mirror = desk(6);
    let host = Host::new(&mirror.url("postgres"), "", server.port);
    let pass = at_work(&mirror, &host);
    terminate(&mirror, "doorbell ledger");
    ends_with(&pass.wait_with_output().unwrap(), 0);
    ends_with(&host.run(&["run"]), 0);
    assert_eq!(ask(&mirror, "SELECT state, ambiguous, count(*) FROM doorbell_delivery GROUP BY 1, 2"), "sent|0|6");
    assert_eq!(mails(&server).values().copied().collect::<Vec<_>>(), [1; 6]);
}

#[test]
fn a_pass_whose_desk_is_cut_off_writes_what_its_mails_were_answered() {
    let server = SmtpServer::start(Tls::Never).at(At::Taken, Act::Late(b"250 taken\r\n".to_vec(), 1_500));
    // more than are claimed at once, so that the desk is asked again
    let mirror = desk(20);
    let host = Host::new(&mirror.url("postgres"), "", server.port);
    let pass = at_work(&mirror, &host);
    terminate(&mirror, "doorbell desk");
    ends_with(&pass.wait_with_output().unwrap(), 75);
    assert_eq!(ask(&mirror, "SELECT count(*) FROM doorbell_delivery WHERE state IN ('claimed','sending')"), "0");
    ends_with(&host.run(&["run"]), 0);
    assert_eq!(ask(&mirror, "SELECT state, ambiguous, count(*) FROM doorbell_delivery GROUP BY 1, 2"), "sent|0|20");
    assert_eq!(mails(&server).values().copied().collect::<Vec<_>>(), [1; 20]);
}

#[test]
fn a_host_with_other_rules_leaves_what_it_does_not_know_to_the_others() {
    let server = SmtpServer::start(Tls::Never);
    let mirror = desk(4);
    let (old, new) = (Host::new(&mirror.url("postgres"), "", 9), Host::new(&mirror.url("postgres"), "", server.port));
    let settings = new.folder.path().join("doorbell.toml");
    let text = fs::read_to_string(&settings).unwrap();
    // the mails of the first host find no server, and wait; the second has another rule, and no idea of the first one
    ends_with(&old.run(&["run"]), 75);
    mirror.write("UPDATE doorbell_delivery SET next_attempt_at = 0; DELETE FROM doorbell_outage");
    fs::write(&settings, text.replace("[rule.reminder]", "[rule.other]").replace("unreplied", "assigned")).unwrap();
    ends_with(&new.run(&["run"]), 0);
    assert_eq!(ask(&mirror, "SELECT state, count(*) FROM doorbell_delivery GROUP BY 1"), "queued|4");
    mirror.write("UPDATE doorbell_delivery SET next_attempt_at = 0");
    fs::write(&settings, text).unwrap();
    ends_with(&new.run(&["run"]), 0);
    assert_eq!(mails(&server).len(), 4);
}

/// A host whose database lets nobody in from the moment that mails are on the wire; the next pass finds it open again.
/// Answers how many mails were on the wire.
fn shut_out(server: &SmtpServer, policy: &str) -> (Mirror, Host, usize) {
    let mirror = desk(12);
    let host = Host::new(&mirror.url("postgres"), "", server.port).in_doubt(policy);
    let pass = at_work(&mirror, &host);
    let elsewhere = |sql: &str| mirror.server.ask("postgres", sql).unwrap();
    elsewhere("ALTER DATABASE chat ALLOW_CONNECTIONS false");
    elsewhere("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'doorbell %'");
    ends_with(&pass.wait_with_output().unwrap(), 75);
    elsewhere("ALTER DATABASE chat ALLOW_CONNECTIONS true");
    let on_the_wire = "SELECT count(*) FROM doorbell_delivery WHERE state = 'sending'";
    let on_the_wire: usize = ask(&mirror, on_the_wire).parse().unwrap();
    assert!((1..=2).contains(&on_the_wire) && mails(server).len() < 12, "{on_the_wire}: {:?}", mails(server));
    (mirror, host, on_the_wire)
}

fn what_was_on_the_wire_is_held() {
    let server = SmtpServer::start(Tls::Never).at(At::Taken, Act::Late(b"250 taken\r\n".to_vec(), 1_000));
    let (mirror, host, on_the_wire) = shut_out(&server, "hold");
    ends_with(&host.run(&["run"]), 1);
    let states = ask(&mirror, "SELECT state, count(*) FROM doorbell_delivery GROUP BY state ORDER BY state");
    assert_eq!(states, format!("sent|{}\nunknown|{on_the_wire}", 12 - on_the_wire));
    assert!(mails(&server).values().all(|count| *count == 1), "{:?}", mails(&server));
}

fn at_most_what_was_on_the_wire_is_repeated() {
    let server = SmtpServer::start(Tls::Never).at(At::Taken, Act::Late(b"250 taken\r\n".to_vec(), 1_000));
    let (mirror, host, on_the_wire) = shut_out(&server, "resend");
    ends_with(&host.run(&["run"]), 0);
    assert_eq!(ask(&mirror, "SELECT state, count(*) FROM doorbell_delivery GROUP BY state"), "sent|12");
    let counts = mails(&server);
    assert_eq!(counts.len(), 12);
    assert!(counts.values().sum::<usize>() <= 12 + on_the_wire && counts.values().all(|it| *it <= 2), "{counts:?}");
}

#[test]
fn x4_a_ledger_that_is_gone_in_the_middle_of_a_pass_loses_nothing_and_repeats_at_most_what_was_on_the_wire() {
    // at the same time: a pass waits for its ledger for more than a minute
    thread::scope(|scope| {
        scope.spawn(what_was_on_the_wire_is_held);
        scope.spawn(at_most_what_was_on_the_wire_is_repeated);
    });
}

fn by_pooler(pooler: &PgBouncer) -> String {
    format!("[ledger]\nurl = \"postgres://postgres@/chat?host={}&port={PGBOUNCER_PORT}\"", pooler.host().display())
}

#[test]
fn a_pooler_in_transaction_mode_is_refused_and_one_in_session_mode_is_not() {
    let server = SmtpServer::start(Tls::Never);
    let mirror = desk(1);
    let run = |mode: &str, more: &str| {
        let pooler = PgBouncer::start(&mirror.server, mode, more).unwrap();
        Host::new(&mirror.url("postgres"), &by_pooler(&pooler), server.port).run(&["run"])
    };
    // as it stands, and where it was told to overlook what it does not know
    for more in ["", "ignore_startup_parameters = options"] {
        let said = ends_with(&run("transaction", more), 78);
        assert!(said.contains("pooler in transaction mode") && said.contains("ledger.url"), "{said}");
        assert_eq!(mails(&server).len(), 0);
    }
    ends_with(&run("session", ""), 0);
    assert_eq!(mails(&server).len(), 1);
}

#[test]
fn a_user_who_may_not_make_tables_is_told_what_to_ask_for() {
    let mirror = desk(1);
    mirror.write("CREATE ROLE reader LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader");
    let host = Host::new(&mirror.url("reader"), "", 9);
    let said = ends_with(&host.run(&["run"]), 78);
    assert!(said.contains("CREATE SCHEMA doorbell AUTHORIZATION"), "{said}");
    // and with that it works: tables of its own, in a schema of its own
    mirror.write("CREATE SCHEMA reader AUTHORIZATION reader");
    let server = SmtpServer::start(Tls::Never);
    let host = Host::new(&mirror.url("reader"), "", server.port);
    ends_with(&host.run(&["run"]), 0);
    assert_eq!(mails(&server).len(), 1);
    assert_eq!(
        ask(&mirror, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'doorbell%'"),
        "0"
    );
    // what others ask of the ledger they are told
    ends_with(&host.run(&["status"]), 0);
    let said = ends_with(&host.run(&["explain", "--for", "ada0@example.com"]), 0);
    assert!(said.contains("(delivery 1)"), "{said}");
    ends_with(&host.run(&["check"]), 0);
}

#[test]
fn a_ledger_that_is_away_or_of_a_newer_doorbell_stops_the_pass_before_anybody_is_told() {
    let server = SmtpServer::start(Tls::Never);
    let mirror = desk(1);
    let away = "[ledger]\nurl = \"postgres://postgres@127.0.0.1:9/chat\"";
    let said = ends_with(&Host::new(&mirror.url("postgres"), away, server.port).run(&["run"]), 75);
    assert!(said.contains("reach ledger chat at 127.0.0.1:9"), "{said}");
    let host = Host::new(&mirror.url("postgres"), "", server.port);
    ends_with(&host.run(&["pause"]), 0);
    mirror.write("UPDATE doorbell_meta SET value = '99' WHERE key = 'version'");
    let said = ends_with(&host.run(&["run"]), 78);
    assert!(said.contains("upgrade doorbell"), "{said}");
    assert_eq!(mails(&server).len(), 0);
}

#[test]
fn a_ledger_that_was_copied_to_another_server_is_refused() {
    let server = SmtpServer::start(Tls::Never);
    let (mirror, elsewhere) = (desk(1), Mirror::start());
    let at = |ledger: &Mirror| {
        Host::new(&mirror.url("postgres"), &format!("[ledger]\nurl = \"{}\"", ledger.url("postgres")), server.port)
    };
    ends_with(&at(&mirror).run(&["run"]), 0);
    let home = ask(&mirror, "SELECT value FROM doorbell_meta WHERE key = 'home'");
    ends_with(&at(&elsewhere).run(&["pause"]), 0);
    elsewhere.write(&format!("INSERT INTO doorbell_meta VALUES ('home', '{home}')"));
    ends_with(&at(&elsewhere).run(&["resume"]), 0);
    let said = ends_with(&at(&elsewhere).run(&["run"]), 78);
    assert!(said.contains("doorbell adopt"), "{said}");
    ends_with(&at(&elsewhere).run(&["adopt"]), 0);
    ends_with(&at(&elsewhere).run(&["run"]), 0);
}
