//! Lines that fit on a terminal of a hundred columns.

/// No line is longer, unless one word is.
const WIDTH: usize = 100;

/// Adds `words` as lines broken between words; those after the first stand two places deeper.
pub(super) fn wrapped(text: &mut String, indent: &str, words: &str) {
    let mut line = String::new();
    for word in words.split(' ') {
        if line.is_empty() {
            line = format!("{indent}{word}");
        } else if line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.push_str(&line);
            text.push('\n');
            line = format!("{indent}  {word}");
        } else {
            line.push(' ');
            line.push_str(word);
        }
    }
    text.push_str(&line);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_lose_none() {
        let words = "seven places ".repeat(40);
        let mut text = String::new();
        wrapped(&mut text, "    ", words.trim_end());
        assert!(text.lines().count() > 4 && text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(text.lines().skip(1).all(|line| line.starts_with("      ")), "{text}");
        assert_eq!(text.split_whitespace().count(), 80);
    }
}
