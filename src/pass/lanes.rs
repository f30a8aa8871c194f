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
use super::health::{Health, Sign, is_turned_away};
use super::lane::{Answer, Work, run_lane};
use super::order::Order;
use super::reading::{Read, mark_read, read_by_mail};
use super::report::Report;
use super::suspects::{Judged, Suspects};
use super::way::{Place, Ready, Seat, Way};
use super::{House, Post};
use crate::config::Config;
use crate::deliver::email;
use crate::ledger::{Begin, Closed, Settled, Settlement};
use crate::model::{Channel, Delivery, Outcome};

/// Called after each commit with how many deliveries are settled and how many were due at first.
pub type Progress<'a> = dyn Fn(usize, usize) + 'a;

/// Lanes for notifications: what is written to a file waits for the disk only.
const NOTE_LANES: usize = 4;
/// The channels other than email.
const NOTES: [Channel; 4] = [Channel::Sms, Channel::Push, Channel::Desktop, Channel::InApp];

/// The writer: the only one that touches the ledger while the lanes send.
struct Writer<'house, 'desk> {
    house: &'house mut House<'desk>,
    post: &'house Post,
    order: &'house Order,
    clock: Clock,
    only: Option<&'house [i64]>,
    /// Mails, then notifications.
    ways: [Way; 2],
    /// What goes into the feed with the next commit.
    feed: Vec<Judged<Ready>>,
    /// Settled without the wire, to be written with the next commit.
    unsent: Vec<(Delivery, Settlement)>,
    answered: Vec<Judged<Ready>>,
    /// What counts as read by the mails that left.
    read: Vec<Read>,
    suspects: Suspects<Ready>,
    health: Health,
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
    let is_probe = house.ledger.outages()?.iter().any(|outage| outage.channel == Channel::Email);
    let lanes = if is_probe { 1 } else { mail_lanes(house.config, due) };
    // a trial must reach nobody: only mails can be led elsewhere
    let notes = if order.redirect_to.is_some() { &[][..] } else { &NOTES };
    let ways = [Way::new(&[Channel::Email], lanes), Way::new(notes, NOTE_LANES.min(due.max(1)))];
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
            suspects: Suspects::default(),
            health: Health::new(is_probe),
            back: Vec::new(),
            pause: None,
            begun: 0,
        };
        let hire = |place: Place| hire(scope, post, place, &answers);
        let delivered = writer.work(&hire, &answered, report, &|settled| progress(settled, due));
        for (channel, outcome) in writer.health.down() {
            let (key, words) = (outcome.key().unwrap_or_default(), outcome.reply().words());
            let news = writer.house.ledger.keep_outage(*channel, key, &words, clock.began_at())?;
            report.add_outage(*channel, outcome, news);
        }
        // only now: what one mail makes read must not silence those who hear of it in this very pass
        mark_read(post, &writer.read);
        delivered
    })
}

fn mail_lanes(config: &Config, due: usize) -> usize {
    config.email.as_ref().map_or(1, email::Settings::lanes).min(due.max(1))
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
        loop {
            self.fill(hire)?;
            self.commit(report)?;
            progress(report.settled());
            if !self.wait(answered) {
                self.answered = self.suspects.rest();
                return self.commit(report);
            }
        }
    }

    /// Writes all answers and begins whatever a free lane has ready, in one commit; then lets those lanes go.
    fn commit(&mut self, report: &mut Report) -> Result<()> {
        self.house.ledger.release(&std::mem::take(&mut self.back))?;
        let mut answered = std::mem::take(&mut self.answered);
        let unsent = std::mem::take(&mut self.unsent);
        for judged in &answered {
            let channel = judged.item.delivery.channel;
            match self.health.sign(channel, judged) {
                Sign::Stops => self.fail(channel, blamed(judged))?,
                Sign::Restored => self.restore()?,
                Sign::GoesOn => {}
            }
        }
        let shown = self.feed.len().min(self.room());
        answered.extend(self.feed.drain(..shown));
        let free = self.free_places(self.room() - shown);
        if answered.is_empty() && unsent.is_empty() && free.is_empty() {
            return Ok(());
        }
        let redirected = self.order.redirect_to.is_some();
        let mut settled: Vec<Settled<'_>> = answered.iter().map(|judged| settled(judged, redirected)).collect();
        for (delivery, settlement) in &unsent {
            settled.push(Settled { delivery, uid: "", address: "", settlement: settlement.clone() });
        }
        let starting = free.iter().filter_map(|place| seat_at(&self.ways, *place)?.next.as_ref());
        let begun: Vec<Begin<'_>> = starting.map(|ready| begin(self.house.config, ready)).collect();
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
        if self.room() == 0 { self.close() } else { Ok(()) }
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
            for (seat, channel) in way.free_seats() {
                if free.len() >= room {
                    return free;
                }
                if channel == Channel::Email
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
            let sent = way.seats.get_mut(place.seat).and_then(|seat| seat.sending.take());
            let Some(ready) = sent else { continue };
            if ready.delivery.channel == Channel::Email {
                if is_turned_away(&outcome) {
                    match way.rest(place.seat) {
                        Some(next) => self.back.extend(next),
                        None => self.health.lose_the_last_lane(),
                    }
                }
                self.answered.extend(self.suspects.take(ready, outcome));
            } else {
                self.answered.push(Judged { item: ready, outcome, blames_channel: false });
            }
        }
        true
    }

    /// The channel does not work: nothing more begins on it, and the next pass tries it with one delivery.
    fn fail(&mut self, channel: Channel, outcome: Outcome) -> Result<()> {
        self.health.fail(channel, outcome);
        self.gate(channel)
    }

    /// Email answers again: all lanes go, and what its silence had put off with them.
    fn restore(&mut self) -> Result<()> {
        let now = self.clock.now();
        self.house.ledger.end_outage(Channel::Email, now)?;
        let lanes = mail_lanes(self.house.config, self.house.ledger.due_count(now)?);
        self.ways.iter_mut().take(1).for_each(|way| way.open(Channel::Email, lanes));
        Ok(())
    }

    /// Nothing more begins; what was claimed and not begun is given back.
    fn close(&mut self) -> Result<()> {
        Channel::ALL.into_iter().try_for_each(|channel| self.gate(channel))
    }

    /// Nothing more begins on a channel; the others go on.
    fn gate(&mut self, channel: Channel) -> Result<()> {
        let mut back: Vec<i64> = self.ways.iter_mut().flat_map(|way| way.close(channel)).collect();
        if channel == Channel::InApp {
            back.extend(self.feed.drain(..).map(|judged| judged.item.delivery.id));
        }
        self.house.ledger.release(&back)
    }
}

fn seat_at(ways: &[Way], place: Place) -> Option<&Seat> {
    ways.get(place.way)?.seats.get(place.seat)
}
