//! The protocol under a seeded scheduler: passes that crash anywhere, answers that get lost, clocks that jump. What the
//! receivers got is compared with what was promised; and planted faults must be found, or the comparison is worth nothing.

mod faults;
mod judge;

use std::collections::{BTreeMap, BTreeSet};

use self::faults::{FAULTS, Fault};
use super::*;

/// Schedules of `make test`; `DOORBELL_SOAK` runs the number of the published figures.
const SCHEDULES: u64 = 150;
const SOAK: u64 = 20_000;
/// A planted fault must be found within so many schedules.
const HUNT: u64 = 400;

/// Small numbers that look random and can be told again (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn one_in(&mut self, chance: u64) -> bool {
        self.below(chance) == 0
    }
}

const PEOPLE: [&str; 3] = ["ada", "bob", "cy"];
const CONVERSATIONS: u64 = 3;

/// What a receiver got: the content key, and which messages.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Got {
    delivery: i64,
    person: String,
    key: String,
    messages: Vec<(String, i64)>,
    /// Whether everything in it still waited when it was begun.
    fresh: bool,
}

/// A desk, a ledger and the receivers.
struct World {
    dice: Dice,
    fault: Option<Fault>,
    ledger: Ledger,
    now: DateTime<Utc>,
    slot: i64,
    /// The latest message of each conversation, and whether it waits.
    desk: BTreeMap<String, (i64, bool)>,
    got: Vec<Got>,
    /// How often an attempt of a delivery may have arrived without our knowing.
    doubts: BTreeMap<i64, usize>,
    faults_on: bool,
    violations: Vec<String>,
}

