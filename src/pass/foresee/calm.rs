//! Which rules have nothing new to say until when, so that a long plan need not weigh them at every slot.
//! Holds only as long as neither the desk nor the ledger changes.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::model::{Decision, Reason, Repeat, RuleName, Verdict};

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

    /// Takes note of what these rules decided, when they tell nobody anything now; `still` is the next instant at which
    /// the desk itself says something else, or a blocked address is free again.
    pub(super) fn begin(
        &mut self,
        config: &Config,
        rules: &[RuleName],
        decisions: &[Decision],
        still: Option<DateTime<Utc>>,
    ) {
        let still = still.unwrap_or(DateTime::<Utc>::MAX_UTC);
        for rule in rules.iter().filter_map(|name| config.rule(name)).filter(|rule| rule.repeat != Repeat::EverySlot) {
            let own = decisions.iter().filter(|decision| decision.rule == rule.name);
            let ends: Option<Vec<DateTime<Utc>>> = own.map(end).collect();
            if let Some(end) = ends.map(|ends| ends.into_iter().fold(still, DateTime::min)) {
                self.until.insert(rule.name.clone(), end);
            }
        }
    }

    /// Whether a rule tells nobody anything at an instant.
    pub(super) fn holds(&self, rule: &RuleName, at: DateTime<Utc>) -> bool {
        self.until.get(rule).is_some_and(|until| at < *until)
    }
}

/// When a decision may become another by the passing of time alone: never, at an instant, or (`None`) at any time.
fn end(decision: &Decision) -> Option<DateTime<Utc>> {
    match &decision.verdict {
        Verdict::Later(at, _) => Some(*at),
        // the cap is counted anew at every pass; what is told ends the calm by itself
        Verdict::Skipped(Reason::DailyCap) | Verdict::Told(_) => None,
        // by the same rows: where people are and when they are back is asked of the desk
        Verdict::Skipped(_) => Some(DateTime::<Utc>::MAX_UTC),
    }
}
