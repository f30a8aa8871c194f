//! A pass of a plan for people: when, by which rules, and a line for each notification.

use std::collections::{BTreeMap, BTreeSet};

use super::super::rehearsal::{conversation, name};
use super::super::{Global, say, time};
use crate::config::Config;
use crate::model::{Channel, ConversationId, Facts, Item, Reason, RecipientId, RuleName};
use crate::pass::Foreseen;

/// More people than this are counted together; `-v` lists all.
const LISTED: usize = 8;

/// One block: the instant and the rules, then who is told, then who is not told any more.
pub(super) fn show(global: &Global, config: &Config, facts: &Facts, one: &Foreseen) {
    let told = one.told.iter().flat_map(|digest| &digest.items);
    let suppressed = one.suppressed.iter().flat_map(|(delivery, _)| &delivery.items);
    let rules: BTreeSet<&RuleName> = told.chain(suppressed).map(|item| &item.rule).collect();
    let rules: Vec<&str> = rules.into_iter().map(RuleName::as_str).collect();
    say::line(&format!("{}  {}", time::shown(one.at, config.desk.time_zone.0), rules.join(", ")));
    let who = |id: &RecipientId| (id.clone(), name(config, facts, id));
    let told = one.told.iter().map(|digest| Line {
        topics: topics(facts, &digest.items, |item| format!(" ({})", item.why.sentence())),
        channels: vec![digest.channel],
        who: vec![who(&digest.recipient.id)],
    });
    together(told.collect()).iter().for_each(|line| line.say(global, "  "));
    let mut not_told: BTreeMap<&Reason, Vec<Line>> = BTreeMap::new();
    for (delivery, reason) in &one.suppressed {
        let topics = topics(facts, &delivery.items, |_| String::new());
        let who = vec![who(&delivery.recipient)];
        let topics = format!("{topics}: {}", reason.sentence());
        not_told.entry(reason).or_default().push(Line { topics, channels: vec![delivery.channel], who });
    }
    not_told.into_values().for_each(|lines| together(lines).iter().for_each(|line| line.say(global, "  not told: ")));
    say::line("");
}

/// What several people are told in the same words, in the same ways.
#[derive(PartialEq)]
struct Line {
    topics: String,
    channels: Vec<Channel>,
    who: Vec<(RecipientId, String)>,
}

impl Line {
    fn say(&self, global: &Global, before: &str) {
        let listed = if global.verbose > 0 { self.who.len() } else { LISTED };
        let who = self.who.iter().take(listed).map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ");
        let others = match self.who.len().saturating_sub(listed) {
            0 => String::new(),
            others => format!(" and {others} more"),
        };
        let channels: Vec<&str> = self.channels.iter().map(|channel| channel.word()).collect();
        say::line(&format!("{before}{who}{others}  {}  {}", channels.join(", "), self.topics));
    }
}

/// One line for whoever is told the same: first the channels of each person, then the people.
fn together(lines: Vec<Line>) -> Vec<Line> {
    let mut by_person: Vec<Line> = Vec::new();
    for line in lines {
        match by_person.iter_mut().find(|other| other.who == line.who && other.topics == line.topics) {
            // one notification on several devices is one
            Some(other) => {
                other.channels.extend(line.channels);
                other.channels.dedup();
            }
            None => by_person.push(line),
        }
    }
    let mut together: Vec<Line> = Vec::new();
    for line in by_person {
        match together.iter_mut().find(|other| other.channels == line.channels && other.topics == line.topics) {
            Some(other) => other.who.extend(line.who),
            None => together.push(line),
        }
    }
    together
}

/// Each conversation once, though two rules may tell about it.
fn topics(facts: &Facts, items: &[Item], more: impl Fn(&Item) -> String) -> String {
    let mut seen: BTreeSet<&ConversationId> = BTreeSet::new();
    let first = items.iter().filter(|item| seen.insert(&item.conversation));
    let words: Vec<String> =
        first.map(|item| format!("{}{}", conversation(facts, &item.conversation), more(item))).collect();
    words.join(", ")
}
