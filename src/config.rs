//! The settings file, composed from the rooms' own settings types.
//! What comes out cannot be wrong in itself: unknown keys, words and names were refused with their place.

mod limits;
mod mistake;
mod operator;
mod person;
mod place;
mod rule;
mod words;
mod written;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::deliver::{self, email};
use crate::desk;
use crate::ledger::Place;
use crate::model::{Named, Rule, RuleName};
use crate::render;
use crate::route::{BotSettings, PresenceSettings};
use crate::schedule::Schedule;

pub use limits::Limits;
pub use mistake::Mistake;
pub use operator::Signals;

/// A rule with its schedule.
#[derive(Debug, Clone)]
pub struct ScheduledRule {
    /// What, who and how.
    pub rule: Rule,
    /// When.
    pub schedule: Schedule,
}

/// The settings of one installation.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder of the settings file, where relative names begin.
    pub folder: PathBuf,
    /// `[desk]`.
    pub desk: desk::Settings,
    /// `[presence]`.
    pub presence: PresenceSettings,
    /// `[bot]`.
    pub bot: BotSettings,
    /// `[limits]`.
    pub limits: Limits,
    /// What a pass tells monitors, of `[operator]`.
    pub signals: Signals,
    /// `[email]`.
    pub email: Option<email::Settings>,
    /// `[http]`, `[sms]`, `[push]` and `[desktop]`.
    pub deliver: deliver::Settings,
    /// `[templates]`.
    pub templates: render::Settings,
    /// `[people.NAME]`.
    pub people: HashMap<Arc<str>, Named>,
    /// `[rule.NAME]`, by name; then doorbell's own rule for what reaches nobody.
    pub rules: Vec<ScheduledRule>,
    by_name: BTreeMap<RuleName, usize>,
    /// Where the ledger is: `[ledger]`, or the desk's own database.
    pub ledger: Place,
}

impl Config {
    /// Reads a settings file.
    pub fn read(path: &Path) -> Result<Self, Mistake> {
        let text = std::fs::read_to_string(path).map_err(|error| Mistake::unreadable(path, &error))?;
        // a bare file name has an empty parent, which is the working directory
        Self::parse(&text, path)
    }

    /// Reads settings from text; `path` is where they are said to stand.
    pub fn parse(text: &str, path: &Path) -> Result<Self, Mistake> {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let written: written::Written = toml::from_str(text).map_err(|error| Mistake::of_toml(path, text, &error))?;
        written.checked(folder).map_err(|fault| Mistake::at(path, text, fault))
    }

    /// The desk's database file; a desk on a server has none.
    pub fn desk_path(&self) -> Option<PathBuf> {
        self.desk.url.path(&self.folder)
    }

    /// The template folder, if the settings name one.
    pub fn template_folder(&self) -> Option<PathBuf> {
        self.templates.folder.as_ref().map(|folder| self.folder.join(folder))
    }

    /// The template sets that rules name.
    pub fn template_sets(&self) -> Vec<&str> {
        let mut sets: Vec<&str> =
            self.rules.iter().map(|rule| &*rule.rule.template).filter(|set| !set.is_empty()).collect();
        sets.sort_unstable();
        sets.dedup();
        sets
    }

    /// The rule of that name.
    pub fn rule(&self, name: &RuleName) -> Option<&Rule> {
        self.scheduled(name).map(|scheduled| &scheduled.rule)
    }

    /// The rule of that name with its schedule.
    pub fn scheduled(&self, name: &RuleName) -> Option<&ScheduledRule> {
        self.rules.get(*self.by_name.get(name)?)
    }
}

#[cfg(test)]
mod tests;
