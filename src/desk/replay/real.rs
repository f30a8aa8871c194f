//! The desk that is copied, in either database: whole rows, one at a time, and the names of columns.

use anyhow::{Result, bail};
use rusqlite::types::Value;

use crate::desk::value::{self, Parameter};
use crate::desk::{DeskError, Reading, dialect};

const NAMES: &str = "SELECT name FROM pragma_table_info(?1)";
const NAMES_ON_SERVER: &str = "
    SELECT a.attname::text FROM pg_attribute a
    WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
      AND has_column_privilege(a.attrelid, a.attnum, 'SELECT')";

/// The columns of a table that can be read; none where there is no such table.
pub(super) fn names(real: &Reading<'_>, table: &str) -> Result<Vec<String>> {
    let sql = if matches!(real, Reading::Postgres(_)) { NAMES_ON_SERVER } else { NAMES };
    let mut names = Vec::new();
    real.each_row(sql, Parameter::Text(table), &mut |row| {
        names.extend(row.into_iter().filter_map(|value| match value {
            Value::Text(name) => Some(name),
            _ => None,
        }));
        Ok(())
    })?;
    Ok(names)
}

impl Reading<'_> {
    /// Hands over the rows of a statement as they come: a desk can have more of them than should be held twice.
    pub(super) fn each_row(
        &self,
        sql: &str,
        parameter: Parameter<'_>,
        each: &mut dyn FnMut(Vec<Value>) -> Result<()>,
    ) -> Result<()> {
        match self {
            Self::Sqlite(transaction) => {
                let sql = sql.replace("greatest(", "max(").replace("least(", "min(");
                let mut select = transaction.prepare(&sql)?;
                let columns = select.column_count();
                let mut rows = select.query([parameter])?;
                while let Some(row) = rows.next()? {
                    each((0..columns).map(|place| row.get(place)).collect::<rusqlite::Result<_>>()?)?;
                }
                Ok(())
            }
            Self::Postgres(look) => {
                let sql = dialect::for_postgres(sql, &[parameter]);
                look.each(&sql, &[parameter], &mut |row| {
                    each((0..row.len()).map(|place| owned(row.try_get(place)?)).collect::<Result<_>>()?)
                })
            }
            Self::MariaDb(_) => Err(DeskError::OnlyFiles(super::NOT_BY_AN_ADAPTER).into()),
        }
    }
}

/// A value as the copy takes it.
fn owned(value: value::Value<'_>) -> Result<Value> {
    Ok(match value {
        value::Value::Null => Value::Null,
        value::Value::Integer(number) => Value::Integer(number),
        value::Value::Fraction => bail!("a fraction stands where a whole number or a text should"),
        text => Value::Text(text.words().unwrap_or_default()),
    })
}
