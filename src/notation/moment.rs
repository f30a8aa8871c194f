//! Times as people give them: RFC 3339, `2026-03-02 14:00`, `14:00`, `yesterday 14:00`, `now`.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, Days, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;

use super::instant_of;

/// Times outside these years are slips, and where the calendar ends neither sums nor zones are possible.
const YEARS: RangeInclusive<i32> = 1..=9999;

/// The instant, if it can be reckoned with.
pub fn reckonable(at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    YEARS.contains(&at.year()).then_some(at)
}

/// The instant that `text` means on a wall clock in `zone`.
pub fn moment(text: &str, zone: Tz, now: DateTime<Utc>) -> Result<DateTime<Utc>, String> {
    let text = text.trim();
    match read(text, zone, now).map(reckonable) {
        Some(Some(at)) => Ok(at),
        Some(None) => Err(format!("{text:?} is not in the years from {} to {}", YEARS.start(), YEARS.end())),
        None => Err(format!(
            "{text:?} is not a time; write \"2026-03-02T14:00:00Z\", \"2026-03-02 14:00\", \"14:00\" or \"yesterday 14:00\""
        )),
    }
}

fn read(text: &str, zone: Tz, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if text == "now" {
        return Some(now);
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    let today = now.with_timezone(&zone).date_naive();
    let (day, rest) = match text.split_once(' ').unwrap_or((text, "")) {
        ("yesterday", rest) => (today.checked_sub_days(Days::new(1)), rest),
        ("today", rest) => (Some(today), rest),
        ("tomorrow", rest) => (today.checked_add_days(Days::new(1)), rest),
        (word, rest) => match word.parse() {
            Ok(day) => (Some(day), rest),
            Err(_) => (Some(today), text),
        },
    };
    let time = if rest.is_empty() { Ok(NaiveTime::MIN) } else { NaiveTime::parse_from_str(rest, "%H:%M") };
    instant_of(zone, NaiveDateTime::new(day?, time.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let now = "2026-03-02T10:30:00Z".parse().unwrap();
        let case = |text: &str, expected: &str| {
            assert_eq!(
                moment(text, chrono_tz::Europe::Berlin, now).unwrap(),
                expected.parse::<DateTime<Utc>>().unwrap(),
                "{text}"
            );
        };
        case("2026-03-02T14:00:00+01:00", "2026-03-02T13:00:00Z");
        case("2026-03-01 14:00", "2026-03-01T13:00:00Z");
        case("14:00", "2026-03-02T13:00:00Z");
        case("yesterday 14:00", "2026-03-01T13:00:00Z");
        case("yesterday", "2026-02-28T23:00:00Z");
        case("now", "2026-03-02T10:30:00Z");
        // the clock went from 02:00 to 03:00
        case("2026-03-29 02:30", "2026-03-29T01:00:00Z");
    }

    #[test]
    fn a_time_at_the_end_of_the_calendar_is_refused() {
        for text in ["+262142-12-31 23:59", "-262143-01-01", "0000-01-01T00:00:00Z", "+10000-01-01"] {
            let error = moment(text, Tz::UTC, Utc::now()).unwrap_err();
            assert!(error.contains("1 to 9999"), "{text}: {error}");
        }
        assert!(moment("9999-12-31 23:59", Tz::UTC, Utc::now()).is_ok());
    }

    #[test]
    fn nonsense_is_answered_with_examples() {
        let error = moment("five to", Tz::UTC, Utc::now()).unwrap_err();
        assert!(error.contains("yesterday 14:00"), "{error}");
    }
}
