//! Every sentence that people read, by what was looked for and who reads it: the one place to translate.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use crate::model::{Entry, Letter, Relation, Watch, Why};

use super::clean::{self, NAME_GRAPHEMES};
use super::times;

/// What a conversation is told as: the watch, and who reads as far as that changes the words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// To the contact: somebody answered.
    Answered,
    /// To the operator: nobody could be told.
    Untold,
    /// To the agent whom the event names.
    Yours(Watch),
    /// To everybody else.
    Plain(Watch),
}

/// What falls due.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Due {
    FirstAnswer,
    Answer,
    Solution,
    Queue,
}

/// What happened, in one line: the headline, and the subject of the mail without its end.
pub(super) fn headline(letter: &Letter) -> String {
    let replies = |entry: &Entry| u64::from(entry.earlier_count) + 1;
    match letter.entries.as_slice() {
        [one] if letter.more == 0 && kind(one) == Kind::Answered && one.earlier_count > 0 => {
            format!("You have {} new replies", replies(one))
        }
        [one] if letter.more == 0 => happened(one, letter),
        all if total(letter) == 1 => all_that_happened(all, letter),
        all => match common(letter) {
            Some(Kind::Answered) if letter.more == 0 => {
                format!("You have {} new replies", all.iter().map(replies).sum::<u64>())
            }
            common => happened_often(common, all, total(letter)),
        },
    }
}

/// Of one conversation with several things to tell, each once.
fn all_that_happened(entries: &[Entry], letter: &Letter) -> String {
    let mut all: Vec<String> = Vec::with_capacity(entries.len());
    for happened in entries.iter().map(|entry| happened(entry, letter)) {
        if !all.contains(&happened) {
            all.push(happened);
        }
    }
    all.join("; ")
}

/// The subject of the mail: the headline and what it is about, or since when the first of several waits.
pub(super) fn subject(letter: &Letter, title: Option<&str>) -> String {
    match (earliest(letter), title.filter(|_| total(letter) == 1)) {
        (Some(earliest), _) => format!("{}, the {earliest}", headline(letter)),
        (None, Some(title)) => format!("{} ({title})", headline(letter)),
        (None, None) => headline(letter),
    }
}

/// The line beneath the headline of several conversations.
pub(super) fn earliest_sentence(letter: &Letter) -> Option<String> {
    earliest(letter).map(|earliest| format!("The {earliest}"))
}

/// What happened in one conversation, without counting.
pub(super) fn happened(entry: &Entry, letter: &Letter) -> String {
    let (start, name, by) = (beginning(entry), within(entry), by(entry));
    match kind(entry) {
        Kind::Answered if entry.sender.is_none() => "You have a new reply".into(),
        Kind::Answered => format!("{start} answered you"),
        Kind::Untold => format!("Nobody could be told about {name}'s message"),
        Kind::Plain(Watch::Unread) => format!("Unread message from {name}"),
        Kind::Plain(Watch::UnseenReply) => format!("{start}'s reply has not been seen"),
        Kind::Plain(Watch::FirstMessage) => format!("New chat from {name}"),
        Kind::Plain(Watch::NewMessage) => format!("New message from {name}"),
        Kind::Yours(Watch::Assigned) => format!("A chat with {name} was assigned to you{by}"),
        Kind::Plain(Watch::Assigned) => format!("A chat with {name} was assigned{by}"),
        Kind::Yours(Watch::Transferred) => format!("A chat with {name} was transferred to you{by}"),
        Kind::Plain(Watch::Transferred) => format!("A chat with {name} was transferred{by}"),
        Kind::Yours(Watch::Invited) => asked(entry, "you", "You are", &name),
        Kind::Plain(Watch::Invited) => asked(entry, "a colleague", "A colleague is", &name),
        Kind::Plain(Watch::Handover) => format!("The chatbot handed over a chat with {name}"),
        Kind::Plain(Watch::Assistance) => {
            format!("{} asks for assistance in a chat with {name}", actor(entry).unwrap_or_else(|| "An agent".into()))
        }
        Kind::Plain(Watch::Cancelled) => format!("{start} gave up waiting"),
        Kind::Plain(Watch::SlaWarning | Watch::SlaBreach) => falls_due(entry, letter),
        Kind::Plain(Watch::Unreplied) | Kind::Yours(_) => format!("{start} waits for an answer"),
    }
}

/// Whether a deadline has passed is read off the clock: a warning may arrive late.
fn is_ahead(entry: &Entry, letter: &Letter) -> bool {
    entry.at > letter.now
}

