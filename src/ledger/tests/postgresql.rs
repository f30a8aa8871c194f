//! The same suite over a ledger on a real PostgreSQL server.

#[path = "../../../tests/servers/postgres.rs"]
#[allow(unreachable_pub, dead_code, reason = "the tests of the whole program use it as well")]
mod postgres;
#[path = "../../../tests/servers/programs.rs"]
#[allow(unreachable_pub, reason = "the tests of the whole program use it as well")]
mod programs;

use std::env;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use self::postgres::Postgres;
use super::*;
use crate::server::connect;

/// Names the folder of the server's socket to the tests that are to run on it.
const ON: &str = "DOORBELL_TEST_LEDGERS_ON";
/// What only a file can suffer, and faults that are planted with triggers of `SQLite`.
const OF_FILES: [&str; 4] = ["damage", "versions", "every_planted_fault_is_found", "postgresql"];

/// How many times fewer schedules a test has time for: a statement is a question to another process here.
pub(super) fn slowness() -> u64 {
    if env::var_os(ON).is_some() { 25 } else { 1 }
}

/// A ledger of nobody: in memory, or in a schema of its own on the server that the suite runs on.
pub(super) fn empty_ledger() -> Ledger {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let Ok(host) = env::var(ON) else { return Ledger::in_memory().unwrap() };
    let name = format!("ledger_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let server = |options: &str| Server {
        address: format!("postgres://postgres@/postgres?host={}{options}", host.replace('/', "%2F")).parse().unwrap(),
        password_file: None,
        ca_file: None,
        folder: "/".into(),
    };
    let maker = server("");
    connect(&maker.address, maker.access()).unwrap().batch_execute(&format!("CREATE SCHEMA {name}")).unwrap();
    Ledger::at(&Place::Server(Box::new(server(&format!("&options=-csearch_path%3D{name}"))))).unwrap()
}

#[test]
fn the_whole_suite_holds_on_postgresql_too() {
    let cluster = Postgres::start().unwrap();
    let mut suite = Command::new(env::current_exe().unwrap());
    suite.arg("ledger::tests::").env(ON, cluster.host()).env("PROPTEST_CASES", "25");
    for only in OF_FILES {
        suite.args(["--skip", only]);
    }
    let output = suite.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let ran = said.lines().filter(|line| line.ends_with("... ok")).count();
    assert!(ran > 30, "hardly anything ran: {said}");
}
