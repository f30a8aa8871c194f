//! Template sets: loaded once with everything checked, then rendered for every letter.

use std::collections::BTreeSet;
use std::path::Path;

use handlebars::{Context, Handlebars};
use thiserror::Error;

use crate::model::{Language, Letter, Note, Show, Words};

use super::fields::{Fields, Limits};
use super::library::{self, Part};
use super::note::{TITLE_GRAPHEMES, note};
use super::page::Page;
use super::times::Writing;
use super::{check, clean, helpers, sample};

/// One long message must not bury the conversations after it; alone it is shown whole.
const BESIDE_OTHERS: usize = 2 * 1024;

/// Mail programs show less.
const SUBJECT_GRAPHEMES: usize = 150;
/// Subject, text and HTML together: relays refuse what is much larger, and building such mails is slow.
const LARGEST_DIGEST: usize = 256 * 1024;
/// What is tried in turn until a digest fits: first the messages become shorter, then conversations move to "more".
const LIMITS: [Limits; 8] = [
    Limits { conversations: 200, body_bytes: 16 * 1024 },
    Limits { conversations: 200, body_bytes: BESIDE_OTHERS },
    Limits { conversations: 200, body_bytes: 1024 },
    Limits { conversations: 200, body_bytes: 256 },
    Limits { conversations: 100, body_bytes: 512 },
    Limits { conversations: 50, body_bytes: 512 },
    Limits { conversations: 10, body_bytes: 512 },
    Limits { conversations: 1, body_bytes: 512 },
];

/// A title has no room for messages.
const OF_A_TITLE: Limits = Limits { conversations: 200, body_bytes: 256 };

/// What is wrong with a template, where, and what helps.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("template {file}{}: {reason}; {remedy}", line.map(|line| format!(", line {line}")).unwrap_or_default())]
pub struct TemplateError {
    /// The file's name.
    pub file: String,
    /// The line in it, if one is to blame.
    pub line: Option<usize>,
    /// What is wrong.
    pub reason: String,
    /// What helps.
    pub remedy: String,
}

/// Why a letter could not become words.
#[derive(Debug, Error)]
pub enum RenderError {
    /// No such set was loaded.
    #[error("the template set {0:?} is not loaded; name one of {1}")]
    UnknownSet(String, String),
    /// A template failed on this letter; never holds what people wrote.
    #[error("render template {file}: {reason}")]
    Template {
        /// The file's name.
        file: String,
        /// What the template engine says.
        reason: String,
    },
    /// Even one conversation with a short message is larger than a digest may be.
    #[error("render template set {set}: a digest has at most {LARGEST_DIGEST} bytes; shorten its templates")]
    TooLarge {
        /// The set.
        set: String,
    },
}

/// Every template set of an installation, ready to render on any number of threads.
#[derive(Debug)]
pub struct Templates {
    text: Handlebars<'static>,
    html: Handlebars<'static>,
    sets: BTreeSet<String>,
    /// Every set name gets the words of `digest`: the operator's own templates cannot be used.
    embedded_only: bool,
}

impl Templates {
    /// The embedded words for every set: what a pass falls back to when the operator's templates are broken,
    /// because being told in other words is better than not being told.
    pub fn embedded_only() -> Result<Self, TemplateError> {
        Ok(Self { embedded_only: true, ..Self::load(None, &[])? })
    }

    /// The embedded set `digest`, what the folder replaces or adds, and proof that the named sets are there.
    ///
    /// Each set is rendered with sample letters: what loads here renders at night.
    pub fn load(folder: Option<&Path>, sets: &[&str]) -> Result<Self, TemplateError> {
        let files = library::files(folder, sets)?;
        let mut text = check::Checked::default();
        let mut html = check::Checked::default();
        let mut names = BTreeSet::new();
        for (file, source) in &files {
            let Some((set, part)) = Part::split(file) else { continue };
            let side = if part == Part::Html { &mut html } else { &mut text };
            side.add(file, &template_name(set, part), source)?;
            if !library::is_partial(set) {
                names.insert(set.to_owned());
            }
        }
        let templates = Self {
            text: text.into_engine(helpers::for_text())?,
            html: html.into_engine(helpers::for_html())?,
            sets: names,
            embedded_only: false,
        };
        templates.sets.iter().try_for_each(|set| templates.prove(set))?;
        Ok(templates)
    }

    /// The names of the sets that rules may use, and of those in other languages: `digest`, `digest.de`.
    pub fn sets(&self) -> impl Iterator<Item = &str> {
        self.sets.iter().map(String::as_str)
    }

    /// The set in which a reader of that language gets what is told by a set; the empty name means `digest`.
    pub fn set_for<'a>(&'a self, set: &'a str, language: Option<&Language>) -> &'a str {
        let set = if set.is_empty() || self.embedded_only { "digest" } else { set };
        let wanted = language.into_iter().flat_map(Language::widening).map(|tag| format!("{set}.{tag}"));
        wanted.filter_map(|name| self.sets.get(&name)).map(String::as_str).next().unwrap_or(set)
    }

