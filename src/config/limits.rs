//! `[limits]`: how much is told at most.

use std::num::NonZeroU32;

use serde::Deserialize;

/// How much is told at most; what is beyond is told later, and nothing is lost.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Notifications a recipient gets on one channel in a day of their own zone.
    pub per_recipient_per_day: Option<NonZeroU32>,
    /// Deliveries that one pass begins.
    pub per_pass: Option<NonZeroU32>,
    /// Deliveries that one slot of a rule may begin, or ten times what it usually begins, before a person is asked.
    pub storm: Option<NonZeroU32>,
}

impl Limits {
    /// Deliveries that one slot of any rule may begin. Default: 1,000.
    pub fn storm(&self) -> usize {
        self.storm.map_or(1_000, |most| usize::try_from(most.get()).unwrap_or(usize::MAX))
    }
}
