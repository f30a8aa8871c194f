//! Where the ledger is at home, and how far it has come.

use anyhow::{Context, Result};
use rusqlite::OptionalExtension;

use super::Ledger;

impl Ledger {
    /// The fingerprint of the place where it was used; `None` = it was not used yet.
    pub fn home(&self) -> Result<Option<String>> {
        let mut read = self.connection.prepare_cached("SELECT value FROM doorbell_meta WHERE key = 'home'")?;
        Ok(read.query_row([], |row| row.get(0)).optional()?)
    }

    /// Makes that place its home.
    pub fn settle_at(&mut self, fingerprint: &str) -> Result<()> {
        let keep = "INSERT INTO doorbell_meta(key, value) VALUES ('home', ?1)
                    ON CONFLICT DO UPDATE SET value = excluded.value";
        self.connection.execute(keep, [fingerprint]).context("settle the ledger")?;
        Ok(())
    }

    /// The number of the latest pass; 0 before the first.
    pub fn last_pass(&self) -> Result<i64> {
        let mut read = self.connection.prepare_cached("SELECT coalesce(max(id), 0) FROM doorbell_pass")?;
        Ok(read.query_row([], |row| row.get(0))?)
    }
}
