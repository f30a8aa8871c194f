//! `[rule.NAME]`: what to look for, who hears, when and how.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::TimeDelta;
use serde::Deserialize;
use toml::Spanned;

use super::ScheduledRule;
use super::written::{Fault, fault, plain_name};
use crate::model::{
    Audience, Channel, Named, ReadBy, Relation, Repeat, Role, Rule, RuleName, Show, Sound, Step, Surface, Tell,
    Throttle, Watch, When,
};
use crate::notation::{Span, nearest};
use crate::schedule::Schedule;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a settings file are written as true and false")]
pub(super) struct WrittenRule {
    watch: Watch,
    schedule: Schedule,
    tell: Spanned<Vec<Spanned<String>>>,
    grace: Option<Span>,
    before: Option<Spanned<Span>>,
    #[serde(default = "yes")]
    guests: bool,
    #[serde(default = "responsible")]
    read_by: ReadBy,
    #[serde(default = "always")]
    when: When,
    #[serde(default)]
    watching: Vec<Surface>,
    #[serde(default)]
    except_roles: Vec<Role>,
    needs: Option<Vec<Watch>>,
    via: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(default = "once")]
    repeat: Repeat,
    throttle: Option<Spanned<WrittenThrottle>>,
    #[serde(default)]
    ignore_hours: bool,
    sound: Option<String>,
    #[serde(default)]
    sound_repeats: bool,
    #[serde(default)]
    sound_in_view: bool,
    #[serde(default = "latest")]
    show: Show,
    template: Option<Spanned<String>>,
}

/// `{ first = "15m", longest = "4h", release = "2h" }`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenThrottle {
    first: Span,
    #[serde(default = "four_hours")]
    longest: Span,
    #[serde(default = "two_hours")]
    release: Span,
}

fn yes() -> bool {
    true
}

fn responsible() -> ReadBy {
    ReadBy::Responsible
}

fn always() -> When {
    When::Always
}

fn once() -> Repeat {
    Repeat::Never
}

fn latest() -> Show {
    Show::Latest
}

fn four_hours() -> Span {
    Span::hours(4)
}

fn two_hours() -> Span {
    Span::hours(2)
}

/// What a rule may refer to.
pub(super) struct Known<'a> {
    pub(super) people: &'a HashMap<Arc<str>, Named>,
    /// The channels that are set up.
    pub(super) channels: &'a BTreeSet<Channel>,
}

impl WrittenRule {
    pub(super) fn checked(self, name: Spanned<String>, known: &Known<'_>) -> Result<ScheduledRule, Fault> {
        plain_name(&name)?;
        if name.get_ref() == Rule::UNCOVERED {
            let message = "is the name of doorbell's own rule, which [operator] sets; give this rule another name";
            return Err(fault(&name, format!("{:?} {message}", name.get_ref())));
        }
        let tell = self.audiences(known)?;
        let via = self.steps(&name, known)?;
        let before = self.warning()?;
        let throttle = self.throttle.as_ref().map(throttle).transpose()?;
        let template = self.template.map(|set| plain_name(&set).map(|()| set.into_inner())).transpose()?;
        let rule = Rule {
            name: RuleName::from(name.into_inner()),
            watch: self.watch,
            grace: self.grace.map_or_else(|| grace(self.watch), Span::delta),
            before,
            guests: self.guests,
            read_by: self.read_by,
            tell,
            when: self.when,
            watching: self.watching,
            except_roles: self.except_roles,
            needs: self.needs.filter(|needs| !needs.is_empty()).unwrap_or_else(|| vec![self.watch]),
            via,
            repeat: self.repeat,
            throttle,
            ignore_hours: self.ignore_hours,
            sound: self.sound.map(|name| Sound {
                name: name.into(),
                repeats: self.sound_repeats,
                in_view: self.sound_in_view,
            }),
            show: self.show,
            // the shared digest by its own name is the shared digest
            template: template.filter(|set| set != "digest").unwrap_or_default().into(),
        };
        Ok(ScheduledRule { rule, schedule: self.schedule })
    }

    fn audiences(&self, known: &Known<'_>) -> Result<Vec<Tell>, Fault> {
        if self.tell.get_ref().is_empty() {
            return Err(fault(
                &self.tell,
                "tell = [] names nobody; write tell = [\"assignee\", \"else group\"]".into(),
            ));
        }
        let tell: Vec<Tell> =
            self.tell.get_ref().iter().map(|entry| tell(entry, known.people)).collect::<Result<_, _>>()?;
        match second(self.tell.get_ref(), &tell, |one, other| one.audience == other.audience) {
            None => self.fitting(tell),
            Some(entry) => {
                let message = "names an audience that tell has already; leave out one of them";
                Err(fault(entry, format!("{:?} {message}", entry.get_ref())))
            }
        }
    }

