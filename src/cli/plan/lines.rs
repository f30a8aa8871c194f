//! A pass of a plan for people: when, by which rules, and a line for each notification.

use std::collections::BTreeSet;

use super::super::rehearsal::{conversation, name};
use super::super::{say, time};
use crate::config::Config;
use crate::model::{ConversationId, Facts, Item, RuleName};
use crate::pass::Foreseen;

/// One block: the instant and the rules, then who is told, then who is not told any more.
pub(super) fn show(config: &Config, facts: &Facts, one: &Foreseen) {
    let told = one.told.iter().flat_map(|digest| &digest.items);
    let suppressed = one.suppressed.iter().flat_map(|(delivery, _)| &delivery.items);
    let rules: BTreeSet<&RuleName> = told.chain(suppressed).map(|item| &item.rule).collect();
    let rules: Vec<&str> = rules.into_iter().map(RuleName::as_str).collect();
    say::line(&format!("{}  {}", time::shown(one.at, config.desk.time_zone.0), rules.join(", ")));
    let mut lines: Vec<String> = one
        .told
        .iter()
        .map(|digest| {
            let who = name(config, facts, &digest.recipient.id);
            let topics = topics(facts, &digest.items, |item| format!(" ({})", item.why.sentence()));
            format!("  {who}  {}  {topics}", digest.channel)
        })
        .collect();
    lines.extend(one.suppressed.iter().map(|(delivery, reason)| {
        let who = name(config, facts, &delivery.recipient);
        let topics = topics(facts, &delivery.items, |_| String::new());
        format!("  not told: {who}  {}  {topics}: {}", delivery.channel, reason.sentence())
    }));
    // one notification on several devices is one line
    lines.dedup();
    lines.iter().for_each(|line| say::line(line));
    say::line("");
}

/// Each conversation once, though two rules may tell about it.
fn topics(facts: &Facts, items: &[Item], more: impl Fn(&Item) -> String) -> String {
    let mut seen: BTreeSet<&ConversationId> = BTreeSet::new();
    let first = items.iter().filter(|item| seen.insert(&item.conversation));
    let words: Vec<String> =
        first.map(|item| format!("{}{}", conversation(facts, &item.conversation), more(item))).collect();
    words.join(", ")
}
