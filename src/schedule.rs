//! When a rule is due. Pure: instants in, slots out; wall-clock times follow their zone through daylight saving.

mod at;
mod cron;
mod settings;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::model::Slot;
pub use settings::Schedule;

/// Missed slots older than this are not made up for.
pub const CATCH_UP: TimeDelta = TimeDelta::hours(24);

/// The latest slot of `schedule` that is due at `now` and has not fired.
///
/// Missed slots merge into the latest one. `last` is the rule's last fired slot not after `now`; `zone` is where
/// the schedule lives if it names no zone of its own.
pub fn due(schedule: &Schedule, zone: Tz, last: Option<&Slot>, now: DateTime<Utc>) -> Option<Slot> {
    let slot = latest(schedule, zone, now)?;
    let fresh = slot.at > now - CATCH_UP;
    let fired = last.is_some_and(|last| slot.at <= last.at || repeats(schedule, zone, last, &slot));
    (fresh && !fired).then_some(slot)
}

/// The first slot after `after`, within four years.
pub fn next(schedule: &Schedule, zone: Tz, after: DateTime<Utc>) -> Option<Slot> {
    match schedule {
        Schedule::Every(span) => {
            let seconds = i64::from(span.as_seconds());
            Some(every_slot((after.timestamp().div_euclid(seconds) + 1) * seconds))
        }
        Schedule::At { times, days, zone: own } => at::next(times, *days, own.unwrap_or(zone), after),
        Schedule::Cron { cron, zone: own, .. } => {
            let zone = own.unwrap_or(zone);
            let at = cron.find_next_occurrence(&after.with_timezone(&zone), false).ok()?.to_utc();
            Some(Slot { at, label: label(schedule, zone, at) })
        }
    }
}

/// The latest slot not after `now`, fired or not.
pub fn latest(schedule: &Schedule, zone: Tz, now: DateTime<Utc>) -> Option<Slot> {
    match schedule {
        Schedule::Every(span) => {
            let seconds = i64::from(span.as_seconds());
            Some(every_slot(now.timestamp().div_euclid(seconds) * seconds))
        }
        Schedule::At { times, days, zone: own } => at::latest(times, *days, own.unwrap_or(zone), now),
        Schedule::Cron { cron, zone: own, .. } => {
            let zone = own.unwrap_or(zone);
            let at = cron.find_previous_occurrence(&now.with_timezone(&zone), true).ok()?.to_utc();
            Some(Slot { at, label: label(schedule, zone, at) })
        }
    }
}

/// Whether `slot` is the second pass of a wall-clock hour that `last` already served.
fn repeats(schedule: &Schedule, zone: Tz, last: &Slot, slot: &Slot) -> bool {
    let Schedule::Cron { hour_is_fixed: true, zone: own, .. } = schedule else { return false };
    let zone = own.unwrap_or(zone);
    let wall = |at: DateTime<Utc>| at.with_timezone(&zone).naive_local();
    wall(slot.at) <= wall(last.at)
}

fn every_slot(seconds: i64) -> Slot {
    let at = Utc.timestamp_opt(seconds, 0).single().unwrap_or_default();
    Slot { at, label: utc_label(at) }
}

fn label(schedule: &Schedule, zone: Tz, at: DateTime<Utc>) -> String {
    match schedule {
        Schedule::Cron { hour_is_fixed: true, .. } => {
            format!("{} {zone}", at.with_timezone(&zone).format("%Y-%m-%dT%H:%M"))
        }
        _ => utc_label(at),
    }
}

fn utc_label(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests;
