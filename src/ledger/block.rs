//! Addresses that are not written to: those that a provider refused for good, and those that a person took out.
//! Known by their keys alone: another address of the same person is another key, and not blocked.

use std::collections::HashSet;

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};

use super::Ledger;
use super::columns::{instant, ms};
use super::exchange::{Settled, Settlement};
use super::key::address_key;
use super::store::{Store, values};
use crate::model::{Channel, Delivery, Outcome, Reply, masked};

/// How long a refusal holds: mailboxes come back, and nobody looks at a list of blocks every day.
const REFUSED_FOR: TimeDelta = TimeDelta::days(30);

/// What stands in place of a provider's words.
const STOPPED: &str = "STOP by text message";

/// The addresses that are blocked at an instant.
#[derive(Debug)]
pub struct Blocks {
    install_id: String,
    keys: HashSet<String>,
}

impl Blocks {
    /// Whether nothing is to go to this address on a channel.
    pub fn hold(&self, channel: Channel, address: &str) -> bool {
        !self.keys.is_empty() && self.keys.contains(&address_key(&self.install_id, channel, address))
    }
}

/// A blocked address, as people may read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// The channel's word.
    pub channel: String,
    /// The address, masked, or `device 12`; empty once its person was forgotten.
    pub shown: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when; `None` = until a person takes it out.
    pub until: Option<DateTime<Utc>>,
    /// The provider's words; empty where a person blocked it.
    pub reason: String,
}

impl Ledger {
    /// The addresses that are blocked at `now`.
    pub fn blocks(&self, now: DateTime<Utc>) -> Result<Blocks> {
        let read = "SELECT address_key FROM doorbell_block WHERE until IS NULL OR until > ?1";
        let keys = self.store.all(read, values![ms(now)], |row| row.get(0))?;
        Ok(Blocks { install_id: self.install_id.clone(), keys: keys.into_iter().collect() })
    }

    /// The first instant after `now` at which an address is not blocked any more.
    pub fn next_unblock(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
        let read = "SELECT min(until) FROM doorbell_block WHERE until > ?1";
        let until: Option<i64> = self.store.one(read, values![ms(now)], |row| row.get(0))?;
        Ok(until.map(instant))
    }

    /// The blocked addresses, latest first.
    pub fn blocked(&self, now: DateTime<Utc>) -> Result<Vec<Blocked>> {
        let read = "SELECT channel, shown, since, until, reason FROM doorbell_block
             WHERE until IS NULL OR until > ?1 ORDER BY since DESC, channel, shown";
        self.store.all(read, values![ms(now)], |row| {
            Ok(Blocked {
                channel: row.get(0)?,
                shown: row.get(1)?,
                since: instant(row.get(2)?),
                until: row.get::<Option<i64>>(3)?.map(instant),
                reason: row.get(4)?,
            })
        })
    }

    /// Blocks an address until a person takes it out.
    pub fn block(&self, channel: Channel, address: &str, now: DateTime<Utc>) -> Result<()> {
        let key = address_key(&self.install_id, channel, address);
        let new = Row { channel, key, shown: masked(address), until: None, reason: String::new(), delivery: None };
        write(&self.store, &new, now).context("block an address")
    }

    /// Takes an address out of the blocked ones; answers whether it was there.
    pub fn unblock(&self, channel: Channel, address: &str) -> Result<bool> {
        let key = address_key(&self.install_id, channel, address);
        let delete = "DELETE FROM doorbell_block WHERE channel = ?1 AND address_key = ?2";
        Ok(self.store.execute(delete, values![channel.word(), key]).context("unblock an address")? > 0)
    }

    /// Takes a device out of the blocked ones by its id at the desk; answers whether it was there.
    pub fn unblock_device(&self, channel: Channel, device: &str) -> Result<bool> {
        // blocks of older versions show the beginning of a token
        let delete = "DELETE FROM doorbell_block WHERE channel = ?1 AND (shown = ?2 OR delivery_id IN (
               SELECT id FROM doorbell_delivery WHERE channel = ?1 AND endpoint = ?3))";
        let rows = self.store.execute(delete, values![channel.word(), shown_device(device), device]);
        Ok(rows.context("unblock a device")? > 0)
    }
}