fn falls_due(entry: &Entry, letter: &Letter) -> String {
    let (name, moment) = (within(entry), moment(entry.at, letter));
    let verb = if is_ahead(entry, letter) { "is" } else { "was" };
    match due(entry) {
        Due::FirstAnswer | Due::Answer => format!("Answer to {name} {verb} due {moment}"),
        Due::Solution => format!("Solution for {name} {verb} due {moment}"),
        Due::Queue if is_ahead(entry, letter) => {
            format!("{}'s wait in the queue reaches its limit {moment}", beginning(entry))
        }
        Due::Queue => format!("{} has waited in the queue longer than agreed", beginning(entry)),
    }
}

/// What happened in several conversations.
fn happened_often(kind: Option<Kind>, entries: &[Entry], total: usize) -> String {
    let Some(kind) = kind else { return format!("{total} conversations need your attention") };
    match kind {
        Kind::Answered => format!("You have new replies in {total} conversations"),
        Kind::Untold => format!("Nobody could be told about messages in {total} conversations"),
        Kind::Plain(Watch::Unread) => format!("{total} conversations with unread messages"),
        Kind::Plain(Watch::UnseenReply) => format!("{total} conversations with unseen replies"),
        Kind::Plain(Watch::FirstMessage) => format!("{total} new chats"),
        Kind::Plain(Watch::NewMessage) => format!("New messages in {total} chats"),
        Kind::Yours(Watch::Assigned) => format!("{total} chats were assigned to you"),
        Kind::Plain(Watch::Assigned) => format!("{total} chats were assigned"),
        Kind::Yours(Watch::Transferred) => format!("{total} chats were transferred to you"),
        Kind::Plain(Watch::Transferred) => format!("{total} chats were transferred"),
        Kind::Yours(Watch::Invited) => format!("You are asked to join {total} chats"),
        Kind::Plain(Watch::Invited) => format!("Colleagues are asked to join {total} chats"),
        Kind::Plain(Watch::Handover) => format!("The chatbot handed over {total} chats"),
        Kind::Plain(Watch::Assistance) => format!("Assistance is requested in {total} chats"),
        Kind::Plain(Watch::Cancelled) => format!("{total} people gave up waiting"),
        Kind::Plain(Watch::SlaWarning) if all_answers(entries) => format!("{total} answers are due soon"),
        Kind::Plain(Watch::SlaWarning) => format!("{total} deadlines are near"),
        Kind::Plain(Watch::SlaBreach) if all_answers(entries) => format!("{total} answers are overdue"),
        Kind::Plain(Watch::SlaBreach) => format!("{total} deadlines have passed"),
        Kind::Plain(Watch::Unreplied) | Kind::Yours(_) => format!("{total} conversations wait for an answer"),
    }
}

/// How it stands with one conversation: the line beneath the sender's name.
pub(super) fn status(entry: &Entry, letter: &Letter) -> String {
    let zone = letter.recipient.time_zone;
    let (since, by) = (times::written(entry.since, zone), by(entry));
    let waiting = |word: &str| format!("{word} since {since} · {}", times::wait(entry.since, letter.now));
    match kind(entry) {
        Kind::Answered => format!("Answered on {}", times::written(entry.at, zone)),
        Kind::Plain(Watch::Unread) => waiting("Unread"),
        Kind::Plain(Watch::UnseenReply) => waiting("Unseen"),
        Kind::Yours(Watch::Assigned) => format!("Assigned to you{by}, {since}"),
        Kind::Plain(Watch::Assigned) => format!("Assigned{by}, {since}"),
        Kind::Yours(Watch::Transferred) => format!("Transferred to you{by}, {since}"),
        Kind::Plain(Watch::Transferred) => format!("Transferred{by}, {since}"),
        Kind::Yours(Watch::Invited) | Kind::Plain(Watch::Invited) => format!("Invitation{by}, {since}"),
        Kind::Plain(Watch::Handover) => format!("Handed over by the chatbot, {since}"),
        Kind::Plain(Watch::Assistance) => format!("Assistance requested{by}, {since}"),
        Kind::Plain(Watch::Cancelled) => format!("Gave up waiting, {since}"),
        Kind::Plain(Watch::SlaWarning | Watch::SlaBreach) => deadline(entry, letter),
        _ => waiting("Waiting"),
    }
}

