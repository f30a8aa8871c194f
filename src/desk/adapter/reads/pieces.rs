//! A SELECT in pieces: words, marks, and what stands in parentheses; comments, texts and numbers say nothing here.

use std::iter::Peekable;
use std::str::Chars;

type Letters<'text> = Peekable<Chars<'text>>;

/// A SELECT, taken apart at its parentheses.
#[derive(Debug)]
pub(super) enum Piece {
    /// A name or a keyword; a quoted name keeps its quotes.
    Word(String),
    Mark(char),
    /// A text or a number.
    Value,
    Group(Vec<Piece>),
}

/// The pieces of a whole text.
pub(super) fn of_text(text: &str) -> Vec<Piece> {
    pieces(&mut text.chars().peekable())
}

/// Everything up to the closing parenthesis, or the end.
fn pieces(letters: &mut Letters<'_>) -> Vec<Piece> {
    let mut found = Vec::new();
    while let Some(letter) = letters.next() {
        match letter {
            ')' => break,
            '(' => found.push(Piece::Group(pieces(letters))),
            '\'' => {
                until(letters, '\'');
                found.push(Piece::Value);
            }
            '"' | '`' => {
                let name = until(letters, letter);
                found.push(Piece::Word(format!("{letter}{name}{letter}")));
            }
            '-' if letters.peek() == Some(&'-') => {
                until(letters, '\n');
            }
            '/' if letters.peek() == Some(&'*') => {
                let mut before = ' ';
                letters.find(|next| std::mem::replace(&mut before, *next) == '*' && *next == '/');
            }
            _ if letter.is_whitespace() => {}
            _ if letter.is_ascii_digit() => {
                while letters.next_if(|next| next.is_ascii_alphanumeric() || *next == '.').is_some() {}
                found.push(Piece::Value);
            }
            _ if is_of_name(letter) => {
                let mut word = String::from(letter);
                while let Some(next) = letters.next_if(|next| is_of_name(*next)) {
                    word.push(next);
                }
                found.push(Piece::Word(word));
            }
            mark => found.push(Piece::Mark(mark)),
        }
    }
    found
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '$')
}

fn until(letters: &mut Letters<'_>, end: char) -> String {
    letters.by_ref().take_while(|letter| *letter != end).collect()
}

impl Piece {
    pub(super) fn is(&self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    pub(super) fn is_one_of(&self, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.is(keyword))
    }

    pub(super) fn is_query(&self) -> bool {
        matches!(self, Self::Group(inside) if inside.first().is_some_and(|first| {
            first.is_one_of(&["select", "with"]) || first.is_query()
        }))
    }
}
