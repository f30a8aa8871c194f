//! The settings as they are written, and what they mean together.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::operator::Operator;
use super::person::WrittenPerson;
use super::rule::{Known, WrittenRule};
use super::{Config, Limits, ScheduledRule};
use crate::deliver::{self, desktop, email, http, push, sms};
use crate::desk::{self, DeskUrl};
use crate::ledger::{self, Place, Server};
use crate::model::{Channel, Named};
use crate::render;
use crate::route::{BotSettings, PresenceSettings};
use crate::server::Address;

/// A mistake that only shows when parts are seen together: where it stands, and what to say.
pub(super) struct Fault {
    pub(super) place: Option<Range<usize>>,
    pub(super) message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    desk: Spanned<desk::Settings>,
    #[serde(default = "no_ledger")]
    ledger: Spanned<ledger::Settings>,
    #[serde(default)]
    presence: PresenceSettings,
    #[serde(default)]
    bot: BotSettings,
    #[serde(default)]
    operator: Operator,
    #[serde(default)]
    limits: Limits,
    email: Option<email::Settings>,
    #[serde(default)]
    http: http::Settings,
    sms: Option<sms::Settings>,
    push: Option<push::Settings>,
    desktop: Option<desktop::Settings>,
    #[serde(default)]
    templates: render::Settings,
    #[serde(default)]
    people: BTreeMap<Spanned<String>, WrittenPerson>,
    #[serde(default)]
    rule: BTreeMap<Spanned<String>, WrittenRule>,
}

impl Written {
    pub(super) fn checked(self, folder: PathBuf) -> Result<Config, Fault> {
        let takes_replies = self.sms.as_ref().is_some_and(sms::Settings::takes_replies);
        let ledger = fits_together(&self.desk, &self.ledger, takes_replies, &folder)?;
        let people = self.people.into_iter().map(|(name, person)| person.checked(name, &folder));
        let mut people: HashMap<Arc<str>, Named> = people.collect::<Result<_, _>>()?;
        if self.rule.is_empty() {
            let message = "the settings hold no rule, so nobody would ever hear; add a [rule.NAME] section";
            return Err(Fault { place: None, message: message.into() });
        }
        let deliver = deliver::Settings { http: self.http, sms: self.sms, push: self.push, desktop: self.desktop };
        let email = self.email.is_some().then_some(Channel::Email);
        let channels: BTreeSet<Channel> = deliver.channels().chain([Channel::InApp]).chain(email).collect();
        let signals = self.operator.signals(&folder)?;
        let uncovered = self.operator.rule(&mut people, self.email.is_some())?;
        let known = Known { people: &people, channels: &channels };
        let rules = self.rule.into_iter().map(|(name, rule)| rule.checked(name, &known));
        let mut rules: Vec<ScheduledRule> = rules.collect::<Result<_, _>>()?;
        rules.extend(uncovered);
        Ok(Config {
            folder,
            desk: self.desk.into_inner(),
            presence: self.presence,
            bot: self.bot,
            limits: self.limits,
            signals,
            email: self.email,
            deliver,
            templates: self.templates,
            by_name: rules.iter().enumerate().map(|(place, it)| (it.rule.name.clone(), place)).collect(),
            rules,
            people,
            ledger,
        })
    }
}

fn no_ledger() -> Spanned<ledger::Settings> {
    Spanned::new(0..0, ledger::Settings::default())
}

/// What a desk on a server, or in a file, asks of the other settings. Answers where the ledger is.
fn fits_together(
    desk: &Spanned<desk::Settings>,
    ledger: &Spanned<ledger::Settings>,
    takes_replies: bool,
    folder: &Path,
) -> Result<Place, Fault> {
    let settings = desk.get_ref();
    if let Some(wrong) = wrong_with_desk(settings, takes_replies) {
        return Err(fault(desk, wrong));
    }
    if let Some(place) = ledger.get_ref().place(folder).map_err(|wrong| fault(ledger, wrong))? {
        return Ok(place);
    }
    match &settings.url {
        DeskUrl::Sqlite(path) if settings.adapter.is_none() => Ok(Place::File(folder.join(path))),
        DeskUrl::Postgres(address) if settings.adapter.is_none() => Ok(Place::Server(Box::new(Server {
            address: Address::clone(address),
            password_file: settings.password_file.clone(),
            ca_file: settings.ca_file.clone(),
            folder: folder.to_owned(),
        }))),
        // somebody else's database is not ours to write to
        _ => Err(fault(
            desk,
            "a desk that is read by an adapter is only read, so the ledger needs a place of its own; add [ledger] with \
             path = \"/var/lib/doorbell/ledger.db\", or with url = \"postgres://USER@HOST/DATABASE\""
                .into(),
        )),
    }
}

const ONLY_READ: &str = "a desk that is read by an adapter is only read";

/// What does not go with the kind of desk that it is.
fn wrong_with_desk(desk: &desk::Settings, takes_replies: bool) -> Option<String> {
    let of_server = [("password_file", &desk.password_file), ("ca_file", &desk.ca_file)];
    let of_server = of_server.iter().find(|(_, value)| value.is_some());
    let is_file = matches!(desk.url, DeskUrl::Sqlite(_));
    match of_server {
        _ if desk.adapter.is_none() && matches!(desk.url, DeskUrl::MariaDb(_)) => {
            let engine = desk.url.engine();
            Some(format!("a desk on {engine} is read by an adapter only; name it, such as adapter = \"livehelperchat\""))
        }
        _ if desk.adapter.is_none() && !desk.relations.is_empty() => Some(
            "desk.relations corrects an adapter, and there is none; add adapter = \"chatwoot\", or take desk.relations out"
                .into(),
        ),
        Some((key, _)) if is_file => {
            Some(format!("desk.{key} belongs to a desk on a server, and desk.url names a file; take {key} out"))
        }
        _ if desk.adapter.is_some() && desk.mark_read_after_email => {
            Some(format!("{ONLY_READ}, so nothing can be marked as read there; take mark_read_after_email out"))
        }
        _ if desk.adapter.is_some() && takes_replies => {
            Some(format!("{ONLY_READ}, so what people text cannot go there; take sms.replies out"))
        }
        _ => None,
    }
}

/// Names go into the ledger, into file names and onto command lines.
pub(super) fn plain_name(name: &Spanned<String>) -> Result<(), Fault> {
    let text = name.get_ref();
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '_' | '-');
    if (1..=64).contains(&text.len()) && text.chars().all(plain) {
        return Ok(());
    }
    Err(fault(name, format!("{text:?} cannot be a name; use 1 to 64 of a-z, 0-9, _ and -")))
}

pub(super) fn fault<T>(place: &Spanned<T>, message: String) -> Fault {
    Fault { place: Some(place.span()), message }
}
