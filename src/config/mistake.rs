//! What is wrong with a settings file: the key, the line with a caret, the reason and the remedy.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::Path;

use super::place::{is_without_name, key_at};
use super::words;
use super::written::Fault;

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
        let message = match error.kind() {
            io::ErrorKind::NotFound => {
                "there is no such file; name another with --config, or make one with: doorbell init".into()
            }
            io::ErrorKind::InvalidData => "the file is not UTF-8 text; save it as UTF-8".into(),
            io::ErrorKind::PermissionDenied => "this user may not read it; run doorbell as the user who may".into(),
            _ => error.to_string(),
        };
        Self { file: path.display().to_string(), key: None, message, excerpt: None }
    }

    pub(super) fn of_toml(path: &Path, text: &str, error: &toml::de::Error) -> Self {
        let nameless = ["rule", "people"].into_iter().find(|section| is_without_name(text, section));
        let message = match nameless {
            Some(section) => format!("every entry of [{section}] needs a name of its own; write [{section}.NAME]"),
            None => words::plain(error.message()),
        };
        // what lacks in the file as a whole stands in no line
        let place = error.span().filter(|place| place.end > 0);
        Self::at(path, text, Fault { place, message })
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
    /// The line, which cron mails to somebody: a password in it is left out.
    fn of(text: &str, place: &Range<usize>) -> Self {
        let before = text.get(..place.start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |index| index + 1);
        let line = text.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
        // a place between CR and LF belongs to the end of the line as it is shown
        let column = before.get(line_start..).unwrap_or_default().chars().count().min(line.chars().count()) + 1;
        let marked = text.get(place.clone()).unwrap_or_default().lines().next().unwrap_or_default();
        // one blank each: a tab would move the caret off its place, and others would command the terminal
        let shown: String =
            without_secrets(line).chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        let room = (shown.chars().count() + 1).saturating_sub(column).max(1);
        Self {
            line_number: before.matches('\n').count() + 1,
            column,
            width: marked.chars().count().clamp(1, room),
            line: shown,
        }
    }
}

/// A line without what may be a password: the value of such a key, the address of a check, and the user's part of any
/// other address.
fn without_secrets(line: &str) -> String {
    let keys = line.match_indices("password").chain(line.match_indices("ping"));
    let after_key = keys.into_iter().find_map(|(start, key)| {
        let end = start + key.len();
        let rest = line.get(end..)?.trim_start_matches(['"', '\'']).trim_start().strip_prefix('=')?;
        let is_reference = rest.trim_start().trim_start_matches(['"', '\'']).starts_with("${");
        (!is_reference).then(|| line.len() - rest.len())
    });
    if let Some(kept) = after_key.and_then(|end| line.get(..end)) {
        return format!("{kept} ***");
    }
    let user = line.find("://").map(|index| index + 3).zip(line.rfind('@'));
    let parts = user.and_then(|(from, to)| Some((line.get(..from)?, line.get(from..to)?, line.get(to..)?)));
    match parts {
        Some((before, user, after)) if user.contains(':') => format!("{before}***{after}"),
        _ => line.to_owned(),
    }
}
