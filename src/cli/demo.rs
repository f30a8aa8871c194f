//! `doorbell demo`: a sample desk, a real pass over it, and what to look at next.

mod ask;
mod next;
mod page;
mod sample;
mod story;

use std::path::PathBuf;

use anyhow::Result;
use chrono::Utc;
use serde_json::json;

use self::sample::Sample;
use self::story::Story;
use super::run::run_pass;
use super::{Exit, Format, Global, lock, open, place, say};
use crate::ledger::Ledger;
use crate::pass::{Order, Report, plan};

/// Make a sample desk, run a pass over it and show what happened
///
/// The desk, its settings and the mails stand in one folder. Nothing leaves this machine, and nothing is overwritten:
/// over a sample desk of before, another pass is run.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The folder
    #[arg(default_value = "demo")]
    dir: PathBuf,
    /// Let an agent answer this conversation of the sample desk, instead of a pass
    #[arg(long, value_name = "NUMBER", conflicts_with = "ask")]
    answer: Option<String>,
    /// Let the contact write again in this conversation, ten minutes ago, instead of a pass
    #[arg(long, num_args = 2, value_names = ["NUMBER", "TEXT"])]
    ask: Option<Vec<String>>,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let dir = &arguments.dir;
    match (&arguments.answer, arguments.ask.as_deref()) {
        (Some(number), _) => ask::answer(global, &Sample::find(dir)?, number),
        (None, Some([number, text])) => ask::ask(global, &Sample::find(dir)?, number, text),
        (None, _) => show(global, &Sample::find_or_make(dir, Utc::now())?),
    }
}

fn show(global: &Global, sample: &Sample) -> Result<Exit> {
    let config = sample.config()?;
    place::refuse_unfit(&config.ledger)?;
    let Some(_lock) = lock::acquire(&config.ledger)? else {
        say::aside("doorbell: another pass is at work on the sample desk; try again in a moment");
        return Ok(Exit::TryLater);
    };
    let (desk, mut ledger) = (open::desk(&config)?, Ledger::at(&config.ledger)?);
    // no slot is taken: the demo tells the same at any time of day, and leaves the next `run` its slots
    let order = Order { ignore_schedule: true, ..Order::default() };
    let (now, mails_before) = (Utc::now(), sample.mails()?);
    let planned = plan(&config, &desk.snapshot()?, &ledger, &order, now)?;
    let report = run_pass(global, &config, &desk, &mut ledger, &order, now)?;
    let mut mails = sample.mails()?;
    mails.retain(|mail| !mails_before.contains(mail));
    if global.format == Format::Json {
        say::line(&as_json(sample, &mails, &report).to_string());
    } else if !global.quiet {
        let story = Story { sample, config: &config, plan: &planned, report: &report, mails: &mails, now };
        say::text(&story.told(&desk.snapshot()?)?);
        say::text(&next::commands(sample, mails.first()));
    }
    Ok(Exit::of_status(report.exit_status()))
}

fn as_json(sample: &Sample, mails: &[PathBuf], report: &Report) -> serde_json::Value {
    json!({
        "settings": sample.settings(),
        "outbox": sample.outbox(),
        "fresh": sample.fresh,
        "mails": mails,
        "pass": report,
    })
}
