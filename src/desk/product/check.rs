//! Whether an adapter fits the tables at hand: every relation is tried, and what is off for want of one is told.

use anyhow::Result;

use super::Product;
use crate::desk::check::Findings;
use crate::desk::{Adapter, DeskError, Snapshot};

/// What is counted, beside what `Findings` calls it.
const COUNTED: [&str; 4] = ["agents", "conversations", "waiting_conversations", "unread_conversations"];

impl Snapshot<'_> {
    /// Tries every relation and counts. What fits is read to its first row: rights are asked for no earlier.
    pub(in crate::desk) fn check_product(&self, product: &Product) -> Result<Findings> {
        let mut findings = Findings { notes: notes(&product.adapter), ..Findings::default() };
        for (relation, _) in product.adapter.relations() {
            let tried = self.each(relation, &format!("SELECT * FROM {relation} LIMIT 1"), &[], |_| Ok(()));
            if let Err(error) = tried {
                let fault = error.chain().find_map(|cause| cause.downcast_ref::<DeskError>());
                let Some(fault @ DeskError::Relation { .. }) = fault else { return Err(error) };
                findings.problems.push(fault.to_string());
            }
        }
        if !findings.problems.is_empty() {
            return Ok(findings);
        }
        let mut counts = [0; 4];
        for (relation, count) in COUNTED.into_iter().zip(&mut counts) {
            self.each(relation, &format!("SELECT count(*) AS counted FROM {relation}"), &[], |row| {
                *count = row.integer("counted")?.and_then(|count| u64::try_from(count).ok()).unwrap_or_default();
                Ok(())
            })?;
        }
        let [agents, conversations, waiting, unread] = counts;
        Ok(Findings { agents, conversations, waiting, unread, ..findings })
    }
}

/// What is off, a line for each relation that the adapter does without.
fn notes(adapter: &Adapter) -> Vec<String> {
    let off = adapter.missing().filter_map(|relation| Some((relation.name, relation.without?)));
    off.map(|(name, without)| format!("adapter {} has no {name}: {without}", adapter.name())).collect()
}
