//! Leaving nothing behind.

use anyhow::{Context, Result, ensure};

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
        let owners = "SELECT count(DISTINCT owner) FROM doorbell_delivery WHERE state IN ('claimed','sending')";
        let owners: i64 = self.store.one(owners, &[], |row| row.get(0))?;
        ensure!(
            i64::try_from(self.dead_owners()?.len())? == owners,
            "a pass on another host sends just now; take the crontab line out there, and try again when it is done"
        );
        let transaction = self.store.begin()?;
        for table in Self::tables().rev() {
            transaction
                .batch(&format!("DROP TABLE IF EXISTS {table}"))
                .with_context(|| format!("remove table {table}"))?;
        }
        transaction.commit().context("remove the ledger's tables")?;
        Ok(Self::tables().map(str::to_owned).collect())
    }
}
