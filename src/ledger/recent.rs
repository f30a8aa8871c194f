//! How much somebody was told of late: for rules that tell once per absence, and for daily caps.

use std::collections::HashMap;

use anyhow::Result;
use chrono::{DateTime, Utc};

use super::Ledger;
use super::columns::{instant, ms, texts};
use super::store::values;
use crate::model::{AccountId, Channel, RecipientId, RuleName};

impl Ledger {
    /// When these recipients were last told anything by a rule, over all conversations.
    pub fn last_told(
        &self,
        rule: &RuleName,
        recipients: &[RecipientId],
    ) -> Result<HashMap<(RuleName, RecipientId, Channel), DateTime<Utc>>> {
        let read = "SELECT recipient, channel, max(told_at) FROM doorbell_mark
             WHERE recipient IN (SELECT value FROM json_each(?1)) AND rule = ?2 GROUP BY recipient, channel";
        let told = self.store.all(read, values![texts(recipients.iter()), rule.as_str()], |row| {
            let (recipient, channel): (String, String) = (row.get(0)?, row.get(1)?);
            let ear = RecipientId::parse(&recipient).zip(Channel::parse(&channel));
            let at = instant(row.get(2)?);
            Ok(ear.map(|(recipient, channel)| ((rule.clone(), recipient, channel), at)))
        })?;
        Ok(told.into_iter().flatten().collect())
    }

    /// How many notifications a recipient was sent on a channel since an instant, or is about to be; several devices
    /// count once.
    pub fn told_since(&self, recipient: &RecipientId, channel: Channel, since: DateTime<Utc>) -> Result<u32> {
        let read = "SELECT max(count) FROM (
               SELECT count(*) AS count FROM doorbell_delivery
               WHERE recipient = ?1 AND channel = ?2 AND queued_at >= ?3 AND state NOT IN ('suppressed','dead')
               GROUP BY endpoint) AS device";
        let values = values![recipient.to_string(), channel.word(), ms(since)];
        let count: Option<u32> = self.store.one(read, values, |row| row.get(0))?;
        Ok(count.unwrap_or_default())
    }

    /// How many text messages were sent since an instant, or are about to be, over all recipients.
    pub fn texts_since(&self, since: DateTime<Utc>) -> Result<u32> {
        let read = "SELECT count(*) FROM doorbell_delivery
             WHERE channel = 'sms' AND queued_at >= ?1 AND state NOT IN ('suppressed','dead')";
        self.store.one(read, values![ms(since)], |row| row.get(0))
    }

    /// Whether a notification that waits to go out would take along what comes up now: that makes none more.
    pub fn is_on_its_way(
        &self,
        account: Option<&AccountId>,
        recipient: &RecipientId,
        channel: Channel,
        subject: &str,
    ) -> Result<bool> {
        let account = account.map_or("", |account| account.as_str());
        let read = "SELECT EXISTS (SELECT 1 FROM doorbell_delivery
               WHERE account = ?1 AND recipient = ?2 AND channel = ?3 AND subject = ?4
                 AND state IN ('queued','claimed','sending') AND state = 'queued' AND ambiguous = 0)";
        let values = values![account, recipient.to_string(), channel.word(), subject];
        self.store.one(read, values, |row| row.get(0))
    }
}
