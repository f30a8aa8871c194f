//! A service account of Google's, and the access tokens that it is given (RFC 7523).
//! <https://developers.google.com/identity/protocols/oauth2/service-account>

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::super::super::discreet::Discreet;
use super::super::super::http::{Answer, Endpoint, Http, Request};
use super::super::{key, wrong};
use super::settings::Settings;
use crate::model::Outcome;
use crate::notation::Source;

const SETTING: &str = "push.fcm.service_account_file";
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
/// `urn:ietf:params:oauth:grant-type:jwt-bearer`, as a form has it.
const GRANT: &str = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
const TIMEOUT: Duration = Duration::from_secs(20);
/// Google gives no token for longer.
const AN_HOUR: i64 = 3600;

/// A service account that can sign.
pub(super) struct Account {
    pub(super) project_id: String,
    email: String,
    key_id: String,
    key: EncodingKey,
    token_uri: Endpoint,
}

/// The file from the console; what else stands in it is not needed.
#[derive(Deserialize)]
struct Written {
    project_id: String,
    client_email: String,
    private_key_id: String,
    private_key: SecretString,
    token_uri: Endpoint,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    scope: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
}

#[derive(Deserialize)]
struct Granted {
    access_token: SecretString,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refused {
    error: String,
    error_description: String,
}

impl Account {
    /// Reads the file, and signs once to see that the key can.
    pub(super) fn read(settings: &Settings, folder: &Path) -> Result<Self, Outcome> {
        let file = &settings.service_account_file;
        let text = key::read(SETTING, &Source::File(file.clone()), folder)?;
        // the reader's own words may quote the key
        let no_account = || {
            let text = format!(
                "{} is not the key of a service account (JSON with project_id, client_email, private_key_id, private_key \
                 and token_uri); the Firebase console makes one",
                file.display()
            );
            wrong(SETTING, text)
        };
        let written: Written = serde_json::from_str(text.expose_secret()).map_err(|_| no_account())?;
        let pem = written.private_key.expose_secret().as_bytes();
        let account = Self {
            key: EncodingKey::from_rsa_pem(pem).map_err(|_| no_account())?,
            project_id: written.project_id,
            email: written.client_email,
            key_id: written.private_key_id,
            token_uri: written.token_uri,
        };
        account.assertion(DateTime::UNIX_EPOCH).map_err(|_| no_account())?;
        Ok(account)
    }

    /// Whose tokens these are.
    pub(super) fn fingerprint(&self) -> String {
        format!("{}.{}", self.email, self.key_id)
    }

    /// Asks for an access token.
    pub(super) fn fetch(&self, http: &Http, now: DateTime<Utc>) -> Result<SecretString, Outcome> {
        let assertion = self.assertion(now)?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        // base64url needs no escape
        let body = format!("grant_type={GRANT}&assertion={}", assertion.expose_secret()).into_bytes();
        let url = self.token_uri.url().clone();
        let asked = http.send(Request { method: Method::POST, url, headers, body, timeout: TIMEOUT });
        // a second token does no harm
        let answer = asked.map_err(|lost| lost.outcome(true))?;
        if answer.is_success()
            && let Some(granted) = answer.json::<Granted>()
        {
            return Ok(granted.access_token);
        }
        Err(refusal(&answer, &Discreet::about([assertion.expose_secret().to_owned()])))
    }

    /// What Google takes for a token: who asks, for what, and when.
    pub(super) fn assertion(&self, now: DateTime<Utc>) -> Result<SecretString, Outcome> {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(self.key_id.clone());
        let iat = now.timestamp();
        let aud = self.token_uri.url().as_str();
        let claims = Claims { iss: &self.email, scope: SCOPE, aud, iat, exp: iat + AN_HOUR };
        let signed = jsonwebtoken::encode(&header, &claims, &self.key);
        signed.map(SecretString::from).map_err(|_| wrong(SETTING, "the key cannot sign".into()))
    }
}

/// Why there is no token: a clock that is wrong and a key that was deleted look alike (`invalid_grant`).
fn refusal(answer: &Answer, discreet: &Discreet) -> Outcome {
    let Refused { error, error_description } = answer.json().unwrap_or_default();
    let reply = answer.reply(&error, &error_description, discreet);
    match answer.status {
        429 | 500..=599 => Outcome::Deferred(answer.retry_after(), reply),
        400..=499 => Outcome::Misconfigured { key: SETTING, reply },
        _ => Outcome::Deferred(None, reply),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, body: &str) -> Outcome {
        let answer = Answer { status, headers: HeaderMap::new(), body: body.into(), is_whole: true };
        refusal(&answer, &Discreet::default())
    }

    #[test]
    fn a_refused_account_is_a_setting_to_mend_and_a_busy_server_is_not() {
        let body = r#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#;
        let Outcome::Misconfigured { key, reply } = refused(400, body) else { panic!() };
        assert_eq!((key, reply.words().as_str()), (SETTING, "400 invalid_grant Invalid JWT Signature."));
        assert!(matches!(refused(401, r#"{"error":"invalid_client"}"#), Outcome::Misconfigured { .. }));
        for status in [429, 500, 503] {
            assert!(matches!(refused(status, "<html>"), Outcome::Deferred(None, _)), "{status}");
        }
        assert!(matches!(refused(200, "<html>"), Outcome::Deferred(None, _)), "a page for people is no token");
    }
}
