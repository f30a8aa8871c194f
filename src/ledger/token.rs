//! Tokens that providers want to be shown again in later passes. Secret: they are never part of a report.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};

use super::Ledger;
use super::columns::{instant, ms};
use crate::model::Gateway;

/// A token as it is kept: whose it is, the token, and when it was made.
pub type KeptToken = (String, String, DateTime<Utc>);

impl Ledger {
    /// The tokens of earlier passes.
    pub fn tokens(&self) -> Result<BTreeMap<Gateway, KeptToken>> {
        let mut read = self.connection.prepare("SELECT gateway, key, value, made_at FROM doorbell_token")?;
        let rows =
            read.query_map([], |row| Ok((row.get::<_, String>(0)?, (row.get(1)?, row.get(2)?, instant(row.get(3)?)))))?;
        let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(rows.into_iter().filter_map(|(word, token)| Some((Gateway::parse(&word)?, token))).collect())
    }

    /// Keeps a token for later passes, in place of the one before.
    pub fn keep_token(&mut self, gateway: Gateway, (key, value, made_at): &KeptToken) -> Result<()> {
        let write = "INSERT INTO doorbell_token(gateway, key, value, made_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET key = excluded.key, value = excluded.value, made_at = excluded.made_at
             WHERE key <> excluded.key OR value <> excluded.value";
        let kept = self.connection.execute(write, (gateway.word(), key, value, ms(*made_at)));
        kept.with_context(|| format!("keep the token of {gateway}"))?;
        Ok(())
    }
}
