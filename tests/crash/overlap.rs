//! Many passes at once, and a hand that kills them at random: `make soak` lets it go on for longer.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::rc::Rc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::chance::Chance;
use crate::is_soak;
use crate::servers::{Act, At, Postgres, SmtpServer, Tls};
use crate::trial::{By, Trial};

const LANES: usize = 4;
const KILL: i32 = 9;
const SEED: u64 = 20_261_122;
/// A race that has not ended by then never will.
const LONGEST: Duration = Duration::from_mins(30);

/// What is raced.
struct Race {
    people: usize,
    processes: usize,
    kills: usize,
    /// How long the server takes for each mail, in milliseconds, so that a pass lasts.
    late: u64,
    /// The longest time between two kills, in milliseconds.
    calm: u64,
}

/// What came of it.
#[derive(Default)]
struct Finish {
    passes: usize,
    killed: usize,
    /// How many of the killed had begun their pass; the others waited for it, or did not get so far.
    at_work: usize,
    repeats: usize,
    unknown: usize,
    seconds: f64,
}

impl fmt::Display for Finish {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passes, killed, at_work, repeats, unknown, seconds } = self;
        write!(out, "{passes} passes, {killed} killed, {at_work} of them at work, ")?;
        write!(out, "{repeats} repeats, {unknown} unknown, {seconds:.1} s")
    }
}

/// So many processes, each started anew as soon as it ends, until the hand has killed enough and everybody is told.
#[track_caller]
fn race(race: &Race) -> Finish {
    race_at(race, |trial| trial)
}

/// The same with another ledger than that of a file.
#[track_caller]
fn race_at(race: &Race, place: impl FnOnce(Trial) -> Trial) -> Finish {
    let server = SmtpServer::start(Tls::Never).at(At::Taken, Act::Late(b"250 taken\r\n".to_vec(), race.late));
    let trial = place(Trial::with(server, By::Email, race.people, LANES));
    let (mut chance, began) = (Chance::of(SEED), Instant::now());
    let mut passes: Vec<Child> = (0..race.processes).map(|_| trial.start()).collect();
    let mut finish = Finish { passes: passes.len(), ..Finish::default() };
    let (mut next_kill, mut all_told) = (began, false);
    while finish.killed < race.kills || finish.passes < race.processes * 5 || !all_told {
        sleep(Duration::from_millis(2));
        if finish.killed < race.kills && Instant::now() >= next_kill {
            let any = chance.below(race.processes.try_into().unwrap());
            // every other blow is for the one at work: the others only wait for it
            let aimed = (any % 2 == 0).then(|| trial.at_work()).flatten();
            let victim = aimed.and_then(|id| passes.iter().position(|pass| pass.id() == id));
            passes[victim.unwrap_or(usize::try_from(any).unwrap())].kill().unwrap();
            next_kill = Instant::now() + Duration::from_millis(1 + chance.below(race.calm));
        }
        for pass in &mut passes {
            let Some(status) = pass.try_wait().unwrap() else { continue };
            let killed = was_killed(status);
            finish.killed += usize::from(killed);
            finish.passes += 1;
            all_told = all_told || !killed && trial.closed() == race.people;
            *pass = trial.start();
        }
        assert!(began.elapsed() < LONGEST, "{finish}");
    }
    for mut pass in passes {
        assert!(!was_killed(pass.wait().unwrap()));
    }
    finish.seconds = began.elapsed().as_secs_f64();
    finish.repeats = trial.repeats();
    finish.unknown = trial.states().get("unknown").copied().unwrap_or_default();
    finish.at_work = trial.died_at_work();
    println!("{} processes, {} people: {finish}", race.processes, race.people);
    trial.holds(&format!("{} processes, {} people: {finish}", race.processes, race.people));
    finish
}

/// Whether the hand ended it; a pass that ended by itself did so in good order.
#[track_caller]
fn was_killed(status: ExitStatus) -> bool {
    // 1 says that somebody has to look at a delivery that was twice in doubt
    assert!(status.signal() == Some(KILL) || matches!(status.code(), Some(0 | 1)), "{status:?}");
    status.code().is_none()
}

#[test]
fn passes_at_once_tell_everybody_once() {
    let (people, late) = if is_soak() { (20_000, 5) } else { (300, 20) };
    for processes in [2, 4, 8] {
        let finish = race(&Race { people, processes, kills: 0, late, calm: 1 });
        assert_eq!((finish.repeats, finish.unknown, finish.at_work), (0, 0, 0), "{finish}");
    }
}

#[test]
fn passes_at_once_on_postgresql_share_the_work_and_tell_everybody_once() {
    let (people, late) = if is_soak() { (20_000, 5) } else { (300, 20) };
    let cluster = Rc::new(Postgres::start().unwrap());
    for processes in [2, 8] {
        let finish = race_at(&Race { people, processes, kills: 0, late, calm: 1 }, |it| it.with_ledger_on(&cluster));
        assert_eq!((finish.repeats, finish.unknown, finish.at_work), (0, 0, 0), "{finish}");
    }
}

#[test]
fn passes_at_once_on_postgresql_that_are_killed_lose_nobody_and_repeat_what_was_on_the_wire() {
    let (people, kills, calm) = if is_soak() { (20_000, 300, 1_000) } else { (300, 25, 100) };
    let cluster = Rc::new(Postgres::start().unwrap());
    for processes in [2, 8] {
        let finish = race_at(&Race { people, processes, kills, late: 20, calm }, |it| it.with_ledger_on(&cluster));
        assert!(finish.at_work > 0, "no pass was killed at work");
        assert!(finish.repeats <= finish.at_work * LANES, "{finish}");
        assert!(finish.unknown <= finish.at_work * LANES, "{finish}");
    }
}

#[test]
fn passes_at_once_that_are_killed_lose_nobody_and_repeat_what_was_on_the_wire() {
    let races = if is_soak() {
        vec![Race { people: 20_000, processes: 8, kills: 300, late: 20, calm: 1_000 }]
    } else {
        [2, 4, 8]
            .map(|processes| Race { people: 300, processes, kills: 10 + processes * 3, late: 20, calm: 100 })
            .into()
    };
    let mut at_work = 0;
    for race_of_many in races {
        let finish = race(&race_of_many);
        at_work += finish.at_work;
        assert!(finish.repeats <= finish.at_work * LANES, "{finish}");
        assert!(finish.unknown <= finish.at_work * LANES, "{finish}");
    }
    assert!(at_work > 0, "no pass was killed at work");
}
