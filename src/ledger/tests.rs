//! The life of a delivery, over a real ledger: what every store must keep.

mod blocks;
mod damage;
mod doubts;
mod postgresql;
mod property;
mod prune;
mod rests;
mod simulation;
mod versions;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::store::values;
use super::*;
use crate::model::{
    Channel, Decision, Delivery, Digest, Item, MessageRef, OnAmbiguous, Outcome, Reason, Recipient, RecipientId, Reply,
    RuleName, Slot, Verdict, Why,
};
use postgresql::empty_ledger;

fn nine() -> DateTime<Utc> {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

/// The address that every delivery of these tests begins with, masked.
const SHOWN: &str = "a***@e***.com";

fn minutes(count: i64) -> TimeDelta {
    TimeDelta::minutes(count)
}

fn item(conversation: &str, message: i64) -> Item {
    let at = nine() + minutes(message);
    Item {
        rule: "reminder".into(),
        conversation: conversation.into(),
        matter: "".into(),
        step: 1,
        latest: MessageRef { at, id: format!("m{message}").into() },
        since: nine(),
        why: Why::Assignee,
    }
}

fn digest(agent: &str, items: &[Item]) -> Digest {
    let recipient = Recipient {
        id: RecipientId::Agent(agent.into()),
        name: agent.into(),
        address: format!("{agent}@example.com").into(),
        device: None,
        time_zone: Tz::UTC,
    };
    let items = items.to_vec();
    Digest { account: None, recipient, channel: Channel::Email, subject: "".into(), not_before: None, items }
}

impl Ledger {
    /// The file or memory itself, for tests that damage it.
    pub(super) fn connection(&self) -> &rusqlite::Connection {
        match &self.store {
            Store::Sqlite(connection) => connection,
            Store::Postgres(session) => panic!("{session:?} is no file"),
        }
    }
}

/// A ledger with one rule, and the passes that somebody makes over it.
struct Book {
    ledger: Ledger,
    slot: i64,
    on_ambiguous: OnAmbiguous,
}

impl Book {
    fn new() -> Self {
        Self { ledger: empty_ledger(), slot: 0, on_ambiguous: OnAmbiguous::Resend }
    }

    fn holding() -> Self {
        Self { on_ambiguous: OnAmbiguous::Hold, ..Self::new() }
    }

    fn enqueue(&mut self, now: DateTime<Utc>, digests: &[Digest], decisions: &[Decision]) -> Enqueued {
        self.slot += 1;
        let rule = RuleName::from("reminder");
        let slots = [(rule.clone(), Slot { at: now, label: format!("slot {}", self.slot) })];
        let baselines = [(rule.clone(), now)].into();
        let rules = [rule];
        let intake = Intake {
            now,
            rules: &rules,
            limited: false,
            slots: &slots,
            held: &[],
            baselines: &baselines,
            digests,
            decisions,
        };
        self.ledger.enqueue(&intake).unwrap()
    }

    fn tell(&mut self, now: DateTime<Utc>, agent: &str, items: &[Item]) -> Enqueued {
        self.enqueue(now, &[digest(agent, items)], &[])
    }

    fn claim_one(&mut self, now: DateTime<Utc>) -> Delivery {
        let mut claimed = self.ledger.claim(9, now, None, None).unwrap();
        assert_eq!(claimed.len(), 1);
        claimed.remove(0)
    }

    fn key(&self, delivery: &Delivery) -> String {
        delivery.frozen_uid.clone().unwrap_or_else(|| uid(self.ledger.install_id(), delivery, &delivery.items))
    }

    fn begin(&mut self, delivery: &Delivery, now: DateTime<Utc>) -> bool {
        let uid = self.key(delivery);
        let begin = Begin {
            delivery,
            uid: &uid,
            items: &delivery.items,
            shown: "a***@e***.com",
            on_ambiguous: self.on_ambiguous,
        };
        self.ledger.exchange(&[], &[begin], now).unwrap().1[0]
    }

    fn settle(&mut self, delivery: &Delivery, settlement: Settlement, now: DateTime<Utc>) -> Closed {
        let uid = self.key(delivery);
        let settled = Settled { delivery, uid: &uid, address: "Ada@example.com", settlement };
        self.ledger.exchange(&[settled], &[], now).unwrap().0[0]
    }

    /// Claims, begins and settles the one delivery that is due.
    fn send(&mut self, now: DateTime<Utc>, outcome: Outcome) -> Closed {
        let delivery = self.claim_one(now);
        assert!(self.begin(&delivery, now));
        self.settle(&delivery, Settlement::Answered(outcome), now)
    }

    fn mark(&self, conversation: &str) -> Option<String> {
        let marks = self.ledger.marks(&[conversation.into()], None).unwrap();
        marks.get(&conversation.into()).map(|marks| marks[0].message.id.to_string())
    }

    fn state(&self, delivery: i64) -> String {
        let read = "SELECT state FROM doorbell_delivery WHERE id = ?1";
        self.ledger.store.one(read, values![delivery], |row| row.get(0)).unwrap()
    }
}

fn said(text: &str) -> Reply {
    Reply { code: "250".into(), text: text.into() }
}

#[test]
fn a_slot_is_taken_once_and_takes_its_deliveries_with_it() {
    let mut book = Book::new();
    assert_eq!(book.tell(nine(), "ada", &[item("c1", 1)]).queued, 1);
    book.slot -= 1;
    let again = book.tell(nine(), "bob", &[item("c2", 1)]);
    assert_eq!((again.queued, again.joined), (0, 0));
    let last = book.ledger.last_slot(&"reminder".into(), nine()).unwrap().unwrap();
    assert_eq!(last, Slot { at: nine(), label: "slot 1".into() });
}

#[test]
fn an_accepted_delivery_moves_its_marks_and_is_over() {
    let mut book = Book::new();
    book.tell(nine(), "ada", &[item("c1", 1), item("c2", 2)]);
    assert_eq!(book.mark("c1"), None);
    assert_eq!(book.send(nine(), Outcome::Accepted(said("queued"))), Closed::Sent);
    assert_eq!((book.mark("c1").as_deref(), book.mark("c2").as_deref()), (Some("m1"), Some("m2")));
    assert!(book.ledger.claim(9, nine() + TimeDelta::days(9), None, None).unwrap().is_empty());
}

#[test]
fn a_target_has_one_open_delivery_which_takes_newer_items_along() {
    let mut book = Book::new();
    book.tell(nine(), "ada", &[item("c1", 1)]);
    let later = book.tell(nine() + minutes(5), "ada", &[item("c1", 5), item("c2", 4)]);
    assert_eq!((later.queued, later.joined), (0, 1));
    let delivery = book.claim_one(nine() + minutes(5));
    let items: Vec<&str> = delivery.items.iter().map(|item| item.latest.id.as_str()).collect();
    assert_eq!(items, ["m5", "m4"]);
}

#[test]
fn a_deferred_delivery_waits_doubling_and_keeps_its_marks_where_they_are() {
    let mut book = Book::new();
    book.tell(nine(), "ada", &[item("c1", 1)]);
    let Closed::Retried(at) = book.send(nine(), Outcome::Deferred(None, said("busy"))) else { panic!("not retried") };
    assert!(at > nine() + minutes(1) && at < nine() + minutes(3));
    assert!(book.ledger.claim(9, at - minutes(1), None, None).unwrap().is_empty());
    assert_eq!(book.mark("c1"), None);
    let Closed::Retried(next) = book.send(at, Outcome::Deferred(None, said("busy"))) else { panic!("not retried") };
    assert!(next - at > minutes(2));
}

#[test]
fn a_delivery_that_waited_three_days_is_dead_and_its_marks_move() {
    let mut book = Book::new();
    book.tell(nine(), "ada", &[item("c1", 1)]);
    assert_eq!(book.send(nine() + TimeDelta::hours(72), Outcome::Deferred(None, said("busy"))), Closed::Dead);
    assert_eq!(book.mark("c1").as_deref(), Some("m1"));
}

#[test]
fn a_refused_recipient_or_message_is_dead_at_once() {
    for refused in [Outcome::RefusedRecipient(said("no such user")), Outcome::RefusedMessage(said("too large"))] {
        let mut book = Book::new();
        book.tell(nine(), "ada", &[item("c1", 1)]);
        assert_eq!(book.send(nine(), refused), Closed::Dead);
        assert_eq!(book.mark("c1").as_deref(), Some("m1"));
    }
}

#[test]
fn wrong_settings_use_up_no_attempt_and_lose_nothing() {
    let mut book = Book::new();
    book.tell(nine(), "ada", &[item("c1", 1)]);
    let wrong = Outcome::Misconfigured { key: "email.password_file", reply: said("535") };
    assert!(matches!(book.send(nine(), wrong), Closed::Retried(_)));
    assert_eq!(book.claim_one(nine() + minutes(5)).attempt, 1);
}

/// So many to go once more, and these that do not, by now.
fn recovered(again: usize, unknown: &[i64]) -> Recovered {
    Recovered { again, unknown: unknown.iter().map(|id| (*id, SHOWN.to_owned())).collect() }
}

#[test]
fn what_a_dead_pass_held_is_taken_back() {
    let mut book = Book::new();
    book.tell(nine(), "ada", &[item("c1", 1)]);
    let sending = book.claim_one(nine());
    assert!(book.begin(&sending, nine()));
    book.tell(nine(), "bob", &[item("c2", 1)]);
    let claimed = book.claim_one(nine());
    assert_eq!(book.ledger.recover(nine() + minutes(1)).unwrap(), recovered(1, &[]));
    let again = book.ledger.claim(9, nine() + minutes(1), None, None).unwrap();
    let find = |id: i64| again.iter().find(|delivery| delivery.id == id).unwrap();
    assert_eq!((find(sending.id).frozen_uid.is_some(), find(sending.id).attempt), (true, 2));
    assert_eq!((find(claimed.id).frozen_uid.is_some(), find(claimed.id).attempt), (false, 1));
    assert_eq!(
        book.ledger.recover(nine() + minutes(2)).unwrap(),
        recovered(0, &[]),
        "claimed ones were never on the wire"
    );
}

#[test]
fn a_claim_that_was_lost_neither_begins_nor_settles() {
    let mut book = Book::new();
    book.tell(nine(), "ada", &[item("c1", 1)]);
    let stale = book.claim_one(nine());
    book.ledger.release(&[stale.id]).unwrap();
    assert!(!book.begin(&stale, nine()));
    assert_eq!(book.settle(&stale, Settlement::Answered(Outcome::Accepted(said("ok"))), nine()), Closed::Lost);
    assert_eq!(book.mark("c1"), None);
    assert_eq!(book.claim_one(nine()).attempt, 1);
}

#[test]
fn content_that_was_on_the_wire_never_goes_again() {
    let mut book = Book::new();
    book.tell(nine(), "ada", &[item("c1", 1)]);
    book.send(nine(), Outcome::Accepted(said("ok")));
    book.ledger.store.execute("DELETE FROM doorbell_mark", &[]).unwrap();
    book.tell(nine() + minutes(5), "ada", &[item("c1", 1)]);
    let twin = book.claim_one(nine() + minutes(5));
    assert!(!book.begin(&twin, nine() + minutes(5)));
    assert_eq!(book.state(twin.id), "suppressed");
    assert_eq!(book.mark("c1").as_deref(), Some("m1"));
}

#[test]
fn what_the_re_check_dropped_is_not_told_by_content_that_went_before() {
    let mut book = Book::new();
    book.tell(nine(), "ada", &[item("c1", 1)]);
    book.send(nine(), Outcome::Accepted(said("ok")));
    book.ledger.store.execute("DELETE FROM doorbell_mark", &[]).unwrap();
    book.tell(nine() + minutes(5), "ada", &[item("c1", 1), item("c2", 1)]);
    let twin = book.claim_one(nine() + minutes(5));
    let left = [item("c1", 1)];
    let key = uid(book.ledger.install_id(), &twin, &left);
    let begin = Begin { delivery: &twin, uid: &key, items: &left, shown: "", on_ambiguous: OnAmbiguous::Resend };
    assert_eq!(book.ledger.exchange(&[], &[begin], nine() + minutes(5)).unwrap().1, [false]);
    assert_eq!((book.mark("c1").as_deref(), book.mark("c2")), (Some("m1"), None));
}

#[test]
fn a_suppressed_delivery_leaves_its_marks_and_says_why() {
    let mut book = Book::new();
    book.tell(nine(), "ada", &[item("c1", 1)]);
    let delivery = book.claim_one(nine());
    assert_eq!(book.settle(&delivery, Settlement::Suppressed(Reason::NoLongerWaiting), nine()), Closed::Suppressed);
    assert_eq!(book.mark("c1"), None);
    let telling = &book.ledger.tellings(&"c1".into()).unwrap()[0];
    assert_eq!((telling.state.as_str(), telling.words.as_str()), ("suppressed", "no_longer_waiting"));
}

#[test]
fn items_that_the_re_check_changed_are_what_is_told() {
    let mut book = Book::new();
    book.tell(nine(), "ada", &[item("c1", 1), item("c2", 1)]);
    let delivery = book.claim_one(nine());
    let fresh = [item("c1", 3)];
    let begin = Begin { delivery: &delivery, uid: "k", items: &fresh, shown: "", on_ambiguous: OnAmbiguous::Resend };
    assert_eq!(book.ledger.exchange(&[], &[begin], nine()).unwrap().1, [true]);
    book.settle(&delivery, Settlement::Answered(Outcome::Accepted(said("ok"))), nine());
    assert_eq!((book.mark("c1").as_deref(), book.mark("c2")), (Some("m3"), None));
}

#[test]
fn the_marks_of_some_are_read_without_those_of_the_others() {
    let mut book = Book::new();
    for agent in ["ada", "bob"] {
        book.tell(nine(), agent, &[item("c1", 1)]);
        book.send(nine(), Outcome::Accepted(said("ok")));
    }
    let count = |of: &[&str]| {
        let of = of.iter().map(|name| RecipientId::Agent((*name).into())).collect();
        book.ledger.marks(&["c1".into()], Some(&of)).unwrap().values().map(Vec::len).sum::<usize>()
    };
    assert_eq!((count(&["ada"]), count(&["ada", "bob"]), count(&["cy"])), (1, 2, 0));
}

#[test]
fn a_mark_never_goes_back() {
    let mut book = Book::new();
    book.tell(nine(), "ada", &[item("c1", 9)]);
    book.send(nine(), Outcome::Accepted(said("ok")));
    book.tell(nine() + minutes(20), "ada", &[item("c1", 3)]);
    book.send(nine() + minutes(20), Outcome::Accepted(said("ok")));
    assert_eq!(book.mark("c1").as_deref(), Some("m9"));
}

#[test]
fn a_reason_is_written_when_it_changes_and_only_then() {
    let mut book = Book::new();
    let decided = |verdict| Decision {
        rule: "reminder".into(),
        conversation: "c1".into(),
        matter: "".into(),
        why: None,
        recipient: Some(RecipientId::Agent("ada".into())),
        channel: Some(Channel::Email),
        since: nine(),
        latest: MessageRef { at: nine(), id: "m1".into() },
        verdict,
    };
    let kept = |book: &Book| {
        let kept = book.ledger.kept(&"c1".into()).unwrap();
        kept.iter().map(|kept| (kept.reason.clone(), (kept.since - nine()).num_minutes())).collect::<Vec<_>>()
    };
    book.enqueue(nine(), &[], &[decided(Verdict::Skipped(Reason::AtTheDesk))]);
    book.enqueue(nine() + minutes(5), &[], &[decided(Verdict::Skipped(Reason::AtTheDesk))]);
    assert_eq!(kept(&book), [("at_the_desk".to_owned(), 0)]);
    book.enqueue(nine() + minutes(10), &[], &[decided(Verdict::Told(Why::Assignee))]);
    assert_eq!(kept(&book), [("told".to_owned(), 10)]);
    book.enqueue(nine() + minutes(15), &[], &[decided(Verdict::Skipped(Reason::AlreadyTold))]);
    assert_eq!(kept(&book), [("told".to_owned(), 10)]);
}

#[test]
fn a_limited_claim_takes_only_what_it_was_asked_for() {
    let mut book = Book::new();
    let ada = book.tell(nine(), "ada", &[item("c1", 1)]);
    book.tell(nine(), "bob", &[item("c2", 1)]);
    let claimed = book.ledger.claim(9, nine(), Some(&ada.deliveries), None).unwrap();
    assert_eq!(claimed.iter().map(|delivery| delivery.id).collect::<Vec<_>>(), ada.deliveries);
}

#[test]
fn a_new_rule_begins_a_day_back_and_keeps_its_beginning() {
    let book = Book::new();
    let rule = RuleName::from("reminder");
    assert_eq!(book.ledger.baselines([&rule].into_iter(), nine()).unwrap()[&rule], nine() - TimeDelta::hours(24));
    let mut book = Book::new();
    book.enqueue(nine(), &[], &[]);
    assert_eq!(book.ledger.baselines([&rule].into_iter(), nine() + minutes(60)).unwrap()[&rule], nine());
}
