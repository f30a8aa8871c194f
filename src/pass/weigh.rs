//! What waits and what is known about it, put on the scales of the rules. The one place that decides:
//! `run`, the re-check before sending, the dry run and `explain` all come here.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};

use super::cover::uncovered;
use crate::collapse::{Heard, Target};
use crate::config::Config;
use crate::desk::{Agents, Snapshot, Window};
use crate::ledger::Ledger;
use crate::model::{
    AccountId, AgentId, Audience, Channel, ConversationId, Decision, Digest, Facts, Item, Pending, RecipientId, Repeat,
    Rule, RuleName, Told, Verdict, Watch,
};
use crate::route::{Closed, Reach, View, places_to_look_up, route, step};
use crate::schedule::latest;

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
    /// What these recipients were told on a channel since then does not count: another of their devices was told.
    pub(super) forget_since: &'a HashMap<(RecipientId, Channel), DateTime<Utc>>,
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
    weigh_by(question, &mut |_| ())
}

/// The same; the facts by which it was decided are given away.
pub(super) fn weigh_by(question: &Question<'_>, keep: &mut dyn FnMut(Facts)) -> Result<Weighed> {
    let mut weighed = Weighed::default();
    let mut by_watch: Vec<((Watch, TimeDelta), Vec<&Rule>)> = Vec::new();
    for rule in &question.rules {
        let key = (rule.watch, rule.before);
        match by_watch.iter_mut().find(|(other, _)| *other == key) {
            Some((_, rules)) => rules.push(rule),
            None => by_watch.push((key, vec![rule])),
        }
    }
    for ((watch, before), rules) in by_watch {
        let window = Window { now: question.now, before };
        let pending = question.snapshot.pending(watch, window, question.conversations)?;
        for chunk in pending.chunks(CHUNK) {
            keep(weigh_chunk(question, watch, &rules, chunk, &mut weighed)?);
        }
    }
    Ok(weighed)
}

fn weigh_chunk(
    question: &Question<'_>,
    watch: Watch,
    rules: &[&Rule],
    chunk: &[Pending],
    weighed: &mut Weighed,
) -> Result<Facts> {
    let ids: Vec<ConversationId> = chunk.iter().map(|pending| pending.conversation.clone()).collect();
    let events = chunk.iter().filter_map(|pending| pending.event.as_ref());
    let named: Vec<AgentId> = events.flat_map(|event| [&event.actor, &event.target]).flatten().cloned().collect();
    let facts = question.snapshot.facts(&ids, agents_needed(rules), &named)?;
    let told = told(question, watch, rules, chunk, &ids, &facts)?;
    let blocks = question.ledger.blocks(question.now)?;
    let blocked = |channel, address: &str| blocks.hold(channel, address);
    let reachable = |provider| question.config.deliver.reaches(provider);
    let closed = Closed { blocked: &blocked, reachable: &reachable };
    let reach = Reach::of(&facts, &question.config.people, rules, question.config.desk.time_zone.0, closed);
    let view = View {
        facts: &facts,
        told: &told,
        reach: &reach,
        only: question.recipients,
        presence: &question.config.presence,
        bot: &question.config.bot,
        now: question.now,
    };
    for rule in rules {
        let mut targets = Targets::new();
        for pending in chunk {
            for decision in route(view, rule, pending) {
                hear(view, rule, pending, &decision, &mut targets, &mut weighed.heard);
                weighed.decisions.push(decision);
            }
        }
    }
    Ok(facts)
}

fn told(
    question: &Question<'_>,
    watch: Watch,
    rules: &[&Rule],
    chunk: &[Pending],
    ids: &[ConversationId],
    facts: &Facts,
) -> Result<Told> {
    let marks = question.ledger.marks(ids, question.recipients)?;
    let mut told = Told { marks, baselines: question.baselines.clone(), ..Told::default() };
    for rule in rules.iter().filter(|rule| rule.repeat == Repeat::OncePerAbsence) {
        told.last_told.extend(question.ledger.last_told(&rule.name, &everybody(facts))?);
    }
    for rule in rules.iter().filter(|rule| rule.repeat == Repeat::EverySlot) {
        let scheduled = question.config.scheduled(&rule.name);
        let zone = question.config.desk.time_zone.0;
        let slot = scheduled.and_then(|scheduled| latest(&scheduled.schedule, zone, question.now));
        told.slots.extend(slot.map(|slot| (rule.name.clone(), slot.at)));
    }
    forget(question.forget_since, &mut told);
    told.first_after = question.snapshot.first_after(watch, &places_to_look_up(rules, chunk, facts, &told))?;
    Ok(told)
}

