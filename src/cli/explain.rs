//! `doorbell explain`: for every rule and person, told when, or not and why, and when next.

mod json;
mod since;
mod story;
mod words;

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde_json::json;

use self::json::{kept_as_json, telling_as_json};
use self::since::Since;
use self::story::Story;
pub(super) use self::words::Words;
use self::words::status;
use super::exit::UsageError;
use super::rehearsal::{conversation, decision_as_json};
use super::run::{find_conversation, find_person};
use super::{Exit, Format, Global, open, say, time};
use crate::config::Config;
use crate::desk::{Agents, Snapshot};
use crate::ledger::{Kept, Ledger, Telling};
use crate::model::{Conversation, ConversationId, Decision, Facts, MessageRef, Reason, RecipientId, Watch};
use crate::pass::{Order, plan, weigh_one};
use crate::route::over;

/// Say for a conversation or a person who was told when, who was not and why, and when they would be
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The conversation, by number, id or link
    conversation: Option<String>,
    /// Only this person, by email address, agent:ID or a name from the settings
    #[arg(long = "for", value_name = "PERSON")]
    person: Option<String>,
    /// Also everything that was told since then, or was not and why, such as "yesterday 08:00"
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let config = open::config(global)?;
    let now = Utc::now();
    let since = arguments.since.as_ref().map(|text| time::parse(text, config.desk.time_zone.0, now)).transpose()?;
    let desk = open::desk(&config)?;
    let snapshot = desk.snapshot()?;
    let ledger = Ledger::at_to_read(&config.ledger)?;
    let house = Open { global, config: &config, ledger, snapshot: &snapshot, now, since };
    let person = arguments.person.as_deref().map(|text| find_person(&config, &snapshot, text)).transpose()?;
    match (&arguments.conversation, person) {
        (Some(text), person) => house.explain(&find_conversation(&config, &snapshot, text)?, person.as_ref())?,
        (None, Some(person)) => house.explain_person(&person)?,
        (None, None) => {
            return Err(UsageError("explain what? name a conversation, or a person with --for".into()).into());
        }
    }
    Ok(Exit::Done)
}

struct Open<'a> {
    global: &'a Global,
    config: &'a Config,
    snapshot: &'a Snapshot<'a>,
    ledger: Ledger,
    now: DateTime<Utc>,
    /// Since when history is wanted.
    since: Option<DateTime<Utc>>,
}

/// What ended a wait for messages; of events and deadlines that are over the desk keeps nothing.
pub(super) fn ended(watch: Watch, conversation: Option<&Conversation>, now: DateTime<Utc>) -> Option<Reason> {
    let conversation = conversation.filter(|_| watch.is_about_messages())?;
    let anything = MessageRef { at: now, id: "".into() };
    let reason = over(watch, &anything, Some(conversation), now);
    // a conversation in which the contact has never written looks like one whose message is gone
    (!matches!(reason, Reason::Deleted | Reason::NoLongerWaiting)).then_some(reason)
}

