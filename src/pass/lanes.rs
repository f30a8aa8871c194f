//! Claimed deliveries on their way: lanes render and send, one writer settles and begins in shared commits.
//! A delivery is on the wire only between its committed `sending` and its settlement: that many may repeat.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, Scope};
use std::time::Duration;

use anyhow::Result;

use super::clock::Clock;
use super::lane::{Answer, Job, Work, run_lane};
use super::order::Order;
use super::recheck::{Check, recheck};
use super::report::Report;
use super::suspects::{Judged, Suspects};
use super::{House, Post};
use crate::deliver::email;
use crate::ledger::{Begin, Settled, Settlement, thread_key, uid};
use crate::model::{Delivery, Digest, Letter, Outcome, masked};

/// Called after each commit with how many deliveries are settled and how many were due at first.
pub type Progress<'a> = dyn Fn(usize, usize) + 'a;

/// A claim takes this many deliveries for each lane: few enough that a stop gives little back.
const CLAIM_PER_LANE: usize = 4;
/// So many servers' failures in a row without any answer: nobody is there, and waiting for each would eat the pass.
const SILENCES_IN_A_ROW: usize = 3;

/// A delivery that passed the re-check.
struct Ready {
    delivery: Delivery,
    digest: Digest,
    uid: String,
    shown: String,
    letter: Option<Letter>,
}

/// One lane seen from the writer: what it is sending, and what it has been given to render meanwhile.
struct Seat {
    work: Sender<Work>,
    sending: Option<Ready>,
    next: Option<Ready>,
}

/// The writer: the only one that touches the ledger while the lanes send.
struct Writer<'house, 'desk> {
    house: &'house mut House<'desk>,
    post: &'house Post,
    order: &'house Order,
    clock: Clock,
    only: Option<&'house [i64]>,
    seats: Vec<Seat>,
    ready: VecDeque<Ready>,
    /// Settled without the wire, to be written with the next commit.
    unsent: Vec<(Delivery, Settlement)>,
    answered: Vec<Judged<Ready>>,
    suspects: Suspects<Ready>,
    silences: usize,
    /// How long the pace of the channel keeps the next delivery back.
    pause: Option<Duration>,
    /// True once nothing more may begin: the channel does not work, the time is up, or nothing is due.
    closed: bool,
    lanes: usize,
}

/// Sends everything that is due, and everything that becomes ready, until nothing is left or the budget is spent.
pub(super) fn deliver(
    house: &mut House<'_>,
    post: &Post,
    order: &Order,
    clock: Clock,
    only: Option<&[i64]>,
    report: &mut Report,
    progress: &Progress<'_>,
) -> Result<()> {
    let due = house.ledger.due_count(clock.now())?;
    let lanes = house.config.email.as_ref().map_or(1, email::Settings::lanes).min(due.max(1));
    thread::scope(|scope| {
        let (answers, answered) = channel();
        let mut writer = Writer {
            house,
            post,
            order,
            clock,
            only,
            seats: Vec::new(),
            ready: VecDeque::new(),
            unsent: Vec::new(),
            answered: Vec::new(),
            suspects: Suspects::default(),
            silences: 0,
            pause: None,
            closed: false,
            lanes,
        };
        let hire = |seat: usize| hire(scope, post, seat, &answers);
        loop {
            writer.fill(&hire)?;
            writer.commit(report)?;
            progress(report.settled(), due);
            if !writer.wait(&answered) {
                writer.answered = writer.suspects.rest();
                return writer.commit(report);
            }
        }
    })
}

fn hire<'scope>(scope: &'scope Scope<'scope, '_>, post: &'scope Post, seat: usize, answers: &Sender<Answer>) -> Seat {
    let (work, orders) = channel();
    let answers = answers.clone();
    scope.spawn(move || run_lane(post, seat, &orders, &answers));
    Seat { work, sending: None, next: None }
}

