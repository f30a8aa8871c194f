//! `doorbell approve`: a person's word for a rule that is held.

use anyhow::Result;

use super::exit::UsageError;
use super::{Exit, Global, lock, open, say};
use crate::ledger::Held;
use crate::model::RuleName;

/// Let the next slot of a held rule go, once
///
/// A rule whose slot would make far more deliveries than usual is held: see limits.storm. It tells nobody until then,
/// and nothing is lost: what still waits is told when it is let go. To see what it would tell:
///
///     doorbell run --dry-run --ignore-schedule --rule RULE
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Arguments {
    /// The rule [default: all that are held]
    rule: Option<String>,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let config = open::config(global)?;
    let (_lock, mut ledger) = lock::ledger_in_hand(&config.ledger)?;
    let held = asked_for(ledger.held()?, arguments.rule.as_deref())?;
    let rules: Vec<RuleName> = held.iter().map(|held| held.rule.clone()).collect();
    ledger.approve(&rules)?;
    if !global.quiet {
        for Held { rule, deliveries, .. } in &held {
            say::line(&format!("the next slot of {rule} goes, about {}", say::counted(*deliveries, "digest")));
        }
        if held.is_empty() {
            say::line("no rule is held");
        }
    }
    Ok(Exit::Done)
}

fn asked_for(held: Vec<Held>, rule: Option<&str>) -> Result<Vec<Held>> {
    let Some(name) = rule else { return Ok(held) };
    let names: Vec<String> = held.iter().map(|held| held.rule.to_string()).collect();
    let found: Vec<Held> = held.into_iter().filter(|held| held.rule.as_str() == name).collect();
    if found.is_empty() {
        let others = if names.is_empty() { "no rule is".to_owned() } else { format!("held: {}", names.join(", ")) };
        return Err(UsageError(format!("rule {name:?} is not held; {others}")).into());
    }
    Ok(found)
}