    /// Contacts hear of replies to them and of nothing else: whatever else a desk says is said among its people.
    /// Only events name somebody.
    fn fitting(&self, tell: Vec<Tell>) -> Result<Vec<Tell>, Fault> {
        let names_somebody = self.watch.relation() == Relation::Events;
        let target = self.tell.get_ref().iter().zip(&tell).find(|(_, tell)| tell.audience == Audience::Target);
        if let Some((entry, _)) = target.filter(|_| !names_somebody) {
            let message = "only events name a target; write \"assignee\" for messages and deadlines";
            return Err(fault(entry, message.into()));
        }
        let for_contacts = self.watch == Watch::UnseenReply;
        let wrong = |tell: &Tell| (tell.audience == Audience::Contact) != for_contacts;
        match self.tell.get_ref().iter().zip(&tell).find(|(_, tell)| wrong(tell)) {
            None => Ok(tell),
            Some((entry, _)) if for_contacts => {
                let message = "is not who waits for a reply; write tell = [\"contact\"] for watch = \"unseen_reply\"";
                Err(fault(entry, format!("{:?} {message}", entry.get_ref())))
            }
            Some((entry, _)) => {
                let message = "contacts hear of replies only; write watch = \"unseen_reply\", or name agents";
                Err(fault(entry, message.into()))
            }
        }
    }

    fn steps(&self, name: &Spanned<String>, known: &Known<'_>) -> Result<Vec<Step>, Fault> {
        let steps = match &self.via {
            None => vec![Step { channel: Channel::Email, after: TimeDelta::zero() }],
            Some(written) if written.get_ref().is_empty() => {
                return Err(fault(written, "via = [] reaches nobody; write via = [\"email\"]".into()));
            }
            Some(written) => {
                let steps: Vec<Step> = written.get_ref().iter().map(step).collect::<Result<_, _>>()?;
                if let Some(entry) = second(written.get_ref(), &steps, |one, other| one.channel == other.channel) {
                    let message = format!("{:?} stands in via twice; leave out one of them", entry.get_ref());
                    return Err(fault(entry, message));
                }
                steps
            }
        };
        match steps.iter().map(|step| step.channel).find(|channel| !known.channels.contains(channel)) {
            None => Ok(steps),
            Some(Channel::Email) => {
                let message = "this rule tells by email, but there is no [email] section; add one with server and from";
                Err(fault(name, message.into()))
            }
            Some(channel) => {
                let message = format!("this rule tells by {channel}, but there is no [{channel}] section; add one");
                Err(fault(name, message))
            }
        }
    }

    fn warning(&self) -> Result<TimeDelta, Fault> {
        match &self.before {
            Some(written) if self.watch != Watch::SlaWarning => {
                Err(fault(written, "before goes with watch = \"sla_warning\"; remove it".into()))
            }
            Some(written) => Ok(written.get_ref().delta()),
            None => Ok(TimeDelta::minutes(10)),
        }
    }
}

/// Agents get five minutes, contacts ten to look by themselves; events and deadlines are told as they come.
fn grace(watch: Watch) -> TimeDelta {
    match watch.relation() {
        Relation::Waiting | Relation::Unread => TimeDelta::minutes(5),
        Relation::UnseenReplies => TimeDelta::minutes(10),
        Relation::Events | Relation::Deadlines => TimeDelta::zero(),
    }
}

fn throttle(written: &Spanned<WrittenThrottle>) -> Result<Throttle, Fault> {
    let WrittenThrottle { first, longest, release } = written.get_ref();
    if *first == Span::seconds(0) || longest < first {
        let message = "first must be longer than 0s and not longer than longest; write throttle = { first = \"15m\" }";
        return Err(fault(written, message.into()));
    }
    Ok(Throttle { first: first.delta(), longest: longest.delta(), release: release.delta() })
}

/// The words of audiences, which no person can be called by; `fallback` is the operator unless a person has that name.
pub(super) const AUDIENCES: [&str; 9] = [
    "assignee",
    "last_agent",
    "target",
    "group",
    "department",
    "offline_agents",
    "all_agents",
    "supervisors",
    "contact",
];

fn tell(entry: &Spanned<String>, people: &HashMap<Arc<str>, Named>) -> Result<Tell, Fault> {
    let text = entry.get_ref().trim();
    let (word, otherwise) = text.strip_prefix("else ").map_or((text, false), |word| (word.trim(), true));
    let audience = match word {
        "assignee" => Audience::Assignee,
        "last_agent" => Audience::LastAgent,
        "target" => Audience::Target,
        "group" => Audience::Group,
        "department" => Audience::Department,
        "offline_agents" => Audience::OfflineAgents,
        "all_agents" => Audience::AllAgents,
        "supervisors" => Audience::Supervisors,
        "contact" => Audience::Contact,
        name if people.contains_key(name) => Audience::Person(name.into()),
        Rule::FALLBACK => {
            let message = "there is no fallback; add [operator] with email, or a section [people.fallback]";
            return Err(fault(entry, message.into()));
        }
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

/// One step of a ladder: `email`, or `email after 15m`.
fn step(entry: &Spanned<String>) -> Result<Step, Fault> {
    let text = entry.get_ref().trim();
    let (word, after) = text.split_once(" after ").map_or((text, None), |(word, after)| (word.trim(), Some(after)));
    let Some(channel) = Channel::parse(word) else {
        let words: Vec<&str> = Channel::ALL.into_iter().map(Channel::word).collect();
        let remedy = match nearest(word, words.iter().copied()) {
            Some(meant) => format!("did you mean {meant:?}?"),
            None => format!("write one of {}", words.join(", ")),
        };
        return Err(fault(entry, format!("{word:?} is no channel; {remedy}")));
    };
    let after = after.map(|after| after.trim().parse::<Span>().map_err(|message| fault(entry, message))).transpose()?;
    Ok(Step { channel, after: after.map_or(TimeDelta::zero(), Span::delta) })
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
