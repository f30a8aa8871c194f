//! A schedule as the settings write it: `{ every = .. }`, `{ at = [..], days = .. }` or `{ cron = .. }`.

use chrono::NaiveTime;
use chrono_tz::Tz;
use croner::Cron;
use serde::{Deserialize, Deserializer, de::Error};

use crate::notation::{Days, Span, Zone, time_of_day};

/// When a rule runs.
#[derive(Debug, Clone)]
pub enum Schedule {
    /// At every multiple of a span, counted in UTC.
    Every(Span),
    /// At times of day.
    At {
        /// Local wall times, sorted.
        times: Vec<NaiveTime>,
        /// Weekdays on which they hold.
        days: Days,
        /// The zone of the wall clock; `None` = the desk's.
        zone: Option<Tz>,
    },
    /// By a cron expression.
    Cron {
        /// The expression.
        cron: Box<Cron>,
        /// Whether it names hours: then a repeated hour fires once.
        hour_is_fixed: bool,
        /// The zone of the wall clock; `None` = the desk's.
        zone: Option<Tz>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "{ every = \"5m\" }, { at = [\"08:00\"] } or { cron = \"0 8 * * *\" }")]
struct Written {
    every: Option<Span>,
    at: Option<Vec<String>>,
    days: Option<String>,
    cron: Option<String>,
    time_zone: Option<Zone>,
}

impl TryFrom<Written> for Schedule {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let zone = written.time_zone.map(|zone| zone.0);
        match written {
            Written { every: Some(span), at: None, days: None, cron: None, time_zone: None } => every(span),
            Written { every: None, at: Some(at), days, cron: None, .. } => {
                let days = days.map_or(Ok(Days::ALL), |days| days.parse())?;
                Ok(Self::At { times: times(&at)?, days, zone })
            }
            Written { every: None, at: None, days: None, cron: Some(text), .. } => {
                let (cron, hour_is_fixed) = super::cron::parse(&text)?;
                Ok(Self::Cron { cron: Box::new(cron), hour_is_fixed, zone })
            }
            _ => Err("a schedule is one of { every = \"5m\" }, { at = [\"08:00\", \"17:00\"], days = \"Mon-Sat\" } \
                      or { cron = \"0 8 * * Mon-Sat\" }; time_zone goes with at and cron"
                .into()),
        }
    }
}

fn every(span: Span) -> Result<Schedule, String> {
    if span < Span::minutes(1) {
        return Err(format!(
            "every = \"{span}\" is shorter than a minute, which cron cannot serve; write at least \"1m\""
        ));
    }
    Ok(Schedule::Every(span))
}

fn times(written: &[String]) -> Result<Vec<NaiveTime>, String> {
    if written.is_empty() {
        return Err("at = [] names no time of day; write at = [\"08:00\"]".into());
    }
    let mut times = written.iter().map(|text| time_of_day(text)).collect::<Result<Vec<_>, _>>()?;
    times.sort_unstable();
    times.dedup();
    Ok(times)
}

impl<'de> Deserialize<'de> for Schedule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Written::deserialize(deserializer)?.try_into().map_err(D::Error::custom)
    }
}
