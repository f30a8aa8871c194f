//! From digests, which hold ids, to letters, which hold what the conversations say right now.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};

use crate::config::Config;
use crate::desk::{Agents, Content, Past, Sender, Snapshot, Wanted, Window};
use crate::model::{
    AgentId, Channel, Conversation, ConversationId, Digest, Earlier, Entry, Event, Facts, Item, Language, Letter,
    MessageId, RecipientId, Relation, Rule, Show, Watch, display_name,
};
use crate::route::in_view;

/// More than this nobody reads; the rest is counted ("and 12 more") and settled with it.
pub(super) const LONGEST_LETTER: usize = 200;

/// A letter for each digest, in their order. What is known of this very desk already need not be read again.
pub(super) fn letters(
    config: &Config,
    snapshot: &Snapshot<'_>,
    digests: &[Digest],
    known: Facts,
    now: DateTime<Utc>,
) -> Result<Vec<Letter>> {
    let topics: Vec<Vec<Topic<'_>>> = digests.iter().map(|digest| topics(config, &digest.items)).collect();
    let shown: Vec<&Topic<'_>> = topics.iter().flat_map(|topics| topics.iter().take(LONGEST_LETTER)).collect();
    let contents = contents(snapshot, &shown)?;
    let events = events(snapshot, &shown, now)?;
    let recipients = digests.iter().filter_map(|digest| digest.recipient.id.agent());
    let actors = events.values().filter_map(|event| event.actor.as_ref());
    let said = contents.values().flat_map(|it| it.sender.iter().chain(it.earlier.iter().map(|past| &past.sender)));
    let senders = said.filter_map(|sender| match sender {
        Sender::Agent(agent) => Some(agent),
        _ => None,
    });
    let named = recipients.chain(actors).chain(senders);
    let facts = completed(snapshot, known, &shown, named)?;
    let unread = unread(snapshot, digests)?;
    let around = Around { config, facts, contents, events, now };
    let letters = digests.iter().zip(topics).map(|(digest, topics)| Letter {
        recipient: digest.recipient.clone(),
        language: around.language(&digest.recipient.id),
        desk: config.desk.name.clone(),
        more: topics.len().saturating_sub(LONGEST_LETTER),
        entries: topics.iter().take(LONGEST_LETTER).map(|topic| around.entry(&digest.recipient.id, topic)).collect(),
        badge: badge(digest, &unread),
        desk_link: None,
        now,
    });
    Ok(letters.collect())
}

/// How much those who are told on a phone have to read: the number on its icon.
fn unread(snapshot: &Snapshot<'_>, digests: &[Digest]) -> Result<HashMap<AgentId, u32>> {
    let agents: BTreeSet<&AgentId> = digests.iter().filter_map(on_a_phone).collect();
    if agents.is_empty() { Ok(HashMap::new()) } else { snapshot.unread_counts(agents) }
}

fn badge(digest: &Digest, unread: &HashMap<AgentId, u32>) -> Option<u32> {
    // whoever is not counted has nothing to read
    on_a_phone(digest).map(|agent| unread.get(agent).copied().unwrap_or_default())
}

/// The agent whom a digest reaches on a phone.
fn on_a_phone(digest: &Digest) -> Option<&AgentId> {
    digest.recipient.id.agent().filter(|_| digest.channel == Channel::Push)
}

/// The facts about what is shown and whoever is named.
fn completed<'a>(
    snapshot: &Snapshot<'_>,
    mut known: Facts,
    shown: &[&Topic<'_>],
    named: impl Iterator<Item = &'a AgentId>,
) -> Result<Facts> {
    let conversations = shown.iter().map(|topic| &topic.item.conversation);
    let conversations: Vec<ConversationId> =
        conversations.filter(|id| !known.conversations.contains_key(*id)).cloned().collect();
    let agents: Vec<AgentId> = named.filter(|id| !known.agents.contains_key(*id)).cloned().collect();
    if !conversations.is_empty() || !agents.is_empty() {
        known.extend(snapshot.facts(&conversations, Agents::Around, &agents)?);
    }
    Ok(known)
}