fn everybody(facts: &Facts) -> Vec<RecipientId> {
    let agents = facts.agents.keys().cloned().map(RecipientId::Agent);
    agents.chain(facts.contacts.keys().cloned().map(RecipientId::Contact)).collect()
}

/// Leaves out what was told since another device's delivery was queued.
fn forget(since: &HashMap<(RecipientId, Channel), DateTime<Utc>>, told: &mut Told) {
    if since.is_empty() {
        return;
    }
    let counts = |recipient: &RecipientId, channel: Channel, at: DateTime<Utc>| {
        since.get(&(recipient.clone(), channel)).is_none_or(|since| at < *since)
    };
    for marks in told.marks.values_mut() {
        marks.retain(|mark| counts(&mark.recipient, mark.channel, mark.told_at));
    }
    told.last_told.retain(|(_, recipient, channel), at| counts(recipient, *channel, *at));
}

fn agents_needed(rules: &[&Rule]) -> Agents {
    let wide =
        |audience: &Audience| matches!(audience, Audience::AllAgents | Audience::OfflineAgents | Audience::Supervisors);
    let everybody = rules.iter().flat_map(|rule| &rule.tell).any(|tell| wide(&tell.audience));
    if everybody { Agents::All } else { Agents::Around }
}

/// The targets of one rule, so that its decisions share one value for each.
type Targets = HashMap<(Option<AccountId>, RecipientId, Channel, Arc<str>), Vec<Arc<Target>>>;

/// A decision to tell, as items on their way into digests: one for each device of the recipient.
fn hear(
    view: View<'_>,
    rule: &Rule,
    pending: &Pending,
    decision: &Decision,
    targets: &mut Targets,
    heard: &mut Vec<Heard>,
) {
    let not_before = match &decision.verdict {
        Verdict::Told(_) => None,
        Verdict::Later(at, reason) if reason.can_be_queued() => Some(*at),
        Verdict::Later(..) | Verdict::Skipped(_) => return,
    };
    let (Some(id), Some(channel), Some(why)) = (&decision.recipient, decision.channel, &decision.why) else { return };
    let account = view.facts.conversations.get(&decision.conversation).and_then(|it| it.account.clone());
    let subject = Digest::subject_of(channel, &decision.conversation, &decision.matter, &rule.template);
    let key = (account, id.clone(), channel, subject);
    let item = Item {
        rule: rule.name.clone(),
        conversation: decision.conversation.clone(),
        matter: decision.matter.clone(),
        latest: decision.latest.clone(),
        since: decision.since,
        why: why.clone(),
        step: step(view, rule, pending, id, channel),
    };
    let targets = targets.entry(key).or_insert_with_key(|(account, id, channel, subject)| {
        let target = |recipient: &Arc<_>| {
            Arc::new(Target {
                account: account.clone(),
                recipient: Arc::clone(recipient),
                channel: *channel,
                subject: subject.clone(),
            })
        };
        // a decision to tell was made with an address at hand, so there is one
        view.reach.recipients(id, *channel).unwrap_or_default().iter().map(target).collect()
    });
    heard.extend(targets.iter().map(|target| Heard { target: target.clone(), item: item.clone(), not_before }));
}

/// Every decision about one conversation by every rule, as it would be made now.
pub fn weigh_one(
    config: &Config,
    snapshot: &Snapshot<'_>,
    ledger: &Ledger,
    conversation: &ConversationId,
    now: DateTime<Utc>,
) -> Result<Vec<Decision>> {
    let all = config.rules.iter().map(|scheduled| &scheduled.rule);
    let (coverage, rules): (Vec<&Rule>, Vec<&Rule>) = all.partition(|rule| rule.is_coverage());
    let baselines = ledger.baselines(config.rules.iter().map(|scheduled| &scheduled.rule.name), now)?;
    let question = Question {
        config,
        snapshot,
        ledger,
        baselines: &baselines,
        rules,
        conversations: Some(std::slice::from_ref(conversation)),
        recipients: None,
        forget_since: &HashMap::new(),
        now,
    };
    let mut decisions = weigh(&question)?.decisions;
    for rule in coverage {
        let conversations = uncovered(&question, rule)?;
        let question = Question { rules: vec![rule], conversations: Some(&conversations), ..question };
        decisions.extend(weigh(&question)?.decisions);
    }
    Ok(decisions)
}
