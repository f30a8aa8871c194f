//! The time of a pass: where it began, and how far it has come.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

/// A clock that starts at a given instant, so that tests and dry runs choose their own.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    began_at: DateTime<Utc>,
    began: Instant,
}

impl Clock {
    /// A clock that shows `now` at this moment.
    pub fn at(now: DateTime<Utc>) -> Self {
        Self { began_at: now, began: Instant::now() }
    }

    /// What it showed at first.
    pub fn began_at(&self) -> DateTime<Utc> {
        self.began_at
    }

    /// What it shows now; never goes back.
    pub fn now(&self) -> DateTime<Utc> {
        self.began_at + TimeDelta::from_std(self.elapsed()).unwrap_or(TimeDelta::MAX)
    }

    /// How long it has run.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}
