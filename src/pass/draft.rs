//! A letter as it would be written to somebody now, whether or not a rule tells them: to see the words. Reads only.

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};

use super::letters::letters;
use crate::config::Config;
use crate::desk::{Agents, Snapshot, Wanted, Window};
use crate::ledger::Ledger;
use crate::model::{
    AgentId, Assignee, Channel, ConversationId, Decision, Digest, Facts, Item, Letter, MessageRef, Reason, Recipient,
    RecipientId, Rule, Step, Why, display_name,
};
use crate::route::{Closed, Reach};

/// What a letter is wanted about.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// The conversation.
    pub conversation: &'a ConversationId,
    /// Who would read it.
    pub recipient: &'a RecipientId,
    /// The rule that would tell it.
    pub rule: &'a Rule,
    /// What that rule decides about it, if anything.
    pub decision: Option<&'a Decision>,
}

/// A letter that nobody sends.
#[derive(Debug)]
pub struct Draft {
    /// The letter, with the recipient as email reaches them, else as another channel does.
    pub letter: Letter,
    /// For each channel whether it reaches the recipient, or why not.
    pub ways: Vec<(Channel, Result<(), Reason>)>,
    /// Whether anything waits for the rule; else the letter shows what the contact wrote last.
    pub waits: bool,
}

/// Writes it. `None` = there is nothing that could be told: no reply for a contact, no message of one for others.
pub fn draft(
    config: &Config,
    snapshot: &Snapshot<'_>,
    ledger: &Ledger,
    wish: Wish<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Draft>> {
    let agents: Vec<AgentId> = wish.recipient.agent().cloned().into_iter().collect();
    let facts = snapshot.facts(std::slice::from_ref(wish.conversation), Agents::Around, &agents)?;
    let Some((item, waits)) = item(snapshot, &facts, wish, now)? else { return Ok(None) };
    let (recipient, ways) = reached(config, ledger, &facts, wish, now)?;
    let digest = Digest {
        account: None,
        recipient,
        channel: Channel::Email,
        subject: wish.rule.template.clone(),
        not_before: None,
        items: vec![item],
    };
    let letters = letters(config, snapshot, std::slice::from_ref(&digest), facts, now)?;
    Ok(letters.into_iter().next().map(|letter| Draft { letter, ways, waits }))
}

/// What would be told: what was decided about, else what waits, else what the contact wrote last.
fn item(snapshot: &Snapshot<'_>, facts: &Facts, wish: Wish<'_>, now: DateTime<Utc>) -> Result<Option<(Item, bool)>> {
    let told = wish.decision.and_then(|decision| decision.why.clone());
    let item = |matter, latest, since| Item {
        rule: wish.rule.name.clone(),
        conversation: wish.conversation.clone(),
        matter,
        latest,
        since,
        why: told.unwrap_or_else(|| assumed(facts, wish)),
        step: 1,
    };
    if let Some(decision) = wish.decision {
        return Ok(Some((item(decision.matter.clone(), decision.latest.clone(), decision.since), true)));
    }
    let window = Window { now, before: wish.rule.before };
    let pending = snapshot.pending(wish.rule.watch, window, Some(std::slice::from_ref(wish.conversation)))?;
    if let Some(pending) = pending.into_iter().next() {
        return Ok(Some((item(pending.matter, pending.latest, pending.since), true)));
    }
    let written = last_written(snapshot, wish)?.filter(|_| wish.recipient.contact().is_none());
    // a matter without an id: the letter shows the contact's latest message with it
    Ok(written.map(|at| (item("-".into(), MessageRef { at, id: "".into() }, at), false)))
}

/// When the contact wrote last.
fn last_written(snapshot: &Snapshot<'_>, wish: Wish<'_>) -> Result<Option<DateTime<Utc>>> {
    let wanted = Wanted {
        conversation: wish.conversation.clone(),
        watch: wish.rule.watch,
        since: DateTime::UNIX_EPOCH,
        latest: None,
        show: wish.rule.show,
    };
    Ok(snapshot.contents(&[wanted])?.remove(wish.conversation).and_then(|content| content.at))
}

/// Why the recipient would hear, if a rule told them.
fn assumed(facts: &Facts, wish: Wish<'_>) -> Why {
    let id = match wish.recipient {
        RecipientId::Contact(_) => return Why::Contact,
        RecipientId::Person(_) => return Why::Person,
        RecipientId::Agent(id) => id,
    };
    let Some(conversation) = facts.conversations.get(wish.conversation) else { return Why::AllAgents };
    let group = conversation.group.as_ref().and_then(|group| facts.groups.get(group));
    let assignee = if conversation.assignee.is_some() { Assignee::Reachable } else { Assignee::Nobody };
    match group {
        _ if conversation.assignee.as_ref() == Some(id) => Why::Assignee,
        _ if conversation.last_agent.as_ref() == Some(id) => Why::LastAgent,
        Some(group) if group.members.contains(id) => Why::Group { name: group.name.as_str().into(), assignee },
        _ => Why::AllAgents,
    }
}

/// For each channel whether it reaches the recipient.
type Ways = Vec<(Channel, Result<(), Reason>)>;

fn reached(
    config: &Config,
    ledger: &Ledger,
    facts: &Facts,
    wish: Wish<'_>,
    now: DateTime<Utc>,
) -> Result<(Recipient, Ways)> {
    let via = Channel::ALL.map(|channel| Step { channel, after: TimeDelta::zero() }).to_vec();
    let by_all = Rule { via, ..wish.rule.clone() };
    let blocks = ledger.blocks(now)?;
    let blocked = |channel, address: &str| blocks.hold(channel, address);
    let reachable = |provider| config.deliver.reaches(provider);
    let closed = Closed { blocked: &blocked, reachable: &reachable };
    let reach = Reach::of(facts, &config.people, &[&by_all], config.desk.time_zone.0, closed);
    let found = Channel::ALL.map(|channel| (channel, reach.recipients(wish.recipient, channel)));
    let known = found.iter().find_map(|(_, recipients)| recipients.as_ref().ok()?.first());
    let recipient = known.map_or_else(
        || Recipient {
            id: wish.recipient.clone(),
            name: display_name(named(config, facts, wish.recipient).unwrap_or_default()),
            address: "".into(),
            device: None,
            time_zone: reach.time_zone(wish.recipient),
        },
        |recipient| Recipient::clone(recipient),
    );
    Ok((recipient, found.into_iter().map(|(channel, way)| (channel, way.map(|_| ()))).collect()))
}

fn named<'a>(config: &'a Config, facts: &'a Facts, id: &RecipientId) -> Option<&'a str> {
    match id {
        RecipientId::Agent(id) => facts.agents.get(id).map(|agent| agent.name.as_str()),
        RecipientId::Contact(id) => facts.contacts.get(id)?.name.as_deref(),
        RecipientId::Person(name) => config.people.get(name).map(|person| person.name.as_str()),
    }
}
