//! What people texted since the last pass: into the conversation it answers, once each, before anything is decided.

use std::collections::HashSet;

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};

use super::{House, Order};
use crate::config::Config;
use crate::deliver::sms::{Inbox, Received, Wish};
use crate::desk::{Added, Additions, Desk, Writer};
use crate::ledger::{Ledger, Taken, Texted};
use crate::model::{Channel, ContactId, ConversationId, Outcome, RecipientId, Reply, masked, phone_number};

/// What people text, and where it goes; or what keeps it shut.
pub type Incoming = Result<(Inbox, Additions), Outcome>;

/// Where nobody asked for longer, as after a holiday in pause, what is older is left at Twilio.
const LONGEST_ABSENCE: TimeDelta = TimeDelta::days(30);
/// So many messages that cannot be written in one pass: the desk takes none, and each may have waited for its lock.
const FAILURES: usize = 3;
/// How exactly it is kept when they were asked for: a pass in which nothing came writes nothing.
const KEPT_EVERY: TimeDelta = TimeDelta::hours(1);

/// What came of asking for what people texted.
#[derive(Debug, Default)]
pub(super) struct Replies {
    /// How many were taken in.
    pub(super) taken_in: usize,
    /// Those that belong to nobody and are news.
    pub(super) strangers: Vec<Stranger>,
    /// Why they could not be asked for, and whether that is news.
    pub(super) outage: Option<(Outcome, bool)>,
}

/// A message that belongs to nobody.
#[derive(Debug)]
pub(super) struct Stranger {
    /// The number, masked.
    pub(super) address: String,
    /// Which message, and why.
    pub(super) words: String,
}

/// Whose a message is and where it goes, `None` for somebody who is blocked; or why nobody can say.
type Place = Result<Option<(RecipientId, ConversationId)>, &'static str>;

/// Takes in what people texted; a trial or a run for somebody asks for nothing.
///
/// That Twilio does not answer keeps nobody from hearing: it is part of what comes back.
pub(super) fn take_in(house: &mut House<'_>, order: &Order, now: DateTime<Utc>) -> Result<Replies> {
    let House { config, desk, ledger, incoming } = house;
    let mut replies = Replies::default();
    if order.is_limited() || order.redirect_to.is_some() {
        return Ok(replies);
    }
    // not held for longer: the way to a desk on a server is a connection
    let Some(incoming) = incoming.take() else {
        hear_again(ledger)?;
        return Ok(replies);
    };
    let asked_at = ledger.replies_asked_at()?.filter(|at| *at <= now);
    let since = asked_at.unwrap_or(now).max(now - LONGEST_ABSENCE);
    let taken = match incoming {
        Err(outcome) => Err(outcome),
        Ok((inbox, mut additions)) => inbox.received(since).and_then(|received| {
            let mut counter = Counter { config, desk, ledger, additions: &mut additions };
            counter
                .take_all(&received, now, &mut replies)
                .map_err(|error| Outcome::Deferred(None, Reply { code: String::new(), text: format!("{error:#}") }))
        }),
    };
    match taken {
        Ok(()) if asked_at.is_none_or(|at| now - at >= KEPT_EVERY) => ledger.keep_replies_asked(now)?,
        Ok(()) => {}
        Err(outcome) => replies.outage = Some(fail(ledger, &outcome, now)?),
    }
    if replies.outage.is_none() {
        hear_again(ledger)?;
    }
    Ok(replies)
}

/// Nothing keeps replies from coming in, or nobody wants them any more.
fn hear_again(ledger: &mut Ledger) -> Result<()> {
    if ledger.deafness()?.is_some() { ledger.end_deafness() } else { Ok(()) }
}

/// Says that nothing can be taken in, in words that tell it from what cannot be sent.
fn fail(ledger: &mut Ledger, outcome: &Outcome, now: DateTime<Utc>) -> Result<(Outcome, bool)> {
    let Reply { code, text } = outcome.reply().clone();
    let reply = Reply { code, text: format!("replies are not taken in: {text}") };
    let news = ledger.keep_deafness(outcome.key().unwrap_or_default(), &reply.words(), now)?;
    let outcome = match outcome {
        Outcome::Misconfigured { key, .. } => Outcome::Misconfigured { key, reply },
        _ => Outcome::Deferred(None, reply),
    };
    Ok((outcome, news))
}

/// Where messages are taken in.
struct Counter<'a> {
    config: &'a Config,
    desk: &'a Desk,
    ledger: &'a mut Ledger,
    additions: &'a mut Additions,
}

