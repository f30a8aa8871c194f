//! A PostgreSQL server: where it is, how it is reached, and what its errors mean. Desk and ledger may both be on one.

mod address;
mod error;
mod tls;
mod trouble;

use std::path::{Path, PathBuf};
use std::time::Duration;

use postgres::{Client, NoTls};
use secrecy::ExposeSecret;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::notation::Source;

pub use address::{Address, Tls, is_here, tls as sslmode};
pub use error::ServerError;
pub use tls::config as tls_config;
pub use trouble::{is_of_schema, trouble};

/// A server that does not answer is tried again by the next pass.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection whose other end is gone is noticed within a minute, and not after two hours.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// The same when what was sent is not taken.
const USER_TIMEOUT: Duration = Duration::from_mins(1);
/// The longest time-out that PostgreSQL takes, in milliseconds.
const LONGEST_TIMEOUT: u128 = 2_147_483_647;

/// How one gets in, beside the address.
#[derive(Debug, Clone, Copy)]
pub struct Access<'a> {
    /// The section of the settings that names the server: `desk` or `ledger`.
    pub section: &'static str,
    /// The file that holds the password.
    pub password_file: Option<&'a Path>,
    /// The authorities that are trusted beside the system's.
    pub ca_file: Option<&'a Path>,
    /// Where relative file names begin.
    pub folder: &'a Path,
    /// What the server is to set before anything else, such as `-c work_mem=64MB`; empty for nothing.
    pub options: &'a str,
}

/// Connects; nothing is asked yet.
pub fn connect(address: &Address, access: Access<'_>) -> anyhow::Result<Client> {
    let mut config = address.config.clone();
    config.application_name(&format!("doorbell {}", access.section)).connect_timeout(CONNECT_TIMEOUT);
    config.keepalives_idle(KEEPALIVE).tcp_user_timeout(USER_TIMEOUT);
    if !access.options.is_empty() {
        let options = format!("{} {}", config.get_options().unwrap_or_default(), access.options);
        config.options(options.trim());
    }
    if let Some(file) = access.password_file {
        let password = Source::File(file.to_owned()).read(access.folder);
        let password = password
            .map_err(|error| anyhow::Error::new(error).context(format!("read {}.password_file", access.section)))?;
        config.password(password.expose_secret());
    }
    let client = match address.tls {
        Tls::None => config.connect(NoTls),
        tls => {
            let ca_file: Option<PathBuf> = access.ca_file.map(|file| access.folder.join(file));
            config.connect(MakeRustlsConnect::new(tls::config(tls, ca_file.as_deref(), access.section)?))
        }
    };
    Ok(client.map_err(|error| trouble(&error, access.section, &address.to_string()))?)
}

/// A time-out as PostgreSQL takes it, in milliseconds.
pub fn milliseconds(timeout: Duration) -> u128 {
    timeout.as_millis().min(LONGEST_TIMEOUT)
}
