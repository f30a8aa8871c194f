//! A session on a PostgreSQL server. Its locks are its sign of life: they end with it, however it ends.

use std::cell::RefCell;
use std::fmt;

use anyhow::Result;
use postgres::Client;

use super::row::Reader;
use super::{Parameter, Row, pooler};
use crate::ledger::Server;
use crate::server::trouble;

/// How errors call it.
pub(in crate::ledger) const SECTION: &str = "ledger";

/// A session of ours alone.
pub(in crate::ledger) struct Session {
    client: RefCell<Client>,
    /// Where it is, without a secret.
    place: String,
}

impl Session {
    /// Connects; a pooler that hands the session to others between two transactions is refused.
    pub(in crate::ledger) fn of(server: &Server) -> Result<Self> {
        let client = RefCell::new(pooler::past_poolers(server)?);
        Ok(Self { client, place: server.address.to_string() })
    }

    /// Statements without places.
    pub(in crate::ledger) fn batch(&self, sql: &str) -> Result<()> {
        let done = self.client.borrow_mut().batch_execute(sql);
        done.map_err(|error| self.failed(&error))
    }

    /// Begins to write.
    pub(super) fn begin(&self) -> Result<()> {
        self.batch("BEGIN")
    }

    pub(super) fn execute<'p>(&self, sql: &str, parameters: impl Iterator<Item = &'p Parameter<'p>>) -> Result<usize> {
        let bound: Vec<_> = parameters.map(Parameter::bound).collect();
        let rows = self.client.borrow_mut().execute_typed(sql, &bound);
        Ok(usize::try_from(rows.map_err(|error| self.failed(&error))?)?)
    }

    pub(super) fn all<'p, T>(
        &self,
        sql: &str,
        parameters: impl Iterator<Item = &'p Parameter<'p>>,
        read: &mut Reader<'_, T>,
    ) -> Result<Vec<T>> {
        let bound: Vec<_> = parameters.map(Parameter::bound).collect();
        // not prepared: each is planned for its values, at the cost of one question to the server and not two
        let rows = self.client.borrow_mut().query_typed(sql, &bound);
        rows.map_err(|error| self.failed(&error))?.iter().map(|row| read(&Row::Postgres(row))).collect()
    }

    fn failed(&self, error: &postgres::Error) -> anyhow::Error {
        trouble(error, SECTION, &self.place).into()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}
