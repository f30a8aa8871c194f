//! A session on a PostgreSQL server. Its locks are its sign of life: they end with it, however it ends.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::thread::sleep;
use std::time::Duration;

use anyhow::Result;
use postgres::Client;

use super::row::Reader;
use super::{Parameter, Row, SESSION, is_broken, pooler};
use crate::ledger::Server;
use crate::server::trouble;

/// How errors call it.
pub(in crate::ledger) const SECTION: &str = "ledger";

/// How long a server that went away may take to come back, as at a failover: so many times, with a pause between.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_secs(2);

/// A session of ours alone.
pub(in crate::ledger) struct Session {
    client: RefCell<Client>,
    server: Server,
    /// Where it is, without a secret.
    place: String,
    /// Whether the server has been waited for in vain: once in a pass is enough.
    is_lost: Cell<bool>,
}

impl Session {
    /// Connects; a pooler that hands the session to others between two transactions is refused.
    pub(in crate::ledger) fn of(server: &Server) -> Result<Self> {
        let client = RefCell::new(pooler::past_poolers(server)?);
        let session =
            Self { client, server: server.clone(), place: server.address.to_string(), is_lost: Cell::new(false) };
        session.batch(SESSION)?;
        Ok(session)
    }

    /// Connects once more, as soon as the server can be reached.
    pub(super) fn connect_again(&self) -> Result<()> {
        let mut tries = if self.is_lost.get() { 0 } else { TRIES };
        loop {
            match Self::of(&self.server) {
                Ok(session) => {
                    self.client.swap(&session.client);
                    return Ok(());
                }
                Err(error) if tries == 0 || !is_broken(&error) => {
                    self.is_lost.set(true);
                    return Err(error);
                }
                Err(_) => sleep(PAUSE),
            }
            tries -= 1;
        }
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
