//! From rows to nouns: a row that cannot be read is skipped with a warning, and never stops the others.

use std::collections::BTreeSet;

use anyhow::{Context, Result, anyhow, bail};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use rusqlite::params_from_iter;

use super::value::{Parameter, Value};
use super::{Reading, Snapshot, mariadb};
use crate::model::Language;
use crate::notation::reckonable;

/// One row of a result, and what it takes to judge it.
pub(super) struct Columns<'a> {
    relation: &'static str,
    /// The names of the columns, which the database is slow to tell.
    names: &'a [String],
    row: Row<'a>,
    snapshot: &'a Snapshot<'a>,
}

/// A row of one of the engines.
enum Row<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a postgres::Row),
    MariaDb(&'a mariadb::Row),
}

impl Snapshot<'_> {
    /// Reads each row of the statement; its first column names the row in warnings.
    pub(super) fn each(
        &self,
        relation: &'static str,
        sql: &str,
        parameters: &[Parameter<'_>],
        mut read: impl FnMut(&Columns<'_>) -> Result<()>,
    ) -> Result<()> {
        let asked = || format!("read {relation} of the desk");
        let Some(sql) = self.worded(relation, sql, parameters).with_context(asked)? else { return Ok(()) };
        match &self.reading {
            Reading::Sqlite(transaction) => {
                let mut statement = transaction.prepare_cached(&sql).with_context(asked)?;
                let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
                let mut rows = statement.query(params_from_iter(parameters)).with_context(asked)?;
                while let Some(row) = rows.next().with_context(asked)? {
                    Columns { relation, names: &names, row: Row::Sqlite(row), snapshot: self }.read_by(&mut read);
                }
            }
            Reading::Postgres(look) => {
                let rows = match self.product() {
                    Some(product) => look.rows_of(product, relation, &sql, parameters),
                    None => look.rows(&sql, parameters),
                };
                let rows = rows.with_context(asked)?;
                let names: Vec<String> = rows
                    .first()
                    .map_or_else(Vec::new, |row| row.columns().iter().map(|column| column.name().to_owned()).collect());
                for row in &rows {
                    Columns { relation, names: &names, row: Row::Postgres(row), snapshot: self }.read_by(&mut read);
                }
            }
            Reading::MariaDb(look) => {
                let (names, rows) = look.rows(self.product(), relation, &sql).with_context(asked)?;
                for row in &rows {
                    Columns { relation, names: &names, row: Row::MariaDb(row), snapshot: self }.read_by(&mut read);
                }
            }
        }
        Ok(())
    }
}

impl Row<'_> {
    fn value(&self, place: usize) -> Result<Value<'_>> {
        match self {
            Self::Sqlite(row) => Ok(row.get_ref(place)?.into()),
            Self::Postgres(row) => Ok(row.try_get(place)?),
            Self::MariaDb(row) => row.value(place),
        }
    }
}

