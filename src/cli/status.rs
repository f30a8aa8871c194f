//! `doorbell status`: how the ledger stands, for people and for monitors.

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::say::counted;
use super::{Exit, Format, Global, open, say, time};
use crate::ledger::{Ledger, Outage, Overview, Place};
use crate::notation::Span;

/// Passes shown to a person.
const PASSES: u32 = 5;

/// Say what waits, what went wrong, and when the last passes ran
///
/// Ends in 0 when all is well, 1 for a warning (paused, a rule is held, a channel has begun to fail, or since a day
/// something died or is in doubt, or a text message came from nobody at the desk), 2 when it is critical (something is overdue, a channel has not worked or no pass has
/// ended for too long), 3 when nothing can be said: as monitors expect.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// How long ago the last pass may have ended, and a channel may have begun to fail
    #[arg(long, value_name = "TIME", default_value = "30m")]
    max_silence: Span,
    /// How long a due delivery may wait
    #[arg(long, value_name = "TIME", default_value = "1h")]
    max_overdue: Span,
}

/// What a monitor wants to know, worst first.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Level {
    Critical(String),
    Warning(String),
    Well,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let config = open::config(global)?;
    let (overview, now) = match look(&config.ledger) {
        Ok(looked) => looked,
        Err(error) => {
            say::error(&error);
            return Ok(Exit::Monitor(3));
        }
    };
    let level = level(&overview, arguments, now);
    let (word, status, why) = match &level {
        Level::Well => ("ok", 0, String::new()),
        Level::Warning(why) => ("warning", 1, why.clone()),
        Level::Critical(why) => ("critical", 2, why.clone()),
    };
    if global.format == Format::Json {
        say::line(&as_json(&overview, word, &why).to_string());
    } else {
        let zone = config.desk.time_zone.0;
        let why = if why.is_empty() { why } else { format!(": {why}") };
        say::line(&format!("{word}{why}"));
        lines(&overview, |at| time::shown(at, zone)).iter().for_each(|line| say::line(line));
    }
    Ok(Exit::Monitor(status))
}

fn look(place: &Place) -> Result<(Overview, DateTime<Utc>)> {
    let ledger = Ledger::at_to_read(place)?;
    let now = time::of(&ledger)?;
    Ok((ledger.overview(now, PASSES)?, now))
}

fn level(overview: &Overview, arguments: &Arguments, now: DateTime<Utc>) -> Level {
    let ended = overview.passes.iter().filter_map(|pass| pass.ended_at).max();
    let long_ago = |at: DateTime<Utc>, limit: TimeDelta| now - at > limit;
    if overview.paused_since.is_some() {
        return Level::Warning("paused; go on with: doorbell resume".into());
    }
    match (ended, overview.oldest_due) {
        (None, _) => return Level::Critical("no pass has ended yet; is the crontab line there?".into()),
        (Some(ended), _) if long_ago(ended, arguments.max_silence.delta()) => {
            return Level::Critical(format!("no pass has ended for {}; does cron run it?", age(ended, now)));
        }
        (_, Some(due)) if long_ago(due, arguments.max_overdue.delta()) => {
            return Level::Critical(format!("{} due, the oldest for {}", overview.due, age(due, now)));
        }
        _ => {}
    }
    if let Some(Outage { gateway: channel, since, words }) = overview.outages.iter().min_by_key(|outage| outage.since) {
        let why = format!("{channel} has not worked for {}: {words}", age(*since, now));
        let lasts = long_ago(*since, arguments.max_silence.delta());
        return if lasts { Level::Critical(why) } else { Level::Warning(why) };
    }
    if let Some(held) = overview.held.first() {
        return Level::Warning(format!("rule {} is held; see what it would tell, then: doorbell approve", held.rule));
    }
    let why: Vec<String> = [of_deliveries(overview), of_strangers(overview)].into_iter().flatten().collect();
    if why.is_empty() { Level::Well } else { Level::Warning(why.join("; ")) }
}

fn of_deliveries(overview: &Overview) -> Option<String> {
    let failed = match overview.failed_lately {
        0 => return None,
        1 => "1 delivery".to_owned(),
        several => format!("{several} deliveries"),
    };
    Some(format!(
        "{failed} died or in doubt since a day; see: doorbell deliveries list --state dead, then --state unknown"
    ))
}

