//! Any answers, any deaths of passes, in any order.

use proptest::prelude::*;

use super::*;

proptest! {
    /// Whatever the provider answers and however often passes die, a delivery's content reaches the wire once, and
    /// once more for each doubt; in the end every item is told, dead or unknown, and the queue is empty.
    #[test]
    fn nothing_is_lost_and_nothing_told_twice(answers in prop::collection::vec(0_u8..8, 1..60)) {
        let mut book = Book::new();
        let mut now = nine();
        let mut accepted: std::collections::HashMap<String, u32> = std::collections::HashMap::new();
        let mut doubts: std::collections::HashMap<String, u32> = std::collections::HashMap::new();
        for (turn, answer) in answers.iter().copied().chain([0; 12]).enumerate() {
            let message = i64::try_from(turn).unwrap();
            book.tell(now, ["ada", "bob"][turn % 2], &[item(["c1", "c2", "c3"][turn % 3], message)]);
            for delivery in book.ledger.claim(2, now, None, None).unwrap() {
                let uid = book.key(&delivery);
                if answer == 7 { continue; } // dies with it claimed
                if !book.begin(&delivery, now) { continue; }
                let outcome = match answer {
                    3 => Outcome::Deferred(None, said("busy")),
                    4 => Outcome::RefusedRecipient(said("no")),
                    5 => Outcome::Unknown(Reply::default()),
                    _ => Outcome::Accepted(said("ok")),
                };
                if matches!(outcome, Outcome::Accepted(_)) { *accepted.entry(uid.clone()).or_default() += 1; }
                if answer == 5 || answer == 6 { *doubts.entry(uid).or_default() += 1; }
                if answer == 6 { continue; } // dies with it on the wire, after it was accepted
                book.settle(&delivery, Settlement::Answered(outcome), now);
            }
            now += TimeDelta::hours(2);
            book.ledger.recover(now).unwrap();
            let open: i64 = book.ledger.store.one(
                "SELECT COALESCE(max(n), 0) FROM (SELECT count(*) AS n FROM doorbell_delivery
                 WHERE state IN ('queued','claimed','sending') GROUP BY recipient) AS open", &[], |row| row.get(0)).unwrap();
            prop_assert!(open <= 1, "one open delivery a target");
        }
        for (uid, times) in accepted {
            prop_assert!(times <= 1 + doubts.get(&uid).copied().unwrap_or(0), "{uid} accepted {times} times");
        }
        let untold: i64 = book.ledger.store.one(
            "SELECT count(*) FROM doorbell_item i JOIN doorbell_delivery d ON d.id = i.delivery_id
             WHERE d.state IN ('sent','dead','unknown') AND NOT EXISTS (SELECT 1 FROM doorbell_mark m
               WHERE m.conversation_id = i.conversation_id AND m.recipient = d.recipient AND m.message_at >= i.message_at)",
            &[], |row| row.get(0)).unwrap();
        prop_assert_eq!(untold, 0);
    }
}
