//! Claimed deliveries on their way: lanes render and send, one writer settles and begins in shared commits.
//! A delivery is on the wire only between its committed `sending` and its settlement: that many may repeat.

mod fill;
mod written;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, Scope};
use std::time::Duration;

use anyhow::Result;

use self::written::{begin, blamed, settled};
use super::clock::Clock;
use super::health::Sign;
use super::lane::{Answer, Work, run_lane};
use super::order::Order;
use super::reading::{Read, mark_read, read_by_mail};
use super::report::Report;
use super::suspects::Judged;
use super::way::{Place, Ready, Seat, Way};
use super::{House, Post};
use crate::config::Config;
use crate::deliver::email;
use crate::ledger::{Begin, Closed, Settled, Settlement};
use crate::model::{Delivery, Gateway, Outcome};

/// Called after each commit with how many deliveries are settled and how many were due at first.
pub type Progress<'a> = dyn Fn(usize, usize) + 'a;

/// The feed needs no lanes, and is claimed by as many as these would take.
const FEED_LANES: usize = 16;

/// The writer: the only one that touches the ledger while the lanes send.
struct Writer<'house, 'desk> {
    house: &'house mut House<'desk>,
    post: &'house Post,
    order: &'house Order,
    clock: Clock,
    only: Option<&'house [i64]>,
    ways: Vec<Way>,
    /// What goes into the feed with the next commit.
    feed: Vec<Judged<Ready>>,
    /// Settled without the wire, to be written with the next commit.
    unsent: Vec<(Delivery, Settlement)>,
    answered: Vec<Judged<Ready>>,
    /// What counts as read by the mails that left.
    read: Vec<Read>,
    /// What lanes that rest leave to the others.
    back: Vec<i64>,
    /// How long the pace of the email channel keeps the next mail back.
    pause: Option<Duration>,
    /// How many deliveries have begun.
    begun: usize,
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
    let ways = ways(house, post, order, clock, due)?;
    thread::scope(|scope| {
        let (answers, answered) = channel();
        let mut writer = Writer {
            house,
            post,
            order,
            clock,
            only,
            ways,
            feed: Vec::new(),
            unsent: Vec::new(),
            answered: Vec::new(),
            read: Vec::new(),
            back: Vec::new(),
            pause: None,
            begun: 0,
        };
        let hire = |place: Place| hire(scope, post, place, &answers);
        let delivered = writer.work(&hire, &answered, report, &|settled| progress(settled, due));
        for way in &writer.ways {
            let Some(outcome) = way.health.down() else { continue };
            let (key, words) = (outcome.key().unwrap_or_default(), outcome.reply().words());
            let news = writer.house.ledger.keep_outage(way.gateway, key, &words, clock.began_at())?;
            report.add_outage(way.gateway, outcome, news);
        }
        // only now: what one mail makes read must not silence those who hear of it in this very pass
        mark_read(post, &writer.read);
        delivered
    })
}

/// A way for each gateway by which something is due.
fn ways(house: &House<'_>, post: &Post, order: &Order, clock: Clock, due: usize) -> Result<Vec<Way>> {
    let mut gateways = house.ledger.due_gateways(clock.now())?;
    // a trial must reach nobody: only mails can be led elsewhere
    gateways.retain(|gateway| order.redirect_to.is_none() || *gateway == Gateway::Email);
    gateways.into_iter().map(|gateway| way(house, post, gateway, due)).collect()
}

/// The way by a gateway, narrow where it did not work when it was last tried.
fn way(house: &House<'_>, post: &Post, gateway: Gateway, due: usize) -> Result<Way> {
    let is_probe = house.ledger.outages()?.iter().any(|outage| outage.gateway == gateway);
    let way = Way::new(gateway, lanes(house.config, post, gateway, due), is_probe);
    let carrier = post.carriers.get(&gateway).and_then(|carrier| carrier.as_ref().ok());
    Ok(if carrier.is_some_and(|carrier| !carrier.longest_attempt().is_zero()) { way.one_ahead() } else { way })
}

fn lanes(config: &Config, post: &Post, gateway: Gateway, due: usize) -> usize {
    let most = match gateway {
        Gateway::Email => config.email.as_ref().map_or(1, email::Settings::lanes),
        Gateway::InApp => FEED_LANES,
        other => post.carriers.get(&other).and_then(|carrier| carrier.as_ref().ok()).map_or(1, |it| it.lanes()),
    };
    most.min(due.max(1))
}

