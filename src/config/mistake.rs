//! What is wrong with a settings file: the key, the line with a caret, the reason and the remedy.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::Path;

use super::written::Fault;
use crate::notation::nearest;

/// A settings file that cannot be used.
#[derive(Debug)]
pub struct Mistake {
    file: String,
    key: Option<String>,
    message: String,
    excerpt: Option<Excerpt>,
}

/// The line at fault.
#[derive(Debug)]
struct Excerpt {
    line_number: usize,
    column: usize,
    line: String,
    width: usize,
}

impl Mistake {
    pub(super) fn unreadable(path: &Path, error: &io::Error) -> Self {
        let remedy = if error.kind() == io::ErrorKind::NotFound {
            "; name another with --config, or run: doorbell init"
        } else {
            ""
        };
        Self { file: path.display().to_string(), key: None, message: format!("{error}{remedy}"), excerpt: None }
    }

    pub(super) fn of_toml(path: &Path, text: &str, error: &toml::de::Error) -> Self {
        // serde closes with a full stop or a line break of its own in places
        let message = with_suggestion(error.message().trim_end());
        Self::at(path, text, Fault { place: error.span(), message })
    }

    pub(super) fn at(path: &Path, text: &str, fault: Fault) -> Self {
        let place = fault.place.filter(|place| place.start <= text.len());
        Self {
            file: path.display().to_string(),
            key: place.as_ref().and_then(|place| key_at(text, place.start)),
            message: fault.message,
            excerpt: place.map(|place| Excerpt::of(text, &place)),
        }
    }
}

impl std::error::Error for Mistake {}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "read settings {}", self.file)?;
        if let Some(excerpt) = &self.excerpt {
            write!(f, ":{}:{}", excerpt.line_number, excerpt.column)?;
        }
        if let Some(key) = &self.key {
            write!(f, ": {key}")?;
        }
        write!(f, ": {}", self.message)?;
        let Some(excerpt) = &self.excerpt else { return Ok(()) };
        let margin = excerpt.line_number.to_string().len();
        write!(f, "\n{:margin$} |\n{} | {}\n", "", excerpt.line_number, excerpt.line)?;
        write!(f, "{:margin$} | {:indent$}{}", "", "", "^".repeat(excerpt.width), indent = excerpt.column - 1)
    }
}

impl Excerpt {
    fn of(text: &str, place: &Range<usize>) -> Self {
        let before = text.get(..place.start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |index| index + 1);
        let line = text.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        let marked = text.get(place.clone()).unwrap_or_default().lines().next().unwrap_or_default();
        Self {
            line_number: before.matches('\n').count() + 1,
            column,
            line: line.to_owned(),
            width: marked.chars().count().max(1),
        }
    }
}

/// The dotted key that a place in the text belongs to: the table above it and the key of its line.
fn key_at(text: &str, place: usize) -> Option<String> {
    let line_end = text.get(place..)?.find('\n').map_or(text.len(), |index| place + index);
    let mut lines = text.get(..line_end)?.lines().rev();
    let line = lines.next()?;
    let table_of = |line: &str| {
        let header = line.trim().strip_prefix('[')?.split(']').next()?;
        Some(header.trim_start_matches('[').trim().to_owned())
    };
    if let Some(table) = table_of(line) {
        return Some(table);
    }
    let key = line.split_once('=').map(|(key, _)| key.trim().trim_matches('"').to_owned());
    match (lines.find_map(table_of), key) {
        (Some(table), Some(key)) => Some(format!("{table}.{key}")),
        (table, key) => key.or(table),
    }
}

/// serde says ``unknown field `gracee`, expected one of `grace`, ..``: say which one was meant.
fn with_suggestion(message: &str) -> String {
    if !message.starts_with("unknown field") && !message.starts_with("unknown variant") {
        return message.to_owned();
    }
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match quoted.split_first().and_then(|(typed, known)| nearest(typed, known.iter().copied())) {
        Some(meant) => format!("{message}; did you mean {meant:?}?"),
        None => message.to_owned(),
    }
}
