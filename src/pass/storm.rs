//! The storm brake: a slot that would tell far more than its rule usually does waits for a person's word.

use std::collections::{HashMap, HashSet};

use anyhow::Result;

use super::plan::Plan;
use crate::config::Limits;
use crate::ledger::{Held, Ledger};
use crate::model::{Digest, Reason, RuleName, Verdict};

/// So many times what a rule usually tells is still no storm.
const TIMES_THE_USUAL: usize = 10;

/// Takes rules out of the plan whose slot goes beyond their limit: they tell nobody and keep their slot.
///
/// Rules that somebody runs by hand have no slot, and are not held.
pub(super) fn brake(limits: &Limits, ledger: &Ledger, plan: &mut Plan) -> Result<()> {
    if plan.digests.len() <= limits.storm() {
        return Ok(());
    }
    let counts = new_deliveries(ledger, &plan.digests)?;
    for (rule, _) in &plan.slots {
        let deliveries = counts.get(rule).copied().unwrap_or_default();
        if deliveries <= limits.storm() {
            continue;
        }
        let limit = limits.storm().max(ledger.usual(rule)?.saturating_mul(TIMES_THE_USUAL));
        if deliveries > limit && !ledger.is_approved(rule)? {
            plan.held.push(Held { rule: rule.clone(), deliveries, limit });
        }
    }
    take_out(plan);
    Ok(())
}

/// How many deliveries each rule would begin; what is on its way already is no news.
fn new_deliveries(ledger: &Ledger, digests: &[Digest]) -> Result<HashMap<RuleName, usize>> {
    let mut counts: HashMap<RuleName, usize> = HashMap::new();
    for digest in digests {
        if ledger.is_on_its_way(digest.account.as_ref(), &digest.recipient.id, digest.channel, &digest.subject)? {
            continue;
        }
        for rule in digest.items.iter().map(|item| &item.rule).collect::<HashSet<_>>() {
            *counts.entry(rule.clone()).or_default() += 1;
        }
    }
    Ok(counts)
}

fn take_out(plan: &mut Plan) {
    let held: HashSet<&RuleName> = plan.held.iter().map(|held| &held.rule).collect();
    if held.is_empty() {
        return;
    }
    plan.rules.retain(|rule| !held.contains(rule));
    plan.slots.retain(|(rule, _)| !held.contains(rule));
    for digest in &mut plan.digests {
        digest.items.retain(|item| !held.contains(&item.rule));
    }
    plan.digests.retain(|digest| !digest.items.is_empty());
    for decision in plan.decisions.iter_mut().filter(|decision| held.contains(&decision.rule)) {
        let would_be_queued = match &decision.verdict {
            Verdict::Told(_) => true,
            Verdict::Later(_, reason) => reason.can_be_queued(),
            Verdict::Skipped(_) => false,
        };
        if would_be_queued {
            decision.verdict = Verdict::Skipped(Reason::Held);
        }
    }
}
