//! Goes through the lines of a table, several at a time, and says which of them do not hold.

use std::fmt::{self, Debug};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;

use crate::servers::{Act, At};
use crate::table::{Blow, Fault};

/// Most lines wait for a time-out: more at once than there are cores.
const AT_ONCE: usize = 16;

/// Fails with every line for which the trial fails.
#[track_caller]
pub(crate) fn check<T: Debug + Send>(lines: Vec<T>, trial: impl Fn(&T) -> Result<(), String> + Sync) {
    let (rest, wrong) = (Mutex::new(lines.into_iter()), Mutex::new(Vec::new()));
    let next = || rest.lock().unwrap().next();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(line) = next() {
                    let held = catch_unwind(AssertUnwindSafe(|| trial(&line)));
                    if let Err(why) = held.unwrap_or_else(|_| Err("it panicked, see above".into())) {
                        wrong.lock().unwrap().push(format!("{line:?}\n    {why}"));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} lines do not hold:\n{}", wrong.len(), wrong.join("\n"));
}

/// An error that says what was found and what not.
pub(crate) fn expect<T: PartialEq + Debug>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:?} in place of {expected:?}")) }
}

impl Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} is {:?}", self.scene, acts(&self.acts), self.outcome)
    }
}

impl Debug for Blow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} on the second mail is {:?}", self.scene, acts(&self.acts), self.outcome)
    }
}

/// What the server does, with what it says as text.
fn acts(acts: &[(At, Act)]) -> String {
    let words: Vec<String> = acts.iter().map(|(at, act)| format!("{at:?}: {}", words(act))).collect();
    words.join(", ")
}

fn words(act: &Act) -> String {
    let (Act::Say(bytes)
    | Act::Beneath(bytes)
    | Act::Drip(bytes, _)
    | Act::Late(bytes, _)
    | Act::Leave(bytes)
    | Act::Break(bytes)
    | Act::Hang(bytes)) = act
    else {
        return format!("{act:?}");
    };
    let text: String = String::from_utf8_lossy(bytes).chars().take(60).collect();
    let name = format!("{act:.0?}");
    format!("{} {text:?}", name.split('(').next().unwrap_or_default())
}
