//! What a pass would do: due slots, decisions, digests. Reads only.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use chrono::{DateTime, Utc};

use super::cap::{Caps, hold};
use super::cover::uncovered;
use super::order::Order;
use super::weigh::{Question, Weighed, weigh};
use crate::collapse::collapse;
use crate::config::Config;
use crate::desk::Snapshot;
use crate::ledger::{Held, Ledger};
use crate::model::{ConversationId, Decision, Digest, RecipientId, Rule, RuleName, Slot};
use crate::schedule::due;

/// The slots that are due, by rule.
pub type Slots = Vec<(RuleName, Slot)>;

/// What a pass would do, and why.
#[derive(Debug)]
pub struct Plan {
    /// The rules that run.
    pub rules: Vec<RuleName>,
    /// The slots that are due.
    pub slots: Slots,
    /// From when each rule of the settings tells.
    pub baselines: HashMap<RuleName, DateTime<Utc>>,
    /// Every decision.
    pub decisions: Vec<Decision>,
    /// The rules that would tell far more than usual; they are in none of the others.
    pub held: Vec<Held>,
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
    let baselines = ledger.baselines(config.rules.iter().map(|scheduled| &scheduled.rule.name), now)?;
    let conversations = order.conversation.as_ref().map(std::slice::from_ref);
    let mut running: Vec<RuleName> = rules.iter().map(|rule| rule.name.clone()).collect();
    let (coverage, rules): (Vec<&Rule>, Vec<&Rule>) = rules.into_iter().partition(|rule| rule.is_coverage());
    let question = Question {
        config,
        snapshot,
        ledger,
        baselines: &baselines,
        rules,
        conversations,
        // everybody is weighed, also for one person: who shares an address with whom decides who hears
        recipients: None,
        forget_since: &HashMap::new(),
        now,
    };
    let mut weighed = weigh(&question)?;
    for rule in coverage {
        let missed = uncovered(&question, rule)?;
        let again = weigh(&Question { rules: vec![rule], conversations: Some(&missed), ..question })?;
        weighed.decisions.extend(again.decisions);
        weighed.heard.extend(again.heard);
    }
    if let Some(person) = &order.person {
        weighed.decisions.retain(|decision| decision.recipient.as_ref() == Some(person));
        weighed.heard.retain(|heard| heard.target.recipient.id == *person);
    }
    if !order.is_limited() {
        for (rule, kept_back) in kept_back(config, ledger, &running)? {
            weigh_kept_back(&question, rule, &kept_back, &mut weighed)?;
            running.push(rule.name.clone());
        }
    }
    hold(Caps::of(config), ledger, now, &mut weighed)?;
    let digests = collapse(weighed.heard);
    Ok(Plan { rules: running, slots, held: Vec::new(), digests, decisions: weighed.decisions, baselines })
}

/// Conversations with the recipients that had to wait for the end of a doubt.
type KeptBack = HashMap<ConversationId, HashSet<RecipientId>>;

/// What was kept back by rules that do not run in this pass anyway: their slot was used up by it.
fn kept_back<'a>(config: &'a Config, ledger: &Ledger, running: &[RuleName]) -> Result<Vec<(&'a Rule, KeptBack)>> {
    let mut by_rule: HashMap<RuleName, KeptBack> = HashMap::new();
    for (rule, conversation, recipient) in ledger.kept_back()? {
        by_rule.entry(rule).or_default().entry(conversation).or_default().insert(recipient);
    }
    by_rule.retain(|rule, _| !running.contains(rule));
    Ok(by_rule.into_iter().filter_map(|(rule, kept_back)| Some((config.rule(&rule)?, kept_back))).collect())
}

fn weigh_kept_back(question: &Question<'_>, rule: &Rule, kept_back: &KeptBack, weighed: &mut Weighed) -> Result<()> {
    let conversations: Vec<ConversationId> = kept_back.keys().cloned().collect();
    let again = weigh(&Question { rules: vec![rule], conversations: Some(&conversations), ..*question })?;
    let concerned = |conversation: &ConversationId, recipient: &RecipientId| {
        kept_back.get(conversation).is_some_and(|those| those.contains(recipient))
    };
    let decisions = again.decisions.into_iter();
    let of_them = decisions.filter(|it| it.recipient.as_ref().is_some_and(|one| concerned(&it.conversation, one)));
    weighed.decisions.extend(of_them);
    let heard = again.heard.into_iter();
    weighed.heard.extend(heard.filter(|it| concerned(&it.item.conversation, &it.target.recipient.id)));
    Ok(())
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
