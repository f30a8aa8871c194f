//! The ways out of a pass, kept apart so that none waits for another: mails by their lanes, notifications by theirs.

use std::collections::VecDeque;
use std::sync::mpsc::Sender;

use super::lane::Work;
use crate::model::{Channel, Delivery, Digest, Letter, Note, masked};

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

/// Channels with lanes of their own.
pub(super) struct Way {
    /// The channels that may still begin something.
    pub(super) open: Vec<Channel>,
    pub(super) ready: VecDeque<Ready>,
    pub(super) seats: Vec<Seat>,
    pub(super) lanes: usize,
}

impl Way {
    pub(super) fn new(channels: &[Channel], lanes: usize) -> Self {
        Self { open: channels.to_vec(), ready: VecDeque::new(), seats: Vec::new(), lanes }
    }

    /// More may begin on a channel again, by so many lanes.
    pub(super) fn open(&mut self, channel: Channel, lanes: usize) {
        self.lanes = lanes;
        if !self.open.contains(&channel) {
            self.open.push(channel);
        }
    }

    /// Whether more may be claimed for it, and there is a lane for it.
    pub(super) fn is_hungry(&self) -> bool {
        !self.open.is_empty() && self.ready.len() < self.lanes
    }

    pub(super) fn is_sending(&self) -> bool {
        self.seats.iter().any(|seat| seat.sending.is_some())
    }

    /// Whether anything waits for its turn, or may be claimed yet.
    pub(super) fn has_more(&self) -> bool {
        !self.open.is_empty() || self.seats.iter().any(|seat| seat.next.is_some())
    }

    /// The seats whose letter could go now, with the channel it goes by.
    pub(super) fn free_seats(&self) -> impl Iterator<Item = (usize, Channel)> {
        let free = self.seats.iter().enumerate().filter(|(_, seat)| seat.sending.is_none());
        free.filter_map(|(index, seat)| Some((index, seat.next.as_ref()?.delivery.channel)))
    }

    /// Lets a lane rest, unless it is the last one; answers what it was to send next, or that it has to go on.
    pub(super) fn rest(&mut self, seat: usize) -> Option<Vec<i64>> {
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

    /// Nothing more begins on a channel; answers what was claimed for it and has not begun.
    pub(super) fn close(&mut self, channel: Channel) -> Vec<i64> {
        self.open.retain(|open| *open != channel);
        let mut back = Vec::new();
        self.ready.retain(|ready| {
            let stays = ready.delivery.channel != channel;
            if !stays {
                back.push(ready.delivery.id);
            }
            stays
        });
        for seat in &mut self.seats {
            if let Some(ready) = seat.next.take_if(|next| next.delivery.channel == channel) {
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
