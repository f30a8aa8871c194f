//! The ways out of a pass, one for each gateway, so that none waits for another.

use std::collections::VecDeque;
use std::sync::mpsc::Sender;

use super::health::{Health, is_turned_away};
use super::lane::Work;
use super::suspects::{Judged, Suspects};
use crate::deliver::branch;
use crate::model::{Channel, Delivery, Digest, Gateway, Letter, Note, Outcome, masked};

/// A delivery that passed the re-check.
pub(super) struct Ready {
    pub(super) delivery: Delivery,
    pub(super) digest: Digest,
    pub(super) uid: String,
    pub(super) shown: String,
    pub(super) letter: Option<Letter>,
    /// What goes into the feed, on the channel that does.
    pub(super) note: Option<Note>,
}

/// One lane seen from the writer: what it is sending, and what it has been given to render meanwhile.
pub(super) struct Seat {
    pub(super) work: Sender<Work>,
    pub(super) sending: Option<Ready>,
    pub(super) next: Option<Ready>,
    /// Its server wants fewer connections: it sends nothing more in this pass.
    pub(super) rests: bool,
}

/// The place of a lane: its way, and its seat there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) way: usize,
    pub(super) seat: usize,
}

/// A gateway with lanes of its own.
pub(super) struct Way {
    pub(super) gateway: Gateway,
    /// Whether more may begin.
    pub(super) is_open: bool,
    pub(super) ready: VecDeque<Ready>,
    pub(super) seats: Vec<Seat>,
    pub(super) lanes: usize,
    /// The lanes that begin once the first has an answer.
    behind: usize,
    pub(super) health: Health,
    pub(super) suspects: Suspects<Ready>,
}

impl Way {
    /// A way of so many lanes; `is_probe` says that the gateway did not work when it was last tried.
    pub(super) fn new(gateway: Gateway, lanes: usize, is_probe: bool) -> Self {
        Self {
            gateway,
            is_open: true,
            ready: VecDeque::new(),
            seats: Vec::new(),
            lanes: if is_probe { 1 } else { lanes },
            behind: 0,
            health: Health::new(gateway, is_probe),
            suspects: Suspects::new(gateway),
        }
    }

    /// The same with one delivery that goes ahead: the first question to a provider goes alone whatever the lanes, and
    /// those that wait behind it must not count as on the wire.
    pub(super) fn one_ahead(mut self) -> Self {
        self.behind = self.lanes.saturating_sub(1);
        self.lanes -= self.behind;
        self
    }

    /// More may begin again, by so many lanes.
    pub(super) fn open(&mut self, lanes: usize) {
        self.lanes = lanes;
        self.is_open = true;
    }

    /// Whether more may be claimed for it, and there is a lane for it.
    pub(super) fn is_hungry(&self) -> bool {
        self.is_open && self.ready.len() < self.lanes
    }

    pub(super) fn is_sending(&self) -> bool {
        self.seats.iter().any(|seat| seat.sending.is_some())
    }

    /// Whether anything waits for its turn, or may be claimed yet.
    pub(super) fn has_more(&self) -> bool {
        self.is_open || self.seats.iter().any(|seat| seat.next.is_some())
    }

    /// The seats whose letter could go now.
    pub(super) fn free_seats(&self) -> impl Iterator<Item = usize> {
        let free = |seat: &Seat| seat.sending.is_none() && seat.next.is_some();
        self.seats.iter().enumerate().filter(move |(_, seat)| free(seat)).map(|(index, _)| index)
    }

    /// Takes the answer to what a seat was sending; gives out what is judged by now, and what a lane that has to rest
    /// leaves to the others.
    pub(super) fn answered(&mut self, seat: usize, outcome: Outcome) -> (Vec<Judged<Ready>>, Vec<i64>) {
        let Some(ready) = self.seats.get_mut(seat).and_then(|seat| seat.sending.take()) else {
            return (Vec::new(), Vec::new());
        };
        if !outcome.reply().code.is_empty() || matches!(outcome, Outcome::Accepted(_)) {
            self.lanes += std::mem::take(&mut self.behind);
        }
        let mut back = Vec::new();
        if self.gateway == Gateway::Email && is_turned_away(&outcome) {
            match self.rest(seat) {
                Some(next) => back = next,
                None => self.health.lose_the_last_lane(),
            }
        }
        let branch = ready.digest.recipient.device.as_deref().map(branch).unwrap_or_default();
        (self.suspects.take(ready, branch, outcome), back)
    }

    /// Lets a lane rest, unless it is the last one; answers what it was to send next, or that it has to go on.
    fn rest(&mut self, seat: usize) -> Option<Vec<i64>> {
        let resting = self.seats.iter().filter(|seat| seat.rests).count();
        let seat = self.seats.get_mut(seat).filter(|_| resting + 1 < self.lanes)?;
        seat.rests = true;
        let next = seat.next.take();
        if next.is_some() {
            // a lane that is gone has nothing to forget
            let _ = seat.work.send(Work::Drop);
        }
        Some(next.into_iter().map(|ready| ready.delivery.id).collect())
    }

    /// Nothing more begins; answers what was claimed and has not begun.
    pub(super) fn close(&mut self) -> Vec<i64> {
        self.is_open = false;
        let mut back: Vec<i64> = self.ready.drain(..).map(|ready| ready.delivery.id).collect();
        for seat in &mut self.seats {
            if let Some(ready) = seat.next.take() {
                // a lane that is gone has nothing to forget
                let _ = seat.work.send(Work::Drop);
                back.push(ready.delivery.id);
            }
        }
        back
    }
}

/// Where a digest goes, as logs and ledgers may show it.
pub(super) fn shown(digest: &Digest) -> String {
    match &digest.recipient.device {
        Some(device) => format!("device {}", device.id),
        None if digest.channel == Channel::InApp => "the feed".into(),
        None => masked(&digest.recipient.address),
    }
}
