//! Where a PostgreSQL server is, as libpq's addresses say it; what is not safe to leave to chance is refused in words.

use std::fmt;
use std::str::FromStr;

use postgres::Config;
use postgres::config::{Host, SslMode};
use serde::{Deserialize, Deserializer, de::Error};

const REMEDY: &str = "write \"postgres://USER@HOST/DATABASE\", or for \
    a socket \"postgres://USER@/DATABASE?host=/run/postgresql\"";
const DEFAULT_PORT: u16 = 5432;

/// How the connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Not at all.
    None,
    /// Against those who listen, not against those who pretend to be the server.
    Encrypted,
    /// The server's certificate comes from an authority that is trusted.
    Authority,
    /// And it is for this host.
    Full,
}

/// The address of a database on a PostgreSQL server.
#[derive(Clone)]
pub struct Address {
    pub(super) config: Config,
    pub(super) tls: Tls,
}

impl FromStr for Address {
    type Err = String;

    /// No error repeats the address: it may hold a password.
    fn from_str(text: &str) -> Result<Self, String> {
        let (address, mode) = without_sslmode(text);
        let mut config: Config = address.parse().map_err(|error: postgres::Error| {
            let reason = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            format!("the address cannot be read ({reason}); {REMEDY}")
        })?;
        if config.get_password().is_some() {
            return Err("a password does not belong in the settings; take it out of the address and name a file \
                        that holds it in password_file of the same section"
                .into());
        }
        if config.get_dbname().is_none() || config.get_user().is_none() || config.get_hosts().is_empty() {
            return Err(format!("the address lacks a user, a host or a database; {REMEDY}"));
        }
        let tls = mode.map_or_else(|| Ok(usual(&config)), tls)?;
        config.ssl_mode(if tls == Tls::None { SslMode::Disable } else { SslMode::Require });
        Ok(Self { config, tls })
    }
}

/// Takes `sslmode` out: two of libpq's words are unknown to the client's own reader, and a third means more there.
fn without_sslmode(text: &str) -> (String, Option<&str>) {
    let Some((address, query)) = text.split_once('?') else { return (text.to_owned(), None) };
    let (modes, others): (Vec<&str>, Vec<&str>) = query.split('&').partition(|pair| pair.starts_with("sslmode="));
    let mode = modes.last().and_then(|pair| pair.strip_prefix("sslmode="));
    let others = others.join("&");
    (if others.is_empty() { address.to_owned() } else { format!("{address}?{others}") }, mode)
}

/// What a word of `sslmode` asks for, in libpq's sense.
pub fn tls(mode: &str) -> Result<Tls, String> {
    match mode {
        "disable" => Ok(Tls::None),
        "require" => Ok(Tls::Encrypted),
        "verify-ca" => Ok(Tls::Authority),
        "verify-full" => Ok(Tls::Full),
        "allow" | "prefer" => Err(format!(
            "sslmode={mode} leaves it to whoever answers whether the connection is encrypted; write disable, require, \
             verify-ca or verify-full"
        )),
        _ => Err(format!("sslmode={mode:?} is unknown; write disable, require, verify-ca or verify-full")),
    }
}

/// On this machine nobody listens between; elsewhere the server has to prove who it is.
fn usual(config: &Config) -> Tls {
    let is_local = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => is_here(name),
    };
    if config.get_hosts().iter().all(is_local) { Tls::None } else { Tls::Full }
}

/// Whether the host is this machine, by its name.
pub fn is_here(host: &str) -> bool {
    ["localhost", "127.0.0.1", "::1"].contains(&host)
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at ", self.config.get_dbname().unwrap_or_default())?;
        for (place, host) in self.config.get_hosts().iter().enumerate() {
            let port = self.config.get_ports().get(place).or(self.config.get_ports().first());
            let comma = if place > 0 { "," } else { "" };
            match host {
                Host::Unix(folder) => write!(f, "{comma}{}", folder.display())?,
                Host::Tcp(name) => write!(f, "{comma}{name}:{}", port.unwrap_or(&DEFAULT_PORT))?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} ({:?})", self.tls)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[test]
    fn the_words_of_libpq_mean_what_they_mean_there() {
        for (mode, expected) in [
            ("disable", Tls::None),
            ("require", Tls::Encrypted),
            ("verify-ca", Tls::Authority),
            ("verify-full", Tls::Full),
        ] {
            assert_eq!(read(&format!("postgres://doorbell@db/chat?sslmode={mode}")).tls, expected, "{mode}");
        }
        for mode in ["prefer", "allow", "always"] {
            let error = format!("postgres://doorbell@db/chat?sslmode={mode}").parse::<Address>().unwrap_err();
            assert!(error.contains(mode) && error.contains("verify-full"), "{error}");
        }
    }

    #[test]
    fn a_server_elsewhere_must_prove_who_it_is_unless_the_address_says_otherwise() {
        assert_eq!(read("postgres://doorbell@db.example.com/chat").tls, Tls::Full);
        for here in ["doorbell@localhost:5433/chat", "doorbell@127.0.0.1/chat", "doorbell@/chat?host=/run/postgresql"] {
            assert_eq!(read(&format!("postgresql://{here}")).tls, Tls::None, "{here}");
        }
    }

    #[test]
    fn what_is_shown_of_an_address_is_its_place() {
        assert_eq!(read("postgres://doorbell@db:5433/chat?sslmode=require").to_string(), "chat at db:5433");
        assert_eq!(read("postgres://doorbell@/chat?host=/run/postgresql").to_string(), "chat at /run/postgresql");
    }

    #[test]
    fn a_password_or_half_an_address_is_refused_and_not_repeated() {
        for (text, part) in [
            ("postgres://doorbell:hunter2@db/chat", "password_file"),
            ("postgres://doorbell@db/chat?password=hunter2", "password_file"),
            ("postgres://db/chat?key=hunter2", "`key`"),
            ("postgres://hunter2", "a user, a host or a database"),
            ("postgres://doorbell@db:hunter2/chat", "cannot be read"),
        ] {
            let error = text.parse::<Address>().unwrap_err();
            assert!(error.contains(part) && !error.contains("hunter2"), "{text}: {error}");
        }
    }
}
