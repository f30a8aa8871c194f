//! Instants and waits as people read them, in the recipient's own zone.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::{OffsetName, Tz};

/// How times are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writing {
    /// With the names of days and months.
    English,
    /// In numbers that every language reads: `2026-03-02 09:14 CET`, `2 d 4 h`.
    Numbers,
}

impl Writing {
    /// By the language in the name of a template set, if there is one.
    pub(super) fn of_set(set: &str) -> Self {
        let tag = set.split_once('.').map_or("en", |(_, tag)| tag);
        if tag.split('-').next() == Some("en") { Self::English } else { Self::Numbers }
    }

    /// An instant with its date and zone.
    pub(super) fn written(self, at: DateTime<Utc>, zone: Tz) -> String {
        match self {
            Self::English => written(at, zone),
            Self::Numbers => dated(at, zone, "%Y-%m-%d %H:%M"),
        }
    }

    /// The hour alone on the day of `now`, else with its day.
    pub(super) fn brief(self, at: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> String {
        match self {
            Self::Numbers if !is_one_day(at, now, zone) => at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string(),
            _ => brief(at, now, zone),
        }
    }

    /// A length of time in its two largest units.
    pub(super) fn wait(self, since: DateTime<Utc>, now: DateTime<Utc>) -> String {
        let words = wait(since, now);
        match self {
            Self::English => words,
            Self::Numbers => {
                words.replace("less than a minute", "< 1 min").replace(" days", " d").replace(" day", " d")
            }
        }
    }
}

/// `Mon 2 Mar 2026, 09:14 CET`: a zone without a name of letters is written as its offset.
pub(super) fn written(at: DateTime<Utc>, zone: Tz) -> String {
    dated(at, zone, "%a %-d %b %Y, %H:%M")
}

fn dated(at: DateTime<Utc>, zone: Tz, pattern: &str) -> String {
    let local = at.with_timezone(&zone);
    let name = local.offset().abbreviation().filter(|name| name.chars().all(|letter| letter.is_ascii_alphabetic()));
    match name {
        Some(name) => format!("{} {name}", local.format(pattern)),
        None => format!("{}{}", local.format(pattern), local.format(" UTC%:z")),
    }
}

/// `08:12` on the day of `now`, `Sun 1 Mar, 08:12` before: short enough for a subject line.
pub(super) fn brief(at: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> String {
    let pattern = if is_one_day(at, now, zone) { "%H:%M" } else { "%a %-d %b, %H:%M" };
    at.with_timezone(&zone).format(pattern).to_string()
}

/// `at 08:12` on the day of `now`, `on Sun 1 Mar at 08:12` on others: to stand in a sentence.
pub(super) fn moment(at: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> String {
    let pattern = if is_one_day(at, now, zone) { "at %H:%M" } else { "on %a %-d %b at %H:%M" };
    at.with_timezone(&zone).format(pattern).to_string()
}

fn is_one_day(at: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> bool {
    at.with_timezone(&zone).date_naive() == now.with_timezone(&zone).date_naive()
}

/// `3 h 20 min`: the two largest units, rounded down.
pub(super) fn wait(since: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let length = now.signed_duration_since(since).max(TimeDelta::zero());
    let (days, hours, minutes) = (length.num_days(), length.num_hours() % 24, length.num_minutes() % 60);
    let named_days = if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
    match (days, hours, minutes) {
        (0, 0, 0) => "less than a minute".into(),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (_, 0, _) => named_days,
        (_, hours, _) => format!("{named_days} {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn times_are_written_with_date_and_zone() {
        let case = |at: &str, zone: Tz, expected: &str| assert_eq!(written(instant(at), zone), expected);
        case("2026-03-02T08:14:00Z", Tz::Europe__Berlin, "Mon 2 Mar 2026, 09:14 CET");
        case("2026-03-29T00:59:59Z", Tz::Europe__Berlin, "Sun 29 Mar 2026, 01:59 CET");
        case("2026-03-29T01:00:00Z", Tz::Europe__Berlin, "Sun 29 Mar 2026, 03:00 CEST");
        case("2026-03-02T08:14:00Z", Tz::UTC, "Mon 2 Mar 2026, 08:14 UTC");
        case("2026-03-02T08:14:00Z", Tz::America__Sao_Paulo, "Mon 2 Mar 2026, 05:14 UTC-03:00");
        case("2026-03-02T08:14:00Z", Tz::Asia__Kathmandu, "Mon 2 Mar 2026, 13:59 UTC+05:45");
    }

    #[test]
    fn in_other_languages_times_are_numbers() {
        let (at, now) = (instant("2026-03-02T08:14:00Z"), instant("2026-03-04T12:15:59Z"));
        let zone = Tz::Europe__Berlin;
        for (set, expected) in [
            ("digest", ["Mon 2 Mar 2026, 09:14 CET", "Mon 2 Mar, 09:14", "2 days 4 h"]),
            ("digest.en-gb", ["Mon 2 Mar 2026, 09:14 CET", "Mon 2 Mar, 09:14", "2 days 4 h"]),
            ("digest.de", ["2026-03-02 09:14 CET", "2026-03-02 09:14", "2 d 4 h"]),
        ] {
            let writing = Writing::of_set(set);
            let shown = [writing.written(at, zone), writing.brief(at, now, zone), writing.wait(at, now)];
            assert_eq!(shown, expected, "{set}");
        }
        let numbers = Writing::Numbers;
        assert_eq!(numbers.brief(at, at, zone), "09:14");
        assert_eq!((numbers.wait(at, at), numbers.wait(at, at + TimeDelta::days(1))), ("< 1 min".into(), "1 d".into()));
        assert_eq!(numbers.written(at, Tz::Asia__Kathmandu), "2026-03-02 13:59 UTC+05:45");
    }

    #[test]
    fn a_subject_names_the_day_only_when_it_is_another() {
        let now = instant("2026-03-02T09:00:00Z");
        assert_eq!(brief(instant("2026-03-02T07:12:00Z"), now, Tz::Europe__Berlin), "08:12");
        assert_eq!(brief(instant("2026-03-01T22:30:00Z"), now, Tz::Europe__Berlin), "Sun 1 Mar, 23:30");
        assert_eq!(brief(instant("2026-03-01T23:30:00Z"), now, Tz::Europe__Berlin), "00:30");
        assert_eq!(moment(instant("2026-03-01T23:30:00Z"), now, Tz::Europe__Berlin), "at 00:30");
        assert_eq!(moment(instant("2026-03-01T22:30:00Z"), now, Tz::Europe__Berlin), "on Sun 1 Mar at 23:30");
    }

    #[test]
    fn waits_are_told_in_their_two_largest_units() {
        let since = instant("2026-03-02T08:00:00Z");
        let case = |seconds, expected: &str| assert_eq!(wait(since, since + TimeDelta::seconds(seconds)), expected);
        case(-5, "less than a minute");
        case(59, "less than a minute");
        case(60, "1 min");
        case(3 * 3_600 + 20 * 60 + 59, "3 h 20 min");
        case(7_200, "2 h");
        case(86_400, "1 day");
        case(86_400 + 4 * 3_600 + 60, "1 day 4 h");
        case(9 * 86_400 + 59 * 60, "9 days");
    }
}
