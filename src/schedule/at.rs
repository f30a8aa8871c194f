//! Fixed times of day on given weekdays.

use std::cmp::Reverse;

use chrono::{DateTime, Datelike, Days as Later, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;

use crate::model::Slot;
use crate::notation::{Days, instant_of};

/// A weekday comes again within a week; one day more for the zone's offset.
const LOOK_AROUND_DAYS: u64 = 8;

pub(super) fn latest(times: &[NaiveTime], days: Days, zone: Tz, now: DateTime<Utc>) -> Option<Slot> {
    let today = now.with_timezone(&zone).date_naive();
    let dates = (0..=LOOK_AROUND_DAYS).filter_map(|back| today.checked_sub_days(Later::new(back)));
    let (at, local) = slots(times, days, zone, dates).filter(|(at, _)| *at <= now).max()?;
    Some(slot(zone, at, local))
}

pub(super) fn next(times: &[NaiveTime], days: Days, zone: Tz, after: DateTime<Utc>) -> Option<Slot> {
    let today = after.with_timezone(&zone).date_naive();
    let dates = (0..=LOOK_AROUND_DAYS).filter_map(|ahead| today.checked_add_days(Later::new(ahead)));
    // of two that a gap moves to one instant the later is the one that fires
    let (at, local) = slots(times, days, zone, dates)
        .filter(|(at, _)| *at > after)
        .min_by_key(|(at, local)| (*at, Reverse(*local)))?;
    Some(slot(zone, at, local))
}

/// Every slot on some dates: when it is, and what the wall clock shows then.
fn slots(
    times: &[NaiveTime],
    days: Days,
    zone: Tz,
    dates: impl Iterator<Item = NaiveDate>,
) -> impl Iterator<Item = (DateTime<Utc>, NaiveDateTime)> {
    dates
        .filter(move |date| days.contains(date.weekday()))
        .flat_map(move |date| times.iter().map(move |time| date.and_time(*time)))
        .filter_map(move |local| Some((instant_of(zone, local)?, local)))
}

fn slot(zone: Tz, at: DateTime<Utc>, local: NaiveDateTime) -> Slot {
    Slot { at, label: format!("{} {zone}", local.format("%Y-%m-%dT%H:%M")) }
}
