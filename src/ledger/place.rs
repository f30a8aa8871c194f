//! Where a ledger stands: in a file, or on a server.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::server::{Access, Address};

/// Where a ledger stands.
#[derive(Debug, Clone)]
pub enum Place {
    /// In a file of `SQLite`.
    File(PathBuf),
    /// In a database on a PostgreSQL server.
    Server(Box<Server>),
}

/// A PostgreSQL server, and how one gets in.
#[derive(Debug, Clone)]
pub struct Server {
    /// Where it is.
    pub address: Address,
    /// The file that holds the password.
    pub password_file: Option<PathBuf>,
    /// The authorities that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Where relative file names begin.
    pub folder: PathBuf,
}

impl Place {
    /// The file, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Server(_) => None,
        }
    }
}

impl Server {
    pub(super) fn access(&self) -> Access<'_> {
        Access {
            section: super::store::SECTION,
            password_file: self.password_file.as_deref(),
            ca_file: self.ca_file.as_deref(),
            folder: &self.folder,
            options: "",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Server(server) => write!(f, "{}", server.address),
        }
    }
}
