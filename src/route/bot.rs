//! How long a chatbot may be silent before people hear.

use serde::Deserialize;

use crate::notation::Span;

/// `[bot]`: when a chatbot has left somebody unanswered.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// A bot that has not answered for so long has left the contact unanswered, and people hear.
    pub unanswered_after: Span,
}

impl Default for Settings {
    fn default() -> Self {
        Self { unanswered_after: Span::minutes(5) }
    }
}
