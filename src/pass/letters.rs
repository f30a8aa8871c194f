//! From digests, which hold ids, to letters, which hold what the conversations say right now.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::desk::{Agents, Content, Snapshot, Wanted};
use crate::model::{
    ConversationId, Digest, Entry, Facts, Item, Letter, MessageId, MessageRef, RecipientId, Show, Watch, display_name,
};

/// More than this nobody reads; the rest is counted ("and 12 more") and settled with it.
const LONGEST_LETTER: usize = 200;

/// A letter for each digest, in their order.
pub(super) fn letters(
    config: &Config,
    snapshot: &Snapshot<'_>,
    digests: &[Digest],
    now: DateTime<Utc>,
) -> Result<Vec<Letter>> {
    let topics: Vec<Vec<Topic<'_>>> = digests.iter().map(|digest| topics(config, &digest.items)).collect();
    let shown: Vec<&Topic<'_>> = topics.iter().flat_map(|topics| topics.iter().take(LONGEST_LETTER)).collect();
    let ids: Vec<ConversationId> = shown.iter().map(|topic| topic.item.conversation.clone()).collect();
    let facts = snapshot.facts(&ids, Agents::Around, &[])?;
    let contents = contents(config, snapshot, &shown)?;
    let letters = digests.iter().zip(topics).map(|(digest, topics)| Letter {
        recipient: digest.recipient.clone(),
        desk: config.desk.name.clone(),
        more: topics.len().saturating_sub(LONGEST_LETTER),
        entries: topics
            .iter()
            .take(LONGEST_LETTER)
            .map(|topic| entry(config, &facts, &contents, &digest.recipient.id, topic))
            .collect(),
        desk_link: None,
        now,
    });
    Ok(letters.collect())
}

/// A conversation in a letter: it stands there once, though two rules may tell about it.
struct Topic<'a> {
    /// The item of the first rule.
    item: &'a Item,
    /// As much as any of the rules lets this recipient see.
    show: Show,
}

/// The conversations of a digest in its order: longest waiting first.
fn topics<'a>(config: &Config, items: &'a [Item]) -> Vec<Topic<'a>> {
    let mut topics: Vec<Topic<'a>> = Vec::with_capacity(items.len());
    let mut places: HashMap<&ConversationId, usize> = HashMap::new();
    for item in items {
        let show = config.rule(&item.rule).map_or(Show::Latest, |rule| rule.show);
        if let Some(topic) = places.get(&item.conversation).and_then(|place| topics.get_mut(*place)) {
            topic.show = topic.show.max(show);
        } else {
            places.insert(&item.conversation, topics.len());
            topics.push(Topic { item, show });
        }
    }
    topics
}

/// The words to show, read once for each message, though many recipients hear it.
type Contents = HashMap<(ConversationId, MessageId), Content>;

fn contents(config: &Config, snapshot: &Snapshot<'_>, topics: &[&Topic<'_>]) -> Result<Contents> {
    let mut wanted: HashMap<(&ConversationId, &MessageRef), Wanted> = HashMap::new();
    for topic in topics {
        let item = topic.item;
        let want = wanted.entry((&item.conversation, &item.latest)).or_insert_with(|| Wanted {
            conversation: item.conversation.clone(),
            watch: config.rule(&item.rule).map_or(Watch::Unreplied, |rule| rule.watch),
            since: item.since,
            latest: Some(item.latest.clone()),
            show: topic.show,
        });
        want.show = want.show.max(topic.show);
    }
    let mut contents = Contents::new();
    let mut left: Vec<Wanted> = wanted.into_values().collect();
    // the desk answers by conversation; a second message of one (in a letter that is frozen) takes another round
    while !left.is_empty() {
        let mut asked = HashSet::new();
        let (now, later): (Vec<_>, Vec<_>) = left.into_iter().partition(|want| asked.insert(want.conversation.clone()));
        let mut answers = snapshot.contents(&now)?;
        for want in now {
            if let (Some(content), Some(latest)) = (answers.remove(&want.conversation), want.latest) {
                contents.insert((want.conversation, latest.id), content);
            }
        }
        left = later;
    }
    Ok(contents)
}

fn entry(config: &Config, facts: &Facts, contents: &Contents, recipient: &RecipientId, topic: &Topic<'_>) -> Entry {
    let item = topic.item;
    let conversation = facts.conversations.get(&item.conversation);
    let contact = conversation.and_then(|it| it.contact.as_ref()).and_then(|id| facts.contacts.get(id));
    let group = conversation.and_then(|it| it.group.as_ref()).and_then(|id| facts.groups.get(id));
    let number = conversation.and_then(|it| it.number.clone());
    let content = contents.get(&(item.conversation.clone(), item.latest.id.clone())).cloned().unwrap_or_default();
    Entry {
        link: link(config, recipient, number.as_deref(), &item.conversation),
        conversation: item.conversation.clone(),
        number,
        subject: conversation.and_then(|it| it.subject.clone()),
        watch: config.rule(&item.rule).map_or(Watch::Unreplied, |rule| rule.watch),
        why: item.why.clone(),
        group: group.map(|group| group.name.clone()),
        sender: contact.and_then(|it| it.name.as_deref()).map(display_name).filter(|name| !name.is_empty()),
        sender_image: contact.and_then(|it| it.avatar_url.clone()),
        since: item.since,
        at: item.latest.at,
        body: content.body,
        cut: content.cut,
        attachments: content.attachments,
        earlier_count: content.earlier_count,
        earlier: content.earlier,
        show: topic.show,
        actor: None,
        sound: None,
    }
}

/// The agents' console is never shown to a contact.
fn link(config: &Config, recipient: &RecipientId, number: Option<&str>, id: &ConversationId) -> Option<String> {
    match recipient {
        RecipientId::Contact(_) => config.desk.contact_url.as_ref().map(|url| url.as_str().to_owned()),
        RecipientId::Agent(_) | RecipientId::Person(_) => config.desk.agent_url.as_ref()?.link(number, id),
    }
}
