//! What a pass would do: due slots, decisions, digests. Reads only.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use chrono::{DateTime, Utc};

use super::order::Order;
use super::weigh::{Question, weigh};
use crate::collapse::collapse;
use crate::config::Config;
use crate::desk::Snapshot;
use crate::ledger::Ledger;
use crate::model::{Decision, Digest, RecipientId, Rule, RuleName, Slot};
use crate::schedule::due;

/// The slots that are due, by rule.
pub type Slots = Vec<(RuleName, Slot)>;

/// What a pass would do, and why.
#[derive(Debug)]
pub struct Plan {
    /// The slots that are due.
    pub slots: Slots,
    /// From when each rule that runs tells.
    pub baselines: HashMap<RuleName, DateTime<Utc>>,
    /// Every decision.
    pub decisions: Vec<Decision>,
    /// What would go out.
    pub digests: Vec<Digest>,
}

/// Looks what is due and what waits, and decides.
pub fn plan(
    config: &Config,
    snapshot: &Snapshot<'_>,
    ledger: &Ledger,
    order: &Order,
    now: DateTime<Utc>,
) -> Result<Plan> {
    let (rules, slots) = due_rules(config, ledger, order, now)?;
    let baselines = ledger.baselines(rules.iter().map(|rule| &rule.name), now)?;
    let conversations = order.conversation.as_ref().map(std::slice::from_ref);
    let person: Option<HashSet<RecipientId>> = order.person.clone().map(|person| HashSet::from([person]));
    let recipients = person.as_ref();
    let question = Question { config, snapshot, ledger, baselines: &baselines, rules, conversations, recipients, now };
    let mut weighed = weigh(&question)?;
    // about one person only what concerns this person
    weighed.decisions.retain(|decision| person.is_none() || decision.recipient.is_some());
    Ok(Plan { slots, digests: collapse(weighed.heard), decisions: weighed.decisions, baselines })
}

fn due_rules<'a>(
    config: &'a Config,
    ledger: &Ledger,
    order: &Order,
    now: DateTime<Utc>,
) -> Result<(Vec<&'a Rule>, Slots)> {
    let (mut rules, mut slots) = (Vec::new(), Slots::new());
    for scheduled in &config.rules {
        let rule = &scheduled.rule;
        if order.rule.as_ref().is_some_and(|name| *name != rule.name) {
            continue;
        }
        if order.follows_schedule() {
            let last = ledger.last_slot(&rule.name, now)?;
            let Some(slot) = due(&scheduled.schedule, config.desk.time_zone.0, last.as_ref(), now) else { continue };
            slots.push((rule.name.clone(), slot));
        }
        rules.push(rule);
    }
    Ok((rules, slots))
}
