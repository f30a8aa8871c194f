//! A provider's words, fit to be shown: one short line without addresses or secrets.

use secrecy::{ExposeSecret, SecretString};

use crate::model::masked;

/// What the ledger and a terminal line bear.
pub(super) const LONGEST_TEXT: usize = 300;
/// So many letters of a secret, or all of a shorter one, are not shown: fewer stand in harmless words too.
const SHORTEST_PIECE: usize = 8;

/// What must not be repeated whatever the server says: some echo the line that they did not like.
#[derive(Debug, Default, Clone)]
pub(super) struct Discreet(Vec<SecretString>);

impl Discreet {
    /// Hides the password, and the forms in which it goes over the wire.
    pub(super) fn about(secrets: impl IntoIterator<Item = String>) -> Self {
        Self(secrets.into_iter().filter(|secret| !secret.is_empty()).map(SecretString::from).collect())
    }

    /// The text on one line, cut, with every address masked and every piece of a secret struck out.
    pub(super) fn shown(&self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len().min(LONGEST_TEXT * 2));
        let text: String = text.chars().take(LONGEST_TEXT * 4).collect();
        let text = self.struck(&text);
        for word in text.split(|letter: char| letter.is_control() || letter == ' ').filter(|word| !word.is_empty()) {
            if !shown.is_empty() {
                shown.push(' ');
            }
            show_word(word, &mut shown);
        }
        shown.chars().take(LONGEST_TEXT).collect()
    }

    /// A piece of a secret counts as well, in any case: servers cut and capitalise what they echo.
    fn struck(&self, text: &str) -> String {
        let letters: Vec<char> = text.chars().collect();
        let mut is_secret = vec![false; letters.len()];
        for secret in self.0.iter().map(|secret| secret.expose_secret().to_ascii_lowercase()) {
            let length = secret.chars().count().min(SHORTEST_PIECE);
            for (start, window) in letters.windows(length).enumerate() {
                if secret.contains(&window.iter().map(char::to_ascii_lowercase).collect::<String>()) {
                    is_secret.iter_mut().skip(start).take(length).for_each(|struck| *struck = true);
                }
            }
        }
        let mut struck = String::with_capacity(text.len());
        let mut within = false;
        for (letter, is_secret) in letters.into_iter().zip(is_secret) {
            match (is_secret, within) {
                (false, _) => struck.push(letter),
                (true, false) => struck.push_str("***"),
                (true, true) => {}
            }
            within = is_secret;
        }
        struck
    }
}

fn show_word(word: &str, shown: &mut String) {
    for piece in word.split_inclusive(|letter: char| "<>()[]{}\"',;:".contains(letter)) {
        let core = piece.trim_end_matches(|letter: char| "<>()[]{}\"',;:.".contains(letter));
        let rest = piece.get(core.len()..).unwrap_or_default();
        if core.contains('@') {
            shown.push_str(&masked(core));
        } else {
            shown.push_str(core);
        }
        shown.push_str(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echoed_password_is_struck_out_even_in_part() {
        let discreet = Discreet::about(["hunter2".to_owned(), "AGRlc2sAaHVudGVyMg==".to_owned()]);
        let shown = discreet.shown("unknown command \"AUTH PLAIN AGRlc2sAaHVudGVyMg==\" pass:hunter2! AGRlc2sAaHVu");
        assert!(!shown.contains("hunter2") && !shown.contains("AGRlc2sA"), "{shown}");
        assert!(shown.contains("AUTH PLAIN ***"), "{shown}");
        assert!(!format!("{discreet:?}").contains("hunter2"));
    }

    #[test]
    fn a_password_with_spaces_and_signs_is_struck_out_too() {
        let discreet = Discreet::about(["abcd efgh <ijkl>, (mnop)".to_owned()]);
        assert_eq!(discreet.shown("no: 'abcd efgh <ijkl>, (mnop)'."), "no: '***'.");
        assert_eq!(discreet.shown("no: ABCD EFGH <IJ"), "no: ***");
        assert_eq!(discreet.shown("no abcd"), "no abcd");
    }

    #[test]
    fn a_password_of_several_words_or_with_signs_in_it_is_struck_out_as_well() {
        for password in ["pa:ss,\"wo<rd>", "correct  horse", "(ends with.)", "a@b;c"] {
            let discreet = Discreet::about([password.to_owned()]);
            let shown = discreet.shown(&format!("who said {password}, and <{password}>?"));
            assert_eq!(shown, "who said ***, and <***>?", "{password}");
        }
    }
}