impl World {
    fn new(seed: u64, fault: Option<Fault>) -> Self {
        let ledger = empty_ledger();
        if fault.is_some() {
            faults::plant(fault, ledger.connection());
        }
        Self {
            dice: Dice(seed),
            fault,
            ledger,
            now: nine(),
            slot: 0,
            desk: BTreeMap::new(),
            got: Vec::new(),
            doubts: BTreeMap::new(),
            faults_on: true,
            violations: Vec::new(),
        }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn crashes(&mut self) -> bool {
        self.faults_on && self.dice.one_in(12)
    }

    /// Somebody writes, answers, or reads.
    fn something_happens(&mut self) {
        let conversation = format!("c{}", self.dice.below(CONVERSATIONS));
        let minute = (self.now - nine()).num_minutes().max(0);
        let entry = self.desk.entry(conversation).or_insert((0, false));
        if self.dice.one_in(3) {
            entry.1 = false;
        } else {
            *entry = ((entry.0 + 1).max(minute), true);
        }
    }

    fn item(&self, conversation: &str) -> Option<Item> {
        let (message, waits) = self.desk.get(conversation)?;
        waits.then(|| super::item(conversation, *message))
    }

    /// What a person would be told now: what waits beyond the marks.
    fn plan(&self, person: &str) -> Vec<Item> {
        let recipient = RecipientId::Agent(person.into());
        let ids: Vec<_> = self.desk.keys().map(|id| id.as_str().into()).collect();
        let marks = self.ledger.marks(&ids, None).unwrap();
        let untold = |item: &Item| {
            let marks = marks.get(&item.conversation).map_or(&[][..], Vec::as_slice);
            !marks.iter().any(|mark| mark.recipient == recipient && mark.message >= item.latest)
        };
        self.desk.keys().filter_map(|id| self.item(id)).filter(untold).collect()
    }

    /// A whole pass, unless it crashes on the way.
    fn pass(&mut self) -> Option<()> {
        let ledger_before = self.marks();
        if !self.has(Fault::ClaimsOfTheDeadStay) {
            self.recover();
        }
        self.enqueue()?;
        for _ in 0..8 {
            let claimed = self.ledger.claim(2, self.now, None, None).unwrap();
            if claimed.is_empty() {
                break;
            }
            for delivery in claimed {
                if self.crashes() {
                    return None;
                }
                self.deliver(&delivery)?;
            }
        }
        self.compare_marks(&ledger_before);
        Some(())
    }

    fn recover(&mut self) {
        let on_the_wire: Vec<i64> = self.ids("SELECT id FROM doorbell_delivery WHERE state = 'sending'");
        self.ledger.recover(self.now).unwrap();
        for id in on_the_wire {
            *self.doubts.entry(id).or_default() += 1;
        }
        if self.has(Fault::CrashIsNoDoubt) {
            let forget = "UPDATE doorbell_delivery SET ambiguous = 0, uid = NULL WHERE state = 'queued'";
            self.ledger.connection().execute(forget, []).unwrap();
        }
    }

    fn enqueue(&mut self) -> Option<()> {
        if !self.has(Fault::SlotTwice) || self.dice.one_in(2) {
            self.slot += 1;
        }
        let digests: Vec<Digest> = PEOPLE
            .iter()
            .map(|person| (person, self.plan(person)))
            .filter(|(_, items)| !items.is_empty())
            .map(|(person, items)| digest(person, &items))
            .collect();
        let label = format!("slot {}", self.slot);
        let taken_before: i64 = self.number("SELECT count(*) FROM doorbell_slot WHERE label = ?1", &label);
        let slots = [("reminder".into(), Slot { at: self.now, label })];
        let rules = ["reminder".into()];
        let baselines = [("reminder".into(), nine() - minutes(60))].into();
        let (now, decisions) = (self.now, &[][..]);
        let intake = Intake {
            now,
            rules: &rules,
            limited: false,
            slots: &slots,
            baselines: &baselines,
            digests: &digests,
            decisions,
            held: &[],
        };
        if self.has(Fault::SlotTwice) && taken_before > 0 {
            self.ledger.connection().execute("DELETE FROM doorbell_slot", []).unwrap();
            self.violations.push("a slot happened twice".into());
        }
        self.ledger.enqueue(&intake).unwrap();
        if self.has(Fault::SlotWithoutDeliveries) && self.dice.one_in(3) {
            let lost =
                "UPDATE doorbell_delivery SET state = 'sent', closed_at = 0 WHERE state = 'queued' AND attempt = 0";
            self.ledger.connection().execute(lost, []).unwrap();
            self.ledger
                .connection()
                .execute(
                    "INSERT OR IGNORE INTO doorbell_mark SELECT conversation_id, rule, recipient,
                channel, message_id, message_at, delivery_id, 0, matter, 1 FROM doorbell_item JOIN doorbell_delivery
                ON id = delivery_id WHERE closed_at = 0",
                    [],
                )
                .unwrap();
        }
        (!self.crashes()).then_some(())
    }

    fn deliver(&mut self, delivery: &Delivery) -> Option<()> {
        let DeliveryId(person) = person(delivery);
        let plan = self.plan(&person);
        let still = |item: &Item| plan.iter().find(|now| now.conversation == item.conversation).cloned();
        let items: Vec<Item> = match &delivery.frozen_uid {
            Some(_) => delivery.items.clone(),
            None if self.has(Fault::NoRecheck) => delivery.items.clone(),
            None => delivery.items.iter().filter_map(still).collect(),
        };
        let waits = |item: &Item| self.desk.get(item.conversation.as_str()).is_some_and(|(_, waits)| *waits);
        if items.is_empty() || !(self.has(Fault::NoRecheck) || items.iter().any(waits)) {
            let settlement = Settlement::Suppressed(Reason::NoLongerWaiting);
            let uid = delivery.frozen_uid.clone().unwrap_or_default();
            let settled = Settled { delivery, uid: &uid, address: "", settlement };
            self.ledger.exchange(&[settled], &[], self.now).unwrap();
            return Some(());
        }
        let fresh = delivery.frozen_uid.is_some() || items.iter().all(waits);
        let key = delivery.frozen_uid.clone().unwrap_or_else(|| uid(self.ledger.install_id(), delivery, &items));
        if self.has(Fault::WireBeforeRow) {
            self.receive(delivery, &key, &items, fresh);
            if self.crashes() {
                return None;
            }
        }
        let on_ambiguous = OnAmbiguous::Resend;
        let begin = Begin { delivery, uid: &key, items: &items, shown: "a***", on_ambiguous };
        if !self.ledger.exchange(&[], &[begin], self.now).unwrap().1[0] {
            return Some(());
        }
        if self.crashes() {
            return None;
        }
        let outcome = self.wire(delivery, &key, &items, fresh);
        if self.crashes() {
            return None;
        }
        if self.has(Fault::AnswerIsForgotten) && self.dice.one_in(3) {
            let again = "UPDATE doorbell_delivery SET state = 'queued', owner = NULL, uid = NULL WHERE id = ?1";
            self.ledger.connection().execute(again, [delivery.id]).unwrap();
            return Some(());
        }
        self.settle_one(delivery, &key, &items, outcome);
        Some(())
    }

    fn settle_one(&mut self, delivery: &Delivery, key: &str, items: &[Item], outcome: Outcome) {
        let DeliveryId(person) = person(delivery);
        let in_doubt = matches!(outcome, Outcome::Unknown(_));
        let deferred = matches!(outcome, Outcome::Deferred(..));
        let settled = Settled { delivery, uid: key, address: "", settlement: Settlement::Answered(outcome) };
        self.ledger.exchange(&[settled], &[], self.now).unwrap();
        if in_doubt {
            *self.doubts.entry(delivery.id).or_default() += 1;
        }
        if deferred && self.has(Fault::GivesUpInSilence) {
            let silence = "UPDATE doorbell_delivery SET state = 'suppressed', closed_at = 0 WHERE id = ?1";
            self.ledger.connection().execute(silence, [delivery.id]).unwrap();
            for item in items {
                self.ledger
                    .connection()
                    .execute(
                        "INSERT OR REPLACE INTO doorbell_mark SELECT conversation_id, rule, ?2,
                    'email', message_id, message_at, delivery_id, 0, matter, 1 FROM doorbell_item
                    WHERE delivery_id = ?1 AND conversation_id = ?3",
                        (delivery.id, format!("agent:{person}"), item.conversation.as_str()),
                    )
                    .unwrap();
            }
        }
    }

    /// The receiver's answer, which may get lost.
    fn wire(&mut self, delivery: &Delivery, key: &str, items: &[Item], fresh: bool) -> Outcome {
        let reply = Reply { code: "250".into(), text: String::new() };
        let roll = if self.faults_on { self.dice.below(10) } else { 0 };
        let arrives = matches!(roll, 0..=5);
        if arrives && !self.has(Fault::WireBeforeRow) {
            self.receive(delivery, key, items, fresh);
        }
        match roll {
            0..=4 => Outcome::Accepted(reply),
            5 | 6 => Outcome::Unknown(Reply::default()),
            7 => Outcome::RefusedRecipient(reply),
            _ => Outcome::Deferred(None, Reply { code: "451".into(), text: String::new() }),
        }
    }

    fn receive(&mut self, delivery: &Delivery, key: &str, items: &[Item], fresh: bool) {
        let DeliveryId(person) = person(delivery);
        let messages = items.iter().map(|it| (it.conversation.to_string(), it.latest.at.timestamp_millis())).collect();
        self.got.push(Got { delivery: delivery.id, person, key: key.into(), messages, fresh });
    }

    fn ids(&self, sql: &str) -> Vec<i64> {
        self.ledger.store.all(sql, &[], |row| row.get(0)).unwrap()
    }

    fn number(&self, sql: &str, parameter: &str) -> i64 {
        self.ledger.store.one(sql, values![parameter], |row| row.get(0)).unwrap()
    }

    fn marks(&self) -> BTreeMap<(String, String), i64> {
        let read = "SELECT conversation_id, recipient, message_at FROM doorbell_mark";
        let marks = self.ledger.store.all(read, &[], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?))).unwrap();
        marks.into_iter().collect()
    }

    fn compare_marks(&mut self, before: &BTreeMap<(String, String), i64>) {
        let after = self.marks();
        for (target, at) in before {
            if after.get(target).is_none_or(|now| now < at) {
                self.violations.push(format!("the mark of {target:?} fell"));
            }
        }
    }

    /// A schedule, then quiet: no faults any more, and passes until nothing is due.
    fn run(mut self) -> Vec<String> {
        for _ in 0..40 {
            match self.dice.below(4) {
                0 | 1 => self.something_happens(),
                2 => {
                    let step = i64::try_from(self.dice.below(40)).unwrap();
                    self.now += if self.dice.one_in(10) { minutes(-30) } else { minutes(step) };
                }
                _ => {
                    let _ = self.pass();
                }
            }
        }
        self.faults_on = false;
        for _ in 0..6 {
            self.now += minutes(90);
            let _ = self.pass();
        }
        self.judge();
        self.violations
    }
}

/// The person's name in an id of an agent.
struct DeliveryId(String);

fn person(delivery: &Delivery) -> DeliveryId {
    DeliveryId(delivery.recipient.agent().unwrap().to_string())
}

#[test]
fn no_schedule_of_crashes_and_lost_answers_loses_or_repeats_anything() {
    let is_soak = std::env::var_os("DOORBELL_SOAK").is_some();
    let schedules = if is_soak { SOAK } else { SCHEDULES / postgresql::slowness() };
    for seed in 0..schedules {
        let violations = World::new(seed, None).run();
        assert!(violations.is_empty(), "seed {seed}: {violations:#?}");
    }
}

#[test]
fn every_planted_fault_is_found() {
    for fault in FAULTS {
        let found = (0..HUNT).find(|seed| !World::new(*seed, Some(fault)).run().is_empty());
        assert!(found.is_some(), "{fault:?} went unnoticed in {HUNT} schedules");
    }
}
