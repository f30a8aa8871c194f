//! Where everybody is reached: worked out once for all the conversations at hand, and shared by their decisions.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono_tz::Tz;

use crate::model::{
    Agent, AgentId, Channel, Contact, Device, Facts, Hours, Named, Provider, Reason, Recipient, RecipientId, Rule,
    display_name, email_address, phone_number,
};

/// Where everybody who may hear is reached.
#[derive(Debug, Default)]
pub struct Reach {
    agents: Vec<AgentId>,
    people: HashMap<RecipientId, Known>,
    time_zone: Tz,
}

/// Whether nothing is to go to an address on a channel.
pub type Blocked<'a> = dyn Fn(Channel, &str) -> bool + 'a;

/// Whether the settings have a way to the devices of a network.
pub type Reachable<'a> = dyn Fn(Provider) -> bool + 'a;

/// What closes addresses and devices that the desk names.
#[derive(Clone, Copy)]
pub struct Closed<'a> {
    /// To which addresses nothing is to go.
    pub blocked: &'a Blocked<'a>,
    /// Which phones there is a way to.
    pub reachable: &'a Reachable<'a>,
}

/// What is known of somebody.
#[derive(Debug)]
struct Known {
    mailboxes: Vec<(Channel, Result<Mailbox, Reason>)>,
    hours: Option<Hours>,
    time_zone: Tz,
}

/// A recipient with an address that can be used, or with several devices.
#[derive(Debug)]
pub(super) struct Mailbox {
    pub(super) recipients: Vec<Arc<Recipient>>,
    /// The address in lower case: two spellings of one mailbox are not two.
    pub(super) folded: String,
}

impl Mailbox {
    /// Without the addresses and devices that are blocked.
    fn without(mut self, channel: Channel, blocked: &Blocked<'_>) -> Result<Self, Reason> {
        self.recipients.retain(|recipient| !blocked(channel, &recipient.address));
        if self.recipients.is_empty() { Err(Reason::Blocked) } else { Ok(self) }
    }
}

/// Somebody as the channels need them.
struct Person<'a> {
    id: RecipientId,
    name: &'a str,
    email: Option<&'a str>,
    phone: Option<&'a str>,
    sms_consent: Option<bool>,
    devices: &'a [Arc<Device>],
    time_zone: Tz,
}

impl Reach {
    /// The agents and contacts of the desk and the people of the settings, on every channel of these rules.
    ///
    /// `time_zone` is for those without one of their own; `closed` says what is not to be used.
    pub fn of(
        facts: &Facts,
        people: &HashMap<Arc<str>, Named>,
        rules: &[&Rule],
        time_zone: Tz,
        closed: Closed<'_>,
    ) -> Self {
        let channels: BTreeSet<Channel> = rules.iter().flat_map(|rule| &rule.via).map(|step| step.channel).collect();
        let mut agents: Vec<AgentId> = facts.agents.keys().cloned().collect();
        agents.sort_unstable();
        let mut reach = Self { agents, people: HashMap::new(), time_zone };
        for agent in facts.agents.values() {
            let hours = facts.availability.get(&agent.id).map(|availability| availability.hours);
            reach.add(&of_agent(facts, agent, time_zone), &channels, hours, closed);
        }
        for contact in facts.contacts.values() {
            reach.add(&of_contact(facts, contact, time_zone), &channels, None, closed);
        }
        for (name, person) in people {
            reach.add(&of_settings(name, person, time_zone), &channels, Some(person.hours), closed);
        }
        reach
    }

    fn add(&mut self, person: &Person<'_>, channels: &BTreeSet<Channel>, hours: Option<Hours>, closed: Closed<'_>) {
        let usable = |channel| mailbox(person, channel, closed).and_then(|it| it.without(channel, closed.blocked));
        let mailboxes = channels.iter().map(|channel| (*channel, usable(*channel))).collect();
        self.people.insert(person.id.clone(), Known { mailboxes, hours, time_zone: person.time_zone });
    }

    /// Where a recipient is reached on a channel, once for each device; or why not.
    pub fn recipients(&self, id: &RecipientId, channel: Channel) -> Result<&[Arc<Recipient>], Reason> {
        self.mailbox(id, channel).map(|mailbox| mailbox.recipients.as_slice())
    }

    /// The zone of a recipient's wall clock.
    pub fn time_zone(&self, id: &RecipientId) -> Tz {
        self.people.get(id).map_or(self.time_zone, |known| known.time_zone)
    }

