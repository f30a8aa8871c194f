//! The instants of a period at which something can happen: slots, and the marks of cron for what waits.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use crate::config::Config;
use crate::schedule::{Schedule, next};

/// How often cron is taken to start a pass; a slot between two of its marks has its own.
const CRON: TimeDelta = TimeDelta::minutes(5);

/// When something can happen.
pub(super) struct Calendar<'a> {
    config: &'a Config,
    /// The latest instant that was given out.
    last: DateTime<Utc>,
    /// The first mark of the period, until it is over.
    first: Option<DateTime<Utc>>,
    /// The next slot of each rule.
    slots: Vec<Option<DateTime<Utc>>>,
}

impl<'a> Calendar<'a> {
    /// The instants from `from` on: first the first mark of cron, which makes up for missed slots.
    pub(super) fn from(config: &'a Config, from: DateTime<Utc>) -> Self {
        let last = from - TimeDelta::milliseconds(1);
        let slots = config.rules.iter().map(|rule| slot_after(config, &rule.schedule, last)).collect();
        Self { config, last, first: Some(mark(from)), slots }
    }

    /// The next instant, given when the next queued delivery is due.
    pub(super) fn next(&mut self, attempt: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
        for (rule, slot) in self.config.rules.iter().zip(&mut self.slots) {
            if slot.is_some_and(|slot| slot <= self.last) {
                *slot = slot_after(self.config, &rule.schedule, self.last);
            }
        }
        let soonest = self.last + TimeDelta::milliseconds(1);
        let attempt = attempt.map(|at| mark(at.max(soonest)));
        let first = self.first.filter(|at| *at > self.last);
        let next = self.slots.iter().copied().flatten().chain(attempt).chain(first).min();
        self.last = next.unwrap_or(self.last);
        next
    }
}

fn slot_after(config: &Config, schedule: &Schedule, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    next(schedule, config.desk.time_zone.0, after).map(|slot| slot.at)
}

/// The first mark of cron that is not before an instant.
fn mark(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(CRON).map_or(at, |down| if down == at { at } else { down + CRON })
}
