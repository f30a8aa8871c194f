//! Keys of the networks: read from where the settings say, and the forms that ids have.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::{Deserialize, Deserializer, de::Error};

use super::wrong;
use crate::model::Outcome;
use crate::notation::Source;

/// An id of five groups of hexadecimal digits (RFC 9562), in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Uuid(String);

/// Where the key of a network stands; `key_file`, or `key` with a variable.
pub(super) fn source(key: Option<Source>, key_file: Option<PathBuf>) -> Result<Source, &'static str> {
    match (key, key_file) {
        (Some(source), None) => Ok(source),
        (None, Some(file)) => Ok(Source::File(file)),
        (None, None) => Err("there is no key; write key_file = \"FILE\", or key = \"${VARIABLE}\""),
        (Some(_), Some(_)) => Err("both key and key_file are set; remove one of them"),
    }
}

/// Reads the key that a setting names.
pub(super) fn read(setting: &'static str, source: &Source, folder: &Path) -> Result<SecretString, Outcome> {
    source.read(folder).map_err(|error| wrong(setting, error.to_string()))
}

/// The setting that names a source.
pub(super) fn setting(source: &Source, [variable, file]: [&'static str; 2]) -> &'static str {
    match source {
        Source::Variable(_) => variable,
        Source::File(_) => file,
    }
}

impl Uuid {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let groups: Vec<&str> = text.split('-').collect();
        let lengths = groups.iter().map(|group| group.len());
        let is_known = lengths.eq([8, 4, 4, 4, 12]) && groups.concat().bytes().all(|byte| byte.is_ascii_hexdigit());
        is_known.then(|| Self(text.to_ascii_lowercase()))
    }

    /// The id made from these 16 bytes as version 5 (RFC 9562, section 5.5).
    pub(super) fn version_5(mut bytes: [u8; 16]) -> Self {
        let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
        *version = (*version & 0x0f) | 0x50;
        *variant = (*variant & 0x3f) | 0x80;
        let number = u128::from_be_bytes(bytes);
        let digits = format!("{number:032x}");
        let group = |from: usize, until: usize| digits.get(from..until).unwrap_or_default();
        Self([group(0, 8), group(8, 12), group(12, 16), group(16, 20), group(20, 32)].join("-"))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Uuid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            D::Error::custom(format!(
                "{text:?} is not such an id; write it like \"01234567-89ab-cdef-0123-456789abcdef\""
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_five_groups_of_hexadecimal_digits() {
        let id = Uuid::parse("01234567-89AB-cdef-0123-456789abcdef").unwrap();
        assert_eq!(id.as_str(), "01234567-89ab-cdef-0123-456789abcdef");
        for wrong in ["", "0123456789abcdef0123456789abcdef", "01234567-89ab-cdef-0123-456789abcdeg", "1-2-3-4-5"] {
            assert_eq!(Uuid::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn bytes_become_an_id_of_version_5() {
        assert_eq!(Uuid::version_5([0xff; 16]).as_str(), "ffffffff-ffff-5fff-bfff-ffffffffffff");
        assert_eq!(Uuid::version_5([0; 16]).as_str(), "00000000-0000-5000-8000-000000000000");
    }

    #[test]
    fn a_key_stands_in_one_place() {
        let variable = || Source::from_variable("${KEY}");
        assert!(source(variable(), None).is_ok() && source(None, Some("file".into())).is_ok());
        assert!(source(None, None).unwrap_err().contains("key_file"));
        assert!(source(variable(), Some("file".into())).unwrap_err().contains("remove one"));
    }
}
