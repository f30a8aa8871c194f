//! The key by which push services know this doorbell, and the tokens it signs (VAPID, RFC 8292).

use std::fmt;

use aws_lc_rs::agreement::{self, ECDH_P256};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::{Url, header::HeaderValue};
use rustls::pki_types::{PrivateKeyDer, pem::PemObject};
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use thiserror::Error;

use super::encryption::BASE64URL;

/// How long a token is good for; push services refuse more than 24 hours (RFC 8292 section 2).
const HOURS: i64 = 12;
/// Letters of base64 in a line of PEM (RFC 7468 section 2).
const LINE: usize = 64;

/// A signing key with its public half.
pub struct VapidKey {
    signing: EncodingKey,
    public: String,
}

/// Why there is no key or no token. Never holds the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum VapidError {
    /// What was read is no key of the right kind.
    #[error(
        "it holds no P-256 private key; `doorbell vapid FILE` makes one (PEM, or the 43 letters that other programs call \
         the VAPID private key, are read)"
    )]
    Key,
    /// The cryptographic library refused.
    #[error("the key cannot be used for signing")]
    Failed,
}

/// What a push service is told.
#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    exp: i64,
    sub: &'a str,
}

impl VapidKey {
    /// A new key as PEM (PKCS#8), for a file of its own.
    pub fn generate() -> Result<SecretString, VapidError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| VapidError::Failed)?;
        let document = pair.to_pkcs8v1().map_err(|_| VapidError::Failed)?;
        let letters = Zeroizing::new(STANDARD.encode(document.as_ref()));
        let mut pem = String::from("-----BEGIN PRIVATE KEY-----\n");
        let mut rest = letters.as_str();
        while let Some((line, after)) = rest.split_at_checked(LINE.min(rest.len())).filter(|(line, _)| !line.is_empty())
        {
            pem.push_str(line);
            pem.push('\n');
            rest = after;
        }
        pem.push_str("-----END PRIVATE KEY-----\n");
        Ok(pem.into())
    }

    /// Reads PEM, or the bare number in base64url by which other programs keep such keys.
    pub fn read(written: &SecretString) -> Result<Self, VapidError> {
        let written = written.expose_secret().trim();
        let pair = if written.starts_with("-----") { from_pem(written) } else { from_number(written) }?;
        let document = pair.to_pkcs8v1().map_err(|_| VapidError::Failed)?;
        Ok(Self {
            signing: EncodingKey::from_ec_der(document.as_ref()),
            public: BASE64URL.encode(pair.public_key().as_ref()),
        })
    }

    /// The public half, as browsers want it for `applicationServerKey`.
    pub fn public(&self) -> &str {
        &self.public
    }

    /// The Authorization header for every push to the service at `origin`, until the token runs out in 12 hours.
    pub fn authorization(
        &self,
        origin: &str,
        contact: &Contact,
        now: DateTime<Utc>,
    ) -> Result<HeaderValue, VapidError> {
        let exp = (now + TimeDelta::hours(HOURS)).timestamp();
        let claims = Claims { aud: origin, exp, sub: &contact.0 };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::ES256), &claims, &self.signing);
        let token = token.map_err(|_| VapidError::Failed)?;
        let mut header =
            HeaderValue::try_from(format!("vapid t={token}, k={}", self.public)).map_err(|_| VapidError::Failed)?;
        header.set_sensitive(true);
        Ok(header)
    }
}

impl fmt::Debug for VapidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VapidKey({})", self.public)
    }
}

fn from_pem(written: &str) -> Result<EcdsaKeyPair, VapidError> {
    let key = PrivateKeyDer::from_pem_slice(written.as_bytes()).map_err(|_| VapidError::Key)?;
    EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, key.secret_der()).map_err(|_| VapidError::Key)
}

fn from_number(written: &str) -> Result<EcdsaKeyPair, VapidError> {
    let number = BASE64URL.decode(written).map(Zeroizing::new).map_err(|_| VapidError::Key)?;
    let private = agreement::PrivateKey::from_private_key(&ECDH_P256, &number).map_err(|_| VapidError::Key)?;
    let public = private.compute_public_key().map_err(|_| VapidError::Key)?;
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    EcdsaKeyPair::from_private_key_and_public_key(algorithm, &number, public.as_ref()).map_err(|_| VapidError::Key)
}

/// Whom a push service may write to about this doorbell: `mailto:ops@example.com` or an https address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact(String);

impl std::str::FromStr for Contact {
    type Err = String;

