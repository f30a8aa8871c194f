//! Deliveries that may have arrived: repeated once, or left to a person.

use super::*;

#[test]
fn a_channel_that_holds_repeats_no_lost_answer() {
    let mut book = Book::holding();
    book.tell(nine(), "ada", &[item("c1", 1)]);
    assert_eq!(book.send(nine(), Outcome::Unknown(Reply::default())), Closed::Unknown);
    assert_eq!((book.state(1).as_str(), book.mark("c1").as_deref()), ("unknown", Some("m1")));
    assert!(book.ledger.claim(9, nine() + TimeDelta::days(9), None, None).unwrap().is_empty());
    book.tell(nine() + minutes(9), "ada", &[item("c1", 9)]);
    let next = book.claim_one(nine() + minutes(9));
    assert_eq!((next.frozen_uid, next.items), (None, vec![item("c1", 9)]), "only newer messages go on");
}

#[test]
fn a_channel_that_holds_repeats_nothing_that_a_dead_pass_had_on_the_wire() {
    let mut book = Book::holding();
    book.tell(nine(), "ada", &[item("c1", 1)]);
    let delivery = book.claim_one(nine());
    assert!(book.begin(&delivery, nine()));
    assert_eq!(book.ledger.recover(nine() + minutes(1)).unwrap(), recovered(0, &[1]));
    assert_eq!((book.state(1).as_str(), book.mark("c1").as_deref()), ("unknown", Some("m1")));
    assert!(book.ledger.claim(9, nine() + TimeDelta::days(9), None, None).unwrap().is_empty());
}

#[test]
fn a_lost_answer_is_sent_once_more_as_it_was_and_then_left_to_a_person() {
    let mut book = Book::new();
    book.tell(nine(), "ada", &[item("c1", 1)]);
    let first = book.claim_one(nine());
    let key = book.key(&first);
    assert!(book.begin(&first, nine()));
    let lost = || Settlement::Answered(Outcome::Unknown(Reply::default()));
    assert!(matches!(book.settle(&first, lost(), nine()), Closed::Retried(_)));
    let kept_back = book.tell(nine() + minutes(5), "ada", &[item("c1", 5), item("c2", 5)]);
    assert_eq!((kept_back.queued, kept_back.joined, kept_back.in_doubt), (0, 0, 1));
    let again = book.claim_one(nine() + TimeDelta::hours(1));
    assert_eq!((again.frozen_uid.as_ref(), &again.items), (Some(&key), &first.items));
    assert!(book.begin(&again, nine() + TimeDelta::hours(1)));
    assert_eq!(book.settle(&again, lost(), nine() + TimeDelta::hours(1)), Closed::Unknown);
    assert_eq!(book.mark("c1").as_deref(), Some("m1"));
}

#[test]
fn a_delivery_on_the_wire_in_two_crashes_is_unknown_and_told() {
    let mut book = Book::new();
    book.tell(nine(), "ada", &[item("c1", 1)]);
    for crash in 0..2 {
        let delivery = book.claim_one(nine() + minutes(crash));
        assert!(book.begin(&delivery, nine() + minutes(crash)));
        let recovered = book.ledger.recover(nine() + minutes(crash + 1)).unwrap();
        assert_eq!(recovered, if crash == 0 { super::recovered(1, &[]) } else { super::recovered(0, &[1]) });
    }
    assert_eq!(book.state(1), "unknown");
    assert_eq!(book.mark("c1").as_deref(), Some("m1"));
}

#[test]
fn what_a_person_sends_again_gets_as_long_as_its_channel_gives() {
    for (channel, hours) in [(Channel::Email, 72), (Channel::Sms, 4), (Channel::Push, 1)] {
        let mut book = Book::new();
        book.enqueue(nine(), &[Digest { channel, ..digest("ada", &[item("c1", 1)]) }], &[]);
        book.send(nine(), Outcome::RefusedMessage(Reply::default()));
        let later = nine() + TimeDelta::days(2);
        assert_eq!(book.ledger.mend(Mend::Requeue, &[1], later).unwrap(), [1]);
        let sql = "SELECT give_up_at - next_attempt_at FROM doorbell_delivery";
        let left: i64 = book.ledger.store.one(sql, &[], |row| row.get(0)).unwrap();
        assert_eq!(left, hours * 3_600_000, "{channel}");
    }
}
