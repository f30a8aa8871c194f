//! Rests of days: what waits for an opening, and what only looks as if it did.

use super::*;

#[test]
fn urgent_news_take_along_what_was_put_off_after_a_failed_attempt() {
    let mut book = Book::new();
    book.tell(nine(), "ada", &[item("c1", 1)]);
    book.send(nine(), Outcome::Deferred(None, said("451")));
    let monday = nine() + TimeDelta::hours(64);
    let delivery = book.claim_one(nine() + minutes(10));
    book.settle(&delivery, Settlement::Postponed(monday), nine() + minutes(10));
    book.tell(nine() + minutes(20), "ada", &[item("c2", 1)]);
    assert_eq!(book.claim_one(nine() + minutes(20)).items.len(), 2);
}

#[test]
fn whoever_rests_for_days_is_waited_for_and_not_given_up() {
    let mut book = Book::new();
    let opening = nine() + TimeDelta::hours(96);
    let resting = Digest { not_before: Some(opening), ..digest("ada", &[item("c1", 1)]) };
    book.enqueue(nine(), &[resting], &[]);
    book.ledger.recover(nine() + minutes(5)).unwrap();
    assert!(book.ledger.claim(9, nine() + minutes(5), None, None).unwrap().is_empty(), "no clock was ahead");
    assert!(matches!(book.send(opening, Outcome::Deferred(None, said("451 later"))), Closed::Retried(_)));
}

#[test]
fn a_clock_that_was_two_days_ahead_is_found_by_what_it_did() {
    let mut book = Book::new();
    book.tell(nine() + TimeDelta::days(2), "ada", &[item("c1", 1)]);
    book.ledger.recover(nine()).unwrap();
    assert_eq!(book.claim_one(nine()).items.len(), 1);
}

#[test]
fn a_rest_after_the_first_attempt_ages_nothing() {
    let mut book = Book::new();
    book.tell(nine(), "ada", &[item("c1", 1)]);
    let opening = nine() + TimeDelta::hours(96);
    let delivery = book.claim_one(nine());
    book.settle(&delivery, Settlement::Postponed(opening), nine());
    assert!(matches!(book.send(opening, Outcome::Deferred(None, said("451 later"))), Closed::Retried(_)));
}