impl Columns<'_> {
    /// A row that cannot be read is warned of by its first column.
    fn read_by(&self, read: &mut impl FnMut(&Columns<'_>) -> Result<()>) {
        if let Err(error) = read(self) {
            let id = self.row.value(0).ok().and_then(|value| value.words()).unwrap_or_default();
            let relation = self.relation;
            tracing::warn!(relation, id, error = format!("{error:#}"), "a row of the desk cannot be read: skipped");
        }
    }

    fn value(&self, column: &str) -> Result<Value<'_>> {
        let place = self.names.iter().position(|name| name == column);
        let place = place.ok_or_else(|| anyhow!("there is no column {column}"))?;
        self.row.value(place).with_context(|| format!("read column {column}"))
    }

    /// Text, or a number in digits; bytes that are not UTF-8 are replaced.
    pub(super) fn text(&self, column: &str) -> Result<Option<String>> {
        let value = self.value(column)?;
        match value {
            Value::Null => Ok(None),
            Value::Fraction => bail!("column {column} holds a fraction, not text"),
            Value::Integer(_) | Value::Text(_) | Value::Uuid(_) => Ok(value.words()),
        }
    }

    /// An id, as text.
    pub(super) fn id<T: From<String>>(&self, column: &str) -> Result<T> {
        self.optional_id(column)?.ok_or_else(|| anyhow!("column {column} is NULL"))
    }

    /// An id that may be missing.
    pub(super) fn optional_id<T: From<String>>(&self, column: &str) -> Result<Option<T>> {
        Ok(self.text(column)?.map(T::from))
    }

    /// A time; NULL = never or unknown.
    pub(super) fn optional_time(&self, column: &str) -> Result<Option<DateTime<Utc>>> {
        let Some(milliseconds) = self.integer(column)? else { return Ok(None) };
        let time = DateTime::from_timestamp_millis(milliseconds).and_then(reckonable);
        time.map(Some).ok_or_else(|| anyhow!("column {column} is not a time in Unix milliseconds"))
    }

    /// A time that must be known.
    pub(super) fn time(&self, column: &str) -> Result<DateTime<Utc>> {
        self.optional_time(column)?.ok_or_else(|| anyhow!("column {column} is NULL"))
    }

    /// A whole number.
    pub(super) fn integer(&self, column: &str) -> Result<Option<i64>> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Integer(number) => Ok(Some(number)),
            other => bail!("column {column} holds {}, not a whole number", other.what()),
        }
    }

    /// A yes or no; NULL = no.
    pub(super) fn yes(&self, column: &str) -> Result<bool> {
        Ok(self.integer(column)?.unwrap_or_default() != 0)
    }

    /// A yes or no that may be missing.
    pub(super) fn yes_or_no(&self, column: &str) -> Result<Option<bool>> {
        Ok(self.integer(column)?.map(|number| number != 0))
    }

    /// Bytes as they are stored, without a copy.
    pub(super) fn bytes(&self, column: &str) -> Result<&[u8]> {
        match self.value(column)? {
            Value::Text(bytes) => Ok(bytes),
            Value::Null => Ok(&[]),
            other => bail!("column {column} holds {}, not text", other.what()),
        }
    }

    /// A word of a vocabulary; NULL and words from the desk's future mean `otherwise`, so that no row is lost.
    pub(super) fn word<T: Copy>(&self, column: &str, vocabulary: &[(&str, T)], otherwise: T) -> T {
        let Ok(Some(word)) = self.text(column) else { return otherwise };
        let known = vocabulary.iter().find(|(known, _)| *known == word);
        known.map_or_else(
            || {
                self.warn_once(column, &word);
                otherwise
            },
            |(_, meaning)| *meaning,
        )
    }

    /// A value with a notation of its own; one that cannot be read is warned of, and is as if it were not there.
    pub(super) fn parsed<T>(&self, column: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let text = self.readable(column, self.text(column))?;
        let parsed = parse(&text);
        if parsed.is_none() {
            self.warn_once(column, &text);
        }
        parsed
    }

    /// A time zone by its IANA name.
    pub(super) fn zone(&self, column: &str) -> Option<Tz> {
        self.parsed(column, |name| name.parse().ok())
    }

    /// The language of a locale; what is none leaves nothing, with a warning.
    pub(super) fn language(&self, column: &str) -> Option<Language> {
        self.parsed(column, Language::parse)
    }

    /// A value without which the rest of the row still counts: a fault is warned of and leaves nothing.
    pub(super) fn readable<T>(&self, column: &str, value: Result<Option<T>>) -> Option<T> {
        value.unwrap_or_else(|error| {
            self.warn_once(column, &error.to_string());
            None
        })
    }

    /// Says once per pass that the desk uses a word we do not know.
    pub(super) fn warn_once(&self, column: &str, word: &str) {
        let relation = self.relation;
        if self.snapshot.desk.strange_words.borrow_mut().insert(format!("{relation}.{column}={word}")) {
            tracing::warn!(relation, column, word, "the desk uses a word that is not known here");
        }
    }
}

/// Integer ids as one JSON array, each once: compared as integers they find their rows by the integer key.
///
/// An id that is no integer belongs to no row of this desk and is left out.
pub(super) fn integers<'a>(ids: impl IntoIterator<Item = &'a str>) -> String {
    let numbers: BTreeSet<i64> = ids.into_iter().filter_map(|id| id.parse().ok()).collect();
    serde_json::Value::from_iter(numbers).to_string()
}

/// Text ids as one JSON array, each once.
pub(super) fn texts<'a>(ids: impl IntoIterator<Item = &'a str>) -> String {
    let texts: BTreeSet<&str> = ids.into_iter().collect();
    serde_json::Value::from_iter(texts).to_string()
}
