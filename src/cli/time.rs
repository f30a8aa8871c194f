//! Times as people give and read them.

use anyhow::Result;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::exit::UsageError;
use crate::ledger::Ledger;
use crate::notation::moment;

/// What time it is for a ledger: by the clock of its server, which all hosts share, else by that of this machine.
pub(super) fn of(ledger: &Ledger) -> Result<DateTime<Utc>> {
    Ok(ledger.server_time()?.unwrap_or_else(Utc::now))
}

/// The instant that `text` means on a wall clock in `zone`.
pub(super) fn parse(text: &str, zone: Tz, now: DateTime<Utc>) -> Result<DateTime<Utc>, UsageError> {
    moment(text, zone, now).map_err(UsageError)
}

/// An instant for people: `Mon 2 Mar 2026, 14:00 CET`.
pub(super) fn shown(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%a %-d %b %Y, %H:%M %Z").to_string()
}

/// An instant that is near, for people: `Mon 2 Mar, 14:00`.
pub(super) fn near(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%a %-d %b, %H:%M").to_string()
}
