//! Whether somebody is at the desk.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::model::{Presence, PresenceStatus, Reason};
use crate::notation::Span;

/// `[presence]`: when somebody counts as away.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Somebody last seen longer ago than this is away, whatever their status says.
    pub away_after: Span,
    /// What somebody is of whom the desk knows nothing: "away" or "online".
    pub unknown: Unknown,
}

/// What somebody is of whom the desk knows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unknown {
    /// They hear.
    Away,
    /// They do not hear.
    Online,
}

impl Default for Settings {
    fn default() -> Self {
        Self { away_after: Span::minutes(5), unknown: Unknown::Away }
    }
}

/// Why presence keeps somebody from hearing; `None` = they are away.
pub(super) fn keeps_silent(settings: &Settings, presence: Option<&Presence>, now: DateTime<Utc>) -> Option<Reason> {
    let presence = presence.cloned().unwrap_or_default();
    let seen_lately = presence.last_active_at.map(|seen| seen + settings.away_after.delta() >= now);
    match (presence.status, seen_lately) {
        (Some(PresenceStatus::Offline | PresenceStatus::Away), _) | (_, Some(false)) => None,
        (Some(PresenceStatus::Online | PresenceStatus::Busy), _) | (None, Some(true)) => Some(Reason::AtTheDesk),
        (None, None) => (settings.unknown == Unknown::Online).then_some(Reason::PresenceUnknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(status: Option<PresenceStatus>, seen_minutes_ago: Option<i64>, expected: Option<&Reason>) {
        let now = DateTime::UNIX_EPOCH + chrono::TimeDelta::days(20_000);
        let last_active_at = seen_minutes_ago.map(|minutes| now - chrono::TimeDelta::minutes(minutes));
        let presence = Presence { status, surface: "".into(), last_active_at };
        assert_eq!(keeps_silent(&Settings::default(), Some(&presence), now).as_ref(), expected);
    }

    #[test]
    fn somebody_offline_away_or_long_unseen_is_away() {
        use PresenceStatus::{Away, Busy, Offline, Online};
        case(Some(Offline), Some(0), None);
        case(Some(Away), Some(0), None);
        case(Some(Online), Some(6), None);
        case(Some(Online), Some(5), Some(&Reason::AtTheDesk));
        case(Some(Online), None, Some(&Reason::AtTheDesk));
        case(Some(Busy), Some(1), Some(&Reason::AtTheDesk));
        case(None, Some(1), Some(&Reason::AtTheDesk));
        case(None, Some(60), None);
    }

    #[test]
    fn an_unknown_presence_is_what_the_settings_say() {
        let now = DateTime::UNIX_EPOCH;
        assert_eq!(keeps_silent(&Settings::default(), None, now), None);
        let online = Settings { unknown: Unknown::Online, ..Settings::default() };
        assert_eq!(keeps_silent(&online, None, now), Some(Reason::PresenceUnknown));
    }
}