fn hire<'scope>(scope: &'scope Scope<'scope, '_>, post: &'scope Post, place: Place, answers: &Sender<Answer>) -> Seat {
    let (work, orders) = channel();
    let answers = answers.clone();
    scope.spawn(move || run_lane(post, place, &orders, &answers));
    Seat { work, sending: None, next: None, rests: false }
}

impl Writer<'_, '_> {
    fn work(
        &mut self,
        hire: &dyn Fn(Place) -> Seat,
        answered: &Receiver<Answer>,
        report: &mut Report,
        progress: &dyn Fn(usize),
    ) -> Result<()> {
        let worked = self.rounds(hire, answered, report, progress);
        if worked.is_err() {
            self.bring_home(answered, report);
        }
        worked
    }

    fn rounds(
        &mut self,
        hire: &dyn Fn(Place) -> Seat,
        answered: &Receiver<Answer>,
        report: &mut Report,
        progress: &dyn Fn(usize),
    ) -> Result<()> {
        loop {
            self.fill(hire)?;
            self.commit(report)?;
            progress(report.settled());
            if !self.wait(answered) {
                self.answered = self.ways.iter_mut().flat_map(|way| way.suspects.rest()).collect();
                return self.commit(report);
            }
        }
    }

    /// What is on the wire when something else fails is waited for and written: else it would go again.
    fn bring_home(&mut self, answered: &Receiver<Answer>, report: &mut Report) {
        for way in &mut self.ways {
            self.back.extend(way.close());
        }
        self.back.extend(self.feed.drain(..).map(|judged| judged.item.delivery.id));
        while self.ways.iter().any(Way::is_sending) && self.wait(answered) {}
        self.answered.extend(self.ways.iter_mut().flat_map(|way| way.suspects.rest()));
        if let Err(error) = self.commit(report) {
            tracing::warn!("answers could not be written, and go out again as far as the settings say so: {error:#}");
        }
    }

    /// Writes all answers and begins whatever a free lane has ready, in one commit; then lets those lanes go.
    fn commit(&mut self, report: &mut Report) -> Result<()> {
        let mut answered = std::mem::take(&mut self.answered);
        let unsent = std::mem::take(&mut self.unsent);
        let restored = self.heed(&answered);
        let shown = self.feed.len().min(self.room());
        answered.extend(self.feed.drain(..shown));
        let free = self.free_places(self.room() - shown);
        if answered.is_empty() && unsent.is_empty() && free.is_empty() {
            return self.give_back(&restored);
        }
        let redirected = self.order.redirect_to.is_some();
        let mut settled: Vec<Settled<'_>> = answered.iter().map(|judged| settled(judged, redirected)).collect();
        for (delivery, settlement) in &unsent {
            settled.push(Settled { delivery, uid: "", address: "", settlement: settlement.clone() });
        }
        let starting = free.iter().filter_map(|place| seat_at(&self.ways, *place)?.next.as_ref());
        let begun: Vec<Begin<'_>> = starting.map(|ready| begin(self.house.config, self.post, ready)).collect();
        let (closed, may_go) = self.house.ledger.exchange(&settled, &begun, self.clock.now())?;
        for (judged, closed) in answered.iter().zip(&closed) {
            report.add(&judged.item.delivery, &judged.item.digest, &blamed(judged), *closed);
        }
        for ((delivery, settlement), closed) in unsent.iter().zip(closed.iter().skip(answered.len())) {
            report.add_unsent(delivery, settlement, *closed);
        }
        if !redirected {
            let sent = answered.iter().zip(&closed).filter(|(_, closed)| **closed == Closed::Sent);
            self.read.extend(sent.flat_map(|(judged, _)| read_by_mail(self.house.config, &judged.item.digest)));
        }
        self.begun += shown + may_go.iter().filter(|may_go| **may_go).count();
        self.go(&free, &may_go, report);
        self.give_back(&restored)?;
        if self.room() == 0 { self.close() } else { Ok(()) }
    }

