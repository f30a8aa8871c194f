//! Adapters: how the tables of another product are read as a desk, one SELECT for each relation. Data, not code.

mod choice;
pub(super) mod contract;
mod meaning;
mod parse;
mod reads;

use std::fs;
use std::path::Path;

use thiserror::Error;

pub use choice::{Choice, Corrections};
pub use contract::{Column, Kind, RELATIONS, Relation};
pub use meaning::{Meaning, meaning, words};
pub use reads::Reads;

use super::Settings;

/// How a product is read.
#[derive(Debug, Clone)]
pub struct Adapter {
    name: String,
    about: String,
    parts: Vec<Part>,
}

/// The SELECT of one relation.
#[derive(Debug, Clone)]
struct Part {
    relation: &'static str,
    text: String,
    /// Whether it stands in the settings.
    is_corrected: bool,
}

/// What is wrong with an adapter: where, and what to do.
#[derive(Debug, Error)]
#[error("adapter {place}: {message}")]
pub struct AdapterError {
    place: String,
    message: String,
}

impl AdapterError {
    fn new(place: String, message: String) -> Self {
        Self { place, message }
    }
}

impl Adapter {
    /// The adapters that come with doorbell: name and file.
    pub const SHIPPED: [(&str, &str); 4] = [
        ("chatwoot", include_str!("../../adapters/chatwoot.sql")),
        ("libredesk", include_str!("../../adapters/libredesk.sql")),
        ("livehelperchat", include_str!("../../adapters/livehelperchat.sql")),
        ("supportboard", include_str!("../../adapters/supportboard.sql")),
    ];

    /// The adapter of the settings with their corrections; `folder` is where relative file names begin.
    pub fn of(settings: &Settings, folder: &Path) -> Result<Option<Self>, AdapterError> {
        let Some(choice) = &settings.adapter else { return Ok(None) };
        let mut adapter = choice.read(folder)?;
        for (relation, text) in settings.relations.iter() {
            let part = Part { relation, text: text.to_owned(), is_corrected: true };
            match adapter.parts.iter_mut().find(|part| part.relation == relation) {
                Some(own) => *own = part,
                None => adapter.parts.push(part),
            }
        }
        adapter.complete().map(Some)
    }

    /// One that comes with doorbell.
    pub fn shipped(name: &str) -> Result<Self, AdapterError> {
        let found = Self::SHIPPED.into_iter().find(|(known, _)| *known == name);
        let unknown = || AdapterError::new(name.to_owned(), "it does not come with doorbell".into());
        let (name, text) = found.ok_or_else(unknown)?;
        Self::parse(name, text)
    }

    /// One in a file.
    pub fn read(file: &Path) -> Result<Self, AdapterError> {
        let name = file.display().to_string();
        let text = fs::read_to_string(file).map_err(|error| {
            let message = format!("the file cannot be read ({error}); correct desk.adapter, or the file's rights");
            AdapterError::new(name.clone(), message)
        })?;
        Self::parse(&name, &text)
    }

    /// Reads the text of an adapter; `name` is what errors call it. Relations may be missing still.
    pub fn parse(name: &str, text: &str) -> Result<Self, AdapterError> {
        let (about, parts) = parse::parse(name, text)?;
        Ok(Self { name: name.to_owned(), about, parts })
    }

    /// The same, unless it lacks a relation that nothing works without.
    pub fn complete(self) -> Result<Self, AdapterError> {
        let missing: Vec<&str> =
            self.missing().filter(|relation| relation.without.is_none()).map(|relation| relation.name).collect();
        if missing.is_empty() {
            return Ok(self);
        }
        let message = format!(
            "it has no relation {}; write each under a line \"-- relation: NAME\", as docs/adapters.md shows",
            missing.join(", ")
        );
        Err(AdapterError::new(self.name, message))
    }

    /// What errors call it: the name of one that comes with doorbell, else the file's.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it says of itself above the first relation, without comment signs.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// Its relations with their SELECTs, in the order of the file.
    pub fn relations(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.parts.iter().map(|part| (part.relation, part.text.as_str()))
    }

    /// The SELECT of a relation.
    pub fn text(&self, relation: &str) -> Option<&str> {
        self.relations().find(|(name, _)| *name == relation).map(|(_, text)| text)
    }

    /// The tables of the product that it reads, and the columns that it names with their table.
    pub fn reads(&self) -> Reads {
        let mut found = Reads::new();
        self.parts.iter().for_each(|part| reads::add(&part.text, &mut found));
        found
    }

    /// The table that a relation begins with, as it is written there.
    pub fn first_table(&self, relation: &str) -> Option<String> {
        self.text(relation).and_then(reads::first_table)
    }

    /// The tables of a relation, by each name that it gives them, in small letters.
    pub fn tables_by_name(&self, relation: &str) -> Vec<(String, String)> {
        self.text(relation).map(reads::tables_by_name).unwrap_or_default()
    }

