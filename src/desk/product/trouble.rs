//! What PostgreSQL says of a relation that it does not understand or may not read, with the columns that a grant lacks.

use std::collections::BTreeSet;

use anyhow::Result;
use postgres::error::SqlState;

use super::Product;
use crate::desk::server::Look;
use crate::desk::value::Parameter;

/// The columns of these tables that this user may not read.
const CLOSED: &str = "
    SELECT t.name, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
    FROM unnest($1) t (name) JOIN pg_attribute a ON a.attrelid = to_regclass(t.name)
    WHERE a.attnum > 0 AND NOT a.attisdropped AND NOT has_column_privilege(a.attrelid, a.attnum, 'SELECT')
      AND a.attname = ANY ($2)
    GROUP BY t.name ORDER BY t.name";

/// Whether the fault is in the relation's text, the product's tables or our rights, and not in the server: classes 42
/// (names, types, rights), 3F (schemas) and 22 (values) of the PostgreSQL manual, appendix A.
pub(in crate::desk) fn is_of_relation(error: &postgres::Error) -> bool {
    error.code().is_some_and(|code| ["42", "3F", "22"].iter().any(|class| code.code().starts_with(class)))
}

impl Look<'_> {
    /// The fault of a relation in one error, looked into behind the transaction that failed for it.
    pub(in crate::desk) fn fault(
        &self,
        product: &Product,
        relation: &'static str,
        error: &postgres::Error,
    ) -> anyhow::Error {
        let said = error.as_db_error().map_or_else(|| error.to_string(), |said| said.message().to_owned());
        let again = self.again();
        if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) {
            let text = product.adapter.text(relation).unwrap_or_default();
            let closed = again.and_then(|()| self.closed(text)).unwrap_or_default();
            let grants: Vec<String> =
                closed.iter().map(|(table, columns)| format!("GRANT SELECT ({columns}) ON {table} TO ..")).collect();
            let remedy = if grants.is_empty() {
                "as the owner of the tables: GRANT SELECT, as this prints it: doorbell adapter grants".to_owned()
            } else {
                format!("as the owner of the tables: {}", grants.join("; "))
            };
            return product.fault(relation, said, remedy).into();
        }
        product.fault(relation, said, product.adapter.remedy(relation)).into()
    }

    /// The columns that a relation's text names and this user may not read, by table.
    fn closed(&self, text: &str) -> Result<Vec<(String, String)>> {
        let (mut tables, mut words) = (BTreeSet::new(), BTreeSet::new());
        for line in text.lines().filter(|line| !line.trim_start().starts_with("--")) {
            let sign = |letter: char| !letter.is_alphanumeric() && !matches!(letter, '_' | '.');
            for word in line.split(sign).filter(|word| !word.is_empty()) {
                words.extend(word.rsplit('.').next());
                tables.insert(word);
            }
        }
        // an alias with its column is no table: there is no schema of that name
        let tables = tables.into_iter().filter(|word| word.split('.').filter(|part| !part.is_empty()).count() == 2);
        let tables = tables.collect::<serde_json::Value>().to_string();
        let words = serde_json::Value::from_iter(words).to_string();
        let rows = self.rows(CLOSED, &[Parameter::Texts(&tables), Parameter::Texts(&words)])?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
    }
}
