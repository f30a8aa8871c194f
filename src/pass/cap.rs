//! The daily caps: whoever heard enough today hears the rest tomorrow, of what waits then; and so does everybody by text
//! once the day's budget for texts is used up.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroU32;
use std::sync::Arc;

use anyhow::Result;
use chrono::{DateTime, Days, NaiveTime, Utc};
use chrono_tz::Tz;

use super::weigh::Weighed;
use crate::collapse::Heard;
use crate::config::Config;
use crate::deliver::sms;
use crate::ledger::Ledger;
use crate::model::{AccountId, Channel, ConversationId, Reason, RecipientId, RuleName, Verdict};
use crate::notation::instant_of;

/// What one recipient hears on one channel.
type Ear = (RecipientId, Channel);
/// What is held back: one decision.
type Key = (RuleName, ConversationId, Arc<str>, RecipientId, Channel);

/// How much may be told in a day.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caps {
    /// To one recipient on one channel, in a day of their own zone.
    recipient: Option<NonZeroU32>,
    /// To one recipient by text.
    number: Option<NonZeroU32>,
    /// By text over all recipients, in a day of the desk's zone.
    texts: Option<NonZeroU32>,
    zone: Tz,
}

impl Caps {
    pub(super) fn of(config: &Config) -> Self {
        let sms = config.deliver.sms.as_ref();
        Self {
            recipient: config.limits.per_recipient_per_day,
            number: sms.and_then(sms::Settings::per_number_per_day),
            texts: sms.and_then(sms::Settings::per_day),
            zone: config.desk.time_zone.0,
        }
    }

    fn concern(self, channel: Channel) -> bool {
        self.recipient.is_some() || channel == Channel::Sms && self.number.or(self.texts).is_some()
    }

    fn for_one(self, channel: Channel) -> u32 {
        let number = self.number.filter(|_| channel == Channel::Sms);
        [self.recipient, number].into_iter().flatten().map(NonZeroU32::get).min().unwrap_or(u32::MAX)
    }
}

/// The texts that the budget of the day has left.
struct Budget {
    left: u32,
    tomorrow: DateTime<Utc>,
}

impl Budget {
    fn of(caps: Caps, ledger: &Ledger, now: DateTime<Utc>) -> Result<Self> {
        let left = match caps.texts {
            Some(most) => most.get().saturating_sub(ledger.texts_since(midnight(caps.zone, now, 0))?),
            None => u32::MAX,
        };
        Ok(Self { left, tomorrow: midnight(caps.zone, now, 1) })
    }
}

/// Takes out of what is heard what goes beyond the caps, and says so in the decisions.
pub(super) fn hold(caps: Caps, ledger: &Ledger, now: DateTime<Utc>, weighed: &mut Weighed) -> Result<()> {
    let held = beyond(caps, ledger, now, &weighed.heard)?;
    if held.is_empty() {
        return Ok(());
    }
    weighed.heard.retain(|heard| !held.contains_key(&key(heard)));
    for decision in &mut weighed.decisions {
        let (Some(recipient), Some(channel)) = (&decision.recipient, decision.channel) else { continue };
        let (rule, conversation) = (decision.rule.clone(), decision.conversation.clone());
        let key = (rule, conversation, decision.matter.clone(), recipient.clone(), channel);
        if let Some((tomorrow, reason)) = held.get(&key) {
            decision.verdict = Verdict::Later(*tomorrow, reason.clone());
        }
    }
    Ok(())
}

/// What goes beyond, with the end of its day and why.
fn beyond(
    caps: Caps,
    ledger: &Ledger,
    now: DateTime<Utc>,
    heard: &[Heard],
) -> Result<HashMap<Key, (DateTime<Utc>, Reason)>> {
    let mut order: Vec<&Heard> = heard.iter().filter(|heard| caps.concern(heard.target.channel)).collect();
    order.sort_by_key(|heard| heard.item.since);
    let mut told: HashMap<Ear, u32> = HashMap::new();
    let mut digests: HashSet<(Ear, Option<AccountId>, Arc<str>)> = HashSet::new();
    let (mut held, mut budget) = (HashMap::new(), None);
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
            continue;
        }
        if *count >= caps.for_one(ear.1) {
            held.insert(key(heard), (midnight(recipient.time_zone, now, 1), Reason::DailyCap));
            continue;
        }
        if ear.1 == Channel::Sms {
            if budget.is_none() {
                budget = Some(Budget::of(caps, ledger, now)?);
            }
            let Some(budget) = &mut budget else { continue };
            if budget.left == 0 {
                held.insert(key(heard), (budget.tomorrow, Reason::TextBudget));
                continue;
            }
            budget.left -= 1;
        }
        digests.insert(digest);
        *count += 1;
    }
    Ok(held)
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
