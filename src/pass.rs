//! One pass, top to bottom: what is due, what waits, who hears and why; then claim, re-check, render, send, settle.

mod clock;
mod foresee;
mod lane;
mod lanes;
mod letters;
mod order;
mod plan;
mod recheck;
mod report;
mod suspects;
mod weigh;

use std::sync::LazyLock;

use anyhow::Result;

use crate::config::Config;
use crate::deliver::email::Relay;
use crate::desk::Desk;
use crate::ledger::{Intake, Ledger};
use crate::model::{Letter, Words};
use crate::render::{TemplateError, Templates};

pub use clock::Clock;
pub use foresee::{Foreseen, foresee};
pub use lanes::Progress;
pub use order::Order;
pub use plan::{Plan, Slots, plan};
pub use report::{Report, Told, Trouble};
pub use weigh::weigh_one;

/// The rooms of one installation, open.
#[derive(Debug)]
pub struct House<'a> {
    /// What the operator wants.
    pub config: &'a Config,
    /// Somebody's chat database.
    pub desk: &'a Desk,
    /// What was told.
    pub ledger: &'a mut Ledger,
}

/// What is needed to send; made only when something is due, because it takes milliseconds.
pub struct Post {
    /// How digests become words.
    pub templates: Templates,
    /// doorbell's own words, for a digest that the operator's templates fail on; made when the first does.
    pub own_words: LazyLock<Result<Templates, TemplateError>>,
    /// Why the operator's own templates are not used, when they are broken.
    pub template_fault: Option<TemplateError>,
    /// The way out by email.
    pub email: Relay,
}

/// One pass: nothing lost, nothing told twice.
///
/// `post` is called once something is due. Errors mean that the pass could not go on; what became of a single
/// delivery is in the report.
pub fn run(
    house: &mut House<'_>,
    order: &Order,
    clock: Clock,
    post: impl FnOnce() -> Result<Post>,
    progress: &Progress<'_>,
) -> Result<Report> {
    let now = clock.now();
    let recovered = house.ledger.recover(now)?;
    let plan = plan(house.config, &house.desk.snapshot()?, house.ledger, order, now)?;
    let enqueued = house.ledger.enqueue(&Intake {
        now,
        rules: &plan.rules,
        slots: &plan.slots,
        limited: order.is_limited(),
        baselines: &plan.baselines,
        digests: &plan.digests,
        decisions: &plan.decisions,
    })?;
    let mut report = Report::of(&plan, &enqueued, recovered);
    if enqueued.due {
        let only = order.is_limited().then_some(enqueued.deliveries.as_slice());
        let post = post()?;
        report.add_template_fault(post.template_fault.as_ref());
        lanes::deliver(house, &post, order, clock, only, &mut report, progress)?;
        report.left = house.ledger.due_count(clock.now())?;
        house.ledger.finish(clock.now(), report.exit_status(), &report.summary())?;
    }
    report.seconds = clock.elapsed().as_secs_f64();
    Ok(report)
}

/// The same pass without sending or writing anything: the plan, and the letters in words.
pub fn rehearse(
    house: &House<'_>,
    order: &Order,
    clock: Clock,
    templates: &Templates,
) -> Result<(Plan, Vec<(Letter, Words)>)> {
    let now = clock.now();
    let snapshot = house.desk.snapshot()?;
    let plan = plan(house.config, &snapshot, house.ledger, order, now)?;
    let mut rehearsed = Vec::new();
    for digests in plan.digests.chunks(recheck::CHUNK) {
        for (digest, letter) in digests.iter().zip(letters::letters(house.config, &snapshot, digests, now)?) {
            let words = templates.render(&digest.subject, &letter)?;
            rehearsed.push((letter, words));
        }
    }
    Ok((plan, rehearsed))
}
