//! Rules whose slot would tell far more than usual: held until a person lets one slot of them go.

use std::collections::HashMap;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use super::Ledger;
use super::columns::{instant, list, ms};
use super::enqueue::Intake;
use super::news::is_news;
use crate::model::RuleName;

/// What a rule usually tells is measured over so many slots that told somebody.
const SLOTS: u32 = 20;

/// A rule whose slot is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The rule.
    pub rule: RuleName,
    /// How many new deliveries its slot would make.
    pub deliveries: usize,
    /// How many it may make without being asked.
    pub limit: usize,
}

impl Ledger {
    /// How many deliveries a rule usually makes: the median of its last 20 slots that told somebody; 0 for a new rule.
    pub fn usual(&self, rule: &RuleName) -> Result<usize> {
        let mut read = self.connection.prepare_cached(
            "SELECT queued FROM doorbell_slot WHERE rule = ?1 AND queued > 0 ORDER BY slot_at DESC LIMIT ?2",
        )?;
        let counts = read.query_map((rule.as_str(), SLOTS), |row| row.get(0))?;
        let mut counts: Vec<i64> = counts.collect::<rusqlite::Result<_>>()?;
        counts.sort_unstable();
        Ok(usize::try_from(counts.get(counts.len() / 2).copied().unwrap_or_default())?)
    }

    /// Whether a person lets the next slot of this rule go.
    pub fn is_approved(&self, rule: &RuleName) -> Result<bool> {
        let mut read = self.connection.prepare_cached("SELECT approved FROM doorbell_hold WHERE rule = ?1")?;
        Ok(read.query_row([rule.as_str()], |row| row.get(0)).optional()?.unwrap_or(false))
    }

    /// The rules that are held and not let go yet, by name.
    pub fn held(&self) -> Result<Vec<Held>> {
        let mut read = self
            .connection
            .prepare("SELECT rule, deliveries, most FROM doorbell_hold WHERE approved = 0 ORDER BY rule")?;
        let held = read.query_map([], |row| {
            let count = |column| row.get(column).map(|count: i64| usize::try_from(count).unwrap_or_default());
            Ok(Held { rule: row.get::<_, String>(0)?.into(), deliveries: count(1)?, limit: count(2)? })
        })?;
        Ok(held.collect::<rusqlite::Result<_>>()?)
    }

    /// Those of the held rules of which the operator is to hear by mail: never told so yet, or a day ago.
    pub fn held_to_mail(&self, now: DateTime<Utc>) -> Result<Vec<Held>> {
        let mut read =
            self.connection.prepare_cached("SELECT rule, mailed_at FROM doorbell_hold WHERE approved = 0")?;
        let mailed = read.query_map([], |row| Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?.map(instant))))?;
        let mailed: HashMap<String, Option<DateTime<Utc>>> = mailed.collect::<rusqlite::Result<_>>()?;
        if mailed.values().all(|mailed_at| !is_news(*mailed_at, now)) {
            return Ok(Vec::new());
        }
        // all of them: one mail tells how things stand
        self.held()
    }

    /// A mail about these rules has left.
    pub fn held_were_mailed(&mut self, held: &[Held], now: DateTime<Utc>) -> Result<()> {
        let rules = list(held.iter().map(|held| held.rule.as_str()));
        let mailed = "UPDATE doorbell_hold SET mailed_at = ?1 WHERE rule IN (SELECT value FROM json_each(?2))";
        self.connection.execute(mailed, (ms(now), rules)).context("remember the mail about held rules")?;
        Ok(())
    }

    /// Lets the next slot of each of these held rules go, once.
    pub fn approve(&mut self, rules: &[RuleName]) -> Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for rule in rules {
            transaction.execute("UPDATE doorbell_hold SET approved = 1 WHERE rule = ?1", [rule.as_str()])?;
        }
        transaction.commit().context("approve held rules")
    }
}

/// Keeps what is held; answers those of which the operator is to hear: new ones, and once a day those that stand.
pub(super) fn keep_held(transaction: &Transaction<'_>, intake: &Intake<'_>) -> Result<Vec<Held>> {
    forget_unknown(transaction, intake)?;
    let mut told = transaction.prepare_cached("SELECT told_at FROM doorbell_hold WHERE rule = ?1")?;
    let mut keep = transaction.prepare_cached(
        "INSERT INTO doorbell_hold(rule, since, deliveries, most, told_at) VALUES (?1, ?2, ?3, ?4, ?2)
         ON CONFLICT DO UPDATE SET deliveries = excluded.deliveries, most = excluded.most,
           told_at = CASE WHEN ?5 THEN excluded.told_at ELSE told_at END",
    )?;
    let mut news = Vec::new();
    for held in intake.held {
        let told: Option<i64> = told.query_row([held.rule.as_str()], |row| row.get(0)).optional()?;
        let is_new = is_news(told.map(instant), intake.now);
        let (deliveries, most) = (i64::try_from(held.deliveries)?, i64::try_from(held.limit)?);
        keep.execute(params![held.rule.as_str(), ms(intake.now), deliveries, most, is_new])?;
        if is_new {
            news.push(held.clone());
        }
    }
    Ok(news)
}

/// A rule that the settings do not have any more is not held.
fn forget_unknown(transaction: &Transaction<'_>, intake: &Intake<'_>) -> Result<()> {
    let known = list(intake.baselines.keys().map(RuleName::as_str));
    transaction
        .prepare_cached("DELETE FROM doorbell_hold WHERE rule NOT IN (SELECT value FROM json_each(?1))")?
        .execute([known])?;
    Ok(())
}

/// A slot that was taken ends the hold of its rule, and uses up a person's word.
pub(super) fn end_hold(transaction: &Transaction<'_>, rule: &RuleName) -> Result<()> {
    transaction.prepare_cached("DELETE FROM doorbell_hold WHERE rule = ?1")?.execute([rule.as_str()])?;
    Ok(())
}

/// Remembers how many deliveries each slot of this pass made.
pub(super) fn count_slots(
    transaction: &Transaction<'_>,
    intake: &Intake<'_>,
    queued: &HashMap<RuleName, i64>,
) -> Result<()> {
    let mut count =
        transaction.prepare_cached("UPDATE doorbell_slot SET queued = ?3 WHERE rule = ?1 AND label = ?2")?;
    for (rule, slot) in intake.slots {
        if let Some(queued) = queued.get(rule) {
            count.execute(params![rule.as_str(), slot.label, queued])?;
        }
    }
    Ok(())
}
