//! Text messages by the segment, as phones and bills count them: 160 characters of the GSM alphabet (3GPP TS 23.038),
//! or 70 units of UCS-2; less in each of several, which carry a header (3GPP TS 23.040, 9.2.3.24.1). Pure.

use unicode_segmentation::UnicodeSegmentation;

/// The default alphabet besides A to Z, a to z and 0 to 9.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";
/// The extension table: each of these takes two septets.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";
/// What writing programs put in place of letters of the alphabet, and what stands for it: one of these alone would make
/// every segment of the text a short one.
const LOOK_ALIKES: [(char, &str); 16] = [
    ('\u{2018}', "'"),
    ('\u{2019}', "'"),
    ('\u{201a}', "'"),
    ('\u{201b}', "'"),
    ('\u{201c}', "\""),
    ('\u{201d}', "\""),
    ('\u{201e}', "\""),
    ('\u{ab}', "\""),
    ('\u{bb}', "\""),
    ('\u{2010}', "-"),
    ('\u{2011}', "-"),
    ('\u{2013}', "-"),
    ('\u{2014}', "-"),
    ('\u{2022}', "-"),
    ('\u{2026}', "..."),
    ('\u{a0}', " "),
];

/// What the letters of a text message are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    /// Seven bits a letter, for most of what western Europe writes.
    Gsm7,
    /// Sixteen bits a unit, for everything; needed as soon as one letter is not in the other.
    Ucs2,
}

/// How much of its segments a text message takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// What it is written in.
    pub alphabet: Alphabet,
    /// How many segments, from 1: what is paid for.
    pub segments: usize,
    /// How many septets, or units of UCS-2, it has.
    pub used: usize,
}

impl Alphabet {
    /// `GSM-7` or `UCS-2`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Gsm7 => "GSM-7",
            Self::Ucs2 => "UCS-2",
        }
    }

    /// What one segment holds: when it is the only one, and when it is one of several.
    pub fn rooms(self) -> (usize, usize) {
        match self {
            Self::Gsm7 => (160, 153),
            Self::Ucs2 => (70, 67),
        }
    }

    /// How much a letter takes; `None` when it has no place in the alphabet.
    fn cost(self, letter: char) -> Option<usize> {
        match self {
            Self::Gsm7 if letter.is_ascii_alphanumeric() || BASIC.contains(letter) => Some(1),
            Self::Gsm7 => EXTENSION.contains(letter).then_some(2),
            Self::Ucs2 => Some(letter.len_utf16()),
        }
    }

    /// What marks a text as cut.
    fn ending(self) -> &'static str {
        match self {
            Self::Gsm7 => "...",
            Self::Ucs2 => "…",
        }
    }
}

/// A text on its way into segments: neither a letter of the extension nor a surrogate pair is split between two.
#[derive(Debug, Clone, Copy)]
struct Packed {
    alphabet: Alphabet,
    used: usize,
    /// Of several: how many are full, and how much of the last one is used.
    full: usize,
    last: usize,
}

impl Packed {
    fn new(alphabet: Alphabet) -> Self {
        Self { alphabet, used: 0, full: 0, last: 0 }
    }

    /// `None` when a letter has no place in the alphabet.
    fn with(self, text: &str) -> Option<Self> {
        text.chars().try_fold(self, |packed, letter| Some(packed.and(packed.alphabet.cost(letter)?)))
    }

    fn and(mut self, cost: usize) -> Self {
        self.used += cost;
        self.last += cost;
        if self.last > self.alphabet.rooms().1 {
            (self.full, self.last) = (self.full + 1, cost);
        }
        self
    }

    fn segments(self) -> usize {
        if self.used <= self.alphabet.rooms().0 { 1 } else { self.full + 1 }
    }

    fn ends_within(self, segments: usize) -> bool {
        self.with(self.alphabet.ending()).is_some_and(|ended| ended.segments() <= segments)
    }
}

/// How much of its segments a text takes.
pub fn measured(text: &str) -> Measure {
    let of = |packed: Packed| Measure { alphabet: packed.alphabet, segments: packed.segments(), used: packed.used };
    let plain = Packed::new(Alphabet::Gsm7).with(text);
    let packed = plain.or_else(|| Packed::new(Alphabet::Ucs2).with(text));
    of(packed.unwrap_or_else(|| Packed::new(Alphabet::Ucs2)))
}

/// A note as a text message of so many segments: title and body on one line, cut where it has to be.
pub(super) fn text(title: &str, body: &str, segments: usize) -> String {
    text_message(title, body, segments).1
}

/// A note as a text message: all that it would say, and what of it goes in so many segments.
pub fn text_message(title: &str, body: &str, segments: usize) -> (String, String) {
    let words = [title, body].map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    let parts: Vec<&str> = words.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    let whole = plain(&parts.join(": "));
    let goes = fitted(&whole, segments);
    (whole, goes)
}

/// The text if it fits into so many segments, else its beginning: cut between user-perceived characters, and marked as
/// cut.
fn fitted(text: &str, segments: usize) -> String {
    // the cut comes first: a foreign letter behind it costs nothing
    let plain = fit(text, segments, Alphabet::Gsm7);
    plain.or_else(|| fit(text, segments, Alphabet::Ucs2)).unwrap_or_default()
}