fn deadline(entry: &Entry, letter: &Letter) -> String {
    let at = times::written(entry.at, letter.recipient.time_zone);
    let ahead = is_ahead(entry, letter);
    let distance = if ahead {
        format!("in {}", times::wait(letter.now, entry.at))
    } else {
        format!("{} ago", times::wait(entry.at, letter.now))
    };
    let (what, verb) = match due(entry) {
        Due::FirstAnswer => ("First answer", if ahead { "due" } else { "was due" }),
        Due::Answer => ("Answer", if ahead { "due" } else { "was due" }),
        Due::Solution => ("Solution", if ahead { "due" } else { "was due" }),
        Due::Queue => ("Agreed wait in the queue", if ahead { "ends" } else { "ended" }),
    };
    format!("{what} {verb} on {at}, {distance}")
}

/// Why the letter was sent, to stand after a comma.
pub(super) fn closing(letter: &Letter) -> &'static str {
    let Some(kind) = common(letter) else { return "because these conversations need your attention" };
    let (one, several) = match kind {
        Kind::Answered => ("because you have not seen this reply yet", "because you have not seen these replies yet"),
        Kind::Untold => ("because nobody else could be told", "because nobody else could be told"),
        Kind::Plain(Watch::Unread) => ("because this message is unread", "because these messages are unread"),
        Kind::Plain(Watch::UnseenReply) => {
            ("because this reply has not been seen yet", "because these replies have not been seen yet")
        }
        Kind::Plain(Watch::FirstMessage) => {
            ("because a new chat waits for an answer", "because new chats wait for an answer")
        }
        Kind::Plain(Watch::NewMessage) => {
            ("because a new message waits for an answer", "because new messages wait for an answer")
        }
        Kind::Yours(Watch::Assigned) => ("because a chat was assigned to you", "because chats were assigned to you"),
        Kind::Plain(Watch::Assigned) => ("because a chat was assigned", "because chats were assigned"),
        Kind::Yours(Watch::Transferred) => {
            ("because a chat was transferred to you", "because chats were transferred to you")
        }
        Kind::Plain(Watch::Transferred) => ("because a chat was transferred", "because chats were transferred"),
        Kind::Yours(Watch::Invited) => ("because you are asked to join a chat", "because you are asked to join chats"),
        Kind::Plain(Watch::Invited) => {
            ("because a colleague is asked to join a chat", "because colleagues are asked to join chats")
        }
        Kind::Plain(Watch::Handover) => {
            ("because the chatbot handed over a chat", "because the chatbot handed over chats")
        }
        Kind::Plain(Watch::Assistance) => ("because an agent asks for assistance", "because agents ask for assistance"),
        Kind::Plain(Watch::Cancelled) => ("because somebody gave up waiting", "because people gave up waiting"),
        Kind::Plain(Watch::SlaWarning) => ("because a deadline is near", "because deadlines are near"),
        Kind::Plain(Watch::SlaBreach) => ("because a deadline has passed", "because deadlines have passed"),
        Kind::Plain(Watch::Unreplied) | Kind::Yours(_) => {
            ("because nobody has answered yet", "because nobody has answered yet")
        }
    };
    let replies = kind == Kind::Answered && letter.entries.iter().any(|entry| entry.earlier_count > 0);
    if total(letter) > 1 || replies { several } else { one }
}

/// Why this recipient hears, to stand after "because".
pub(super) fn why(entry: &Entry) -> String {
    match &entry.why {
        // the ledger keeps that somebody was named, not by which event
        Why::Target(_) => Why::Target(entry.watch).sentence(),
        why => why.sentence(),
    }
}

/// The same as a sentence; contacts are not told why.
pub(super) fn reason(entry: &Entry) -> Option<String> {
    (kind(entry) != Kind::Answered).then(|| format!("You hear about this because {}.", why(entry)))
}

/// What the link to the conversation is called.
pub(super) fn link_text(entry: &Entry) -> &'static str {
    if is_to_contact(entry) { "Continue the conversation" } else { "Open the conversation" }
}

/// How many earlier messages are not shown.
pub(super) fn earlier(entry: &Entry, count: usize) -> Option<String> {
    let contact = is_to_contact(entry);
    match (count, contact) {
        (0, _) => None,
        (1, true) => Some("1 earlier reply waits for you as well".into()),
        (_, true) => Some(format!("{count} earlier replies wait for you as well")),
        (1, false) => Some("1 earlier message waits as well".into()),
        (_, false) => Some(format!("{count} earlier messages wait as well")),
    }
}

/// What ends a title that tells of the latest message alone.
pub(super) fn count_of_earlier(entry: &Entry) -> Option<String> {
    (entry.earlier_count > 0).then(|| format!(" (+{} more)", entry.earlier_count))
}

