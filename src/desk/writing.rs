//! A desk on PostgreSQL, written to: connected when there is something to write, in short transactions that wait for no
//! lock for long.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Result;
use postgres::error::SqlState;
use postgres::{Client, Error, Row};

use super::server::SECTION;
use super::value::Parameter;
use super::{BUSY_TIMEOUT, Settings};
use crate::server::{Access, Address, ServerError, connect, milliseconds, trouble};

/// Where and how a desk is written to.
pub(super) struct Writing {
    address: Address,
    settings: Settings,
    folder: PathBuf,
    client: Option<Client>,
}

/// A transaction that writes.
pub(super) struct Writes<'a> {
    client: &'a mut Client,
    place: String,
}

impl Writing {
    /// Connects to nothing yet; `folder` is where relative file names begin.
    pub(super) fn to(address: &Address, settings: &Settings, folder: &Path) -> Self {
        Self { address: address.clone(), settings: settings.clone(), folder: folder.to_owned(), client: None }
    }

    /// All of it is written, or nothing.
    pub(super) fn transaction<T>(&mut self, write: impl FnOnce(&mut Writes<'_>) -> Result<T>) -> Result<T> {
        let written = self.attempt(write);
        if written.is_err() {
            // what was begun ends with its connection
            self.client = None;
        }
        written
    }

    fn attempt<T>(&mut self, write: impl FnOnce(&mut Writes<'_>) -> Result<T>) -> Result<T> {
        let begin = begin(&self.settings);
        let client = match self.client.take() {
            Some(client) => client,
            None => self.connect()?,
        };
        let mut writes = Writes { client: self.client.insert(client), place: self.address.to_string() };
        writes.batch(&begin)?;
        let written = write(&mut writes)?;
        writes.batch("COMMIT")?;
        Ok(written)
    }

    fn connect(&self) -> Result<Client> {
        let (password_file, ca_file) = (self.settings.password_file.as_deref(), self.settings.ca_file.as_deref());
        connect(&self.address, Access { section: SECTION, password_file, ca_file, folder: &self.folder, options: "" })
    }
}

impl Writes<'_> {
    /// How many rows it wrote.
    pub(super) fn execute(&mut self, sql: &str, parameters: &[Parameter<'_>]) -> Result<u64> {
        let bound: Vec<_> = parameters.iter().map(Parameter::bound).collect::<Result<_>>()?;
        let bound: Vec<_> = bound.iter().map(|(value, kind)| (&**value, kind.clone())).collect();
        Ok(self.client.execute_typed(sql, &bound).map_err(|error| failed(&error, &self.place))?)
    }

    /// Its rows.
    pub(super) fn rows(&mut self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>> {
        let bound: Vec<_> = parameters.iter().map(Parameter::bound).collect::<Result<_>>()?;
        let bound: Vec<_> = bound.iter().map(|(value, kind)| (&**value, kind.clone())).collect();
        Ok(self.client.query_typed(sql, &bound).map_err(|error| failed(&error, &self.place))?)
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        Ok(self.client.batch_execute(sql).map_err(|error| failed(&error, &self.place))?)
    }
}

impl fmt::Debug for Writing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.address)
    }
}

/// What the server says, with what to do about rights to write.
fn failed(error: &Error, place: &str) -> ServerError {
    let failed = trouble(error, SECTION, place);
    match failed {
        ServerError::Refused { what, place, reason, .. } if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
            let remedy = "see what to grant with: doorbell check".into();
            ServerError::Refused { what, place, reason, remedy }
        }
        other => other,
    }
}

/// One message to the server. The limits hold for this transaction only, also where a pool hands the connection to
/// others. What is written must not be lost once the ledger says that it is there.
fn begin(settings: &Settings) -> String {
    format!(
        "BEGIN READ WRITE;
         SET LOCAL statement_timeout = {};
         SET LOCAL lock_timeout = {};
         SET LOCAL jit = off;
         SELECT set_config('synchronous_commit', 'on', true)
         WHERE current_setting('synchronous_commit') IN ('off', 'local')",
        milliseconds(settings.statement_timeout.duration()),
        milliseconds(BUSY_TIMEOUT),
    )
}
