//! Whose fault a refusal is: this mail's, or the channel's. Kept until the next answers tell. Pure.

use std::collections::{HashMap, HashSet};

use crate::model::{Gateway, Outcome, Reply};

/// So many equal refusals in a row, and nothing accepted in between, are the channel's fault and not the recipients'.
const MAILS_IN_A_ROW: usize = 3;
/// Devices die more often than mailboxes, and asking after one costs less.
const NOTIFICATIONS_IN_A_ROW: usize = 8;
/// What servers and networks say of single recipients too: "sender not allowed", "relay access denied", "bad device
/// token", "sender does not fit the country".
const MAY_BE_ONE_RECIPIENTS: [&str; 8] = [
    "email.from",
    "email.username",
    "email.hello_name",
    "sms.from",
    "push.apns.sandbox",
    "push.apns.topic",
    "push.fcm",
    "desktop.vapid_key_file",
];

/// An answer whose fault is known.
#[derive(Debug)]
pub(super) struct Judged<T> {
    pub(super) item: T,
    pub(super) outcome: Outcome,
    /// The channel is at fault: the mail waits for another try, and the channel stops.
    pub(super) blames_channel: bool,
}

/// Refusals that wait for their judgement.
///
/// Each branch of a gateway is judged by its own answers: a push service that takes our token says nothing about what
/// another one, with rules of its own, refuses.
#[derive(Debug)]
pub(super) struct Suspects<T> {
    held: Vec<Held<T>>,
    /// The branches that accepted something.
    working: HashSet<String>,
    /// What branches were convicted of: what was on the wire meanwhile gets the same answer.
    convicted: HashMap<String, Sign>,
    gateway: Gateway,
}

#[derive(Debug)]
struct Held<T> {
    item: T,
    branch: String,
    outcome: Outcome,
}

impl<T> Suspects<T> {
    pub(super) fn new(gateway: Gateway) -> Self {
        Self { held: Vec::new(), working: HashSet::new(), convicted: HashMap::new(), gateway }
    }

    /// Takes the answer of a branch in; gives out those that are judged by now.
    pub(super) fn take(&mut self, item: T, branch: String, outcome: Outcome) -> Vec<Judged<T>> {
        let own = |item, outcome| Judged { item, outcome, blames_channel: false };
        if matches!(outcome, Outcome::Accepted(_)) {
            self.convicted.remove(&branch);
            let mut judged = self.acquitted(&branch);
            self.working.insert(branch);
            judged.push(own(item, outcome));
            return judged;
        }
        let Some(sign) = suspicion(&outcome) else { return vec![own(item, outcome)] };
        let is_convicted = self.convicted.contains_key(&branch);
        if self.working.contains(&branch) && self.gateway != Gateway::Email && !is_convicted {
            return vec![own(item, self.own(outcome))];
        }
        let mut judged = self.told_apart(&branch, &sign);
        self.held.push(Held { item, branch: branch.clone(), outcome });
        judged.extend(self.convicted(branch, sign));
        judged
    }

    /// Those that are the branch's fault, once there are enough of them.
    fn convicted(&mut self, branch: String, sign: Sign) -> Vec<Judged<T>> {
        let is_alike = |held: &Held<T>| suspicion(&held.outcome).as_ref() == Some(&sign);
        let of_branch = self.held.iter().rev().filter(|held| held.branch == branch);
        let alike = of_branch.take_while(|held| is_alike(held)).count();
        let most = if self.gateway == Gateway::Email { MAILS_IN_A_ROW } else { NOTIFICATIONS_IN_A_ROW };
        if alike < most && self.convicted.get(&branch) != Some(&sign) {
            return Vec::new();
        }
        let before = self.held.iter().filter(|held| held.branch == branch).count() - alike;
        let mut seen = 0;
        let convicted = self.held.extract_if(.., |held| {
            seen += usize::from(held.branch == branch);
            held.branch == branch && seen > before
        });
        let convicted: Vec<Held<T>> = convicted.collect();
        let others_work = self.others_work(&branch);
        self.convicted.insert(branch, sign);
        let judged = |Held { item, outcome, .. }| match outcome {
            outcome if others_work => Judged { item, outcome: put_off(outcome), blames_channel: false },
            outcome => Judged { item, outcome, blames_channel: true },
        };
        convicted.into_iter().map(judged).collect()
    }

    /// A mail that was refused for another reason than the next one was refused for its own. Words about the settings
    /// stay: only a mail that is accepted proves them wrong.
    fn told_apart(&mut self, branch: &str, sign: &Sign) -> Vec<Judged<T>> {
        let other = |held: &mut Held<T>| {
            held.branch == branch
                && matches!(held.outcome, Outcome::RefusedMessage(_))
                && suspicion(&held.outcome).as_ref() != Some(sign)
        };
        let apart = self.held.extract_if(.., other);
        apart.map(|Held { item, outcome, .. }| Judged { item, outcome, blames_channel: false }).collect()
    }

