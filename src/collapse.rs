//! One digest per recipient and channel: each conversation once for a rule, longest waiting first. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

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
    /// Empty, or the template set of a rule that has its own.
    pub subject: Arc<str>,
}

/// Gathers what everybody hears into digests; the order of `heard` does not matter.
///
/// Digests and their items come longest waiting first.
pub fn collapse(heard: impl IntoIterator<Item = (Arc<Target>, Item)>) -> Vec<Digest> {
    let mut digests: BTreeMap<(Option<AccountId>, RecipientId, Channel, Arc<str>), Digest> = BTreeMap::new();
    for (target, item) in heard {
        let Target { account, recipient, channel, subject } = &*target;
        let key = (account.clone(), recipient.id.clone(), *channel, subject.clone());
        let digest = digests.entry(key).or_insert_with(|| Digest {
            account: account.clone(),
            recipient: Recipient::clone(recipient),
            channel: *channel,
            subject: subject.clone(),
            items: Vec::new(),
        });
        digest.items.push(item);
    }
    let mut digests: Vec<Digest> = digests.into_values().collect();
    for digest in &mut digests {
        digest.items.sort_by(|one, other| place(one).cmp(&place(other)));
        digest.items.dedup_by(|later, first| later.conversation == first.conversation && later.rule == first.rule);
    }
    digests.sort_by_cached_key(|digest| digest.items.first().map(|item| item.since));
    digests
}

fn place(item: &Item) -> impl Ord + '_ {
    (item.since, &item.conversation, &item.rule)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use chrono_tz::Tz;
    use proptest::prelude::*;

    use super::*;
    use crate::model::{MessageRef, Why};

    fn heard(recipient: u8, conversation: u8, since: i64) -> (Arc<Target>, Item) {
        let at = DateTime::UNIX_EPOCH + TimeDelta::minutes(since);
        let recipient = Arc::new(Recipient {
            id: RecipientId::Agent(recipient.to_string().into()),
            name: String::new(),
            address: "ada@example.com".into(),
            time_zone: Tz::UTC,
        });
        let item = Item {
            rule: "reminder".into(),
            conversation: conversation.to_string().into(),
            latest: MessageRef { at, id: "1".into() },
            since: at,
            why: Why::Assignee,
        };
        (Arc::new(Target { account: None, recipient, channel: Channel::Email, subject: "".into() }), item)
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
        let (mut other_account, item) = heard(1, 1, 1);
        Arc::make_mut(&mut other_account).account = Some("acme".into());
        let (mut own_words, same) = heard(1, 1, 1);
        Arc::make_mut(&mut own_words).subject = "escalation".into();
        assert_eq!(collapse([heard(1, 1, 1), (other_account, item), (own_words, same)]).len(), 3);
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
