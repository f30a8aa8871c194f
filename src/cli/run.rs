//! `doorbell run`: one pass.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::exit::UsageError;
use super::{Exit, Format, Global, home, lock, open, place, rehearsal, say, signals, summary, time, watchdog};
use crate::config::Config;
use crate::desk::{Place, Snapshot};
use crate::ledger::Ledger;
use crate::model::{ConversationId, RecipientId, RuleName, email_address};
use crate::notation::{Span, nearest};
use crate::pass::{self, Clock, House, Order, Report};

/// Fewer deliveries are over before a bar is read.
const WORTH_A_BAR: usize = 20;

/// Run one pass: find what waits, tell who must hear, remember it
///
/// This is the line for cron. A pass that finds another one at work waits a little and leaves with 0. Without a
/// terminal a healthy pass prints nothing.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Only this rule; deliveries that wait for another try go as well
    #[arg(long, value_name = "NAME")]
    rule: Option<String>,
    /// Run rules now, whether they are due or not; no slot is taken
    #[arg(long)]
    ignore_schedule: bool,
    /// Only this conversation, by number, id or link; no slot is taken
    #[arg(long, value_name = "CONVERSATION")]
    conversation: Option<String>,
    /// Only this person, by email address, agent:ID or a name from the settings; no slot is taken
    #[arg(long = "for", value_name = "PERSON")]
    person: Option<String>,
    /// Print who would be told what and why; send nothing, write nothing
    #[arg(long)]
    dry_run: bool,
    /// Pretend that it is this time, such as "yesterday 14:00"
    #[arg(long, value_name = "TIME", requires = "dry_run")]
    at: Option<String>,
    /// Begin no new delivery after this time
    #[arg(long, value_name = "TIME", default_value = "4m")]
    budget: Span,
    /// Send every mail to this address instead, for trials on a copy of the desk: the ledger counts it as told, and
    /// what would go out by other channels stays queued
    #[arg(long, value_name = "ADDRESS")]
    redirect_to: Option<String>,
}

/// How a pass came to its end.
pub(super) enum Ended {
    /// Another one is at work, which tells of itself.
    Busy,
    /// Nobody is told for now.
    Paused,
    /// It went through.
    Passed(Box<Report>),
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let config = open::config(global)?;
    if arguments.dry_run {
        return rehearse(global, &config, arguments);
    }
    signals::around(&config, |begun| pass_once(global, &config, arguments, begun))
}

fn rehearse(global: &Global, config: &Config, arguments: &Arguments) -> Result<Exit> {
    let now = match &arguments.at {
        Some(text) => time::parse(text, config.desk.time_zone.0, Utc::now())?,
        None => Utc::now(),
    };
    let desk = open::desk(config)?;
    let order = order(config, &desk.snapshot()?, arguments)?;
    let mut ledger = Ledger::at_to_read(&config.ledger)?;
    let house = House { config, desk: &desk, ledger: &mut ledger, incoming: None };
    let (templates, fault) = open::working_templates(config)?;
    let (plan, letters) = pass::rehearse(&house, &order, Clock::at(now), &templates)?;
    // a run that is limited sends nothing but its own
    let queued = if order.is_limited() { 0 } else { ledger.due_count(now)? };
    rehearsal::show(global, config, &desk.snapshot()?, &rehearsal::Rehearsed { plan, letters, queued })?;
    // what would end the pass in this status ends its rehearsal in it too
    fault.map_or(Ok(Exit::Done), |fault| Err(fault.into()))
}

fn pass_once(global: &Global, config: &Config, arguments: &Arguments, begun: &dyn Fn()) -> Result<Ended> {
    let desk = open::desk(config)?;
    let order = order(config, &desk.snapshot()?, arguments)?;
    place::refuse_unfit(&config.ledger)?;
    let Some(lock) = lock::acquire(&config.ledger)? else { return Ok(busy(global)) };
    watchdog::watch(config, order.budget);
    let mut ledger = Ledger::at(&config.ledger)?;
    if !lock::plan_alone(&ledger)? {
        return Ok(busy(global));
    }
    begun();
    if ledger.paused_since()?.is_some() {
        if global.format == Format::Json {
            say::line(&json!({ "paused": true }).to_string());
        } else if say::to_a_person() {
            say::aside("doorbell: paused, so nobody is told; go on with: doorbell resume");
        }
        return Ok(Ended::Paused);
    }
    // a trial on a copy tells nobody whom it should not
    if order.redirect_to.is_none() {
        home::refuse_copy(&config.ledger, &lock, &mut ledger)?;
    }
    let now = time::of(&ledger)?;
    stop_on_signals(&order)?;
    let report = run_pass(global, config, &desk, &mut ledger, &order, now)?;
    if let Err(error) = ledger.last_pass().and_then(|pass| home::remember(&lock, pass)) {
        tracing::warn!("{error:#}");
    }
    tell(global, &report);
    Ok(Ended::Passed(Box::new(report)))
}

