//! A row of either database, read by the places of its columns.

use std::error::Error;

use anyhow::{Context, Result, bail};
use postgres::types::{FromSql, Type};
use rusqlite::types::ValueRef;

use super::Parameter;

/// What makes something of a row.
pub(super) type Reader<'a, T> = dyn FnMut(&Row<'_>) -> Result<T> + 'a;

/// A row of an answer.
pub(in crate::ledger) enum Row<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a postgres::Row),
}

/// What a column holds.
pub(in crate::ledger) enum Value<'a> {
    Null,
    Integer(i64),
    Text(&'a str),
}

/// What a column can be read as.
pub(in crate::ledger) trait Field: Sized {
    fn of(value: &Value<'_>) -> Option<Self>;
}

impl Row<'_> {
    /// The column at a place, counted from 0.
    pub(in crate::ledger) fn get<T: Field>(&self, place: usize) -> Result<T> {
        let value = match self {
            Self::Sqlite(row) => match row.get_ref(place)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => Value::Integer(number),
                ValueRef::Text(bytes) => Value::Text(std::str::from_utf8(bytes).context("read a text of the ledger")?),
                other => bail!("column {place} of the ledger holds {}", other.data_type()),
            },
            Self::Postgres(row) => row.try_get(place)?,
        };
        T::of(&value).with_context(|| format!("column {place} of the ledger holds something else than it should"))
    }
}

impl Row<'_> {
    /// Every column, as it may be written elsewhere.
    pub(in crate::ledger) fn parameters(&self) -> Result<Vec<Parameter<'static>>> {
        let columns = match self {
            // not by their names: in a damaged file those are no text, and asking for them panics
            Self::Sqlite(row) => row.as_ref().column_count(),
            Self::Postgres(row) => row.len(),
        };
        (0..columns).map(|place| self.get(place)).collect()
    }
}

impl<'a> FromSql<'a> for Value<'a> {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(match *kind {
            Type::BOOL => Self::Integer(bool::from_sql(kind, raw)?.into()),
            Type::INT4 => Self::Integer(i32::from_sql(kind, raw)?.into()),
            Type::INT8 => Self::Integer(i64::from_sql(kind, raw)?),
            _ => Self::Text(<&str>::from_sql(kind, raw)?),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::BOOL | Type::INT4 | Type::INT8) || <&str>::accepts(kind)
    }
}

impl Field for i64 {
    fn of(value: &Value<'_>) -> Option<Self> {
        match value {
            Value::Integer(number) => Some(*number),
            Value::Null | Value::Text(_) => None,
        }
    }
}

impl Field for u32 {
    fn of(value: &Value<'_>) -> Option<Self> {
        i64::of(value)?.try_into().ok()
    }
}

impl Field for u8 {
    fn of(value: &Value<'_>) -> Option<Self> {
        i64::of(value)?.try_into().ok()
    }
}

impl Field for bool {
    fn of(value: &Value<'_>) -> Option<Self> {
        Some(i64::of(value)? != 0)
    }
}

impl Field for String {
    fn of(value: &Value<'_>) -> Option<Self> {
        match value {
            Value::Text(text) => Some((*text).to_owned()),
            Value::Null | Value::Integer(_) => None,
        }
    }
}

impl Field for Parameter<'static> {
    fn of(value: &Value<'_>) -> Option<Self> {
        Some(match value {
            Value::Null => Self::Integer(None),
            Value::Integer(number) => Self::Integer(Some(*number)),
            Value::Text(text) => Self::Text(Some((*text).to_owned().into())),
        })
    }
}

impl<T: Field> Field for Option<T> {
    fn of(value: &Value<'_>) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::of(value).map(Some),
        }
    }
}
