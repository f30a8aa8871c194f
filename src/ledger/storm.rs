//! Rules whose slot would tell far more than usual: held until a person lets one slot of them go.

use std::collections::HashMap;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};

use super::Ledger;
use super::columns::{instant, ms, texts};
use super::enqueue::Intake;
use super::news::{NEWS, is_news};
use super::store::{Rows, Transaction, values};
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
        let read = "SELECT queued FROM doorbell_slot WHERE rule = ?1 AND queued > 0 ORDER BY slot_at DESC LIMIT ?2";
        let mut counts: Vec<i64> = self.store.all(read, values![rule.as_str(), SLOTS], |row| row.get(0))?;
        counts.sort_unstable();
        Ok(usize::try_from(counts.get(counts.len() / 2).copied().unwrap_or_default())?)
    }

    /// Whether a person lets the next slot of this rule go.
    pub fn is_approved(&self, rule: &RuleName) -> Result<bool> {
        let read = "SELECT approved FROM doorbell_hold WHERE rule = ?1";
        Ok(self.store.first(read, values![rule.as_str()], |row| row.get(0))?.unwrap_or(false))
    }

    /// The rules that are held and not let go yet, by name.
    pub fn held(&self) -> Result<Vec<Held>> {
        let read = "SELECT rule, deliveries, most FROM doorbell_hold WHERE approved = 0 ORDER BY rule";
        self.store.all(read, &[], |row| {
            let count = |column| row.get(column).map(|count: i64| usize::try_from(count).unwrap_or_default());
            Ok(Held { rule: row.get::<String>(0)?.into(), deliveries: count(1)?, limit: count(2)? })
        })
    }

    /// Those of the held rules of which the operator is to hear by mail: never told so yet, or a day ago. From here on they
    /// count as mailed, so that no other host does it as well.
    pub fn take_held_to_mail(&mut self, now: DateTime<Utc>) -> Result<Vec<Held>> {
        let read = "SELECT mailed_at FROM doorbell_hold WHERE approved = 0";
        let mailed = self.store.all(read, &[], |row| Ok(row.get::<Option<i64>>(0)?.map(instant)))?;
        if mailed.iter().all(|mailed_at| !is_news(*mailed_at, now)) {
            return Ok(Vec::new());
        }
        let take = "UPDATE doorbell_hold SET mailed_at = ?1
             WHERE approved = 0 AND (mailed_at IS NULL OR mailed_at > ?1 OR mailed_at <= ?2)";
        if self.store.execute(take, values![ms(now), ms(now - NEWS)])? == 0 {
            return Ok(Vec::new());
        }
        // all of them: one mail tells how things stand
        self.held()
    }

    /// The mail about these rules did not leave: the next pass tries it again.
    pub fn held_were_not_mailed(&mut self, held: &[Held]) -> Result<()> {
        let rules = texts(held.iter().map(|held| &held.rule));
        let forget = "UPDATE doorbell_hold SET mailed_at = NULL WHERE rule IN (SELECT value FROM json_each(?1))";
        self.store.execute(forget, values![rules]).context("remember the mail about held rules")?;
        Ok(())
    }

    /// Lets the next slot of each of these held rules go, once.
    pub fn approve(&mut self, rules: &[RuleName]) -> Result<()> {
        let approve = "UPDATE doorbell_hold SET approved = 1 WHERE rule IN (SELECT value FROM json_each(?1))";
        self.store.execute(approve, values![texts(rules.iter())]).context("approve held rules")?;
        Ok(())
    }
}

/// Keeps what is held; answers those of which the operator is to hear: new ones, and once a day those that stand.
pub(super) fn keep_held(transaction: &Transaction<'_>, intake: &Intake<'_>) -> Result<Vec<Held>> {
    forget_unknown(transaction, intake)?;
    let told = "SELECT told_at FROM doorbell_hold WHERE rule = ?1";
    let keep = "INSERT INTO doorbell_hold(rule, since, deliveries, most, told_at) VALUES (?1, ?2, ?3, ?4, ?2)
         ON CONFLICT(rule) DO UPDATE SET deliveries = excluded.deliveries, most = excluded.most,
           told_at = CASE WHEN ?5 THEN excluded.told_at ELSE doorbell_hold.told_at END";
    let mut news = Vec::new();
    for held in intake.held {
        let told: Option<i64> = transaction.first(told, values![held.rule.as_str()], |row| row.get(0))?;
        let is_new = is_news(told.map(instant), intake.now);
        let (deliveries, most) = (i64::try_from(held.deliveries)?, i64::try_from(held.limit)?);
        transaction.execute(keep, values![held.rule.as_str(), ms(intake.now), deliveries, most, is_new])?;
        if is_new {
            news.push(held.clone());
        }
    }
    Ok(news)
}

/// A rule that the settings do not have any more is not held. Another host may have it still: there it is told of daily.
fn forget_unknown(transaction: &Transaction<'_>, intake: &Intake<'_>) -> Result<()> {
    let forget = "DELETE FROM doorbell_hold WHERE rule NOT IN (SELECT value FROM json_each(?1)) AND told_at <= ?2";
    let before = if transaction.is_shared() { intake.now - NEWS * 2 } else { DateTime::<Utc>::MAX_UTC };
    transaction.execute(forget, values![texts(intake.baselines.keys()), ms(before)])?;
    Ok(())
}

/// Slots that were taken end the holds of their rules, and use up a person's word.
pub(super) fn end_holds(transaction: &Transaction<'_>, rules: Vec<String>) -> Result<()> {
    transaction.execute("DELETE FROM doorbell_hold WHERE rule IN (SELECT value FROM json_each(?1))", values![rules])?;
    Ok(())
}

/// Remembers how many deliveries each slot of this pass made.
pub(super) fn count_slots(
    transaction: &Transaction<'_>,
    intake: &Intake<'_>,
    queued: &HashMap<RuleName, i64>,
) -> Result<()> {
    let counted = || intake.slots.iter().filter_map(|(rule, slot)| Some((rule, slot, *queued.get(rule)?)));
    let rows = Rows::default()
        .texts("rule", counted().map(|(rule, ..)| rule))
        .texts("label", counted().map(|(_, slot, _)| &slot.label))
        .integers("queued", counted().map(|(.., queued)| queued));
    let count =
        "UPDATE doorbell_slot AS s SET queued = r.queued FROM {rows} WHERE s.rule = r.rule AND s.label = r.label";
    transaction.execute_rows(count, &[], &rows)?;
    Ok(())
}
