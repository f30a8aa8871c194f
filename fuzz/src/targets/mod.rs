//! What strangers could feed to doorbell, by the way it comes in, and what must hold whatever it is.
//! `fuzz_targets/` has the engine invent inputs, `tests/corpus.rs` of doorbell replays those worth keeping.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a promise that does not hold ends the run"
)]

pub mod bodies;
pub mod bounces;
pub mod ledger;
pub mod letters;
pub mod mails;
pub mod replies;
pub mod settings;
pub mod templates;
pub mod typed;

mod clean;
mod desks;
mod eml;
mod html;
mod server;

/// Takes an input, and panics when a promise does not hold.
pub type Target = fn(&[u8]);

/// Every target by the name of its corpus.
pub const ALL: [(&str, Target); 9] = [
    ("bodies", bodies::holds),
    ("bounces", bounces::holds),
    ("ledger", ledger::holds),
    ("letters", letters::holds),
    ("mails", mails::holds),
    ("replies", replies::holds),
    ("settings", settings::holds),
    ("templates", templates::holds),
    ("typed", typed::holds),
];

/// Between the pieces of an input that holds several: a line of its own.
const BETWEEN: &[u8] = b"====\n";

/// The pieces of an input.
fn pieces(bytes: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(BETWEEN.len()).position(|window| window == BETWEEN) {
        pieces.push(&rest[..at]);
        rest = &rest[at + BETWEEN.len()..];
    }
    pieces.push(rest);
    pieces
}

/// The pieces as texts, without the line end before the next one; what is missing is empty.
fn texts<const COUNT: usize>(bytes: &[u8]) -> [String; COUNT] {
    let pieces = pieces(bytes);
    std::array::from_fn(|index| {
        let piece = pieces.get(index).copied().unwrap_or_default();
        String::from_utf8_lossy(piece.strip_suffix(b"\n").unwrap_or(piece)).into_owned()
    })
}

/// Choices out of an input: each letter of a piece is one, so that they can be written by hand; `a` is the first.
struct Choices<'a>(std::slice::Iter<'a, u8>);

impl<'a> Choices<'a> {
    fn of(letters: &'a str) -> Self {
        Self(letters.as_bytes().iter())
    }

    /// The next number below `count`; 0 where the letters have run out.
    fn below(&mut self, count: usize) -> usize {
        self.0.next().map_or(0, |letter| usize::from(letter.wrapping_sub(b'a')) % count)
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}
