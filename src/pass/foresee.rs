//! The passes of a period on a clock of its own, over a desk and a ledger in memory: every delivery is accepted.

mod calendar;
mod calm;

use std::collections::HashMap;

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};

use self::calendar::Calendar;
use self::calm::Calm;
use super::House;
use super::order::Order;
use super::plan::{Plan, Slots, plan};
use super::recheck::{Check, recheck};
use crate::config::Config;
use crate::desk::{Replay, Spans};
use crate::ledger::{Begin, Intake, Ledger, Settled, Settlement, uid};
use crate::model::{Delivery, Digest, OnAmbiguous, Outcome, Reason, Reply, Verdict, masked};
use crate::schedule::due;

/// So many deliveries are re-checked together: each costs little beside the questions to the desk.
const CLAIM: usize = 200;

/// What one pass would do.
#[derive(Debug)]
pub struct Foreseen {
    /// When.
    pub at: DateTime<Utc>,
    /// The slots that fell due.
    pub slots: Slots,
    /// What would go out, in no particular order.
    pub told: Vec<Digest>,
    /// What was queued and would not go out any more, and why.
    pub suppressed: Vec<(Delivery, Reason)>,
    /// How many decisions were put off; 0 where nothing had to be weighed again.
    pub later: usize,
}

/// Runs the passes of a period, both ends included, as if cron started one every five minutes and at each slot.
///
/// `each` hears of every pass, in order. The first is at the first five minutes' mark: it makes up for missed slots.
/// Pace and budget of a real pass take no time here, and no storm is held: it is to be seen. `replay` and `ledger` are those of just before `from`.
pub fn foresee(
    config: &Config,
    replay: &mut Replay,
    ledger: &mut Ledger,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    mut each: impl FnMut(Foreseen) -> Result<()>,
) -> Result<()> {
    let mut calendar = Calendar::from(config, from);
    let mut calm = Calm::default();
    let mut attempt = ledger.next_attempt()?;
    while let Some(at) = calendar.next(attempt).filter(|at| *at <= to) {
        if replay.advance(at)? {
            calm.end();
        }
        let slots = slots(config, ledger, at)?;
        let nothing_new =
            attempt.is_none_or(|attempt| attempt > at) && slots.iter().all(|(rule, _)| calm.holds(rule, at));
        each(if nothing_new { idle(ledger, slots, at)? } else { pass(config, replay, ledger, &mut calm, at)? })?;
        attempt = ledger.next_attempt()?;
    }
    Ok(())
}

fn slots(config: &Config, ledger: &Ledger, at: DateTime<Utc>) -> Result<Slots> {
    let mut slots = Slots::new();
    for scheduled in &config.rules {
        let name = &scheduled.rule.name;
        let last = ledger.last_slot(name, at)?;
        let slot = due(&scheduled.schedule, config.desk.time_zone.0, last.as_ref(), at);
        slots.extend(slot.map(|slot| (name.clone(), slot)));
    }
    Ok(slots)
}

/// A pass that would weigh what was weighed before: it takes its slots and tells nobody.
fn idle(ledger: &mut Ledger, slots: Slots, at: DateTime<Utc>) -> Result<Foreseen> {
    let (baselines, limited) = (HashMap::new(), false);
    let intake = Intake {
        now: at,
        rules: &[],
        slots: &slots,
        held: &[],
        limited,
        baselines: &baselines,
        digests: &[],
        decisions: &[],
    };
    ledger.enqueue(&intake)?;
    Ok(Foreseen { at, slots, told: Vec::new(), suppressed: Vec::new(), later: 0 })
}

fn pass(config: &Config, replay: &Replay, ledger: &mut Ledger, calm: &mut Calm, at: DateTime<Utc>) -> Result<Foreseen> {
    ledger.recover(at)?;
    let Plan { rules, slots, baselines, decisions, digests, .. } =
        plan(config, &replay.desk().snapshot()?, ledger, &Order::default(), at)?;
    let later = decisions.iter().filter(|decision| matches!(decision.verdict, Verdict::Later(..))).count();
    let intake = Intake {
        now: at,
        rules: &rules,
        slots: &slots,
        held: &[],
        limited: false,
        baselines: &baselines,
        digests: &digests,
        // reasons are kept for those who ask the real ledger
        decisions: &[],
    };
    let due = ledger.enqueue(&intake)?.due;
    // what is queued for the end of somebody's rest is queued in the same way again
    if due || digests.iter().any(|digest| digest.not_before.is_none()) {
        calm.end();
    } else {
        let still = [replay.still_until(at, &spans(config))?, ledger.next_unblock(at)?];
        calm.begin(config, &rules, &decisions, still.into_iter().flatten().min());
    }
    let mut foreseen = Foreseen { at, slots, told: Vec::new(), suppressed: Vec::new(), later };
    if due {
        deliver(config, replay, ledger, &mut foreseen)?;
    }
    Ok(foreseen)
}

