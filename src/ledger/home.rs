//! Where the ledger is at home, and how far it has come.

use anyhow::{Context, Result};

use super::Ledger;
use super::store::values;

impl Ledger {
    /// The fingerprint of the place where it was used; `None` = it was not used yet.
    pub fn home(&self) -> Result<Option<String>> {
        self.store.first("SELECT value FROM doorbell_meta WHERE key = 'home'", &[], |row| row.get(0))
    }

    /// Makes that place its home.
    pub fn settle_at(&mut self, fingerprint: &str) -> Result<()> {
        let keep = "INSERT INTO doorbell_meta(key, value) VALUES ('home', ?1)
                    ON CONFLICT(key) DO UPDATE SET value = excluded.value";
        self.store.execute(keep, values![fingerprint]).context("settle the ledger")?;
        Ok(())
    }

    /// The number of the latest pass; 0 before the first.
    pub fn last_pass(&self) -> Result<i64> {
        self.store.one("SELECT coalesce(max(id), 0) FROM doorbell_pass", &[], |row| row.get(0))
    }
}
