//! `[email]` in the settings: by which server, as whom, how fast.
//! What was read without an error cannot be wrong in itself; whether the server agrees, `probe` finds out.

mod keys;

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error};

use crate::model::OnAmbiguous;
use crate::notation::Source;

pub(super) use keys::{Desk, HelloName, ListId, Server, Unsubscribe};
use keys::{Lanes, Patience, PerMinute};

/// How the connection to the server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// TLS from the first byte (RFC 8314), the way of port 465.
    Tls,
    /// Plain first, then TLS before anything else is said (RFC 3207), the way of ports 587 and 25.
    Starttls,
    /// Plain text: for a relay on this machine or in a trusted network, and never with a password.
    None,
}

/// The keys of `[email]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Settings {
    /// The server as `host:port`. Port 465 means TLS, any other STARTTLS, unless `security` says otherwise.
    pub(super) server: Option<Server>,
    /// A folder in which every mail is written as an .eml file; in place of `server`.
    pub(super) outbox: Option<PathBuf>,
    /// `tls`, `starttls` or `none`. The default follows from the port and is never `none`.
    pub(super) security: Option<Security>,
    /// Certificates (PEM) to trust beside the system's: for a relay with a certificate of your own.
    pub(super) ca_file: Option<PathBuf>,
    /// Accepts any certificate for any name, so that anybody on the way can read and change the mail and take
    /// the password. For tests.
    #[serde(default)]
    pub(super) insecure_accept_any_certificate: bool,
    /// The name to log in with; goes with `password_file` or `password`.
    pub(super) username: Option<String>,
    /// The password as `${VARIABLE}`; never the password itself.
    pub(super) password: Option<Source>,
    /// The file that holds the password.
    pub(super) password_file: Option<PathBuf>,
    /// Who the mails are from: `Support desk <desk@example.com>`.
    pub(super) from: Desk,
    /// Where answers go, if not to `from`.
    pub(super) reply_to: Option<Desk>,
    /// The identity of the mails for filters (RFC 2919). Default: `doorbell.` and the domain of `from`.
    pub(super) list_id: Option<ListId>,
    /// Where a recipient can stop the mails: an `https:` address or `mailto:`.
    pub(super) list_unsubscribe: Option<Unsubscribe>,
    /// The name given to the server in EHLO. Default: this machine's name.
    pub(super) hello_name: Option<HelloName>,
    /// How long the server may take for each answer. Default: 30s.
    #[serde(default = "Patience::for_a_command")]
    pub(super) timeout: Patience,
    /// How long the server may take to accept a mail that was handed over completely; too short a time makes
    /// mails arrive twice. Default: 2m.
    #[serde(default = "Patience::for_the_last_word")]
    pub(super) final_timeout: Patience,
    /// How many connections at the same time, 1 to 20. Default: 8.
    #[serde(default)]
    pub(super) lanes: Lanes,
    /// What becomes of a mail that may have arrived: `resend` or `hold`. Default: `resend`.
    #[serde(default)]
    pub(super) on_ambiguous: OnAmbiguous,
    /// At most so many mails a minute over all connections. Default: no limit.
    pub(super) per_minute: Option<PerMinute>,
}

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // serde's `remote` leaves the derived code as an inherent function, so that keys can be checked together
        let settings = Self::deserialize(deserializer)?;
        settings.contradiction().map_or(Ok(settings), |wrong| Err(D::Error::custom(wrong)))
    }
}

impl Settings {
    /// Where mails go, for people.
    pub fn destination(&self) -> String {
        match (&self.server, &self.outbox) {
            (Some(server), _) => format!("mails go to {}:{}", server.host, server.port),
            (None, Some(folder)) => {
                format!("mails are written to {} and leave this machine no further", folder.display())
            }
            (None, None) => "mails go nowhere".into(),
        }
    }

    /// How many connections at the same time.
    pub fn lanes(&self) -> usize {
        usize::from(self.lanes.0)
    }

    /// How long one mail takes when the server uses up every time-out: a dozen answers, over a connection that has to
    /// be made anew, then the mail itself and the last word on it.
    pub fn longest_attempt(&self) -> Duration {
        let seconds = |patience: Patience| Duration::from_secs(u64::from(patience.0.as_seconds()));
        seconds(self.timeout) * 12 + seconds(self.final_timeout) * 2
    }

    /// At most so many mails a minute, if there is a limit.
    pub fn per_minute(&self) -> Option<u32> {
        self.per_minute.map(|limit| limit.0)
    }

    /// What becomes of a mail that may have arrived.
    pub fn on_ambiguous(&self) -> OnAmbiguous {
        self.on_ambiguous
    }

    /// Whether mails go into a folder and not to a server.
    pub fn writes_files(&self) -> bool {
        self.server.is_none() && self.outbox.is_some()
    }

