//! Who was mailed about messages counts as having read them, where the settings want it so: never before the mail left.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::Post;
use super::letters::LONGEST_LETTER;
use crate::config::Config;
use crate::model::{AgentId, Channel, ConversationId, Digest};

/// A conversation with the agent who has read it, and up to when.
pub(super) type Read = (ConversationId, AgentId, DateTime<Utc>);

/// Tells the desk how far agents were told by mail; a desk that cannot be told stops nothing.
pub(super) fn mark_read(post: &Post, read: &[Read]) {
    let Some(mark) = post.mark_read.as_ref().filter(|_| !read.is_empty()) else { return };
    if let Err(error) = mark(read) {
        tracing::warn!("mark as read after the mail: {error:#}");
    }
}

/// The conversations of a digest that its agent has read with it, each up to the latest message told; those that the
/// letter only counts are not read.
pub(super) fn read_by_mail(config: &Config, digest: &Digest) -> Vec<Read> {
    let Some(agent) = digest.recipient.id.agent().filter(|_| digest.channel == Channel::Email) else {
        return Vec::new();
    };
    let mut shown = HashSet::new();
    let items = digest.items.iter().filter(|item| {
        let topic = (&item.conversation, &item.matter);
        shown.contains(&topic) || (shown.len() < LONGEST_LETTER && shown.insert(topic))
    });
    let messages = items.filter(|item| config.rule(&item.rule).is_some_and(|rule| rule.watch.is_about_messages()));
    messages.map(|item| (item.conversation.clone(), agent.clone(), item.latest.at)).collect()
}
