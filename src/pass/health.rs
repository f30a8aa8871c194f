//! Whether the channels work, as their answers tell. Pure.

use std::collections::BTreeMap;

use super::suspects::Judged;
use crate::model::{Channel, Outcome};

/// So many servers' failures in a row without any answer: nobody is there, and waiting for each would eat the pass.
const SILENCES_IN_A_ROW: usize = 3;

/// What the answers of a pass say about its channels.
#[derive(Debug, Default)]
pub(super) struct Health {
    silences: usize,
    /// Email did not work in the last pass that tried it: one mail goes ahead, by one lane.
    is_probe: bool,
    down: BTreeMap<Channel, Outcome>,
}

/// What follows from an answer for its channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// It goes on.
    GoesOn,
    /// It works again.
    Restored,
    /// It does not work: nothing more begins.
    Stops,
}

impl Health {
    /// At the start of a pass.
    pub(super) fn new(is_probe: bool) -> Self {
        Self { is_probe, ..Self::default() }
    }

    /// The channels that were found not to work, with the first answer that said so.
    pub(super) fn down(&self) -> &BTreeMap<Channel, Outcome> {
        &self.down
    }

    /// The server turns away the only lane that is left.
    pub(super) fn lose_the_last_lane(&mut self) {
        self.silences += 1;
    }

    /// A channel does not work, in these words.
    pub(super) fn fail(&mut self, channel: Channel, outcome: Outcome) {
        self.down.entry(channel).or_insert(outcome);
    }

    /// What an answer says.
    pub(super) fn sign<T>(&mut self, channel: Channel, judged: &Judged<T>) -> Sign {
        if self.stops(channel, judged) {
            return Sign::Stops;
        }
        if channel == Channel::Email && std::mem::take(&mut self.is_probe) { Sign::Restored } else { Sign::GoesOn }
    }

    fn stops<T>(&mut self, channel: Channel, judged: &Judged<T>) -> bool {
        match &judged.outcome {
            _ if judged.blames_channel => true,
            Outcome::Misconfigured { .. } => true,
            _ if channel != Channel::Email => false,
            outcome if is_turned_away(outcome) => self.is_probe || self.silences >= SILENCES_IN_A_ROW,
            // a limit is the account's: asking for each mail behind it would draw it out
            Outcome::Deferred(Some(_), _) => true,
            // a server that takes mails and never answers must not get the whole queue into doubt
            Outcome::Deferred(_, reply) | Outcome::Unknown(reply) if reply.code.is_empty() => {
                self.silences += 1;
                self.is_probe || self.silences >= SILENCES_IN_A_ROW
            }
            _ => {
                self.silences = 0;
                false
            }
        }
    }
}

/// Whether the server wants fewer connections or none for now, or no login: RFC 5321 (421), Exchange Online (432),
/// RFC 3207 and RFC 4954 (454). Asking for each mail anew would have it lock us out.
pub(super) fn is_turned_away(outcome: &Outcome) -> bool {
    let codes = ["421", "432", "454"];
    matches!(outcome, Outcome::Deferred(_, reply) if codes.iter().any(|code| reply.code.starts_with(code)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Reply;

    fn answer(code: &str) -> Outcome {
        Outcome::Deferred(None, Reply { code: code.into(), text: "words".into() })
    }

    /// The signs of these answers by email.
    fn signs(mut health: Health, answers: &[Outcome]) -> Vec<Sign> {
        let judged = answers.iter().map(|outcome| Judged { item: (), outcome: outcome.clone(), blames_channel: false });
        judged.map(|judged| health.sign(Channel::Email, &judged)).collect()
    }

    #[test]
    fn three_silences_in_a_row_stop_a_channel_and_an_answer_in_between_counts_anew() {
        use Sign::{GoesOn, Stops};
        let row = ["", "", "451", "", "", ""].map(answer);
        assert_eq!(signs(Health::new(false), &row), [GoesOn, GoesOn, GoesOn, GoesOn, GoesOn, Stops]);
    }

    #[test]
    fn a_probe_stops_at_the_first_silence_and_opens_at_the_first_answer() {
        use Sign::{GoesOn, Restored, Stops};
        assert_eq!(signs(Health::new(true), &[answer("")]), [Stops]);
        assert_eq!(signs(Health::new(true), &[answer("421 4.3.2")]), [Stops]);
        assert_eq!(signs(Health::new(true), &["451", "", "550"].map(answer)), [Restored, GoesOn, GoesOn]);
    }
}