    /// Apple answers 403 `BadJwtToken` for a contact with spaces or angle brackets, and for names that cannot exist.
    fn from_str(text: &str) -> Result<Self, String> {
        let is_right = match text.strip_prefix("mailto:") {
            Some(address) => address.split_once('@').is_some_and(|(name, domain)| {
                let plain = |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(letter);
                !name.is_empty() && name.chars().all(plain) && is_public(domain)
            }),
            None => Url::parse(text).is_ok_and(|url| {
                let is_bare = url.username().is_empty() && url.password().is_none();
                let is_plain = text.chars().all(|letter| letter.is_ascii_graphic() && !"<>\"".contains(letter));
                url.scheme() == "https" && is_bare && is_plain && url.domain().is_some_and(is_public)
            }),
        };
        is_right.then(|| Self(text.to_owned())).ok_or_else(|| {
            format!(
                "{text:?} is no contact; write \"mailto:\" and an address of yours, or a page of yours that begins with \
                 \"https://\""
            )
        })
    }
}

/// Names that nobody can look up (RFC 2606, section 2; RFC 6762, section 3).
const NOWHERE: [&str; 5] = ["test", "example", "invalid", "localhost", "local"];

/// A name that others can look up: parts between dots, and not this machine.
fn is_public(domain: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let parts: Vec<&str> = domain.split('.').collect();
    let last_is_word = parts.last().is_some_and(|last| last.chars().any(|letter| letter.is_ascii_alphabetic()));
    parts.len() > 1
        && last_is_word
        && parts.last().is_none_or(|last| !NOWHERE.contains(&last.to_ascii_lowercase().as_str()))
        && parts.iter().all(|part| !part.is_empty() && part.chars().all(plain))
}

impl<'de> Deserialize<'de> for Contact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8291 appendix A gives both halves of a key pair.
    const NUMBER: &str = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
    const PUBLIC: &str = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";

    #[test]
    fn a_new_key_is_pem_that_reads_as_the_same_key_every_time() {
        let pem = VapidKey::generate().unwrap();
        let [one, again] = [(); 2].map(|()| VapidKey::read(&pem).unwrap().public().to_owned());
        assert_eq!(one, again);
        assert_eq!(BASE64URL.decode(&one).unwrap().len(), 65);
        assert!(pem.expose_secret().lines().all(|line| line.len() <= LINE), "lines of PEM are short");
        assert_ne!(VapidKey::read(&VapidKey::generate().unwrap()).unwrap().public(), one);
    }

    #[test]
    fn the_number_that_other_programs_keep_is_read() {
        assert_eq!(VapidKey::read(&SecretString::from(NUMBER)).unwrap().public(), PUBLIC);
        assert_eq!(VapidKey::read(&SecretString::from(format!("{NUMBER}=\n"))).unwrap().public(), PUBLIC);
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_repeated() {
        let other_curve = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHcHbQpzGKV9PBbBclGyZkXfTC+H68CZKrF3+6UduSwq\n\
                           -----END PRIVATE KEY-----\n";
        let zero = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        for text in ["x", "not a key", PUBLIC, zero, other_curve, "-----BEGIN PRIVATE KEY-----\n"] {
            let error = VapidKey::read(&SecretString::from(text)).unwrap_err();
            assert_eq!(error, VapidError::Key, "{text}");
        }
    }

    #[test]
    fn the_debug_output_shows_the_public_half_only() {
        let shown = format!("{:?}", VapidKey::read(&SecretString::from(NUMBER)).unwrap());
        assert!(shown.contains(PUBLIC) && !shown.contains(NUMBER), "{shown}");
    }

    #[test]
    fn the_header_is_not_logged() {
        let key = VapidKey::read(&SecretString::from(NUMBER)).unwrap();
        let contact = "mailto:ops@example.com".parse().unwrap();
        let header = key.authorization("https://push.example.net", &contact, Utc::now()).unwrap();
        assert_eq!(format!("{header:?}"), "Sensitive");
    }

    #[test]
    fn contacts_that_push_services_refuse_are_answered_with_a_remedy() {
        for text in ["mailto:ops@example.com", "mailto:o.ps+push@desk.example.com", "https://example.com/contact?a=b"] {
            assert_eq!(text.parse::<Contact>(), Ok(Contact(text.into())));
        }
        for text in [
            "",
            "ops@example.com",
            "mailto:",
            "mailto:ops",
            "mailto: ops@example.com",
            "mailto:<ops@example.com>",
            "mailto:ops@localhost",
            "mailto:ops@desk.invalid",
            "https://desk.local/",
            "mailto:a@b@example.com",
            "mailto:ops@192.0.2.1",
            "http://example.com",
            "https://localhost",
            "https://127.0.0.1/",
            "https://user@example.com/",
            "https://example.com/<a>",
        ] {
            let error = text.parse::<Contact>().unwrap_err();
            assert!(error.contains("mailto:") && error.contains("https://"), "{text}: {error}");
        }
    }
}
