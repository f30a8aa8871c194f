//! The same tests a second time, with every ledger on a real PostgreSQL server.

use std::env;
use std::process::Command;

use super::books::ON;
use crate::servers::Postgres;

/// Whether this is the second time.
pub fn is_on_postgresql() -> bool {
    env::var_os(ON).is_some()
}

/// Runs the tests of this program again but those whose names contain one of `of_files`; at least so many must run, and
/// at least as many ledgers stand on the server behind them.
#[track_caller]
pub fn hold_on_postgresql_too(at_least: usize, of_files: &[&str]) {
    let cluster = Postgres::start().unwrap();
    let mut suite = Command::new(env::current_exe().unwrap());
    suite.env(ON, cluster.host()).args(["--skip", "holds_on_postgresql_too"]);
    for only in of_files {
        suite.args(["--skip", only]);
    }
    let output = suite.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let ran = said.lines().filter(|line| line.ends_with("... ok")).count();
    assert!(ran >= at_least, "{ran} tests ran: {said}");
    let made = cluster.ask("postgres", "SELECT count(*) FROM pg_tables WHERE tablename = 'doorbell_meta'").unwrap();
    assert!(made.trim().parse::<usize>().unwrap() >= at_least, "{ran} tests made {made} ledgers: {said}");
}
