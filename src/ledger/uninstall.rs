//! Leaving nothing behind.

use anyhow::{Context, Result};
use rusqlite::Connection;

use super::Ledger;

impl Ledger {
    /// Whether a table of that name is the ledger's own, and not the chat program's.
    pub fn owns(table: &str) -> bool {
        table.starts_with("doorbell_") || table == "in_app_notifications"
    }

    /// Removes its tables, and nothing else; answers their names.
    pub fn uninstall(mut self) -> Result<Vec<String>> {
        // else each row would have to go before those it refers to
        self.connection.pragma_update(None, "foreign_keys", false)?;
        let transaction = self.connection.transaction()?;
        let mut tables = tables(&transaction)?;
        tables.retain(|table| Self::owns(table));
        for table in &tables {
            transaction.execute_batch(&format!("DROP TABLE \"{table}\""))?;
        }
        transaction.commit().context("remove the ledger's tables")?;
        Ok(tables)
    }
}

fn tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut read = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
    read.query_map([], |row| row.get(0))?.collect()
}
