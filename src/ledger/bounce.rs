//! A mail that the server took and that came back: the one way from sent to dead.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};

use super::Ledger;
use super::block::block_bounced;
use super::columns::ms;
use super::store::values;
use crate::model::Reply;

/// The delivery of a mail that came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounced {
    /// Its number.
    pub delivery: i64,
    /// Who did not hear: `agent:7` and the like.
    pub recipient: String,
    /// Whether its address is blocked from now on.
    pub is_blocked: bool,
}

impl Ledger {
    /// Closes as dead, with the remote's words, the delivery whose mail had this content key; `None` when no mail that
    /// counts as arrived, or is in doubt, had it.
    ///
    /// Its marks stay: nothing is told again by itself. The key is given back, as that of any dead delivery.
    ///
    /// `addresses` are those that the report says do not exist; the one that was written to is blocked.
    ///
    /// Of a file, only under the pass lock. What is on its way has no such key yet.
    pub fn bounce(
        &mut self,
        uid: &str,
        reply: &Reply,
        addresses: &[String],
        now: DateTime<Utc>,
    ) -> Result<Option<Bounced>> {
        let transaction = self.store.begin()?;
        let sql = "UPDATE doorbell_delivery
                   SET state = 'dead', closed_at = ?2, reply_code = ?3, reply_text = ?4, uid = NULL
                   WHERE uid = ?1 AND channel = 'email' AND state IN ('sent','unknown') RETURNING id, recipient";
        let mut bounced = transaction
            .first(sql, values![uid, ms(now), &reply.code, &reply.text], |row| {
                Ok(Bounced { delivery: row.get(0)?, recipient: row.get(1)?, is_blocked: false })
            })
            .context("record what came back")?;
        if let Some(bounced) = &mut bounced {
            let told = (addresses, reply);
            bounced.is_blocked = block_bounced(&transaction, &self.install_id, bounced.delivery, told, now)?;
        }
        transaction.commit().context("record what came back")?;
        Ok(bounced)
    }
}
