//! A pass's report for people.

use std::fmt::Write;

use super::say::counted;
use crate::model::Reason;
use crate::pass::Report;

/// The summary of a pass on a terminal.
pub(super) fn of(report: &Report) -> String {
    let mut text = String::new();
    let mut line = |words: String| {
        // writing to a String cannot fail
        let _ = writeln!(text, "{words}");
    };
    line(headline(report));
    for told in &report.recipients {
        let conversations = counted(told.conversations, "conversation");
        let because = if told.conversations == 1 { "because" } else { "the oldest because" };
        let who = format!("{} <{}>", told.name, told.address);
        line(format!("  {who:<36} {conversations}, {because} {}", told.why));
    }
    if report.sent > report.recipients.len() {
        line(format!("  and {} more", report.sent - report.recipients.len()));
    }
    if report.suppressed > 0 {
        let dropped = counted(report.suppressed, "queued digest");
        line(format!("{dropped} dropped: answered, read or told in the meantime"));
    }
    if report.held > 0 {
        let rules = counted(report.held, "rule");
        line(format!("{rules} held, because of far more to tell than usual; see: doorbell status"));
    }
    if report.replies > 0 {
        line(format!("{} taken in", counted(report.replies, "text message")));
    }
    if report.recovered > 0 {
        line(format!("{} of a pass that was stopped sent once more under the same Message-ID", report.recovered));
    }
    let mut reasons: Vec<(&str, usize)> = report.reasons.iter().map(|(code, count)| (*code, *count)).collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (code, count) in reasons {
        let reason = Reason::parse(code);
        // whoever waits for a grace hears yet
        let what = if reason == Some(Reason::Grace) { "later" } else { "not told" };
        line(format!("  {what:<8} {count:>4}   {}", reason.as_ref().map_or(code, Reason::sentence)));
    }
    text
}

fn headline(report: &Report) -> String {
    let seconds = format!("{:.1} s", report.seconds);
    if report.sent + report.retried + report.dead + report.unknown == 0 {
        let what = match report {
            Report { left: 1.., .. } => {
                return format!("doorbell: nothing sent, {} left for the next pass ({seconds})", report.left);
            }
            Report { rules: 0, .. } => "no rule is due now",
            Report { told: 0, .. } => "nothing new to tell",
            _ => "nothing sent",
        };
        return format!("doorbell: {what} ({seconds})");
    }
    let mut parts = vec![format!("{} sent", counted(report.sent, "digest"))];
    for (count, what) in [
        (report.retried, "waiting for another try"),
        (report.dead, "dead"),
        (report.unknown, "that may have arrived"),
        (report.left, "left for the next pass"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    format!("doorbell: {} ({seconds})", parts.join(", "))
}

/// What went wrong, a line each; retries, which need nobody, and what was told within a day only when `all` is asked for.
pub(super) fn troubles(report: &Report, all: bool) -> Vec<String> {
    report
        .troubles
        .iter()
        .filter(|trouble| all || trouble.kind != "retry" && !trouble.standing)
        .map(|trouble| {
            let what = match (trouble.kind, trouble.key) {
                ("settings", Some(key)) => format!("the settings do not work: {key}"),
                ("outage", _) => format!("{} does not work for now", trouble.address),
                ("held", _) => "a rule is held".into(),
                ("sender", _) => format!("a text message from {} is in no conversation", trouble.address),
                ("retry", _) => format!("delivery {} to {} waits for another try", trouble.delivery, trouble.address),
                ("unknown", _) => format!("delivery {} to {} may have arrived", trouble.delivery, trouble.address),
                _ => format!("delivery {} to {} is dead", trouble.delivery, trouble.address),
            };
            let remedy = if trouble.remedy.is_empty() { String::new() } else { format!("; {}", trouble.remedy) };
            format!("doorbell: {what}: {}{remedy}", trouble.words)
        })
        .collect()
}
