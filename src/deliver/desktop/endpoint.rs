//! Where a browser wants its pushes: an address that the browser gave, and anybody could have written.

use reqwest::Url;
use serde::{Deserialize, Deserializer, de::Error};

/// The push services of the browsers: Chrome and its kin, Firefox, Safari, Edge. One that begins with a dot stands for every
/// host below it (webkit.org, "Meet Web Push"; learn.microsoft.com, "Push notification services").
const KNOWN: [&str; 4] =
    ["fcm.googleapis.com", "updates.push.services.mozilla.com", ".push.apple.com", ".notify.windows.com"];

/// Whether a host is a push service of a browser.
pub(super) fn is_known(host: &str) -> bool {
    known(host).is_some()
}

fn known(host: &str) -> Option<&'static str> {
    KNOWN.into_iter().find(|known| if known.starts_with('.') { host.ends_with(known) } else { host == *known })
}

/// The push service that an address belongs to: of a browser's all hosts are one; else the host with its port.
pub(super) fn service(token: &str) -> String {
    let Ok(url) = Url::parse(token) else { return String::new() };
    let browsers = url.host_str().and_then(known);
    browsers.map_or_else(|| url.origin().ascii_serialization(), str::to_owned)
}

/// A host that the operator trusts beside those of the browsers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Service(String);

/// The address of a subscription at a push service that may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint(Url);

impl Endpoint {
    /// The address as the desk has it, or why no request goes there.
    pub(super) fn checked(token: &str, services: &[Service]) -> Result<Self, String> {
        let url = Url::parse(token).map_err(|_| "the subscription's endpoint is no address".to_owned())?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let is_named = services.iter().any(|service| service.0 == host);
        // a push service of a browser has no other doors
        let may_be_asked = is_named || is_known(&host) && url.port().is_none();
        if !may_be_asked {
            return Err(format!(
                "the subscription's endpoint is at {host:?}, which is no push service of a browser; if you trust it, add \
                 it to desktop.push_services"
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("the subscription's endpoint holds a user name".to_owned());
        }
        if url.scheme() == "https" || url.scheme() == "http" && is_here(&host) {
            Ok(Self(url))
        } else {
            Err("the subscription's endpoint is not https".to_owned())
        }
    }

    pub(super) fn url(&self) -> &Url {
        &self.0
    }

    /// For whom a token is signed (RFC 8292, section 2).
    pub(super) fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }
}

fn is_here(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

impl<'de> Deserialize<'de> for Service {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let url = Url::parse(&format!("https://{text}/")).ok();
        let host = url
            .as_ref()
            .and_then(Url::host_str)
            .filter(|host| *host == text.to_ascii_lowercase() && !host.contains('*'));
        host.map(|host| Self(host.to_owned())).ok_or_else(|| {
            D::Error::custom(format!("{text:?} is no host; write its name alone, such as \"push.example.com\""))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(token: &str) -> Result<Endpoint, String> {
        Endpoint::checked(token, &[Service("push.example.com".into()), Service("localhost".into())])
    }

    #[test]
    fn the_push_services_of_browsers_and_those_of_the_operator_are_asked() {
        for token in [
            "https://fcm.googleapis.com/fcm/send/abc:def",
            "https://fcm.googleapis.com/wp/abc",
            "https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
            "https://web.push.apple.com/QABC",
            "https://wns2-by3p.notify.windows.com/w/?token=BQYAAA%3d%3d",
            "https://FCM.googleapis.com:443/wp/abc",
            "https://push.example.com:8443/a",
            "http://localhost:9/a",
        ] {
            assert!(checked(token).is_ok(), "{token}: {:?}", checked(token));
        }
    }

    #[test]
    fn hostile_endpoints_are_refused() {
        for token in [
            "",
            "/wp/abc",
            "http://169.254.169.254/latest/meta-data",
            "https://169.254.169.254/",
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://[::1]/",
            "https://[::ffff:169.254.169.254]/",
            "https://metadata.google.internal/",
            "https://fcm.googleapis.com.evil.example/",
            "https://evil.example/fcm.googleapis.com",
            "https://evil.example\\@fcm.googleapis.com/",
            "https://notfcm.googleapis.com/",
            "https://push.apple.com.evil.example/",
            "https://evilpush.apple.com.example/",
            "https://evil-push.apple.com/",
            "https://fcm.googleapis.com:8080/",
            "https://user:pass@fcm.googleapis.com/wp/abc",
            "https://fcm.googleapis.com@evil.example/",
            "http://fcm.googleapis.com/wp/abc",
            "http://push.example.com/a",
            "ftp://push.example.com/a",
            "file:///etc/passwd",
        ] {
            assert!(checked(token).is_err(), "{token}");
        }
    }

    #[test]
    fn all_hosts_of_a_browsers_push_service_are_one_service() {
        let windows = ["a", "b"].map(|host| service(&format!("https://wns2-{host}.notify.windows.com/w/?token=x")));
        assert_eq!(windows, [".notify.windows.com", ".notify.windows.com"]);
        assert_eq!(service("https://push.example.com:8443/abc"), "https://push.example.com:8443");
        assert_eq!(service("no address"), "");
    }

    #[test]
    fn an_origin_has_no_path_and_no_usual_port() {
        let origin = |token| checked(token).unwrap().origin();
        assert_eq!(origin("https://fcm.googleapis.com:443/wp/abc"), "https://fcm.googleapis.com");
        assert_eq!(origin("https://push.example.com:8443/a"), "https://push.example.com:8443");
    }

    #[test]
    fn an_operator_names_hosts_and_nothing_else() {
        let read = |text: &str| Service::deserialize(toml::Value::String(text.into()));
        assert_eq!(read("Push.example.com").unwrap(), Service("push.example.com".into()));
        assert_eq!(read("10.1.2.3").unwrap(), Service("10.1.2.3".into()));
        for text in
            ["", "https://push.example.com", "push.example.com/a", "push.example.com:443", "*.example.com", "a b"]
        {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains("push.example.com"), "{text}: {error}");
        }
    }
}
