//! The types of columns as a database has them, and whether they are what the contract wants.

use anyhow::Result;
use postgres::types::Type;

use super::Product;
use crate::desk::DeskError;
use crate::desk::adapter::{Column, Kind, Relation};
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
pub(super) fn refuse_misfits(product: &Product, relation: &Relation, columns: &[(String, Native)]) -> Result<()> {
    misfits(product, relation, columns).into_iter().next().map_or(Ok(()), |(_, fault)| Err(fault.into()))
}

/// Every column that lacks or holds something else, with the remedy.
pub(super) fn misfits(
    product: &Product,
    relation: &Relation,
    columns: &[(String, Native)],
) -> Vec<(&'static str, DeskError)> {
    let fault = |column: &Column| {
        let name = column.name;
        let Some((_, native)) = columns.iter().find(|(there, _)| there == name) else {
            let reason = format!("its SELECT has no column {name}");
            let remedy = format!("add it; where the product has no such thing, {} AS {name}", nothing(column.kind));
            return Some(product.fault(relation.name, reason, remedy));
        };
        let fits = native.fits(column.kind);
        let reason = || format!("column {name} is {}", native.name());
        (!fits).then(|| product.fault(relation.name, reason(), wanted(column.kind).to_owned()))
    };
    relation.columns.iter().filter_map(|column| Some((column.name, fault(column)?))).collect()
}

fn nothing(kind: Kind) -> &'static str {
    match kind {
        Kind::Key | Kind::Text => "CAST(NULL AS text)",
        Kind::Number => "CAST(NULL AS bigint)",
        Kind::Flag => "CAST(NULL AS boolean)",
    }
}

fn wanted(kind: Kind) -> &'static str {
    match kind {
        Kind::Key => "make it a whole number, text or a UUID, as the product has it",
        Kind::Text => "make it text",
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
