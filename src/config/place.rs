//! Where a mistake stands in the settings: the dotted key that a place in the text belongs to.

use toml::de::{DeTable, DeValue};

/// The innermost key at `place`, such as `rule.reminder.schedule.every`; `None` between keys.
///
/// The text is read as TOML once more, as far as it is TOML: lines alone do not tell a key from a comment, a text
/// or a list of several lines.
pub(super) fn key_at(text: &str, place: usize) -> Option<String> {
    let (document, _) = DeTable::parse_recoverable(text);
    let mut path = path_to(document.get_ref(), place)?;
    path.reverse();
    Some(path.join("."))
}

/// Whether the settings hold keys directly under `[section]`, where every entry has a name of its own.
pub(super) fn is_without_name(text: &str, section: &str) -> bool {
    let (document, _) = DeTable::parse_recoverable(text);
    let section = document.get_ref().iter().find(|(key, _)| key.get_ref() == section);
    let Some(DeValue::Table(entries)) = section.map(|(_, value)| value.get_ref()) else { return false };
    entries.iter().any(|(_, entry)| !matches!(entry.get_ref(), DeValue::Table(_)))
}

/// The keys that lead to `place`, innermost first.
fn path_to(table: &DeTable<'_>, place: usize) -> Option<Vec<String>> {
    // the end counts as well: what is cut short by the end of the file is found there
    let holds = |span: std::ops::Range<usize>| span.start <= place && place <= span.end;
    let inside = table.iter().find_map(|(key, value)| {
        let mut path = path_in(value.get_ref(), place)?;
        path.push(shown(key.get_ref()));
        Some(path)
    });
    inside.or_else(|| {
        let here = table.iter().find(|(key, value)| holds(key.span()) || holds(value.span()));
        here.map(|(key, _)| vec![shown(key.get_ref())])
    })
}

fn path_in(value: &DeValue<'_>, place: usize) -> Option<Vec<String>> {
    match value {
        DeValue::Table(table) => path_to(table, place),
        DeValue::Array(entries) => entries.iter().find_map(|entry| path_in(entry.get_ref(), place)),
        _ => None,
    }
}

/// A key as it has to be written.
fn shown(key: &str) -> String {
    let bare = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { format!("{key:?}") }
}
