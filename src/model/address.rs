//! Email addresses: checked before use, masked before they are shown.

use std::sync::Arc;

use lettre::Address;

/// The address, if a mail can be addressed to it (RFC 5321); spaces around it are taken off.
pub fn email_address(text: &str) -> Option<Arc<str>> {
    let text = text.trim();
    text.parse::<Address>().ok().map(|_| Arc::from(text))
}

/// The telephone number, if it is one in full international form (E.164): a plus and 7 to 15 digits.
///
/// Spaces, dashes, dots and parentheses between the digits are taken off.
pub fn phone_number(text: &str) -> Option<Arc<str>> {
    let filler = |letter: char| letter.is_whitespace() || matches!(letter, '-' | '.' | '(' | ')');
    let plain: String = text.chars().filter(|letter| !filler(*letter)).collect();
    let digits = plain.strip_prefix('+')?;
    let right = (7..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
    (right && !digits.starts_with('0')).then(|| Arc::from(plain))
}

/// An address as logs and ledgers may show it: `a***@e***.org`, `+***00`.
pub fn masked(address: &str) -> String {
    if let Some(digits) = address.strip_prefix('+') {
        return format!("+***{}", digits.get(digits.len().saturating_sub(2)..).unwrap_or_default());
    }
    let Some((local, domain)) = address.rsplit_once('@') else {
        return first_letter(address);
    };
    match domain.rsplit_once('.') {
        Some((host, top)) => format!("{}@{}.{top}", first_letter(local), first_letter(host)),
        None => format!("{}@{}", first_letter(local), first_letter(domain)),
    }
}

fn first_letter(text: &str) -> String {
    text.chars().next().map_or_else(|| "***".into(), |letter| format!("{letter}***"))
}

/// A name as mail headers can carry it: one line, no control or bidirectional marks, at most 64 characters.
///
/// lettre 0.11 panics on CR, LF and NUL in a display name.
pub fn display_name(text: &str) -> String {
    let plain = |letter: char| {
        !letter.is_control()
            && !matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
    };
    let spaced: String =
        text.chars().map(|letter| if letter.is_whitespace() { ' ' } else { letter }).filter(|l| plain(*l)).collect();
    let words: Vec<&str> = spaced.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(64).collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked() {
        assert_eq!(email_address(" ada@example.com ").as_deref(), Some("ada@example.com"));
        for wrong in ["", "ada", "ada@", "@example.com", "ada@exa mple.com", "ada@example.com\r\nBcc: x@y.z"] {
            assert_eq!(email_address(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn telephone_numbers_are_checked() {
        for right in ["+441632960000", " +44 (1632) 960-000 ", "+44.1632.960000"] {
            assert_eq!(phone_number(right).as_deref(), Some("+441632960000"), "{right:?}");
        }
        for wrong in ["", "+", "01632960000", "+0441632960", "+44", "+1234567890123456", "+44a632960000"] {
            assert_eq!(phone_number(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn addresses_are_masked() {
        assert_eq!(masked("+441632960012"), "+***12");
        assert_eq!(masked("ada@example.org"), "a***@e***.org");
        assert_eq!(masked("ada@localhost"), "a***@l***");
        assert_eq!(masked("nonsense"), "n***");
    }

    #[test]
    fn names_fit_on_one_clean_line() {
        assert_eq!(display_name("Ada\r\nBcc: x@y.z\0"), "Ada Bcc: x@y.z");
        assert_eq!(display_name("\u{202e}evil\u{202c}  name "), "evil name");
        assert_eq!(display_name(&"x".repeat(100)).chars().count(), 64);
        assert_eq!(display_name("Zoë 🦀"), "Zoë 🦀");
    }
}
