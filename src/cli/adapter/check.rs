//! `doorbell adapter check`: the adapter of the settings on the desk of the settings, relation by relation.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::json;

use super::super::exit::SettingsError;
use super::super::{Exit, Format, Global, open, say};
use super::of_settings;
use crate::desk::{Adapter, Desk, RELATIONS, Relation, Survey};
use crate::server::ServerError;

/// Where a pass begins: what these cost, every pass costs.
const DRIVING: [&str; 5] =
    ["waiting_conversations", "unread_conversations", "unseen_replies", "sla_deadlines", "desk_events"];

/// What became of one relation.
struct Line {
    relation: &'static Relation,
    is_there: bool,
    survey: Survey,
    /// How many rows, and how long that took to find out.
    counted: Option<(u64, Duration)>,
}

pub(super) fn run(global: &Global) -> Result<Exit> {
    let config = open::config(global)?;
    let adapter = of_settings(&config)?;
    let desk = open::desk(&config)?;
    let mut wrong = 0;
    for relation in &RELATIONS {
        let line = looked_at(&desk, &adapter, relation)?;
        wrong += usize::from(!line.survey.problems.is_empty());
        match global.format {
            Format::Json => say::line(&line.as_json()),
            Format::Human => line.lines(global.quiet).iter().for_each(|line| say::line(line)),
        }
    }
    if wrong == 0 {
        return Ok(Exit::Done);
    }
    let are = if wrong == 1 { "relation does" } else { "relations do" };
    let message = format!("adapter {} on desk {}: {wrong} {are} not fit, as said above", adapter.name(), desk.name());
    Err(SettingsError(message).into())
}

/// Each relation in a transaction of its own, which ends with it.
fn looked_at(desk: &Desk, adapter: &Adapter, relation: &'static Relation) -> Result<Line> {
    let mut line =
        Line { relation, is_there: adapter.text(relation.name).is_some(), survey: Survey::default(), counted: None };
    if !line.is_there {
        return Ok(line);
    }
    let snapshot = desk.snapshot()?;
    match snapshot.survey(relation) {
        Ok(survey) => line.survey = survey,
        // a server that has gone says so to the next relation
        Err(error) if is_late(&error) => line.survey.problems.push(format!("cannot be looked at: {error:#}")),
        Err(error) => return Err(error),
    }
    if !DRIVING.contains(&relation.name) || !line.survey.problems.is_empty() {
        return Ok(line);
    }
    let began = Instant::now();
    match snapshot.count(relation) {
        Ok(rows) => line.counted = Some((rows, began.elapsed())),
        Err(error) if is_late(&error) => line.survey.problems.push(format!("cannot be counted: {error:#}")),
        Err(error) => return Err(error),
    }
    Ok(line)
}

fn is_late(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| matches!(cause.downcast_ref(), Some(ServerError::Away { .. })))
}

impl Line {
    fn state(&self) -> &'static str {
        match (self.is_there, self.survey.problems.is_empty()) {
            (false, _) => "off",
            (true, false) => "wrong",
            (true, true) => "ok",
        }
    }

    fn lines(&self, is_quiet: bool) -> Vec<String> {
        let state = self.state();
        if is_quiet && state != "wrong" {
            return Vec::new();
        }
        let survey = &self.survey;
        let off = self.relation.without.filter(|_| !self.is_there).map(str::to_owned);
        let counted = self.counted.map(|(rows, took)| {
            format!(
                "{} in {:.3} s",
                say::counted(usize::try_from(rows).unwrap_or(usize::MAX), "row"),
                took.as_secs_f64()
            )
        });
        let first = off.or(counted).or_else(|| survey.problems.first().cloned()).unwrap_or_default();
        let mut lines = vec![format!("{state:<6} {:<22} {first}", self.relation.name).trim_end().to_owned()];
        lines.extend(survey.problems.iter().skip(1).map(|problem| format!("{:29} {problem}", "")));
        lines.extend(survey.notes.iter().map(|note| format!("{:29} note: {note}", "")));
        lines
    }

    fn as_json(&self) -> String {
        let value = json!({
            "relation": self.relation.name, "state": self.state(),
            "off": self.relation.without.filter(|_| !self.is_there),
            "rows": self.counted.map(|(rows, _)| rows),
            "seconds": self.counted.map(|(_, took)| took.as_secs_f64()),
            "problems": self.survey.problems, "notes": self.survey.notes,
        });
        value.to_string()
    }
}
