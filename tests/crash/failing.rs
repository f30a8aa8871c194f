//! Each system call on the ledger's files fails once, and fails for good: what is not on record is not on the wire.

use std::fmt;
use std::process::{ExitStatus, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::is_soak;
use crate::shim::{Fault, Lasting, Shim};
use crate::trial::{By, Trial};

const LANES: usize = 2;
/// How a call can fail.
const WAYS: [(Fault, Lasting); 6] = [
    (Fault::Full, Lasting::Once),
    (Fault::Broken, Lasting::FromThenOn),
    (Fault::ReadOnly, Lasting::Once),
    (Fault::Full, Lasting::FromThenOn),
    (Fault::Broken, Lasting::Once),
    (Fault::ReadOnly, Lasting::FromThenOn),
];
/// No pass over so few people makes more calls.
const ENOUGH: usize = 5_000;
/// A pass that has not ended by then never will.
const LONGEST: Duration = Duration::from_mins(2);

/// What came of it.
#[derive(Default)]
struct Finish {
    calls: usize,
    /// How many passes could not go on.
    failed: usize,
    /// How many of those had sent mails by then.
    with_mails: usize,
    repeats: usize,
}

impl fmt::Display for Finish {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { calls, failed, with_mails, repeats } = self;
        write!(out, "{calls} calls failed and {failed} passes, {with_mails} of them after mails had left, ")?;
        write!(out, "{repeats} repeats")
    }
}

/// A pass in which the k-th call fails.
#[track_caller]
fn pass_with_a_failure(shim: &Shim, trial: &Trial, k: usize, (fault, lasting): (Fault, Lasting)) -> Output {
    let mut pass = trial.command(&["run"]);
    shim.fail(&mut pass, k, &trial.ledger(), fault, lasting);
    let mut pass = pass.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    while pass.try_wait().unwrap().is_none() {
        if began.elapsed() > LONGEST {
            pass.kill().unwrap();
            panic!("call {k}, {fault:?}: {:?}", pass.wait_with_output());
        }
        sleep(Duration::from_millis(2));
    }
    pass.wait_with_output().unwrap()
}

/// Lets the calls of a pass fail until a pass makes no more: all of them in each way, or some with the ways in turn.
#[track_caller]
fn failures(place: &str, every: usize, new: impl Fn() -> Trial) -> Finish {
    let (shim, mut finish) = (Shim::build(), Finish::default());
    for (turn, way) in WAYS.into_iter().enumerate() {
        let (first, step) = if is_soak() { (1, 1) } else { (1 + turn * every, WAYS.len() * every) };
        for k in (first..ENOUGH).step_by(step) {
            let trial = new();
            let output = pass_with_a_failure(&shim, &trial, k, way);
            let scene = format!("{place}, {way:?}: {}", String::from_utf8_lossy(&output.stderr));
            if !scene.contains("shim: call") {
                assert_eq!(output.status.code(), Some(0), "{scene}");
                break;
            }
            assert!(!scene.contains("panicked"), "{scene}");
            is_made_good(&trial, output.status, &scene, &mut finish);
        }
    }
    println!("{place}: {finish}");
    finish
}

/// Fails unless all that was taken is on record, and the next pass tells the others.
#[track_caller]
fn is_made_good(trial: &Trial, status: ExitStatus, scene: &str, finish: &mut Finish) {
    assert!(matches!(status.code(), Some(0 | 74 | 75)), "{scene}: {status:?}");
    trial.everything_taken_is_on_record(&trial.ledger(), scene);
    finish.calls += 1;
    if !status.success() {
        finish.failed += 1;
        finish.with_mails += usize::from(!trial.heard().is_empty());
        assert_eq!(trial.pass().status.code(), Some(0), "{scene}");
    }
    let repeats = trial.repeats();
    assert!(repeats <= LANES, "{scene}: {repeats} repeats");
    finish.repeats += repeats;
    // nobody stands as unknown: all have heard
    assert_eq!(trial.heard().len(), people(), "{scene}");
    trial.holds(scene);
}

fn people() -> usize {
    if is_soak() { 12 } else { 4 }
}

fn by_email() -> Trial {
    Trial::in_memory(By::Email, people(), LANES)
}

#[test]
fn a_call_that_fails_anywhere_loses_nobody_where_the_ledger_stands_in_the_desk() {
    let finish = failures("in the desk", 4, by_email);
    assert!(finish.failed > 20 && finish.with_mails > 5, "{finish}");
}

#[test]
fn a_call_that_fails_anywhere_loses_nobody_where_the_ledger_has_a_file_of_its_own() {
    let finish = failures("in a file of its own", 7, || by_email().with_own_ledger());
    assert!(finish.failed > 20 && finish.with_mails > 5, "{finish}");
}
