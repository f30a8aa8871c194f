//! `[operator]`: who hears when doorbell itself needs somebody.

use std::collections::HashMap;
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
}

impl Default for Operator {
    fn default() -> Self {
        Self { email: None, uncovered_after: Span::hours(4) }
    }
}

impl Operator {
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
