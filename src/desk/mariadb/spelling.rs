//! A statement with its parameters written into it: one packet asks and one answers, and nothing is left prepared.

use std::fmt::Write as _;

use anyhow::{Context, Result};

use crate::desk::value::Parameter;

/// A list of ids, as the statements of this room ask for one.
const LIST: &str = "(SELECT value FROM json_each(";

/// The statement with literals in the places `?1`, `?2` ..; those in texts, names and comments stay as they are.
pub(super) fn spelled(sql: &str, parameters: &[Parameter<'_>]) -> Result<String> {
    let mut text = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(start) = rest.find(['?', '\'', '"', '`', '-', '/', '#']) {
        let (before, found) = rest.split_at(start);
        text.push_str(before);
        let size = quoted(found);
        let (kept, behind) = found.split_at(size);
        let digits = behind.len() - behind.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
        let (place, behind_place) = behind.split_at(digits);
        if kept != "?" || place.is_empty() {
            text.push_str(kept);
            rest = behind;
            continue;
        }
        let place: usize = place.parse()?;
        let parameter = place.checked_sub(1).and_then(|place| parameters.get(place));
        let literal = literal(parameter.with_context(|| format!("a statement lacks parameter {place}"))?)?;
        rest = behind_place;
        if let Some(list) = text.strip_suffix(LIST) {
            text.truncate(list.len());
            text.push('(');
            rest = rest.strip_prefix(')').unwrap_or(rest);
        }
        text.push_str(&literal);
    }
    text.push_str(rest);
    Ok(text)
}

/// How many bytes belong together at the start: a text, a name or a comment to its end, else one letter.
fn quoted(text: &str) -> usize {
    let to = |end: &str| text.get(2..).and_then(|inner| inner.find(end)).map_or(text.len(), |at| at + 2 + end.len());
    match text.as_bytes() {
        [b'-', b'-', ..] => to("\n"),
        [b'#', ..] => text.find('\n').map_or(text.len(), |at| at + 1),
        [b'/', b'*', ..] => to("*/"),
        [quote @ (b'\'' | b'"' | b'`'), ..] => {
            let mut skips = false;
            let end = text.bytes().enumerate().skip(1).find(|(_, byte)| {
                let ends = !skips && byte == quote;
                // a doubled quote ends one text and begins the next, which comes to the same
                skips = !skips && *byte == b'\\' && *quote != b'`';
                ends
            });
            end.map_or(text.len(), |(at, _)| at + 1)
        }
        _ => 1,
    }
}

/// Texts are written in hexadecimal digits: no letter of theirs can end them.
fn literal(parameter: &Parameter<'_>) -> Result<String> {
    Ok(match parameter {
        Parameter::Integer(None) => "NULL".to_owned(),
        Parameter::Integer(Some(number)) => number.to_string(),
        Parameter::Text(text) => hexadecimal(text),
        Parameter::Integers(json) => list(serde_json::from_str::<Vec<i64>>(json)?.iter().map(ToString::to_string)),
        Parameter::Texts(json) => list(serde_json::from_str::<Vec<String>>(json)?.iter().map(|text| hexadecimal(text))),
    })
}

/// Nothing is in a list of NULL, and an empty one is no SQL.
fn list(values: impl Iterator<Item = String>) -> String {
    let values: Vec<String> = values.collect();
    if values.is_empty() { "NULL".to_owned() } else { values.join(", ") }
}

fn hexadecimal(text: &str) -> String {
    let mut literal = "_utf8mb4 X'".to_owned();
    for byte in text.bytes() {
        // writing to a String cannot fail
        let _ = write!(literal, "{byte:02X}");
    }
    literal.push('\'');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(sql: &str, parameters: &[Parameter<'_>], expected: &str) {
        assert_eq!(spelled(sql, parameters).unwrap(), expected);
    }

    #[test]
    fn parameters_become_literals() {
        case(
            "SELECT * FROM t WHERE a = ?2 AND b = ?1 AND c - d / e",
            &[Parameter::Integer(Some(-7)), Parameter::Text("é'")],
            "SELECT * FROM t WHERE a = _utf8mb4 X'C3A927' AND b = -7 AND c - d / e",
        );
        case("a = ?1 OR a <=> ?2", &[Parameter::Text(""), Parameter::Integer(None)], "a = _utf8mb4 X'' OR a <=> NULL");
    }

    #[test]
    fn lists_become_lists() {
        let sql = "id IN (SELECT value FROM json_each(?1)) AND x = 1";
        case(sql, &[Parameter::Integers("[1,22]")], "id IN (1, 22) AND x = 1");
        case(sql, &[Parameter::Texts("[\"a\"]")], "id IN (_utf8mb4 X'61') AND x = 1");
        case(sql, &[Parameter::Integers("[]")], "id IN (NULL) AND x = 1");
    }

    #[test]
    fn what_stands_in_texts_names_and_comments_is_left_alone() {
        let one = [Parameter::Integer(Some(1))];
        for sql in [
            "a = 'what?1' AND b = \"?1\" AND `?1` = 2",
            "a = 'it''s ?1' AND b = '\\'?1'",
            "-- agent's ?1\nSELECT 2",
            "/* agent's ?1 */ SELECT 2 # agent's ?1",
            "SELECT 'open ?1",
            "a ? b",
        ] {
            case(sql, &one, sql);
        }
        case("`\\` = ?1 -- it's\n OR b = ?1", &one, "`\\` = 1 -- it's\n OR b = 1");
    }

    #[test]
    fn a_parameter_that_is_not_there_is_an_error() {
        assert!(spelled("a = ?2", &[Parameter::Integer(None)]).is_err());
        assert!(spelled("a = ?0", &[Parameter::Integer(None)]).is_err());
    }
}