/// What stands over the latest message where earlier ones wait.
pub(super) fn latest(entry: &Entry, letter: &Letter) -> String {
    let at = times::written(entry.at, letter.recipient.time_zone);
    match kind(entry) {
        Kind::Answered => format!("Latest reply, {at}"),
        // the time of an event or a deadline is not that of the message
        Kind::Plain(watch) if !watch.is_about_messages() => "Latest message".into(),
        Kind::Yours(_) => "Latest message".into(),
        _ => format!("Latest message, {at}"),
    }
}

/// How many conversations are not shown.
pub(super) fn more(count: usize) -> Option<String> {
    match count {
        0 => None,
        1 => Some("And 1 more conversation".into()),
        _ => Some(format!("And {count} more conversations")),
    }
}

/// The sender's name as it stands alone or begins a sentence.
pub(super) fn beginning(entry: &Entry) -> String {
    named(entry.sender.as_deref()).unwrap_or_else(|| "Somebody".into())
}

/// Whether it goes to the contact, who knows nothing of the desk.
pub(super) fn is_to_contact(entry: &Entry) -> bool {
    kind(entry) == Kind::Answered
}

fn within(entry: &Entry) -> String {
    named(entry.sender.as_deref()).unwrap_or_else(|| "somebody".into())
}

fn actor(entry: &Entry) -> Option<String> {
    named(entry.actor.as_deref())
}

fn by(entry: &Entry) -> String {
    let word = if entry.watch == Watch::Invited { "from" } else { "by" };
    actor(entry).map(|actor| format!(" {word} {actor}")).unwrap_or_default()
}

fn named(name: Option<&str>) -> Option<String> {
    name.map(|name| clean::line(name, NAME_GRAPHEMES)).filter(|name| !name.is_empty())
}

fn asked(entry: &Entry, whom: &str, who_is: &str, name: &str) -> String {
    match actor(entry) {
        Some(actor) => format!("{actor} asks {whom} to join a chat with {name}"),
        None => format!("{who_is} asked to join a chat with {name}"),
    }
}

fn kind(entry: &Entry) -> Kind {
    match (&entry.why, entry.watch) {
        (Why::Contact, _) => Kind::Answered,
        (Why::Uncovered, _) => Kind::Untold,
        (Why::Target(_), watch @ (Watch::Assigned | Watch::Transferred | Watch::Invited)) => Kind::Yours(watch),
        (_, watch) => Kind::Plain(watch),
    }
}

/// What all conversations are told as; `None` for a mix.
fn common(letter: &Letter) -> Option<Kind> {
    let first = letter.entries.first()?;
    let kinds = || letter.entries.iter().map(kind);
    if kinds().all(|other| other == kind(first)) {
        return Some(kind(first));
    }
    let plain = Kind::Plain(first.watch);
    kinds().all(|other| other == plain || other == Kind::Yours(first.watch)).then_some(plain)
}

/// `oldest since 09:14`, or `first at 09:14` of what happens at one moment; only of several.
fn earliest(letter: &Letter) -> Option<String> {
    let first = letter.entries.first().filter(|_| total(letter) > 1)?;
    match common(letter) {
        Some(Kind::Answered) => None,
        Some(Kind::Plain(Watch::SlaWarning | Watch::SlaBreach)) => {
            let entry = letter.entries.iter().min_by_key(|entry| entry.at)?;
            let verb = if is_ahead(entry, letter) { "" } else { "was due " };
            Some(format!("first {verb}{}", moment(entry.at, letter)))
        }
        Some(Kind::Yours(_)) => Some(format!("first {}", moment(first.since, letter))),
        Some(Kind::Plain(watch)) if watch.relation() == Relation::Events => {
            Some(format!("first {}", moment(first.since, letter)))
        }
        _ => Some(format!("oldest since {}", times::brief(first.since, letter.now, letter.recipient.time_zone))),
    }
}

fn due(entry: &Entry) -> Due {
    match entry.matter.as_str() {
        "first_response" => Due::FirstAnswer,
        "resolution" => Due::Solution,
        "queue_wait" => Due::Queue,
        _ => Due::Answer,
    }
}

fn all_answers(entries: &[Entry]) -> bool {
    entries.iter().all(|entry| matches!(due(entry), Due::FirstAnswer | Due::Answer))
}

/// How many conversations a letter tells of, shown or counted.
pub(super) fn total(letter: &Letter) -> usize {
    let shown: HashSet<_> = letter.entries.iter().map(|entry| &entry.conversation).collect();
    shown.len() + letter.more
}

fn moment(at: DateTime<Utc>, letter: &Letter) -> String {
    times::moment(at, letter.now, letter.recipient.time_zone)
}
