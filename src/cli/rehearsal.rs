//! A dry run for people and programs: who would be told what and why, who not, who later.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::json;

use super::{Format, Global, say, time};
use crate::config::Config;
use crate::desk::{Agents, Snapshot};
use crate::model::{
    Channel, ConversationId, Decision, Digest, Facts, Letter, Reason, RecipientId, Verdict, Words, display_name,
};
use crate::pass::{Plan, address};

/// More lines of a kind than this need `-v`.
const LISTED: usize = 20;

/// What a real run would do now.
pub(super) struct Rehearsed {
    pub(super) plan: Plan,
    pub(super) letters: Vec<(Letter, Words)>,
    /// How many deliveries of earlier runs are due for another try.
    pub(super) queued: usize,
}

pub(super) fn show(global: &Global, config: &Config, snapshot: &Snapshot<'_>, rehearsed: &Rehearsed) -> Result<()> {
    let Rehearsed { plan, letters, queued } = rehearsed;
    let ids: Vec<ConversationId> = plan.decisions.iter().map(|decision| decision.conversation.clone()).collect();
    let facts = snapshot.facts(&ids, Agents::All, &[])?;
    match global.format {
        Format::Json => say::line(&as_json(rehearsed).to_string()),
        Format::Human => {
            let earlier = match queued {
                0 => String::new(),
                1 => ", and 1 delivery queued earlier".into(),
                _ => format!(", and {queued} deliveries queued earlier"),
            };
            say::line(&format!(
                "dry run: {} would go out{earlier}; nothing is sent, nothing is written",
                say::counted(letters.len(), "digest")
            ));
            if *queued > 0 && !letters.is_empty() {
                say::line("a digest for somebody whose delivery is queued goes with it, as one");
            }
            if plan.baselines.is_empty() {
                say::line("no rule is due now; add --ignore-schedule to see what every rule would tell");
            }
            for (digest, (letter, words)) in plan.digests.iter().zip(letters) {
                show_letter(digest, letter, words);
            }
            show_others(global, config, &facts, plan);
        }
    }
    Ok(())
}

fn show_letter(digest: &Digest, letter: &Letter, words: &Words) {
    let recipient = &letter.recipient;
    say::line(&format!("\n{} <{}>: {}", recipient.name, address(digest), words.subject));
    for entry in &letter.entries {
        let since = time::shown(entry.since, recipient.time_zone);
        let number = entry.number.as_deref().unwrap_or(entry.conversation.as_str());
        let sender = entry.sender.as_deref().unwrap_or("a guest");
        say::line(&format!("  #{number:<8} {sender}, waits since {since}: {}", entry.why.sentence()));
    }
    if letter.more > 0 {
        say::line(&format!("  and {} more", letter.more));
    }
}

fn show_others(global: &Global, config: &Config, facts: &Facts, plan: &Plan) {
    let zone = config.desk.time_zone.0;
    let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut nothing_new = 0;
    for decision in &plan.decisions {
        let (number, rule) = (conversation(facts, &decision.conversation), &decision.rule);
        let who = format!("  {number} for {} by {rule}", recipient(config, facts, decision));
        match &decision.verdict {
            Verdict::Told(_) => {}
            // on a desk at work these are most, and they bury the ones that matter
            Verdict::Skipped(Reason::AlreadyTold) if global.verbose == 0 => nothing_new += 1,
            Verdict::Later(at, reason) => {
                let line = format!("{who}: at {} ({})", time::shown(*at, zone), reason.sentence());
                groups.entry("later").or_default().push(line);
            }
            Verdict::Skipped(reason) => {
                groups.entry("not told").or_default().push(format!("{who}: {}", reason.sentence()));
            }
        }
    }
    for (title, lines) in groups {
        say::line(&format!("\n{title}:"));
        let listed = if global.verbose > 0 { lines.len() } else { LISTED };
        lines.iter().take(listed).for_each(|line| say::line(line));
        if lines.len() > listed {
            say::line(&format!("  and {} more (-v lists all)", lines.len() - listed));
        }
    }
    if nothing_new > 0 {
        say::line(&format!("\nnothing new since it was told: {nothing_new} (-v lists them)"));
    }
}

/// A conversation as people call it.
pub(super) fn conversation(facts: &Facts, id: &ConversationId) -> String {
    let number = facts.conversations.get(id).and_then(|it| it.number.as_deref());
    number.map_or_else(|| id.to_string(), |number| format!("#{number}"))
}

/// A decision's recipient as people call them.
pub(super) fn recipient(config: &Config, facts: &Facts, decision: &Decision) -> String {
    decision.recipient.as_ref().map_or_else(|| "everybody".into(), |id| name(config, facts, id))
}

/// Somebody as people call them; who is not known any more is called by their id.
pub(super) fn name(config: &Config, facts: &Facts, id: &RecipientId) -> String {
    let name = match id {
        RecipientId::Agent(id) => facts.agents.get(id).map(|agent| agent.name.clone()),
        RecipientId::Contact(id) => facts.contacts.get(id).and_then(|contact| contact.name.clone()),
        RecipientId::Person(name) => config.people.get(name).map(|person| person.name.clone()),
    };
    name.map(|name| display_name(&name)).filter(|name| !name.is_empty()).unwrap_or_else(|| id.to_string())
}

fn as_json(rehearsed: &Rehearsed) -> serde_json::Value {
    let Rehearsed { plan, letters, queued } = rehearsed;
    let digests: Vec<_> = letters
        .iter()
        .zip(&plan.digests)
        .map(|((letter, words), digest)| {
            let conversations: Vec<&str> = letter.entries.iter().map(|entry| entry.conversation.as_str()).collect();
            json!({
                "recipient": letter.recipient.id.to_string(),
                "channel": digest.channel.word(),
                "address": address(digest),
                "subject": words.subject,
                "conversations": conversations,
                "more": letter.more,
            })
        })
        .collect();
    let decisions: Vec<_> = plan.decisions.iter().map(decision_as_json).collect();
    json!({ "dry_run": true, "digests": digests, "queued": queued, "decisions": decisions })
}

/// A decision for programs.
pub(super) fn decision_as_json(decision: &Decision) -> serde_json::Value {
    let (verdict, reason, until) = match &decision.verdict {
        Verdict::Told(why) => ("told", why.code(), None),
        Verdict::Later(at, reason) => ("later", reason.code(), Some(at.to_rfc3339())),
        Verdict::Skipped(reason) => ("skipped", reason.code(), None),
    };
    json!({
        "rule": decision.rule.as_str(),
        "conversation": decision.conversation.as_str(),
        "recipient": decision.recipient.as_ref().map(ToString::to_string),
        "channel": decision.channel.map(Channel::word),
        "waiting_since": decision.since.to_rfc3339(),
        "verdict": verdict,
        "reason": reason,
        "until": until,
    })
}