    pub(super) fn security(&self) -> Security {
        let implicit = self.server.as_ref().is_some_and(|server| server.port == 465);
        self.security.unwrap_or(if implicit { Security::Tls } else { Security::Starttls })
    }

    /// The key under which the password stands, and where it is.
    pub(super) fn password_source(&self) -> Option<(&'static str, Source)> {
        let variable = self.password.clone().map(|source| ("email.password", source));
        variable.or_else(|| self.password_file.clone().map(|path| ("email.password_file", Source::File(path))))
    }

    fn contradiction(&self) -> Option<&'static str> {
        let password = self.password.is_some() || self.password_file.is_some();
        match (&self.server, &self.outbox) {
            (None, None) => {
                return Some(
                    "neither server nor outbox is set; write server = \"smtp.example.com:465\", or outbox = \"outbox\" to get files",
                );
            }
            (Some(_), Some(_)) => return Some("both server and outbox are set; remove one of them"),
            _ => {}
        }
        if self.password.is_some() && self.password_file.is_some() {
            return Some("both password and password_file are set; remove one of them");
        }
        if self.username.is_some() != password {
            return Some("username and password go together; set username and password_file, or neither");
        }
        if password && self.security == Some(Security::None) {
            return Some(
                "security = \"none\" would send the password in plain text; write \"tls\" or \"starttls\", or remove username and password",
            );
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct File {
        email: Settings,
    }

    fn read(keys: &str) -> Result<Settings, String> {
        toml::from_str(&format!("[email]\n{keys}")).map(|file: File| file.email).map_err(|error| error.to_string())
    }

    #[test]
    fn a_server_and_a_sender_are_enough() {
        let settings = read("server = \"smtp.example.com:465\"\nfrom = \"Desk <desk@example.com>\"").unwrap();
        assert_eq!((settings.security(), settings.lanes(), settings.per_minute()), (Security::Tls, 8, None));
        let settings = read("server = \"smtp.example.com:587\"\nfrom = \"desk@example.com\"").unwrap();
        assert_eq!(settings.security(), Security::Starttls);
    }

    #[test]
    fn a_wrong_value_is_answered_with_line_value_and_remedy() {
        #[track_caller]
        fn case(line: &str, expected: &[&str]) {
            let error = read(&format!("server = \"s.example.com:465\"\nfrom = \"d@example.com\"\n{line}")).unwrap_err();
            for part in expected {
                assert!(error.contains(part), "{part:?} is missing in:\n{error}");
            }
            assert!(error.contains('^'), "no caret in:\n{error}");
        }
        case("lanes = 21", &["line 4", "21", "1 to 20"]);
        case("per_minute = 0", &["line 4", "leave it out"]);
        case("timeout = \"0s\"", &["line 4", "0s", "1s"]);
        case("reply_to = \"nobody\"", &["line 4", "nobody", "Support desk <desk@example.com>"]);
        case("list_id = \"a list\"", &["line 4", "a list", "desk.example.com"]);
        case("list_unsubscribe = \"http://example.com/stop\"", &["line 4", "http://example.com/stop", "https:"]);
        case("hello_name = \"my host\"", &["line 4", "my host", "mail.example.com"]);
        case("on_ambiguous = \"wait\"", &["line 4", "wait", "hold"]);
        case("security = \"ssl\"", &["line 4", "ssl", "starttls"]);
        case("sever = \"x:1\"", &["line 4", "unknown field `sever`", "server"]);
        case("username = \"d\"", &["password_file"]);
        case("outbox = \"out\"", &["both server and outbox"]);
    }

    #[test]
    fn a_server_needs_host_and_port() {
        for (server, remedy) in [
            ("smtp.example.com", ":465"),
            (":465", "host"),
            ("h:0", "port"),
            ("h:70000", "port"),
            ("https://h:1", "host"),
        ] {
            let error = read(&format!("server = \"{server}\"\nfrom = \"d@example.com\"")).unwrap_err();
            assert!(error.contains(server) && error.contains(remedy), "{error}");
        }
        assert!(read("server = \"[::1]:25\"\nfrom = \"d@example.com\"").is_ok());
    }

    #[test]
    fn a_password_never_goes_without_encryption() {
        let keys = "server = \"s:25\"\nfrom = \"d@example.com\"\nusername = \"d\"\npassword = \"${P}\"\n";
        assert!(read(&format!("{keys}security = \"none\"")).unwrap_err().contains("plain text"));
        assert_eq!(read(keys).unwrap().security(), Security::Starttls);
    }

    #[test]
    fn neither_server_nor_outbox_names_both() {
        let error = read("from = \"d@example.com\"").unwrap_err();
        assert!(error.contains("server") && error.contains("outbox"), "{error}");
    }
}
