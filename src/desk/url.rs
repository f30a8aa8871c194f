//! Where the desk is: `sqlite:PATH`, `postgres://USER@HOST/DATABASE` or `mysql://USER@HOST/DATABASE`.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de::Error};

use super::MariaDbAddress;
use crate::server::Address;

/// The database that holds the desk.
#[derive(Debug, Clone)]
pub enum DeskUrl {
    /// A file of `SQLite`.
    Sqlite(PathBuf),
    /// A database on a PostgreSQL server.
    Postgres(Box<Address>),
    /// A database on a MariaDB or MySQL server.
    MariaDb(Box<MariaDbAddress>),
}

impl DeskUrl {
    /// What the database is, as people call it.
    pub fn engine(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
            Self::MariaDb(_) => "MariaDB or MySQL",
        }
    }

    /// The file, if it is one, seen from `folder`, where relative names begin.
    pub fn path(&self, folder: &Path) -> Option<PathBuf> {
        match self {
            Self::Sqlite(path) => Some(folder.join(path)),
            Self::Postgres(_) | Self::MariaDb(_) => None,
        }
    }
}

impl FromStr for DeskUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let remedy = "write \"sqlite:PATH\", such as \"sqlite:/var/lib/chat/chat.db\", \"postgres://USER@HOST/DATABASE\", or \
             \"mysql://USER@HOST/DATABASE\"";
        let Some((scheme, path)) = text.split_once(':') else {
            return Err(format!("{text:?} does not say which kind of database it is; {remedy}"));
        };
        if matches!(scheme, "postgres" | "postgresql") {
            return text.parse().map(|address| Self::Postgres(Box::new(address)));
        }
        if matches!(scheme, "mysql" | "mariadb") {
            return text.parse().map(|address| Self::MariaDb(Box::new(address)));
        }
        if scheme != "sqlite" {
            // the rest of such an address may hold a password
            return Err(format!("a desk at \"{scheme}:\" cannot be read by this version; {remedy}"));
        }
        let slashes = path.chars().take_while(|letter| *letter == '/').count();
        if path.is_empty() || slashes == 2 {
            return Err(format!("{text:?} does not name a file; {remedy}"));
        }
        Ok(Self::Sqlite(path.into()))
    }
}

impl<'de> Deserialize<'de> for DeskUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_from_the_folder_of_the_settings() {
        let path = |url: &str| url.parse::<DeskUrl>().unwrap().path(Path::new("/etc/doorbell")).unwrap();
        assert_eq!(path("sqlite:chat.db"), Path::new("/etc/doorbell/chat.db"));
        assert_eq!(path("sqlite:/var/lib/chat.db"), Path::new("/var/lib/chat.db"));
        assert_eq!(path("sqlite:///var/lib/chat.db"), Path::new("/var/lib/chat.db"));
    }

    #[test]
    fn any_other_database_is_refused_with_the_remedy_and_without_its_password() {
        for url in ["oracle://doorbell:hunter2@db/chat", "chat.db", "sqlite:", "sqlite://chat.db"] {
            let error = url.parse::<DeskUrl>().unwrap_err();
            assert!(error.contains("sqlite:PATH") && !error.contains("hunter2"), "{url}: {error}");
        }
        assert!("oracle://db/chat".parse::<DeskUrl>().unwrap_err().contains("oracle:"));
    }

    #[test]
    fn a_server_is_no_file() {
        for url in ["postgres://doorbell@db/chat", "mysql://doorbell@db/chat", "mariadb://doorbell@db/chat"] {
            assert_eq!(url.parse::<DeskUrl>().unwrap().path(Path::new("/etc/doorbell")), None);
        }
    }
}
