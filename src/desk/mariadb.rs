//! A desk on MariaDB or MySQL: one connection, read in short transactions that change nothing and hold up no one for long.

mod address;
mod answer;
mod sign_in;
mod spelling;
mod stream;
mod trouble;
mod wire;

use std::cell::RefCell;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use mysql_common::packets::Column;
use secrecy::ExposeSecret;

pub use self::address::MariaDbAddress;
pub(super) use self::answer::Row;
pub(super) use self::spelling::spelled;

use self::address::Place;
use self::sign_in::{Who, sign_in};
use self::stream::Stream;
use self::wire::{Fault, Wire};
use super::product::{Native, Product};
use super::{BUSY_TIMEOUT, Settings};
use crate::notation::{Source, Span};
use crate::server::{ServerError, Tls, tls_config};

/// How much longer than its own limit a statement may take to be answered: the server is gone then.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest that both take, in milliseconds.
const LONGEST_TIMEOUT: u128 = 2_147_483_647;

const REPEATABLE: &str = "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ";

/// A connection to a MariaDB or MySQL server.
pub(super) struct Server {
    /// Where it is, without a secret.
    pub(super) name: String,
    wire: RefCell<Wire>,
}

/// The desk as one transaction sees it.
#[derive(Debug)]
pub(super) struct Look<'desk> {
    server: &'desk Server,
}

impl Server {
    /// Connects; `folder` is where relative file names begin.
    pub(super) fn connect(address: &MariaDbAddress, settings: &Settings, folder: &Path) -> Result<Self> {
        let name = address.to_string();
        let failed = |fault: Fault| trouble::of(&fault, &name);
        let file = settings.password_file.clone();
        let password =
            file.map(|file| Source::File(file).read(folder).context("read desk.password_file")).transpose()?;
        let who = Who {
            user: &address.user,
            password: password.as_ref().map_or("", |password| password.expose_secret()),
            database: &address.database,
        };
        let tls = match (&address.place, address.tls) {
            (Place::Host(host, _), encrypted @ (Tls::Encrypted | Tls::Authority | Tls::Full)) => {
                let ca_file = settings.ca_file.as_ref().map(|file| folder.join(file));
                Some((host.as_str(), tls_config(encrypted, ca_file.as_deref(), "desk")?))
            }
            _ => None,
        };
        let patience = settings.statement_timeout.duration().saturating_add(PATIENCE);
        let stream = Stream::connect(&address.place).map_err(|error| failed(Fault::Lost(error)))?;
        let (mut wire, is_mariadb) = sign_in(Wire::new(stream), &who, tls).map_err(failed)?;
        wire.trust(patience).map_err(failed)?;
        // without the second a snapshot is not consistent, whatever is asked for
        for sql in [&session(is_mariadb, settings.statement_timeout), REPEATABLE] {
            answer::ask(&mut wire, sql).map_err(failed)?;
        }
        Ok(Self { name, wire: RefCell::new(wire) })
    }

    /// Begins a transaction that sees the desk as it is now.
    pub(super) fn look(&self) -> Result<Look<'_>> {
        let begun = self.ask("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
        begun.map_err(|fault| self.failed(&fault)).with_context(|| format!("read desk {}", self.name))?;
        Ok(Look { server: self })
    }

    fn ask(&self, sql: &str) -> Result<(Arc<[Column]>, Vec<Row>), Fault> {
        answer::ask(&mut self.wire.borrow_mut(), sql)
    }

    fn failed(&self, fault: &Fault) -> ServerError {
        trouble::of(fault, &self.name)
    }
}

impl Look<'_> {
    /// The rows of a statement about a relation, and the names of their columns; one that does not fit ends in the
    /// relation's name.
    pub(super) fn rows(
        &self,
        product: Option<&Product>,
        relation: &'static str,
        sql: &str,
    ) -> Result<(Vec<String>, Vec<Row>)> {
        let answer = self.server.ask(sql).map_err(|fault| self.fault(product, relation, &fault));
        let (columns, rows) = answer?;
        Ok((columns.iter().map(|column| column.name_str().into_owned()).collect(), rows))
    }

    /// The columns of a product's relation, without a row of it.
    pub(super) fn columns(
        &self,
        product: &Product,
        relation: &'static str,
        sql: &str,
    ) -> Result<Vec<(String, Native)>> {
        let answer = self.server.ask(sql).map_err(|fault| self.fault(Some(product), relation, &fault));
        let (columns, _) = answer?;
        let native = |column: &Column| (column.name_str().into_owned(), Native::of_mariadb(column));
        Ok(columns.iter().map(native).collect())
    }

    fn fault(&self, product: Option<&Product>, relation: &'static str, fault: &Fault) -> anyhow::Error {
        match (product, trouble::of_relation(fault)) {
            (Some(product), Some((reason, remedy))) => {
                let remedy = remedy.map_or_else(|| product.adapter.remedy(relation), str::to_owned);
                product.fault(relation, reason, remedy).into()
            }
            _ => self.server.failed(fault).into(),
        }
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
        let _ = self.server.ask("ROLLBACK");
    }
}

/// What the session is set to, so that statements mean the same on every server.
///
/// Double quotes stand around texts and `||` is OR, as both have it from the start; a difference of unsigned numbers may
/// be less than zero. A look waits for a lock on a table, which an ALTER TABLE holds, as long as for any other.
fn session(is_mariadb: bool, statement_timeout: Span) -> String {
    let milliseconds = statement_timeout.duration().as_millis().min(LONGEST_TIMEOUT);
    let limit = if is_mariadb {
        format!("max_statement_time = {}.{:03}", milliseconds / 1000, milliseconds % 1000)
    } else {
        format!("max_execution_time = {milliseconds}")
    };
    format!(
        "SET NAMES utf8mb4, SESSION sql_mode = 'NO_UNSIGNED_SUBTRACTION', SESSION time_zone = '+00:00',
         SESSION lock_wait_timeout = {}, SESSION {limit}",
        BUSY_TIMEOUT.as_secs()
    )
}
