//! `doorbell explain`: for every rule and person, told when, or not and why, and when next.

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde_json::json;

use super::exit::UsageError;
use super::rehearsal::{conversation, decision_as_json, recipient};
use super::run::{find_conversation, find_person};
use super::{Exit, Format, Global, open, say, time};
use crate::config::Config;
use crate::desk::{Agents, Snapshot};
use crate::ledger::{Kept, Ledger, Telling};
use crate::model::{ConversationId, Decision, Facts, Reason, RecipientId, Status, Verdict};
use crate::pass::{Order, plan, weigh_one};
use crate::schedule::next;

/// Say for a conversation or a person who was told when, who was not and why, and when they would be
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The conversation, by number, id or link
    conversation: Option<String>,
    /// Only this person, by email address, agent:ID or a name from the settings
    #[arg(long = "for", value_name = "PERSON")]
    person: Option<String>,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let config = open::config(global)?;
    let desk = open::desk(&config)?;
    let snapshot = desk.snapshot()?;
    let ledger = Ledger::open_to_read(&config.ledger_path())?;
    let house = Open { global, config: &config, ledger, snapshot: &snapshot };
    let person = arguments.person.as_deref().map(|text| find_person(&config, &snapshot, text)).transpose()?;
    match (&arguments.conversation, person) {
        (Some(text), person) => {
            let id = find_conversation(&config, &snapshot, text)?;
            house.explain(&id, person.as_ref(), Utc::now())?;
        }
        (None, Some(person)) => house.explain_person(&person, Utc::now())?,
        (None, None) => {
            return Err(UsageError("explain what? name a conversation, or a person with --for".into()).into());
        }
    }
    Ok(Exit::Done)
}

/// What is known of one conversation under one rule.
struct Story<'a> {
    decisions: Vec<&'a Decision>,
    tellings: Vec<&'a Telling>,
    kept: Vec<&'a Kept>,
}

impl Story<'_> {
    /// The delivery that says how a decision stands: the one on its way, or the one after which nothing is new.
    fn line_of(&self, decision: &Decision) -> Option<i64> {
        let recipient = decision.recipient.as_ref()?.to_string();
        let mut theirs = self.tellings.iter().rev().filter(|telling| telling.recipient == recipient);
        match decision.verdict {
            Verdict::Told(_) | Verdict::Later(..) => theirs.find(|telling| telling.is_open()),
            Verdict::Skipped(Reason::AlreadyTold) => theirs.find(|telling| telling.state != "suppressed"),
            Verdict::Skipped(_) => None,
        }
        .map(|telling| telling.delivery)
    }
}

struct Open<'a> {
    global: &'a Global,
    config: &'a Config,
    snapshot: &'a Snapshot<'a>,
    ledger: Ledger,
}

