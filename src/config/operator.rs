//! `[operator]`: who hears when doorbell itself needs somebody.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::ScheduledRule;
use super::written::{Fault, fault};
use crate::model::{Audience, Named, ReadBy, Rule, Show, Tell, Watch, email_address};
use crate::notation::Span;
use crate::schedule::Schedule;

/// What `tell` calls the operator.
const FALLBACK: &str = "fallback";

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Operator {
    /// The address; without it what reaches nobody is only counted.
    email: Option<Spanned<String>>,
    /// How long a conversation may stay unread and reach nobody.
    uncovered_after: Span,
    /// Metrics of the last pass, for node_exporter.
    textfile: Option<Spanned<PathBuf>>,
}

/// What a pass tells monitors outside.
#[derive(Debug, Clone, Default)]
pub struct Signals {
    /// The file for the metrics of the last pass; its name ends in `.prom`.
    pub textfile: Option<PathBuf>,
}

impl Default for Operator {
    fn default() -> Self {
        Self { email: None, uncovered_after: Span::hours(4), textfile: None }
    }
}

impl Operator {
    /// What a pass tells monitors; relative names begin in `folder`.
    pub(super) fn signals(&self, folder: &Path) -> Result<Signals, Fault> {
        if let Some(file) = &self.textfile
            && file.get_ref().extension().is_none_or(|ending| ending != "prom")
        {
            let message = format!("node_exporter reads only files whose names end in .prom, not {:?}", file.get_ref());
            return Err(fault(file, message));
        }
        Ok(Signals { textfile: self.textfile.as_ref().map(|file| folder.join(file.get_ref())) })
    }

    /// The rule for what reaches nobody; makes the operator somebody whom rules can tell.
    pub(super) fn rule(
        self,
        people: &mut HashMap<Arc<str>, Named>,
        email_is_set_up: bool,
    ) -> Result<Option<ScheduledRule>, Fault> {
        if let Some(email) = &self.email {
            if email_address(email.get_ref()).is_none() {
                let message =
                    format!("{:?} is not an email address; write it like \"ops@example.com\"", email.get_ref());
                return Err(fault(email, message));
            }
            if !email_is_set_up {
                return Err(fault(email, "there is no [email] section; add one with server and from".into()));
            }
            let operator = Named { name: "Operator".into(), email: Some(email.get_ref().clone()), ..Named::default() };
            people.entry(FALLBACK.into()).or_insert(operator);
        }
        let fallback = people.get(FALLBACK).filter(|person| person.email.is_some() && email_is_set_up);
        let tell = Tell { audience: Audience::Person(FALLBACK.into()), otherwise: false };
        let rule = Rule {
            grace: self.uncovered_after.delta(),
            read_by: ReadBy::Anyone,
            tell: fallback.map(|_| tell).into_iter().collect(),
            ignore_hours: true,
            show: Show::None,
            ..Rule::new(Rule::UNCOVERED, Watch::Unread)
        };
        Ok(Some(ScheduledRule { rule, schedule: Schedule::Every(Span::minutes(15)) }))
    }
}