impl Writer<'_, '_> {
    /// Gives every lane its next letter to render; claims and re-checks more when few are left.
    fn fill(&mut self, hire: &dyn Fn(usize) -> Seat) -> Result<()> {
        if self.clock.elapsed() >= self.order.budget || self.order.stop.load(Ordering::Relaxed) {
            self.close()?;
        }
        while !self.closed && self.ready.len() < self.lanes {
            let claimed = self.house.ledger.claim(self.lanes * CLAIM_PER_LANE, self.clock.now(), self.only)?;
            self.closed = claimed.is_empty();
            self.check(claimed)?;
        }
        for index in 0..self.lanes {
            if self.ready.is_empty() {
                break;
            }
            if index == self.seats.len() {
                self.seats.push(hire(index));
            }
            if let Some(seat) = self.seats.get_mut(index).filter(|seat| seat.next.is_none()) {
                seat.next = self.ready.pop_front().map(|ready| prepare(ready, seat, &self.clock, self.order));
            }
        }
        Ok(())
    }

    fn check(&mut self, claimed: Vec<Delivery>) -> Result<()> {
        if claimed.is_empty() {
            return Ok(());
        }
        let checks = recheck(self.house, &claimed, self.clock.now())?;
        for (delivery, check) in claimed.into_iter().zip(checks) {
            match check {
                Check::Suppress(reason) => self.unsent.push((delivery, Settlement::Suppressed(reason))),
                Check::Postpone(at) => self.unsent.push((delivery, Settlement::Postponed(at))),
                Check::Send(content) => {
                    let (digest, letter) = *content;
                    let uid = delivery
                        .frozen_uid
                        .clone()
                        .unwrap_or_else(|| uid(self.house.ledger.install_id(), &delivery, &digest.items));
                    let shown = masked(&digest.recipient.address);
                    self.ready.push_back(Ready { delivery, digest, uid, shown, letter: Some(letter) });
                }
            }
        }
        Ok(())
    }

    /// Writes all answers and begins whatever a free lane has ready, in one commit; then lets those lanes go.
    fn commit(&mut self, report: &mut Report) -> Result<()> {
        let answered = std::mem::take(&mut self.answered);
        let unsent = std::mem::take(&mut self.unsent);
        if answered.iter().any(|judged| self.stops_the_channel(judged)) {
            self.close()?;
        }
        let free = self.free_seats();
        if answered.is_empty() && unsent.is_empty() && free.is_empty() {
            return Ok(());
        }
        let mut settled: Vec<Settled<'_>> = answered.iter().map(settled).collect();
        for (delivery, settlement) in &unsent {
            settled.push(Settled { delivery, uid: "", settlement: settlement.clone() });
        }
        let starting = free.iter().filter_map(|index| self.seats.get(*index)?.next.as_ref());
        let begun: Vec<Begin<'_>> = starting.map(begin).collect();
        let (closed, may_go) = self.house.ledger.exchange(&settled, &begun, self.clock.now())?;
        for (judged, closed) in answered.iter().zip(&closed) {
            report.add(&judged.item.delivery, &judged.item.digest, &blamed(judged), *closed);
        }
        closed.iter().skip(answered.len()).for_each(|closed| report.count(*closed));
        self.go(&free, &may_go, report);
        Ok(())
    }

    fn go(&mut self, free: &[usize], may_go: &[bool], report: &mut Report) {
        for (index, may_go) in free.iter().zip(may_go) {
            let Some(seat) = self.seats.get_mut(*index) else { continue };
            let Some(ready) = seat.next.take() else { continue };
            let told = seat.work.send(if *may_go { Work::Go } else { Work::Drop });
            if !may_go {
                report.suppressed += 1;
            } else if told.is_ok() {
                // a lane that is gone would never answer; its delivery is in doubt, and the next pass takes it back
                seat.sending = Some(ready);
            }
        }
    }

