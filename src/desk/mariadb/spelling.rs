//! Statements of this room as MariaDB and MySQL take them, with their parameters written in: one packet asks and one
//! answers, and nothing is left prepared.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::desk::value::Parameter;

/// A list of ids, as the statements of this room ask for one.
const LIST: &str = "(SELECT value FROM json_each(";

/// The statement with literals in the places `?1`, `?2` ..; it comes from this room, never from an adapter.
pub(in crate::desk) fn spelled(sql: &str, parameters: &[Parameter<'_>]) -> Result<String> {
    let sql = sql
        .replace("email = ?1 COLLATE NOCASE", "lower(email) = lower(?1)")
        .replace(" AS text)", " AS char)")
        // a word of MySQL's own since 8.0.2
        .replace("FROM groups", "FROM `groups`");
    let mut parts = sql.split('?');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
        let (place, mut rest) = part.split_at(digits);
        let parameter = place.parse::<usize>().ok().and_then(|place| parameters.get(place.checked_sub(1)?));
        let parameter = parameter.with_context(|| format!("a statement lacks parameter {place:?}"))?;
        if let Some(before) = text.strip_suffix(LIST) {
            text.truncate(before.len());
            text.push('(');
            rest = rest.strip_prefix(')').unwrap_or(rest);
        }
        text.push_str(&literal(parameter)?);
        text.push_str(rest);
    }
    Ok(text)
}

fn literal(parameter: &Parameter<'_>) -> Result<String> {
    Ok(match parameter {
        Parameter::Integer(None) => "NULL".to_owned(),
        Parameter::Integer(Some(number)) => number.to_string(),
        Parameter::Text(text) => hexadecimal(text),
        Parameter::Integers(json) | Parameter::Texts(json) | Parameter::Uuids(json) => list(json)?,
    })
}

/// Nothing is in a list of NULL, and an empty one is no SQL.
fn list(json: &str) -> Result<String> {
    let values: Vec<Value> = serde_json::from_str(json)?;
    let values: Vec<String> =
        values.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), hexadecimal)).collect();
    Ok(if values.is_empty() { "NULL".to_owned() } else { values.join(", ") })
}

/// A text in hexadecimal digits: no letter of its own can end it.
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
        let parameters = [Parameter::Integer(Some(-7)), Parameter::Text("é'"), Parameter::Integer(None)];
        case("a = ?2 AND b = ?1 LIMIT 1", &parameters, "a = _utf8mb4 X'C3A927' AND b = -7 LIMIT 1");
        case("a = ?3 OR b = ?2", &parameters, "a = NULL OR b = _utf8mb4 X'C3A927'");
    }

    #[test]
    fn lists_become_lists() {
        let sql = "id IN (SELECT value FROM json_each(?1)) AND x = 1";
        case(sql, &[Parameter::Integers("[1,22]")], "id IN (1, 22) AND x = 1");
        case(sql, &[Parameter::Texts("[\"a\",\"?1\"]")], "id IN (_utf8mb4 X'61', _utf8mb4 X'3F31') AND x = 1");
        case(sql, &[Parameter::Texts("[7,\"a\"]")], "id IN (7, _utf8mb4 X'61') AND x = 1");
        case(sql, &[Parameter::Integers("[]")], "id IN (NULL) AND x = 1");
    }

    #[test]
    fn words_that_differ_are_changed() {
        case(
            "SELECT id FROM groups WHERE CAST(number AS text) = 7",
            &[],
            "SELECT id FROM `groups` WHERE CAST(number AS char) = 7",
        );
        case(
            "x WHERE email = ?1 COLLATE NOCASE",
            &[Parameter::Text("a")],
            "x WHERE lower(email) = lower(_utf8mb4 X'61')",
        );
    }

    #[test]
    fn a_parameter_that_is_not_there_is_an_error() {
        for sql in ["a = ?2", "a = ?0", "a = ?"] {
            assert!(spelled(sql, &[Parameter::Integer(None)]).is_err(), "{sql}");
        }
    }
}
