//! The program dies at every fail point, at its first, second and last time; the next pass makes it good.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt;
use std::rc::Rc;

use crate::servers::Postgres;
use crate::trial::{By, Trial};

const PEOPLE: usize = 12;
/// Every place in the order of a pass.
const PLACES: [&str; 13] = [
    "recovered",
    "planned",
    "before-enqueue",
    "enqueued",
    "claimed",
    "rechecked",
    "before-begin",
    "begun",
    "accepted",
    "before-settle",
    "settled",
    "before-finish",
    "finished",
];
/// Up to here nothing can be on the wire, whatever the k.
const BEFORE_THE_WIRE: [&str; 4] = ["recovered", "planned", "before-enqueue", "enqueued"];
const ABORTED: i32 = 6;

/// How often a healthy pass comes by each place.
fn times(trial: &Trial) -> BTreeMap<String, usize> {
    let output = trial.command(&["run", "-vv"]).output().unwrap();
    let mut times = BTreeMap::new();
    for line in String::from_utf8(output.stderr).unwrap().lines() {
        if let Some((_, place)) = line.split_once("fail point ") {
            *times.entry(place.trim().to_owned()).or_insert(0) += 1;
        }
    }
    times
}

/// Whether a pass died there, the k-th time it came by.
fn dies(trial: &Trial, place: &str, k: usize) -> bool {
    let output = trial.command(&["run"]).env("DOORBELL_FAILPOINT", format!("{place}:{k}")).output().unwrap();
    assert!(output.status.signal().is_none_or(|signal| signal == ABORTED), "{place}:{k}: {output:?}");
    output.status.signal() == Some(ABORTED)
}

/// What is done about what may have arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    Resend,
    Hold,
    Reconcile,
}

impl Doubt {
    fn word(self) -> &'static str {
        match self {
            Self::Resend => "resend",
            Self::Hold => "hold",
            Self::Reconcile => "reconcile",
        }
    }
}

/// How many deliveries may be on the wire at the same time.
fn on_the_wire(by: By, lanes: usize) -> usize {
    match by {
        By::Email => lanes,
        // as many as a connection has streams, which is more than there are people
        By::Apple => PEOPLE,
        By::Twilio => 4,
        By::InApp | By::Push => 0,
    }
}

/// Goes through the matrix of a channel; answers how many crashes there were, and how many copies came of them.
#[track_caller]
fn every_crash(by: By, lanes: usize, doubt: Doubt) -> (usize, usize) {
    every_crash_on(None, by, lanes, doubt)
}

/// The same with the ledger on a server.
#[track_caller]
fn every_crash_on(server: Option<&Rc<Postgres>>, by: By, lanes: usize, doubt: Doubt) -> (usize, usize) {
    let new = || {
        let trial = Trial::new(by, PEOPLE, lanes);
        match server {
            Some(server) => trial.with_ledger_on(server),
            None => trial,
        }
    };
    let most = if doubt == Doubt::Resend { on_the_wire(by, lanes) } else { 0 };
    let most_unknown = if doubt == Doubt::Hold { on_the_wire(by, lanes) } else { 0 };
    let (mut crashes, mut copies) = (0, 0);
    let times = times(&new());
    for place in PLACES {
        let last = times.get(place).copied().unwrap_or_default();
        for k in BTreeSet::from([1, 2, last]).into_iter().filter(|k| (1..=last).contains(k)) {
            let trial = new();
            let is_default = doubt == Doubt::Resend && by != By::Twilio;
            let trial = if is_default { trial } else { trial.that_does(doubt.word()) };
            let scene = format!("{by:?}, {lanes} lanes, {doubt:?}, {place}:{k}");
            // lanes may share a commit, so that this pass has fewer of them than the first
            crashes += usize::from(dies(&trial, place, k));
            let status = trial.pass().status.code();
            let unknown = trial.states().get("unknown").copied().unwrap_or_default();
            assert!(unknown <= most_unknown, "{scene}: {unknown} unknown");
            assert_eq!(status, Some(i32::from(unknown > 0)), "{scene}");
            let repeats = trial.repeats();
            assert!(repeats <= most, "{scene}: {repeats} repeats");
            assert!(repeats == 0 || !BEFORE_THE_WIRE.contains(&place), "{scene}: {repeats} repeats");
            assert!(trial.heard().len() + unknown >= PEOPLE, "{scene}");
            trial.holds(&scene);
            copies += repeats;
        }
    }
    println!("{by:?}, {lanes} lanes, {doubt:?}: {crashes} crashes, {copies} copies");
    let never: Vec<&str> = PLACES.into_iter().filter(|place| !times.contains_key(*place)).collect();
    let no_wire = ["before-begin", "begun", "accepted"];
    assert_eq!(never, if by == By::InApp { &no_wire[..] } else { &[] }, "places that a pass never came by");
    (crashes, copies)
}

#[test]
fn a_crash_anywhere_with_one_lane_repeats_at_most_one_mail() {
    let (crashes, copies) = every_crash(By::Email, 1, Doubt::Resend);
    assert!(crashes >= 24, "{crashes} crashes");
    assert!(copies >= 3, "a mail that was taken and not settled goes again: {copies}");
}

#[test]
fn a_crash_anywhere_with_four_lanes_repeats_at_most_four_mails() {
    let (crashes, copies) = every_crash(By::Email, 4, Doubt::Resend);
    assert!(crashes >= 15 && copies >= 3, "{crashes} crashes, {copies} copies");
}

#[test]
fn a_crash_anywhere_repeats_no_mail_where_doubtful_ones_are_held() {
    for lanes in [1, 4] {
        let (crashes, copies) = every_crash(By::Email, lanes, Doubt::Hold);
        assert!(crashes >= 15 && copies == 0, "{crashes} crashes, {copies} copies");
    }
}

