//! A desk in another product's tables: its adapter, and what of it the database was found to understand.
//! The folder asks by the columns of the contract alone, one relation a statement, so that any engine finds its way.

pub(super) mod check;
mod contents;
mod facts;
mod messages;
mod native;
mod pending;
mod plan;
pub(super) mod survey;
pub(super) mod trouble;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use anyhow::{Context, Result};

pub(super) use self::native::Native;
use super::adapter::contract::relation;
use super::columns::{integers, texts};
use super::dialect::{Dialect, for_postgres};
use super::mariadb::spelled as for_mariadb;
use super::value::Parameter;
use super::{Adapter, DeskError, Reading, Snapshot};
use crate::model::ConversationId;

/// How a product is read here.
#[derive(Debug)]
pub(super) struct Product {
    pub(super) adapter: Adapter,
    /// The relations that the database was asked about, with the type of each column.
    known: RefCell<HashMap<&'static str, Vec<(String, Native)>>>,
}

/// Which conversations were found waiting in a snapshot: what was asked once need not be asked again.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// All that wait are known.
    all: bool,
    asked: HashSet<ConversationId>,
    found: HashSet<ConversationId>,
}

/// Ids as a column of this database takes them; those that it cannot hold belong to no row and are left out.
#[derive(Debug)]
pub(super) struct Keys {
    native: Native,
    json: String,
}

/// The columns of our own schema that hold text ids; all others hold numbers.
const TEXT_KEYS: [(&str, &str); 2] = [("groups", "id"), ("group_members", "group_id")];

impl Product {
    pub(super) fn new(adapter: Adapter) -> Self {
        Self { adapter, known: RefCell::default() }
    }

    /// A fault of a relation, in words.
    pub(super) fn fault(&self, relation: &'static str, reason: String, remedy: String) -> DeskError {
        DeskError::Relation { relation, adapter: self.adapter.name().to_owned(), reason, remedy }
    }
}

impl Keys {
    fn of<'a>(native: Native, ids: impl IntoIterator<Item = &'a str>) -> Self {
        let json = match &native {
            Native::Integer => integers(ids),
            Native::Any => either(ids),
            Native::Uuid => texts(ids.into_iter().filter(|id| native::is_uuid(id))),
            Native::Text | Native::Flag | Native::Other(_) => texts(ids),
        };
        Self { native, json }
    }

    /// As a statement is asked with them.
    pub(super) fn parameter(&self) -> Parameter<'_> {
        match self.native {
            Native::Integer => Parameter::Integers(&self.json),
            Native::Uuid => Parameter::Uuids(&self.json),
            Native::Text | Native::Any | Native::Flag | Native::Other(_) => Parameter::Texts(&self.json),
        }
    }
}

impl Waiting {
    /// Takes in what waits among these, or among all.
    fn learn<'a>(&mut self, among: Option<&[ConversationId]>, found: impl IntoIterator<Item = &'a ConversationId>) {
        self.all |= among.is_none();
        self.asked.extend(among.into_iter().flatten().cloned());
        self.found.extend(found.into_iter().cloned());
    }

    /// Those of which nothing is known.
    fn unknown(&self, ids: &[ConversationId]) -> Vec<ConversationId> {
        ids.iter().filter(|id| !self.all && !self.asked.contains(id)).cloned().collect()
    }
}

/// Each id as text and, if it is one, as a number: a column without a type of its own compares by the value's.
fn either<'a>(ids: impl IntoIterator<Item = &'a str>) -> String {
    let ids: BTreeSet<&str> = ids.into_iter().collect();
    let numbers = ids.iter().filter_map(|id| id.parse::<i64>().ok()).map(serde_json::Value::from);
    let texts = ids.iter().map(|id| serde_json::Value::from(*id));
    numbers.chain(texts).collect::<serde_json::Value>().to_string()
}

