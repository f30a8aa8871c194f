//! Values that both engines know: what a statement is asked with, and what a row holds.

use std::error::Error;
use std::fmt::Write as _;

use anyhow::{Result, anyhow};
use postgres::types::{FromSql, Kind, ToSql, Type};
use rusqlite::types::{ToSqlOutput, ValueRef};

/// What a statement is asked with.
#[derive(Debug, Clone, Copy)]
pub(super) enum Parameter<'a> {
    /// A whole number, or NULL.
    Integer(Option<i64>),
    /// A text; also rows as a JSON array of arrays.
    Text(&'a str),
    /// Whole numbers as a JSON array; PostgreSQL gets them as one of its own.
    Integers(&'a str),
    /// Texts as a JSON array; PostgreSQL gets them as one of its own.
    Texts(&'a str),
    /// UUIDs as a JSON array, for PostgreSQL only.
    Uuids(&'a str),
}

/// A value of a row.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    Null,
    Integer(i64),
    Fraction,
    /// Also bytes: they need not be UTF-8.
    Text(&'a [u8]),
    /// Its 16 bytes.
    Uuid(&'a [u8]),
}

impl rusqlite::ToSql for Parameter<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Integer(number) => Ok(ToSqlOutput::Owned((*number).into())),
            Self::Text(text) | Self::Integers(text) | Self::Texts(text) | Self::Uuids(text) => Ok((*text).into()),
        }
    }
}

impl Parameter<'_> {
    /// The value as PostgreSQL takes it, and the type that it is told.
    pub(super) fn bound(&self) -> Result<(Box<dyn ToSql + Sync + '_>, Type)> {
        Ok(match self {
            Self::Integer(number) => (Box::new(number), Type::INT8),
            Self::Text(text) => (Box::new(text), Type::TEXT),
            Self::Integers(json) => (Box::new(serde_json::from_str::<Vec<i64>>(json)?), Type::INT8_ARRAY),
            Self::Texts(json) | Self::Uuids(json) => {
                (Box::new(serde_json::from_str::<Vec<String>>(json)?), Type::TEXT_ARRAY)
            }
        })
    }
}

impl<'a> From<ValueRef<'a>> for Value<'a> {
    fn from(value: ValueRef<'a>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(number) => Self::Integer(number),
            ValueRef::Real(_) => Self::Fraction,
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Self::Text(bytes),
        }
    }
}

impl<'a> FromSql<'a> for Value<'a> {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(match *kind {
            Type::BOOL => Self::Integer(bool::from_sql(kind, raw)?.into()),
            Type::INT2 => Self::Integer(i16::from_sql(kind, raw)?.into()),
            Type::INT4 => Self::Integer(i32::from_sql(kind, raw)?.into()),
            Type::INT8 => Self::Integer(i64::from_sql(kind, raw)?),
            Type::FLOAT4 | Type::FLOAT8 | Type::NUMERIC => Self::Fraction,
            Type::UUID => Self::Uuid(raw),
            _ if is_text(kind) => Self::Text(raw),
            _ => return Err(anyhow!("its type {kind} cannot be read; make it text, bigint or boolean").into()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Whether PostgreSQL sends it as its letters.
pub(super) fn is_text(kind: &Type) -> bool {
    matches!(*kind, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN | Type::BYTEA | Type::JSON)
        || matches!(kind.kind(), Kind::Enum(_))
        || kind.name() == "citext"
}

impl Value<'_> {
    /// What it is, in words.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Integer(_) => "a whole number",
            Self::Fraction => "a fraction",
            Self::Text(_) => "text",
            Self::Uuid(_) => "a UUID",
        }
    }

    /// The value in words, as far as it has any; bytes that are not UTF-8 are replaced.
    pub(super) fn words(&self) -> Option<String> {
        match self {
            Self::Integer(number) => Some(number.to_string()),
            Self::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            Self::Uuid(bytes) => Some(uuid(bytes)),
            Self::Null | Self::Fraction => None,
        }
    }
}

/// A UUID as PostgreSQL prints it.
fn uuid(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (place, byte) in bytes.iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // writing to a String cannot fail
        let _ = write!(text, "{byte:02x}");
    }
    text
}
