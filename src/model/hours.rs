//! When somebody may be disturbed, and who stands in for them.

use chrono::{DateTime, NaiveTime, Utc};
use chrono_tz::Tz;

use super::AgentId;
use crate::notation::Days;

/// When somebody may be disturbed; all `None` = always.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hours {
    /// The zone of the times; `None` = the recipient's.
    pub time_zone: Option<Tz>,
    /// Working days.
    pub days: Option<Days>,
    /// Working hours, from and until; may run over midnight.
    pub working: Option<(NaiveTime, NaiveTime)>,
    /// Quiet hours, from and until; may run over midnight.
    pub quiet: Option<(NaiveTime, NaiveTime)>,
}

/// What the desk says of an agent's hours and absences.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Availability {
    /// When they may be disturbed.
    pub hours: Hours,
    /// Out of office until then.
    pub away_until: Option<DateTime<Utc>>,
    /// Who hears in their place meanwhile.
    pub stand_in: Option<AgentId>,
}