impl Open<'_> {
    fn explain(&self, id: &ConversationId, person: Option<&RecipientId>, now: DateTime<Utc>) -> Result<()> {
        let facts = self.snapshot.facts(std::slice::from_ref(id), Agents::All, &[])?;
        let about =
            |recipient: &str| person.is_none_or(|person| recipient.is_empty() || recipient == person.to_string());
        let mut decisions = weigh_one(self.config, self.snapshot, &self.ledger, id, now)?;
        decisions.retain(|it| about(&it.recipient.as_ref().map(ToString::to_string).unwrap_or_default()));
        let mut tellings = self.ledger.tellings(id)?;
        tellings.retain(|telling| about(&telling.recipient));
        let mut kept = self.ledger.kept(id)?;
        kept.retain(|it| about(&it.recipient));
        if self.global.format == Format::Json {
            say::line(&as_json(id, &decisions, &tellings, &kept).to_string());
            return Ok(());
        }
        say::line(&headline(&facts, id));
        for scheduled in &self.config.rules {
            let name = &scheduled.rule.name;
            let next = next(&scheduled.schedule, self.config.desk.time_zone.0, now);
            let next = next.map_or_else(|| "never".into(), |slot| time::shown(slot.at, self.config.desk.time_zone.0));
            say::line(&format!("\nrule {name} ({}), next slot {next}", scheduled.rule.watch.word()));
            let of_rule = Story {
                decisions: decisions.iter().filter(|it| it.rule == *name).collect(),
                tellings: tellings.iter().filter(|it| it.rule == *name).collect(),
                kept: kept.iter().filter(|it| it.rule == *name).collect(),
            };
            self.lines(&facts, &of_rule).iter().for_each(|line| say::line(&format!("  {line}")));
        }
        Ok(())
    }

    /// What a rule did and would do: a line for each person, then what is over.
    fn lines(&self, facts: &Facts, story: &Story<'_>) -> Vec<String> {
        let mut lines: Vec<String> =
            story.decisions.iter().map(|decision| self.stands(facts, story, decision)).collect();
        if lines.is_empty() {
            lines.push("nothing waits for this rule".into());
        }
        let said = |telling: &&&Telling| !story.decisions.iter().any(|it| story.line_of(it) == Some(telling.delivery));
        lines.extend(story.tellings.iter().filter(said).map(|telling| self.told(facts, telling)));
        let news = |kept: &&&Kept| !story.decisions.iter().any(|now| same(now, kept));
        lines.extend(story.kept.iter().filter(news).map(|kept| self.before(facts, kept)));
        lines
    }

    /// How one person stands: what is on its way or was told says more than the bare decision.
    fn stands(&self, facts: &Facts, story: &Story<'_>, decision: &Decision) -> String {
        let telling = story.line_of(decision).and_then(|id| story.tellings.iter().find(|it| it.delivery == id));
        match telling {
            Some(telling) if telling.is_open() => self.told(facts, telling),
            Some(telling) => format!("{}; nothing new since", self.told(facts, telling)),
            None => self.decided(facts, decision),
        }
    }

    /// Everything that waits and concerns one person, and what they were told of late.
    fn explain_person(&self, person: &RecipientId, now: DateTime<Utc>) -> Result<()> {
        let order = Order { person: Some(person.clone()), ..Order::default() };
        let plan = plan(self.config, self.snapshot, &self.ledger, &order, now)?;
        let tellings = self.ledger.tellings_to(person)?;
        if self.global.format == Format::Json {
            let now: Vec<_> = plan.decisions.iter().map(decision_as_json).collect();
            let deliveries: Vec<_> = tellings.iter().map(telling_as_json).collect();
            say::line(&json!({ "person": person.to_string(), "now": now, "deliveries": deliveries }).to_string());
            return Ok(());
        }
        let named = plan.decisions.iter().map(|it| &it.conversation).chain(tellings.iter().map(|it| &it.conversation));
        let facts = self.snapshot.facts(&named.cloned().collect::<Vec<_>>(), Agents::All, &[])?;
        say::line("now:");
        if plan.decisions.is_empty() {
            say::line("  nothing waits that concerns this person");
        }
        for it in &plan.decisions {
            let number = conversation(&facts, &it.conversation);
            say::line(&format!("  {number} rule {}: {}", it.rule, self.decided(&facts, it)));
        }
        say::line("\nof late:");
        if tellings.is_empty() {
            say::line("  nothing was told to this person");
        }
        for it in &tellings {
            let number = conversation(&facts, &it.conversation);
            say::line(&format!("  {number} rule {}: {}", it.rule, self.told(&facts, it)));
        }
        Ok(())
    }

    fn decided(&self, facts: &Facts, decision: &Decision) -> String {
        let who = recipient(facts, decision);
        match &decision.verdict {
            Verdict::Told(why) => format!("{who}: would be told at the next slot, because {}", why.sentence()),
            Verdict::Later(at, reason) => {
                format!("{who}: not yet, from {}: {}", self.time(*at), reason.sentence())
            }
            Verdict::Skipped(reason) => format!("{who}: not told: {}", reason.sentence()),
        }
    }

    fn told(&self, facts: &Facts, telling: &Telling) -> String {
        let who = name(facts, &telling.recipient);
        let when = self.time(telling.closed_at.unwrap_or(telling.queued_at));
        let what = match telling.state.as_str() {
            "sent" => format!("told {when} by {} to {}", telling.channel, telling.shown),
            "dead" => format!("could not be told, given up {when}: {}", telling.words),
            "unknown" => format!("may have been told {when}: {}", telling.words),
            "suppressed" => {
                let reason = Reason::parse(&telling.words).map_or("nothing waited any more", |it| it.sentence());
                format!("was not told {when}: {reason}")
            }
            _ if telling.attempt == 0 => "is about to be told".into(),
            _ => format!("waits for another try at {}: {}", self.time(telling.next_attempt_at), telling.words),
        };
        format!("{who}: {what} (delivery {})", telling.delivery)
    }

    fn before(&self, facts: &Facts, kept: &Kept) -> String {
        let who = if kept.recipient.is_empty() { "everybody".into() } else { name(facts, &kept.recipient) };
        let reason = Reason::parse(&kept.reason).map_or("was told", |reason| reason.sentence());
        format!("{who}: decided {}: {reason}", self.time(kept.since))
    }

    fn time(&self, at: DateTime<Utc>) -> String {
        time::shown(at, self.config.desk.time_zone.0)
    }
}

