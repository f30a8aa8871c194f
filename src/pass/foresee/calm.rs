//! Which rules have nothing new to say until when, so that a long plan need not weigh them at every slot.
//! Holds only as long as neither the desk nor the ledger changes.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::model::{Decision, Reason, Relation, Repeat, Rule, RuleName, Verdict, Why};

/// Until when each rule tells nobody anything new; a rule that is not here may at any time.
#[derive(Debug, Default)]
pub(super) struct Calm {
    until: HashMap<RuleName, DateTime<Utc>>,
}

impl Calm {
    /// Something changed: every rule may have something to say.
    pub(super) fn end(&mut self) {
        self.until.clear();
    }

    /// Takes note of what these rules decided, when they tell nobody anything.
    pub(super) fn begin(&mut self, config: &Config, rules: &[RuleName], decisions: &[Decision]) {
        for rule in rules.iter().filter_map(|name| config.rule(name)).filter(|rule| is_steady(rule)) {
            let own = decisions.iter().filter(|decision| decision.rule == rule.name);
            let ends: Option<Vec<DateTime<Utc>>> = own.map(end).collect();
            if let Some(end) = ends.map(|ends| ends.into_iter().min().unwrap_or(DateTime::<Utc>::MAX_UTC)) {
                self.until.insert(rule.name.clone(), end);
            }
        }
    }

    /// Whether a rule tells nobody anything at an instant.
    pub(super) fn holds(&self, rule: &RuleName, at: DateTime<Utc>) -> bool {
        self.until.get(rule).is_some_and(|until| at < *until)
    }
}

/// Whether a rule decides the same again from the same rows, but for waits that end.
fn is_steady(rule: &Rule) -> bool {
    let repeats = rule.repeat == Repeat::EverySlot;
    // deadlines come near by themselves, and what is covered depends on the other rules
    rule.tell.is_empty() || (!repeats && !rule.is_coverage() && rule.watch.relation() != Relation::Deadlines)
}

/// When a decision may become another by the passing of time alone: never, at an instant, or (`None`) at any time.
fn end(decision: &Decision) -> Option<DateTime<Utc>> {
    // somebody stands in only for as long as the other is away
    if matches!(decision.why, Some(Why::StandIn { .. })) {
        return None;
    }
    match &decision.verdict {
        Verdict::Later(at, _) => Some(*at),
        Verdict::Skipped(reason) if is_lasting(reason) => Some(DateTime::<Utc>::MAX_UTC),
        Verdict::Skipped(_) | Verdict::Told(_) => None,
    }
}

fn is_lasting(reason: &Reason) -> bool {
    matches!(
        reason,
        Reason::AlreadyTold
            | Reason::BeforeFirstRun
            | Reason::Guest
            | Reason::ContactBlocked
            | Reason::RoleLeftOut
            | Reason::Inactive
            | Reason::OtherAccount
            | Reason::NoAddress
            | Reason::BadAddress
            | Reason::Read
            | Reason::ReadByAnother
            | Reason::SwitchedOff
            | Reason::NotMine
            | Reason::UnassignedOff
            | Reason::Muted
            | Reason::Sender
            | Reason::NoAccess
            | Reason::NoConsent
    )
}
