//! Email by SMTP, or as files: one mail per person, and for each of them what became of it.
//! Safe to repeat: the same mail has the same bytes and the same Message-ID.

mod answer;
mod bounce;
mod mail;
mod pace;
mod plan;
mod remedy;
mod settings;
mod smtp;
mod tls;
mod trouble;
mod wire;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use bounce::{Bounce, Returned, read as read_bounce};
pub use mail::Mail;
pub use plan::RelayError;
pub use remedy::remedy;
pub use settings::{Security, Settings};

use self::mail::{Message, Sender};
use self::pace::Pace;
use self::plan::Plan;
use self::smtp::Session;
use self::trouble::{Stage, Trouble};
use self::wire::Lost;
use super::outbox;
use crate::model::{Outcome, Reply};

/// The way out for all mails of a pass; shared by its lanes.
pub struct Relay {
    sender: Sender,
    way: Way,
    pace: Option<Pace>,
}

enum Way {
    Server(Box<Plan>),
    Outbox(PathBuf),
}

/// One connection at a time, for one thread; opened when the first mail goes, kept for the next.
pub struct Lane<'a> {
    relay: &'a Relay,
    session: Option<Session<'a>>,
}

impl Relay {
    /// Makes ready to send, without a connection yet. Relative paths begin at `folder`.
    pub fn new(settings: &Settings, folder: &Path) -> Result<Self, RelayError> {
        let way = match (&settings.server, &settings.outbox) {
            (Some(server), _) => Way::Server(Box::new(Plan::new(settings, server, folder)?)),
            (None, Some(outbox)) => Way::Outbox(folder.join(outbox)),
            (None, None) => return Err(RelayError::Nowhere),
        };
        Ok(Self { sender: Sender::new(settings), way, pace: settings.per_minute().map(Pace::per_minute) })
    }

    /// A connection to be, for one thread.
    pub fn lane(&self) -> Lane<'_> {
        Lane { relay: self, session: None }
    }

    /// Takes a turn to send one mail, where there is a limit a minute; else how long the turn is away.
    ///
    /// To be asked before the delivery begins: a mail that waits for its turn must not count as on the wire.
    pub fn take_turn(&self) -> Result<(), Duration> {
        self.pace.as_ref().map_or(Ok(()), |pace| pace.take_turn(Instant::now()))
    }

    /// Goes the whole way but sends nothing: what the server says of itself, or why it would not work.
    pub fn probe(&self) -> Result<String, Outcome> {
        match &self.way {
            Way::Server(plan) => {
                let session = Session::open(plan).map_err(trouble::outcome)?;
                let description = session.description();
                session.quit();
                Ok(description)
            }
            Way::Outbox(folder) => {
                outbox::probe(folder).map_err(|error| outbox::unwritten("email.outbox", &error))?;
                Ok(format!("mails are written to {}", folder.display()))
            }
        }
    }
}

/// The bytes of a mail as they would go by these settings, for those who want to see it first.
pub fn draft(settings: &Settings, mail: &Mail) -> Result<Vec<u8>, Reply> {
    Ok(Sender::new(settings).message(mail)?.bytes)
}

impl Lane<'_> {
    /// Hands over one mail. Never tries again once any of it went out.
    pub fn send(&mut self, mail: &Mail) -> Outcome {
        let message = match self.relay.sender.message(mail) {
            Ok(message) => message,
            Err(reply) => return Outcome::RefusedRecipient(reply),
        };
        match &self.relay.way {
            Way::Server(plan) => {
                self.hand_over(plan, &message).map_or_else(trouble::outcome, |answer| Outcome::Accepted(answer.reply()))
            }
            Way::Outbox(folder) => write_down(folder, &message, &mail.uid),
        }
    }
}

impl<'a> Lane<'a> {
    /// A connection kept from an earlier mail may have been closed by the server meanwhile; that costs one new one.
    fn hand_over(&mut self, plan: &'a Plan, message: &Message) -> Result<answer::Answer, Trouble> {
        let kept = self.session.is_some();
        match self.attempt(plan, message) {
            Err(trouble) if kept && is_stale(&trouble) => self.attempt(plan, message),
            result => result,
        }
    }

    fn attempt(&mut self, plan: &'a Plan, message: &Message) -> Result<answer::Answer, Trouble> {
        let mut session = match self.session.take() {
            Some(session) => session,
            None => Session::open(plan)?,
        };
        let result = session.send(message);
        self.session = Some(session).filter(|session| session.usable);
        result
    }
}

impl Drop for Lane<'_> {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            session.quit();
        }
    }
}

/// Whether the connection was dead before the mail began: no answer to MAIL, broken encryption, or the goodbye of an
/// idle server.
fn is_stale(trouble: &Trouble) -> bool {
    match trouble {
        Trouble::Lost(Stage::Sender, Lost::Closed | Lost::Tls(_)) => true,
        Trouble::Refused(Stage::Sender, answer) => answer.code == 421,
        _ => false,
    }
}

fn write_down(folder: &Path, message: &Message, uid: &str) -> Outcome {
    let name = outbox::file_name(message.to.user(), uid, "eml");
    outbox::write(folder, &name, &message.bytes, "email.outbox")
}
