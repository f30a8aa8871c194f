//! Template files by name: those in the binary, and those of the operator's folder over them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::import;
use super::templates::TemplateError;
use crate::model::Language;

/// The files in the binary.
const EMBEDDED: [(&str, &str); 3] = [
    ("digest.subject.hbs", include_str!("../../templates/digest.subject.hbs")),
    ("digest.txt.hbs", include_str!("../../templates/digest.txt.hbs")),
    ("digest.html.hbs", include_str!("../../templates/digest.html.hbs")),
];
/// A template is a page of words: what is longer is another file by mistake.
const LARGEST_FILE: u64 = 256 * 1024;
/// The set that every rule without one of its own uses.
const SHARED_SET: &str = "digest";
pub(super) const EXPORT: &str = "write a complete set to start from with `doorbell templates export DIR`";

/// What a file is for, by the end of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Subject,
    Text,
    Html,
    /// What notifications are called; a set need not have it.
    Title,
}

impl Part {
    pub(super) const ALL: [Self; 4] = [Self::Subject, Self::Text, Self::Html, Self::Title];
    /// Without these a set says nothing.
    const NEEDED: [Self; 3] = [Self::Subject, Self::Text, Self::Html];

    pub(super) fn ending(self) -> &'static str {
        match self {
            Self::Subject => ".subject.hbs",
            Self::Text => ".txt.hbs",
            Self::Html => ".html.hbs",
            Self::Title => ".title.hbs",
        }
    }

    /// The set or partial that a file belongs to, and as what.
    pub(super) fn split(file: &str) -> Option<(&str, Self)> {
        Self::ALL.into_iter().find_map(|part| Some((file.strip_suffix(part.ending())?, part)))
    }
}

/// The files of the embedded templates: name and text, in the order in which they are best read.
pub fn embedded() -> impl Iterator<Item = (&'static str, &'static str)> {
    EMBEDDED.into_iter()
}

/// Every template file by name, each set complete.
pub(super) fn files(folder: Option<&Path>, sets: &[&str]) -> Result<BTreeMap<String, String>, TemplateError> {
    let mut files: BTreeMap<String, String> =
        embedded().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
    if let Some(folder) = folder {
        read_folder(folder, &mut files)?;
    }
    let mut named: BTreeSet<&str> = sets.iter().copied().filter(|set| !set.is_empty()).collect();
    // sets that no rule names yet are checked as well: a misspelt file name shows as an incomplete set
    named.extend(files.keys().filter_map(|file| Part::split(file)).map(|(set, _)| set).filter(|set| !is_partial(set)));
    // whoever reads another language gets the set without one
    let without: Vec<&str> = named.iter().filter_map(|set| in_language(set)).map(|(set, _)| set).collect();
    named.extend(without);
    for set in named {
        check_name(set, set)?;
        if is_partial(set) {
            return Err(misnamed(set, "a name that begins with _ is a partial, not a set"));
        }
        for part in Part::NEEDED {
            let file = format!("{set}{}", part.ending());
            if !files.contains_key(&file) {
                return Err(missing(&file, set, folder));
            }
        }
    }
    Ok(files)
}

pub(super) fn is_partial(name: &str) -> bool {
    name.starts_with('_')
}

fn missing(file: &str, set: &str, folder: Option<&Path>) -> TemplateError {
    let place = folder.map_or_else(
        || "no templates.folder is set".to_owned(),
        |folder| format!("the folder {} has no such file", folder.display()),
    );
    TemplateError {
        file: file.to_owned(),
        line: None,
        reason: format!("the set {set:?} needs it, and {place}"),
        remedy: format!("{EXPORT}, or name the set {SHARED_SET:?}"),
    }
}

fn read_folder(folder: &Path, files: &mut BTreeMap<String, String>) -> Result<(), TemplateError> {
    let unreadable = |error: std::io::Error| TemplateError {
        file: folder.display().to_string(),
        line: None,
        reason: format!("the folder cannot be read: {error}"),
        remedy: "correct templates.folder or the folder's permissions".into(),
    };
    let folder = folder.canonicalize().map_err(unreadable)?;
    for entry in fs::read_dir(&folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let template = path.extension().is_some_and(|ending| ending == "hbs");
        let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|_| template) else {
            continue;
        };
        let Some((set, part)) = Part::split(name) else {
            return Err(misnamed(name, "the name does not say which part it is"));
        };
        check_name(name, set.strip_prefix('_').unwrap_or(set))?;
        if is_partial(set) && in_language(set).is_some() {
            return Err(misnamed(name, "a partial has no language; give it another name, such as _NAME-de"));
        }
        let text = read_file(&path, &folder).map_err(|reason| TemplateError {
            file: name.to_owned(),
            line: None,
            reason,
            remedy: "put a plain UTF-8 text file there, or take it away".into(),
        })?;
        files.insert(name.to_owned(), import::translated(&text, part).unwrap_or(text));
    }
    Ok(())
}

fn read_file(path: &Path, folder: &Path) -> Result<String, String> {
    let real = path.canonicalize().map_err(|error| error.to_string())?;
    if !real.starts_with(folder) {
        return Err("it is a link that leads out of the folder".into());
    }
    let size = fs::metadata(&real).map_err(|error| error.to_string())?.len();
    if size > LARGEST_FILE {
        return Err(format!("it has {size} bytes, and a template has at most {LARGEST_FILE}"));
    }
    let text = fs::read_to_string(&real).map_err(|error| error.to_string())?;
    // an editor's byte order mark would stand at the beginning of every subject
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// The set and the language of a name such as `digest.de`.
pub(super) fn in_language(set: &str) -> Option<(&str, &str)> {
    set.split_once('.')
}

fn check_name(file: &str, set: &str) -> Result<(), TemplateError> {
    let (set, tag) = in_language(set).map_or((set, None), |(set, tag)| (set, Some(tag)));
    if let Some(tag) = tag.filter(|tag| Language::parse(tag).is_none_or(|language| language.as_str() != *tag)) {
        return Err(misnamed(file, &format!("{tag:?} is not a language as file names have it, such as de or pt-br")));
    }
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '_' | '-');
    let allowed = !set.is_empty() && set.chars().all(plain);
    allowed.then_some(()).ok_or_else(|| misnamed(file, &format!("{set:?} is not a name for templates")))
}

fn misnamed(file: &str, reason: &str) -> TemplateError {
    TemplateError {
        file: file.to_owned(),
        line: None,
        reason: reason.to_owned(),
        remedy: "name it NAME.subject.hbs, NAME.txt.hbs, NAME.html.hbs and perhaps NAME.title.hbs, in German \
                 NAME.de.subject.hbs and so on, or _NAME.txt.hbs and _NAME.html.hbs for partials; NAME is made of a-z, \
                 0-9, - and _"
            .into(),
    }
}
