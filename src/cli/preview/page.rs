//! The page: everything about one letter, in one file that loads nothing from elsewhere and runs nothing.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use handlebars::Handlebars;
use serde::Serialize;

use super::super::time;
use super::about::{About, Standing};
use super::file::BEGINNING;
use super::mail::Seen;
use super::short::{Short, Text, short, texts};
use crate::config::Config;
use crate::model::{Channel, Show, Words};
use crate::render::Templates;

/// Every value in it is escaped: what strangers sent stays text, and the mail stays in its frame.
const TEMPLATE: &str = include_str!("page.html.hbs");

/// What stands on the page.
#[derive(Serialize)]
pub(super) struct Page {
    desk: String,
    title: String,
    sample: bool,
    /// The word of [`Standing`].
    standing: &'static str,
    standing_lines: Vec<String>,
    facts: Vec<(&'static str, String)>,
    mail: Seen,
    mail_height: usize,
    texts: Vec<Text>,
    note: Short,
    remarks: Remarks,
    version: &'static str,
}

/// What keeps a channel from telling this, if anything does.
#[derive(Serialize)]
struct Remarks {
    email: String,
    sms: String,
    push: String,
    desktop: String,
    in_app: String,
}

impl Page {
    /// The page about a letter in these words, of this template set.
    pub(super) fn of(
        config: Option<&Config>,
        templates: &Templates,
        about: &About,
        set: &str,
        words: Words,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let letter = &about.letter;
        let sms = config.and_then(|config| config.deliver.sms.as_ref());
        let remarks = |channel| remark(config, about, channel);
        let title = match &about.conversation {
            Some(number) => format!("Conversation {number}, as {} would read it", letter.recipient.name),
            None => format!("A sample, as {} would read it", letter.recipient.name),
        };
        Ok(Self {
            desk: letter.desk.clone(),
            title,
            sample: matches!(about.standing, Standing::Sample),
            standing: about.standing.word(),
            standing_lines: about.standing.lines().to_vec(),
            facts: facts(about, templates.set_for(set, letter.language.as_ref()), now),
            mail_height: frame_height(&words),
            mail: Seen::of(config, letter, words, now),
            texts: texts(templates, letter, sms)?,
            note: short(templates, letter)?,
            remarks: Remarks {
                email: remarks(Channel::Email),
                sms: remarks(Channel::Sms),
                push: remarks(Channel::Push),
                desktop: remarks(Channel::Desktop),
                in_app: remarks(Channel::InApp),
            },
            version: env!("CARGO_PKG_VERSION"),
        })
    }

    /// The whole file.
    pub(super) fn html(&self) -> Result<String> {
        let mut engine = Handlebars::new();
        engine.set_strict_mode(true);
        let page = engine.render_template(TEMPLATE, self).context("write the page")?;
        Ok(format!("{BEGINNING}{page}"))
    }
}

fn facts(about: &About, set: &str, now: DateTime<Utc>) -> Vec<(&'static str, String)> {
    let recipient = &about.letter.recipient;
    let show = match about.rule.show {
        Show::None => "none",
        Show::Snippet => "snippet",
        Show::Latest => "latest",
        Show::Conversation => "conversation",
    };
    let mut facts = vec![("Reader", format!("{} ({})", recipient.name, recipient.id))];
    if about.has_rule {
        facts
            .push(("Rule", format!("{}, watch = \"{}\", show = \"{show}\"", about.rule.name, about.rule.watch.word())));
    }
    facts.push(("Times in", format!("{}, now {}", recipient.time_zone, time::shown(now, recipient.time_zone))));
    facts.push(("Language", language(about, set)));
    facts.push(("Template set", set.to_owned()));
    facts
}

/// The reader's language, and whether the words are in it.
fn language(about: &About, set: &str) -> String {
    match &about.letter.language {
        None => "not known; the set without a language is used".into(),
        Some(language) if set.contains('.') || language.widening().any(|tag| tag == "en") => language.as_str().into(),
        Some(language) => format!("{}; the template set is not there in it", language.as_str()),
    }
}

/// Why a channel would not tell this, in a sentence; nothing where it would.
fn remark(config: Option<&Config>, about: &About, channel: Channel) -> String {
    let Some(config) = config else { return String::new() };
    let mut reasons = Vec::new();
    if about.has_rule && !about.rule.via.iter().any(|step| step.channel == channel) {
        reasons.push(format!("rule {} does not tell by it", about.rule.name));
    }
    let is_set_up = match channel {
        Channel::Email => config.email.is_some(),
        Channel::InApp => true,
        other => config.deliver.channels().any(|channel| channel == other),
    };
    if !is_set_up {
        reasons.push(format!("the settings have no section [{channel}]"));
    }
    let unreached = about.ways.iter().find(|(other, _)| *other == channel).and_then(|(_, way)| way.as_ref().err());
    reasons.extend(unreached.map(|reason| format!("{}: {}", about.letter.recipient.name, reason.sentence())));
    if reasons.is_empty() { String::new() } else { format!("Not told by {channel}: {}.", reasons.join("; ")) }
}

/// Pixels for the frame of the mail, by how much it says; nothing in it may run to find out.
fn frame_height(words: &Words) -> usize {
    (words.text.lines().count() * 24 + 160).clamp(420, 1_800)
}