fn busy(global: &Global) -> Ended {
    if global.format == Format::Json {
        say::line(&json!({ "busy": true }).to_string());
    } else if say::to_a_person() {
        say::aside("doorbell: another pass is at work on this ledger; nothing to do");
    }
    Ended::Busy
}

/// The first SIGTERM or SIGINT lets the mails on the wire finish and begins no more; the second ends at once.
fn stop_on_signals(order: &Order) -> Result<()> {
    for signal in [SIGTERM, SIGINT] {
        // in this order: the first signal finds the flag down and raises it
        flag::register_conditional_shutdown(signal, 128 + 15, order.stop.clone()).context("listen for signals")?;
        flag::register(signal, order.stop.clone()).context("listen for signals")?;
    }
    Ok(())
}

/// One pass with a progress bar for whoever watches.
pub(super) fn run_pass(
    global: &Global,
    config: &Config,
    desk: &crate::desk::Desk,
    ledger: &mut Ledger,
    order: &Order,
    now: DateTime<Utc>,
) -> Result<Report> {
    let mut house = House { config, desk, ledger, incoming: open::incoming(config, desk) };
    let bar = bar(global);
    let show = |settled: usize, due: usize| {
        if due >= WORTH_A_BAR {
            bar.set_length(u64::try_from(due.max(settled)).unwrap_or_default());
            bar.set_position(u64::try_from(settled).unwrap_or_default());
        }
    };
    let report = pass::run(&mut house, order, Clock::at(now), |ledger| open::post(config, desk, ledger, now), &show);
    bar.finish_and_clear();
    report
}

/// What the pass did: a summary for a person, one line of JSON for a program, troubles in any case.
pub(super) fn tell(global: &Global, report: &Report) {
    match global.format {
        Format::Json => say::line(&report.to_json()),
        Format::Human => {
            if !global.quiet && (say::to_a_person() || global.verbose > 0) {
                say::text(&summary::of(report));
            }
            let all = say::to_a_person() || global.verbose > 0;
            summary::troubles(report, all).iter().for_each(|line| say::aside(line));
        }
    }
}

fn bar(global: &Global) -> ProgressBar {
    if global.quiet || global.format == Format::Json || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} sent, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    bar
}

fn order(config: &Config, snapshot: &Snapshot<'_>, arguments: &Arguments) -> Result<Order> {
    let redirect_to = arguments.redirect_to.as_deref().map(|text| {
        email_address(text).ok_or_else(|| UsageError(format!("--redirect-to {text:?} is not an email address")))
    });
    Ok(Order {
        rule: arguments.rule.as_deref().map(|name| known_rule(config, name)).transpose()?,
        ignore_schedule: arguments.ignore_schedule,
        conversation: arguments
            .conversation
            .as_deref()
            .map(|text| find_conversation(config, snapshot, text))
            .transpose()?,
        person: arguments.person.as_deref().map(|text| find_person(config, snapshot, text)).transpose()?,
        redirect_to: redirect_to.transpose()?,
        budget: Duration::from_secs(u64::from(arguments.budget.as_seconds())),
        stop: Arc::default(),
    })
}

pub(super) fn known_rule(config: &Config, name: &str) -> Result<RuleName> {
    let rules: Vec<&str> = config.rules.iter().map(|scheduled| scheduled.rule.name.as_str()).collect();
    if rules.contains(&name) {
        return Ok(name.into());
    }
    let remedy = match nearest(name, rules.iter().copied()) {
        Some(meant) => format!("did you mean {meant:?}?"),
        None => format!("the settings have {}", rules.join(", ")),
    };
    Err(UsageError(format!("--rule {name:?} is not in the settings; {remedy}")).into())
}

/// The conversation that somebody means: a number, an id, or the link that the mails show.
pub(super) fn find_conversation(config: &Config, snapshot: &Snapshot<'_>, text: &str) -> Result<ConversationId> {
    // a link says which of the two it holds: an id may be another conversation's number
    let found = match config.desk.agent_url.as_ref().and_then(|url| url.place_in(text)) {
        Some(Place::Id(id)) => snapshot.find_by_id(id),
        Some(Place::Number(number, account)) => snapshot.find_by_number(number, account),
        None => snapshot.find_conversation(text),
    };
    found
        .context("look for the conversation")?
        .ok_or_else(|| UsageError(format!("there is no conversation {text:?}; give its number, id or link")).into())
}

/// The person that somebody means: an address, an id, or a name from the settings.
pub(super) fn find_person(config: &Config, snapshot: &Snapshot<'_>, text: &str) -> Result<RecipientId> {
    let name: Arc<str> = text.trim_start_matches("person:").into();
    if config.people.contains_key(&name) {
        return Ok(RecipientId::Person(name));
    }
    snapshot.find_person(text).context("look for the person")?.ok_or_else(|| {
        UsageError(format!("there is no person {text:?}; give an email address, agent:ID or a NAME from [people]"))
            .into()
    })
}
