//! One lane: renders while the ledger commits, sends when it is told to, and survives any single letter.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

use chrono::{DateTime, Utc};

use super::Post;
use crate::deliver::email::{Lane, Mail};
use crate::model::{Letter, Outcome, Reply, Words};

/// What a lane is told.
pub(super) enum Work {
    /// Put this into words and wait.
    Prepare(Box<Job>),
    /// Send it: its row is committed.
    Go,
    /// Forget it.
    Drop,
}

/// A letter with everything a mail needs.
pub(super) struct Job {
    pub(super) letter: Letter,
    pub(super) set: Arc<str>,
    pub(super) uid: String,
    pub(super) thread: String,
    pub(super) now: DateTime<Utc>,
    pub(super) redirected_to: Option<Arc<str>>,
}

/// What came of it.
pub(super) struct Answer {
    pub(super) seat: usize,
    pub(super) outcome: Outcome,
}

/// Works until the writer hangs up.
pub(super) fn run_lane(post: &Post, seat: usize, orders: &Receiver<Work>, answers: &Sender<Answer>) {
    let mut lane = post.email.lane();
    let mut prepared: Option<Result<Mail, Reply>> = None;
    for work in orders {
        match work {
            Work::Prepare(job) => prepared = Some(prepare(post, *job)),
            Work::Drop => prepared = None,
            Work::Go => {
                let outcome = prepared.take().map_or_else(nothing_prepared, |mail| send(&mut lane, mail));
                if answers.send(Answer { seat, outcome }).is_err() {
                    return;
                }
            }
        }
    }
}

fn prepare(post: &Post, job: Job) -> Result<Mail, Reply> {
    let rendered = catch_unwind(AssertUnwindSafe(|| post.templates.render(&job.set, &job.letter)));
    let words: Words = match rendered {
        Ok(Ok(words)) => words,
        Ok(Err(error)) => return Err(reply(error.to_string())),
        Err(_) => return Err(reply("the template engine panicked".into())),
    };
    Ok(Mail {
        recipient: job.letter.recipient,
        words,
        uid: job.uid,
        thread: Some(job.thread),
        now: job.now,
        redirected_to: job.redirected_to,
    })
}

fn send(lane: &mut Lane<'_>, mail: Result<Mail, Reply>) -> Outcome {
    let mail = match mail {
        Ok(mail) => mail,
        Err(reply) => return Outcome::RefusedMessage(reply),
    };
    // a panic may have struck after the mail was handed over
    catch_unwind(AssertUnwindSafe(|| lane.send(&mail)))
        .unwrap_or_else(|_| Outcome::Unknown(reply("sending panicked".into())))
}

fn nothing_prepared() -> Outcome {
    Outcome::Deferred(None, reply("nothing was prepared".into()))
}

fn reply(text: String) -> Reply {
    Reply { code: "doorbell".into(), text }
}
