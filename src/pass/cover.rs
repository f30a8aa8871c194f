//! What has waited long and reaches nobody: the rules were asked, and none of them tells anybody.

use std::collections::{HashMap, HashSet};

use anyhow::Result;

use super::weigh::{Question, weigh};
use crate::desk::Window;
use crate::model::{ConversationId, Decision, Pending, Reason, Rule, Verdict, Watch};

/// The conversations that have been unread for longer than the coverage rule's grace, of which nobody was told, and of
/// which no rule would tell anybody now or later.
///
/// What the rules leave out on purpose (guests, blocked contacts, a bot at work) is covered.
pub(super) fn uncovered(question: &Question<'_>, coverage: &Rule) -> Result<Vec<ConversationId>> {
    let window = Window { now: question.now, before: coverage.before };
    let mut old = question.snapshot.pending(Watch::Unread, window, question.conversations)?;
    old.retain(|pending| pending.since + coverage.grace <= question.now);
    let old = untold(question, old)?;
    if old.is_empty() {
        return Ok(old);
    }
    let all = question.config.rules.iter().map(|scheduled| &scheduled.rule);
    let rules: Vec<&Rule> = all.filter(|rule| rule.watch.is_about_messages() && !rule.is_coverage()).collect();
    let weighed = weigh(&Question { rules, conversations: Some(&old), recipients: None, ..*question })?;
    let mut covered: HashMap<&ConversationId, bool> = HashMap::new();
    for decision in &weighed.decisions {
        match judged(decision) {
            Some(true) => covered.insert(&decision.conversation, true),
            Some(false) => Some(*covered.entry(&decision.conversation).or_insert(false)),
            None => None,
        };
    }
    let missed: HashSet<&ConversationId> = covered.into_iter().filter(|(_, covered)| !covered).map(|it| it.0).collect();
    Ok(old.iter().filter(|id| missed.contains(id)).cloned().collect())
}

/// Those of which no rule has told anybody since they wait.
fn untold(question: &Question<'_>, old: Vec<Pending>) -> Result<Vec<ConversationId>> {
    let ids: Vec<ConversationId> = old.iter().map(|pending| pending.conversation.clone()).collect();
    let marks = question.ledger.marks(&ids, None)?;
    let told = |pending: &Pending| {
        let marks = marks.get(&pending.conversation).map_or(&[][..], Vec::as_slice);
        marks.iter().any(|mark| mark.rule.as_str() != Rule::UNCOVERED && mark.message.at >= pending.since)
    };
    Ok(old.into_iter().filter(|pending| !told(pending)).map(|pending| pending.conversation).collect())
}

/// Whether a decision covers its conversation, or fails to; `None` = it says nothing about that.
fn judged(decision: &Decision) -> Option<bool> {
    let Verdict::Skipped(reason) = &decision.verdict else { return Some(true) };
    match reason {
        Reason::AlreadyTold | Reason::Read | Reason::ReadByAnother | Reason::ToldThisAbsence => Some(true),
        Reason::SameAddress | Reason::ReplacedByPush | Reason::BeforeFirstRun => None,
        _ if decision.recipient.is_some() || *reason == Reason::NobodyToTell => Some(false),
        // silenced as a whole, on purpose
        _ => None,
    }
}
