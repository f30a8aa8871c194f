//! `[operator]`: who hears when doorbell itself needs somebody.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use toml::Spanned;

use super::ScheduledRule;
use super::written::{Fault, fault};
use crate::model::{Audience, Named, ReadBy, Rule, Show, Tell, Watch, email_address};
use crate::notation::Span;
use crate::schedule::Schedule;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Operator {
    /// The address; without it what reaches nobody is only counted.
    email: Option<Spanned<String>>,
    /// How long a conversation may stay unread and reach nobody.
    uncovered_after: Span,
    /// Metrics of the last pass, for `node_exporter`.
    textfile: Option<Spanned<PathBuf>>,
    /// A dead-man service.
    ping: Option<Spanned<SecretString>>,
}

/// What a pass tells monitors outside.
#[derive(Debug, Clone, Default)]
pub struct Signals {
    /// The file for the metrics of the last pass; its name ends in `.prom`.
    pub textfile: Option<PathBuf>,
    /// Where a dead-man service hears of passes. Whoever knows it can speak for doorbell, so it is a secret; see
    /// [`Signals::ping_url`].
    pub ping: Option<SecretString>,
}

impl Default for Operator {
    fn default() -> Self {
        Self { email: None, uncovered_after: Span::hours(4), textfile: None, ping: None }
    }
}

impl Signals {
    /// The address that hears of a step of a pass: `start`, an exit status, or empty for the end of one that went well.
    pub fn ping_url(&self, step: &str) -> Option<Url> {
        let mut url = ping_url(self.ping.as_ref()?.expose_secret())?;
        if !step.is_empty() {
            url.path_segments_mut().ok()?.pop_if_empty().push(step);
        }
        Some(url)
    }
}

/// The address, if nobody on the way can read it: https, or http that does not leave this machine.
fn ping_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    (url.host_str().is_some() && (url.scheme() == "https" || here && url.scheme() == "http")).then_some(url)
}

impl Operator {
    /// What a pass tells monitors; relative names begin in `folder`.
    pub(super) fn signals(&self, folder: &Path) -> Result<Signals, Fault> {
        if let Some(file) = &self.textfile
            && file.get_ref().extension().is_none_or(|ending| ending != "prom")
        {
            let name = file.get_ref().display();
            let message = format!("node_exporter reads only files whose names end in .prom, not {name}");
            return Err(fault(file, message));
        }
        if let Some(ping) = &self.ping
            && ping_url(ping.get_ref().expose_secret()).is_none()
        {
            // without the line: it is a secret however wrong it is
            let message = "operator.ping is no address of a check; write it like \"https://hc-ping.com/UUID\", \
                           or with http on this machine only";
            return Err(Fault { place: None, message: message.into() });
        }
        let textfile = self.textfile.as_ref().map(|file| folder.join(file.get_ref()));
        Ok(Signals { textfile, ping: self.ping.as_ref().map(|ping| ping.get_ref().clone()) })
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
            people.entry(Rule::FALLBACK.into()).or_insert(operator);
        }
        let fallback = people.get(Rule::FALLBACK).filter(|person| person.email.is_some() && email_is_set_up);
        let tell = Tell { audience: Audience::Person(Rule::FALLBACK.into()), otherwise: false };
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
