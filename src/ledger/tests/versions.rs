//! Ledgers that other versions of doorbell wrote.

use super::*;
use crate::model::{Gateway, Provider};
use rusqlite::Connection;

#[test]
fn a_ledger_of_a_newer_doorbell_is_refused_and_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    drop(Ledger::open(&path).unwrap());
    let connection = Connection::open(&path).unwrap();
    connection.execute("UPDATE doorbell_meta SET value = '99' WHERE key = 'version'", []).unwrap();
    let error = Ledger::open(&path).unwrap_err();
    assert!(
        format!("{error:#}").contains("version 99") && error.chain().any(<dyn std::error::Error>::is::<LedgerError>),
        "{error:#}"
    );
}

#[test]
fn a_ledger_of_version_1_is_brought_up_to_date_with_all_that_waits_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../001.sql")).unwrap();
    old.execute_batch(
        "INSERT INTO doorbell_meta VALUES ('version', '1'), ('install_id', 'old');
         INSERT INTO doorbell_outage VALUES ('email', 1, 1, '', 'silent'), ('push', 1, 1, '', 'silent');
         INSERT INTO doorbell_delivery(recipient, channel, endpoint, state, queued_at, next_attempt_at, give_up_at)
         VALUES ('agent:1', 'email', '', 'queued', 1, 1, 9), ('agent:1', 'push', '7', 'queued', 1, 1, 9);",
    )
    .unwrap();
    drop(old);
    let error = format!("{:#}", Ledger::open_to_read(&path).unwrap_err());
    assert!(error.contains("version 1") && error.contains("doorbell run"), "{error}");
    let mut ledger = Ledger::open(&path).unwrap();
    assert_eq!(ledger.install_id(), "old");
    assert_eq!(ledger.outages().unwrap().iter().map(|it| it.gateway).collect::<Vec<_>>(), [Gateway::Email]);
    let due: Vec<Gateway> = ledger.due_gateways(nine()).unwrap();
    assert_eq!(due, [Gateway::Email, Gateway::Push(Provider::Fcm)]);
    assert_eq!(ledger.claim(9, nine(), None, None).unwrap().len(), 2);
    assert!(Ledger::open_to_read(&path).is_ok());
}
