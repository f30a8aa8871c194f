//! The language that somebody reads.

use std::sync::Arc;

/// A language, perhaps with script and region: `de`, `de-at`, `zh-hant-tw`. In small letters, with dashes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(Arc<str>);

impl Language {
    /// Reads a language tag (BCP 47) or the name of a POSIX locale: `de-AT`, `de_AT.UTF-8`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let bare = text.trim().split(['.', '@']).next().unwrap_or_default();
        let tag = bare.replace('_', "-").to_ascii_lowercase();
        let mut pieces = tag.split('-');
        let language = pieces.next().unwrap_or_default();
        let known = (2..=3).contains(&language.len()) && language.bytes().all(|letter| letter.is_ascii_lowercase());
        let plain = |piece: &str| (1..=8).contains(&piece.len()) && piece.bytes().all(|it| it.is_ascii_alphanumeric());
        (known && tag.len() <= 35 && pieces.all(plain)).then(|| Self(tag.into()))
    }

    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The tag, then the same with less and less detail: `de-at`, `de`.
    pub fn widening(&self) -> impl Iterator<Item = &str> {
        let mut next = Some(&*self.0);
        std::iter::from_fn(move || {
            let tag = next?;
            next = tag.rsplit_once('-').map(|(wider, _)| wider);
            Some(tag)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_locales_are_read_alike() {
        let tag = |text| Language::parse(text).map(|language| language.as_str().to_owned());
        for (text, expected) in
            [("de", "de"), ("de-AT", "de-at"), (" de_AT.UTF-8 ", "de-at"), ("ca_ES@valencia", "ca-es"), ("gsw", "gsw")]
        {
            assert_eq!(tag(text).as_deref(), Some(expected));
        }
        for text in ["", "C", "POSIX", "C.UTF-8", "German", "de-", "de/../x", "d3", "de-abcdefghi", "дe"] {
            assert_eq!(tag(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_language_is_asked_for_with_less_and_less_detail() {
        let language = Language::parse("zh-Hant-TW").unwrap();
        assert_eq!(language.widening().collect::<Vec<_>>(), ["zh-hant-tw", "zh-hant", "zh"]);
    }
}
