//! Fixed times of day on given weekdays.

use chrono::{
    DateTime, Datelike, Days as Later, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;

use super::settings::Days;
use crate::model::Slot;

/// Samoa once left out a whole day: the longest gap a clock ever skipped.
const LONGEST_GAP_MINUTES: i64 = 25 * 60;
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
    let (at, local) = slots(times, days, zone, dates).filter(|(at, _)| *at > after).min()?;
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
        .filter_map(move |local| Some((instant(zone, local)?, local)))
}

fn slot(zone: Tz, at: DateTime<Utc>, local: NaiveDateTime) -> Slot {
    Slot { at, label: format!("{} {zone}", local.format("%Y-%m-%dT%H:%M")) }
}

/// The moment a wall clock in `zone` shows `local`.
///
/// A time shown twice means the first; a time that is skipped means the first moment after the gap.
fn instant(zone: Tz, local: NaiveDateTime) -> Option<DateTime<Utc>> {
    (0..=LONGEST_GAP_MINUTES).find_map(|minutes| {
        match zone.from_local_datetime(&local.checked_add_signed(TimeDelta::minutes(minutes))?) {
            MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => Some(at.to_utc()),
            MappedLocalTime::None => None,
        }
    })
}
