//! What the TOML reader says about a mistake, in the words of the manual and with the remedy.

use crate::notation::nearest;

/// A message of the TOML reader for people; values are left out, for one of them may be a password.
pub(super) fn plain(message: &str) -> String {
    // serde closes with a full stop or a line break of its own in places
    let message = message.trim_end().trim_end_matches('.');
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (typed, known) = quoted.split_first().map_or(("", quoted.as_slice()), |(typed, known)| (*typed, known));
    if message.starts_with("unknown field") {
        // only the file as a whole has rules
        let what = if known.contains(&"rule") { "section" } else { "key" };
        return format!("unknown {what} {typed:?}; {}", meant(typed, known, &format!("the {what}s here are")));
    }
    if message.starts_with("unknown variant") {
        return format!("{typed:?} is not known here; {}", meant(typed, known, "write one of"));
    }
    if message.starts_with("missing field") {
        return missing(typed);
    }
    if message == "duplicate key" {
        return "this stands here a second time; remove one of the two".into();
    }
    misfit(message).unwrap_or_else(|| message.to_owned())
}

fn meant(typed: &str, known: &[&str], otherwise: &str) -> String {
    match nearest(typed, known.iter().copied()) {
        Some(meant) => format!("did you mean {meant:?}?"),
        None => format!("{otherwise} {}", known.join(", ")),
    }
}

fn missing(key: &str) -> String {
    let example = match key {
        "desk" => return "there is no [desk] section; add one with url = \"sqlite:/var/lib/chat/chat.db\"".into(),
        "url" => "\"sqlite:/var/lib/chat/chat.db\"",
        "from" => "\"Support desk <desk@example.com>\"",
        "watch" => "\"unread\" or watch = \"unreplied\"",
        "schedule" => "{ every = \"5m\" }",
        "tell" => "[\"assignee\", \"else group\"]",
        "email" => "\"anna@example.com\"",
        _ => return format!("the key {key} is missing; doorbell.toml(5) says what goes there"),
    };
    format!("the key {key} is missing; add {key} = {example}")
}

/// serde says ``invalid type: string "yes", expected a boolean``.
fn misfit(message: &str) -> Option<String> {
    let (found, expected) = message.strip_prefix("invalid type: ")?.rsplit_once(", expected ")?;
    let found = found.split([' ', '`', '"']).next().unwrap_or(found);
    let found = match found {
        "string" => "text in quotes",
        "integer" | "floating" => "a number without quotes",
        "boolean" => "true or false",
        "sequence" => "a list",
        "map" => "a section",
        other => other,
    };
    let remedy = match expected {
        "a boolean" => "true or false without quotes",
        "a string" | "path string" => "text in quotes, such as \"5m\"",
        "a sequence" => "a list in brackets, such as [\"assignee\"]",
        "i64" => "a whole number without quotes",
        "a map" => "keys of its own, in a section or between { and }",
        other if other.starts_with("struct ") => "keys of its own, in a section or between { and }",
        other => other,
    };
    Some(format!("{found} does not fit here; it takes {remedy}"))
}
