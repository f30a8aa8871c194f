//! The daily cap: whoever heard enough today hears the rest tomorrow, of what waits then.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroU32;
use std::sync::Arc;

use anyhow::Result;
use chrono::{DateTime, Days, NaiveTime, Utc};
use chrono_tz::Tz;

use super::weigh::Weighed;
use crate::collapse::Heard;
use crate::ledger::Ledger;
use crate::model::{AccountId, Channel, ConversationId, Reason, RecipientId, RuleName, Verdict};
use crate::notation::instant_of;

/// What one recipient hears on one channel.
type Ear = (RecipientId, Channel);
/// What is held back: one decision.
type Key = (RuleName, ConversationId, Arc<str>, RecipientId, Channel);

/// Takes out of what is heard what goes beyond the cap, and says so in the decisions.
pub(super) fn hold(cap: NonZeroU32, ledger: &Ledger, now: DateTime<Utc>, weighed: &mut Weighed) -> Result<()> {
    let mut order: Vec<&Heard> = weighed.heard.iter().collect();
    order.sort_by_key(|heard| heard.item.since);
    let mut told: HashMap<Ear, u32> = HashMap::new();
    let mut digests: HashSet<(Ear, Option<AccountId>, Arc<str>)> = HashSet::new();
    let mut held: HashMap<Key, DateTime<Utc>> = HashMap::new();
    for heard in order {
        let recipient = &heard.target.recipient;
        let ear = (recipient.id.clone(), heard.target.channel);
        if !told.contains_key(&ear) {
            let today = midnight(recipient.time_zone, now, 0);
            told.insert(ear.clone(), ledger.told_since(&ear.0, ear.1, today)?);
        }
        let digest = (ear.clone(), heard.target.account.clone(), heard.target.subject.clone());
        let Some(count) = told.get_mut(&ear) else { continue };
        if digests.contains(&digest) {
            continue;
        }
        if ledger.is_on_its_way(digest.1.as_ref(), &ear.0, ear.1, &digest.2)? {
            digests.insert(digest);
        } else if *count >= cap.get() {
            held.insert(key(heard), midnight(recipient.time_zone, now, 1));
        } else {
            digests.insert(digest);
            *count += 1;
        }
    }
    weighed.heard.retain(|heard| !held.contains_key(&key(heard)));
    for decision in &mut weighed.decisions {
        let (Some(recipient), Some(channel)) = (&decision.recipient, decision.channel) else { continue };
        let (rule, conversation) = (decision.rule.clone(), decision.conversation.clone());
        let key = (rule, conversation, decision.matter.clone(), recipient.clone(), channel);
        if let Some(tomorrow) = held.get(&key) {
            decision.verdict = Verdict::Later(*tomorrow, Reason::DailyCap);
        }
    }
    Ok(())
}

fn key(heard: &Heard) -> Key {
    let item = &heard.item;
    let recipient = heard.target.recipient.id.clone();
    (item.rule.clone(), item.conversation.clone(), item.matter.clone(), recipient, heard.target.channel)
}

/// The midnight that began the day of `now`, or the one so many days later.
fn midnight(zone: Tz, now: DateTime<Utc>, later: u64) -> DateTime<Utc> {
    let day = now.with_timezone(&zone).date_naive().checked_add_days(Days::new(later));
    day.and_then(|day| instant_of(zone, day.and_time(NaiveTime::MIN))).unwrap_or(now)
}
