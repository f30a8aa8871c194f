//! The same on PostgreSQL, where two hosts can take in one message at once: the second waits for the first, and adds
//! nothing.

use anyhow::{Context, Result};

use super::{Added, Message};
use crate::desk::places::number;
use crate::desk::value::Parameter;
use crate::desk::writing::Writing;
use crate::model::ContactId;

/// A message that is there already stays as it is; an id that is taken by another one is an error.
const ADD: &str = "
    INSERT INTO messages (conversation_id, sender_type, sender_id, body, created_at, external_id)
    SELECT c.id, $2, $3, $4, $5, $6 FROM conversations c WHERE c.id = $1
    ON CONFLICT (external_id) WHERE external_id IS NOT NULL DO NOTHING";
const IS_THERE: &str = "SELECT 1 FROM messages WHERE external_id = $1";
const OPEN_AGAIN: &str = "
    UPDATE conversations SET status = 'open', snoozed_until = NULL
    WHERE id = $1 AND status IN ('resolved', 'snoozed')";
/// In the order of their ids, so that two who set the same ones do not wait for each other.
const CONSENT: &str = "
    UPDATE contacts c SET sms_consent = $2
    FROM (SELECT id FROM contacts WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE) held
    WHERE c.id = held.id AND c.sms_consent IS DISTINCT FROM $2";

pub(super) fn add(desk: &mut Writing, message: &Message<'_>) -> Result<Added> {
    let conversation = Parameter::Integer(message.conversation);
    let external_id = Parameter::Text(message.external_id);
    let added = desk.transaction(|writes| {
        let is_new = writes.execute(
            ADD,
            &[
                conversation,
                Parameter::Text(message.kind),
                Parameter::Integer(message.sender),
                Parameter::Text(message.body),
                Parameter::Integer(Some(message.at)),
                external_id,
            ],
        )? > 0;
        // a statement of its own, which sees what another host committed while the first one waited for it
        let is_there = is_new || !writes.rows(IS_THERE, &[external_id])?.is_empty();
        if is_new && message.is_of_contact() {
            writes.execute(OPEN_AGAIN, &[conversation])?;
        }
        Ok(if is_there { Added::There } else { Added::NoConversation })
    });
    added.context("add a text message")
}

pub(super) fn consent(desk: &mut Writing, contacts: &[ContactId], wants: bool) -> Result<()> {
    let contacts: serde_json::Value = contacts.iter().filter_map(|contact| number(contact.as_str())).collect();
    let contacts = contacts.to_string();
    let row = [Parameter::Integers(&contacts), Parameter::Integer(Some(wants.into()))];
    desk.transaction(|writes| writes.execute(CONSENT, &row)).context("set consent")?;
    Ok(())
}