    /// Where to correct a relation that its database does not understand.
    pub(super) fn remedy(&self, relation: &str) -> String {
        if self.parts.iter().any(|part| part.relation == relation && part.is_corrected) {
            return format!("correct it in desk.relations.{relation}");
        }
        if Self::SHIPPED.iter().any(|(name, _)| *name == self.name) {
            return "the tables are of another release than the adapter; see whether a newer doorbell knows it, or correct \
                    the relation in desk.relations"
                .into();
        }
        "correct it in that file".into()
    }

    /// The relations of the contract that it does not have.
    pub fn missing(&self) -> impl Iterator<Item = &'static Relation> {
        RELATIONS.iter().filter(|relation| self.text(relation.name).is_none())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const REQUIRED: [&str; 5] = ["waiting_conversations", "agents", "contacts", "conversations", "messages"];

    fn whole() -> String {
        let relation = |name: &str| format!("-- relation: {name}\nSELECT 1 AS id\n\n");
        format!("-- A desk\n--\n-- of mine\n\n{}", REQUIRED.map(relation).concat())
    }

    fn refusal(text: &str) -> String {
        Adapter::parse("my.sql", text).and_then(Adapter::complete).unwrap_err().to_string()
    }

    #[test]
    fn a_file_is_a_header_and_a_select_for_each_relation() {
        let adapter = Adapter::parse("my.sql", &whole()).unwrap().complete().unwrap();
        assert_eq!((adapter.name(), adapter.about()), ("my.sql", "A desk\n\nof mine"));
        assert_eq!(adapter.relations().map(|(name, _)| name).collect::<Vec<_>>(), REQUIRED);
        assert_eq!(adapter.text("agents"), Some("SELECT 1 AS id"));
        assert_eq!((adapter.text("devices"), adapter.missing().count()), (None, RELATIONS.len() - REQUIRED.len()));
    }

    #[test]
    fn those_that_come_with_doorbell_are_whole() {
        for (name, _) in Adapter::SHIPPED {
            let adapter = Adapter::shipped(name).unwrap().complete().unwrap();
            assert!(adapter.about().contains(", read by doorbell on its own"), "{}", adapter.about());
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_the_remedy() {
        for (text, line, remedy) in [
            ("-- relation: agent\nSELECT 1", "my.sql:1: ", "did you mean agents?"),
            ("-- mine\nSELECT 1", "my.sql:2: ", "write \"-- relation: NAME\" above it"),
            ("\n-- relation: agents\nSELECT 1;\n", "my.sql:2: ", "semicolon"),
            ("-- relation: agents\nUPDATE a SET b = 1", "my.sql:1: ", "is no SELECT"),
            ("-- relation: agents\n-- nothing\n", "my.sql:1: ", "is no SELECT"),
            ("-- relation: agents\nSELECT 1\n-- relation: agents\nSELECT 2", "my.sql:3: ", "after line 1"),
            ("-- relation: agents\nSELECT 1", "adapter my.sql: ", "waiting_conversations, contacts, conversations"),
        ] {
            let refusal = refusal(text);
            assert!(refusal.contains(line) && refusal.contains(remedy), "{text}: {refusal}");
        }
    }

    #[test]
    fn an_unknown_relation_is_answered_with_those_there_are() {
        let refusal = refusal("-- relation: tickets\nSELECT 1");
        assert!(RELATIONS.iter().all(|relation| refusal.contains(relation.name)), "{refusal}");
    }

    #[test]
    fn settings_choose_an_adapter_and_correct_it() {
        let settings = |more: &str| toml::from_str::<Settings>(&format!("url = \"postgres://d@/x?host=/run\"\n{more}"));
        let corrected =
            settings("adapter = \"chatwoot\"\n[relations]\navailability = \"SELECT 1\"\nagents = \"SELECT 2\"");
        let adapter = Adapter::of(&corrected.unwrap(), Path::new("")).unwrap().unwrap();
        assert_eq!((adapter.text("availability"), adapter.text("agents")), (Some("SELECT 1"), Some("SELECT 2")));
        assert!(Adapter::of(&settings("").unwrap(), Path::new("")).unwrap().is_none());

        let file = settings("adapter = \"./no.sql\"").unwrap();
        let error = Adapter::of(&file, Path::new("/nowhere")).unwrap_err().to_string();
        assert!(error.starts_with("adapter /nowhere/./no.sql: ") && error.contains("desk.adapter"), "{error}");
        for (wrong, remedy) in [
            ("adapter = \"chatwot\"", "did you mean \"chatwoot\"?"),
            ("adapter = \"my.sql\"", "\"./my.sql\""),
            ("adapter = \"chatwoot\"\n[relations]\nagent = \"SELECT 1\"", "did you mean agents?"),
            ("adapter = \"chatwoot\"\n[relations]\nagents = \"SELECT 1;\"", "semicolon"),
        ] {
            let error = settings(wrong).unwrap_err().to_string();
            assert!(error.contains(remedy), "{wrong}: {error}");
        }
    }
    proptest! {
        #[test]
        fn no_file_is_too_strange(text in "(-- relation: (agents|messages|x)|--|SELECT 1|;|\\n| |é|\u{0}){0,40}") {
            if let Err(error) = Adapter::parse("my.sql", &text) {
                prop_assert!(error.to_string().starts_with("adapter my.sql:"), "{error}");
            }
        }
    }
}
