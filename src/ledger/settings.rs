//! `[ledger]`: where the ledger lives.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Place, Server};
use crate::server::Address;

/// Where the ledger lives; without this section it shares the desk's database, if that is doorbell's own.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// A file of its own; relative to the settings file.
    pub path: Option<PathBuf>,
    /// A database on a PostgreSQL server: `postgres://USER@HOST/DATABASE`.
    pub url: Option<Address>,
    /// The file with the password of that user.
    pub password_file: Option<PathBuf>,
    /// The authorities that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
}

impl Settings {
    /// Where the section puts it, if it says so; `folder` is where relative file names begin.
    pub fn place(&self, folder: &Path) -> Result<Option<Place>, String> {
        let of_server = [("password_file", &self.password_file), ("ca_file", &self.ca_file)];
        let of_server = of_server.iter().find(|(_, value)| value.is_some());
        match (&self.path, &self.url, of_server) {
            (Some(_), Some(_), _) => {
                Err("ledger.path and ledger.url both say where the ledger is; take one of them out".into())
            }
            (path, None, Some((key, _))) => {
                let remedy = if path.is_some() { "take it out" } else { "add url = \"postgres://USER@HOST/DATABASE\"" };
                Err(format!("ledger.{key} belongs to a ledger on PostgreSQL, and there is no ledger.url; {remedy}"))
            }
            (Some(path), None, None) => Ok(Some(Place::File(folder.join(path)))),
            (None, Some(address), _) => {
                let (password_file, ca_file) = (self.password_file.clone(), self.ca_file.clone());
                let server = Server { address: address.clone(), password_file, ca_file, folder: folder.to_owned() };
                Ok(Some(Place::Server(Box::new(server))))
            }
            (None, None, None) => Ok(None),
        }
    }
}
