//! At most so many mails a minute over all connections, evenly spaced: a burst is what a limit is there against.

use std::sync::{Mutex, PoisonError};
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

    /// Takes the next turn if it has come; else how long it is away.
    pub(super) fn take_turn(&self, now: Instant) -> Result<(), Duration> {
        // a thread that panicked while holding it left a whole value behind
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        match *next {
            Some(turn) if turn > now => Err(turn.duration_since(now)),
            _ => {
                *next = Some(now + self.between);
                Ok(())
            }
        }
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
        assert_eq!([(); 2].map(|()| pace.take_turn(start)), [Ok(()), Err(second)]);
        assert_eq!(pace.take_turn(start + second), Ok(()));
        let later = start + second * 100;
        assert_eq!([(); 2].map(|()| pace.take_turn(later)), [Ok(()), Err(second)]);
    }
}
