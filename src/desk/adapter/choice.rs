//! What the settings say about adapters: which one, and what of it is read otherwise.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, de::Error};

use super::parse::{known, select};
use super::{Adapter, AdapterError};
use crate::notation::nearest;

/// `desk.adapter`: one of doorbell's own, or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// One that comes with doorbell.
    Shipped(&'static str),
    /// A file, seen from the folder of the settings.
    File(PathBuf),
}

/// `[desk.relations]`: SELECTs in place of the adapter's own, or beside them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Corrections(BTreeMap<&'static str, String>);

impl Choice {
    /// The adapter as it comes, or as it stands in its file now.
    pub(super) fn read(&self, folder: &Path) -> Result<Adapter, AdapterError> {
        match self {
            Self::Shipped(name) => Adapter::shipped(name),
            Self::File(file) => Adapter::read(&folder.join(file)),
        }
    }
}

impl Corrections {
    /// Whether nothing is corrected.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The corrected relations.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, text)| (*name, text.as_str()))
    }
}

impl<'de> Deserialize<'de> for Choice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.contains('/') {
            return Ok(Self::File(text.into()));
        }
        let names = Adapter::SHIPPED.map(|(name, _)| name);
        let found = names.into_iter().find(|name| *name == text);
        found.map(Self::Shipped).ok_or_else(|| {
            let meant = nearest(&text, names).map(|meant| format!(" (did you mean {meant:?}?)")).unwrap_or_default();
            D::Error::custom(format!(
                "{text:?} is no adapter that comes with doorbell{meant}; those are {}; a file of your own has a slash in \
                 its name, such as \"./my.sql\"",
                names.join(", ")
            ))
        })
    }
}

impl<'de> Deserialize<'de> for Corrections {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = BTreeMap::<String, String>::deserialize(deserializer)?;
        let checked = written.into_iter().map(|(name, text)| {
            let relation = known(&name)?;
            Ok((relation.name, select(relation.name, &text)?))
        });
        checked.collect::<Result<_, String>>().map(Self).map_err(D::Error::custom)
    }
}
