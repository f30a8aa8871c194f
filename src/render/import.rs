//! Templates that come from elsewhere with their fields in single braces: `{recipient_name}`, `{message}`.
//! They are rewritten when they are loaded, so that everything after it knows one spelling.

use super::html;
use super::library::Part;

/// The merge fields that such templates know, with how they are written here as text and as HTML.
const FIELDS: [(&str, &str, &str); 7] = [
    ("{recipient_name}", "{{recipient_name}}", "{{recipient_name}}"),
    ("{sender_name}", "{{sender_name}}", "{{sender_name}}"),
    ("{sender_profile_image}", "{{sender_profile_image}}", "{{sender_profile_image}}"),
    ("{message}", "{{quote message}}", "{{rich message}}"),
    ("{attachments}", "{{files attachments}}", "{{files attachments}}"),
    ("{conversation_link}", "{{conversation_link}}", "{{conversation_link}}"),
    ("{conversation_id}", "{{conversation_id}}", "{{conversation_id}}"),
];

/// The template in double braces, if it is one in single braces.
pub(super) fn translated(text: &str, part: Part) -> Option<String> {
    if text.contains("{{") || !FIELDS.iter().any(|(single, ..)| text.contains(single)) {
        return None;
    }
    // a plain text in the place of HTML: its new lines are meant to be seen
    let plain = part == Part::Html && !text.contains('<');
    let mut text = if plain { html::escaped(text.trim_end()) } else { text.to_owned() };
    for (single, in_text, in_html) in FIELDS {
        let double = match part {
            // one line: there is nothing to quote
            Part::Subject | Part::Title => format!("{{{single}}}"),
            Part::Text => in_text.to_owned(),
            Part::Html if plain && single == "{conversation_link}" => "{{rich conversation_link}}".to_owned(),
            Part::Html => in_html.to_owned(),
        };
        text = text.replace(single, &double);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_braces_become_double_ones() {
        let case = |text: &str, part, expected: Option<&str>| assert_eq!(translated(text, part).as_deref(), expected);
        case("{sender_name}: {message}", Part::Subject, Some("{{sender_name}}: {{message}}"));
        case("Hi {recipient_name}\n{message}", Part::Text, Some("Hi {{recipient_name}}\n{{quote message}}"));
        case("<p>{message}</p>\n{attachments}", Part::Html, Some("<p>{{rich message}}</p>\n{{files attachments}}"));
        case("a & b\n{message}\n", Part::Html, Some("a &amp; b<br>\n{{rich message}}"));
        case("{conversation_link}", Part::Html, Some("{{rich conversation_link}}"));
        case("<a href='{conversation_link}'>", Part::Html, Some("<a href='{{conversation_link}}'>"));
    }

    #[test]
    fn other_templates_stay_as_they_are() {
        assert_eq!(translated("{{message}} {message}", Part::Text), None);
        assert_eq!(translated("a { color: red } {unknown}", Part::Html), None);
    }
}
