//! Whom to trust at the other end, by the words of libpq.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;

use super::ServerError;
use super::address::Tls;

/// What a handshake needs; the authorities of `ca_file` are trusted beside the system's.
///
/// `what` is the section of the settings that names the server.
pub fn config(tls: Tls, ca_file: Option<&Path>, what: &'static str) -> Result<ClientConfig> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let extra = ca_file.map(|file| authorities(file, what)).transpose()?.unwrap_or_default();
    let strict = Arc::new(Verifier::new_with_extra_roots(extra, Arc::clone(&provider))?);
    let verifier: Arc<dyn ServerCertVerifier> = match tls {
        Tls::None | Tls::Full => strict,
        Tls::Authority => Arc::new(Lenient { strict, any_authority: false }),
        // as libpq: where an authority is named, it must have signed
        Tls::Encrypted => Arc::new(Lenient { strict, any_authority: ca_file.is_none() }),
    };
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// The certificates of a PEM file, at least one.
fn authorities(path: &Path, what: &'static str) -> Result<Vec<CertificateDer<'static>>> {
    let fault = |reason: String| ServerError::NoAuthorities { what, file: path.to_owned(), reason };
    let pem = fs::read(path).map_err(|error: io::Error| fault(error.to_string()))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let found = found.map_err(|error| fault(error.to_string()))?;
    if found.is_empty() { Err(fault("no BEGIN CERTIFICATE in it".into()).into()) } else { Ok(found) }
}

/// Takes certificates for another name, and those of any authority if told so; signatures are still checked, so that
/// the handshake itself is sound.
#[derive(Debug)]
struct Lenient {
    strict: Arc<Verifier>,
    any_authority: bool,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.strict.verify_server_cert(certificate, others, name, ocsp, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            Err(_) if self.any_authority => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.strict.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.strict.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.strict.supported_verify_schemes()
    }
}
