//! Nothing is told while doorbell is paused; what waits meanwhile is told when it goes on.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};

use super::Ledger;
use super::columns::{instant, ms};
use super::store::{Rows, values};
use crate::model::RuleName;

impl Ledger {
    /// Since when doorbell is paused, if it is.
    pub fn paused_since(&self) -> Result<Option<DateTime<Utc>>> {
        let read = "SELECT value FROM doorbell_meta WHERE key = 'paused_at'";
        let since: Option<String> = self.store.first(read, &[], |row| row.get(0))?;
        Ok(since.and_then(|text| text.parse().ok()).map(instant))
    }

    /// Pauses from now on; a pause that is there already stays as it is.
    pub fn pause(&self, now: DateTime<Utc>) -> Result<()> {
        let keep = "INSERT INTO doorbell_meta(key, value) VALUES ('paused_at', ?1) ON CONFLICT DO NOTHING";
        self.store.execute(keep, values![ms(now).to_string()]).context("pause")?;
        Ok(())
    }

    /// Goes on; answers since when it was paused.
    pub fn resume(&self) -> Result<Option<DateTime<Utc>>> {
        let since = self.paused_since()?;
        self.store.execute("DELETE FROM doorbell_meta WHERE key = 'paused_at'", &[]).context("resume")?;
        Ok(since)
    }

    /// Lets these rules tell nothing that was written before `at`.
    pub fn set_baseline(&mut self, rules: &[RuleName], at: DateTime<Utc>, now: DateTime<Utc>) -> Result<()> {
        let rules = Rows::default().texts("name", rules.iter());
        let set = "INSERT INTO doorbell_rule(name, baseline_at, first_seen_at) SELECT name, ?1, ?2 FROM {rows} WHERE true
             ON CONFLICT(name) DO UPDATE SET baseline_at = excluded.baseline_at, first_seen_at = excluded.first_seen_at";
        let transaction = self.store.begin()?;
        transaction.execute_rows(set, values![ms(at), ms(now)], &rules)?;
        transaction.commit().context("set the baseline")
    }
}
