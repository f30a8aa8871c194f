//! `[limits]`: how much is told at most.

use std::num::NonZeroU32;

use serde::Deserialize;

/// What no rule of a desk of usual size tells in one slot.
const STORM: NonZeroU32 = NonZeroU32::MIN.saturating_add(999);

/// How much is told at most; what is beyond is told later, and nothing is lost.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Notifications a recipient gets on one channel in a day of their own zone.
    pub per_recipient_per_day: Option<NonZeroU32>,
    /// Deliveries that one pass begins.
    pub per_pass: Option<NonZeroU32>,
    /// Deliveries that one slot of a rule may begin, or ten times what it usually begins, before a person is asked.
    pub storm: NonZeroU32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_recipient_per_day: None, per_pass: None, storm: STORM }
    }
}

impl Limits {
    /// [`Limits::storm`] as a count of deliveries.
    pub fn storm(&self) -> usize {
        usize::try_from(self.storm.get()).unwrap_or(usize::MAX)
    }
}