fn of_strangers(overview: &Overview) -> Option<String> {
    let texts = texts_of_strangers(overview);
    (overview.unknown_senders > 0)
        .then(|| format!("{texts} of a day in no conversation; the pass that met it said from whom"))
}

fn texts_of_strangers(overview: &Overview) -> String {
    counted(usize::try_from(overview.unknown_senders).unwrap_or(usize::MAX), "text message")
}

fn age(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let minutes = (now - at).num_minutes().max(0);
    if minutes < 120 { format!("{minutes} min") } else { format!("{} h", minutes / 60) }
}

fn lines(overview: &Overview, time: impl Fn(DateTime<Utc>) -> String) -> Vec<String> {
    let mut lines = vec![format!("due now: {}", overview.due)];
    lines.extend(overview.oldest_due.map(|at| format!("oldest due: {}", time(at))));
    for (state, channel, count) in &overview.counts {
        lines.push(format!("{state:<10} {channel:<8} {count}"));
    }
    for held in &overview.held {
        lines.push(format!("held: {}, {} deliveries, {} are the most", held.rule, held.deliveries, held.limit));
    }
    for Outage { gateway: channel, since, words } in &overview.outages {
        lines.push(format!("down: {channel} since {}: {words}", time(*since)));
    }
    if overview.unknown_senders > 0 {
        lines.push(format!("in no conversation: {} of a day", texts_of_strangers(overview)));
    }
    for pass in &overview.passes {
        let ended = match (pass.ended_at, pass.exit_status) {
            (Some(_), Some(status)) => format!("ended in {status}"),
            _ => "runs, or was stopped".into(),
        };
        lines.push(format!("pass {}: {ended}", time(pass.started_at)));
    }
    lines
}

fn as_json(overview: &Overview, level: &str, why: &str) -> serde_json::Value {
    let counts: Vec<_> = overview
        .counts
        .iter()
        .map(|(state, channel, count)| json!({ "state": state, "channel": channel, "count": count }))
        .collect();
    let passes: Vec<_> = overview
        .passes
        .iter()
        .map(|pass| {
            json!({
                "started_at": pass.started_at.to_rfc3339(), "ended_at": pass.ended_at.map(|at| at.to_rfc3339()),
                "exit_status": pass.exit_status,
            })
        })
        .collect();
    json!({
        "level": level, "why": why, "due": overview.due, "unknown_senders": overview.unknown_senders, "failed_lately": overview.failed_lately,
        "oldest_due": overview.oldest_due.map(|at| at.to_rfc3339()),
        "paused_since": overview.paused_since.map(|at| at.to_rfc3339()), "counts": counts, "passes": passes,
        "outages": overview.outages.iter().map(outage_as_json).collect::<Vec<_>>(),
        "held": overview.held.iter().map(|held| held.rule.as_str()).collect::<Vec<_>>(),
    })
}

fn outage_as_json(outage: &Outage) -> serde_json::Value {
    json!({ "channel": outage.gateway.word(), "since": outage.since.to_rfc3339(), "words": outage.words })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::PassSeen;

    #[test]
    fn what_is_counted_is_written_as_people_write_it() {
        let arguments = Arguments { max_silence: Span::minutes(30), max_overdue: Span::minutes(60) };
        let now = DateTime::UNIX_EPOCH;
        let pass = PassSeen { started_at: now, ended_at: Some(now), exit_status: Some(0) };
        let overview = |failed_lately, unknown_senders| Overview {
            failed_lately,
            unknown_senders,
            passes: vec![pass.clone()],
            ..Overview::default()
        };
        for (failed, texts, start) in [
            (1, 0, "1 delivery died"),
            (2, 0, "2 deliveries died"),
            (0, 1, "1 text message of"),
            (1, 1, "1 delivery died"),
        ] {
            let Level::Warning(why) = level(&overview(failed, texts), &arguments, now) else { panic!("no warning") };
            assert!(why.starts_with(start) && why.contains("text message") == (texts > 0), "{why}");
        }
        let lines = lines(&overview(0, 1), |at| at.to_string());
        assert!(lines.contains(&"in no conversation: 1 text message of a day".to_owned()), "{lines:?}");
    }
}
