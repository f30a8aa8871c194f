//! The database servers that tests start for themselves.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod servers;

use servers::{MariaDb, Postgres};

#[test]
fn a_postgresql_cluster_of_ones_own_answers() {
    let one = Postgres::start().unwrap();
    let other = Postgres::start().unwrap();
    one.ask("postgres", "CREATE TABLE here AS SELECT 1 AS n").unwrap();
    assert_eq!(one.ask("postgres", "SELECT n FROM here").unwrap(), "1\n");
    assert_eq!(other.ask("postgres", "SELECT count(*) FROM pg_tables WHERE tablename = 'here'").unwrap(), "0\n");
    assert!(other.ask("postgres", "SELECT n FROM here").unwrap_err().contains("does not exist"));
}

#[test]
fn a_mariadb_server_of_ones_own_answers() {
    let one = MariaDb::start().unwrap();
    let other = MariaDb::start().unwrap();
    one.ask("mysql", "CREATE DATABASE desk; CREATE TABLE desk.here AS SELECT 1 AS n").unwrap();
    assert_eq!(one.ask("desk", "SELECT n FROM here").unwrap(), "1\n");
    assert!(other.ask("mysql", "SELECT n FROM desk.here").unwrap_err().contains("doesn't exist"));
}