impl Counter<'_> {
    /// Takes in what is new, or belonged to nobody before, oldest first. A message that the desk refuses keeps the
    /// others from nothing; it is tried again.
    fn take_all(&mut self, received: &[Received], now: DateTime<Utc>, replies: &mut Replies) -> Result<()> {
        let mut failed = None;
        let open: HashSet<String> = self.ledger.not_taken_in(received.iter().map(|one| one.sid.as_str()))?;
        let mut failures = 0;
        for (index, one) in received.iter().enumerate().filter(|(_, one)| open.contains(&one.sid)) {
            let is_over = is_taken_back(one, received.get(index..).unwrap_or_default());
            let Err(error) = self.take(one, is_over, now, replies) else { continue };
            failures += 1;
            if failures == FAILURES {
                return Err(error);
            }
            failed.get_or_insert(error);
        }
        failed.map_or(Ok(()), Err)
    }

    fn take(&mut self, received: &Received, is_over: bool, now: DateTime<Utc>, replies: &mut Replies) -> Result<()> {
        let number = received.number.as_deref().unwrap_or(&received.from);
        let taken = match &received.number {
            Some(_) if is_over => Ok(Taken::Ignored),
            None => Err("no telephone number is given"),
            Some(number) => self.taken(received, number, now)?,
        };
        let state = taken.as_ref().map_or(Taken::Unknown, Clone::clone);
        // the desk has it by now: should doorbell die here, it is found there by its id and not added again
        let news = self.ledger.take_in(&received.sid, number, &state, now)?;
        match taken {
            Ok(Taken::Ignored) => {}
            Ok(_) => replies.taken_in += 1,
            Err(why) if news => {
                let words = format!("{}: {why}", received.sid);
                replies.strangers.push(Stranger { address: masked(number), words });
            }
            Err(_) => {}
        }
        Ok(())
    }

    /// What becomes of a message, or why it belongs to nobody.
    fn taken(&mut self, received: &Received, number: &str, now: DateTime<Utc>) -> Result<Result<Taken, &'static str>> {
        let is_stopped = || Ok::<_, anyhow::Error>(self.ledger.blocks(now)?.hold(Channel::Sms, number));
        match received.wish() {
            Some(Wish::Stop) => return self.consent(number, false).map(|()| Ok(Taken::Stopped)),
            Some(Wish::Start) => return self.consent(number, true).map(|()| Ok(Taken::Started)),
            Some(Wish::StartIfStopped) if is_stopped()? => {
                return self.consent(number, true).map(|()| Ok(Taken::Started));
            }
            Some(Wish::StartIfStopped) | None => {}
        }
        if received.body.trim().is_empty() && received.media == 0 {
            return Ok(Ok(Taken::Ignored));
        }
        let (person, conversation) = match self.place(number)? {
            Ok(Some(place)) => place,
            Ok(None) => return Ok(Ok(Taken::Ignored)),
            Err(why) => return Ok(Err(why)),
        };
        let (writer, at) = match &person {
            // somebody else may have written since: what an agent answered was what came before
            RecipientId::Agent(id) => {
                (Writer::Agent(id.clone()), received.at.unwrap_or(now).clamp(now - LONGEST_ABSENCE, now))
            }
            // nobody could read it before now: dated back, it would count as answered by whatever was said since
            RecipientId::Contact(id) => (Writer::Contact(id.clone()), now),
            RecipientId::Person(_) => return Ok(Err("its sender is nobody of the desk")),
        };
        let added = self.additions.add(&received.sid, &conversation, &writer, &body(received), at)?;
        Ok(match added {
            Added::There => Ok(Taken::Added(person, conversation)),
            Added::NoConversation => Err("the conversation that it answers is not there any more"),
        })
    }

    /// The contacts themselves keep their consent in the desk; the number is blocked in the ledger, whoever it belongs to.
    fn consent(&mut self, number: &str, wants: bool) -> Result<()> {
        let contacts = self.desk.snapshot()?.contacts_at(number)?;
        let contacts: Vec<ContactId> = contacts.into_iter().map(|(contact, _)| contact).collect();
        self.additions.consent(&contacts, wants)
    }

    /// Whoever was last texted at this number, and what of; else the contact with this number and an open conversation.
    fn place(&self, number: &str) -> Result<Place> {
        let snapshot = self.desk.snapshot()?;
        for Texted { recipient, conversations } in self.ledger.texted(number)? {
            if !self.is_at(&recipient, snapshot.phone(&recipient)?.as_deref(), number) {
                continue;
            }
            return Ok(match (recipient, conversations.as_slice()) {
                (RecipientId::Agent(_), [_, _, ..]) => Err("it answers a text about several conversations"),
                (recipient, [conversation, ..]) => Ok(Some((recipient, conversation.clone()))),
                (_, []) => Err("nothing says which conversation it answers"),
            });
        }
        let known = snapshot.contacts_at(number)?;
        if known.is_empty() {
            return Ok(Err("nobody at the desk has this number"));
        }
        let contacts: Vec<ContactId> = known.into_iter().filter(|(_, blocked)| !blocked).map(|it| it.0).collect();
        if contacts.is_empty() {
            return Ok(Ok(None));
        }
        let open = snapshot.latest_open(&contacts)?;
        Ok(match open {
            Some((contact, conversation)) => Ok(Some((RecipientId::Contact(contact), conversation))),
            None => Err("its sender has no open conversation"),
        })
    }

    fn is_at(&self, recipient: &RecipientId, phone: Option<&str>, number: &str) -> bool {
        let phone = match recipient {
            RecipientId::Person(name) => self.config.people.get(name).and_then(|person| person.phone.as_deref()),
            _ => phone,
        };
        phone.and_then(phone_number).as_deref() == Some(number)
    }
}

/// Whether somebody has said STOP or START, and after that the other: tried again after the later one, the earlier one
/// would undo it.
fn is_taken_back(one: &Received, from_there: &[Received]) -> bool {
    let is_wish = |one: &Received| matches!(one.wish(), Some(Wish::Stop | Wish::Start));
    is_wish(one) && from_there.iter().skip(1).any(|later| later.from == one.from && is_wish(later))
}

/// What it says, as it came, and how much of it stays at Twilio.
fn body(received: &Received) -> String {
    // NUL ends a text for programs in C, and would hide what follows
    let said = received.body.replace('\0', "");
    let files = match received.media {
        0 => return said,
        1 => "[a picture or file came with this text message; it is kept at Twilio]".to_owned(),
        count => format!("[{count} pictures or files came with this text message; they are kept at Twilio]"),
    };
    if said.trim().is_empty() { files } else { format!("{said}\n{files}") }
}
