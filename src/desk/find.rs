//! What people type, found: a conversation by number or id, a person by address or id.

use anyhow::Result;

use super::columns::integers;
use super::places::number;
use super::value::Parameter;
use super::{DeskError, Snapshot};
use crate::model::{AgentId, ContactId, ConversationId, RecipientId};

/// Two numbers alike are enough to know that a number alone does not say which conversation is meant.
pub(super) const BY_NUMBER: &str = "SELECT id FROM conversations WHERE number = ?1 ORDER BY id LIMIT 2";
/// A product's number may be of any type, and no index of its own helps: asked by a person, now and then.
const BY_NUMBER_OF_PRODUCT: &str = "SELECT id FROM conversations WHERE CAST(number AS text) = ?1 ORDER BY id LIMIT 2";
/// Each account counts by itself.
const IN_ACCOUNT: &str = " AND account_id IN (SELECT value FROM json_each(?2)) ORDER BY";
pub(super) const BY_ID: &str = "SELECT id FROM conversations WHERE id IN (SELECT value FROM json_each(?1))";
pub(super) const AGENT_BY_EMAIL: &str = "SELECT id FROM agents WHERE email = ?1 COLLATE NOCASE ORDER BY id LIMIT 1";
pub(super) const CONTACT_BY_EMAIL: &str = "SELECT id FROM contacts WHERE email = ?1 COLLATE NOCASE ORDER BY id LIMIT 1";
pub(super) const AGENT_BY_ID: &str = "SELECT id FROM agents WHERE id IN (SELECT value FROM json_each(?1))";
pub(super) const CONTACT_BY_ID: &str = "SELECT id FROM contacts WHERE id IN (SELECT value FROM json_each(?1))";
pub(super) const PHONE_OF_AGENT: &str = "SELECT id, phone FROM agents WHERE id = ?1 AND active = 1";
pub(super) const PHONE_OF_CONTACT: &str = "SELECT id, phone FROM contacts WHERE id = ?1 AND blocked = 0";
/// Without an index: asked for a text message of somebody who was not texted, and no table has one for all ways to write
/// a number.
const CONTACTS_BY_PHONE: &str = "
    SELECT id, blocked FROM contacts
    WHERE phone IS NOT NULL
      AND replace(replace(replace(replace(replace(phone, ' ', ''), '-', ''), '.', ''), '(', ''), ')', '') = ?1
    ORDER BY id";
const LATEST_OPEN: &str = "
    SELECT id, contact_id FROM conversations
    WHERE status = 'open' AND contact_id IN (SELECT value FROM json_each(?1))
    ORDER BY coalesce(last_activity_at, 0) DESC, id DESC LIMIT 1";

impl Snapshot<'_> {
    /// The conversation with this number, which people know, else with this id; `#` before it is taken off.
    pub fn find_conversation(&self, text: &str) -> Result<Option<ConversationId>> {
        let text = text.trim().trim_start_matches('#');
        match self.find_by_number(text, None)? {
            Some(found) => Ok(Some(found)),
            None => self.find_by_id(text),
        }
    }

    /// The conversation with this number, of this account if one is named.
    pub fn find_by_number(&self, text: &str, account: Option<&str>) -> Result<Option<ConversationId>> {
        let sql = if self.product().is_some() { BY_NUMBER_OF_PRODUCT } else { BY_NUMBER };
        let mut found: Vec<ConversationId> = match account {
            None => self.ids("conversations", sql, &[Parameter::Text(text)])?,
            Some(account) => {
                let key = self.keys("conversations", "account_id", [account])?;
                let sql = sql.replace(" ORDER BY", IN_ACCOUNT);
                self.ids("conversations", &sql, &[Parameter::Text(text), key.parameter()])?
            }
        };
        if let [one, other] = found.as_slice() {
            return Err(DeskError::TwoAlike { number: text.to_owned(), of: (one.clone(), other.clone()) }.into());
        }
        Ok(found.pop())
    }

    /// The conversation with this id.
    pub fn find_by_id(&self, text: &str) -> Result<Option<ConversationId>> {
        let key = self.keys("conversations", "id", [text])?;
        Ok(self.ids("conversations", BY_ID, &[key.parameter()])?.pop())
    }

    /// The agent, else the contact, with this email address; or the one that `agent:7` or `contact:12` names.
    pub fn find_person(&self, text: &str) -> Result<Option<RecipientId>> {
        let text = text.trim();
        let (agents, contacts): (Vec<AgentId>, Vec<ContactId>) = match RecipientId::parse(text) {
            Some(RecipientId::Agent(id)) => {
                let key = self.keys("agents", "id", [id.as_str()])?;
                (self.ids("agents", AGENT_BY_ID, &[key.parameter()])?, Vec::new())
            }
            Some(RecipientId::Contact(id)) => {
                let key = self.keys("contacts", "id", [id.as_str()])?;
                (Vec::new(), self.ids("contacts", CONTACT_BY_ID, &[key.parameter()])?)
            }
            Some(RecipientId::Person(_)) => return Ok(None),
            None => {
                let address = [Parameter::Text(text)];
                (self.ids("agents", AGENT_BY_EMAIL, &address)?, self.ids("contacts", CONTACT_BY_EMAIL, &address)?)
            }
        };
        let agent = agents.into_iter().next().map(RecipientId::Agent);
        Ok(agent.or_else(|| contacts.into_iter().next().map(RecipientId::Contact)))
    }

    /// Whose text message it can be: how an agent who still works here, or a contact, is reached by telephone.
    pub fn phone(&self, person: &RecipientId) -> Result<Option<String>> {
        let (relation, sql, id) = match person {
            RecipientId::Agent(id) => ("agents", PHONE_OF_AGENT, id.as_str()),
            RecipientId::Contact(id) => ("contacts", PHONE_OF_CONTACT, id.as_str()),
            RecipientId::Person(_) => return Ok(None),
        };
        let mut phone = None;
        self.each(relation, sql, &[by_number(id)], |row| {
            phone = row.text("phone")?;
            Ok(())
        })?;
        Ok(phone)
    }

    /// The contacts with this telephone number, however it is written, and whether each is blocked; walks all of them.
    pub fn contacts_at(&self, phone: &str) -> Result<Vec<(ContactId, bool)>> {
        let mut contacts = Vec::new();
        self.each("contacts", CONTACTS_BY_PHONE, &[Parameter::Text(phone)], |row| {
            contacts.push((row.id("id")?, row.yes("blocked")?));
            Ok(())
        })?;
        Ok(contacts)
    }

    /// The open conversation of these contacts in which something happened last, with its contact; walks all of them.
    pub fn latest_open(&self, contacts: &[ContactId]) -> Result<Option<(ContactId, ConversationId)>> {
        let mut latest = None;
        let contacts = integers(contacts.iter().map(ContactId::as_str));
        self.each("conversations", LATEST_OPEN, &[Parameter::Integers(&contacts)], |row| {
            latest = Some((row.id("contact_id")?, row.id("id")?));
            Ok(())
        })?;
        Ok(latest)
    }

    fn ids<T: From<String>>(&self, relation: &'static str, sql: &str, parameters: &[Parameter<'_>]) -> Result<Vec<T>> {
        let mut ids = Vec::new();
        self.each(relation, sql, parameters, |row| {
            ids.push(row.id("id")?);
            Ok(())
        })?;
        Ok(ids)
    }
}

/// An id to look up; one that is no integer finds nothing.
fn by_number(id: &str) -> Parameter<'static> {
    Parameter::Integer(number(id))
}
