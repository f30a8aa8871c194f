//! What a rule did and would do about one conversation: a line for each person and channel, then what is over.

use super::words::Words;
use crate::ledger::{Kept, Telling};
use crate::model::{Channel, Decision, Reason, Verdict};

/// What is known of one conversation under one rule.
pub(super) struct Story<'a> {
    pub(super) decisions: Vec<&'a Decision>,
    pub(super) tellings: Vec<&'a Telling>,
    pub(super) kept: Vec<&'a Kept>,
    /// Why nothing waits, where that is known.
    pub(super) over: Option<Reason>,
}

impl<'a> Story<'a> {
    /// Whether the rule did nothing and would do nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.decisions.is_empty() && self.tellings.is_empty() && self.kept.is_empty()
    }

    /// How everybody stands, then what is over.
    pub(super) fn lines(&self, words: &Words<'_>) -> Vec<String> {
        let mut lines: Vec<String> = self.decisions.iter().map(|decision| self.stands(words, decision)).collect();
        if lines.is_empty() {
            let reason = self.over.as_ref().map(|reason| format!(": {}", reason.sentence()));
            lines.push(format!("nothing waits for this rule{}", reason.unwrap_or_default()));
        }
        let standing: Vec<&Telling> = self.decisions.iter().filter_map(|decision| self.telling_of(decision)).collect();
        let over = self.tellings.iter().filter(|telling| !standing.iter().any(|it| std::ptr::eq(*it, **telling)));
        lines.extend(over.map(|telling| words.told(telling)));
        let news = self.kept.iter().filter(|kept| !self.decisions.iter().any(|now| same(now, kept)));
        lines.extend(news.map(|kept| words.before(kept)));
        lines
    }

    /// How one person stands: what is on its way or was told says more than the bare decision.
    fn stands(&self, words: &Words<'_>, decision: &Decision) -> String {
        match self.telling_of(decision) {
            Some(telling) if telling.is_open() => words.told(telling),
            Some(telling) => format!("{}; nothing new since", words.told(telling)),
            None => words.decided(decision),
        }
    }

    /// The delivery that says how a decision stands: the one on its way, or the one after which nothing is new.
    fn telling_of(&self, decision: &Decision) -> Option<&'a Telling> {
        let recipient = decision.recipient.as_ref()?.to_string();
        let mut theirs = self.tellings.iter().copied().rev().filter(|telling| {
            telling.recipient == recipient
                && telling.matter == *decision.matter
                && decision.channel.is_none_or(|channel| telling.channel == channel.word())
        });
        match decision.verdict {
            Verdict::Told(_) | Verdict::Later(..) => theirs.find(|telling| telling.is_open()),
            Verdict::Skipped(Reason::AlreadyTold) => theirs.find(|telling| telling.state != "suppressed"),
            Verdict::Skipped(_) => None,
        }
    }
}

/// Whether a kept reason is about what is decided now.
fn same(decision: &Decision, kept: &Kept) -> bool {
    let channel = decision.channel.map_or("", Channel::word);
    decision.recipient.as_ref().map(ToString::to_string).unwrap_or_default() == kept.recipient
        && (channel.is_empty() || kept.channel.is_empty() || channel == kept.channel)
        && *decision.matter == kept.matter
        && kept.reason != "told"
}
