//! The settings as they are written, and what they mean together.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::{Config, ScheduledRule};
use crate::deliver::email;
use crate::desk;
use crate::ledger;
use crate::model::{Audience, Channel, Named, Role, Rule, RuleName, Show, Tell, Watch, When, email_address};
use crate::notation::{Span, Zone, nearest};
use crate::render;
use crate::route::PresenceSettings;
use crate::schedule::Schedule;

/// A mistake that only shows when parts are seen together: where it stands, and what to say.
pub(super) struct Fault {
    pub(super) place: Option<Range<usize>>,
    pub(super) message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    desk: desk::Settings,
    #[serde(default)]
    ledger: ledger::Settings,
    #[serde(default)]
    presence: PresenceSettings,
    email: Option<email::Settings>,
    #[serde(default)]
    templates: render::Settings,
    #[serde(default)]
    people: BTreeMap<Spanned<String>, WrittenPerson>,
    #[serde(default)]
    rule: BTreeMap<Spanned<String>, WrittenRule>,
}

/// `[people.NAME]`: somebody who is told without being an agent of the desk.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPerson {
    /// What to call this person in mails; by default the NAME.
    name: Option<String>,
    /// The address.
    email: Spanned<String>,
    /// The zone in which times are written; by default the desk's.
    time_zone: Option<Zone>,
}

/// `[rule.NAME]`: what to look for, who hears, when and how.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    watch: Watch,
    schedule: Schedule,
    tell: Spanned<Vec<Spanned<String>>>,
    #[serde(default = "five_minutes")]
    grace: Span,
    #[serde(default = "yes")]
    guests: bool,
    #[serde(default = "always")]
    when: When,
    #[serde(default)]
    except_roles: Vec<Role>,
    #[serde(default)]
    via: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(default = "latest")]
    show: Show,
    template: Option<Spanned<String>>,
}

fn five_minutes() -> Span {
    Span::minutes(5)
}

fn yes() -> bool {
    true
}

fn always() -> When {
    When::Always
}

fn latest() -> Show {
    Show::Latest
}

impl Written {
    pub(super) fn checked(self, folder: PathBuf) -> Result<Config, Fault> {
        let people: HashMap<Arc<str>, Named> =
            self.people.into_iter().map(|(name, person)| person.checked(name)).collect::<Result<_, _>>()?;
        if self.rule.is_empty() {
            let message = "the settings hold no rule, so nobody would ever hear; add a [rule.NAME] section";
            return Err(Fault { place: None, message: message.into() });
        }
        let email_is_set_up = self.email.is_some();
        let rules = self.rule.into_iter().map(|(name, rule)| rule.checked(name, &people, email_is_set_up));
        let rules = rules.collect::<Result<_, _>>()?;
        Ok(Config {
            folder,
            desk: self.desk,
            presence: self.presence,
            email: self.email,
            templates: self.templates,
            rules,
            people,
            ledger: self.ledger.path,
        })
    }
}

impl WrittenPerson {
    fn checked(self, name: Spanned<String>) -> Result<(Arc<str>, Named), Fault> {
        if AUDIENCES.contains(&name.get_ref().as_str()) {
            return Err(fault(
                &name,
                format!("{:?} is an audience already; give the person another name", name.get_ref()),
            ));
        }
        plain_name(&name)?;
        if email_address(self.email.get_ref()).is_none() {
            let message =
                format!("{:?} is not an email address; write it like \"anna@example.com\"", self.email.get_ref());
            return Err(fault(&self.email, message));
        }
        let named = Named {
            name: self.name.unwrap_or_else(|| name.get_ref().clone()),
            email: Some(self.email.into_inner()),
            time_zone: self.time_zone.map(|zone| zone.0),
        };
        Ok((name.into_inner().into(), named))
    }
}

