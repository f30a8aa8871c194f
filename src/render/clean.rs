//! Takes out of foreign text what could forge the mail around it.
//! Everything a template can show has passed through here.

use unicode_segmentation::UnicodeSegmentation;

/// Longer names say no more.
pub(super) const NAME_GRAPHEMES: usize = 80;

/// What a body that was cut ends with.
pub(super) const SHORTENED: &str = "… (shortened)";

/// Code points that one visible character may have on average: beyond that it is marks piled upon marks.
const LETTERS_PER_GRAPHEME: usize = 16;

/// Longer addresses are cut by mail programs and would lead nowhere.
pub(super) const LONGEST_LINK: usize = 2_048;

/// Text of several lines: new lines and tabs stay, at most one blank line in a row.
pub(super) fn body(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut new_lines = 2;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let letter = match letter {
            '\r' if letters.peek() == Some(&'\n') => continue,
            '\r' | '\u{2028}' | '\u{2029}' | '\u{b}' | '\u{c}' => '\n',
            other => other,
        };
        if letter == '\n' {
            clean.truncate(clean.trim_end_matches([' ', '\t']).len());
            new_lines += 1;
            if new_lines > 2 {
                continue;
            }
        } else if is_harmful(letter) {
            continue;
        } else if letter != ' ' && letter != '\t' {
            new_lines = 0;
        }
        clean.push(letter);
    }
    clean.truncate(clean.trim_end().len());
    clean
}

/// Text on one line, at most so many visible characters.
pub(super) fn line(text: &str, graphemes: usize) -> String {
    let most = graphemes * LETTERS_PER_GRAPHEME;
    let mut clean = String::with_capacity(text.len().min(graphemes * 4));
    let (mut kept, mut cut) = (0, false);
    for letter in text.chars().filter(|letter| letter.is_whitespace() || !is_harmful(*letter)) {
        let letter = if letter.is_whitespace() { ' ' } else { letter };
        if letter == ' ' && (clean.is_empty() || clean.ends_with(' ')) {
            continue;
        }
        // keeps a name of a megabyte cheap
        if kept == most {
            cut = true;
            break;
        }
        clean.push(letter);
        kept += 1;
    }
    clean.truncate(clean.trim_end().len());
    shortened(clean, graphemes, cut)
}

/// The first line that says something, at most so many visible characters.
pub(super) fn first_line(text: &str, graphemes: usize) -> String {
    text.lines().map(|text| line(text, graphemes)).find(|line| !line.is_empty()).unwrap_or_default()
}

/// The text if it fits into so many bytes, else its beginning with the word that it was cut.
pub(super) fn fitting(text: &str, bytes: usize) -> Option<String> {
    if text.len() <= bytes {
        return None;
    }
    let end = text.grapheme_indices(true).map(|(start, _)| start).take_while(|start| *start <= bytes).last();
    let kept = text.get(..end.unwrap_or_default()).unwrap_or_default().trim_end();
    Some(format!("{kept}{SHORTENED}"))
}

/// An address that may stand behind a link: http or https, nothing that could end the attribute.
pub(super) fn link(url: &str) -> Option<&str> {
    let url = url.trim();
    let foreign = |letter: char| {
        letter.is_whitespace() || is_harmful(letter) || matches!(letter, '"' | '\'' | '<' | '>' | '`' | '\\')
    };
    let host = after_scheme(url, "https://").or_else(|| after_scheme(url, "http://"))?;
    let usable = host.starts_with(|letter: char| letter.is_alphanumeric() || letter == '[')
        && url.len() <= LONGEST_LINK
        && !url.contains(foreign);
    usable.then_some(url)
}

/// What follows the scheme, if the text begins with it in any case.
pub(super) fn after_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(scheme.len())?;
    head.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// Control characters, marks that turn the direction of writing, and invisible fillers.
fn is_harmful(letter: char) -> bool {
    let turns =
        matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || letter == '\u{feff}' || (letter.is_control() && letter != '\n' && letter != '\t')
}

fn shortened(mut text: String, graphemes: usize, cut: bool) -> String {
    // cheap for nearly every text: no more bytes than allowed characters
    if text.len() <= graphemes && !cut {
        return text;
    }
    let beyond = text.grapheme_indices(true).nth(graphemes).map(|(start, _)| start);
    if beyond.is_some() || cut {
        let kept = text.get(..beyond.unwrap_or(text.len())).unwrap_or_default();
        let last = kept.grapheme_indices(true).next_back().map(|(start, _)| start);
        text.truncate(last.unwrap_or_default());
        text.truncate(text.trim_end().len());
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_keep_lines_and_tabs_and_nothing_that_commands_the_screen() {
        assert_eq!(body("\r\n a\r\nb\rc\u{2028}d\te \u{7}\0\u{1b}[31m\n\n\n\n \nf\n\n"), " a\nb\nc\nd\te [31m\n\nf");
        assert_eq!(body("\u{202e}gpj.exe\u{202c} \u{2066}x\u{2069}\u{feff}"), "gpj.exe x");
        assert_eq!(body("שלום 👨‍👩‍👧"), "שלום 👨‍👩‍👧");
    }

    #[test]
    fn lines_are_one_line_of_whole_characters() {
        assert_eq!(line(" Ada\r\nBcc: x@y.z\0 ", 80), "Ada Bcc: x@y.z");
        assert_eq!(line("👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧", 2), "👨‍👩‍👧…");
        assert_eq!(line("👨‍👩‍👧👨‍👩‍👧", 2), "👨‍👩‍👧👨‍👩‍👧");
        assert_eq!(line("abcdef", 4), "abc…");
        assert!(line(&format!("a{}", "\u{301}".repeat(9_000)), 10).len() < 400);
        assert_eq!(line(&format!("ab{}", "\u{301}".repeat(9_000)), 10), "a…");
        assert_eq!(line(&"👨‍👩‍👧‍👦".repeat(100), 100), "👨‍👩‍👧‍👦".repeat(100));
        assert_eq!(line(&format!("{}end", "\n ".repeat(900)), 10), "end");
    }

    #[test]
    fn the_first_line_is_the_first_that_says_something() {
        assert_eq!(first_line("\n \n hello  there\nmore", 140), "hello there");
        assert_eq!(first_line("", 140), "");
    }

    #[test]
    fn bodies_are_cut_between_whole_characters() {
        assert_eq!(fitting("hello", 5), None);
        assert_eq!(fitting("hello you", 6).as_deref(), Some("hello… (shortened)"));
        assert_eq!(fitting("a👨‍👩‍👧b", 5).as_deref(), Some("a… (shortened)"));
        assert_eq!(fitting("abc", 0).as_deref(), Some("… (shortened)"));
    }

    #[test]
    fn only_web_addresses_become_links() {
        assert_eq!(link(" https://example.com/a?b=c#d "), Some("https://example.com/a?b=c#d"));
        assert_eq!(link("HTTP://example.com"), Some("HTTP://example.com"));
        for wrong in [
            "javascript:alert(1)",
            "data:text/html,x",
            "//example.com",
            "https://",
            "https:///path",
            "https://a b",
            "https://a\"onclick=x",
            "https://a\nb",
            "ftp://example.com",
            "",
        ] {
            assert_eq!(link(wrong), None, "{wrong:?}");
        }
    }
}
