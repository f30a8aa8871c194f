//! The types of columns as a database has them, and whether they are what the contract wants.

use anyhow::Result;
use mysql_common::constants::ColumnType;
use mysql_common::packets::Column;
use postgres::types::Type;

use super::Product;
use crate::desk::DeskError;
use crate::desk::adapter::{self, Kind, Relation};
use crate::desk::dialect::Dialect;
use crate::desk::value::is_text;

/// The type of a column, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::desk) enum Native {
    Integer,
    Text,
    Uuid,
    Flag,
    /// The database does not say: each value has a type of its own.
    Any,
    /// By its name in the database.
    Other(String),
}

impl Native {
    /// A type of PostgreSQL's.
    pub(in crate::desk) fn of_postgres(kind: &Type) -> Self {
        match *kind {
            Type::BOOL => Self::Flag,
            Type::INT2 | Type::INT4 | Type::INT8 => Self::Integer,
            Type::UUID => Self::Uuid,
            _ if is_text(kind) => Self::Text,
            _ => Self::Other(kind.name().to_owned()),
        }
    }

    /// A type of MariaDB's or MySQL's. A bare NULL is text without room for a letter, once it was put into a table.
    pub(in crate::desk) fn of_mariadb(column: &Column) -> Self {
        use ColumnType as Is;
        match column.column_type() {
            Is::MYSQL_TYPE_TINY
            | Is::MYSQL_TYPE_SHORT
            | Is::MYSQL_TYPE_INT24
            | Is::MYSQL_TYPE_LONG
            | Is::MYSQL_TYPE_LONGLONG
            | Is::MYSQL_TYPE_YEAR
            | Is::MYSQL_TYPE_BIT => Self::Integer,
            Is::MYSQL_TYPE_DECIMAL | Is::MYSQL_TYPE_NEWDECIMAL if column.decimals() == 0 => Self::Integer,
            Is::MYSQL_TYPE_DECIMAL | Is::MYSQL_TYPE_NEWDECIMAL => Self::Other("a decimal number".into()),
            Is::MYSQL_TYPE_FLOAT | Is::MYSQL_TYPE_DOUBLE => Self::Other("a floating-point number".into()),
            Is::MYSQL_TYPE_DATE | Is::MYSQL_TYPE_TIME | Is::MYSQL_TYPE_DATETIME | Is::MYSQL_TYPE_TIMESTAMP => {
                Self::Other("a date or time".into())
            }
            Is::MYSQL_TYPE_GEOMETRY => Self::Other("a geometry".into()),
            Is::MYSQL_TYPE_NULL => Self::Any,
            _ if column.column_length() == 0 => Self::Any,
            _ => Self::Text,
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Integer => "a whole number",
            Self::Text => "text",
            Self::Uuid => "a UUID",
            Self::Flag => "a boolean",
            Self::Any => "anything",
            Self::Other(name) => name,
        }
    }

    fn fits(&self, kind: Kind) -> bool {
        match kind {
            _ if *self == Self::Any => true,
            Kind::Key | Kind::Text => matches!(self, Self::Integer | Self::Text | Self::Uuid),
            Kind::Number => *self == Self::Integer,
            Kind::Flag => matches!(self, Self::Flag | Self::Integer),
        }
    }
}

/// Refuses a relation in which a column lacks or holds something else: each row would be skipped, and nobody told.
pub(super) fn refuse_misfits(
    product: &Product,
    dialect: Dialect,
    relation: &Relation,
    columns: &[(String, Native)],
) -> Result<()> {
    misfits(product, dialect, relation, columns).into_iter().next().map_or(Ok(()), |(_, fault)| Err(fault.into()))
}

/// Every column that lacks or holds something else, with the remedy.
pub(super) fn misfits(
    product: &Product,
    dialect: Dialect,
    relation: &Relation,
    columns: &[(String, Native)],
) -> Vec<(&'static str, DeskError)> {
    let fault = |column: &adapter::Column| {
        let (name, kind) = (column.name, column.kind);
        let Some((_, native)) = columns.iter().find(|(there, _)| there == name) else {
            let reason = format!("its SELECT has no column {name}");
            let remedy = format!("add it; where the product has no such thing, {} AS {name}", nothing(kind, dialect));
            return Some(product.fault(relation.name, reason, remedy));
        };
        let reason = || format!("column {name} is {}", native.name());
        (!native.fits(kind)).then(|| product.fault(relation.name, reason(), wanted(kind, dialect).to_owned()))
    };
    relation.columns.iter().filter_map(|column| Some((column.name, fault(column)?))).collect()
}

fn nothing(kind: Kind, dialect: Dialect) -> &'static str {
    match kind {
        _ if dialect == Dialect::MariaDb => "NULL",
        Kind::Key | Kind::Text => "CAST(NULL AS text)",
        Kind::Number => "CAST(NULL AS bigint)",
        Kind::Flag => "CAST(NULL AS boolean)",
    }
}

fn wanted(kind: Kind, dialect: Dialect) -> &'static str {
    match kind {
        Kind::Key => "make it a whole number, text or a UUID, as the product has it",
        Kind::Text => "make it text",
        Kind::Number if dialect == Dialect::MariaDb => {
            "make it a whole number; of a time the milliseconds since 1970: \
             timestampdiff(SECOND, '1970-01-01', ..) * 1000, or CAST(.. AS signed)"
        }
        Kind::Number => {
            "make it a whole number; of a time the milliseconds since 1970: \
             floor(extract(epoch FROM ..) * 1000)::bigint"
        }
        Kind::Flag => "make it a boolean, or 0 and 1",
    }
}

/// Whether it is a UUID as databases print them.
pub(super) fn is_uuid(id: &str) -> bool {
    let dashes = [8, 13, 18, 23];
    id.len() == 36
        && id.bytes().enumerate().all(
            |(place, byte)| {
                if dashes.contains(&place) { byte == b'-' } else { byte.is_ascii_hexdigit() }
            },
        )
}
