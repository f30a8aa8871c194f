//! The signing key of a team, and the tokens that it signs.

use std::path::Path;

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::super::{key, wrong};
use super::settings::Settings;
use crate::model::Outcome;
use crate::notation::Source;

const SETTING: &str = "push.apns.key_file";

/// The key with which a team signs.
pub(super) struct Signer {
    key: EncodingKey,
    key_id: String,
    team_id: String,
}

/// What Apple is told: who signs, and when.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    iat: i64,
}

impl Signer {
    /// Reads the key, and signs once to see that it can.
    pub(super) fn new(settings: &Settings, folder: &Path) -> Result<Self, Outcome> {
        let written = key::read(SETTING, &Source::File(settings.key_file.clone()), folder)?;
        let name = settings.key_file.display();
        let no_key = || wrong(SETTING, format!("{name} holds no signing key of Apple's (.p8, PKCS#8 in PEM)"));
        let key = EncodingKey::from_ec_pem(written.expose_secret().as_bytes()).map_err(|_| no_key())?;
        let (key_id, team_id) = (settings.key_id.as_str().to_owned(), settings.team_id.as_str().to_owned());
        let signer = Self { key, key_id, team_id };
        signer.sign(DateTime::UNIX_EPOCH).map_err(|_| no_key())?;
        Ok(signer)
    }

    /// Whose tokens these are.
    pub(super) fn fingerprint(&self) -> String {
        format!("{}.{}", self.team_id, self.key_id)
    }

    /// A token that says who signed it and when.
    pub(super) fn sign(&self, now: DateTime<Utc>) -> Result<SecretString, Outcome> {
        let mut header = Header::new(Algorithm::ES256);
        (header.typ, header.kid) = (None, Some(self.key_id.clone()));
        let claims = Claims { iss: &self.team_id, iat: now.timestamp() };
        let signed = jsonwebtoken::encode(&header, &claims, &self.key);
        signed.map(SecretString::from).map_err(|_| wrong(SETTING, "the key cannot sign".into()))
    }
}
