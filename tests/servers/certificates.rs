//! An authority made for one test, and the certificates it signs.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig};

/// Signs certificates; its own is what a client has to trust.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// For `ca_file`.
    pub pem: String,
}

impl Authority {
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A server that shows a certificate for `name`.
    pub fn server(&self, name: &str) -> Arc<ServerConfig> {
        self.server_that(name, WebPkiClientVerifier::no_client_auth())
    }

    /// A certificate for `name` and its key, in PEM form.
    pub fn files(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }

    /// The same, which asks the other side for a certificate too.
    pub fn asking_server(&self, name: &str) -> Arc<ServerConfig> {
        let mut trusted = RootCertStore::empty();
        trusted.add(CertificateDer::from_pem_slice(self.pem.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        self.server_that(name, WebPkiClientVerifier::builder_with_provider(trusted.into(), provider).build().unwrap())
    }

    fn server_that(&self, name: &str, asks: Arc<dyn ClientCertVerifier>) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        config(params.signed_by(&key, &self.issuer).unwrap().der().clone(), &key, asks)
    }

    /// A server that shows a certificate for `name` whose time is over.
    pub fn expired_server(&self, name: &str) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2001, 1, 1);
        params.not_after = rcgen::date_time_ymd(2002, 1, 1);
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        config(certificate, &key, WebPkiClientVerifier::no_client_auth())
    }
}

fn config(certificate: CertificateDer<'static>, key: &KeyPair, asks: Arc<dyn ClientCertVerifier>) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(asks)
        .with_single_cert(vec![certificate], key)
        .unwrap();
    Arc::new(config)
}
