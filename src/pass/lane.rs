//! One lane: renders while the ledger commits, sends when it is told to, and survives any single letter.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

use chrono::{DateTime, Utc};

use super::Post;
use crate::deliver::email::{Lane, Mail};
use crate::model::{Letter, Outcome, Reply, Words};
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

/// The letter in the operator's words; where they fail, in doorbell's own: being told matters more than how.
fn prepare(post: &Post, job: Job) -> Result<Mail, Reply> {
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
    match catch_unwind(AssertUnwindSafe(|| templates.render(&job.set, &job.letter))) {
        Ok(rendered) => rendered.map_err(|error| error.to_string()),
        Err(_) => Err("the template engine panicked".into()),
    }
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
