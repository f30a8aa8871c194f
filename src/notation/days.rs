//! Weekdays and times of day: `Mon-Sat`, `Mon,Wed`, `08:00`, `22:00-07:00`; and the moments they mean.

use chrono::{DateTime, MappedLocalTime, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::Tz;

/// Samoa once left out a whole day: the longest gap a clock ever skipped.
const LONGEST_GAP_MINUTES: i64 = 25 * 60;

/// A set of weekdays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days(u8);

impl Days {
    /// The whole week.
    pub const ALL: Self = Self(0b111_1111);

    /// Whether `day` is among them.
    pub fn contains(self, day: Weekday) -> bool {
        self.0 & (1 << day.num_days_from_monday()) != 0
    }
}

impl std::str::FromStr for Days {
    type Err = String;

    /// Reads `Mon-Sat`, `Mon,Wed,Fri` or a mix; a range may run over the week's end (`Sat-Mon`).
    fn from_str(text: &str) -> Result<Self, String> {
        let day = |word: &str| {
            word.trim().parse::<Weekday>().map_err(|_| {
                format!("{word:?} in days = {text:?} is not a weekday; write \"Mon-Sat\" or \"Mon,Wed,Fri\"")
            })
        };
        let mut set = 0;
        for part in text.split(',') {
            let (from, to) = match part.split_once('-') {
                Some((from, to)) => (day(from)?, day(to)?),
                None => (day(part)?, day(part)?),
            };
            let mut current = from;
            while current != to {
                set |= 1 << current.num_days_from_monday();
                current = current.succ();
            }
            set |= 1 << to.num_days_from_monday();
        }
        Ok(Self(set))
    }
}

/// A time of day, written `08:00`.
pub fn time_of_day(text: &str) -> Result<NaiveTime, String> {
    NaiveTime::parse_from_str(text.trim(), "%H:%M")
        .map_err(|_| format!("{text:?} is not a time of day; write it like \"08:00\" or \"17:30\""))
}

/// Hours of a day, written `09:00-17:30`; they may run over midnight.
pub fn hours_of_day(text: &str) -> Result<(NaiveTime, NaiveTime), String> {
    let wrong = || format!("{text:?} are no hours; write them like \"09:00-17:30\" or \"22:00-07:00\"");
    let (from, until) = text.split_once('-').ok_or_else(wrong)?;
    let hours = (time_of_day(from)?, time_of_day(until)?);
    if hours.0 == hours.1 { Err(wrong()) } else { Ok(hours) }
}

/// The moment a wall clock in `zone` shows `local`.
///
/// A time shown twice means the first; a time that is skipped means the first moment after the gap.
pub fn instant_of(zone: Tz, local: NaiveDateTime) -> Option<DateTime<Utc>> {
    (0..=LONGEST_GAP_MINUTES).find_map(|minutes| {
        match zone.from_local_datetime(&local.checked_add_signed(TimeDelta::minutes(minutes))?) {
            MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => Some(at.to_utc()),
            MappedLocalTime::None => None,
        }
    })
}
