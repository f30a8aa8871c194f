//! Between values and columns.

use anyhow::Result;
use chrono::{DateTime, Utc};

use super::store::Row;
use crate::model::{Item, MessageRef, Why};
use crate::notation::reckonable;

/// An instant as the ledger keeps it: Unix milliseconds.
pub(super) fn ms(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis()
}

/// Reads what [`ms`] wrote; what it cannot have written, in a damaged file, is the beginning of time.
pub(super) fn instant(milliseconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(milliseconds).and_then(reckonable).unwrap_or_default()
}

/// A list of texts to look among.
pub(super) fn texts<T: ToString>(values: impl Iterator<Item = T>) -> Vec<String> {
    values.map(|value| value.to_string()).collect()
}

/// Reads `rule, conversation_id, message_id, message_at, waiting_since, why, matter, step` from the given column on.
pub(super) fn item(row: &Row<'_>, from: usize) -> Result<Item> {
    Ok(Item {
        rule: row.get::<String>(from)?.into(),
        conversation: row.get::<String>(from + 1)?.into(),
        latest: MessageRef { id: row.get::<String>(from + 2)?.into(), at: instant(row.get(from + 3)?) },
        since: instant(row.get(from + 4)?),
        why: Why::parse(&row.get::<String>(from + 5)?),
        matter: row.get::<String>(from + 6)?.into(),
        step: row.get(from + 7)?,
    })
}
