//! At most so many mails a minute over all connections, evenly spaced: a burst is what a limit is there against.

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The spacing, and when the next mail may go.
#[derive(Debug)]
pub(super) struct Pace {
    between: Duration,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    pub(super) fn per_minute(limit: u32) -> Self {
        Self { between: Duration::from_mins(1) / limit.max(1), next: Mutex::new(None) }
    }

    /// Waits for a turn.
    pub(super) fn wait(&self) {
        thread::sleep(self.turn(Instant::now()));
    }

    /// Takes the next turn; how long to wait for it from `now`.
    fn turn(&self, now: Instant) -> Duration {
        // a lane that panicked while holding it left a whole value behind
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = next.map_or(now, |next| next.max(now));
        *next = Some(turn + self.between);
        turn.duration_since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_evenly_spaced_and_unused_ones_are_not_saved_up() {
        let pace = Pace::per_minute(60);
        let start = Instant::now();
        let second = Duration::from_secs(1);
        assert_eq!([(); 3].map(|()| pace.turn(start)), [Duration::ZERO, second, second * 2]);
        let later = start + second * 100;
        assert_eq!([(); 2].map(|()| pace.turn(later)), [Duration::ZERO, second]);
    }
}