impl WrittenRule {
    fn checked(
        self,
        name: Spanned<String>,
        people: &HashMap<Arc<str>, Named>,
        email_is_set_up: bool,
    ) -> Result<ScheduledRule, Fault> {
        plain_name(&name)?;
        if self.tell.get_ref().is_empty() {
            return Err(fault(
                &self.tell,
                "tell = [] names nobody; write tell = [\"assignee\", \"else group\"]".into(),
            ));
        }
        let tell: Vec<Tell> = self.tell.get_ref().iter().map(|entry| tell(entry, people)).collect::<Result<_, _>>()?;
        if let Some(entry) = second(self.tell.get_ref(), &tell, |one, other| one.audience == other.audience) {
            let message = "names an audience that tell has already; leave out one of them";
            return Err(fault(entry, format!("{:?} {message}", entry.get_ref())));
        }
        let via = match &self.via {
            None => vec![Channel::Email],
            Some(written) if written.get_ref().is_empty() => {
                return Err(fault(written, "via = [] reaches nobody; write via = [\"email\"]".into()));
            }
            Some(written) => channels(written.get_ref())?,
        };
        if via.contains(&Channel::Email) && !email_is_set_up {
            let message = "this rule tells by email, but there is no [email] section; add one with server and from";
            return Err(fault(&name, message.into()));
        }
        let template = self.template.map(|set| plain_name(&set).map(|()| set.into_inner())).transpose()?;
        let rule = Rule {
            name: RuleName::from(name.into_inner()),
            watch: self.watch,
            grace: self.grace.delta(),
            guests: self.guests,
            tell,
            when: self.when,
            except_roles: self.except_roles,
            via,
            show: self.show,
            // the shared digest by its own name is the shared digest
            template: template.filter(|set| set != "digest").unwrap_or_default().into(),
        };
        Ok(ScheduledRule { rule, schedule: self.schedule })
    }
}

const AUDIENCES: [&str; 4] = ["assignee", "last_agent", "group", "all_agents"];

fn tell(entry: &Spanned<String>, people: &HashMap<Arc<str>, Named>) -> Result<Tell, Fault> {
    let text = entry.get_ref().trim();
    let (word, otherwise) = text.strip_prefix("else ").map_or((text, false), |word| (word.trim(), true));
    let audience = match word {
        "assignee" => Audience::Assignee,
        "last_agent" => Audience::LastAgent,
        "group" => Audience::Group,
        "all_agents" => Audience::AllAgents,
        name if people.contains_key(name) => Audience::Person(name.into()),
        other => {
            let known = || AUDIENCES.into_iter().chain(people.keys().map(|name| &**name));
            let remedy = match nearest(other, known()) {
                Some(meant) => format!("did you mean {meant:?}?"),
                None => format!("write one of {}, or a NAME with a [people.NAME] section", AUDIENCES.join(", ")),
            };
            return Err(fault(entry, format!("{other:?} is nobody; {remedy}")));
        }
    };
    Ok(Tell { audience, otherwise })
}

fn channels(written: &[Spanned<String>]) -> Result<Vec<Channel>, Fault> {
    let channels: Vec<Channel> = written.iter().map(channel).collect::<Result<_, _>>()?;
    match second(written, &channels, PartialEq::eq) {
        None => Ok(channels),
        Some(entry) => Err(fault(entry, format!("{:?} stands in via twice; leave out one of them", entry.get_ref()))),
    }
}

/// The first entry that means the same as one before it: counted twice, it would only confuse.
fn second<'a, T>(
    written: &'a [Spanned<String>],
    meant: &[T],
    same: impl Fn(&T, &T) -> bool,
) -> Option<&'a Spanned<String>> {
    let repeats = |place: usize, it: &T| meant.iter().take(place).any(|before| same(before, it));
    written.iter().zip(meant).enumerate().find(|(place, (_, it))| repeats(*place, it)).map(|(_, (entry, _))| entry)
}

fn channel(entry: &Spanned<String>) -> Result<Channel, Fault> {
    Channel::parse(entry.get_ref())
        .ok_or_else(|| fault(entry, format!("{:?} is no channel of this version; write \"email\"", entry.get_ref())))
}

/// Names go into the ledger, into file names and onto command lines.
fn plain_name(name: &Spanned<String>) -> Result<(), Fault> {
    let text = name.get_ref();
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '_' | '-');
    if (1..=64).contains(&text.len()) && text.chars().all(plain) {
        return Ok(());
    }
    Err(fault(name, format!("{text:?} cannot be a name; use 1 to 64 of a-z, 0-9, _ and -")))
}

fn fault<T>(place: &Spanned<T>, message: String) -> Fault {
    Fault { place: Some(place.span()), message }
}
