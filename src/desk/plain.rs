//! A stored body as plain text: bounded, decoded whatever its bytes, markup taken out.

use crate::model::BodyFormat;

/// Forum tags; brackets around anything else, such as `[sic]`, are the writer's own.
const BBCODE_TAGS: [&str; 34] = [
    "*", "align", "attach", "b", "big", "br", "center", "code", "color", "email", "font", "h1", "h2", "h3", "hr", "i",
    "img", "left", "li", "list", "ol", "quote", "right", "s", "size", "small", "sub", "sup", "table", "td", "tr", "u",
    "ul", "url",
];

/// The text of a body of which at most `limit` bytes are shown, and whether it was cut.
///
/// Of a longer body the first `limit + 1` bytes are enough.
pub(super) fn plain(bytes: &[u8], format: BodyFormat, limit: usize) -> (String, bool) {
    let cut = bytes.len() > limit;
    let mut text = String::from_utf8_lossy(bytes.get(..limit).unwrap_or(bytes)).into_owned();
    if cut && text.ends_with(char::REPLACEMENT_CHARACTER) {
        // the limit fell into the middle of a character
        text.pop();
    }
    let text = match format {
        BodyFormat::Text | BodyFormat::Markdown => text,
        BodyFormat::Html => nanohtml2text::html2text(&closed(&text, cut)),
        BodyFormat::Bbcode => without_bbcode(&text),
    };
    // decoded or converted text may be longer than its source
    let mut text = tidy(&text);
    let end = text.floor_char_boundary(limit);
    let cut = cut || end < text.len();
    text.truncate(end);
    (text, cut)
}

/// The same HTML with every tag closed: behind the last `>` there is none.
///
/// A tag that the cut left open would show as text, and many open ones cost the converter a quadratic walk (170 ms for
/// 16 KB of `</`).
fn closed(html: &str, cut: bool) -> String {
    let (tags, rest) = html.rfind('>').and_then(|end| html.split_at_checked(end + 1)).unwrap_or(("", html));
    let rest = if cut { rest.rsplit_once('<').map_or(rest, |(whole, _)| whole) } else { rest };
    format!("{tags}{}", rest.replace('<', "&lt;"))
}

/// One kind of line end, and none of the control characters that mails and terminals would act on.
fn tidy(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let shown: String = text.chars().filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\t')).collect();
    shown.trim().to_owned()
}

fn without_bbcode(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        kept.push_str(before);
        // a tag has no bracket inside: looking no further keeps "[[[[" linear
        let end = after.find(['[', ']', '\n']).unwrap_or(after.len());
        let (tag, tail) = after.split_at_checked(end).unwrap_or((after, ""));
        match tail.strip_prefix(']') {
            Some(tail) if is_bbcode(tag) => rest = tail,
            _ => {
                kept.push('[');
                rest = after;
            }
        }
    }
    kept + rest
}

fn is_bbcode(tag: &str) -> bool {
    let name = tag.strip_prefix('/').unwrap_or(tag);
    let name = name.split(['=', ' ']).next().unwrap_or_default().to_ascii_lowercase();
    BBCODE_TAGS.binary_search(&name.as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: usize = 16 * 1024;

    #[track_caller]
    fn case(format: BodyFormat, body: &str, expected: &str) {
        assert_eq!(plain(body.as_bytes(), format, LIMIT), (expected.to_owned(), false));
    }

    #[test]
    fn html_becomes_text() {
        case(BodyFormat::Html, "<p>Hello <b>Ada</b> &amp; Bob</p><p>Second</p>", "Hello Ada & Bob\n\nSecond");
        case(BodyFormat::Html, "one<br>two", "one\ntwo");
        case(BodyFormat::Html, "<p>so 1 < 2</p> and 2 < 3 &amp; 4", "so 1 < 2\n\nand 2 < 3 & 4");
        case(BodyFormat::Html, "<style>p{}</style><script>alert(1)</script>hi", "hi");
    }

    #[test]
    fn markdown_stays_as_it_was_typed() {
        case(BodyFormat::Markdown, "**bold** <b>", "**bold** <b>");
    }

    #[test]
    fn forum_tags_go_and_other_brackets_stay() {
        case(BodyFormat::Bbcode, "[b]Hi[/b] [url=https://x.example]there[/URL] [sic] [1", "Hi there [sic] [1");
        case(BodyFormat::Bbcode, "[[b]x]", "[x]");
    }

    #[test]
    fn forum_tags_are_in_order_for_the_search() {
        assert!(BBCODE_TAGS.is_sorted());
    }

    #[test]
    fn control_characters_and_foreign_line_ends_go() {
        case(BodyFormat::Text, " a\r\nb\rc\u{1b}[31m\0\td\n", "a\nb\nc[31m\td");
    }

    #[test]
    fn a_long_body_is_cut_between_characters() {
        assert_eq!(plain("aé".as_bytes(), BodyFormat::Text, 2), ("a".into(), true));
        assert_eq!(plain("aé".as_bytes(), BodyFormat::Text, 3), ("aé".into(), false));
        assert_eq!(plain(b"ab<a hr", BodyFormat::Html, 6), ("ab".into(), true));
    }

    #[test]
    fn hostile_nesting_costs_little() {
        let started = std::time::Instant::now();
        for part in
            ["<div>", "<a href=x>", "<a><b", "<", "<!--", "<ul><li>", "<pre>", "&", "<script>", "<a href='", "</"]
        {
            let (text, _) = plain(part.repeat(LIMIT / part.len() + 1).as_bytes(), BodyFormat::Html, LIMIT);
            assert!(text.len() <= LIMIT, "{part}");
        }
        // a tenth of a second in a debug build; the quadratic walk takes well over one
        assert!(started.elapsed().as_millis() < 1_000, "{:?}", started.elapsed());
    }

    proptest! {
        #[test]
        fn no_body_is_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..300), limit in 0_usize..200) {
            for format in [BodyFormat::Text, BodyFormat::Markdown, BodyFormat::Html, BodyFormat::Bbcode] {
                let (text, cut) = plain(&bytes, format, limit);
                prop_assert!(text.len() <= limit);
                prop_assert!(cut || bytes.len() <= limit);
            }
        }

        #[test]
        fn no_markup_is_too_strange(markup in r#"([<>/a-c\[\]="'& ;#!-]|<a href=|<!--|&amp;|é){0,80}"#, limit in 0_usize..200) {
            for format in [BodyFormat::Html, BodyFormat::Bbcode] {
                prop_assert!(plain(markup.as_bytes(), format, limit).0.len() <= limit);
            }
        }
    }
}
