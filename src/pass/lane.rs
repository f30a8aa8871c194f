//! One lane: renders while the ledger commits, sends when it is told to, and survives any single letter.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

use chrono::{DateTime, Utc};

use super::Post;
use super::way::Place;
use crate::deliver::email::{Lane, Mail, Relay};
use crate::deliver::{Notification, no_section};
use crate::failpoint;
use crate::model::{Channel, Gateway, Letter, Note, Outcome, Reply, Words};
use crate::render::Templates;

/// What a lane is told.
pub(super) enum Work {
    /// Put this into words and wait.
    Prepare(Box<Job>),
    /// Send it: its row is committed.
    Go,
    /// Forget it.
    Drop,
}

/// A letter with everything that its channel needs.
pub(super) struct Job {
    pub(super) channel: Channel,
    pub(super) letter: Letter,
    pub(super) set: Arc<str>,
    pub(super) uid: String,
    pub(super) thread: String,
    pub(super) now: DateTime<Utc>,
    pub(super) in_doubt_since: Option<DateTime<Utc>>,
    pub(super) redirected_to: Option<Arc<str>>,
}

/// What came of it.
pub(super) struct Answer {
    pub(super) place: Place,
    pub(super) outcome: Outcome,
}

/// A letter in the form of its channel.
enum Prepared {
    Mail(Mail),
    Notification(Channel, Notification),
}

/// Works until the writer hangs up.
pub(super) fn run_lane(post: &Post, place: Place, orders: &Receiver<Work>, answers: &Sender<Answer>) {
    let mut lane = post.email.as_ref().ok().map(Relay::lane);
    let mut prepared: Option<Result<Prepared, Reply>> = None;
    for work in orders {
        match work {
            Work::Prepare(job) => prepared = Some(prepare(post, *job)),
            Work::Drop => prepared = None,
            Work::Go => {
                let outcome = prepared.take().map_or_else(nothing_prepared, |what| send(post, lane.as_mut(), what));
                if answers.send(Answer { place, outcome }).is_err() {
                    return;
                }
            }
        }
    }
}

fn prepare(post: &Post, job: Job) -> Result<Prepared, Reply> {
    if job.channel == Channel::Email {
        return mail(post, job).map(Prepared::Mail);
    }
    let note = note(&post.templates, &job.letter)?;
    let Job { letter: Letter { recipient, badge, .. }, thread, uid, now, in_doubt_since, .. } = job;
    let notification = Notification { recipient, note, collapse: thread, uid, badge, now, in_doubt_since };
    Ok(Prepared::Notification(job.channel, notification))
}

/// The letter in the operator's words; where they fail, in doorbell's own: being told matters more than how.
fn mail(post: &Post, job: Job) -> Result<Mail, Reply> {
    let words = words(&post.templates, &job).or_else(|fault| {
        tracing::warn!("template set {:?}: {fault}; a digest goes out in doorbell's own words", &*job.set);
        post.own_words.as_ref().map_err(ToString::to_string).and_then(|own| words(own, &job))
    });
    Ok(Mail {
        words: words.map_err(reply)?,
        recipient: job.letter.recipient,
        uid: job.uid,
        thread: Some(job.thread),
        now: job.now,
        redirected_to: job.redirected_to,
    })
}

fn words(templates: &Templates, job: &Job) -> Result<Words, String> {
    let render = || {
        failpoint::reached("wording");
        templates.render(&job.set, &job.letter)
    };
    match catch_unwind(AssertUnwindSafe(render)) {
        Ok(rendered) => rendered.map_err(|error| error.to_string()),
        Err(_) => Err("the template engine panicked".into()),
    }
}

/// The letter as a short note.
pub(super) fn note(templates: &Templates, letter: &Letter) -> Result<Note, Reply> {
    let note = catch_unwind(AssertUnwindSafe(|| templates.note(letter)));
    note.unwrap_or_default().ok_or_else(|| reply("there is nothing to say in a note".into()))
}

fn send(post: &Post, lane: Option<&mut Lane<'_>>, prepared: Result<Prepared, Reply>) -> Outcome {
    let prepared = match prepared {
        Ok(prepared) => prepared,
        Err(reply) => return Outcome::RefusedMessage(reply),
    };
    let hand_over = || {
        failpoint::reached("handing-over");
        match (&prepared, lane) {
            (Prepared::Mail(mail), Some(lane)) => lane.send(mail),
            (Prepared::Mail(_), None) => no_section(Gateway::Email),
            (Prepared::Notification(channel, notification), _) => {
                let device = notification.recipient.device.as_deref();
                by_carrier(post, Gateway::of(*channel, device), notification)
            }
        }
    };
    // a panic may have struck after the mail was handed over
    let sent = catch_unwind(AssertUnwindSafe(hand_over));
    let outcome = sent.unwrap_or_else(|_| Outcome::Unknown(reply("sending panicked".into())));
    if matches!(outcome, Outcome::Accepted(_)) {
        failpoint::reached("accepted");
    }
    outcome
}

fn by_carrier(post: &Post, gateway: Gateway, notification: &Notification) -> Outcome {
    match post.carriers.get(&gateway) {
        Some(Ok(carrier)) => carrier.send(notification),
        Some(Err(fault)) => fault.clone(),
        None => no_section(gateway),
    }
}

fn nothing_prepared() -> Outcome {
    Outcome::Deferred(None, reply("nothing was prepared".into()))
}

fn reply(text: String) -> Reply {
    Reply { code: "doorbell".into(), text }
}
