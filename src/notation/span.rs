//! A length of time as people write it: `90s`, `5m`, `1h30m`, `2d`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::TimeDelta;
use serde::{Deserialize, Deserializer, de::Error};

/// A whole number of seconds, at most ten years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(u32);

/// Ten years: longer is a slip, and keeps every sum inside the calendar.
const LONGEST_SECONDS: u32 = 10 * 366 * 86_400;

impl Span {
    /// A span of so many seconds.
    pub const fn seconds(seconds: u32) -> Self {
        Self(seconds)
    }

    /// A span of so many minutes.
    pub const fn minutes(minutes: u32) -> Self {
        Self(minutes * 60)
    }

    /// A span of so many hours.
    pub const fn hours(hours: u32) -> Self {
        Self(hours * 3_600)
    }

    /// Its length in seconds.
    pub const fn as_seconds(self) -> u32 {
        self.0
    }

    /// For arithmetic on instants.
    pub fn delta(self) -> TimeDelta {
        TimeDelta::seconds(i64::from(self.0))
    }

    /// For time-outs.
    pub fn duration(self) -> Duration {
        Duration::from_secs(u64::from(self.0))
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a length of time; write it like \"90s\", \"5m\", \"1h30m\" or \"2d\"");
        let mut total: u32 = 0;
        let mut digits = String::new();
        for letter in text.chars() {
            if letter.is_ascii_digit() {
                digits.push(letter);
                continue;
            }
            let unit = match letter {
                's' => 1,
                'm' => 60,
                'h' => 3_600,
                'd' => 86_400,
                _ => return Err(wrong()),
            };
            let count: u32 = digits.parse().map_err(|_| wrong())?;
            digits.clear();
            total = count.checked_mul(unit).and_then(|part| total.checked_add(part)).ok_or_else(wrong)?;
        }
        if text.is_empty() || !digits.is_empty() {
            return Err(wrong());
        }
        if total > LONGEST_SECONDS {
            return Err(format!("{text:?} is longer than ten years"));
        }
        Ok(Self(total))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        for (unit, letter) in [(86_400, 'd'), (3_600, 'h'), (60, 'm')] {
            if rest >= unit {
                write!(f, "{}{letter}", rest / unit)?;
                rest %= unit;
            }
        }
        if rest > 0 || self.0 == 0 { write!(f, "{rest}s") } else { Ok(()) }
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_read_as_written() {
        let case = |text: &str, seconds| {
            assert_eq!(text.parse::<Span>(), Ok(Span(seconds)), "{text}");
            assert_eq!(Span(seconds).to_string().parse::<Span>(), Ok(Span(seconds)), "{text}");
        };
        case("0s", 0);
        case("90s", 90);
        case("5m", 300);
        case("1h30m", 5_400);
        case("2d", 172_800);
    }

    #[test]
    fn anything_else_is_refused_with_a_remedy() {
        for text in ["", "5", "m", "5 m", "-5m", "5w", "1.5h", "99999999999d", "4000d"] {
            let error = text.parse::<Span>().unwrap_err();
            assert!(error.contains("write it like") || error.contains("ten years"), "{text}: {error}");
        }
    }
}