    /// What is left when the pass ends: too few to blame the channel.
    pub(super) fn rest(&mut self) -> Vec<Judged<T>> {
        let held = std::mem::take(&mut self.held);
        let judged = |Held { item, branch, outcome }| {
            let outcome = match outcome {
                outcome if self.working.contains(&branch) => self.own(outcome),
                // the channel works, and nobody can tell whether it does there
                outcome @ Outcome::Misconfigured { .. } if self.others_work(&branch) => put_off(outcome),
                // words about the settings are believed as long as nothing proves them wrong
                outcome => outcome,
            };
            Judged { item, outcome, blames_channel: false }
        };
        held.into_iter().map(judged).collect()
    }

    fn others_work(&self, branch: &str) -> bool {
        self.working.iter().any(|working| working != branch)
    }

    /// The branch works for others: each of these refusals is about its own mail.
    fn acquitted(&mut self, branch: &str) -> Vec<Judged<T>> {
        let held: Vec<Held<T>> = self.held.extract_if(.., |held| held.branch == branch).collect();
        let own = |held: Held<T>| Judged { item: held.item, outcome: self.own(held.outcome), blames_channel: false };
        held.into_iter().map(own).collect()
    }

    /// A refusal that is not the channel's fault: of a mail it ends the mail, of a notification the device or the number,
    /// which the network does not know under these keys or does not reach from this sender.
    fn own(&self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Misconfigured { reply, .. } if self.gateway == Gateway::Email => Outcome::RefusedMessage(reply),
            Outcome::Misconfigured { reply, .. } => Outcome::RefusedRecipient(reply),
            Outcome::RefusedMessage(reply) if is_about_a_token(&reply) => Outcome::RefusedRecipient(reply),
            other => other,
        }
    }
}

/// Another try, as long as it is news: the branch may be at fault, and that must cost no device its place.
fn put_off(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Misconfigured { reply, .. } | Outcome::RefusedMessage(reply) => Outcome::Deferred(None, reply),
        other => other,
    }
}

