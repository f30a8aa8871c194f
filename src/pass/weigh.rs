//! What waits and what is known about it, put on the scales of the rules. The one place that decides:
//! `run`, the re-check before sending, the dry run and `explain` all come here.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use anyhow::Result;
use chrono::{DateTime, Utc};

use crate::collapse::{Heard, Target};
use crate::config::Config;
use crate::desk::{Agents, Snapshot, Window};
use crate::ledger::Ledger;
use crate::model::{
    AccountId, Audience, Channel, ConversationId, Decision, Facts, Item, Pending, RecipientId, Rule, RuleName, Told,
    Verdict, Watch,
};
use crate::route::{Reach, View, places_to_look_up, route};

/// How many conversations are weighed at a time: bounds memory, not the pass.
const CHUNK: usize = 1_000;

/// The question: which rules, about which conversations, for whom.
pub(super) struct Question<'a> {
    pub(super) config: &'a Config,
    pub(super) snapshot: &'a Snapshot<'a>,
    pub(super) ledger: &'a Ledger,
    pub(super) baselines: &'a HashMap<RuleName, DateTime<Utc>>,
    pub(super) rules: Vec<&'a Rule>,
    pub(super) conversations: Option<&'a [ConversationId]>,
    /// Only these, or everybody. What is decided for a conversation as a whole is answered in either case.
    pub(super) recipients: Option<&'a HashSet<RecipientId>>,
    pub(super) now: DateTime<Utc>,
}

/// The answer: every decision, and what is to be heard by whom.
#[derive(Debug, Default)]
pub(super) struct Weighed {
    pub(super) decisions: Vec<Decision>,
    pub(super) heard: Vec<Heard>,
}

/// Decides everything that waits, for every rule asked about.
pub(super) fn weigh(question: &Question<'_>) -> Result<Weighed> {
    let mut weighed = Weighed::default();
    let mut by_watch: Vec<(Watch, Vec<&Rule>)> = Vec::new();
    for rule in &question.rules {
        match by_watch.iter_mut().find(|(watch, _)| *watch == rule.watch) {
            Some((_, rules)) => rules.push(rule),
            None => by_watch.push((rule.watch, vec![rule])),
        }
    }
    for (watch, rules) in by_watch {
        let before = rules.iter().map(|rule| rule.before).max().unwrap_or_default();
        let window = Window { now: question.now, before };
        let pending = question.snapshot.pending(watch, window, question.conversations)?;
        for chunk in pending.chunks(CHUNK) {
            weigh_chunk(question, &rules, chunk, &mut weighed)?;
        }
    }
    Ok(weighed)
}

fn weigh_chunk(question: &Question<'_>, rules: &[&Rule], chunk: &[Pending], weighed: &mut Weighed) -> Result<()> {
    let ids: Vec<ConversationId> = chunk.iter().map(|pending| pending.conversation.clone()).collect();
    let facts = question.snapshot.facts(&ids, agents_needed(rules), &[])?;
    let told = told(question, rules, chunk, &ids, &facts)?;
    let reach = Reach::of(&facts, &question.config.people, rules, question.config.desk.time_zone.0);
    let view = View {
        facts: &facts,
        told: &told,
        reach: &reach,
        only: question.recipients,
        presence: &question.config.presence,
        now: question.now,
    };
    for rule in rules {
        let mut targets = Targets::new();
        for pending in chunk {
            for decision in route(view, rule, pending) {
                weighed.heard.extend(heard(view, rule, &mut targets, &decision));
                weighed.decisions.push(decision);
            }
        }
    }
    Ok(())
}

fn told(
    question: &Question<'_>,
    rules: &[&Rule],
    chunk: &[Pending],
    ids: &[ConversationId],
    facts: &Facts,
) -> Result<Told> {
    let marks = question.ledger.marks(ids, question.recipients)?;
    let mut told = Told { marks, baselines: question.baselines.clone(), ..Told::default() };
    if let Some(rule) = rules.first() {
        let places = places_to_look_up(rules, chunk, facts, &told);
        told.first_after = question.snapshot.first_after(rule.watch, &places)?;
    }
    Ok(told)
}

fn agents_needed(rules: &[&Rule]) -> Agents {
    let everybody = rules.iter().flat_map(|rule| &rule.tell).any(|tell| tell.audience == Audience::AllAgents);
    if everybody { Agents::All } else { Agents::Around }
}

/// The targets of one rule, so that its decisions share one value for each.
type Targets = HashMap<(Option<AccountId>, RecipientId, Channel), Arc<Target>>;

/// A decision to tell, as an item on its way into a digest.
fn heard(view: View<'_>, rule: &Rule, targets: &mut Targets, decision: &Decision) -> Option<Heard> {
    let Verdict::Told(why) = &decision.verdict else { return None };
    let (id, channel) = (decision.recipient.as_ref()?, decision.channel?);
    let account = account_of(view.facts, &decision.conversation);
    // a decision to tell was made with an address at hand, so there is one
    let recipient = view.reach.recipient(id, channel).ok()?;
    let target = targets.entry((account.clone(), id.clone(), channel)).or_insert_with(|| {
        Arc::new(Target { account, recipient: recipient.clone(), channel, subject: rule.template.clone() })
    });
    let item = Item {
        rule: rule.name.clone(),
        conversation: decision.conversation.clone(),
        latest: decision.latest.clone(),
        since: decision.since,
        matter: decision.matter.clone(),
        why: why.clone(),
        step: 1,
    };
    Some(Heard { target: target.clone(), item, not_before: None })
}

fn account_of(facts: &Facts, conversation: &ConversationId) -> Option<AccountId> {
    facts.conversations.get(conversation)?.account.clone()
}

/// Every decision about one conversation by every rule, as it would be made now.
pub fn weigh_one(
    config: &Config,
    snapshot: &Snapshot<'_>,
    ledger: &Ledger,
    conversation: &ConversationId,
    now: DateTime<Utc>,
) -> Result<Vec<Decision>> {
    let rules: Vec<&Rule> = config.rules.iter().map(|scheduled| &scheduled.rule).collect();
    let baselines = ledger.baselines(rules.iter().map(|rule| &rule.name), now)?;
    let question = Question {
        config,
        snapshot,
        ledger,
        baselines: &baselines,
        rules,
        conversations: Some(std::slice::from_ref(conversation)),
        recipients: None,
        now,
    };
    Ok(weigh(&question)?.decisions)
}
