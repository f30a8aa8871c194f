//! A mail to the operator about rules that are held: nobody else hears until a person decides.

use anyhow::Result;
use chrono::{DateTime, Utc};

use super::{House, Order, Post};
use crate::config::Config;
use crate::deliver::email::Mail;
use crate::ledger::{Held, fingerprint_of};
use crate::model::{Outcome, Recipient, RecipientId, Rule, Words, email_address};

/// The held rules of which the operator is to hear by mail now; none without an address, or in a run for somebody.
pub(super) fn due(house: &mut House<'_>, order: &Order, now: DateTime<Utc>) -> Result<Vec<Held>> {
    if operator(house.config).is_none() || order.is_limited() {
        return Ok(Vec::new());
    }
    house.ledger.take_held_to_mail(now)
}

/// Mails about these rules. A mail that does not leave is tried again by the next pass.
pub(super) fn mail(house: &mut House<'_>, post: &Post, order: &Order, held: &[Held], now: DateTime<Utc>) -> Result<()> {
    if held.is_empty() {
        return Ok(());
    }
    let (Some(recipient), Ok(relay)) = (operator(house.config), &post.email) else {
        return house.ledger.held_were_not_mailed(held);
    };
    let rules: Vec<&str> = held.iter().map(|held| held.rule.as_str()).collect();
    let uid = fingerprint_of(&format!("{} held {} {}", house.ledger.install_id(), rules.join(" "), now.date_naive()));
    let redirected_to = order.redirect_to.clone();
    let mail = Mail { recipient, words: words(held), uid, thread: None, now, redirected_to };
    match relay.lane().send(&mail) {
        // what may have arrived is not worth a second copy: the ledger and `status` say the same
        Outcome::Accepted(_) | Outcome::Unknown(_) => Ok(()),
        other => {
            tracing::warn!("the operator's mail about held rules did not leave: {}", other.reply().words());
            house.ledger.held_were_not_mailed(held)
        }
    }
}

fn operator(config: &Config) -> Option<Recipient> {
    let person = config.people.get(Rule::FALLBACK)?;
    let address = email_address(person.email.as_deref()?)?;
    Some(Recipient {
        id: RecipientId::Person(Rule::FALLBACK.into()),
        name: person.name.clone(),
        address,
        device: None,
        time_zone: config.desk.time_zone.0,
    })
}

fn words(held: &[Held]) -> Words {
    let rules: Vec<&str> = held.iter().map(|held| held.rule.as_str()).collect();
    let each: Vec<String> = held.iter().map(about).collect();
    let text = format!(
        "{}\nNothing is lost: what still waits when you decide is told then. If nobody wants to hear of what is old:\n\n  \
         doorbell baseline --since now\n",
        each.join("\n")
    );
    Words { subject: format!("doorbell holds {}", rules.join(", ")), html: format!("<pre>{text}</pre>"), text }
}

fn about(Held { rule, deliveries, limit }: &Held) -> String {
    format!(
        "{rule} would begin {deliveries} deliveries at once, and {limit} are the most it may without being asked. \
         Nobody hears by it until you let it go. Whom it would tell:\n\n  \
         doorbell run --dry-run --ignore-schedule --rule {rule}\n\nIf that is right:\n\n  doorbell approve {rule}\n"
    )
}
