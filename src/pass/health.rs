//! Whether a gateway works, as its answers tell. Pure.

use super::suspects::Judged;
use crate::model::{Gateway, Outcome, Reply};

/// So many failures in a row without any answer: nobody is there, and waiting for each would eat the pass.
const SILENCES_IN_A_ROW: usize = 3;

/// What the answers of a pass say about a gateway.
#[derive(Debug)]
pub(super) struct Health {
    gateway: Gateway,
    silences: usize,
    /// It did not work in the last pass that tried it: one delivery goes ahead, by one lane.
    is_probe: bool,
    down: Option<Outcome>,
}

/// What follows from an answer for its gateway.
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
    pub(super) fn new(gateway: Gateway, is_probe: bool) -> Self {
        Self { gateway, silences: 0, is_probe, down: None }
    }

    /// That it was found not to work, with the first answer that said so.
    pub(super) fn down(&self) -> Option<&Outcome> {
        self.down.as_ref()
    }

    /// The server turns away the only lane that is left.
    pub(super) fn lose_the_last_lane(&mut self) {
        self.silences += 1;
    }

    /// It does not work, in these words.
    pub(super) fn fail(&mut self, outcome: Outcome) {
        self.down.get_or_insert(outcome);
    }

    /// What an answer says.
    pub(super) fn sign<T>(&mut self, judged: &Judged<T>) -> Sign {
        if self.stops(judged) {
            return Sign::Stops;
        }
        if std::mem::take(&mut self.is_probe) { Sign::Restored } else { Sign::GoesOn }
    }

    fn stops<T>(&mut self, judged: &Judged<T>) -> bool {
        match &judged.outcome {
            _ if judged.blames_channel => true,
            Outcome::Misconfigured { .. } => true,
            outcome if self.gateway == Gateway::Email && is_turned_away(outcome) => {
                self.is_probe || self.silences >= SILENCES_IN_A_ROW
            }
            // a limit is the account's, but among browsers each one's own: asking for each delivery would draw it out
            Outcome::Deferred(Some(_), _) if self.gateway != Gateway::Desktop => true,
            // a server that takes mails and never answers must not get the whole queue into doubt
            Outcome::Deferred(_, reply) | Outcome::Unknown(reply) if self.is_silence(reply) => {
                self.silences += 1;
                self.is_probe || self.silences >= SILENCES_IN_A_ROW
            }
            _ => {
                self.silences = 0;
                false
            }
        }
    }

    /// Whether nobody answered, or over HTTP somebody who cannot do anything just now (RFC 9110, section 15.6).
    fn is_silence(&self, reply: &Reply) -> bool {
        reply.code.is_empty() || self.gateway != Gateway::Email && reply.code.starts_with('5')
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
    use std::time::Duration;

    use super::*;
    use crate::model::Provider;

    fn answer(code: &str) -> Outcome {
        Outcome::Deferred(None, Reply { code: code.into(), text: "words".into() })
    }

    /// The signs of these answers.
    fn signs(mut health: Health, answers: &[Outcome]) -> Vec<Sign> {
        let judged = answers.iter().map(|outcome| Judged { item: (), outcome: outcome.clone(), blames_channel: false });
        judged.map(|judged| health.sign(&judged)).collect()
    }

    #[test]
    fn three_silences_in_a_row_stop_a_channel_and_an_answer_in_between_counts_anew() {
        use Sign::{GoesOn, Stops};
        let row = ["", "", "451", "", "", ""].map(answer);
        assert_eq!(signs(Health::new(Gateway::Email, false), &row), [GoesOn, GoesOn, GoesOn, GoesOn, GoesOn, Stops]);
    }

    #[test]
    fn a_probe_stops_at_the_first_silence_and_opens_at_the_first_answer() {
        use Sign::{GoesOn, Restored, Stops};
        assert_eq!(signs(Health::new(Gateway::Email, true), &[answer("")]), [Stops]);
        assert_eq!(signs(Health::new(Gateway::Email, true), &[answer("421 4.3.2")]), [Stops]);
        assert_eq!(
            signs(Health::new(Gateway::Email, true), &["451", "", "550"].map(answer)),
            [Restored, GoesOn, GoesOn]
        );
    }

    #[test]
    fn over_http_a_server_that_fails_three_times_in_a_row_stops_its_gateway() {
        use Sign::{GoesOn, Stops};
        let row = ["503", "503", "404", "500", "", "503"].map(answer);
        let fcm = Health::new(Gateway::Push(Provider::Fcm), false);
        assert_eq!(signs(fcm, &row), [GoesOn, GoesOn, GoesOn, GoesOn, GoesOn, Stops]);
    }

    #[test]
    fn the_limit_of_one_browser_stops_no_other() {
        let limit = Outcome::Deferred(Some(Duration::from_mins(1)), Reply { code: "429".into(), text: String::new() });
        let signs = |gateway| signs(Health::new(gateway, false), std::slice::from_ref(&limit));
        assert_eq!(signs(Gateway::Desktop), [Sign::GoesOn]);
        assert_eq!(signs(Gateway::Sms), [Sign::Stops]);
    }
}
