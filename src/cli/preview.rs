//! `doorbell preview`: the words of every channel on one page, before anybody else sees them.

mod about;
mod file;
mod mail;
mod page;
mod short;

use std::path::{Path, PathBuf};

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde_json::json;

use self::about::{About, Standing};
use self::page::Page;
use super::exit::UsageError;
use super::run::known_rule;
use super::{Exit, Format, Global, open, say};
use crate::config::Config;
use crate::model::{AccountId, Language, Letter, Rule, Watch};
use crate::render::{Templates, sample_of};

/// Show the mail, the text message, the notifications and the feed on one HTML page
///
/// Without a conversation a sample is shown. With one it is what this person would be told about it if they were told
/// now; the page says whether they would be, and why not. Nothing is sent, and nothing is written but the page, which
/// this user alone may read.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The page; - writes it to standard output. A file that is no preview is not overwritten
    #[arg(default_value = "preview.html")]
    file: PathBuf,
    /// A conversation of the desk, by number, id or link
    #[arg(long, value_name = "CONVERSATION")]
    conversation: Option<String>,
    /// Who reads it, by email address, agent:ID or a name from the settings [default: who would be told first]
    #[arg(long = "for", value_name = "PERSON", requires = "conversation")]
    person: Option<String>,
    /// The rule by which it is told [default: the one that tells this person]
    #[arg(long, value_name = "NAME")]
    rule: Option<String>,
    /// Another template set than the rule's
    #[arg(long, value_name = "NAME")]
    template: Option<String>,
    /// Another language than the reader's, such as de
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<String>,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let now = Utc::now();
    let config = settings(global, arguments)?;
    let mut about = match (&config, &arguments.conversation) {
        (Some(config), Some(_)) => about::conversation(config, arguments, now)?,
        (config, _) => sample(config.as_ref(), arguments, now)?,
    };
    let templates = match &config {
        Some(config) => open::templates(config)?,
        None => Templates::load(None, &[])?,
    };
    let set = arguments.template.as_deref().unwrap_or(&about.rule.template);
    if let Some(text) = &arguments.language {
        let wrong = || UsageError(format!("--language {text:?} is not a language; write it like de or pt-BR"));
        about.letter.language = Some(Language::parse(text).ok_or_else(wrong)?);
    }
    let words = templates.render(set, &about.letter).map_err(|error| match &arguments.template {
        Some(template) => UsageError(format!("--template {template:?}: {error}")).into(),
        None => anyhow::Error::from(error),
    })?;
    let page = Page::of(config.as_ref(), &templates, &about, set, words, now)?.html()?;
    if arguments.file == Path::new("-") {
        say::text(&page);
        return Ok(Exit::Done);
    }
    file::write(&arguments.file, &page)?;
    answer(global, &arguments.file, &about);
    Ok(Exit::Done)
}

/// The settings; where there are none yet the sample is shown in doorbell's own words.
fn settings(global: &Global, arguments: &Arguments) -> Result<Option<Config>> {
    let wanted = global.config.as_ref().is_some_and(|path| !path.as_os_str().is_empty());
    let needed = wanted || arguments.conversation.is_some() || arguments.rule.is_some() || arguments.template.is_some();
    if !needed && !open::settings_path(global).exists() {
        return Ok(None);
    }
    open::config(global).map(Some)
}

fn sample(config: Option<&Config>, arguments: &Arguments, now: DateTime<Utc>) -> Result<About> {
    let named = match (config, &arguments.rule) {
        (Some(config), Some(name)) => config.rule(&known_rule(config, name)?).cloned(),
        _ => None,
    };
    let has_rule = named.is_some();
    let rule = named.unwrap_or_else(|| Rule::new("sample", Watch::Unreplied));
    let mut letter = sample_of(&rule, now);
    if let Some(config) = config {
        at_this_desk(config, &mut letter);
    }
    Ok(About { letter, rule, has_rule, standing: Standing::Sample, ways: Vec::new(), conversation: None })
}

/// The sample under the desk's own name, in its zone and with its links.
fn at_this_desk(config: &Config, letter: &mut Letter) {
    letter.desk.clone_from(&config.desk.name);
    letter.desk_link = None;
    letter.recipient.time_zone = config.desk.time_zone.0;
    let to_contact = letter.recipient.id.contact().is_some();
    for entry in &mut letter.entries {
        entry.link = if to_contact {
            config.desk.contact_url.as_ref().map(|url| url.as_str().to_owned())
        } else {
            // the sample's conversations are of some account
            let account = AccountId::from("1");
            let url = config.desk.agent_url.as_ref();
            url.and_then(|url| url.link(entry.number.as_deref(), Some(&account), &entry.conversation))
        };
    }
}

fn answer(global: &Global, file: &Path, about: &About) {
    if global.format == Format::Json {
        let recipient = about.letter.recipient.id.to_string();
        let value = json!({
            "file": file, "recipient": recipient, "rule": about.rule.name.as_str(), "told": about.standing.word(),
        });
        say::line(&value.to_string());
    } else if !global.quiet {
        say::line(&format!("wrote {}; open it in a browser", file.display()));
        about.standing.lines().iter().for_each(|line| say::line(&format!("  {line}")));
    }
}
