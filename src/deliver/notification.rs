//! One notification to one number or device: what every carrier is handed.

use chrono::{DateTime, Utc};

use crate::model::{Note, Recipient};

/// One notification to one number or device.
#[derive(Debug, Clone)]
pub struct Notification {
    /// Who is notified, with the number or the device.
    pub recipient: Recipient,
    /// What it says.
    pub note: Note,
    /// The key of its thread: a newer notification with the same key takes its place.
    pub collapse: String,
    /// The content key: the same for a repeat.
    pub uid: String,
    /// How many conversations the recipient has to read, where that is known of them.
    pub badge: Option<u32>,
    /// When it is sent.
    pub now: DateTime<Utc>,
    /// Since when it waits, when an earlier attempt may have arrived; else `None`.
    pub in_doubt_since: Option<DateTime<Utc>>,
}
