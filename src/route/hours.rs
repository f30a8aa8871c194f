//! When somebody may be disturbed: working days, working hours and quiet hours, in their own zone.

use chrono::{DateTime, Datelike, Days as Later, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;

use crate::model::{Hours, Reason};
use crate::notation::instant_of;

/// A working day comes again within a week; one day more for hours that run over midnight.
const LOOK_AHEAD_DAYS: u64 = 8;

/// Until when somebody is not to be disturbed, and why; `None` = they may be now.
///
/// Hours that never open are no hours.
pub(super) fn closed(hours: &Hours, zone: Tz, now: DateTime<Utc>) -> Option<(DateTime<Utc>, Reason)> {
    let zone = hours.time_zone.unwrap_or(zone);
    let local = now.with_timezone(&zone).naive_local();
    let reason = closed_at(hours, local)?;
    let boundaries = [hours.working.map(|(from, _)| from), hours.quiet.map(|(_, until)| until), Some(NaiveTime::MIN)];
    let days = (0..=LOOK_AHEAD_DAYS).filter_map(|ahead| local.date().checked_add_days(Later::new(ahead)));
    let openings = days.flat_map(|day| boundaries.into_iter().flatten().map(move |time| day.and_time(time)));
    // asked of the moment itself: in the hour that the clocks skip, a time of day is another one
    let is_open = |at: &DateTime<Utc>| closed_at(hours, at.with_timezone(&zone).naive_local()).is_none();
    let openings = openings.filter_map(|opening| instant_of(zone, opening)).filter(|at| *at > now);
    Some((openings.filter(is_open).min()?, reason))
}

fn closed_at(hours: &Hours, local: NaiveDateTime) -> Option<Reason> {
    if hours.quiet.is_some_and(|quiet| within(quiet, local.time())) {
        return Some(Reason::QuietHours);
    }
    let at_work = hours.working.is_none_or(|working| within(working, local.time()));
    // the small hours of a night shift belong to the day on which it began
    let began = match hours.working {
        Some((from, until)) if from > until && local.time() < until => local.date().pred_opt(),
        _ => Some(local.date()),
    };
    let on_a_working_day = hours.days.is_none_or(|days| began.is_none_or(|day| days.contains(day.weekday())));
    (!at_work || !on_a_working_day).then_some(Reason::OffWork)
}

/// Whether a time of day lies in hours that may run over midnight; they end before their last minute.
fn within((from, until): (NaiveTime, NaiveTime), time: NaiveTime) -> bool {
    if from <= until { from <= time && time < until } else { time >= from || time < until }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::notation::hours_of_day;

    fn hours(days: Option<&str>, working: Option<&str>, quiet: Option<&str>) -> Hours {
        let read = |text: Option<&str>| text.map(|text| hours_of_day(text).unwrap());
        Hours {
            time_zone: None,
            days: days.map(|days| days.parse().unwrap()),
            working: read(working),
            quiet: read(quiet),
        }
    }

    #[track_caller]
    fn case(hours: &Hours, now: &str, expected: Option<(&str, Reason)>) {
        let zone = Tz::Europe__Berlin;
        let expected = expected.map(|(at, reason)| (at.parse().unwrap(), reason));
        assert_eq!(closed(hours, zone, now.parse().unwrap()), expected, "{now}");
    }

    #[test]
    fn quiet_hours_end_in_the_morning_of_the_recipients_zone() {
        let hours = hours(None, None, Some("22:00-07:00"));
        case(&hours, "2026-03-02T20:59:00Z", None);
        case(&hours, "2026-03-02T21:00:00Z", Some(("2026-03-03T06:00:00Z", Reason::QuietHours)));
        case(&hours, "2026-03-03T05:59:00Z", Some(("2026-03-03T06:00:00Z", Reason::QuietHours)));
        case(&hours, "2026-03-03T06:00:00Z", None);
        // the night in which the clocks go forward is an hour shorter
        case(&hours, "2026-03-28T21:00:00Z", Some(("2026-03-29T05:00:00Z", Reason::QuietHours)));
    }

    #[test]
    fn work_begins_again_on_the_next_working_day() {
        let hours = hours(Some("Mon-Fri"), Some("09:00-17:00"), None);
        case(&hours, "2026-03-06T15:59:00Z", None);
        case(&hours, "2026-03-06T16:00:00Z", Some(("2026-03-09T08:00:00Z", Reason::OffWork)));
        case(&hours, "2026-03-07T10:00:00Z", Some(("2026-03-09T08:00:00Z", Reason::OffWork)));
    }

    #[test]
    fn a_night_shift_belongs_to_the_day_on_which_it_began() {
        let hours = hours(Some("Fri"), Some("22:00-06:00"), None);
        case(&hours, "2026-03-07T03:00:00Z", None);
        case(&hours, "2026-03-07T22:00:00Z", Some(("2026-03-13T21:00:00Z", Reason::OffWork)));
    }

    #[test]
    fn quiet_hours_within_working_hours_hold_too() {
        let hours = hours(None, Some("08:00-18:00"), Some("12:00-13:00"));
        case(&hours, "2026-03-02T11:30:00Z", Some(("2026-03-02T12:00:00Z", Reason::QuietHours)));
        case(&hours, "2026-03-02T18:00:00Z", Some(("2026-03-03T07:00:00Z", Reason::OffWork)));
    }

    proptest! {
        #[test]
        fn whoever_waits_for_the_opening_finds_it_open(
            minute in 0_i64..60 * 24 * 400, from in 0_u32..24, length in 1_u32..23, quiet in 0_u32..24, days in 1_u8..8,
        ) {
            let at = |hour: u32| NaiveTime::from_hms_opt(hour % 24, 0, 0).unwrap();
            let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
            let hours = Hours {
                time_zone: Some(Tz::America__New_York),
                days: Some(names[..usize::from(days.min(7))].join(",").parse().unwrap()),
                working: Some((at(from), at(from + length))),
                quiet: Some((at(quiet), at(quiet + 1))),
            };
            let now = DateTime::UNIX_EPOCH + chrono::TimeDelta::days(20_500) + chrono::TimeDelta::minutes(minute);
            if let Some((opening, _)) = closed(&hours, Tz::UTC, now) {
                prop_assert!(opening > now);
                prop_assert_eq!(closed(&hours, Tz::UTC, opening), None);
            }
        }
    }
}
