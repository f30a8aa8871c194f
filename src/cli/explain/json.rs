//! What the ledger knows, for programs.

use serde_json::{Value, json};

use crate::ledger::{Kept, Telling};

/// A delivery that names a conversation.
pub(super) fn telling_as_json(it: &Telling) -> Value {
    json!({
        "delivery": it.delivery, "conversation": it.conversation.as_str(), "matter": it.matter,
        "rule": it.rule.as_str(), "recipient": it.recipient, "channel": it.channel, "state": it.state,
        "queued_at": it.queued_at.to_rfc3339(), "closed_at": it.closed_at.map(|at| at.to_rfc3339()),
        "attempt": it.attempt, "words": it.words,
    })
}

/// A kept reason.
pub(super) fn kept_as_json(it: &Kept) -> Value {
    json!({
        "conversation": it.conversation.as_str(), "matter": it.matter, "rule": it.rule.as_str(),
        "recipient": it.recipient, "channel": it.channel, "reason": it.reason, "since": it.since.to_rfc3339(),
        "until": it.until.map(|at| at.to_rfc3339()),
    })
}
