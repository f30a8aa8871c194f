//! Whose fault a refusal is: this mail's, or the channel's. Kept until the next answers tell. Pure.

use crate::model::{Outcome, Reply};

/// So many equal refusals in a row, and nothing accepted in between, are the channel's fault and not the recipients'.
const IN_A_ROW: usize = 3;

/// An answer whose fault is known.
#[derive(Debug)]
pub(super) struct Judged<T> {
    pub(super) item: T,
    pub(super) outcome: Outcome,
    /// The channel is at fault: the mail waits for another try, and the channel stops.
    pub(super) blames_channel: bool,
}

/// Refusals that wait for their judgement.
#[derive(Debug)]
pub(super) struct Suspects<T> {
    held: Vec<(T, Outcome)>,
    anything_accepted: bool,
    /// What the channel was convicted of: mails that were on the wire meanwhile get the same answer.
    convicted: Option<(String, String)>,
}

impl<T> Default for Suspects<T> {
    fn default() -> Self {
        Self { held: Vec::new(), anything_accepted: false, convicted: None }
    }
}

impl<T> Suspects<T> {
    /// Takes an answer in; gives out those that are judged by now.
    pub(super) fn take(&mut self, item: T, outcome: Outcome) -> Vec<Judged<T>> {
        let own = |item, outcome| Judged { item, outcome, blames_channel: false };
        if matches!(outcome, Outcome::Accepted(_)) {
            self.anything_accepted = true;
            self.convicted = None;
            let mut judged = self.acquitted();
            judged.push(own(item, outcome));
            return judged;
        }
        let Some(sign) = suspicion(&outcome) else { return vec![own(item, outcome)] };
        let mut judged = Vec::new();
        if self.held.first().and_then(|(_, first)| suspicion(first)).is_some_and(|first| first != sign) {
            judged = self.acquitted();
        }
        self.held.push((item, outcome));
        if self.held.len() >= IN_A_ROW || self.convicted.as_ref() == Some(&sign) {
            self.convicted = Some(sign);
            let convicted = self.held.drain(..);
            judged.extend(convicted.map(|(item, outcome)| Judged { item, outcome, blames_channel: true }));
        }
        judged
    }

    /// What is left when the pass ends: too few to blame the channel.
    pub(super) fn rest(&mut self) -> Vec<Judged<T>> {
        if self.anything_accepted {
            return self.acquitted();
        }
        // words about the settings are believed as long as nothing proves them wrong
        let rest = self.held.drain(..);
        rest.map(|(item, outcome)| Judged { item, outcome, blames_channel: false }).collect()
    }

    /// The channel works for others: each of these refusals is about its own mail.
    fn acquitted(&mut self) -> Vec<Judged<T>> {
        let own = |outcome| match outcome {
            Outcome::Misconfigured { reply, .. } => Outcome::RefusedMessage(reply),
            other => other,
        };
        let held = self.held.drain(..);
        held.map(|(item, outcome)| Judged { item, outcome: own(outcome), blames_channel: false }).collect()
    }
}

/// What makes two refusals equal; `None` for an answer that is clearly about the address, or clearly about us.
fn suspicion(outcome: &Outcome) -> Option<(String, String)> {
    match outcome {
        Outcome::RefusedMessage(reply) if reply.code.starts_with('5') => Some(sign(reply)),
        // servers say "sender not allowed" and "relay access denied" of single recipients too
        Outcome::Misconfigured { key: "email.from" | "email.username", reply } => Some(sign(reply)),
        _ => None,
    }
}

/// The reply without numbers, which are queue ids and addresses of machines.
fn sign(reply: &Reply) -> (String, String) {
    (reply.code.clone(), reply.text.chars().filter(|letter| !letter.is_ascii_digit()).take(60).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(text: &str) -> Reply {
        Reply { code: "550 5.7.1".into(), text: text.into() }
    }

    /// The judgements over a row of answers and the end: `1 own`, `2 channel`.
    fn judged(answers: &[Outcome]) -> Vec<String> {
        let mut suspects = Suspects::default();
        let mut judged = Vec::new();
        for (number, answer) in answers.iter().enumerate() {
            judged.extend(suspects.take(number, answer.clone()));
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
    fn different_refusals_and_dead_addresses_blame_nobody_else() {
        let refused = |text: &str| Outcome::RefusedMessage(reply(text));
        assert_eq!(judged(&[refused("a"), refused("b"), refused("c")]), ["0 own", "1 own", "2 own"]);
        let gone = || Outcome::RefusedRecipient(reply("no such user"));
        assert_eq!(judged(&[gone(), gone(), gone()]), ["0 own", "1 own", "2 own"]);
    }
}
