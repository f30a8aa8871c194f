//! `[http]` in the settings: how providers are reached. And addresses of providers, as other sections write them.

use std::path::{Path, PathBuf};

use reqwest::blocking::{Client, ClientBuilder};
use reqwest::{Certificate, Proxy, Url};
use serde::{Deserialize, Deserializer, de::Error};

/// The keys of `[http]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Certificates (PEM) to trust beside the system's: for a proxy that looks inside.
    ca_file: Option<PathBuf>,
    /// The proxy, as `http://host:port`. By default that of the environment (`HTTPS_PROXY`, `NO_PROXY`).
    proxy: Option<ProxyAddress>,
}

/// A proxy, without a password: that belongs into the environment.
#[derive(Debug, Clone)]
struct ProxyAddress(Url);

/// The address of a provider: https, or http that does not leave this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

impl Settings {
    pub(super) fn builder(&self, folder: &Path) -> Result<ClientBuilder, String> {
        let mut builder = Client::builder();
        if let Some(file) = &self.ca_file {
            let path = folder.join(file);
            let text = std::fs::read(&path).map_err(|error| format!("read {}: {error}", path.display()))?;
            let certificates =
                Certificate::from_pem_bundle(&text).map_err(|_| format!("{} holds no certificate", path.display()))?;
            if certificates.is_empty() {
                return Err(format!("{} holds no certificate (PEM)", path.display()));
            }
            builder = builder.tls_certs_merge(certificates);
        }
        match &self.proxy {
            Some(proxy) => {
                let proxy = Proxy::all(proxy.0.clone()).map_err(|_| "the proxy cannot be used".to_owned())?;
                Ok(builder.proxy(proxy))
            }
            None => Ok(builder),
        }
    }
}

impl Endpoint {
    /// An address that is known to be right, such as a provider's own.
    pub fn known(text: &'static str) -> Option<Self> {
        Self::parse(text)
    }

    /// The address with these segments behind it; each is escaped.
    pub fn with(&self, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// The address itself.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// Reads an address; `None` for one that leaves this machine unprotected.
    pub(in crate::deliver) fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let is_plain = url.query().is_none() && url.fragment().is_none() && url.host_str().is_some();
        (is_plain && (url.scheme() == "https" || url.scheme() == "http" && is_here)).then_some(Self(url))
    }
}

impl<'de> Deserialize<'de> for ProxyAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let usable = |url: &Url| {
            matches!(url.scheme(), "http" | "https") && url.host_str().is_some() && url.password().is_none()
        };
        Url::parse(&text).ok().filter(usable).map(Self).ok_or_else(|| {
            D::Error::custom(
                "the proxy cannot be used; write http://host:port, and give one with a password as HTTPS_PROXY in the environment",
            )
        })
    }
}

impl<'de> Deserialize<'de> for Endpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            D::Error::custom(format!(
                "{text:?} is not an address that can be used; write https://host, or http:// for a host on this machine"
            ))
        })
    }
}
