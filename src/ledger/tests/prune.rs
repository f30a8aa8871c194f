//! What the ledger forgets, and what it must not.

use super::*;

fn days(count: i64) -> TimeDelta {
    TimeDelta::days(count)
}

fn count(book: &Book, table: &str) -> i64 {
    book.ledger.store.one(&format!("SELECT count(*) FROM {table}"), &[], |row| row.get(0)).unwrap()
}

/// A ledger in which Ada was told about `c1`, and Bob is still to be told about `c2`.
fn told() -> Book {
    let mut book = Book::new();
    book.tell(nine(), "ada", &[item("c1", 1)]);
    assert_eq!(book.send(nine(), Outcome::Accepted(Reply::default())), Closed::Sent);
    book.tell(nine(), "bob", &[item("c2", 1)]);
    book
}

/// Forgets as of an instant, after as many passes then as make a week.
fn prune(book: &mut Book, now: DateTime<Utc>) -> usize {
    let passes = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2001)
        INSERT INTO doorbell_pass(version, process_id, started_at) SELECT '', 0, ?1 FROM n";
    book.ledger.store.execute(passes, values![now.timestamp_millis()]).unwrap();
    book.ledger.prune(now).unwrap()
}

#[test]
fn a_closed_delivery_is_forgotten_after_a_month_with_its_items_and_its_mark_stays() {
    let mut book = told();
    assert_eq!(prune(&mut book, nine() + days(30)), 0);
    assert_eq!(prune(&mut book, nine() + days(30) + minutes(61)), 1);
    assert_eq!((count(&book, "doorbell_delivery"), count(&book, "doorbell_item")), (1, 1), "Bob's is open");
    assert_eq!(book.mark("c1").as_deref(), Some("m1"));
}

#[test]
fn a_mark_is_forgotten_after_four_hundred_days() {
    let mut book = told();
    prune(&mut book, nine() + days(400));
    assert_eq!(book.mark("c1").as_deref(), Some("m1"));
    prune(&mut book, nine() + days(401));
    assert_eq!(book.mark("c1"), None);
}

#[test]
fn a_step_is_taken_once_an_hour() {
    let mut book = told();
    prune(&mut book, nine() + days(29));
    assert_eq!(prune(&mut book, nine() + days(29) + minutes(59)), 0);
    assert_eq!(prune(&mut book, nine() + days(31)), 1);
}

#[test]
fn a_clock_that_runs_ahead_for_some_passes_makes_nothing_forgotten() {
    let mut book = told();
    prune(&mut book, nine());
    for pass in 0..20 {
        let ahead = nine() + days(900) + minutes(61 * pass);
        book.enqueue(ahead, &[], &[]);
        assert_eq!(book.ledger.prune(ahead).unwrap(), 0);
    }
    assert_eq!(book.mark("c1").as_deref(), Some("m1"));
    assert_eq!(prune(&mut book, nine() + days(31)), 1, "and it goes on when the clock is set right");
}

#[test]
fn a_large_ledger_is_walked_in_steps_and_begun_again_at_its_end() {
    let mut book = told();
    let insert = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
        INSERT INTO doorbell_mark(conversation_id, rule, recipient, channel, message_id, message_at, delivery_id, told_at)
        SELECT 'x' || i, 'r', 'agent:1', 'email', '1', 0, 0, 0 FROM n";
    book.ledger.store.execute(insert, &[]).unwrap();
    let late = nine() + days(1);
    let steps: Vec<usize> = (0..4).map(|hour| prune(&mut book, late + minutes(60 * hour))).collect();
    assert!(steps.iter().all(|step| *step <= 5_001) && steps.iter().sum::<usize>() == 12_000, "{steps:?}");
    assert_eq!(book.mark("c1").as_deref(), Some("m1"));
}