impl Open<'_> {
    fn words<'a>(&'a self, facts: &'a Facts) -> Words<'a> {
        Words { config: self.config, facts, now: self.now }
    }

    fn explain(&self, id: &ConversationId, person: Option<&RecipientId>) -> Result<()> {
        let about =
            |recipient: &str| person.is_none_or(|person| recipient.is_empty() || recipient == person.to_string());
        let mut decisions = weigh_one(self.config, self.snapshot, &self.ledger, id, self.now)?;
        decisions.retain(|it| about(&it.recipient.as_ref().map(ToString::to_string).unwrap_or_default()));
        let mut tellings = self.ledger.tellings(id)?;
        tellings.retain(|telling| about(&telling.recipient));
        let mut kept = self.ledger.kept(id)?;
        kept.retain(|it| about(&it.recipient));
        let since = self.since.map(|from| Since::of(from, tellings.clone(), kept.clone()));
        if self.global.format == Format::Json {
            let mut value = json!({
                "conversation": id.as_str(),
                "now": decisions.iter().map(decision_as_json).collect::<Vec<_>>(),
                "deliveries": tellings.iter().map(telling_as_json).collect::<Vec<_>>(),
                "kept": kept.iter().map(kept_as_json).collect::<Vec<_>>(),
            });
            add(&mut value, since.as_ref());
            say::line(&value.to_string());
            return Ok(());
        }
        let facts = self.snapshot.facts(std::slice::from_ref(id), Agents::All, &[])?;
        let words = self.words(&facts);
        say::line(&headline(&facts, id));
        self.show_rules(&words, facts.conversations.get(id), &decisions, &tellings, &kept);
        since.iter().for_each(|since| since.show(&words));
        Ok(())
    }

    fn show_rules(
        &self,
        words: &Words<'_>,
        conversation: Option<&Conversation>,
        decisions: &[Decision],
        tellings: &[Telling],
        kept: &[Kept],
    ) {
        for scheduled in &self.config.rules {
            let name = &scheduled.rule.name;
            let next = words.next_slot(name).map_or_else(|| "never".into(), |slot| words.time(slot));
            let of_rule = Story {
                decisions: decisions.iter().filter(|it| it.rule == *name).collect(),
                tellings: tellings.iter().filter(|it| it.rule == *name).collect(),
                kept: kept.iter().filter(|it| it.rule == *name).collect(),
                over: ended(scheduled.rule.watch, conversation, self.now),
            };
            // doorbell's own rule is of interest when it has something to say
            if scheduled.rule.is_coverage() && of_rule.is_empty() {
                continue;
            }
            say::line(&format!("\nrule {name} ({}), next slot {next}", scheduled.rule.watch.word()));
            of_rule.lines(words).iter().for_each(|line| say::line(&format!("  {line}")));
        }
    }

    /// Everything that waits and concerns one person, and what they were told of late, or since a time.
    fn explain_person(&self, person: &RecipientId) -> Result<()> {
        let order = Order { person: Some(person.clone()), ..Order::default() };
        let decisions = plan(self.config, self.snapshot, &self.ledger, &order, self.now)?.decisions;
        let mut named: Vec<ConversationId> = decisions.iter().map(|it| it.conversation.clone()).collect();
        let mut since = None;
        if let Some(from) = self.since {
            let tellings = self.ledger.tellings_to_since(person, from)?;
            let kept = self.ledger.kept_for_since(person, from)?;
            named.extend(
                tellings.iter().map(|it| &it.conversation).chain(kept.iter().map(|it| &it.conversation)).cloned(),
            );
            since = Some(Since::of(from, tellings, kept));
        }
        let tellings = self.ledger.tellings_to(person)?;
        if self.global.format == Format::Json {
            let now: Vec<_> = decisions.iter().map(decision_as_json).collect();
            let deliveries: Vec<_> = tellings.iter().map(telling_as_json).collect();
            let mut value = json!({ "person": person.to_string(), "now": now, "deliveries": deliveries });
            add(&mut value, since.as_ref());
            say::line(&value.to_string());
            return Ok(());
        }
        named.extend(tellings.iter().map(|it| it.conversation.clone()));
        let facts = self.snapshot.facts(&named, Agents::All, &[])?;
        let words = self.words(&facts);
        show_now(&words, &decisions);
        match since {
            Some(since) => since.show(&words),
            None => show_of_late(&words, &tellings),
        }
        Ok(())
    }
}

fn show_now(words: &Words<'_>, decisions: &[Decision]) {
    say::line("now:");
    if decisions.is_empty() {
        say::line("  nothing waits that concerns this person");
    }
    for it in decisions {
        let number = conversation(words.facts, &it.conversation);
        say::line(&format!("  {number} rule {}: {}", it.rule, words.decided(it)));
    }
}

fn show_of_late(words: &Words<'_>, tellings: &[Telling]) {
    say::line("\nof late:");
    if tellings.is_empty() {
        say::line("  nothing was told to this person");
    }
    for it in tellings {
        let number = conversation(words.facts, &it.conversation);
        say::line(&format!("  {number} rule {}: {}", it.rule, words.told(it)));
    }
}

fn add(value: &mut serde_json::Value, since: Option<&Since>) {
    if let (Some(fields), Some(since)) = (value.as_object_mut(), since) {
        fields.insert("since".into(), since.as_json().into());
    }
}

fn headline(facts: &Facts, id: &ConversationId) -> String {
    let Some(it) = facts.conversations.get(id) else { return format!("conversation {id}") };
    let contact = it.contact.as_ref().and_then(|id| facts.contacts.get(id)).and_then(|it| it.name.clone());
    let assignee =
        it.assignee.as_ref().map(|id| facts.agents.get(id).map_or_else(|| id.to_string(), |it| it.name.clone()));
    let group = it.group.as_ref().and_then(|id| facts.groups.get(id)).map(|it| it.name.clone());
    format!(
        "conversation {}: {}, {}, {}{}",
        conversation(facts, id),
        contact.unwrap_or_else(|| "a guest".into()),
        status(it.status),
        assignee.map_or_else(|| "not assigned".into(), |name| format!("assigned to {name}")),
        group.map_or_else(String::new, |name| format!(", in {name}")),
    )
}
