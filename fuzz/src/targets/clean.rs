//! What foreign text must have lost before a person reads it.

use unicode_segmentation::UnicodeSegmentation;

/// One line, without anything that commands a terminal or turns the direction of writing.
#[track_caller]
pub fn line(what: &str, text: &str) {
    assert!(!text.chars().any(char::is_control), "{what} holds a control character: {text:?}");
    no_turns(what, text);
}

/// Lines of text, likewise.
#[track_caller]
pub fn lines(what: &str, text: &str) {
    control(what, text);
    no_turns(what, text);
}

/// Lines of text without anything that commands a terminal.
#[track_caller]
pub fn control(what: &str, text: &str) {
    let commands = |letter: char| letter.is_control() && letter != '\n' && letter != '\t';
    assert!(!text.contains(commands), "{what} holds a control character: {text:?}");
}

#[track_caller]
fn no_turns(what: &str, text: &str) {
    let turns = |letter: char| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!text.contains(turns), "{what} turns the direction of writing: {text:?}");
}

/// At most so many characters as people count them.
#[track_caller]
pub fn at_most(what: &str, text: &str, graphemes: usize) {
    let count = text.graphemes(true).count();
    assert!(count <= graphemes, "{what} has {count} characters, and {graphemes} are the most: {text:?}");
}
