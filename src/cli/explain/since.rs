//! What was told since a time, and what was not and why, in the order of its times.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::super::rehearsal::conversation;
use super::super::say;
use super::json::{kept_as_json, telling_as_json};
use super::words::Words;
use crate::ledger::{Kept, Telling};

/// What happened, oldest first.
pub(super) struct Since {
    from: DateTime<Utc>,
    happened: Vec<Happened>,
}

enum Happened {
    Told(Telling),
    Silent(Kept),
}

impl Happened {
    fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Told(telling) => telling.at(),
            Self::Silent(kept) => kept.since,
        }
    }
}

impl Since {
    /// What of these belongs to the time since `from`; what is still on its way does.
    pub(super) fn of(
        from: DateTime<Utc>,
        tellings: impl IntoIterator<Item = Telling>,
        kept: impl IntoIterator<Item = Kept>,
    ) -> Self {
        let told = tellings.into_iter().filter(|it| it.is_open() || it.at() >= from).map(Happened::Told);
        // that somebody was told is said by the delivery
        let silent = kept.into_iter().filter(|it| it.since >= from && it.reason != "told").map(Happened::Silent);
        let mut happened: Vec<Happened> = told.chain(silent).collect();
        happened.sort_by_key(Happened::at);
        Self { from, happened }
    }

    /// The lines for people.
    pub(super) fn show(&self, words: &Words<'_>) {
        say::line(&format!("\nsince {}:", words.time(self.from)));
        if self.happened.is_empty() {
            say::line("  nothing was told, and nothing was decided");
        }
        for it in &self.happened {
            let (id, rule, line) = match it {
                Happened::Told(telling) => (&telling.conversation, &telling.rule, words.told(telling)),
                Happened::Silent(kept) => (&kept.conversation, &kept.rule, words.silence(kept)),
            };
            say::line(&format!("  {} rule {rule}: {line}", conversation(words.facts, id)));
        }
    }

    /// The same for programs, each with its time as `at`.
    pub(super) fn as_json(&self) -> Vec<Value> {
        let one = |it: &Happened| {
            let mut value = match it {
                Happened::Told(telling) => telling_as_json(telling),
                Happened::Silent(kept) => kept_as_json(kept),
            };
            if let Some(fields) = value.as_object_mut() {
                fields.insert("at".into(), it.at().to_rfc3339().into());
            }
            value
        };
        self.happened.iter().map(one).collect()
    }
}
