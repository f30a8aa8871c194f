//! One segment of a text message: 160 characters of the GSM alphabet (3GPP TS 23.038), or 70 units of UCS-2. Pure.

use unicode_segmentation::UnicodeSegmentation;

/// Septets that one segment holds.
const SEPTETS: usize = 160;
/// UTF-16 units that one segment holds when a character is not in the GSM alphabet.
const UNITS: usize = 70;

/// The default alphabet besides A to Z, a to z and 0 to 9.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";
/// The extension table: each of these takes two septets.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// The text if it fits into one segment, else its beginning: cut between user-perceived characters, and marked as cut.
pub(super) fn fitted(text: &str) -> String {
    // the cut comes first: a foreign letter behind it costs nothing
    fit(text, SEPTETS, "...", septets).or_else(|| fit(text, UNITS, "…", units)).unwrap_or_default()
}

/// `None` when a letter that must stay has no place in the alphabet.
fn fit(text: &str, room: usize, ending: &str, cost: fn(char) -> Option<usize>) -> Option<String> {
    let room_before_ending = room - ending.chars().filter_map(cost).sum::<usize>();
    let (mut used, mut kept) = (0, 0);
    for (start, character) in text.grapheme_indices(true) {
        let Some(own) = character.chars().map(cost).sum::<Option<usize>>() else {
            return (used >= room_before_ending).then(|| cut(text, kept, ending));
        };
        used += own;
        if used > room {
            return Some(cut(text, kept, ending));
        }
        if used <= room_before_ending {
            kept = start + character.len();
        }
    }
    Some(text.to_owned())
}

fn cut(text: &str, kept: usize, ending: &str) -> String {
    format!("{}{ending}", text.get(..kept).unwrap_or_default().trim_end())
}

fn septets(letter: char) -> Option<usize> {
    match letter {
        _ if letter.is_ascii_alphanumeric() || BASIC.contains(letter) => Some(1),
        _ if EXTENSION.contains(letter) => Some(2),
        _ => None,
    }
}

fn units(letter: char) -> Option<usize> {
    Some(letter.len_utf16())
}

/// A text as the networks count it (3GPP TS 23.040, section 9.2.3.24.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// `GSM-7` or `UCS-2`.
    pub alphabet: &'static str,
    /// Places that the text takes: septets, or UTF-16 units.
    pub used: usize,
    /// Places that one segment alone has.
    pub room: usize,
    /// In how many segments it goes.
    pub segments: usize,
}

/// In which alphabet a text goes, and in how many segments: several give up seven septets or three units each to say
/// which they are.
pub fn measured(text: &str) -> Measured {
    let gsm: Option<Vec<usize>> = text.chars().map(septets).collect();
    let (alphabet, room, costs) = match gsm {
        Some(costs) => ("GSM-7", SEPTETS, costs),
        None => ("UCS-2", UNITS, text.chars().map(char::len_utf16).collect()),
    };
    let used: usize = costs.iter().sum();
    let share = if room == SEPTETS { SEPTETS - 7 } else { UNITS - 3 };
    let segments = if used <= room { 1 } else { shares(&costs, share) };
    Measured { alphabet, used, room, segments }
}

/// No letter is halved between two segments.
fn shares(costs: &[usize], share: usize) -> usize {
    let (mut segments, mut filled) = (1, 0);
    for cost in costs {
        if filled + cost > share {
            (segments, filled) = (segments + 1, 0);
        }
        filled += cost;
    }
    segments
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_alphabet_has_128_places_and_an_extension_of_ten() {
        // one place is the escape to the extension
        assert_eq!(BASIC.chars().count() + 26 + 26 + 10, 127);
        assert_eq!(EXTENSION.chars().count(), 10);
    }

    #[test]
    fn a_text_of_160_letters_goes_whole_and_one_more_is_cut() {
        assert_eq!(fitted(&"a".repeat(160)), "a".repeat(160));
        assert_eq!(fitted(&"a".repeat(161)), format!("{}...", "a".repeat(157)));
        assert_eq!(fitted(&"à".repeat(160)), "à".repeat(160));
    }

    #[test]
    fn letters_of_the_extension_count_double() {
        assert_eq!(fitted(&"€".repeat(80)), "€".repeat(80));
        assert_eq!(fitted(&"€".repeat(81)), format!("{}...", "€".repeat(78)));
        assert_eq!(fitted(&format!("{}[", "a".repeat(159))), format!("{}...", "a".repeat(157)));
    }

    #[test]
    fn one_foreign_letter_makes_the_segment_70_units() {
        assert_eq!(fitted(&"ж".repeat(70)), "ж".repeat(70));
        assert_eq!(fitted(&"ж".repeat(71)), format!("{}…", "ж".repeat(69)));
        assert_eq!(fitted(&"🦀".repeat(36)), format!("{}…", "🦀".repeat(34)));
    }

    #[test]
    fn a_foreign_letter_behind_the_cut_changes_nothing() {
        for before in [158, 160, 400] {
            assert_eq!(fitted(&format!("{}🦀", "a".repeat(before))), format!("{}...", "a".repeat(157)), "{before}");
        }
        assert_eq!(fitted(&format!("{}🦀", "a".repeat(100))), format!("{}…", "a".repeat(69)));
    }

    #[test]
    fn a_text_is_counted_as_the_networks_do() {
        for (text, alphabet, used, segments) in [
            (String::new(), "GSM-7", 0, 1),
            ("a".repeat(160), "GSM-7", 160, 1),
            ("a".repeat(161), "GSM-7", 161, 2),
            ("a".repeat(306), "GSM-7", 306, 2),
            ("a".repeat(307), "GSM-7", 307, 3),
            // the last septet of the first segment cannot hold half a bracket
            (format!("{}[{}", "a".repeat(152), "a".repeat(152)), "GSM-7", 306, 3),
            ("ж".repeat(70), "UCS-2", 70, 1),
            ("ж".repeat(134), "UCS-2", 134, 2),
            ("🦀".repeat(67), "UCS-2", 134, 3),
        ] {
            let measured = measured(&text);
            assert_eq!((measured.alphabet, measured.used, measured.segments), (alphabet, used, segments), "{text}");
        }
    }

    #[test]
    fn no_character_is_halved() {
        let family = "👨‍👩‍👧";
        assert_eq!(fitted(&format!("{}{family}", "a".repeat(65))), format!("{}…", "a".repeat(65)));
        let accent = "e\u{301}";
        assert_eq!(fitted(&accent.repeat(36)), format!("{}…", accent.repeat(34)));
    }

    proptest! {
        #[test]
        fn whatever_is_said_fits_into_one_segment(text in "[a-z€éж🦀 ]{0,200}") {
            let fitted = fitted(&text);
            let septets = fitted.chars().map(septets).sum::<Option<usize>>();
            let fits = septets.map_or(fitted.encode_utf16().count() <= 70, |septets| septets <= 160);
            prop_assert!(fits, "{}", fitted);
        }
    }
}