/// What makes two refusals equal.
#[derive(Debug, PartialEq, Eq)]
enum Sign {
    /// The words, without what differs from mail to mail.
    Words(String, String),
    /// The setting: servers put the recipient into what they say about us.
    Setting(&'static str),
}

/// The sign of a refusal; `None` for an answer that is clearly about the address, or clearly about us.
fn suspicion(outcome: &Outcome) -> Option<Sign> {
    match outcome {
        // by mail 5.., by HTTP 4..
        Outcome::RefusedMessage(reply) if reply.code.starts_with(['4', '5']) => Some(words(reply)),
        Outcome::Misconfigured { key, .. } if MAY_BE_ONE_RECIPIENTS.contains(key) => Some(Sign::Setting(key)),
        _ => None,
    }
}

/// Google says `INVALID_ARGUMENT` of a malformed message and of a token alike; when others are taken in the same form,
/// it is the token (firebase.google.com, "Best practices for FCM registration token management").
fn is_about_a_token(reply: &Reply) -> bool {
    reply.code.contains("INVALID_ARGUMENT") && reply.text.contains("registration token")
}

/// The words that hold no address and no digit, which are those of queue ids and machines.
fn words(reply: &Reply) -> Sign {
    let varies = |word: &&str| word.contains(|letter: char| letter == '@' || letter.is_ascii_digit());
    let stays: Vec<&str> = reply.text.split_whitespace().filter(|word| !varies(word)).collect();
    Sign::Words(reply.code.clone(), stays.join(" ").chars().take(60).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(text: &str) -> Reply {
        Reply { code: "550 5.7.1".into(), text: text.into() }
    }

    /// The judgements over a row of answers and the end: `1 own`, `2 channel`.
    fn judged(answers: &[Outcome]) -> Vec<String> {
        let mut suspects = Suspects::new(Gateway::Email);
        let mut judged = Vec::new();
        for (number, answer) in answers.iter().enumerate() {
            judged.extend(suspects.take(number, String::new(), answer.clone()));
        }
        judged.extend(suspects.rest());
        let word = |one: &Judged<usize>| match (&one.outcome, one.blames_channel) {
            (_, true) => "channel",
            (Outcome::Accepted(_), _) => "accepted",
            (Outcome::Misconfigured { .. }, _) => "settings",
            _ => "own",
        };
        judged.iter().map(|one| format!("{} {}", one.item, word(one))).collect()
    }

    #[test]
    fn three_equal_refusals_in_a_row_are_the_channels_fault() {
        let blocked = |id: u32| Outcome::RefusedMessage(reply(&format!("blocked, see ticket {id}")));
        assert_eq!(judged(&[blocked(1), blocked(22), blocked(333)]), ["0 channel", "1 channel", "2 channel"]);
        assert_eq!(judged(&[blocked(1), blocked(2)]), ["0 own", "1 own"]);
        let row = [blocked(1), blocked(2), blocked(3), blocked(4)];
        assert_eq!(judged(&row)[3], "3 channel", "it was on the wire already");
    }

    #[test]
    fn a_refusal_between_accepted_mails_is_its_own() {
        let denied = Outcome::Misconfigured { key: "email.username", reply: reply("relay access denied") };
        let accepted = Outcome::Accepted(Reply::default());
        let row = [denied.clone(), accepted.clone(), denied.clone(), denied.clone(), accepted];
        assert_eq!(judged(&row), ["0 own", "1 accepted", "2 own", "3 own", "4 accepted"]);
        assert_eq!(judged(&[denied]), ["0 settings"], "believed until something proves it wrong");
    }

    #[test]
    fn refusals_that_differ_in_the_recipient_alone_are_equal() {
        let refused =
            |who: &str| Outcome::RefusedMessage(reply(&format!("<{who}***@e***.org>: access denied, id {who}7")));
        let row = ["a", "b", "c"].map(refused);
        assert_eq!(judged(&row), ["0 channel", "1 channel", "2 channel"]);
    }

    #[test]
    fn only_an_accepted_mail_proves_words_about_the_settings_wrong() {
        let blames = |key: &'static str| Outcome::Misconfigured { key, reply: reply("not you") };
        let (from, login) = (|| blames("email.from"), || blames("email.username"));
        assert_eq!(judged(&[from(), login(), from()]), ["0 settings", "1 settings", "2 settings"]);
        let accepted = Outcome::Accepted(Reply::default());
        assert_eq!(judged(&[from(), login(), accepted]), ["0 own", "1 own", "2 accepted"]);
        let spam = Outcome::RefusedMessage(reply("spam"));
        assert_eq!(judged(&[spam, from(), from(), from()]), ["0 own", "1 channel", "2 channel", "3 channel"]);
    }

    #[test]
    fn different_refusals_and_dead_addresses_blame_nobody_else() {
        let refused = |text: &str| Outcome::RefusedMessage(reply(text));
        assert_eq!(judged(&[refused("a"), refused("b"), refused("c")]), ["0 own", "1 own", "2 own"]);
        let gone = || Outcome::RefusedRecipient(reply("no such user"));
        assert_eq!(judged(&[gone(), gone(), gone()]), ["0 own", "1 own", "2 own"]);
    }

    /// The judgements over a row of answers of branches of a gateway, and the end.
    fn judged_by(gateway: Gateway, answers: &[(&str, Outcome)]) -> Vec<String> {
        let mut suspects = Suspects::new(gateway);
        let mut judged = Vec::new();
        for (number, (branch, answer)) in answers.iter().enumerate() {
            judged.extend(suspects.take(format!("{branch} {number}"), (*branch).to_owned(), answer.clone()));
        }
        judged.extend(suspects.rest());
        let word = |one: &Judged<String>| match (&one.outcome, one.blames_channel) {
            (_, true) => "channel",
            (Outcome::Accepted(_), _) => "accepted",
            (Outcome::Misconfigured { .. }, _) => "settings",
            (Outcome::Deferred(..), _) => "later",
            (Outcome::RefusedRecipient(_), _) => "dead",
            _ => "own",
        };
        judged.iter().map(|one| format!("{} {}", one.item, word(one))).collect()
    }

    fn bad_token() -> Outcome {
        let reply = Reply { code: "403".into(), text: "BadJwtToken".into() };
        Outcome::Misconfigured { key: "desktop.vapid_key_file", reply }
    }

    #[test]
    fn a_push_service_that_accepts_does_not_make_the_browsers_of_another_one_dead() {
        let taken = || ("google", Outcome::Accepted(Reply::default()));
        let refused = || ("apple", bad_token());
        assert_eq!(judged_by(Gateway::Desktop, &[taken(), refused()]), ["google 0 accepted", "apple 1 later"]);
        assert_eq!(judged_by(Gateway::Desktop, &[refused(), taken()]), ["google 1 accepted", "apple 0 later"]);
        let many = [vec![taken()], vec![refused(); 10], vec![taken()]].concat();
        let judged = judged_by(Gateway::Desktop, &many);
        assert_eq!(judged.iter().filter(|one| one.ends_with("later")).count(), 10, "{judged:?}");
        assert_eq!(judged.iter().filter(|one| one.ends_with("accepted")).count(), 2, "{judged:?}");
    }

    #[test]
    fn a_push_service_that_accepts_others_says_which_browsers_are_dead() {
        let apple = |answer: Outcome| ("apple", answer);
        let row = [apple(bad_token()), apple(Outcome::Accepted(Reply::default())), apple(bad_token())];
        assert_eq!(judged_by(Gateway::Desktop, &row), ["apple 0 dead", "apple 1 accepted", "apple 2 dead"]);
    }

    #[test]
    fn where_no_push_service_accepts_anything_the_settings_are_at_fault() {
        let row = [("apple", bad_token()), ("google", bad_token())];
        assert_eq!(judged_by(Gateway::Desktop, &row), ["apple 0 settings", "google 1 settings"]);
        let judged = judged_by(Gateway::Desktop, &vec![("apple", bad_token()); 8]);
        assert!(judged.iter().all(|one| one.ends_with("channel")), "{judged:?}");
    }
}
