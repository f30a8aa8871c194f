//! Settings of the way to providers, and clients that cannot be made.

use super::*;

#[test]
fn a_client_without_usable_authorities_says_so() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ca.pem"), "nothing").unwrap();
    let settings: Settings = toml::from_str("ca_file = \"ca.pem\"").unwrap();
    let http = Http::new(&settings, folder.path());
    let request = Request {
        method: Method::GET,
        url: Url::parse("https://localhost:1/").unwrap(),
        headers: HeaderMap::new(),
        body: Vec::new(),
        timeout: Duration::from_secs(1),
    };
    let lost = http.send(request).unwrap_err();
    assert!(matches!(&lost, Lost::Untrusted(why) if why.contains("ca.pem")), "{lost:?}");
    assert!(matches!(lost.outcome(false), Outcome::Misconfigured { key: "http.ca_file", .. }));
}

#[test]
fn an_endpoint_is_https_or_on_this_machine() {
    #[derive(Debug, serde::Deserialize)]
    struct Section {
        endpoint: Endpoint,
    }
    let read = |text: &str| toml::from_str::<Section>(&format!("endpoint = {text:?}"));
    for right in ["https://api.example.com", "http://127.0.0.1:8080/base", "http://localhost"] {
        assert!(read(right).is_ok(), "{right}");
    }
    for wrong in ["http://api.example.com", "api.example.com", "ftp://x", "https://h/?q=1", ""] {
        assert!(read(wrong).unwrap_err().to_string().contains("https://host"), "{wrong}");
    }
    let url = read("https://api.example.com/base/").unwrap().endpoint.with(&["2010-04-01", "a b/c.json"]);
    assert_eq!(url.as_str(), "https://api.example.com/base/2010-04-01/a%20b%2Fc.json");
}
