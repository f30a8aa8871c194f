//! Foreign text as HTML: escaped, new lines as breaks, web and mail addresses as links.

use std::borrow::Cow;
use std::fmt::Write;

use super::clean::{LONGEST_LINK, after_scheme};

/// The only beginnings of a link; everything else stays text.
const SCHEMES: [&str; 3] = ["https://", "http://", "mailto:"];

/// Text for the inside of an element or a quoted attribute; new lines become `<br>`.
pub(super) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + text.len() / 8);
    escape_into(&mut html, text);
    html
}

/// Like [`escaped`], with its addresses as links.
pub(super) fn rich(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + text.len() / 4);
    let mut rest = text;
    let mut before = None;
    while let Some((start, address)) = next_address(rest, before) {
        let (plain, tail) = rest.split_at(start);
        escape_into(&mut html, plain);
        let url = escaped(address);
        // writing to a string cannot fail
        let _ = write!(html, "<a href=\"{url}\" rel=\"noopener noreferrer\">{url}</a>");
        rest = tail.get(address.len()..).unwrap_or_default();
        before = address.chars().next_back();
    }
    escape_into(&mut html, rest);
    html
}

fn escape_into(html: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'', '\n']) {
        let (plain, special) = rest.split_at(at);
        html.push_str(plain);
        html.push_str(match special.as_bytes().first() {
            Some(b'&') => "&amp;",
            Some(b'<') => "&lt;",
            Some(b'>') => "&gt;",
            Some(b'"') => "&quot;",
            Some(b'\'') => "&#39;",
            _ => "<br>\n",
        });
        rest = special.get(1..).unwrap_or_default();
    }
    html.push_str(rest);
}

/// The next address in a text and where it begins.
fn next_address(text: &str, before: Option<char>) -> Option<(usize, &str)> {
    let mut from = 0;
    // every address has a colon: texts without one are not looked at letter by letter
    while let Some(colon) = text.get(from..)?.find(':').map(|at| at + from) {
        for scheme in SCHEMES {
            let start = colon.checked_sub(scheme.find(':').unwrap_or_default());
            let Some((start, candidate)) = start.and_then(|start| Some((start, text.get(start..)?))) else { continue };
            let preceding = text.get(..start).and_then(|head| head.chars().next_back()).or(before);
            if start < from || preceding.is_some_and(char::is_alphanumeric) {
                continue;
            }
            if let Some(address) = address_at(candidate, scheme) {
                return Some((start, address));
            }
        }
        from = colon + 1;
    }
    None
}

/// The address that the text begins with, without the punctuation of the sentence around it.
fn address_at<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let tail = after_scheme(text, scheme)?;
    let ends = |letter: char| letter.is_whitespace() || matches!(letter, '<' | '>' | '"' | '`' | '\\');
    // only so much is looked at: a body made of nothing but colons costs no more than one of words
    let near = tail.get(..tail.floor_char_boundary(LONGEST_LINK))?;
    let end = near.find(ends).or((near.len() == tail.len()).then_some(tail.len()))?;
    let mut address = text.get(..scheme.len() + end)?;
    // a bracket that was opened inside belongs to the address
    let surplus = |opening: char, closing: char| {
        address.matches(closing).count().saturating_sub(address.matches(opening).count())
    };
    let (mut round, mut square) = (surplus('(', ')'), surplus('[', ']'));
    while let Some(last) = address.chars().next_back() {
        match last {
            ')' if round > 0 => round -= 1,
            ']' if square > 0 => square -= 1,
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '…' | '»' | '”' | '’' | '。' | '、' => {}
            _ => break,
        }
        address = address.get(..address.len() - last.len_utf8())?;
    }
    let target = address.get(scheme.len()..)?;
    let plausible = match scheme {
        "mailto:" => target.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty()),
        _ => target.starts_with(|letter: char| letter.is_alphanumeric() || letter == '['),
    };
    plausible.then_some(address)
}

/// The text with its values escaped, or the text itself when nothing is to escape.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    if text.contains(['&', '<', '>', '"', '\'', '\n']) { Cow::Owned(escaped(text)) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linked(address: &str) -> String {
        format!("<a href=\"{address}\" rel=\"noopener noreferrer\">{address}</a>")
    }

    #[test]
    fn markup_becomes_text_and_new_lines_become_breaks() {
        assert_eq!(escaped("<b onclick='x'>\"&\"\nß"), "&lt;b onclick=&#39;x&#39;&gt;&quot;&amp;&quot;<br>\nß");
        assert_eq!(rich("a\nb <c>"), "a<br>\nb &lt;c&gt;");
        assert_eq!(escape("plain"), Cow::Borrowed("plain"));
    }

    #[test]
    fn addresses_become_links_without_the_sentence_around_them() {
        let case = |text: &str, address: &str, expected: &str| {
            assert_eq!(rich(text), expected.replace("{}", &linked(address)), "{text}");
        };
        case("see https://example.com/a.", "https://example.com/a", "see {}.");
        case("(http://example.com/x_(y))", "http://example.com/x_(y)", "({})");
        case("HTTPS://example.com!?", "HTTPS://example.com", "{}!?");
        case("mailto:ada@example.com, please", "mailto:ada@example.com", "{}, please");
        case("a https://ex.com/ü\nb", "https://ex.com/ü", "a {}<br>\nb");
        case("<https://example.com>", "https://example.com", "&lt;{}&gt;");
        assert_eq!(rich("http://a.b http://c.d"), format!("{} {}", linked("http://a.b"), linked("http://c.d")));
        assert_eq!(rich("http://a.b?x=1&y=2"), linked("http://a.b?x=1&amp;y=2"));
    }

    #[test]
    fn nothing_else_becomes_a_link() {
        for text in ["javascript:alert(1)", "data:text/html,x", "https://", "xhttps://a.b", "mailto:nobody", "note: x"]
        {
            assert_eq!(rich(text), text, "{text}");
        }
        assert!(!rich(&format!("https://example.com/{}", "x".repeat(3_000))).contains("<a "));
        assert_eq!(rich(&format!("https://a.b{}", ")".repeat(900))), linked("https://a.b") + &")".repeat(900));
        assert!(!rich("javascript:https//x \"https://\"").contains("<a "));
    }
}
