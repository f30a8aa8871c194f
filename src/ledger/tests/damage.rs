//! A ledger file in which bytes have changed: an error, never a panic, and never begun anew in silence.

use rusqlite::Connection;
use std::fs;

use super::*;

/// A ledger of which the text of its tables was changed, as by a fault of the disk.
fn damaged(change: &str) -> Ledger {
    let ledger = Ledger::in_memory().unwrap();
    ledger.connection().execute_batch("PRAGMA writable_schema = ON").unwrap();
    ledger.connection().execute_batch(&format!("UPDATE sqlite_schema SET sql = {change}")).unwrap();
    // another number has the tables read again
    ledger.connection().execute_batch("PRAGMA writable_schema = OFF; PRAGMA schema_version = 99").unwrap();
    ledger
}

#[test]
fn a_column_whose_name_is_no_text_is_copied_like_any_other() {
    let ledger = damaged("replace(sql, 'deliveries', CAST(x'64ff' AS TEXT)) WHERE name = 'doorbell_hold'");
    assert!(ledger.held().is_err(), "the damage is there");
    let ledger = damaged("replace(sql, 'shown', CAST(x'73ff' AS TEXT)) WHERE name = 'doorbell_block'");
    ledger.copy_before(nine()).unwrap();
}

#[test]
fn a_file_that_has_lost_its_tables_is_not_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    drop(Ledger::open(&path).unwrap());
    let mut bytes = fs::read(&path).unwrap();
    // the root page as an empty leaf (SQLite's file format, section 1.6)
    (bytes[100], bytes[103], bytes[104]) = (13, 0, 0);
    fs::write(&path, &bytes).unwrap();
    for opened in [Ledger::open(&path), Ledger::open_to_read(&path)] {
        let error = format!("{:#}", opened.unwrap_err());
        assert!(error.contains("damaged") && error.contains("backup"), "{error}");
    }
    assert!(fs::read(&path).unwrap() == bytes, "nothing was written");
}

#[test]
fn a_file_whose_tables_were_dropped_is_a_new_ledger() {
    let folder = tempfile::tempdir().unwrap();
    for vacuum in ["NONE", "FULL"] {
        let path = folder.path().join(vacuum);
        let connection = Connection::open(&path).unwrap();
        let made_and_dropped = "CREATE TABLE a(b); CREATE INDEX c ON a(b); DROP TABLE a;";
        connection.execute_batch(&format!("PRAGMA auto_vacuum = {vacuum}; {made_and_dropped}")).unwrap();
        drop(connection);
        Ledger::open_to_read(&path).unwrap();
        Ledger::open(&path).unwrap();
    }
}
