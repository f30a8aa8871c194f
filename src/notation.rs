//! How values are written in the settings and typed: `5m`, `Europe/London`, `yesterday 14:00`, secrets by file or
//! environment.
//! Each type cannot be wrong once it exists; its error names the value and the remedy.

mod days;
mod moment;
mod secret;
mod span;
mod zone;

pub use days::{Days, hours_of_day, instant_of, time_of_day};
pub use moment::{moment, reckonable};
pub use secret::{Secret, SecretError, Source};
pub use span::Span;
pub use zone::Zone;

/// The candidate nearest to `typed`, if it is near enough to be what was meant.
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let close_enough = (typed.chars().count() / 3).max(1);
    // so many letters have to be put in or left out at least; it keeps a page of text in place of a name cheap
    let is_near = |candidate: &str| typed.chars().count().abs_diff(candidate.chars().count()) <= close_enough;
    candidates
        .into_iter()
        .filter(|candidate| is_near(candidate))
        .map(|candidate| (edits(&typed.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= close_enough)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many single-character edits lead from one text to the other (Levenshtein).
fn edits(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (above, left) in from.chars().enumerate() {
        let mut diagonal = above;
        let mut before = above + 1;
        if let Some(first) = row.first_mut() {
            *first = before;
        }
        for (cell, right) in row.iter_mut().skip(1).zip(to.chars()) {
            let replaced = diagonal + usize::from(left != right);
            diagonal = *cell;
            before = replaced.min(*cell + 1).min(before + 1);
            *cell = before;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_what_was_meant() {
        assert_eq!(nearest("asignee", ["assignee", "group"]), Some("assignee"));
        assert_eq!(nearest("Europe/Berln", ["Europe/Dublin", "Europe/Berlin"]), Some("Europe/Berlin"));
        assert_eq!(nearest("xyz", ["assignee", "group"]), None);
        assert_eq!(nearest(&"x".repeat(100_000), chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())), None);
    }

    #[test]
    fn edits_are_counted_both_ways() {
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("sitting", "kitten"), 3);
        assert_eq!(edits("", "abc"), 3);
    }
}
