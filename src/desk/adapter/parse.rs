//! An adapter's file, taken apart: what it says of itself, and the SELECT under each `-- relation: NAME`.

use super::contract::{RELATIONS, Relation, relation};
use super::{AdapterError, Part};
use crate::notation::nearest;

/// What stands before the first heading, without the comment signs, and the relations in their order.
pub(super) fn parse(place: &str, text: &str) -> Result<(String, Vec<Part>), AdapterError> {
    let mut about = Vec::new();
    let mut parts: Vec<(usize, Part)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let at = |message: String| AdapterError::new(format!("{place}:{number}"), message);
        if let Some(name) = heading(line) {
            let relation = known(name).map_err(at)?;
            if let Some((first, _)) = parts.iter().find(|(_, part)| part.relation == relation.name) {
                return Err(at(format!("relation {name} stands here again, after line {first}; take one of them out")));
            }
            parts.push((number, Part { relation: relation.name, text: String::new(), is_corrected: false }));
        } else if let Some((_, part)) = parts.last_mut() {
            part.text.push_str(line);
            part.text.push('\n');
        } else {
            about.push(said(line).map_err(at)?);
        }
    }
    let at = |number: usize, message| AdapterError::new(format!("{place}:{number}"), message);
    let parts = parts.into_iter().map(|(number, mut part)| {
        part.text = select(part.relation, &part.text).map_err(|message| at(number, message))?;
        Ok(part)
    });
    Ok((about.join("\n").trim().to_owned(), parts.collect::<Result<_, _>>()?))
}

/// The relation of that name, or what to write instead.
pub(super) fn known(name: &str) -> Result<&'static Relation, String> {
    relation(name).ok_or_else(|| {
        let names = RELATIONS.map(|relation| relation.name);
        let meant = nearest(name, names).map(|meant| format!(" (did you mean {meant}?)")).unwrap_or_default();
        format!("there is no relation {name:?}{meant}; the relations are {}", names.join(", "))
    })
}

/// The SELECT of a relation, fit to stand in parentheses.
pub(super) fn select(name: &str, text: &str) -> Result<String, String> {
    let text = without_last_comments(text).trim();
    if text.trim_end_matches(|letter: char| letter == ';' || letter.is_whitespace()).len() < text.len() {
        return Err(format!(
            "relation {name} ends in a semicolon, and becomes part of a longer statement; take it out"
        ));
    }
    let code = text.lines().map(str::trim_start).find(|line| !line.is_empty() && !line.starts_with("--"));
    let word = code.and_then(|line| line.split(|letter: char| !letter.is_ascii_alphabetic()).next()).unwrap_or("");
    if ["select", "with"].contains(&word.to_ascii_lowercase().as_str()) {
        return Ok(text.to_owned());
    }
    Err(format!("relation {name} is no SELECT; write one below its heading, or take the heading out"))
}

/// What is commented out behind a SELECT is none of it; on the same line a comment would swallow what follows.
fn without_last_comments(text: &str) -> &str {
    let mut text = text.trim_end();
    while let Some((before, last)) = text.rsplit_once('\n') {
        if !last.trim_start().starts_with("--") {
            break;
        }
        text = before.trim_end();
    }
    text
}

/// The name in `-- relation: NAME`.
fn heading(line: &str) -> Option<&str> {
    let comment = line.trim().strip_prefix("--")?.trim_start();
    comment.strip_prefix("relation:").map(str::trim)
}

/// A line of what the file says of itself.
fn said(line: &str) -> Result<&str, String> {
    match line.strip_prefix("--") {
        Some(comment) => Ok(comment.strip_prefix(' ').unwrap_or(comment)),
        None if line.trim().is_empty() => Ok(""),
        None => Err("SQL stands before the first heading; write \"-- relation: NAME\" above it".into()),
    }
}