/// A conversation in a letter: its messages stand there once, though two rules may tell about them, and each event and
/// deadline on its own.
struct Topic<'a> {
    /// The item of the first rule.
    item: &'a Item,
    /// Its rule, unless the settings have lost it.
    rule: Option<&'a Rule>,
    /// As much as any of the rules lets this recipient see.
    show: Show,
}

impl Topic<'_> {
    fn watch(&self) -> Watch {
        self.rule.map_or(Watch::Unreplied, |rule| rule.watch)
    }

    /// The metric of a deadline; empty for everything else.
    fn metric(&self) -> String {
        let is_deadline = self.watch().relation() == Relation::Deadlines;
        if is_deadline { self.item.matter.to_string() } else { String::new() }
    }

    /// The message that is shown: what is told, or for an event or a deadline whatever the contact wrote last.
    fn wanted(&self) -> Wanted {
        let is_message = self.item.matter.is_empty();
        Wanted {
            conversation: self.item.conversation.clone(),
            watch: self.watch(),
            since: self.item.since,
            latest: is_message.then(|| self.item.latest.clone()),
            show: self.show,
        }
    }
}

/// The conversations of a digest in its order: longest waiting first.
fn topics<'a>(config: &'a Config, items: &'a [Item]) -> Vec<Topic<'a>> {
    let mut topics: Vec<Topic<'a>> = Vec::with_capacity(items.len());
    let mut places: HashMap<(&ConversationId, &str), usize> = HashMap::new();
    for item in items {
        let rule = config.rule(&item.rule);
        let show = rule.map_or(Show::Latest, |rule| rule.show);
        if let Some(topic) = places.get(&(&item.conversation, &*item.matter)).and_then(|place| topics.get_mut(*place)) {
            topic.show = topic.show.max(show);
        } else {
            places.insert((&item.conversation, &*item.matter), topics.len());
            topics.push(Topic { item, rule, show });
        }
    }
    topics
}

/// What words are kept by: the conversation, and the message if it is a certain one.
type Place = (ConversationId, Option<MessageId>);

/// The words to show, read once for each message, though many recipients hear it.
type Contents = HashMap<Place, Content>;

fn place(wanted: &Wanted) -> Place {
    (wanted.conversation.clone(), wanted.latest.as_ref().map(|latest| latest.id.clone()))
}

fn contents(snapshot: &Snapshot<'_>, topics: &[&Topic<'_>]) -> Result<Contents> {
    let mut all: HashMap<Place, Wanted> = HashMap::new();
    for topic in topics {
        let wanted = topic.wanted();
        let want = all.entry(place(&wanted)).or_insert_with(|| wanted);
        want.show = want.show.max(topic.show);
    }
    let mut contents = Contents::new();
    let mut left: Vec<Wanted> = all.into_values().collect();
    // the desk answers by conversation; a second message of one (in a letter that is frozen) takes another round
    while !left.is_empty() {
        let mut asked = HashSet::new();
        let (now, later): (Vec<_>, Vec<_>) = left.into_iter().partition(|want| asked.insert(want.conversation.clone()));
        let mut answers = snapshot.contents(&now)?;
        for want in now {
            if let Some(content) = answers.remove(&want.conversation) {
                contents.insert(place(&want), content);
            }
        }
        left = later;
    }
    Ok(contents)
}

/// Who did what to whom, by conversation and event.
type Events = HashMap<(ConversationId, Arc<str>), Event>;

fn events(snapshot: &Snapshot<'_>, topics: &[&Topic<'_>], now: DateTime<Utc>) -> Result<Events> {
    let of_events = topics.iter().filter(|topic| topic.watch().relation() == Relation::Events);
    let of_events: Vec<&&Topic<'_>> = of_events.collect();
    let watches: BTreeSet<Watch> = of_events.iter().map(|topic| topic.watch()).collect();
    let ids: Vec<ConversationId> = of_events.iter().map(|topic| topic.item.conversation.clone()).collect();
    let mut events = Events::new();
    for watch in watches {
        let window = Window { now, before: TimeDelta::zero() };
        for pending in snapshot.pending(watch, window, Some(&ids))? {
            events.extend(pending.event.map(|event| ((pending.conversation, pending.matter), event)));
        }
    }
    Ok(events)
}

/// Everything that the letters of a chunk draw from.
struct Around<'a> {
    config: &'a Config,
    facts: Facts,
    contents: Contents,
    events: Events,
    now: DateTime<Utc>,
}

