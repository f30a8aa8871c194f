//! What the lanes get to do: claimed, re-checked, and handed to whoever is free.

use std::sync::atomic::Ordering;

use anyhow::Result;

use super::super::clock::Clock;
use super::super::lane::{Job, Work, note};
use super::super::order::Order;
use super::super::recheck::{Check, recheck};
use super::super::suspects::Judged;
use super::super::way::{Place, Ready, Seat, shown};
use super::{Writer, way};
use crate::failpoint;
use crate::ledger::{Settlement, thread_key, uid};
use crate::model::{Channel, Delivery, Digest, Gateway, Outcome, Reply};

/// A claim takes this many deliveries for each lane: few enough that a stop gives little back.
const CLAIM_PER_LANE: usize = 4;
/// So many notes go into the feed with one commit.
const FEED_PER_COMMIT: usize = 64;

impl Writer<'_, '_> {
    /// Gives every lane its next letter to render; claims and re-checks more when few are left.
    pub(super) fn fill(&mut self, hire: &dyn Fn(Place) -> Seat) -> Result<()> {
        if self.clock.elapsed() >= self.order.budget || self.order.stop.load(Ordering::Relaxed) {
            self.close()?;
        }
        for way in 0..self.ways.len() {
            self.claim(way)?;
            self.seat(way, hire);
        }
        Ok(())
    }

    fn claim(&mut self, index: usize) -> Result<()> {
        while let Some(way) = self.ways.get_mut(index).filter(|way| way.is_hungry()) {
            if self.feed.len() >= FEED_PER_COMMIT {
                break;
            }
            let (limit, now) = (way.lanes * CLAIM_PER_LANE, self.clock.now());
            let claimed = self.house.ledger.claim(limit, now, self.only, Some(way.gateway))?;
            // what becomes due from here on is for the next pass
            way.is_open = !claimed.is_empty();
            let ids: Vec<i64> = claimed.iter().map(|delivery| delivery.id).collect();
            if let Err(error) = self.check(index, claimed) {
                self.back.extend(ids);
                return Err(error);
            }
        }
        Ok(())
    }

    fn seat(&mut self, index: usize, hire: &dyn Fn(Place) -> Seat) {
        let Some(way) = self.ways.get_mut(index) else { return };
        for seat in 0..way.lanes {
            if way.ready.is_empty() {
                break;
            }
            if seat == way.seats.len() {
                way.seats.push(hire(Place { way: index, seat }));
            }
            if let Some(seat) = way.seats.get_mut(seat).filter(|seat| seat.next.is_none() && !seat.rests) {
                seat.next = way.ready.pop_front().map(|ready| prepare(ready, seat, &self.clock, self.order));
            }
        }
    }

    fn check(&mut self, way: usize, claimed: Vec<Delivery>) -> Result<()> {
        let claimed = self.with_a_way_out(way, claimed)?;
        if claimed.is_empty() {
            return Ok(());
        }
        let checks = recheck(self.house, &claimed, self.clock.now())?;
        failpoint::reached("rechecked");
        for (delivery, check) in claimed.into_iter().zip(checks) {
            match check {
                Check::Suppress(reason) => self.unsent.push((delivery, Settlement::Suppressed(reason))),
                Check::Postpone(at) => self.unsent.push((delivery, Settlement::Postponed(at))),
                Check::Send(content) => {
                    let (digest, letter) = *content;
                    if self.moved(&delivery, &digest)? {
                        continue;
                    }
                    let uid = delivery
                        .frozen_uid
                        .clone()
                        .unwrap_or_else(|| uid(self.house.ledger.install_id(), &delivery, &digest.items));
                    let shown = shown(&digest);
                    self.add(way, Ready { delivery, digest, uid, shown, letter: Some(letter), note: None });
                }
            }
        }
        Ok(())
    }

    /// Leaves out what can go out by nothing that the settings know: it waits until they do.
    fn with_a_way_out(&mut self, way: usize, claimed: Vec<Delivery>) -> Result<Vec<Delivery>> {
        let gateway = self.ways.get(way).map(|way| way.gateway);
        let Some(fault) = gateway.and_then(|gateway| self.post.fault(gateway)) else { return Ok(claimed) };
        let claimed = self.without_moved(claimed)?;
        if !claimed.is_empty() {
            self.fail(way, fault.clone())?;
        }
        self.unsent.extend(claimed.into_iter().map(|it| (it, Settlement::Answered(fault.clone()))));
        Ok(Vec::new())
    }

    /// Leaves out phones that another network reaches by now, as the desk says.
    fn without_moved(&mut self, claimed: Vec<Delivery>) -> Result<Vec<Delivery>> {
        if !claimed.iter().any(|delivery| delivery.channel == Channel::Push) {
            return Ok(claimed);
        }
        let checks = recheck(self.house, &claimed, self.clock.now())?;
        let mut left = Vec::new();
        for (delivery, check) in claimed.into_iter().zip(checks) {
            let is_moved = match check {
                Check::Send(content) => self.moved(&delivery, &content.0)?,
                Check::Suppress(_) | Check::Postpone(_) => false,
            };
            if !is_moved {
                left.push(delivery);
            }
        }
        Ok(left)
    }

    /// Whether a phone is reached by another network than when it was queued, or than a ledger of version 1 could know:
    /// it goes by the lanes of that one, in this pass or the next.
    fn moved(&mut self, delivery: &Delivery, digest: &Digest) -> Result<bool> {
        let gateway = Gateway::of(digest.channel, digest.recipient.device.as_deref());
        if gateway == delivery.gateway {
            return Ok(false);
        }
        self.house.ledger.reroute(delivery.id, gateway)?;
        if !self.ways.iter().any(|way| way.gateway == gateway) {
            let due = self.house.ledger.due_count(self.clock.now())?;
            self.ways.push(way(self.house, self.post, gateway, due)?);
        }
        Ok(true)
    }

    fn add(&mut self, way: usize, mut ready: Ready) {
        if ready.delivery.channel == Channel::InApp {
            let outcome = match ready.letter.take().map(|letter| note(&self.post.templates, &letter)) {
                Some(Err(reply)) => Outcome::RefusedMessage(reply),
                note => {
                    ready.note = note.and_then(Result::ok);
                    Outcome::Accepted(Reply::default())
                }
            };
            self.feed.push(Judged { item: ready, outcome, blames_channel: false });
        } else if let Some(way) = self.ways.get_mut(way) {
            way.ready.push_back(ready);
        }
    }
}

/// Hands a letter to a lane, which renders it while other lanes send.
fn prepare(mut ready: Ready, seat: &Seat, clock: &Clock, order: &Order) -> Ready {
    if let Some(letter) = ready.letter.take() {
        let job = Job {
            channel: ready.delivery.channel,
            letter,
            set: ready.digest.subject.clone(),
            uid: ready.uid.clone(),
            thread: thread_key(&ready.digest, clock.now()),
            now: clock.now(),
            in_doubt_since: ready.delivery.frozen_uid.as_ref().map(|_| ready.delivery.queued_at),
            redirected_to: order.redirect_to.clone(),
        };
        let _ = seat.work.send(Work::Prepare(Box::new(job)));
    }
    ready
}