    /// The lanes that have a letter ready, as far as the pace of the channel lets them go now.
    fn free_seats(&mut self) -> Vec<usize> {
        self.pause = None;
        let mut free = Vec::new();
        for (index, seat) in self.seats.iter().enumerate() {
            if seat.sending.is_some() || seat.next.is_none() {
                continue;
            }
            match self.post.email.take_turn() {
                Ok(()) => free.push(index),
                Err(wait) => {
                    self.pause = Some(wait);
                    break;
                }
            }
        }
        free
    }

    /// Waits for at least one answer, or for the pace; false when nothing is on its way any more.
    fn wait(&mut self, answered: &Receiver<Answer>) -> bool {
        // short enough that the end of the budget and a signal are noticed in between
        let pause = self.pause.map(|pause| pause.min(Duration::from_millis(200)));
        if self.seats.iter().all(|seat| seat.sending.is_none()) {
            pause.into_iter().for_each(thread::sleep);
            return !self.closed || self.seats.iter().any(|seat| seat.next.is_some()) || !self.unsent.is_empty();
        }
        let first = match pause {
            Some(pause) => answered.recv_timeout(pause).ok(),
            None => answered.recv().ok(),
        };
        for answer in first.into_iter().chain(answered.try_iter()) {
            if let Some(ready) = self.seats.get_mut(answer.seat).and_then(|seat| seat.sending.take()) {
                self.answered.extend(self.suspects.take(ready, answer.outcome));
            }
        }
        true
    }

    fn stops_the_channel(&mut self, judged: &Judged<Ready>) -> bool {
        match &judged.outcome {
            _ if judged.blames_channel => true,
            Outcome::Misconfigured { .. } => true,
            // a server that takes mails and never answers must not get the whole queue into doubt
            Outcome::Deferred(_, reply) | Outcome::Unknown(reply) if reply.code.is_empty() => {
                self.silences += 1;
                self.silences >= SILENCES_IN_A_ROW
            }
            _ => {
                self.silences = 0;
                false
            }
        }
    }

    /// Nothing more begins; what was claimed and not begun is given back.
    fn close(&mut self) -> Result<()> {
        self.closed = true;
        let mut back: Vec<i64> = self.ready.drain(..).map(|ready| ready.delivery.id).collect();
        for seat in &mut self.seats {
            if let Some(ready) = seat.next.take() {
                let _ = seat.work.send(Work::Drop);
                back.push(ready.delivery.id);
            }
        }
        self.house.ledger.release(&back)
    }
}

fn begin(ready: &Ready) -> Begin<'_> {
    Begin { delivery: &ready.delivery, uid: &ready.uid, items: &ready.digest.items, shown: &ready.shown }
}

/// What the ledger is told: a mail that was refused for the channel's fault waits for another try.
fn settled(judged: &Judged<Ready>) -> Settled<'_> {
    let outcome = match &judged.outcome {
        Outcome::RefusedMessage(reply) | Outcome::Misconfigured { reply, .. } if judged.blames_channel => {
            Outcome::Deferred(None, reply.clone())
        }
        outcome => outcome.clone(),
    };
    let settlement = Settlement::Answered(outcome);
    Settled { delivery: &judged.item.delivery, uid: &judged.item.uid, settlement }
}

/// What the operator is told: the setting to look at.
fn blamed(judged: &Judged<Ready>) -> Outcome {
    match &judged.outcome {
        Outcome::RefusedMessage(reply) if judged.blames_channel => {
            Outcome::Misconfigured { key: "email.server", reply: reply.clone() }
        }
        outcome => outcome.clone(),
    }
}

/// Hands a letter to a lane, which renders it while other lanes send.
fn prepare(mut ready: Ready, seat: &Seat, clock: &Clock, order: &Order) -> Ready {
    if let Some(letter) = ready.letter.take() {
        let job = Job {
            letter,
            set: ready.digest.subject.clone(),
            uid: ready.uid.clone(),
            thread: thread_key(&ready.digest, clock.now()),
            now: clock.now(),
            redirected_to: order.redirect_to.clone(),
        };
        let _ = seat.work.send(Work::Prepare(Box::new(job)));
    }
    ready
}
