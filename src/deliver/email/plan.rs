//! How to reach the server: settings made ready for use, the password read, trust prepared at the first need.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::extension::ClientId;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use secrecy::ExposeSecret;
use thiserror::Error;

use super::super::discreet::Discreet;
use super::settings::{Security, Server, Settings};
use super::tls;
use super::trouble::Trouble;
use crate::model::{Outcome, Reply};
use crate::notation::{Secret, SecretError};

/// Why the settings cannot be used on this machine.
///
/// The causes stand in the texts, before their remedies: as sources they would be printed twice.
#[derive(Debug, Error)]
pub enum RelayError {
    /// The password cannot be read.
    #[error("{0}: {1}")]
    Password(&'static str, SecretError),
    /// The certificates cannot be read.
    #[error("email.ca_file: read {0}: {1}; it must hold the certificate of the authority, in PEM form")]
    Authorities(PathBuf, io::Error),
    /// The settings have neither a server nor a folder.
    #[error("email: neither server nor outbox is set")]
    Nowhere,
}

impl RelayError {
    /// The same as an outcome: nothing goes out by email until the setting is mended.
    pub fn outcome(&self) -> Outcome {
        let key = match self {
            Self::Password(key, _) => key,
            Self::Authorities(..) => "email.ca_file",
            Self::Nowhere => "email.server",
        };
        let text = self.to_string();
        let text = text.strip_prefix(key).and_then(|text| text.strip_prefix(": ")).unwrap_or(&text).to_owned();
        Outcome::Misconfigured { key, reply: Reply { code: String::new(), text } }
    }
}

/// Everything about the server that does not change in a pass.
pub(super) struct Plan {
    pub(super) server: Server,
    pub(super) security: Security,
    pub(super) hello: String,
    pub(super) login: Option<Login>,
    pub(super) timeout: Duration,
    pub(super) final_timeout: Duration,
    /// What the server's words must not show.
    pub(super) discreet: Discreet,
    authorities: Vec<CertificateDer<'static>>,
    anybody: bool,
    config: OnceLock<Result<Arc<ClientConfig>, rustls::Error>>,
}

/// Name and password; without a Debug form.
pub(super) struct Login {
    username: String,
    password: Secret,
}

impl Plan {
    pub(super) fn new(settings: &Settings, server: &Server, folder: &Path) -> Result<Self, RelayError> {
        let login = Login::read(settings, folder)?;
        let authorities = match &settings.ca_file {
            Some(path) => {
                tls::authorities(&folder.join(path)).map_err(|error| RelayError::Authorities(path.clone(), error))?
            }
            None => Vec::new(),
        };
        Ok(Self {
            server: server.clone(),
            security: settings.security(),
            hello: settings.hello_name.as_ref().map_or_else(|| ClientId::default().to_string(), |name| name.0.clone()),
            discreet: Discreet::about(login.iter().flat_map(Login::secrets)),
            login,
            timeout: settings.timeout.0.duration(),
            final_timeout: settings.final_timeout.0.duration(),
            authorities,
            anybody: settings.insecure_accept_any_certificate,
            config: OnceLock::new(),
        })
    }

    /// Whom to trust, worked out once.
    pub(super) fn tls(&self) -> Result<Arc<ClientConfig>, Trouble> {
        self.config.get_or_init(|| tls::config(&self.authorities, self.anybody)).clone().map_err(Trouble::NoTrust)
    }
}

impl Login {
    fn read(settings: &Settings, folder: &Path) -> Result<Option<Self>, RelayError> {
        let (Some(username), Some((key, source))) = (&settings.username, settings.password_source()) else {
            return Ok(None);
        };
        let password = source.read(folder).map_err(|error| RelayError::Password(key, error))?;
        Ok(Some(Self { username: username.clone(), password }))
    }

    pub(super) fn password(&self) -> &str {
        self.password.expose_secret()
    }

    pub(super) fn credentials(&self) -> Credentials {
        Credentials::new(self.username.clone(), self.password().to_owned())
    }
}
