//! The `[desk]` part of the settings.

use std::path::PathBuf;

use chrono_tz::Tz;
use serde::Deserialize;

use super::{AgentUrl, Choice, ContactUrl, Corrections, DeskUrl};
use crate::notation::{Span, Zone};

/// Where the desk is, what it is called, and where its people open it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The chat database: `sqlite:PATH`, where a relative path begins at the folder of the settings file, or
    /// `postgres://USER@HOST/DATABASE` or `mysql://USER@HOST/DATABASE`.
    pub url: DeskUrl,
    /// What the desk is called in mails.
    #[serde(default = "support_desk")]
    pub name: String,
    /// The zone of schedules, and of times shown to people without a zone of their own.
    #[serde(default = "utc")]
    pub time_zone: Zone,
    /// Where an agent opens a conversation; `{number}` and `{id}` are filled in.
    #[serde(default)]
    pub agent_url: Option<AgentUrl>,
    /// Where a contact goes on talking.
    #[serde(default)]
    pub contact_url: Option<ContactUrl>,
    /// Whether a conversation that was told by email counts as read by the agent who was told.
    #[serde(default)]
    pub mark_read_after_email: bool,
    /// The file with the password of that user; for a server only.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// The authorities that are trusted beside the system's; for a server only.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// How long a server may work on one question.
    #[serde(default = "half_a_minute")]
    pub statement_timeout: Span,
    /// How the tables there are read; `None` = as those of `schema.sql`.
    #[serde(default)]
    pub adapter: Option<Choice>,
    /// What of the adapter is read otherwise.
    #[serde(default)]
    pub relations: Corrections,
}

fn support_desk() -> String {
    "Support desk".into()
}

fn half_a_minute() -> Span {
    Span::seconds(30)
}

fn utc() -> Zone {
    Zone(Tz::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_database_must_be_named() {
        let settings: Settings = toml::from_str("url = \"sqlite:chat.db\"").unwrap();
        assert_eq!((settings.name.as_str(), settings.time_zone), ("Support desk", Zone(Tz::UTC)));
        assert_eq!(
            (settings.agent_url, settings.contact_url, settings.statement_timeout),
            (None, None, Span::seconds(30))
        );
        assert!(!settings.mark_read_after_email, "reading is the agent's own act");
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let error =
            toml::from_str::<Settings>("url = \"sqlite:chat.db\"\nagent_ulr = \"https://x.example\"").unwrap_err();
        assert!(error.message().contains("agent_ulr"), "{error}");
    }
}
