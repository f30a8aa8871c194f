//! Short labels made from names and figures: initials and their colour, numbers, sizes.

use super::clean;

/// Longer numbers are no numbers.
const NUMBER_GRAPHEMES: usize = 40;
/// White letters stand on each of these with a contrast of 4.5 or more.
const TINTS: [&str; 6] = ["#5b5bd6", "#0b7285", "#a8328c", "#a84e0b", "#2b7a3d", "#b5344f"];

/// `82 KB`: as file managers write it, in powers of ten.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} KB", bytes.div_ceil(1_000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// `#1042`, also when the desk writes the sign itself or uses letters, as in `ACME-7`.
pub(super) fn numbered(number: &str) -> String {
    let number = clean::line(number, NUMBER_GRAPHEMES);
    if number.starts_with(|letter: char| letter.is_ascii_digit()) { format!("#{number}") } else { number }
}

/// The first letters of the first and the last word.
pub(super) fn initials(name: &str) -> String {
    let mut letters = name.split(' ').filter_map(|word| word.chars().find(|letter| letter.is_alphanumeric()));
    let first = letters.next();
    let both = first.into_iter().chain(letters.next_back());
    let initials: String = both.flat_map(char::to_uppercase).collect();
    if initials.is_empty() { "?".into() } else { initials }
}

/// The same colour for the same name in every mail.
pub(super) fn tint(name: &str) -> &'static str {
    let mixed = name.bytes().fold(0_usize, |mixed, letter| (mixed * 31 + usize::from(letter)) % 65_521);
    TINTS.get(mixed % TINTS.len()).copied().unwrap_or("#5b5bd6")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_the_first_letters_of_a_name() {
        let case = |name: &str, expected: &str| assert_eq!(initials(name), expected, "{name}");
        case("Tom Becker", "TB");
        case("ada", "A");
        case("Zoë de la Cruz", "ZC");
        case("陳 大文", "陳大");
        case("🦀", "?");
        case("<script>", "S");
    }

    #[test]
    fn sizes_are_written_as_file_managers_do() {
        assert_eq!(size(999), "999 bytes");
        assert_eq!(size(81_300), "82 KB");
        assert_eq!(size(1_240_000), "1.2 MB");
    }

    #[test]
    fn numbers_carry_one_sign() {
        assert_eq!(numbered("1042"), "#1042");
        assert_eq!(numbered("#1042"), "#1042");
        assert_eq!(numbered("ACME-7"), "ACME-7");
    }
}
