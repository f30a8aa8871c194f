//! What a page is about: the letter, its rule, and whether it would be told.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};

use super::super::exit::UsageError;
use super::super::explain::ended;
use super::super::rehearsal::{conversation as numbered, name};
use super::super::run::{find_conversation, find_person, known_rule};
use super::super::{explain, open};
use super::Arguments;
use crate::config::Config;
use crate::desk::{Agents, Snapshot};
use crate::ledger::Ledger;
use crate::model::{
    Channel, ConversationId, Decision, Facts, Letter, Reason, RecipientId, Rule, RuleName, Verdict, Watch,
};
use crate::pass::{Draft, Wish, draft, weigh_one};

/// What a page is about.
pub(super) struct About {
    pub(super) letter: Letter,
    pub(super) rule: Rule,
    /// Whether the rule stands in the settings.
    pub(super) has_rule: bool,
    pub(super) standing: Standing,
    /// Which channels reach the recipient; empty for a sample.
    pub(super) ways: Vec<(Channel, Result<(), Reason>)>,
    /// The conversation as people call it.
    pub(super) conversation: Option<String>,
}

/// Whether it would be told.
pub(super) enum Standing {
    /// Nobody waits: it is a sample.
    Sample,
    /// It would be told by a channel at least.
    Told(Vec<String>),
    /// Not yet.
    Later(Vec<String>),
    /// It would not be told.
    Not(Vec<String>),
}

impl Standing {
    /// For programs, and as a class of the page.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Sample => "sample",
            Self::Told(_) => "told",
            Self::Later(_) => "later",
            Self::Not(_) => "not",
        }
    }

    /// For people: a line for each channel, or for all of them.
    pub(super) fn lines(&self) -> &[String] {
        match self {
            Self::Sample => &[],
            Self::Told(lines) | Self::Later(lines) | Self::Not(lines) => lines,
        }
    }
}

/// The letter to one person about one conversation of the desk.
pub(super) fn conversation(config: &Config, arguments: &Arguments, now: DateTime<Utc>) -> Result<About> {
    let desk = open::desk(config)?;
    let snapshot = desk.snapshot()?;
    let ledger = Ledger::at_to_read(&config.ledger)?;
    let id = find_conversation(config, &snapshot, arguments.conversation.as_deref().unwrap_or_default())?;
    let person = arguments.person.as_deref().map(|text| find_person(config, &snapshot, text)).transpose()?;
    let facts = snapshot.facts(std::slice::from_ref(&id), Agents::All, &[])?;
    let mut decisions = weigh_one(config, &snapshot, &ledger, &id, now)?;
    if let Some(name) = &arguments.rule {
        let rule = known_rule(config, name)?;
        decisions.retain(|decision| decision.rule == rule);
    }
    let person = person.or_else(|| first(&decisions)).or_else(|| assignee(&facts, &id));
    let person = person.ok_or_else(|| nobody(&facts, &id))?;
    refuse_stranger(&facts, &id, &person)?;
    let nobody = |decision: &Decision| matches!(decision.verdict, Verdict::Skipped(Reason::NobodyToTell));
    decisions.retain(|decision| decision.recipient.as_ref().map_or(!nobody(decision), |other| *other == person));
    decisions.sort_by_key(rank);
    let rule = rule(config, arguments, &decisions, &person)?;
    decisions.retain(|decision| decision.rule == rule.name);
    let seen = Seen { config, snapshot: &snapshot, ledger: &ledger, facts: &facts, id: &id, person: &person, now };
    seen.about(rule, &decisions)
}

/// What the letter is made from.
struct Seen<'a> {
    config: &'a Config,
    snapshot: &'a Snapshot<'a>,
    ledger: &'a Ledger,
    facts: &'a Facts,
    id: &'a ConversationId,
    person: &'a RecipientId,
    now: DateTime<Utc>,
}

