//! A message as Twilio lists it, as far as anybody here wants to know (`api.v2010.account.message` of its `OpenAPI`).

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

/// A message, in either direction.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Message {
    /// `SM` or `MM` and 32 digits.
    pub(super) sid: String,
    /// `inbound`, `outbound-api` and the like.
    direction: Option<String>,
    status: Option<String>,
    pub(super) from: Option<String>,
    messaging_service_sid: Option<String>,
    pub(super) body: Option<String>,
    /// A number, written as text.
    num_media: Option<Value>,
    date_created: Option<String>,
    date_sent: Option<String>,
}

/// A page of the list. What of it cannot be read must not hide the rest.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    pub(super) messages: Vec<Value>,
    pub(super) next_page_uri: Option<String>,
}

impl Message {
    /// Whether somebody sent it to the account, all of it is there.
    pub(super) fn is_received(&self) -> bool {
        self.direction.as_deref() == Some("inbound") && self.status.as_deref() != Some("receiving")
    }

    /// Whether it is on its way to somebody, or has arrived, as far as Twilio knows.
    pub(super) fn is_under_way(&self) -> bool {
        let lost = ["failed", "undelivered", "canceled"];
        self.direction.as_deref().is_some_and(|direction| direction.starts_with("outbound"))
            && !self.status.as_deref().is_some_and(|status| lost.contains(&status))
    }

    /// Whether it is from this number, name or messaging service.
    pub(super) fn is_from(&self, sender: &str) -> bool {
        [&self.from, &self.messaging_service_sid].into_iter().any(|one| one.as_deref() == Some(sender))
    }

    /// When it was made; Twilio writes RFC 2822.
    pub(super) fn made_at(&self) -> Option<DateTime<Utc>> {
        time(self.date_created.as_deref())
    }

    /// When it came in.
    pub(super) fn came_at(&self) -> Option<DateTime<Utc>> {
        time(self.date_sent.as_deref()).or_else(|| self.made_at())
    }

    /// How many pictures and files came with it.
    pub(super) fn media(&self) -> u32 {
        match &self.num_media {
            Some(Value::String(text)) => text.parse().unwrap_or_default(),
            Some(Value::Number(count)) => count.as_u64().and_then(|count| count.try_into().ok()).unwrap_or_default(),
            _ => 0,
        }
    }
}

fn time(text: Option<&str>) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text?).ok().map(|at| at.to_utc())
}
