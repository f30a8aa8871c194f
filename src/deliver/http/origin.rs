//! The first question to each origin goes alone: a cold client would open a connection for every question at once,
//! and Apple wants one answer on a connection before it takes more (developer.apple.com, token-based connections).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Answer, Lost};

/// The origins that were asked.
#[derive(Debug, Default)]
pub(super) struct Origins(Mutex<HashMap<String, Arc<Mutex<Origin>>>>);

#[derive(Debug, Clone, Default)]
struct Origin {
    answers: bool,
    /// How often it was asked, and what came of it the last time, while it has never answered.
    failures: u64,
    why: String,
}

impl Origins {
    /// Asks; as long as the origin has not answered, those who come meanwhile wait, and share its failure.
    pub(super) fn first_alone(&self, origin: &str, ask: impl FnOnce() -> Result<Answer, Lost>) -> Result<Answer, Lost> {
        let place = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry(origin.to_owned()).or_default().clone()
        };
        let Err(seen) = looked_at(&place) else { return ask() };
        let mut state = place.lock().unwrap_or_else(PoisonError::into_inner);
        if state.answers {
            drop(state);
            return ask();
        }
        if state.failures > seen {
            // it was not even tried
            return Err(Lost::Unsent(state.why.clone()));
        }
        let answer = ask();
        match &answer {
            Ok(_) => state.answers = true,
            Err(lost) => (state.failures, state.why) = (state.failures + 1, lost.why().to_owned()),
        }
        answer
    }
}

/// `Ok` for an origin that answers; else how often it had failed when this question came up.
fn looked_at(place: &Mutex<Origin>) -> Result<(), u64> {
    match place.try_lock() {
        Ok(state) if state.answers => Ok(()),
        Ok(state) => Err(state.failures),
        // somebody is asking just now: whatever comes of it is news
        Err(_) => Err(0),
    }
}
