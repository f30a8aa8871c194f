//! A token that a provider is shown with every request: used as long as it is good, made anew by one lane for all.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};

use super::super::carrier::Token;
use crate::model::{Gateway, Outcome};

/// Apple refuses tokens older than an hour and minds new ones within 20 minutes (developer.apple.com, "Establishing a
/// token-based connection to APNs"); Google's last an hour.
const GOOD_FOR: TimeDelta = TimeDelta::minutes(50);
/// Lanes that waited for a token that was not to be had share the answer in place of asking one after the other.
const SHARED_FOR: TimeDelta = TimeDelta::seconds(10);

/// The token of one gateway.
#[derive(Debug)]
pub(super) struct Bearer {
    key: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    token: Option<Token>,
    /// It was made in this pass.
    is_new: bool,
    /// It was made because the provider would not have the one before.
    was_renewed: bool,
    failed: Option<(DateTime<Utc>, Outcome)>,
}

/// Makes a token.
type Make<'a> = dyn Fn() -> Result<SecretString, Outcome> + 'a;

impl Bearer {
    /// With the token of an earlier pass, if it was made for the same `key`.
    pub(super) fn new(gateway: Gateway, key: String, kept: &BTreeMap<Gateway, Token>) -> Self {
        let token = kept.get(&gateway).filter(|token| token.key == key).cloned();
        Self { key, state: Mutex::new(State { token, ..State::default() }) }
    }

    /// The token to show at `now`.
    pub(super) fn shown(&self, now: DateTime<Utc>, make: &Make<'_>) -> Result<SecretString, Outcome> {
        let mut state = self.state();
        // lanes are not in step: what one has just made is of the future for another
        let earliest = if state.is_new { TimeDelta::MIN } else { TimeDelta::zero() };
        let is_good = |token: &&Token| (earliest..GOOD_FOR).contains(&(now - token.made_at));
        if let Some(token) = state.token.as_ref().filter(is_good) {
            return Ok(token.value.clone());
        }
        self.made(&mut state, now, make)
    }

    /// Another one, after the provider would not have this one; `None` when that was tried before.
    pub(super) fn renewed(
        &self,
        refused: &SecretString,
        now: DateTime<Utc>,
        make: &Make<'_>,
    ) -> Result<Option<SecretString>, Outcome> {
        let mut state = self.state();
        let is_other = |token: &&Token| token.value.expose_secret() != refused.expose_secret();
        if let Some(token) = state.token.as_ref().filter(is_other) {
            return Ok(Some(token.value.clone()));
        }
        if state.was_renewed {
            return Ok(None);
        }
        state.was_renewed = true;
        self.made(&mut state, now, make).map(Some)
    }

    /// The token, if it was made in this pass.
    pub(super) fn fresh(&self) -> Option<Token> {
        let state = self.state();
        state.token.clone().filter(|_| state.is_new)
    }

    fn made(&self, state: &mut State, now: DateTime<Utc>, make: &Make<'_>) -> Result<SecretString, Outcome> {
        if let Some((_, outcome)) = state.failed.as_ref().filter(|(at, _)| now < *at + SHARED_FOR) {
            return Err(outcome.clone());
        }
        match make() {
            Ok(value) => {
                let token = Token { key: self.key.clone(), value: value.clone(), made_at: now };
                (state.token, state.is_new) = (Some(token), true);
                Ok(value)
            }
            Err(outcome) => {
                state.failed = Some((now, outcome.clone()));
                Err(outcome)
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::super::ours;
    use super::*;
    use crate::model::Provider;

    const APNS: Gateway = Gateway::Push(Provider::Apns);

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn kept(key: &str, minute: i64) -> BTreeMap<Gateway, Token> {
        let token = Token { key: key.into(), value: "kept".to_owned().into(), made_at: at(minute) };
        BTreeMap::from([(APNS, token)])
    }

    fn shown(bearer: &Bearer, minute: i64) -> String {
        let make = || Ok(format!("made at {minute}").into());
        bearer.shown(at(minute), &make).unwrap().expose_secret().to_owned()
    }

    #[test]
    fn a_token_of_an_earlier_pass_is_shown_again_for_fifty_minutes() {
        let bearer = Bearer::new(APNS, "key".into(), &kept("key", 100));
        assert_eq!([100, 149].map(|minute| shown(&bearer, minute)), ["kept", "kept"]);
        assert!(bearer.fresh().is_none(), "the ledger has it");
        assert_eq!([150, 199].map(|minute| shown(&bearer, minute)), ["made at 150", "made at 150"]);
        assert_eq!(bearer.fresh().unwrap().made_at, at(150));
    }

    #[test]
    fn a_token_of_other_keys_or_of_the_future_is_not_shown() {
        assert_eq!(shown(&Bearer::new(APNS, "another".into(), &kept("key", 100)), 110), "made at 110");
        assert_eq!(shown(&Bearer::new(APNS, "key".into(), &kept("key", 100)), 99), "made at 99");
    }

    #[test]
    fn a_lane_that_is_behind_takes_the_token_of_one_that_is_ahead() {
        let bearer = Bearer::new(APNS, "key".into(), &BTreeMap::new());
        assert_eq!([101, 100].map(|minute| shown(&bearer, minute)), ["made at 101", "made at 101"]);
    }

    #[test]
    fn a_refused_token_is_made_anew_once_for_all_lanes() {
        let bearer = Bearer::new(APNS, "key".into(), &kept("key", 100));
        let count = Cell::new(0);
        let make = || {
            count.set(count.get() + 1);
            Ok(format!("new {}", count.get()).into())
        };
        let old: SecretString = "kept".to_owned().into();
        let renewed = |refused: &SecretString| bearer.renewed(refused, at(110), &make).unwrap();
        let new = renewed(&old).unwrap();
        assert_eq!(new.expose_secret(), "new 1");
        assert_eq!(renewed(&old).unwrap().expose_secret(), "new 1", "another lane was refused the old one, too");
        assert!(renewed(&new).is_none(), "a third would be refused as well");
        assert_eq!(count.get(), 1);
    }

    #[test]
    fn lanes_share_the_answer_when_there_is_no_token() {
        let bearer = Bearer::new(APNS, "key".into(), &BTreeMap::new());
        let asked = Cell::new(0);
        let make = || {
            asked.set(asked.get() + 1);
            Err(Outcome::Deferred(None, ours("nobody there".into())))
        };
        for _ in 0..100 {
            assert!(bearer.shown(at(0), &make).is_err());
        }
        assert_eq!(asked.get(), 1);
        assert!(bearer.shown(at(1), &make).is_err());
        assert_eq!(asked.get(), 2, "later it is asked again");
    }
}
