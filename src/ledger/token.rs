//! Tokens that providers want to be shown again in later passes. Secret: they are never part of a report.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};

use super::Ledger;
use super::columns::{instant, ms};
use super::store::values;
use crate::model::Gateway;

/// A token as it is kept: whose it is, the token, and when it was made.
pub type KeptToken = (String, String, DateTime<Utc>);

impl Ledger {
    /// The tokens of earlier passes.
    pub fn tokens(&self) -> Result<BTreeMap<Gateway, KeptToken>> {
        let rows = self.store.all("SELECT gateway, key, value, made_at FROM doorbell_token", &[], |row| {
            Ok((row.get::<String>(0)?, (row.get(1)?, row.get(2)?, instant(row.get(3)?))))
        })?;
        Ok(rows.into_iter().filter_map(|(word, token)| Some((Gateway::parse(&word)?, token))).collect())
    }

    /// Keeps a token for later passes, in place of the one before.
    pub fn keep_token(&mut self, gateway: Gateway, (key, value, made_at): &KeptToken) -> Result<()> {
        let write = "INSERT INTO doorbell_token(gateway, key, value, made_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT(gateway) DO UPDATE SET key = excluded.key, value = excluded.value, made_at = excluded.made_at
             WHERE doorbell_token.key <> excluded.key OR doorbell_token.value <> excluded.value";
        let kept = self.store.execute(write, values![gateway.word(), key, value, ms(*made_at)]);
        kept.with_context(|| format!("keep the token of {gateway}"))?;
        Ok(())
    }
}
