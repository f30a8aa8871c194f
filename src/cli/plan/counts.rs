//! The end of a plan: how much it is, by rule and channel and by recipient.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::super::rehearsal::name;
use super::super::{say, time};
use crate::config::Config;
use crate::model::{Channel, Facts, RecipientId, RuleName};
use crate::pass::Foreseen;

/// More recipients than this are counted together.
const LISTED: usize = 20;

/// How many notifications; one on several devices of a recipient counts once.
#[derive(Default)]
struct Counts<'a> {
    all: usize,
    by_rule: BTreeMap<(&'a RuleName, Channel), usize>,
    by_recipient: BTreeMap<&'a RecipientId, usize>,
}

/// Prints the counts of a plan.
pub(super) fn show(
    config: &Config,
    facts: &Facts,
    foreseen: &[Foreseen],
    passes: usize,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) {
    let zone = config.desk.time_zone.0;
    let counts = count(foreseen);
    say::line(&format!(
        "plan from {} to {}: {} in {}; nothing is sent, nothing is written",
        time::shown(from, zone),
        time::shown(to, zone),
        say::counted(counts.all, "notification"),
        if passes == 1 { "1 pass".into() } else { format!("{passes} passes") },
    ));
    let by_rule = counts.by_rule.iter().map(|((rule, channel), count)| (format!("{rule} by {channel}"), *count));
    table("by rule and channel", &by_rule.collect::<Vec<_>>());
    let by_recipient = counts.by_recipient.iter().map(|(id, count)| (name(config, facts, id), *count));
    let mut by_recipient: Vec<(String, usize)> = by_recipient.collect();
    by_recipient.sort_by(|one, other| (Reverse(one.1), &one.0).cmp(&(Reverse(other.1), &other.0)));
    let others = by_recipient.len().saturating_sub(LISTED);
    by_recipient.truncate(LISTED);
    table("by recipient", &by_recipient);
    if others > 0 {
        say::line(&format!("  and {others} more"));
    }
}

fn count(foreseen: &[Foreseen]) -> Counts<'_> {
    let mut counts = Counts::default();
    for one in foreseen {
        let mut notifications = BTreeSet::new();
        for digest in &one.told {
            let (id, channel) = (&digest.recipient.id, digest.channel);
            if !notifications.insert((&digest.account, id, channel, &digest.subject)) {
                continue;
            }
            counts.all += 1;
            *counts.by_recipient.entry(id).or_default() += 1;
            let rules: BTreeSet<&RuleName> = digest.items.iter().map(|item| &item.rule).collect();
            rules.into_iter().for_each(|rule| *counts.by_rule.entry((rule, channel)).or_default() += 1);
        }
    }
    counts
}

fn table(title: &str, rows: &[(String, usize)]) {
    if rows.is_empty() {
        return;
    }
    say::line(&format!("\n{title}:"));
    let width = rows.iter().map(|(what, _)| what.chars().count()).max().unwrap_or_default();
    rows.iter().for_each(|(what, count)| say::line(&format!("  {what:<width$}  {count:>5}")));
}
