//! One turn of a rule's schedule.

use chrono::{DateTime, Utc};

/// A turn of a schedule: the ledger lets each label of a rule happen once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// When it was due.
    pub at: DateTime<Utc>,
    /// Its name in the ledger: local wall time and zone, or UTC for intervals.
    pub label: String,
}
