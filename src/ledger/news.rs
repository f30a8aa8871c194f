//! Standing trouble is told when it begins, and then once a day.

use chrono::{DateTime, TimeDelta, Utc};

/// What went wrong is news for a day.
pub(super) const NEWS: TimeDelta = TimeDelta::hours(24);

/// Whether the operator is to hear of it again, who last did at that instant; `None` = never.
pub(super) fn is_news(told_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    // a time to come is that of a clock that ran ahead
    told_at.is_none_or(|told_at| told_at > now || now - told_at >= NEWS)
}
