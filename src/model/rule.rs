//! What the operator wants: which conversations, who hears, how and when.

use std::sync::Arc;

use chrono::TimeDelta;
use chrono_tz::Tz;
use serde::Deserialize;

use super::{Channel, Hours, Language, Role, RuleName, Watch};

/// A circle of people around a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// The agent who is responsible.
    Assignee,
    /// The agent who answered last.
    LastAgent,
    /// The agent whom an event names: assigned, transferred to, invited.
    Target,
    /// The members of the conversation's group.
    Group,
    /// The members of the conversation's group, if it is a department.
    Department,
    /// Every agent who is offline now.
    OfflineAgents,
    /// Every agent.
    AllAgents,
    /// Every supervisor.
    Supervisors,
    /// Who asks.
    Contact,
    /// Somebody from `[people]` in the settings, or `fallback`, the operator.
    Person(Arc<str>),
}

/// One entry of a rule's `tell`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tell {
    /// Who.
    pub audience: Audience,
    /// True when written with `else`: only if nobody stands before it in the list.
    pub otherwise: bool,
}

/// One step of a rule's `via`: a channel, and how long the first untold message must have waited for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// How people are reached.
    pub channel: Channel,
    /// The channel's own wait; the rule's grace holds as well.
    pub after: TimeDelta,
}

/// Whether presence decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Tell people wherever they are.
    Always,
    /// Tell only people who are not at the desk.
    Away,
}

/// A place in the host program that somebody may be looking at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Surface {
    /// The agents' console, with no other conversation open in it.
    Console,
    /// The inbox page.
    Inbox,
    /// The supervisors' dashboard.
    Dashboard,
    /// The very conversation that waits.
    Conversation,
}

/// How often the same message is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Repeat {
    /// Once.
    #[serde(rename = "never")]
    Never,
    /// At every slot of the rule, as long as it waits.
    #[serde(rename = "every slot")]
    EverySlot,
    /// Once until the recipient has been seen again, however many messages follow.
    #[serde(rename = "once per absence")]
    OncePerAbsence,
}

/// Whose reading silences a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadBy {
    /// The assignee's; where nobody is assigned, each agent's for themselves.
    Responsible,
    /// Any agent's, for everybody.
    Anyone,
}

/// How fast a busy conversation may tell the same recipient again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttle {
    /// The wait after the first telling; doubles with each one that follows.
    pub first: TimeDelta,
    /// The wait grows no further than this.
    pub longest: TimeDelta,
    /// After so long without a new message the next one is told as if it were the first.
    pub release: TimeDelta,
}

/// A sound that a notification asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sound {
    /// Its name or file, as the host program knows it.
    pub name: Arc<str>,
    /// Whether it plays until the conversation is opened.
    pub repeats: bool,
    /// Whether it plays although the recipient has the desk in view.
    pub in_view: bool,
}

/// How much of a conversation a digest shows, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Show {
    /// That somebody waits, not what was said.
    None,
    /// The first line of the latest message.
    Snippet,
    /// The latest message.
    Latest,
    /// The latest message and those before it that wait as well.
    Conversation,
}

/// Somebody from `[people]`: reached without being an agent of the desk.
#[derive(Debug, Clone, Default)]
pub struct Named {
    /// Display name.
    pub name: String,
    /// Address for email.
    pub email: Option<String>,
    /// Number for text messages, E.164.
    pub phone: Option<String>,
    /// The language this person reads.
    pub language: Option<Language>,
    /// The zone in which this person reads times.
    pub time_zone: Option<Tz>,
    /// When this person may be disturbed.
    pub hours: Hours,
}

/// One rule of the settings, as far as deciding needs it.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its name and identity.
    pub name: RuleName,
    /// What it looks for.
    pub watch: Watch,
    /// How long the first message not yet told about may wait before anybody hears.
    pub grace: TimeDelta,
    /// How long before a deadline its warning comes.
    pub before: TimeDelta,
    /// Whether messages of guests count.
    pub guests: bool,
    /// Whose reading silences.
    pub read_by: ReadBy,
    /// Who hears, in order.
    pub tell: Vec<Tell>,
    /// Whether presence decides.
    pub when: When,
    /// The surfaces that count as being at the desk; empty = all.
    pub watching: Vec<Surface>,
    /// Roles that are left out.
    pub except_roles: Vec<Role>,
    /// The events that an agent must have switched on, all of them; usually the watch itself.
    pub needs: Vec<Watch>,
    /// The ways people are reached.
    pub via: Vec<Step>,
    /// How often the same message is told.
    pub repeat: Repeat,
    /// How fast a busy conversation may tell again.
    pub throttle: Option<Throttle>,
    /// Whether it tells in quiet hours and on days off.
    pub ignore_hours: bool,
    /// The sound of its notifications.
    pub sound: Option<Sound>,
    /// How much of the conversation is shown.
    pub show: Show,
    /// The template set: empty for the shared digest, else a set of the rule's own.
    pub template: Arc<str>,
}

impl Rule {
    /// A rule as it is when the settings say no more than this: by email to nobody yet.
    pub fn new(name: impl Into<RuleName>, watch: Watch) -> Self {
        Self {
            name: name.into(),
            watch,
            grace: TimeDelta::zero(),
            before: TimeDelta::zero(),
            guests: true,
            read_by: ReadBy::Responsible,
            tell: Vec::new(),
            when: When::Always,
            watching: Vec::new(),
            except_roles: Vec::new(),
            needs: vec![watch],
            via: vec![Step { channel: Channel::Email, after: TimeDelta::zero() }],
            repeat: Repeat::Never,
            throttle: None,
            ignore_hours: false,
            sound: None,
            show: Show::Latest,
            template: "".into(),
        }
    }

    /// The rule that tells the operator what reaches nobody; no settings can use its name.
    pub const UNCOVERED: &str = "uncovered";
    /// What `tell` calls the operator.
    pub const FALLBACK: &str = "fallback";

    /// Whether this is that rule.
    pub fn is_coverage(&self) -> bool {
        self.name.as_str() == Self::UNCOVERED
    }
}
