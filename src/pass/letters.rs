//! From digests, which hold ids, to letters, which hold what the conversations say right now.

use std::collections::HashMap;

use anyhow::Result;
use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::desk::{Agents, Content, Snapshot, Wanted};
use crate::model::{ConversationId, Digest, Entry, Facts, Item, Letter, RecipientId, Rule, Show, Watch, display_name};

/// More than this nobody reads; the rest is counted ("and 12 more") and settled with it.
const LONGEST_LETTER: usize = 200;

/// A letter for each digest, in their order.
pub(super) fn letters(
    config: &Config,
    snapshot: &Snapshot<'_>,
    digests: &[Digest],
    now: DateTime<Utc>,
) -> Result<Vec<Letter>> {
    let shown: Vec<Vec<&Item>> = digests.iter().map(|digest| conversations_once(&digest.items)).collect();
    let items: Vec<&Item> = shown.iter().flat_map(|items| items.iter().take(LONGEST_LETTER).copied()).collect();
    let ids: Vec<ConversationId> = items.iter().map(|item| item.conversation.clone()).collect();
    let facts = snapshot.facts(&ids, Agents::Around)?;
    let contents = contents(config, snapshot, &items)?;
    let letters = digests.iter().zip(shown).map(|(digest, items)| Letter {
        recipient: digest.recipient.clone(),
        desk: config.desk.name.clone(),
        more: items.len().saturating_sub(LONGEST_LETTER),
        entries: items
            .into_iter()
            .take(LONGEST_LETTER)
            .map(|item| entry(config, &facts, &contents, &digest.recipient.id, item))
            .collect(),
        desk_link: None,
        now,
    });
    Ok(letters.collect())
}

/// A conversation that two rules tell about stands in the letter once; items come longest waiting first.
fn conversations_once(items: &[Item]) -> Vec<&Item> {
    let mut seen = std::collections::HashSet::new();
    items.iter().filter(|item| seen.insert(&item.conversation)).collect()
}

/// The words to show, asked for once for each message and way of showing, though many recipients hear it.
type Contents = HashMap<(ConversationId, crate::model::MessageId), Content>;

fn contents(config: &Config, snapshot: &Snapshot<'_>, items: &[&Item]) -> Result<Contents> {
    let mut contents = Contents::new();
    let mut rounds: Vec<HashMap<&ConversationId, &Item>> = Vec::new();
    for item in items {
        // two digests may show two different messages of one conversation (one of them is frozen): one round each
        let free = rounds
            .iter_mut()
            .find(|round| round.get(&item.conversation).is_none_or(|other| other.latest == item.latest));
        match free {
            Some(round) => _ = round.insert(&item.conversation, item),
            None => rounds.push(HashMap::from([(&item.conversation, *item)])),
        }
    }
    for round in rounds {
        let wanted: Vec<Wanted> = round
            .values()
            .map(|item| Wanted {
                conversation: item.conversation.clone(),
                since: item.since,
                latest: item.latest.clone(),
                show: show(config, item),
            })
            .collect();
        for (conversation, content) in snapshot.contents(&wanted)? {
            if let Some(item) = round.get(&conversation) {
                contents.insert((conversation, item.latest.id.clone()), content);
            }
        }
    }
    Ok(contents)
}

fn show(config: &Config, item: &Item) -> Show {
    config.rule(&item.rule).map_or(Show::Latest, |rule: &Rule| rule.show)
}

fn entry(config: &Config, facts: &Facts, contents: &Contents, recipient: &RecipientId, item: &Item) -> Entry {
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
        show: show(config, item),
    }
}

/// The agents' console is never shown to a contact.
fn link(config: &Config, recipient: &RecipientId, number: Option<&str>, id: &ConversationId) -> Option<String> {
    match recipient {
        RecipientId::Contact(_) => config.desk.contact_url.as_ref().map(|url| url.as_str().to_owned()),
        RecipientId::Agent(_) | RecipientId::Person(_) => config.desk.agent_url.as_ref()?.link(number, id),
    }
}
