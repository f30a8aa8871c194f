//! A letter as a short note: for phones, browsers, text messages and the feed.

use crate::model::{Entry, Letter, Note, Show};

use super::{clean, wording};

/// The longest title of a note: user-perceived characters, never half of one.
pub(super) const TITLE_GRAPHEMES: usize = 120;
/// The longest body of a note, likewise.
const BODY_GRAPHEMES: usize = 500;

/// What a letter says in short, about its first conversation or how many there are.
pub fn note(letter: &Letter) -> Option<Note> {
    let first = letter.entries.first()?;
    let several = wording::total(letter) > 1;
    Some(Note {
        kind: first.watch.word(),
        title: if letter.entries.len() + letter.more > 1 {
            clean::line(&wording::headline(letter), TITLE_GRAPHEMES)
        } else {
            title(first, letter)
        },
        body: body(first, several),
        link: first.link.as_deref().and_then(clean::link).map(str::to_owned),
        conversation: first.conversation.clone(),
        sound: first.sound.clone(),
    })
}

/// The count stands at the end, whatever the length of the names before it.
fn title(entry: &Entry, letter: &Letter) -> String {
    let count = wording::count_of_earlier(entry).unwrap_or_default();
    clean::line(&wording::happened(entry, letter), TITLE_GRAPHEMES - count.len()) + &count
}

/// Among several conversations the title names nobody: the message has to.
fn body(entry: &Entry, several: bool) -> String {
    let said = match entry.show {
        Show::None => String::new(),
        Show::Snippet => clean::first_line(&entry.body, BODY_GRAPHEMES),
        Show::Latest | Show::Conversation => clean::line(&entry.body, BODY_GRAPHEMES),
    };
    if several && !said.is_empty() {
        return clean::line(&format!("{}: {said}", wording::beginning(entry)), BODY_GRAPHEMES);
    }
    said
}

#[cfg(test)]
mod tests {
    use unicode_segmentation::UnicodeSegmentation;

    use super::*;
    use crate::render::sample_letter;

    fn one(body: &str) -> Letter {
        let mut letter = sample_letter("2026-03-02T11:34:00Z".parse().unwrap());
        letter.entries.truncate(1);
        letter.entries[0].body = body.into();
        letter
    }

    fn of(letter: &Letter) -> (String, String) {
        let note = note(letter).unwrap();
        (note.title, note.body)
    }

    #[test]
    fn a_letter_about_nothing_makes_no_note() {
        let mut letter = one("hello");
        letter.entries.clear();
        assert_eq!(note(&letter), None);
    }

    #[test]
    fn a_body_is_what_the_rule_shows() {
        let mut letter = one("\nhello  there\n\nsecond\tline\n");
        let mut case = |show, expected: &str| {
            letter.entries[0].show = show;
            assert_eq!(of(&letter), ("Tom Becker waits for an answer".into(), expected.into()));
        };
        case(Show::None, "");
        case(Show::Snippet, "hello there");
        case(Show::Latest, "hello there second line");
        case(Show::Conversation, "hello there second line");
    }

    #[test]
    fn u4_a_body_has_at_most_500_whole_characters() {
        for character in ["a", "👨‍👩‍👧‍👦", "🇩🇪", "e\u{301}", "न\u{93f}", "👍🏽"] {
            let fits = character.repeat(300);
            assert_eq!(of(&one(&fits)).1, fits, "{character} 300 times");
            let (_, body) = of(&one(&character.repeat(900)));
            let kept = body.strip_suffix('…').unwrap();
            assert!(body.graphemes(true).count() <= 500, "{character}");
            assert_eq!(kept, character.repeat(kept.graphemes(true).count()), "only whole ones");
            assert!(kept.graphemes(true).count() >= 499, "{character}: no more is cut than has to be");
        }
        assert_eq!(of(&one(&"ü".repeat(500))).1, "ü".repeat(500));
        assert_eq!(of(&one(&"ü".repeat(501))).1, "ü".repeat(499) + "…");
    }

    #[test]
    fn earlier_messages_are_counted_at_the_end_of_the_title_however_long_it_is() {
        let mut letter = one("hello");
        letter.entries[0].earlier_count = 2;
        assert_eq!(of(&letter).0, "Tom Becker waits for an answer (+2 more)");
        letter.entries[0].actor = Some("🇩🇪".repeat(200));
        letter.entries[0].sender = Some("👨‍👩‍👧‍👦".repeat(50));
        letter.entries[0].watch = crate::model::Watch::Assigned;
        let (title, _) = of(&letter);
        assert!(title.ends_with("… (+2 more)"), "{title}");
        assert_eq!(title.graphemes(true).count(), 120, "{title}");
    }

    #[test]
    fn titles_and_bodies_hold_nothing_that_turns_or_commands() {
        let evil = "\u{202e}To\u{200f}m\r\n\u{1b}[31m\0\u{2066}x\u{2069}\u{feff}";
        let mut letter = one(evil);
        letter.entries[0].sender = Some(evil.into());
        assert_eq!(of(&letter), ("Tom [31mx waits for an answer".into(), "Tom [31mx".into()));
        letter.entries[0].link = Some("javascript:alert(1)".into());
        assert_eq!(note(&letter).unwrap().link, None);
    }

    #[test]
    fn several_conversations_are_counted_and_the_first_is_shown_with_its_sender() {
        let mut letter = sample_letter("2026-03-02T11:34:00Z".parse().unwrap());
        letter.entries[0].show = Show::Snippet;
        let expected = ("4 conversations wait for an answer".to_owned(), "Tom Becker: Guten Morgen,".to_owned());
        assert_eq!(of(&letter), expected);
        letter.entries[0].show = Show::None;
        assert_eq!(of(&letter).1, "");
    }
}