impl Seen<'_> {
    fn about(&self, rule: &Rule, decisions: &[Decision]) -> Result<About> {
        let wish = Wish { conversation: self.id, recipient: self.person, rule, decision: decisions.first() };
        let Draft { letter, ways, waits } =
            draft(self.config, self.snapshot, self.ledger, wish, self.now)?.ok_or_else(|| self.nothing_to_tell())?;
        let standing = self.standing(rule, decisions, waits);
        let conversation = Some(numbered(self.facts, self.id));
        Ok(About { letter, rule: rule.clone(), has_rule: true, standing, ways, conversation })
    }

    fn standing(&self, rule: &Rule, decisions: &[Decision], waits: bool) -> Standing {
        let words = explain::Words { config: self.config, facts: self.facts, now: self.now };
        let lines: Vec<String> = decisions.iter().map(|decision| words.decided(decision)).collect();
        let who = name(self.config, self.facts, self.person);
        match decisions.first().map(|decision| &decision.verdict) {
            Some(Verdict::Told(_)) => Standing::Told(lines),
            Some(Verdict::Later(..)) => Standing::Later(lines),
            Some(Verdict::Skipped(_)) => Standing::Not(lines),
            None if waits => {
                Standing::Not(vec![format!("{who}: not told: rule {} does not tell this person of it", rule.name)])
            }
            None => {
                let reason = ended(rule.watch, self.facts.conversations.get(self.id), self.now);
                let reason = reason.map(|reason| format!(": {}", reason.sentence())).unwrap_or_default();
                Standing::Not(vec![
                    format!("{who}: not told: nothing waits for rule {}{reason}", rule.name),
                    "shown is what the contact wrote last, as if it waited".into(),
                ])
            }
        }
    }

    fn nothing_to_tell(&self) -> UsageError {
        let (number, who) = (numbered(self.facts, self.id), name(self.config, self.facts, self.person));
        UsageError(match self.person {
            RecipientId::Contact(_) => {
                format!("no reply in conversation {number} waits for {who}, so there is nothing to show; try another")
            }
            _ => format!("the contact has written nothing in conversation {number}; try another"),
        })
    }
}

/// The rule that was named, else the one that tells this person, else the first that could.
fn rule<'a>(
    config: &'a Config,
    arguments: &Arguments,
    decisions: &[Decision],
    person: &RecipientId,
) -> Result<&'a Rule> {
    let named: Option<RuleName> = match (&arguments.rule, decisions.first()) {
        (Some(name), _) => Some(known_rule(config, name)?),
        (None, decision) => decision.map(|decision| decision.rule.clone()),
    };
    let to_contact = person.contact().is_some();
    let fits = |rule: &&Rule| !rule.is_coverage() && (rule.watch == Watch::UnseenReply) == to_contact;
    let first = || config.rules.iter().map(|scheduled| &scheduled.rule).find(fits);
    named.and_then(|name| config.rule(&name)).or_else(first).context("").map_err(|_| {
        UsageError("the settings have no rule that could tell this person; name one with --rule".into()).into()
    })
}

/// Told comes before later, and later before not; doorbell's own rule comes last.
fn rank(decision: &Decision) -> (u8, bool) {
    let verdict = match decision.verdict {
        Verdict::Told(_) => 0,
        Verdict::Later(..) => 1,
        Verdict::Skipped(_) => 2,
    };
    (verdict, decision.rule.as_str() == Rule::UNCOVERED)
}

/// Who would be told first.
fn first(decisions: &[Decision]) -> Option<RecipientId> {
    let of_somebody = decisions.iter().filter(|decision| decision.recipient.is_some());
    of_somebody.min_by_key(|decision| rank(decision))?.recipient.clone()
}

fn assignee(facts: &Facts, id: &ConversationId) -> Option<RecipientId> {
    facts.conversations.get(id)?.assignee.clone().map(RecipientId::Agent)
}

fn nobody(facts: &Facts, id: &ConversationId) -> anyhow::Error {
    let number = numbered(facts, id);
    UsageError(format!("no rule tells anybody about conversation {number}; name somebody with --for")).into()
}

/// A contact reads of no conversation but their own.
fn refuse_stranger(facts: &Facts, id: &ConversationId, person: &RecipientId) -> Result<()> {
    let asks = facts.conversations.get(id).and_then(|it| it.contact.as_ref());
    match person.contact() {
        Some(contact) if asks != Some(contact) => {
            let number = numbered(facts, id);
            let message = format!("conversation {number} is not with {person}; name one of theirs, or an agent");
            Err(UsageError(message).into())
        }
        _ => Ok(()),
    }
}
