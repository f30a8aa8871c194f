//! How many conversations agents have to read: the number on the icon of a phone's app.

use std::collections::{HashMap, HashSet};

use anyhow::Result;

use crate::desk::Snapshot;
use crate::desk::columns::integers;
use crate::desk::value::Parameter;
use crate::model::AgentId;

pub(in crate::desk) mod sql {
    /// Walks what is unread and no other conversation, once for all agents.
    pub(in crate::desk) const UNREAD: &str = "
        SELECT assignee_id, count(*) AS unread FROM conversations
        WHERE unread_since IS NOT NULL AND status = 'open' AND assignee_id IN (SELECT value FROM json_each(?1))
        GROUP BY assignee_id";
}

impl Snapshot<'_> {
    /// The open conversations that each of these agents is assigned to and has not read; an agent without any is
    /// absent.
    pub fn unread_counts<'a>(&self, agents: impl IntoIterator<Item = &'a AgentId>) -> Result<HashMap<AgentId, u32>> {
        let mut counts = HashMap::new();
        if self.product().is_some() {
            let agents: HashSet<&AgentId> = agents.into_iter().collect();
            for assignee in self.unread_of_product()?.into_iter().filter(|assignee| agents.contains(assignee)) {
                *counts.entry(assignee).or_default() += 1;
            }
            return Ok(counts);
        }
        let ids = integers(agents.into_iter().map(AgentId::as_str));
        self.each("conversations", sql::UNREAD, &[Parameter::Integers(&ids)], |row| {
            if let Some(count) = row.integer("unread")? {
                counts.insert(row.id("assignee_id")?, u32::try_from(count).unwrap_or(u32::MAX));
            }
            Ok(())
        })?;
        Ok(counts)
    }
}
