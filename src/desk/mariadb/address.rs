//! Where a MariaDB or MySQL server is, by the rules of a PostgreSQL address: what is not safe to leave to chance is refused
//! in words.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::server::{Tls, is_here, sslmode};

const REMEDY: &str = "write \"mysql://USER@HOST/DATABASE\", or for a socket \
    \"mysql://USER@/DATABASE?socket=/run/mysqld/mysqld.sock\"";
const DEFAULT_PORT: u16 = 3306;

/// Where the server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A file on this machine.
    Socket(PathBuf),
    /// A name or number, and the port.
    Host(String, u16),
}

/// The address of a database on a MariaDB or MySQL server.
#[derive(Clone)]
pub struct MariaDbAddress {
    pub(super) user: String,
    pub(super) place: Place,
    pub(super) database: String,
    pub(super) tls: Tls,
}

impl FromStr for MariaDbAddress {
    type Err = String;

    /// No error repeats the address: it may hold a password.
    fn from_str(text: &str) -> Result<Self, String> {
        let (_, rest) = text.split_once("://").ok_or_else(|| unreadable("it lacks ://"))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (server, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, host) = server.rsplit_once('@').unwrap_or(("", server));
        let (mode, socket) = words(query)?;
        if user.contains(':') {
            return Err(
                "a password does not belong in the settings; take it out of desk.url and name a file that holds it in \
                 desk.password_file"
                    .into(),
            );
        }
        if user.is_empty() || database.is_empty() || (host.is_empty() && socket.is_none()) {
            return Err(format!("the address of the desk lacks a user, a host or a database; {REMEDY}"));
        }
        let place = match socket {
            Some(socket) => Place::Socket(decoded(socket)?.into()),
            None => place(host)?,
        };
        let tls = match (&place, mode) {
            (Place::Socket(_), Some(Tls::Encrypted | Tls::Authority | Tls::Full)) => {
                return Err("a socket of this machine is not encrypted; take sslmode out of desk.url".into());
            }
            (_, Some(mode)) => mode,
            (Place::Host(name, _), None) if !is_here(name) => Tls::Full,
            (_, None) => Tls::None,
        };
        Ok(Self { user: decoded(user)?, place, database: decoded(database)?, tls })
    }
}

/// What stands behind the question mark: how to encrypt, and a socket.
fn words(query: &str) -> Result<(Option<Tls>, Option<&str>), String> {
    let (mut mode, mut socket) = (None, None);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=').unwrap_or((pair, "")) {
            ("sslmode", word) => mode = Some(sslmode(word)?),
            ("socket", path) => socket = Some(path),
            ("password", _) => return Err(unreadable("a password belongs into the file of desk.password_file")),
            (key, _) => return Err(unreadable(&format!("`{key}` is unknown; known are sslmode and socket"))),
        }
    }
    Ok((mode, socket))
}

/// `HOST`, `HOST:PORT`, `[2001:db8::1]:PORT`, or a socket with its slashes written as `%2F`.
fn place(host: &str) -> Result<Place, String> {
    let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((name, port)) => (name, port.strip_prefix(':').unwrap_or(port)),
        None => host.split_once(':').unwrap_or((host, "")),
    };
    let name = decoded(name)?;
    if name.starts_with('/') {
        return Ok(Place::Socket(name.into()));
    }
    let port = if port.is_empty() { Ok(DEFAULT_PORT) } else { port.parse() };
    Ok(Place::Host(name, port.map_err(|_| unreadable("its port is no number"))?))
}

/// The text without its `%2F` and the like (RFC 3986, section 2.1).
fn decoded(text: &str) -> Result<String, String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).ok_or_else(|| unreadable("a % lacks its two digits"))?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| unreadable("a % lacks its two digits"))?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8"))
}

fn unreadable(reason: &str) -> String {
    format!("the address of the desk cannot be read ({reason}); {REMEDY}")
}

impl fmt::Display for MariaDbAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Socket(path) => write!(f, "{} at {}", self.database, path.display()),
            Place::Host(name, port) => write!(f, "{} at {name}:{port}", self.database),
        }
    }
}

impl fmt::Debug for MariaDbAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} ({:?})", self.tls)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> MariaDbAddress {
        text.parse().unwrap()
    }

    #[test]
    fn the_words_mean_what_they_mean_for_postgresql() {
        for (mode, expected) in [
            ("disable", Tls::None),
            ("require", Tls::Encrypted),
            ("verify-ca", Tls::Authority),
            ("verify-full", Tls::Full),
        ] {
            assert_eq!(read(&format!("mysql://doorbell@db/chat?sslmode={mode}")).tls, expected, "{mode}");
        }
        for mode in ["prefer", "allow", "VERIFY_IDENTITY"] {
            let error = format!("mysql://doorbell@db/chat?sslmode={mode}").parse::<MariaDbAddress>().unwrap_err();
            assert!(error.contains(mode) && error.contains("verify-full"), "{error}");
        }
        assert_eq!(read("mariadb://doorbell@db.example.com/chat").tls, Tls::Full);
        assert_eq!(read("mysql://doorbell@localhost:3307/chat").tls, Tls::None);
    }

    #[test]
    fn a_socket_is_written_in_two_ways() {
        for text in [
            "mysql://doorbell@%2Frun%2Fmysqld%2Fmysqld.sock/chat",
            "mysql://doorbell@/chat?socket=/run/mysqld/mysqld.sock",
            "mysql://doorbell@localhost/chat?socket=%2frun/mysqld/mysqld.sock",
        ] {
            let address = read(text);
            assert_eq!(address.to_string(), "chat at /run/mysqld/mysqld.sock");
            assert_eq!((address.place, address.tls), (Place::Socket("/run/mysqld/mysqld.sock".into()), Tls::None));
        }
    }

    #[test]
    fn what_is_shown_of_an_address_is_its_place() {
        assert_eq!(read("mysql://doorbell@db:3307/chat?sslmode=require").to_string(), "chat at db:3307");
        assert_eq!(read("mysql://door%40bell@db/ch%C3%A4t").to_string(), "chät at db:3306");
        assert_eq!(read("mysql://doorbell@[2001:db8::1]:3307/chat").place, Place::Host("2001:db8::1".into(), 3307));
    }

    #[test]
    fn a_password_or_half_an_address_is_refused_and_not_repeated() {
        for (text, part) in [
            ("mysql://doorbell:hunter2@db/chat", "desk.password_file"),
            ("mysql://doorbell:hunter2@/chat?socket=/run/mysqld/mysqld.sock", "desk.password_file"),
            ("mysql://doorbell@db/chat?password=hunter2", "desk.password_file"),
            ("mysql://db/chat?key=hunter2", "`key`"),
            ("mysql://hunter2", "a user, a host or a database"),
            ("mysql://doorbell@/chat", "a user, a host or a database"),
            ("mysql://doorbell@db:hunter2/chat", "no number"),
            ("mysql://hunter2%4@db/chat", "two digits"),
            ("mysql:doorbell@db/chat", "mysql://USER@HOST/DATABASE"),
            ("mysql://doorbell@%2Frun%2Fmysqld.sock/chat?sslmode=require", "take sslmode out"),
        ] {
            let error = text.parse::<MariaDbAddress>().unwrap_err();
            assert!(error.contains(part) && !error.contains("hunter2"), "{text}: {error}");
        }
    }
}