impl Around<'_> {
    fn entry(&self, recipient: &RecipientId, topic: &Topic<'_>) -> Entry {
        let item = topic.item;
        let conversation = self.facts.conversations.get(&item.conversation);
        let group = conversation.and_then(|it| it.group.as_ref()).and_then(|id| self.facts.groups.get(id));
        let number = conversation.and_then(|it| it.number.clone());
        let content = self.contents.get(&place(&topic.wanted())).cloned().unwrap_or_default();
        let (sender, sender_image) = self.sender(item, content.sender.as_ref());
        let event = self.events.get(&(item.conversation.clone(), item.matter.clone()));
        let in_view = || in_view(&self.config.presence, &self.facts, recipient, self.now);
        Entry {
            link: link(self.config, recipient, conversation, &item.conversation),
            conversation: item.conversation.clone(),
            matter: topic.metric(),
            number,
            subject: conversation.and_then(|it| it.subject.clone()),
            watch: topic.watch(),
            why: item.why.clone(),
            group: group.map(|group| group.name.clone()),
            actor: event.and_then(|event| event.actor.as_ref()).and_then(|actor| self.agent(actor).0),
            sender,
            sender_image,
            since: item.since,
            // of an event when it happened, of a deadline when it is due; the message is only shown with it
            at: content.at.filter(|_| item.matter.is_empty()).unwrap_or(item.latest.at),
            body: content.body,
            cut: content.cut,
            attachments: content.attachments,
            earlier_count: content.earlier_count,
            earlier: content.earlier.into_iter().map(|past| self.earlier(item, past)).collect(),
            show: topic.show,
            sound: topic.rule.and_then(|rule| rule.sound.clone()).filter(|sound| sound.in_view || !in_view()),
        }
    }

    /// The language that a recipient reads, as far as desk or settings know.
    fn language(&self, recipient: &RecipientId) -> Option<Language> {
        match recipient {
            RecipientId::Agent(id) => self.facts.agents.get(id)?.language.clone(),
            RecipientId::Contact(id) => self.facts.contacts.get(id)?.language.clone(),
            RecipientId::Person(name) => self.config.people.get(name)?.language.clone(),
        }
    }

    fn earlier(&self, item: &Item, past: Past) -> Earlier {
        let sender = self.sender(item, Some(&past.sender)).0;
        Earlier { at: past.at, sender, body: past.body, waits: past.waits }
    }

    /// The name and the picture of who wrote the message; of the contact where nothing says otherwise.
    fn sender(&self, item: &Item, sender: Option<&Sender>) -> (Option<String>, Option<String>) {
        match sender {
            Some(Sender::Agent(agent)) => self.agent(agent),
            Some(Sender::Bot) => (Some("Chatbot".into()), None),
            Some(Sender::Other) => (None, None),
            Some(Sender::Contact) | None => {
                let conversation = self.facts.conversations.get(&item.conversation);
                let contact =
                    conversation.and_then(|it| it.contact.as_ref()).and_then(|id| self.facts.contacts.get(id));
                let name = contact.and_then(|it| it.name.as_deref()).and_then(shown);
                (name, contact.and_then(|it| it.avatar_url.clone()))
            }
        }
    }

    fn agent(&self, id: &AgentId) -> (Option<String>, Option<String>) {
        let agent = self.facts.agents.get(id);
        (agent.and_then(|it| shown(&it.name)), agent.and_then(|it| it.avatar_url.clone()))
    }
}

fn shown(name: &str) -> Option<String> {
    Some(display_name(name)).filter(|name| !name.is_empty())
}

/// The agents' console is never shown to a contact.
fn link(
    config: &Config,
    recipient: &RecipientId,
    conversation: Option<&Conversation>,
    id: &ConversationId,
) -> Option<String> {
    match recipient {
        RecipientId::Contact(_) => config.desk.contact_url.as_ref().map(|url| url.as_str().to_owned()),
        RecipientId::Agent(_) | RecipientId::Person(_) => {
            let number = conversation.and_then(|it| it.number.as_deref());
            config.desk.agent_url.as_ref()?.link(number, conversation.and_then(|it| it.account.as_ref()), id)
        }
    }
}