    /// A letter in the words of a set, in the reader's language if the set has it; the empty name means `digest`.
    pub fn render(&self, set: &str, letter: &Letter) -> Result<Words, RenderError> {
        let set = self.set_for(set, letter.language.as_ref());
        if !self.sets.contains(set) {
            let known: Vec<&str> = self.sets().collect();
            return Err(RenderError::UnknownSet(set.to_owned(), known.join(", ")));
        }
        let several = letter.entries.len() > 1;
        for limits in LIMITS.into_iter().skip_while(|limits| several && limits.body_bytes > BESIDE_OTHERS) {
            match self.render_within(set, letter, limits) {
                Err(RenderError::TooLarge { .. }) => {}
                result => return result,
            }
        }
        Err(RenderError::TooLarge { set: set.to_owned() })
    }

    /// A letter as a short note, under a title in the reader's language where the shared set has one; `None` of nothing.
    pub fn note(&self, letter: &Letter) -> Option<Note> {
        let mut note = note(letter)?;
        let set = self.set_for("", letter.language.as_ref());
        match self.title(set, letter) {
            Ok(title) => note.title = title.unwrap_or(note.title),
            Err(error) => tracing::warn!("{error}; a notification goes out under doorbell's own title"),
        }
        Some(note)
    }

    /// What a set calls a note, if it has a part for that and the part says something.
    fn title(&self, set: &str, letter: &Letter) -> Result<Option<String>, RenderError> {
        let name = template_name(set, Part::Title);
        if !self.text.has_template(&name) {
            return Ok(None);
        }
        let fields = Fields::of(letter, OF_A_TITLE, Writing::of_set(set));
        let failed = |error| RenderError::Template { file: name.clone(), reason: check::said(&error) };
        let title = clean::line(&self.text.render(&name, &fields).map_err(failed)?, TITLE_GRAPHEMES);
        Ok(Some(title).filter(|title| !title.is_empty()))
    }

    fn render_within(&self, set: &str, letter: &Letter, limits: Limits) -> Result<Words, RenderError> {
        let fields = Fields::of(letter, limits, Writing::of_set(set));
        // the context is by far the dearest step: once for all three parts
        let context = Context::wraps(&fields)
            .map_err(|error| RenderError::Template { file: set.to_owned(), reason: error.to_string() })?;
        let mut page = Page::new(LARGEST_DIGEST);
        let mut part = |part: Part| {
            let engine = if part == Part::Html { &self.html } else { &self.text };
            let rendered = engine.render_with_context_to_write(&template_name(set, part), &context, &mut page);
            match rendered {
                Err(_) if page.is_full() => Err(RenderError::TooLarge { set: set.to_owned() }),
                Err(error) => {
                    Err(RenderError::Template { file: format!("{set}{}", part.ending()), reason: check::said(&error) })
                }
                Ok(()) => Ok(page.take()),
            }
        };
        let subject = clean::line(&part(Part::Subject)?, SUBJECT_GRAPHEMES);
        Ok(Words { subject, text: part(Part::Text)?, html: part(Part::Html)? })
    }

    /// Renders a set with the sample letters.
    fn prove(&self, set: &str) -> Result<(), TemplateError> {
        for (case, letter) in sample::trials() {
            self.title(set, &letter).map_err(|error| {
                let file = format!("{set}{}", Part::Title.ending());
                fault(&file, format!("it fails with a sample ({case}): {error}"), "use the field only where it exists")
            })?;
            let words = self.render(set, &letter).map_err(|error| {
                let file = match &error {
                    RenderError::Template { file, .. } => file.clone(),
                    RenderError::UnknownSet(..) | RenderError::TooLarge { .. } => set.to_owned(),
                };
                fault(&file, format!("it fails with a sample ({case}): {error}"), "use the field only where it exists")
            })?;
            // a template that is only the message is rightly empty where the rule shows none of it
            let shows = letter.entries.iter().any(|entry| entry.show != Show::None);
            let parts = [(Part::Subject, &words.subject), (Part::Text, &words.text), (Part::Html, &words.html)];
            let mut parts = parts.into_iter().filter(|(part, _)| shows || *part == Part::Subject);
            if let Some((part, _)) = parts.find(|(_, text)| text.trim().is_empty()) {
                let file = format!("{set}{}", part.ending());
                return Err(fault(
                    &file,
                    format!("it is empty for a sample ({case})"),
                    "write something that is always there",
                ));
            }
        }
        Ok(())
    }
}

fn fault(file: &str, reason: String, remedy: &str) -> TemplateError {
    TemplateError { file: file.to_owned(), line: None, reason, remedy: remedy.to_owned() }
}

/// Partials go by their name alone: the two engines keep text and HTML apart.
fn template_name(set: &str, part: Part) -> String {
    match part {
        Part::Subject => format!("{set}.subject"),
        Part::Title => format!("{set}.title"),
        Part::Text | Part::Html => set.to_owned(),
    }
}
