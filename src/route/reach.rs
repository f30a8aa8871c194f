//! Where everybody is reached: worked out once for all the conversations at hand, and shared by their decisions.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono_tz::Tz;

use crate::model::{AgentId, Channel, Facts, Named, Reason, Recipient, RecipientId, Rule, display_name, email_address};

/// Where everybody who may hear is reached.
#[derive(Debug, Default)]
pub struct Reach {
    agents: Vec<AgentId>,
    mailboxes: HashMap<RecipientId, Vec<Answer>>,
}

/// What is known of somebody on one channel.
type Answer = (Channel, Result<Mailbox, Reason>);

/// A recipient with an address that can be used.
#[derive(Debug)]
pub(super) struct Mailbox {
    pub(super) recipient: Arc<Recipient>,
    /// The address in lower case: two spellings of one mailbox are not two.
    pub(super) folded: String,
}

impl Reach {
    /// The agents of the desk and the people of the settings, on every channel of these rules.
    ///
    /// `time_zone` is for those without one of their own.
    pub fn of(facts: &Facts, people: &HashMap<Arc<str>, Named>, rules: &[&Rule], time_zone: Tz) -> Self {
        let channels: BTreeSet<Channel> = rules.iter().flat_map(|rule| &rule.via).map(|step| step.channel).collect();
        let mailboxes = |id: &RecipientId, name: &str, email: Option<&str>, zone: Option<Tz>| {
            let answer = |channel| (channel, mailbox(id, name, email, zone.unwrap_or(time_zone), channel));
            channels.iter().copied().map(answer).collect()
        };
        let mut reach = Self { agents: facts.agents.keys().cloned().collect(), ..Self::default() };
        reach.agents.sort_unstable();
        for agent in facts.agents.values() {
            let id = RecipientId::Agent(agent.id.clone());
            let found = mailboxes(&id, &agent.name, agent.email.as_deref(), agent.time_zone);
            reach.mailboxes.insert(id, found);
        }
        for (name, person) in people {
            let id = RecipientId::Person(name.clone());
            let found = mailboxes(&id, &person.name, person.email.as_deref(), person.time_zone);
            reach.mailboxes.insert(id, found);
        }
        reach
    }

    /// Where a recipient is reached on a channel, or why not.
    pub fn recipient(&self, id: &RecipientId, channel: Channel) -> Result<&Arc<Recipient>, Reason> {
        self.mailbox(id, channel).map(|mailbox| &mailbox.recipient)
    }

    pub(super) fn mailbox(&self, id: &RecipientId, channel: Channel) -> Result<&Mailbox, Reason> {
        if matches!(id, RecipientId::Contact(_)) {
            return Err(Reason::NoAddress);
        }
        let mailboxes = self.mailboxes.get(id).ok_or(Reason::Inactive)?;
        let found = mailboxes.iter().find(|(other, _)| *other == channel).ok_or(Reason::NoAddress)?;
        found.1.as_ref().map_err(Clone::clone)
    }

    /// Every agent, in id order.
    pub(super) fn agents(&self) -> &[AgentId] {
        &self.agents
    }
}

fn mailbox(
    id: &RecipientId,
    name: &str,
    email: Option<&str>,
    time_zone: Tz,
    channel: Channel,
) -> Result<Mailbox, Reason> {
    let written = match channel {
        _ => email.filter(|text| !text.trim().is_empty()).ok_or(Reason::NoAddress)?,
    };
    let address = email_address(written).ok_or(Reason::BadAddress)?;
    let folded = address.to_ascii_lowercase();
    let recipient = Arc::new(Recipient { device: None, id: id.clone(), name: display_name(name), address, time_zone });
    Ok(Mailbox { recipient, folded })
}