/// The spans of the settings after which a time on the desk comes to mean something else.
fn spans(config: &Config) -> Spans {
    let rules = || config.rules.iter().map(|scheduled| &scheduled.rule);
    Spans {
        away_after: config.presence.away_after.delta(),
        before: rules().map(|rule| rule.before).filter(|before| !before.is_zero()).collect(),
        uncovered_after: rules().find(|rule| rule.is_coverage()).map(|rule| rule.grace),
    }
}

/// Everything that is due, as far as one pass may go.
fn deliver(config: &Config, replay: &Replay, ledger: &mut Ledger, foreseen: &mut Foreseen) -> Result<()> {
    let most = config.limits.per_pass.and_then(|most| usize::try_from(most.get()).ok()).unwrap_or(usize::MAX);
    loop {
        let left = most.saturating_sub(foreseen.told.len());
        let claimed = ledger.claim(left.min(CLAIM), foreseen.at, None, None)?;
        if claimed.is_empty() {
            return Ok(());
        }
        let checks = recheck(&House { config, desk: replay.desk(), ledger, incoming: None }, &claimed, foreseen.at)?;
        let (mut going, mut settled) = (Vec::new(), Vec::new());
        for (delivery, check) in claimed.into_iter().zip(checks) {
            match check {
                Check::Send(content) => {
                    let key = uid(ledger.install_id(), &delivery, &content.0.items);
                    going.push((delivery, content.0, key));
                }
                Check::Suppress(reason) => {
                    settled.push((delivery.clone(), Settlement::Suppressed(reason.clone())));
                    foreseen.suppressed.push((delivery, reason));
                }
                Check::Postpone(until) => {
                    // it must not be due again in this very pass
                    let until = until.max(foreseen.at + TimeDelta::milliseconds(1));
                    settled.push((delivery, Settlement::Postponed(until)));
                }
            }
        }
        settle(ledger, &settled, foreseen.at)?;
        send(ledger, going, foreseen)?;
    }
}

/// What goes is begun and accepted; what went before under the same key does not go.
fn send(ledger: &mut Ledger, going: Vec<(Delivery, Digest, String)>, foreseen: &mut Foreseen) -> Result<()> {
    let shown: Vec<String> = going.iter().map(|(_, digest, _)| masked(&digest.recipient.address)).collect();
    let begun: Vec<Begin<'_>> = going
        .iter()
        .zip(&shown)
        .map(|((delivery, digest, uid), shown)| Begin {
            delivery,
            uid,
            items: &digest.items,
            shown,
            on_ambiguous: OnAmbiguous::default(),
        })
        .collect();
    let (_, may_go) = ledger.exchange(&[], &begun, foreseen.at)?;
    let accepted = || Settlement::Answered(Outcome::Accepted(Reply::default()));
    let sent: Vec<Settled<'_>> = going
        .iter()
        .zip(&may_go)
        .filter(|(_, may_go)| **may_go)
        .map(|((delivery, _, uid), _)| Settled { delivery, uid, address: "", settlement: accepted() })
        .collect();
    ledger.exchange(&sent, &[], foreseen.at)?;
    for ((delivery, digest, _), may_go) in going.into_iter().zip(may_go) {
        if may_go {
            foreseen.told.push(digest);
        } else {
            foreseen.suppressed.push((delivery, Reason::AlreadyTold));
        }
    }
    Ok(())
}

fn settle(ledger: &mut Ledger, settled: &[(Delivery, Settlement)], now: DateTime<Utc>) -> Result<()> {
    let settled: Vec<Settled<'_>> = settled
        .iter()
        .map(|(delivery, settlement)| Settled { delivery, uid: "", address: "", settlement: settlement.clone() })
        .collect();
    ledger.exchange(&settled, &[], now).map(|_| ())
}