    /// What answers say of their gateways: nothing more begins by those that fail. Answers which work again.
    fn heed(&mut self, answered: &[Judged<Ready>]) -> Vec<usize> {
        let mut restored = Vec::new();
        for judged in answered {
            let gateway = judged.item.delivery.gateway;
            let Some(index) = self.ways.iter().position(|way| way.gateway == gateway) else { continue };
            let Some(way) = self.ways.get_mut(index) else { continue };
            match way.health.sign(judged) {
                Sign::Stops => {
                    way.health.fail(blamed(judged));
                    self.back.extend(way.close());
                }
                Sign::Restored => restored.push(index),
                Sign::GoesOn => {}
            }
        }
        restored
    }

    /// Only after the answers are written: whatever fails here must not cost them.
    fn give_back(&mut self, restored: &[usize]) -> Result<()> {
        self.house.ledger.release(&std::mem::take(&mut self.back))?;
        restored.iter().try_for_each(|way| self.restore(*way))
    }

    fn go(&mut self, free: &[Place], may_go: &[bool], report: &mut Report) {
        for (place, may_go) in free.iter().zip(may_go) {
            let Some(seat) = self.ways.get_mut(place.way).and_then(|way| way.seats.get_mut(place.seat)) else {
                continue;
            };
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

    /// How many deliveries may still begin.
    fn room(&self) -> usize {
        let most = self
            .house
            .config
            .limits
            .per_pass
            .map_or(usize::MAX, |most| usize::try_from(most.get()).unwrap_or(usize::MAX));
        most.saturating_sub(self.begun)
    }

    /// The lanes that have a letter ready, as far as the pace of the email channel lets mails go now.
    fn free_places(&mut self, room: usize) -> Vec<Place> {
        self.pause = None;
        let mut free = Vec::new();
        for (index, way) in self.ways.iter().enumerate() {
            for seat in way.free_seats() {
                if free.len() >= room {
                    return free;
                }
                if way.gateway == Gateway::Email
                    && let Some(wait) = self.post.wait_for_a_turn()
                {
                    self.pause = Some(wait);
                    break;
                }
                free.push(Place { way: index, seat });
            }
        }
        free
    }

    /// Waits for at least one answer, or for the pace; false when nothing is on its way any more.
    fn wait(&mut self, answered: &Receiver<Answer>) -> bool {
        // short enough that the end of the budget and a signal are noticed in between
        let pause = self.pause.map(|pause| pause.min(Duration::from_millis(200)));
        if !self.ways.iter().any(Way::is_sending) {
            pause.into_iter().for_each(thread::sleep);
            return self.ways.iter().any(Way::has_more) || !self.unsent.is_empty() || !self.feed.is_empty();
        }
        let first = match pause {
            Some(pause) => answered.recv_timeout(pause).ok(),
            None => answered.recv().ok(),
        };
        for Answer { place, outcome } in first.into_iter().chain(answered.try_iter()) {
            let Some(way) = self.ways.get_mut(place.way) else { continue };
            let (judged, back) = way.answered(place.seat, outcome);
            self.answered.extend(judged);
            self.back.extend(back);
        }
        true
    }

    /// The gateway does not work: nothing more begins by it, and the next pass tries it with one delivery.
    fn fail(&mut self, way: usize, outcome: Outcome) -> Result<()> {
        if let Some(way) = self.ways.get_mut(way) {
            way.health.fail(outcome);
        }
        self.shut(way)
    }

    /// The gateway answers again: all lanes go, and what its silence had put off with them.
    fn restore(&mut self, way: usize) -> Result<()> {
        let now = self.clock.now();
        let Some(gateway) = self.ways.get(way).map(|way| way.gateway) else { return Ok(()) };
        self.house.ledger.end_outage(gateway, now)?;
        let lanes = lanes(self.house.config, self.post, gateway, self.house.ledger.due_count(now)?);
        if let Some(way) = self.ways.get_mut(way) {
            way.open(lanes);
        }
        Ok(())
    }

    /// Nothing more begins; what was claimed and not begun is given back.
    fn close(&mut self) -> Result<()> {
        (0..self.ways.len()).try_for_each(|way| self.shut(way))
    }

    /// Nothing more begins by a way; the others go on.
    fn shut(&mut self, way: usize) -> Result<()> {
        let Some(way) = self.ways.get_mut(way) else { return Ok(()) };
        let mut back = way.close();
        if way.gateway == Gateway::InApp {
            back.extend(self.feed.drain(..).map(|judged| judged.item.delivery.id));
        }
        self.house.ledger.release(&back)
    }
}

fn seat_at(ways: &[Way], place: Place) -> Option<&Seat> {
    ways.get(place.way)?.seats.get(place.seat)
}