/// Blocks a number whose owner wants no more texts, until [`begin_again`].
pub(super) fn stop(store: &Store, install_id: &str, number: &str, now: DateTime<Utc>) -> Result<()> {
    let key = address_key(install_id, Channel::Sms, number);
    let (channel, shown, reason) = (Channel::Sms, masked(number), STOPPED.to_owned());
    write(store, &Row { channel, key, shown, until: None, reason, delivery: None }, now)
}

/// Lets texts go to a number again; what a person blocked stays blocked. Answers whether it was blocked.
pub(super) fn begin_again(store: &Store, install_id: &str, number: &str) -> Result<bool> {
    let key = address_key(install_id, Channel::Sms, number);
    let delete = "DELETE FROM doorbell_block WHERE channel = ?1 AND address_key = ?2 AND reason <> ''";
    Ok(store.execute(delete, values![Channel::Sms.word(), key])? > 0)
}

struct Row {
    channel: Channel,
    key: String,
    shown: String,
    until: Option<DateTime<Utc>>,
    reason: String,
    delivery: Option<i64>,
}

/// What a person blocked stays so whatever a provider says afterwards.
fn write(store: &Store, row: &Row, now: DateTime<Utc>) -> Result<()> {
    store.execute(
            "INSERT INTO doorbell_block(channel, address_key, shown, since, until, reason, delivery_id)
             VALUES (?1, ?2, ?3, ?4, ?5, substr(?6, 1, 500), ?7)
             ON CONFLICT(channel, address_key) DO UPDATE SET shown = excluded.shown, since = excluded.since, until = excluded.until,
               reason = excluded.reason, delivery_id = excluded.delivery_id
             WHERE doorbell_block.until IS NOT NULL",
        values![
            row.channel.word(),
            &row.key,
            &row.shown,
            ms(now),
            row.until.map(ms),
            &row.reason,
            row.delivery
        ])?;
    Ok(())
}

/// Blocks the address of a mail that came back, as a refusal on the spot would have.
///
/// A report may name where a mail was forwarded to: only the address that was written to is blocked.
pub(super) fn block_bounced(
    store: &Store,
    install_id: &str,
    delivery: i64,
    (addresses, reply): (&[String], &Reply),
    now: DateTime<Utc>,
) -> Result<bool> {
    let read = "SELECT endpoint_shown FROM doorbell_delivery WHERE id = ?1";
    let shown: String = store.one(read, values![delivery], |row| row.get(0))?;
    let Some(address) = addresses.iter().find(|address| masked(address) == shown) else { return Ok(false) };
    refuse(store, install_id, (Channel::Email, address, shown), (delivery, reply), now)?;
    Ok(true)
}

/// Blocks the address that a provider refused with its own words; what doorbell itself found wrong may be mended
/// tomorrow.
pub(super) fn block_refused(store: &Store, install_id: &str, settled: &Settled<'_>, now: DateTime<Utc>) -> Result<()> {
    let Settlement::Answered(Outcome::RefusedRecipient(reply)) = &settled.settlement else { return Ok(()) };
    if settled.address.is_empty() || !reply.code.starts_with(|letter: char| letter.is_ascii_digit()) {
        return Ok(());
    }
    let Delivery { id, channel, endpoint, .. } = settled.delivery;
    let shown = if endpoint.is_empty() { masked(settled.address) } else { shown_device(endpoint) };
    refuse(store, install_id, (*channel, settled.address, shown), (*id, reply), now)
}

/// A token says nothing to people, and the desk shows its devices by number.
fn shown_device(device: &str) -> String {
    format!("device {device}")
}

fn refuse(
    store: &Store,
    install_id: &str,
    (channel, address, shown): (Channel, &str, String),
    (delivery, reply): (i64, &Reply),
    now: DateTime<Utc>,
) -> Result<()> {
    let row = Row {
        channel,
        key: address_key(install_id, channel, address),
        shown,
        until: Some(now + REFUSED_FOR),
        reason: reply.words(),
        delivery: Some(delivery),
    };
    write(store, &row, now)
}