impl Snapshot<'_> {
    /// The adapter, where there is one.
    pub(super) fn product(&self) -> Option<&Product> {
        self.desk.product.as_ref()
    }

    /// The statement as this database takes it; `None` where the adapter does without the relation.
    pub(super) fn worded<'s>(
        &self,
        relation: &'static str,
        sql: &'s str,
        parameters: &[Parameter<'_>],
    ) -> Result<Option<Cow<'s, str>>> {
        let sql: Cow<'_, str> = match self.dialect() {
            Dialect::Sqlite => sql.into(),
            Dialect::Postgres => for_postgres(sql, parameters).into(),
            Dialect::MariaDb => for_mariadb(sql, parameters)?.into(),
        };
        let Some(product) = self.product() else { return Ok(Some(sql)) };
        let Some(text) = product.adapter.text(relation) else { return Ok(None) };
        self.inspect(product, relation, text)?;
        Ok(Some(with(self.dialect(), relation, text, &sql).into()))
    }

    /// Ids to look up in a column of a relation.
    pub(super) fn keys<'a>(
        &self,
        relation: &'static str,
        column: &str,
        ids: impl IntoIterator<Item = &'a str>,
    ) -> Result<Keys> {
        let Some(product) = self.product() else {
            let is_text = TEXT_KEYS.contains(&(relation, column));
            return Ok(Keys::of(if is_text { Native::Text } else { Native::Integer }, ids));
        };
        if let Some(text) = product.adapter.text(relation) {
            self.inspect(product, relation, text)?;
        }
        let known = product.known.borrow();
        let found = known.get(relation).and_then(|columns| columns.iter().find(|(name, _)| name == column));
        Ok(Keys::of(found.map_or(Native::Any, |(_, native)| native.clone()), ids))
    }

    /// Asks the database, once for each relation, whether it understands it, and which types it sees.
    fn inspect(&self, product: &Product, name: &'static str, text: &str) -> Result<()> {
        if product.known.borrow().contains_key(name) {
            return Ok(());
        }
        let columns = self.columns_of(product, name, text)?;
        let contract = relation(name).context("know the relation")?;
        native::refuse_misfits(product, self.dialect(), contract, &columns)?;
        product.known.borrow_mut().insert(name, columns);
        Ok(())
    }

    /// The columns of a relation as the database sees them.
    fn columns_of(&self, product: &Product, name: &'static str, text: &str) -> Result<Vec<(String, Native)>> {
        let sql = match self.dialect() {
            Dialect::Sqlite | Dialect::Postgres => format!("SELECT * FROM {name}"),
            Dialect::MariaDb => format!("SELECT * FROM `{name}` LIMIT 0"),
        };
        let sql = with(self.dialect(), name, text, &sql);
        match &self.reading {
            Reading::Sqlite(transaction) => match transaction.prepare_cached(&sql) {
                Ok(statement) => Ok(statement.column_names().map(|name| (name.to_owned(), Native::Any)).collect()),
                Err(error) => Err(product.fault(name, error.to_string(), product.adapter.remedy(name)).into()),
            },
            Reading::Postgres(look) => look.columns(product, name, &sql),
            Reading::MariaDb(look) => look.columns(product, name, &sql),
        }
    }
}

/// The relation under its name, before a statement that uses it. MariaDB knows no such hint, and needs none; `groups` is
/// a word of MySQL's own there.
fn with(dialect: Dialect, relation: &str, text: &str, sql: &str) -> String {
    match dialect {
        Dialect::Sqlite | Dialect::Postgres => format!("WITH {relation} AS NOT MATERIALIZED (\n{text}\n)\n{sql}"),
        Dialect::MariaDb => format!("WITH `{relation}` AS (\n{text}\n)\n{sql}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_as_the_column_takes_them() {
        let uuid = "0b7e7dee-8f3a-4d0c-9a40-3f1d6c2a5b11";
        for (native, json) in [
            (Native::Integer, "[7]".to_owned()),
            (Native::Text, format!("[\"{uuid}\",\"7\",\"x\"]")),
            (Native::Uuid, format!("[\"{uuid}\"]")),
            (Native::Any, format!("[7,\"{uuid}\",\"7\",\"x\"]")),
        ] {
            assert_eq!(Keys::of(native, ["7", "x", uuid, "7"]).json, json);
        }
    }
}
