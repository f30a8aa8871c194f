//! One digest per recipient and channel: each conversation once for a rule, longest waiting first. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::model::{AccountId, Channel, Digest, Item, Recipient, RecipientId};

/// Whose digest an item belongs to.
#[derive(Debug, Clone)]
pub struct Target {
    /// The organisation; two never share a digest.
    pub account: Option<AccountId>,
    /// Who hears.
    pub recipient: Arc<Recipient>,
    /// How.
    pub channel: Channel,
    /// What keeps its digest apart from another of the recipient; see [`Digest::subject_of`].
    pub subject: Arc<str>,
}

/// Something that somebody hears.
#[derive(Debug, Clone)]
pub struct Heard {
    /// Who hears, and how.
    pub target: Arc<Target>,
    /// What.
    pub item: Item,
    /// Not before this: the recipient rests until then.
    pub not_before: Option<DateTime<Utc>>,
}

/// Gathers what everybody hears into digests; the order of `heard` does not matter.
///
/// Digests and their items come longest waiting first.
///
/// A digest goes as soon as anything of it may go: whoever is disturbed anyway hears everything at once.
pub fn collapse(heard: impl IntoIterator<Item = Heard>) -> Vec<Digest> {
    let mut digests: BTreeMap<Key, Digest> = BTreeMap::new();
    for Heard { target, item, not_before } in heard {
        let Target { account, recipient, channel, subject } = &*target;
        let endpoint = recipient.endpoint().into();
        let key = (account.clone(), recipient.id.clone(), *channel, endpoint, subject.clone());
        let digest = digests.entry(key).or_insert_with(|| Digest {
            account: account.clone(),
            recipient: Recipient::clone(recipient),
            channel: *channel,
            subject: subject.clone(),
            not_before,
            items: Vec::new(),
        });
        // None, which is now, comes before any time
        digest.not_before = digest.not_before.min(not_before);
        digest.items.push(item);
    }
    let mut digests: Vec<Digest> = digests.into_values().collect();
    for digest in &mut digests {
        digest.items.sort_by(|one, other| place(one).cmp(&place(other)));
        digest.items.dedup_by(|later, first| same(later, first));
    }
    digests.sort_by_cached_key(|digest| digest.items.first().map(|item| item.since));
    digests
}

/// A digest's key: account, recipient, channel, device, subject.
type Key = (Option<AccountId>, RecipientId, Channel, Arc<str>, Arc<str>);

fn place(item: &Item) -> impl Ord + '_ {
    (item.since, &item.conversation, &item.rule, &item.matter)
}

fn same(one: &Item, other: &Item) -> bool {
    one.conversation == other.conversation && one.rule == other.rule && one.matter == other.matter
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use chrono_tz::Tz;
    use proptest::prelude::*;

    use super::*;
    use crate::model::{MessageRef, Why};

    fn heard(recipient: u8, conversation: u8, since: i64) -> Heard {
        let at = DateTime::UNIX_EPOCH + TimeDelta::minutes(since);
        let recipient = Arc::new(Recipient {
            id: RecipientId::Agent(recipient.to_string().into()),
            name: String::new(),
            address: "ada@example.com".into(),
            device: None,
            time_zone: Tz::UTC,
        });
        let item = Item {
            rule: "reminder".into(),
            conversation: conversation.to_string().into(),
            latest: MessageRef { at, id: "1".into() },
            matter: "".into(),
            since: at,
            why: Why::Assignee,
            step: 1,
        };
        let target = Arc::new(Target { account: None, recipient, channel: Channel::Email, subject: "".into() });
        Heard { target, item, not_before: None }
    }

    #[test]
    fn everybody_gets_one_digest_longest_waiting_first() {
        let digests = collapse([heard(1, 1, 30), heard(2, 2, 20), heard(1, 3, 10), heard(1, 1, 30)]);
        let shown: Vec<(String, Vec<&str>)> = digests
            .iter()
            .map(|digest| {
                let conversations = digest.items.iter().map(|item| item.conversation.as_str()).collect();
                (digest.recipient.id.to_string(), conversations)
            })
            .collect();
        assert_eq!(shown, [("agent:1".to_owned(), vec!["3", "1"]), ("agent:2".to_owned(), vec!["2"])]);
    }

    #[test]
    fn accounts_channels_and_own_templates_keep_their_own_digest() {
        let mut other_account = heard(1, 1, 1);
        Arc::make_mut(&mut other_account.target).account = Some("acme".into());
        let mut own_words = heard(1, 1, 1);
        Arc::make_mut(&mut own_words.target).subject = "escalation".into();
        assert_eq!(collapse([heard(1, 1, 1), other_account, own_words]).len(), 3);
    }

    #[test]
    fn whoever_is_disturbed_anyway_hears_everything_at_once() {
        let opening = DateTime::UNIX_EPOCH + TimeDelta::hours(7);
        let resting = |conversation| Heard { not_before: Some(opening), ..heard(1, conversation, 1) };
        assert_eq!(collapse([resting(1), resting(2)])[0].not_before, Some(opening));
        assert_eq!(collapse([resting(1), heard(1, 2, 1)])[0].not_before, None);
    }

    proptest! {
        #[test]
        fn the_order_of_rows_does_not_matter(
            (rows, shuffled) in prop::collection::vec((0_u8..4, 0_u8..9), 0..40)
                .prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle()))
        ) {
            let digests = |rows: &[(u8, u8)]| {
                collapse(rows.iter().map(|(recipient, conversation)| heard(*recipient, *conversation, i64::from(*conversation))))
            };
            let digests_in_order = digests(&rows);
            prop_assert_eq!(&digests_in_order, &digests(&shuffled));
            for digest in digests_in_order {
                prop_assert!(digest.items.windows(2).all(|pair| pair[0].since < pair[1].since));
            }
        }
    }
}