#[test]
fn a_crash_anywhere_is_made_good_from_a_ledger_on_postgresql_as_well() {
    let server = Rc::new(Postgres::start().unwrap());
    let (crashes, copies) = every_crash_on(Some(&server), By::Email, 4, Doubt::Resend);
    assert!(crashes >= 15 && copies >= 3, "{crashes} crashes, {copies} copies");
    let (crashes, copies) = every_crash_on(Some(&server), By::Email, 4, Doubt::Hold);
    assert!(crashes >= 15 && copies == 0, "{crashes} crashes, {copies} copies");
    let (crashes, _) = every_crash_on(Some(&server), By::InApp, 1, Doubt::Resend);
    assert!(crashes >= 8, "{crashes} crashes");
}

#[test]
fn a_crash_anywhere_leaves_one_note_for_each_in_the_feed() {
    let (crashes, _) = every_crash(By::InApp, 1, Doubt::Resend);
    assert!(crashes >= 8, "{crashes} crashes");
}

#[test]
fn a_crash_anywhere_leaves_one_push_for_each() {
    let (crashes, _) = every_crash(By::Push, 1, Doubt::Resend);
    assert!(crashes >= 15, "{crashes} crashes");
}

#[test]
fn a_crash_anywhere_repeats_pushes_by_apples_network_only_where_the_settings_say_so() {
    let (crashes, copies) = every_crash(By::Apple, 1, Doubt::Resend);
    assert!(crashes >= 15 && copies >= 3, "{crashes} crashes, {copies} copies");
    let (crashes, copies) = every_crash(By::Apple, 1, Doubt::Hold);
    assert!(crashes >= 15 && copies == 0, "{crashes} crashes, {copies} copies");
}

#[test]
fn b11_a_crash_anywhere_texts_nobody_twice_unless_the_settings_say_so() {
    for doubt in [Doubt::Hold, Doubt::Reconcile] {
        let (crashes, copies) = every_crash(By::Twilio, 1, doubt);
        assert!(crashes >= 15 && copies == 0, "{doubt:?}: {crashes} crashes, {copies} copies");
    }
    let (crashes, copies) = every_crash(By::Twilio, 1, Doubt::Resend);
    assert!(crashes >= 15 && copies >= 3, "{crashes} crashes, {copies} copies");
}

#[test]
fn a_crash_before_the_first_answer_leaves_one_text_in_doubt_and_not_all_that_wait_behind_it() {
    let trial = Trial::new(By::Twilio, PEOPLE, 1);
    assert!(dies(&trial, "accepted", 1));
    assert_eq!(trial.pass().status.code(), Some(1));
    assert_eq!(trial.states(), BTreeMap::from([("sent".into(), PEOPLE - 1), ("unknown".into(), 1)]));
    assert_eq!((trial.heard().len(), trial.repeats()), (PEOPLE, 0));
}

#[test]
fn a_crash_while_another_is_made_good_loses_nobody() {
    for lanes in [1, 4] {
        for place in PLACES {
            let trial = Trial::new(By::Email, PEOPLE, lanes);
            let scene = format!("{lanes} lanes, accepted:2 and then {place}:1");
            assert!(dies(&trial, "accepted", 2), "{scene}");
            assert!(dies(&trial, place, 1), "{scene}");
            // what was on the wire in both is left to a person
            let status = trial.pass().status.code();
            let unknown = trial.states().get("unknown").copied().unwrap_or_default();
            assert_eq!(status, Some(i32::from(unknown > 0)), "{scene}: {unknown} unknown");
            assert!(unknown <= lanes, "{scene}: {unknown} unknown");
            assert!(trial.repeats() <= 2 * lanes, "{scene}: {} repeats", trial.repeats());
            trial.holds(&scene);
        }
    }
}

#[test]
fn a_mail_that_two_crashes_left_in_doubt_waits_for_a_person_and_the_pass_says_so() {
    let trial = Trial::new(By::Email, 1, 1);
    assert!(dies(&trial, "begun", 1) && dies(&trial, "begun", 1));
    let output = trial.command(&["run"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("delivery 1 to a***@e***.com may have arrived: doorbell was stopped"), "{said}");
    assert!(said.contains("requeue"), "{said}");
    assert_eq!(trial.states(), BTreeMap::from([("unknown".into(), 1)]));
    assert_eq!(trial.latest_status(), 1, "what `status` reads");
    trial.holds("in doubt twice");
}

/// A pass in which one delivery panics there.
fn panics(trial: &Trial, place: &str) -> (Option<i32>, String) {
    let output = trial.command(&["run"]).env("DOORBELL_FAILPOINT", format!("{place}:3:panic")).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_panic_while_one_digest_is_put_into_words_costs_nobody_theirs() {
    let trial = Trial::new(By::Email, PEOPLE, 4);
    let (status, said) = panics(&trial, "wording");
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("a digest goes out in doorbell's own words"), "{said}");
    assert_eq!((trial.heard().len(), trial.repeats()), (PEOPLE, 0));
    trial.holds("wording");
}

#[test]
fn a_panic_while_one_mail_is_handed_over_costs_that_mail_a_pass() {
    let trial = Trial::new(By::Email, PEOPLE, 4);
    let (status, said) = panics(&trial, "handing-over");
    assert_eq!((status, trial.heard().len()), (Some(0), PEOPLE - 1), "{said}");
    let due = "UPDATE doorbell_delivery SET next_attempt_at = 1 WHERE state = 'queued'";
    trial.tamper(due);
    assert_eq!(trial.pass().status.code(), Some(0));
    assert_eq!((trial.heard().len(), trial.repeats()), (PEOPLE, 0));
    trial.holds("handing-over");
}
