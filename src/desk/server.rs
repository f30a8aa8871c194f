//! A desk on PostgreSQL, read: one connection, short transactions that change nothing and hold up no one for long.

use std::cell::RefCell;
use std::fmt;
use std::path::Path;

use anyhow::{Context, Result};
use postgres::fallible_iterator::FallibleIterator;
use postgres::{Client, Row, SimpleQueryMessage};

use super::product::trouble::is_of_relation;
use super::product::{Native, Product};
use super::value::Parameter;
use super::{BUSY_TIMEOUT, DeskError, Settings, check};
use crate::notation::Span;
use crate::server::{Access, Address, ServerError, connect, is_of_schema, milliseconds, trouble};

/// How errors call it.
pub(super) const SECTION: &str = "desk";

/// A connection to a PostgreSQL server.
pub(super) struct Server {
    /// Where it is, without a secret.
    pub(super) name: String,
    client: RefCell<Client>,
    /// What a transaction begins with.
    begin: String,
}

/// The desk as one transaction sees it.
#[derive(Debug)]
pub(super) struct Look<'desk> {
    server: &'desk Server,
}

impl Server {
    /// Connects; `folder` is where relative file names begin.
    pub(super) fn connect(address: &Address, settings: &Settings, folder: &Path) -> Result<Self> {
        let (password_file, ca_file) = (settings.password_file.as_deref(), settings.ca_file.as_deref());
        let client = connect(address, Access { section: SECTION, password_file, ca_file, folder, options: "" })?;
        let name = address.to_string();
        let begin = begin(settings.statement_timeout, settings.adapter.is_some());
        Ok(Self { begin, name, client: RefCell::new(client) })
    }

    /// Begins a transaction that sees the desk as it is now; a database without the tables is refused by name.
    pub(super) fn look(&self) -> Result<Look<'_>> {
        let look = Look { server: self };
        let answers = self.client.borrow_mut().simple_query(&self.begin);
        let answers =
            answers.map_err(|error| self.failed(&error)).with_context(|| format!("read desk {}", self.name))?;
        let missing = answers.iter().find_map(|answer| match answer {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        match missing {
            Some(missing) => Err(DeskError::NoTables { desk: self.name.clone(), missing: missing.to_owned() }.into()),
            None => Ok(look),
        }
    }

    fn failed(&self, error: &postgres::Error) -> ServerError {
        trouble(error, SECTION, &self.name)
    }
}

impl Look<'_> {
    /// The rows of a statement. One that names what is not there ends in the names of all that lacks.
    pub(super) fn rows(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>> {
        self.ask(sql, parameters)?
            .map_err(|error| if is_of_schema(&error) { self.lacks(&error) } else { self.server.failed(&error).into() })
    }

    /// Hands over the rows of a statement as they come.
    pub(super) fn each(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
        each: &mut dyn FnMut(&Row) -> Result<()>,
    ) -> Result<()> {
        let bound: Vec<_> = parameters.iter().map(Parameter::bound).collect::<Result<_>>()?;
        let bound: Vec<_> = bound.iter().map(|(value, kind)| (&**value, kind.clone())).collect();
        let mut client = self.server.client.borrow_mut();
        let mut rows = client.query_typed_raw(sql, bound).map_err(|error| self.server.failed(&error))?;
        while let Some(row) = rows.next().map_err(|error| self.server.failed(&error))? {
            each(&row)?;
        }
        Ok(())
    }

    /// The rows of a statement about a product's relation; one that does not fit ends in its name.
    pub(super) fn rows_of(
        &self,
        product: &Product,
        relation: &'static str,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>> {
        self.ask(sql, parameters)?.map_err(|error| self.fault_of(product, relation, &error))
    }

    /// The columns of a product's relation, without a row of it.
    pub(super) fn columns(
        &self,
        product: &Product,
        relation: &'static str,
        sql: &str,
    ) -> Result<Vec<(String, Native)>> {
        // closed before the transaction ends, as a pool wants it
        let statement = self.server.client.borrow_mut().prepare(sql);
        let statement = statement.map_err(|error| self.fault_of(product, relation, &error))?;
        let columns = statement.columns().iter();
        Ok(columns.map(|column| (column.name().to_owned(), Native::of_postgres(column.type_()))).collect())
    }

    fn ask(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Result<Vec<Row>, postgres::Error>> {
        let bound: Vec<_> = parameters.iter().map(Parameter::bound).collect::<Result<_>>()?;
        let bound: Vec<_> = bound.iter().map(|(value, kind)| (&**value, kind.clone())).collect();
        // planned anew each time, for the values at hand: nothing is left behind in a pool of connections, nor outdated
        // by a migration
        Ok(self.server.client.borrow_mut().query_typed(sql, &bound))
    }

    fn fault_of(&self, product: &Product, relation: &'static str, error: &postgres::Error) -> anyhow::Error {
        if is_of_relation(error) { self.fault(product, relation, error) } else { self.server.failed(error).into() }
    }

    /// What is missing, looked up behind the transaction that failed for it.
    fn lacks(&self, error: &postgres::Error) -> anyhow::Error {
        let problems = self.again().and_then(|()| check::problems_of_server(self));
        match problems {
            Ok(problems) if !problems.is_empty() => {
                DeskError::Lacks { desk: self.server.name.clone(), problems: problems.join("; ") }.into()
            }
            _ => self.server.failed(error).into(),
        }
    }

    /// Begins anew behind a statement that failed.
    pub(super) fn again(&self) -> Result<()> {
        let begun = self.server.client.borrow_mut().batch_execute(&format!("ROLLBACK; {}", self.server.begin));
        begun.map_err(|error| self.server.failed(&error).into())
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Drop for Look<'_> {
    fn drop(&mut self) {
        // nothing was written; if the connection is gone, the next look says so
        let _ = self.server.client.borrow_mut().batch_execute("ROLLBACK");
    }
}

/// One message to the server: a transaction that reads, its limits, and whether this is a desk at all.
///
/// The limits hold for this transaction only, also where a pool hands the connection to others. A first reading makes
/// "now" mean now. Compiling a statement takes longer than any of ours. Which tables a product has, its adapter knows.
fn begin(statement_timeout: Span, of_product: bool) -> String {
    let heart = if of_product { "" } else { "'agents', 'contacts', 'conversations', 'messages'" };
    format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
         SET LOCAL statement_timeout = {};
         SET LOCAL lock_timeout = {};
         SET LOCAL jit = off;
         SELECT string_agg(name, ', ' ORDER BY name) 
         FROM unnest(ARRAY[{heart}]::text[]) t (name)
         WHERE to_regclass(name) IS NULL",
        milliseconds(statement_timeout.duration()),
        milliseconds(BUSY_TIMEOUT),
    )
}
