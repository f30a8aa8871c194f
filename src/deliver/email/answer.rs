//! A server's words, fit to be shown: the code, the enhanced code (RFC 3463), the text without addresses or secrets.

use super::super::discreet::Discreet;
use crate::model::Reply;

/// `class.subject.detail` of RFC 3463.
pub(super) type Enhanced = (u16, u16, u16);

/// A complete reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) code: u16,
    pub(super) enhanced: Option<Enhanced>,
    pub(super) text: String,
}

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
    use super::super::super::discreet::LONGEST_TEXT;
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
    fn any_bytes_become_one_short_line() {
        let lines = vec![b"Zustellung l\xe4uft\r\n\x1b[2J nicht".to_vec(), vec![b'x'; 5_000]];
        let text = Answer::new(554, &lines, &Discreet::default()).text;
        assert!(text.starts_with("Zustellung l\u{fffd}uft [2J nicht x"), "{text}");
        assert_eq!(text.chars().count(), LONGEST_TEXT);
    }
}
