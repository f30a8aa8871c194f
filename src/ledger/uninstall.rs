//! Leaving nothing behind.

use anyhow::{Context, Result};

use super::Ledger;
use super::open::MIGRATIONS;

impl Ledger {
    /// The tables that a ledger consists of, by name; each stands behind those that it refers to.
    pub fn tables() -> impl DoubleEndedIterator<Item = &'static str> {
        let lines = MIGRATIONS.iter().flat_map(|text| text.lines());
        lines.filter_map(|line| line.strip_prefix("CREATE TABLE ")?.split('(').next())
    }

    /// Removes its tables, and nothing else; answers their names.
    pub fn uninstall(self) -> Result<Vec<String>> {
        let transaction = self.store.begin()?;
        for table in Self::tables().rev() {
            transaction.batch(&format!("DROP TABLE {table}")).with_context(|| format!("remove table {table}"))?;
        }
        transaction.commit().context("remove the ledger's tables")?;
        Ok(Self::tables().map(str::to_owned).collect())
    }
}
