//! A server's words, fit to be shown: the code, the enhanced code (RFC 3463), the text without addresses or secrets.

use secrecy::{ExposeSecret, SecretString};

use crate::model::{Reply, masked};

/// What the ledger and a terminal line bear.
const LONGEST_TEXT: usize = 300;
/// So many letters of a secret, or all of a shorter one, are not shown: fewer stand in harmless words too.
const SHORTEST_PIECE: usize = 8;

/// `class.subject.detail` of RFC 3463.
pub(super) type Enhanced = (u16, u16, u16);

/// A complete reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) code: u16,
    pub(super) enhanced: Option<Enhanced>,
    pub(super) text: String,
}

/// What must not be repeated whatever the server says: some echo the line that they did not like.
#[derive(Debug, Default)]
pub(super) struct Discreet(Vec<SecretString>);

impl Answer {
    /// From the lines of a reply without their codes, as bytes of any encoding.
    pub(super) fn new(code: u16, lines: &[Vec<u8>], discreet: &Discreet) -> Self {
        let mut enhanced = None;
        let mut text = String::new();
        for line in lines {
            let line = String::from_utf8_lossy(line);
            let (found, rest) = split_enhanced(code, &line);
            enhanced = enhanced.or(found);
            text.push(' ');
            text.push_str(rest);
        }
        Self { code, enhanced, text: discreet.shown(&text) }
    }

    pub(super) fn is_positive(&self) -> bool {
        (200..400).contains(&self.code)
    }

    /// Whether the text holds one of these, whatever the case.
    pub(super) fn says(&self, phrases: &[&str]) -> bool {
        let text = self.text.to_lowercase();
        phrases.iter().any(|phrase| text.contains(phrase))
    }

    pub(super) fn reply(self) -> Reply {
        let code = match self.enhanced {
            Some((class, subject, detail)) => format!("{} {class}.{subject}.{detail}", self.code),
            None => self.code.to_string(),
        };
        Reply { code, text: self.text }
    }
}

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

/// Takes the enhanced code off the front of a line; its class must agree with the reply code (RFC 2034, section 4).
fn split_enhanced(code: u16, line: &str) -> (Option<Enhanced>, &str) {
    let line = line.trim_start();
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    // Cisco's gateways write `#5.1.0`
    let mut parts = word.trim_start_matches('#').splitn(3, '.').map(number);
    let (Some(Some(class)), Some(Some(subject)), Some(Some(detail))) = (parts.next(), parts.next(), parts.next())
    else {
        return (None, line);
    };
    if class == code / 100 { (Some((class, subject, detail)), rest) } else { (None, line) }
}

fn number(text: &str) -> Option<u16> {
    let plain = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(code: u16, lines: &[&str]) -> Answer {
        let lines: Vec<Vec<u8>> = lines.iter().map(|line| line.as_bytes().to_vec()).collect();
        Answer::new(code, &lines, &Discreet::default())
    }

    #[test]
    fn code_and_words_are_told_apart() {
        #[track_caller]
        fn case(code: u16, lines: &[&str], expected: (&str, &str)) {
            let reply = answer(code, lines).reply();
            assert_eq!((reply.code.as_str(), reply.text.as_str()), expected);
        }
        case(550, &["5.1.1 no such user", "5.1.1 try again"], ("550 5.1.1", "no such user try again"));
        case(250, &["2.0.0 Ok: queued as X1"], ("250 2.0.0", "Ok: queued as X1"));
        case(550, &["#5.1.0 Address rejected."], ("550 5.1.0", "Address rejected."));
        case(550, &["4.1.1 wrong class"], ("550", "4.1.1 wrong class"));
        case(250, &["10.0.0.1 at your service"], ("250", "10.0.0.1 at your service"));
        case(221, &[""], ("221", ""));
    }

    #[test]
    fn addresses_are_masked_wherever_they_stand() {
        let text = answer(550, &["5.1.1 <ada@example.org>: unknown (rcpt=bob@example.com), carol@example.net."]).text;
        assert_eq!(text, "<a***@e***.org>: unknown (r***@e***.com), c***@e***.net.");
    }

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

    #[test]
    fn any_bytes_become_one_short_line() {
        let lines = vec![b"Zustellung l\xe4uft\r\n\x1b[2J nicht".to_vec(), vec![b'x'; 5_000]];
        let text = Answer::new(554, &lines, &Discreet::default()).text;
        assert!(text.starts_with("Zustellung l\u{fffd}uft [2J nicht x"), "{text}");
        assert_eq!(text.chars().count(), LONGEST_TEXT);
    }
}
