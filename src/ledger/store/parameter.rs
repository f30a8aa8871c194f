//! What a statement is asked with, for either database.

use std::borrow::Cow;

use postgres::types::{ToSql, Type};
use rusqlite::types::ToSqlOutput;

/// A list of texts.
pub(in crate::ledger) type Texts = Vec<String>;

/// A value at a place of a statement.
#[derive(Debug, Clone)]
pub(in crate::ledger) enum Parameter<'a> {
    /// A whole number, or NULL.
    Integer(Option<i64>),
    /// Yes or no.
    Boolean(bool),
    /// A text, or NULL.
    Text(Option<Cow<'a, str>>),
    /// Whole numbers to look among, or NULL.
    Integers(Option<Vec<i64>>),
    /// Texts to look among, or NULL.
    Texts(Option<Texts>),
    /// The numbers of many rows.
    IntegerColumn(&'a [Option<i64>]),
    /// The texts of many rows.
    TextColumn(&'a [Option<String>]),
}

impl Parameter<'_> {
    /// The value as PostgreSQL takes it, and the type that it is told.
    pub(super) fn bound(&self) -> (&(dyn ToSql + Sync), Type) {
        match self {
            Self::Integer(number) => (number, Type::INT8),
            Self::Boolean(yes) => (yes, Type::BOOL),
            Self::Text(text) => (text, Type::TEXT),
            Self::Integers(numbers) => (numbers, Type::INT8_ARRAY),
            Self::Texts(texts) => (texts, Type::TEXT_ARRAY),
            Self::IntegerColumn(numbers) => (numbers, Type::INT8_ARRAY),
            Self::TextColumn(texts) => (texts, Type::TEXT_ARRAY),
        }
    }
}

impl rusqlite::ToSql for Parameter<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Integer(number) => ToSqlOutput::Owned((*number).into()),
            Self::Boolean(yes) => ToSqlOutput::Owned((*yes).into()),
            Self::Text(Some(text)) => (&**text).into(),
            Self::Text(None) => ToSqlOutput::Owned(rusqlite::types::Value::Null),
            Self::Integers(numbers) => ToSqlOutput::Owned(json(numbers.as_ref()).into()),
            Self::Texts(texts) => ToSqlOutput::Owned(json(texts.as_ref()).into()),
            Self::IntegerColumn(numbers) => ToSqlOutput::Owned(json(Some(numbers)).into()),
            Self::TextColumn(texts) => ToSqlOutput::Owned(json(Some(texts)).into()),
        })
    }
}

/// A list for `json_each`.
fn json<T: serde::Serialize + ?Sized>(values: Option<&T>) -> Option<String> {
    values.map(|values| serde_json::to_string(values).unwrap_or_else(|_| "[]".into()))
}

impl From<i64> for Parameter<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(Some(number))
    }
}

impl From<u32> for Parameter<'_> {
    fn from(number: u32) -> Self {
        Self::Integer(Some(number.into()))
    }
}

impl From<Option<i64>> for Parameter<'_> {
    fn from(number: Option<i64>) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for Parameter<'_> {
    fn from(yes: bool) -> Self {
        Self::Boolean(yes)
    }
}

impl<'a> From<&'a str> for Parameter<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Some(text.into()))
    }
}

impl<'a> From<&'a String> for Parameter<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Some(text.into()))
    }
}

impl From<String> for Parameter<'_> {
    fn from(text: String) -> Self {
        Self::Text(Some(text.into()))
    }
}

impl<'a> From<Option<&'a str>> for Parameter<'a> {
    fn from(text: Option<&'a str>) -> Self {
        Self::Text(text.map(Into::into))
    }
}

impl<'a> From<&'a Option<String>> for Parameter<'a> {
    fn from(text: &'a Option<String>) -> Self {
        Self::Text(text.as_deref().map(Into::into))
    }
}

impl From<Vec<i64>> for Parameter<'_> {
    fn from(numbers: Vec<i64>) -> Self {
        Self::Integers(Some(numbers))
    }
}

impl From<Option<Vec<i64>>> for Parameter<'_> {
    fn from(numbers: Option<Vec<i64>>) -> Self {
        Self::Integers(numbers)
    }
}

impl From<Texts> for Parameter<'_> {
    fn from(texts: Texts) -> Self {
        Self::Texts(Some(texts))
    }
}

impl From<Option<Texts>> for Parameter<'_> {
    fn from(texts: Option<Texts>) -> Self {
        Self::Texts(texts)
    }
}