/// `None` when a letter that must stay has no place in the alphabet.
fn fit(text: &str, segments: usize, alphabet: Alphabet) -> Option<String> {
    let (mut packed, mut kept) = (Packed::new(alphabet), 0);
    for (start, character) in text.grapheme_indices(true) {
        let Some(longer) = packed.with(character) else {
            // a cut is needed, wherever the letter stands behind it
            return (!packed.and(1).ends_within(segments)).then(|| cut(text, kept, alphabet));
        };
        packed = longer;
        if packed.segments() > segments {
            return Some(cut(text, kept, alphabet));
        }
        if packed.ends_within(segments) {
            kept = start + character.len();
        }
    }
    Some(text.to_owned())
}

fn cut(text: &str, kept: usize, alphabet: Alphabet) -> String {
    format!("{}{}", text.get(..kept).unwrap_or_default().trim_end(), alphabet.ending())
}

fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match LOOK_ALIKES.iter().find(|(fine, _)| *fine == letter) {
            Some((_, known)) => plain.push_str(known),
            None => plain.push(letter),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(text: &str) -> String {
        fitted(text, 1)
    }

    #[test]
    fn the_alphabet_has_128_places_and_an_extension_of_ten() {
        // one place is the escape to the extension
        assert_eq!(BASIC.chars().count() + 26 + 26 + 10, 127);
        assert_eq!(EXTENSION.chars().count(), 10);
    }

    #[test]
    fn a_text_of_160_letters_goes_whole_and_one_more_is_cut() {
        assert_eq!(one(&"a".repeat(160)), "a".repeat(160));
        assert_eq!(one(&"a".repeat(161)), format!("{}...", "a".repeat(157)));
        assert_eq!(one(&"à".repeat(160)), "à".repeat(160));
    }

    #[test]
    fn letters_of_the_extension_count_double() {
        assert_eq!(one(&"€".repeat(80)), "€".repeat(80));
        assert_eq!(one(&"€".repeat(81)), format!("{}...", "€".repeat(78)));
        assert_eq!(one(&format!("{}[", "a".repeat(159))), format!("{}...", "a".repeat(157)));
    }

    #[test]
    fn one_foreign_letter_makes_the_segment_70_units() {
        assert_eq!(one(&"ж".repeat(70)), "ж".repeat(70));
        assert_eq!(one(&"ж".repeat(71)), format!("{}…", "ж".repeat(69)));
        assert_eq!(one(&"🦀".repeat(36)), format!("{}…", "🦀".repeat(34)));
    }

    #[test]
    fn a_foreign_letter_behind_the_cut_changes_nothing() {
        for before in [158, 160, 400] {
            assert_eq!(one(&format!("{}🦀", "a".repeat(before))), format!("{}...", "a".repeat(157)), "{before}");
        }
        assert_eq!(one(&format!("{}🦀", "a".repeat(100))), format!("{}…", "a".repeat(69)));
    }

    #[test]
    fn no_character_is_halved() {
        let family = "👨‍👩‍👧";
        assert_eq!(one(&format!("{}{family}", "a".repeat(65))), format!("{}…", "a".repeat(65)));
        let accent = "e\u{301}";
        assert_eq!(one(&accent.repeat(36)), format!("{}…", accent.repeat(34)));
    }

    #[test]
    fn several_segments_hold_less_each() {
        use Alphabet::{Gsm7, Ucs2};
        let measure = |text: &str| {
            let Measure { alphabet, segments, used } = measured(text);
            (alphabet, segments, used)
        };
        assert_eq!(measure(""), (Gsm7, 1, 0));
        for (letters, segments) in [(160, 1), (161, 2), (306, 2), (307, 3), (459, 3), (460, 4)] {
            assert_eq!(measure(&"a".repeat(letters)), (Gsm7, segments, letters));
        }
        for (letters, segments) in [(70, 1), (71, 2), (134, 2), (135, 3)] {
            assert_eq!(measure(&"ж".repeat(letters)), (Ucs2, segments, letters));
        }
    }

    #[test]
    fn no_pair_is_split_between_segments() {
        // the 153rd septet stays empty, and so does the 67th unit
        assert_eq!(measured(&"€".repeat(152)).segments, 2);
        assert_eq!(measured(&"€".repeat(153)).segments, 3);
        assert_eq!(measured(&"🦀".repeat(66)).segments, 2);
        assert_eq!(measured(&"🦀".repeat(67)).segments, 3);
    }

    #[test]
    fn a_text_of_several_segments_is_cut_at_their_end() {
        assert_eq!(fitted(&"a".repeat(306), 2), "a".repeat(306));
        assert_eq!(fitted(&"a".repeat(307), 2), format!("{}...", "a".repeat(303)));
        assert_eq!(fitted(&"ж".repeat(135), 2), format!("{}…", "ж".repeat(133)));
        assert_eq!(fitted(&"🦀".repeat(1600), 10), format!("{}…", "🦀".repeat(330)), "as many as go whole");
    }

    #[test]
    fn typographic_marks_do_not_make_a_text_dear() {
        let text = text("Zoë’s “order” – 12…", "«now»", 1);
        assert_eq!(text, "Zoë's \"order\" - 12...: \"now\"");
        assert!(LOOK_ALIKES.iter().all(|(fine, known)| {
            Alphabet::Gsm7.cost(*fine).is_none() && Packed::new(Alphabet::Gsm7).with(known).is_some()
        }));
    }

    proptest! {
        #[test]
        fn whatever_is_said_fits_into_its_segments(text in "[a-z€éж🦀 ]{0,500}", segments in 1_usize..5) {
            let fitted = fitted(&text, segments);
            prop_assert!(measured(&fitted).segments <= segments, "{}", fitted);
            prop_assert!(fitted == text || measured(&text).segments > segments, "cut without need: {}", fitted);
        }
    }
}
