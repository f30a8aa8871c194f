//! Addresses that nothing goes to: refused for good, or taken out by a person.

use super::*;

fn refused(code: &str) -> Outcome {
    Outcome::RefusedRecipient(Reply { code: code.into(), text: "no such user".into() })
}

fn book_after(outcome: Outcome) -> Book {
    let mut book = Book::new();
    book.tell(nine(), "ada", &[item("c1", 1)]);
    assert_eq!(book.send(nine(), outcome), Closed::Dead);
    book
}

fn holds(book: &Book, address: &str, days: i64) -> bool {
    book.ledger.blocks(nine() + TimeDelta::days(days)).unwrap().hold(Channel::Email, address)
}

#[test]
fn a_refused_address_is_blocked_for_thirty_days_on_its_channel_alone() {
    let book = book_after(refused("550 5.1.1"));
    assert!(holds(&book, "ada@EXAMPLE.com", 0) && holds(&book, "ada@example.com", 29));
    assert!(!holds(&book, "ada@example.com", 30) && !holds(&book, "ada@elsewhere.example", 0));
    assert!(!book.ledger.blocks(nine()).unwrap().hold(Channel::Sms, "ada@example.com"));
    assert_eq!(book.ledger.next_unblock(nine()).unwrap(), Some(nine() + TimeDelta::days(30)));
    let listed = book.ledger.blocked(nine()).unwrap();
    assert_eq!((listed[0].shown.as_str(), listed[0].reason.as_str()), ("A***@e***.com", "550 5.1.1 no such user"));
}

#[test]
fn neither_a_refused_message_nor_doorbells_own_doubts_block_an_address() {
    for outcome in [Outcome::RefusedMessage(said("554 too large")), refused("")] {
        assert!(!holds(&book_after(outcome), "ada@example.com", 0));
    }
}

#[test]
fn the_ledger_keeps_no_address_of_those_it_blocks() {
    let book = book_after(refused("550"));
    let row: String = book
        .ledger
        .store
        .one("SELECT address_key || shown || reason FROM doorbell_block", &[], |row| row.get(0))
        .unwrap();
    assert!(row.len() > 64 && !row.to_lowercase().contains("ada@example.com"), "{row}");
}

#[test]
fn what_a_person_blocks_stays_until_they_take_it_out() {
    let mut book = Book::new();
    book.ledger.block(Channel::Email, "ada@example.com", nine()).unwrap();
    book.tell(nine(), "ada", &[item("c1", 1)]);
    book.send(nine(), refused("550"));
    assert!(holds(&book, "ada@example.com", 3_000), "a refusal does not make it shorter");
    assert_eq!(book.ledger.next_unblock(nine()).unwrap(), None);
    assert!(book.ledger.unblock(Channel::Email, "Ada@example.com").unwrap());
    assert!(!holds(&book, "ada@example.com", 0) && !book.ledger.unblock(Channel::Email, "ada@example.com").unwrap());
}

#[test]
fn whoever_sends_a_refused_delivery_again_frees_its_address() {
    let mut book = book_after(refused("550"));
    book.ledger.mend(Mend::Requeue, &[1], nine()).unwrap();
    assert!(!holds(&book, "ada@example.com", 0));
}

#[test]
fn a_block_outlives_that_its_person_is_forgotten_and_does_not_show_them() {
    let mut book = book_after(refused("550"));
    book.ledger.forget(&RecipientId::Agent("ada".into())).unwrap();
    assert!(holds(&book, "ada@example.com", 0));
    assert_eq!(book.ledger.blocked(nine()).unwrap()[0].shown, "");
}
