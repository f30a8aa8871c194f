//! Times as people give them: RFC 3339, `2026-03-02 14:00`, `14:00`, `yesterday 14:00`, `now`.

use chrono::{DateTime, Days, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;

use super::exit::UsageError;
use crate::notation::instant_of;

/// The instant that `text` means on a wall clock in `zone`.
pub(super) fn parse(text: &str, zone: Tz, now: DateTime<Utc>) -> Result<DateTime<Utc>, UsageError> {
    let text = text.trim();
    if text == "now" {
        return Ok(now);
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc());
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
    day.zip(time.ok())
        .and_then(|(day, time)| instant_of(zone, NaiveDateTime::new(day, time)))
        .ok_or_else(|| {
            UsageError(format!(
                "{text:?} is not a time; write \"2026-03-02T14:00:00Z\", \"2026-03-02 14:00\", \"14:00\" or \"yesterday 14:00\""
            ))
        })
}

/// An instant for people: `Mon 2 Mar 2026, 14:00 CET`.
pub(super) fn shown(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%a %-d %b %Y, %H:%M %Z").to_string()
}

/// An instant that is near, for people: `Mon 2 Mar, 14:00`.
pub(super) fn near(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%a %-d %b, %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let now = "2026-03-02T10:30:00Z".parse().unwrap();
        let case = |text: &str, expected: &str| {
            assert_eq!(
                parse(text, chrono_tz::Europe::Berlin, now).unwrap(),
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
    fn nonsense_is_answered_with_examples() {
        let error = parse("five to", Tz::UTC, Utc::now()).unwrap_err().to_string();
        assert!(error.contains("yesterday 14:00"), "{error}");
    }
}
