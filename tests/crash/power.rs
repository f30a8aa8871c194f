//! The power goes at any system call of a pass, and what was not synced goes with it; pass after pass, until all are told.

use std::fmt;
use std::fs;
use std::os::unix::process::ExitStatusExt;

use crate::chance::Chance;
use crate::disk::{Disk, Unsynced};
use crate::is_soak;
use crate::shim::Shim;
use crate::trial::{By, Trial, is_whole};

const PEOPLE: usize = 60;
const LANES: usize = 4;
/// The cut comes within so many calls, which are about half of a pass over all of them.
const CALLS: u64 = 700;
/// A desk at which nobody gets any further is a fault of its own.
const MOST_CUTS: usize = 100;
const KILL: i32 = 9;
const SEED: u64 = 20_261_122;

/// What came of it.
#[derive(Default)]
struct Finish {
    cuts: usize,
    /// How many of them ended a pass; the others came right after its end.
    at_work: usize,
    repeats: usize,
    unknown: usize,
}

impl fmt::Display for Finish {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cuts, at_work, repeats, unknown } = self;
        write!(out, "{cuts} power cuts, {at_work} of them at work, {repeats} repeats, {unknown} unknown")
    }
}

/// Desk follows on desk until there were enough cuts.
#[track_caller]
fn outages(scene: &str, new: impl Fn() -> Trial) -> Finish {
    let (shim, mut chance, mut finish) = (Shim::build(), Chance::of(SEED), Finish::default());
    let wanted = if is_soak() { 500 } else { 15 };
    // most desks see several
    for _ in 0..wanted {
        if finish.at_work < wanted {
            let trial = new();
            until_all_are_told(scene, &shim, &trial, &mut chance, &mut finish);
            finish.repeats += trial.repeats();
            finish.unknown += trial.states().get("unknown").copied().unwrap_or_default();
            trial.holds(&format!("{scene}: {finish}"));
        }
    }
    assert!(finish.at_work >= wanted, "{scene}: {finish}");
    println!("{scene}: {finish}");
    finish
}

/// Every pass ends in a power cut, the last one right after it told all that was left.
#[track_caller]
fn until_all_are_told(scene: &str, shim: &Shim, trial: &Trial, chance: &mut Chance, finish: &mut Finish) {
    let mut disk = Disk::of(trial.folder());
    for _ in 0..MOST_CUTS {
        let k = 1 + usize::try_from(chance.below(CALLS)).unwrap();
        let mut pass = trial.command(&["run"]);
        shim.kill(&mut pass, k, trial.folder(), disk.path());
        let output = pass.output().unwrap();
        let unsynced = if chance.coin() { Unsynced::Lost } else { Unsynced::Torn };
        disk = disk.cut(trial.folder(), unsynced, chance);
        let is_over = output.status.signal() != Some(KILL);
        finish.cuts += 1;
        finish.at_work += usize::from(!is_over);
        let scene = format!("{scene}: {finish}, the last at call {k}, {unsynced:?}");
        look(trial, &scene);
        if is_over {
            // 1 says that somebody has to look at a delivery that was twice in doubt
            assert!(matches!(output.status.code(), Some(0 | 1)), "{scene}: {output:?}");
            return;
        }
    }
    panic!("{scene}: {finish}: nobody gets any further");
}

/// Fails unless a whole ledger is left which knows of every mail that was taken; looks at a copy, since whoever opens
/// the ledger itself mends it.
#[track_caller]
fn look(trial: &Trial, scene: &str) {
    let copy = tempfile::tempdir_in(trial.folder().parent().unwrap()).unwrap();
    for entry in fs::read_dir(trial.folder()).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    let ledger = copy.path().join(trial.ledger().file_name().unwrap());
    is_whole(&ledger, scene);
    trial.everything_taken_is_on_record(&ledger, scene);
}

fn by_email() -> Trial {
    Trial::in_memory(By::Email, PEOPLE, LANES)
}

#[test]
fn a_power_cut_at_any_call_repeats_what_was_on_the_wire_where_the_ledger_stands_in_the_desk() {
    let finish = outages("in the desk", by_email);
    assert!(finish.repeats <= finish.at_work * LANES, "{finish}");
}

#[test]
fn a_power_cut_at_any_call_repeats_what_was_on_the_wire_where_the_ledger_has_a_file_of_its_own() {
    let finish = outages("in a file of its own", || by_email().with_own_ledger());
    assert!(finish.repeats <= finish.at_work * LANES, "{finish}");
}

#[test]
fn a_power_cut_at_any_call_repeats_no_mail_where_doubtful_ones_are_held() {
    for (place, own) in [("in the desk", false), ("in a file of its own", true)] {
        let finish = outages(&format!("{place}, held"), || {
            let trial = by_email().that_does("hold");
            if own { trial.with_own_ledger() } else { trial }
        });
        assert_eq!(finish.repeats, 0, "{finish}");
        assert!(finish.unknown <= finish.at_work * LANES, "{finish}");
    }
}

#[test]
fn a_power_cut_at_any_call_leaves_one_push_for_each() {
    let finish = outages("push", || Trial::in_memory(By::Push, PEOPLE, LANES));
    assert_eq!(finish.repeats, 0, "{finish}");
}