    pub(super) fn mailbox(&self, id: &RecipientId, channel: Channel) -> Result<&Mailbox, Reason> {
        let mailboxes = &self.people.get(id).ok_or(Reason::Inactive)?.mailboxes;
        let found = mailboxes.iter().find(|(other, _)| *other == channel).ok_or(Reason::NoAddress)?;
        found.1.as_ref().map_err(Clone::clone)
    }

    /// When a recipient may be disturbed, with the zone of their wall clock; `None` = always.
    pub(super) fn hours(&self, id: &RecipientId) -> Option<(Hours, Tz)> {
        let known = self.people.get(id)?;
        Some((known.hours?, known.time_zone))
    }

    /// Every agent, in id order.
    pub(super) fn agents(&self) -> &[AgentId] {
        &self.agents
    }
}

fn of_agent<'a>(facts: &'a Facts, agent: &'a Agent, time_zone: Tz) -> Person<'a> {
    let id = RecipientId::Agent(agent.id.clone());
    let of_hours = facts.availability.get(&agent.id).and_then(|availability| availability.hours.time_zone);
    Person {
        devices: facts.devices.get(&id).map_or(&[], Vec::as_slice),
        id,
        name: &agent.name,
        email: agent.email.as_deref(),
        phone: agent.phone.as_deref(),
        sms_consent: None,
        time_zone: agent.time_zone.or(of_hours).unwrap_or(time_zone),
    }
}

fn of_contact<'a>(facts: &'a Facts, contact: &'a Contact, time_zone: Tz) -> Person<'a> {
    let id = RecipientId::Contact(contact.id.clone());
    Person {
        devices: facts.devices.get(&id).map_or(&[], Vec::as_slice),
        id,
        name: contact.name.as_deref().unwrap_or_default(),
        email: contact.email.as_deref(),
        phone: contact.phone.as_deref(),
        sms_consent: contact.sms_consent,
        time_zone: contact.time_zone.unwrap_or(time_zone),
    }
}

fn of_settings<'a>(name: &Arc<str>, person: &'a Named, time_zone: Tz) -> Person<'a> {
    Person {
        id: RecipientId::Person(name.clone()),
        name: &person.name,
        email: person.email.as_deref(),
        phone: person.phone.as_deref(),
        sms_consent: None,
        devices: &[],
        time_zone: person.time_zone.unwrap_or(time_zone),
    }
}

fn mailbox(person: &Person<'_>, channel: Channel, closed: Closed<'_>) -> Result<Mailbox, Reason> {
    match channel {
        Channel::Email => {
            let address = email_address(written(person.email)?).ok_or(Reason::BadAddress)?;
            Ok(Mailbox { folded: address.to_ascii_lowercase(), recipients: vec![recipient(person, address, None)] })
        }
        Channel::Sms => {
            if person.sms_consent == Some(false) {
                return Err(Reason::NoConsent);
            }
            let number = phone_number(written(person.phone)?).ok_or(Reason::BadAddress)?;
            Ok(Mailbox { folded: number.to_string(), recipients: vec![recipient(person, number, None)] })
        }
        Channel::Push | Channel::Desktop => {
            let browsers = channel == Channel::Desktop;
            let devices: Vec<_> = person.devices.iter().filter(|device| device.is_browser() == browsers).collect();
            let reached = devices.iter().filter(|device| browsers || (closed.reachable)(device.provider));
            let reached = reached.map(|device| recipient(person, device.token.clone(), Some(Arc::clone(device))));
            let recipients: Vec<Arc<Recipient>> = reached.collect();
            match (recipients.is_empty(), devices.is_empty()) {
                (false, _) => Ok(own(person, recipients)),
                (true, false) => Err(Reason::NoGateway),
                (true, true) => Err(Reason::NoAddress),
            }
        }
        // the host program shows the feed to those who log in to it
        Channel::InApp if matches!(person.id, RecipientId::Person(_)) => Err(Reason::NoAddress),
        Channel::InApp => Ok(own(person, vec![recipient(person, person.id.to_string().into(), None)])),
    }
}

fn written(address: Option<&str>) -> Result<&str, Reason> {
    address.filter(|text| !text.trim().is_empty()).ok_or(Reason::NoAddress)
}

/// Devices and feeds belong to one person; nobody shares them by chance.
fn own(person: &Person<'_>, recipients: Vec<Arc<Recipient>>) -> Mailbox {
    Mailbox { folded: person.id.to_string(), recipients }
}

fn recipient(person: &Person<'_>, address: Arc<str>, device: Option<Arc<Device>>) -> Arc<Recipient> {
    let (id, name) = (person.id.clone(), display_name(person.name));
    Arc::new(Recipient { id, name, address, device, time_zone: person.time_zone })
}