fn same(decision: &Decision, kept: &Kept) -> bool {
    decision.recipient.as_ref().map(ToString::to_string).unwrap_or_default() == kept.recipient && kept.reason != "told"
}

fn name(facts: &Facts, recipient: &str) -> String {
    let agent = RecipientId::parse(recipient).and_then(|id| facts.agents.get(id.agent()?).map(|it| it.name.clone()));
    agent.unwrap_or_else(|| recipient.to_owned())
}

fn headline(facts: &Facts, id: &ConversationId) -> String {
    let Some(it) = facts.conversations.get(id) else { return format!("conversation {id}") };
    let contact = it.contact.as_ref().and_then(|id| facts.contacts.get(id)).and_then(|it| it.name.clone());
    let assignee =
        it.assignee.as_ref().map(|id| facts.agents.get(id).map_or_else(|| id.to_string(), |it| it.name.clone()));
    let group = it.group.as_ref().and_then(|id| facts.groups.get(id)).map(|it| it.name.clone());
    let status = match it.status {
        Status::Open => "open",
        Status::Pending => "in a bot's hands",
        Status::Snoozed => "snoozed",
        Status::Resolved => "resolved",
    };
    format!(
        "conversation {}: {}, {status}, {}{}",
        conversation(facts, id),
        contact.unwrap_or_else(|| "a guest".into()),
        assignee.map_or_else(|| "not assigned".into(), |name| format!("assigned to {name}")),
        group.map_or_else(String::new, |name| format!(", in {name}")),
    )
}

fn as_json(id: &ConversationId, decisions: &[Decision], tellings: &[Telling], kept: &[Kept]) -> serde_json::Value {
    let tellings: Vec<_> = tellings.iter().map(telling_as_json).collect();
    let kept: Vec<_> = kept
        .iter()
        .map(|it| {
            json!({
                "rule": it.rule.as_str(), "recipient": it.recipient, "channel": it.channel, "reason": it.reason,
                "since": it.since.to_rfc3339(),
            })
        })
        .collect();
    let decisions: Vec<_> = decisions.iter().map(decision_as_json).collect();
    json!({ "conversation": id.as_str(), "now": decisions, "deliveries": tellings, "kept": kept })
}

fn telling_as_json(it: &Telling) -> serde_json::Value {
    json!({
        "delivery": it.delivery, "conversation": it.conversation.as_str(), "rule": it.rule.as_str(),
        "recipient": it.recipient, "channel": it.channel, "state": it.state, "queued_at": it.queued_at.to_rfc3339(),
        "closed_at": it.closed_at.map(|at| at.to_rfc3339()), "attempt": it.attempt, "words": it.words,
    })
}
