//! One pass, top to bottom: what came in, what is due, what waits, who hears and why; then claim, re-check, render,
//! send, settle.

mod cap;
mod clock;
mod cover;
mod draft;
mod foresee;
mod health;
mod lane;
mod lanes;
mod letters;
mod notice;
mod order;
mod plan;
mod reading;
mod recheck;
mod replies;
mod report;
mod storm;
mod suspects;
mod tokens;
mod way;
mod weigh;

use std::sync::LazyLock;
use std::time::Duration;

use anyhow::Result;
use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::deliver::email::Relay;
use crate::deliver::{Carriers, no_section};
use crate::desk::Desk;
use crate::failpoint;
use crate::ledger::{Intake, Ledger};
use crate::model::{AgentId, Channel, ConversationId, Digest, Facts, Gateway, Letter, Outcome, Words};
use crate::render::{RenderError, TemplateError, Templates};

pub use clock::Clock;
pub use draft::{Draft, Wish, draft};
pub use foresee::{Foreseen, foresee};
pub use lanes::Progress;
pub use order::Order;
pub use plan::{Plan, Slots, plan};
pub use replies::Incoming;
pub use report::{Report, Told, Trouble, address};
pub use tokens::tokens;
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
    /// What people text, and where it goes; `None` where it is not taken in.
    pub incoming: Option<Incoming>,
}

/// What is needed to send; made only when something is due, because it takes milliseconds.
pub struct Post {
    /// How digests become words.
    pub templates: Templates,
    /// doorbell's own words, for a digest that the operator's templates fail on; made when the first does.
    pub own_words: LazyLock<Result<Templates, TemplateError>>,
    /// Why the operator's own templates are not used, when they are broken.
    pub template_fault: Option<TemplateError>,
    /// The way out by email, or why there is none: a setting to mend, of which the other channels know nothing.
    pub email: Result<Relay, Outcome>,
    /// The ways out by text message, push and browser notification, as far as the settings have them.
    pub carriers: Carriers,
    /// Told at the end of a pass what agents were mailed about, where mails count as read.
    pub mark_read: Option<Box<MarkRead>>,
}

/// Takes conversations with the agent who was mailed about them, and the instant of the latest message in the mail.
pub type MarkRead = dyn Fn(&[(ConversationId, AgentId, DateTime<Utc>)]) -> Result<()> + Send + Sync;

impl Post {
    /// Why nothing can go out by a gateway; `None` when it can.
    fn fault(&self, gateway: Gateway) -> Option<Outcome> {
        match gateway {
            Gateway::InApp => None,
            Gateway::Email => self.email.as_ref().err().cloned(),
            other => self.carriers.get(&other).map_or_else(|| Some(no_section(other)), |it| it.as_ref().err().cloned()),
        }
    }

    /// How long the next mail has to wait for its turn; `None` when it has just taken it.
    fn wait_for_a_turn(&self) -> Option<Duration> {
        self.email.as_ref().ok()?.take_turn().err()
    }
}

/// One pass: nothing lost, nothing told twice.
///
/// `post` is called once something is due. Errors mean that the pass could not go on; what became of a single
/// delivery is in the report.
pub fn run(
    house: &mut House<'_>,
    order: &Order,
    clock: Clock,
    post: impl FnOnce(&Ledger) -> Result<Post>,
    progress: &Progress<'_>,
) -> Result<Report> {
    let now = clock.now();
    let recovered = house.ledger.recover(now)?;
    failpoint::reached("recovered");
    let replies = replies::take_in(house, order, now)?;
    let mut plan = plan(house.config, &house.desk.snapshot()?, house.ledger, order, now)?;
    failpoint::reached("planned");
    storm::brake(&house.config.limits, house.ledger, &mut plan)?;
    let enqueued = house.ledger.enqueue(&Intake {
        now,
        rules: &plan.rules,
        slots: &plan.slots,
        held: &plan.held,
        limited: order.is_limited(),
        baselines: &plan.baselines,
        digests: &plan.digests,
        decisions: &plan.decisions,
    })?;
    let mut report = Report::of(&plan, &enqueued, recovered);
    report.add_replies(replies);
    // of a large desk it is the largest thing in memory
    drop(plan);
    let notices = notice::due(house, order, now)?;
    // from here on other hosts may take what is due as well
    house.ledger.let_others_plan()?;
    if enqueued.due || !notices.is_empty() {
        let only = order.is_limited().then_some(enqueued.deliveries.as_slice());
        let post = post(house.ledger)?;
        report.add_template_fault(post.template_fault.as_ref());
        let delivered = lanes::deliver(house, &post, order, clock, only, &mut report, progress);
        tokens::keep(house.ledger, &post);
        delivered?;
        notice::mail(house, &post, order, &notices, now)?;
        report.left = house.ledger.due_count(clock.now())?;
    }
    // a pass in which nothing was due was closed when it was opened, as one that needs nobody
    if enqueued.due || report.exit_status() != 0 {
        house.ledger.finish(clock.now(), report.exit_status(), &report.summary())?;
    }
    // what was told is told: a ledger that cannot forget now will forget later
    if let Err(error) = house.ledger.prune(clock.now()) {
        tracing::warn!("{error:#}");
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
    let mut plan = plan(house.config, &snapshot, house.ledger, order, now)?;
    storm::brake(&house.config.limits, house.ledger, &mut plan)?;
    let mut rehearsed = Vec::new();
    for digests in plan.digests.chunks(recheck::CHUNK) {
        for (digest, letter) in
            digests.iter().zip(letters::letters(house.config, &snapshot, digests, Facts::default(), now)?)
        {
            let words = words(templates, digest, &letter)?;
            rehearsed.push((letter, words));
        }
    }
    Ok((plan, rehearsed))
}

/// The words of a digest on its channel.
fn words(templates: &Templates, digest: &Digest, letter: &Letter) -> Result<Words, RenderError> {
    if digest.channel == Channel::Email {
        return templates.render(&digest.subject, letter);
    }
    let (subject, text) = templates.note(letter).map(|note| (note.title, note.body)).unwrap_or_default();
    Ok(Words { subject, text, html: String::new() })
}
