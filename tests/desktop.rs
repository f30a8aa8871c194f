//! Browser notifications on their way to push services: what these see, what follows from their answers, and that nobody
//! else is ever asked.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod office;
mod servers;
mod shift;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use doorbell::deliver::carrier::{Carrier, Ready};
use doorbell::deliver::desktop::vapid::VapidKey;
use doorbell::deliver::http::{Http, Lost, Request};
use doorbell::deliver::{self, Notification, desktop, http};
use doorbell::model::{Channel, ConversationId, Device, Gateway, Note, Outcome, Provider, Recipient, RecipientId};
use office::{Office, instant};
use reqwest::header::HeaderMap;
use reqwest::{Method, Url};
use secrecy::ExposeSecret;
use serde_json::Value;
use servers::{AUTH, Authority, HttpServer, P256DH, Reply, Seen, decrypted, read_token};
use shift::{Shift, hold_on_postgresql_too};
use tempfile::TempDir;

const RULE: &str = "
[rule.browser]
watch = \"unreplied\"
schedule = { every = \"5m\" }
tell = [\"assignee\"]
via = [\"desktop\"]
sound = \"bell\"
sound_repeats = true
";
const KEYS: &str =
    "vapid_key_file = \"vapid.pem\"\ncontact = \"mailto:ops@example.com\"\npush_services = [\"localhost\"]\n";

/// A folder with a key, and the certificate of who signs for the push service.
fn furnish(folder: &Path, authority: &Authority) {
    // what `cli::run` does first
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    fs::write(folder.join("ca.pem"), &authority.pem).unwrap();
    let key = folder.join("vapid.pem");
    fs::write(&key, VapidKey::generate().unwrap().expose_secret()).unwrap();
    fs::set_permissions(&key, PermissionsExt::from_mode(0o640)).unwrap();
}

/// The way out under these keys of `[desktop]`.
fn way(folder: &Path, keys: &str) -> Ready {
    let desktop: desktop::Settings = toml::from_str(keys).unwrap();
    let http: http::Settings = toml::from_str("ca_file = \"ca.pem\"").unwrap();
    let settings = deliver::Settings { http, desktop: Some(desktop), ..deliver::Settings::default() };
    settings.carriers(folder, &BTreeMap::new(), chrono::Utc::now()).remove(&Gateway::Desktop).unwrap()
}

struct Scene {
    folder: TempDir,
    server: HttpServer,
    way: Box<dyn Carrier>,
}

impl Scene {
    /// A push service that answers like this.
    fn new(respond: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
        furnish(folder.path(), &authority);
        let way = way(folder.path(), KEYS).unwrap();
        Self { server: HttpServer::https(&authority, respond), way, folder }
    }

    /// What comes of a push to this endpoint.
    fn push_to(&self, endpoint: &str) -> Outcome {
        self.way.send(&notification(endpoint, P256DH, AUTH))
    }
}

fn notification(endpoint: &str, p256dh: &str, auth: &str) -> Notification {
    let device = Device {
        id: "1".into(),
        provider: Provider::WebPush,
        token: endpoint.into(),
        p256dh: Some(p256dh.into()),
        auth: Some(auth.into()),
        platform: None,
        app_id: None,
    };
    let note = Note {
        kind: "unreplied",
        title: "Tom is waiting".into(),
        body: "hello?".into(),
        link: None,
        conversation: ConversationId::from("42"),
        sound: None,
    };
    let recipient = Recipient {
        id: RecipientId::Person("test".into()),
        name: String::new(),
        address: Arc::from(endpoint),
        device: Some(Arc::new(device)),
        time_zone: chrono_tz::UTC,
    };
    let now = instant("2026-03-02T09:00:00Z");
    Notification { recipient, note, collapse: "t42".into(), uid: "u1".into(), badge: None, now, in_doubt_since: None }
}

/// Whether a push service took it, and what follows if not.
fn short(outcome: &Outcome) -> String {
    let wait = |wait: &Option<Duration>| wait.map_or("later".into(), |wait| format!("in {}s", wait.as_secs()));
    match outcome {
        Outcome::Accepted(_) => "accepted".into(),
        Outcome::Deferred(time, _) => wait(time),
        Outcome::RefusedRecipient(_) => "subscription".into(),
        Outcome::RefusedMessage(_) => "message".into(),
        Outcome::Misconfigured { key, .. } => (*key).into(),
        Outcome::Unknown(_) => "unknown".into(),
    }
}

/// Ada works at a desk whose doorbell pushes to this service, with so many browsers: `/push/1` and on.
fn at_work(server: &HttpServer, authority: &Authority, browsers: usize) -> Shift {
    at_work_at("2026-03-02T09:00:00Z", server, authority, browsers)
}

fn at_work_at(time: &str, server: &HttpServer, authority: &Authority, browsers: usize) -> Shift {
    let mut office = Office::new();
    office.at(time).agent("ada").asks("c1", "hello?").assign("c1", "ada");
    for number in 1..=browsers {
        office.browser("ada", &format!("{}/push/{number}", server.url()), P256DH, AUTH);
    }
    furnish(office.folder(), authority);
    Shift::under(office, RULE).set(&format!("[desktop]\n{KEYS}[http]\nca_file = \"ca.pem\"\n"))
}

/// What the real binary prints under the settings of a shift.
fn doorbell(shift: &Shift, arguments: &[&str]) -> String {
    let folder = shift.office.folder();
    fs::write(folder.join("doorbell.toml"), shift.written()).unwrap();
    let program = env!("CARGO_BIN_EXE_doorbell");
    let output = Command::new(program).current_dir(folder).args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn u2_a_push_is_signed_for_its_service_and_read_by_its_browser_alone() {
    let authority = Authority::new();
    let server = HttpServer::https(&authority, |_| Reply::status(201));
    // tokens run out: whoever checks one looks at the clock
    let now = Utc::now();
    let mut shift = at_work_at(&(now - TimeDelta::minutes(10)).to_rfc3339(), &server, &authority, 1);
    shift.office.asks("c1", "Where is my parcel?");
    shift.pass_at(now, &doorbell::pass::Order::default());
    assert_eq!(shift.states_of(Channel::Desktop), ["sent"]);
    let seen = &server.seen()[0];
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/push/1"));
    let header = |name: &str| seen.headers[name].as_str();
    assert_eq!(header("content-encoding"), "aes128gcm");
    assert_eq!(header("content-type"), "application/octet-stream");
    assert_eq!((header("ttl"), header("urgency")), ("3600", "high"));
    assert!(header("topic").len() <= 32 && header("topic").bytes().all(|letter| letter.is_ascii_alphanumeric()));
    let token = read_token(header("authorization"), &server.url());
    assert_eq!(token["claims"]["sub"], "mailto:ops@example.com", "{token}");
    let text = String::from_utf8_lossy(&seen.body);
    assert!(!text.contains("parcel"), "a push service cannot read it");
    let read: Value = serde_json::from_str(&decrypted(&seen.body)).unwrap();
    assert_eq!(read["body"], "Where is my parcel?");
    assert_eq!(read["conversation"], "500", "the id by which the desk knows it");
    assert_eq!(read["link"], "https://chat.example.com/1000");
    assert_eq!(read["sound"], serde_json::json!({ "name": "bell", "repeats": true }));
}

#[test]
fn u2_every_browser_of_a_person_is_pushed_to_with_one_token_for_the_service() {
    let authority = Authority::new();
    let server = HttpServer::https(&authority, |_| Reply::status(201));
    let mut shift = at_work(&server, &authority, 3);
    shift.office.asks("c1", "hello?");
    shift.pass("2026-03-02T09:10:00Z");
    let seen = server.seen();
    let tokens: std::collections::BTreeSet<_> = seen.iter().map(|one| &one.headers["authorization"]).collect();
    let keys: std::collections::BTreeSet<_> = seen.iter().map(|one| &one.body[..86]).collect();
    assert_eq!((seen.len(), tokens.len(), keys.len()), (3, 1, 3));
    let topics: std::collections::BTreeSet<_> = seen.iter().map(|one| &one.headers["topic"]).collect();
    assert_eq!(topics.len(), 1, "one conversation");
}

#[test]
fn every_answer_of_a_push_service_has_its_consequence() {
    let retry = |status, wait: &str| Reply::header(status, "retry-after", wait);
    let key = "desktop.vapid_key_file";
    let rows = [
        (Reply::header(201, "location", "https://push.example.net/m/1"), "accepted"),
        (Reply::status(202), "accepted"),
        (Reply::status(404), "subscription"),
        (Reply::status(410), "subscription"),
        (Reply::header(301, "location", "https://push.example.net/moved"), "subscription"),
        (Reply::header(307, "location", "http://169.254.169.254/latest/meta-data"), "subscription"),
        (Reply::status(400), "message"),
        (Reply::status(413), "message"),
        (Reply::status(401), key),
        (Reply::json(403, &serde_json::json!({ "reason": "BadJwtToken" })), key),
        (retry(429, "120"), "in 120s"),
        (Reply::status(429), "later"),
        (retry(503, "30"), "in 30s"),
        (Reply::status(500), "later"),
        (Reply::status(502), "later"),
        (Reply::Reset, "unknown"),
    ];
    for (reply, expected) in rows {
        let answer = reply.clone();
        let scene = Scene::new(move |_| answer.clone());
        let outcome = scene.push_to(&format!("{}/push/1", scene.server.url()));
        assert_eq!(short(&outcome), expected, "{reply:?}: {outcome:?}");
        assert_eq!(scene.server.seen().len(), 1, "asked once, and nobody else: {reply:?}");
    }
}

#[test]
fn where_nobody_listens_nothing_was_handed_over() {
    let scene = Scene::new(|_| Reply::status(201));
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    assert_eq!(short(&scene.push_to(&format!("https://localhost:{port}/push/1"))), "later");
}

#[test]
fn hostile_endpoints_are_refused_without_a_connection() {
    let scene = Scene::new(|_| Reply::status(201));
    let port = scene.server.port;
    for endpoint in [
        "http://169.254.169.254/latest/meta-data".to_owned(),
        format!("https://127.0.0.1:{port}/"),
        format!("https://[::1]:{port}/"),
        format!("https://2130706433:{port}/"),
        format!("https://user:pass@localhost:{port}/push/1"),
        format!("https://fcm.googleapis.com@evil.example:{port}/"),
        "https://fcm.googleapis.com.evil.example/wp/1".to_owned(),
        "file:///etc/passwd".to_owned(),
        "no address".to_owned(),
    ] {
        let outcome = scene.push_to(&endpoint);
        assert_eq!(short(&outcome), "subscription", "{endpoint}: {outcome:?}");
        assert!(!outcome.reply().text.contains("pass@"), "{outcome:?}");
    }
    let strict = way(scene.folder.path(), &KEYS.replace("push_services = [\"localhost\"]\n", "")).unwrap();
    let outcome = strict.send(&notification(&format!("https://localhost:{port}/push/1"), P256DH, AUTH));
    assert_eq!(short(&outcome), "subscription");
    assert!(outcome.reply().text.contains("add it to desktop.push_services"), "{outcome:?}");
    assert_eq!(scene.server.connections(), 0);
}

#[test]
fn a_public_name_that_leads_to_this_machine_is_not_connected_to() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    furnish(folder.path(), &authority);
    let server = HttpServer::https(&authority, |_| Reply::status(201));
    let anywhere = Http::new(&toml::from_str("ca_file = \"ca.pem\"").unwrap(), folder.path());
    let ask = |way: &Http| {
        let url = Url::parse(&server.url()).unwrap();
        let timeout = Duration::from_secs(10);
        way.send(Request { method: Method::POST, url, headers: HeaderMap::new(), body: b"x".to_vec(), timeout })
    };
    let Err(Lost::Unsent(why)) = ask(&anywhere.to_public(|name| name == "localhost")) else { panic!("it was asked") };
    assert!(why.contains("leads to no address of the open internet"), "{why}");
    assert_eq!(server.connections(), 0);
    assert_eq!(
        ask(&anywhere.to_public(|_| false)).unwrap().status,
        201,
        "a host that the operator named may be private"
    );
}

/// A name server that leads every name to the address under which clouds keep their machines' passwords.
const LYING_NAMES: &str = "
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
typedef int look_up(const char *, const char *, const struct addrinfo *, struct addrinfo **);
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    look_up *real = (look_up *)dlsym(RTLD_NEXT, \"getaddrinfo\");
    return name ? real(\"169.254.169.254\", service, hints, found) : real(name, service, hints, found);
}
";

#[test]
fn a_push_service_whose_name_leads_into_a_private_network_is_not_connected_to() {
    let mut office = Office::new();
    office.agent("ada").browser("ada", "https://fcm.googleapis.com/wp/abc", P256DH, AUTH);
    furnish(office.folder(), &Authority::new());
    let shift = Shift::under(office, RULE).set(&format!("[desktop]\n{KEYS}"));
    let folder = shift.office.folder();
    fs::write(folder.join("doorbell.toml"), shift.written()).unwrap();
    let (source, library) = (folder.join("names.c"), folder.join("names.so"));
    fs::write(&source, LYING_NAMES).unwrap();
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).arg("-ldl");
    assert!(cc.status().unwrap_or_else(|error| panic!("{error}: install gcc")).success());

    let mut send = Command::new(env!("CARGO_BIN_EXE_doorbell"));
    for proxy in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        send.env_remove(proxy);
    }
    let output =
        send.current_dir(folder).env("LD_PRELOAD", &library).args(["send-test", "desktop", "1"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("fcm.googleapis.com leads to no address of the open internet"), "{said}");
    assert_eq!(output.status.code(), Some(75));
}

#[test]
fn keys_that_no_browser_gave_cost_the_subscription_and_are_not_repeated() {
    let scene = Scene::new(|_| Reply::status(201));
    let endpoint = format!("{}/push/1", scene.server.url());
    for (p256dh, auth) in [("", AUTH), (P256DH, "c2hvcnQ"), ("c2hvcnQ", AUTH)] {
        let outcome = scene.way.send(&notification(&endpoint, p256dh, auth));
        assert_eq!(short(&outcome), "subscription");
        assert!(!outcome.reply().text.contains("c2hvcnQ"), "{outcome:?}");
    }
    assert_eq!(scene.server.connections(), 0);
}

#[test]
fn an_endpoint_that_a_service_repeats_stays_out_of_the_words() {
    let scene = Scene::new(|seen| Reply::Says(400, Vec::new(), format!("bad push to {}", seen.path).into_bytes()));
    let outcome = scene.push_to(&format!("{}/wpush/v2/gAAAAABsecretsecretsecret", scene.server.url()));
    assert_eq!(outcome.reply().words(), "400 bad push to /wpush/v2/***");
}

#[test]
fn a_subscription_that_is_gone_is_not_pushed_to_again_and_the_others_are() {
    let authority = Authority::new();
    let server = HttpServer::https(&authority, |seen| Reply::status(if seen.path == "/push/1" { 410 } else { 201 }));
    let mut shift = at_work(&server, &authority, 2);
    shift.office.asks("c1", "hello?");
    shift.pass("2026-03-02T09:10:00Z");
    let mut states = shift.states_of(Channel::Desktop);
    states.sort();
    assert_eq!(states, ["dead", "sent"]);
    shift.office.at("2026-03-02T09:11:00Z").asks("c1", "anybody there?");
    shift.pass("2026-03-02T09:20:00Z");
    let paths: Vec<_> = server.seen().iter().map(|seen| seen.path.clone()).collect();
    assert_eq!(paths.iter().filter(|path| *path == "/push/1").count(), 1, "{paths:?}");
    assert_eq!(paths.iter().filter(|path| *path == "/push/2").count(), 2, "{paths:?}");

    let endpoint = format!("{}/push/1", server.url());
    let shown = doorbell(&shift, &["suppress", "remove", &endpoint]);
    assert!(shown.contains("is not blocked any more"), "{shown}");
    shift.office.at("2026-03-02T09:21:00Z").asks("c1", "please!");
    shift.pass("2026-03-02T09:30:00Z");
    assert_eq!(server.seen().iter().filter(|seen| seen.path == "/push/1").count(), 2);
}

#[test]
fn a_subscription_made_with_another_key_costs_itself_and_not_the_channel() {
    let authority = Authority::new();
    let server = HttpServer::https(&authority, |seen| Reply::status(if seen.path == "/push/1" { 403 } else { 201 }));
    let mut shift = at_work(&server, &authority, 3);
    shift.office.asks("c1", "hello?");
    shift.pass("2026-03-02T09:10:00Z");
    let mut states = shift.states_of(Channel::Desktop);
    states.sort();
    assert_eq!(states, ["dead", "sent", "sent"]);
}

#[test]
fn a_push_service_that_accepts_costs_no_browser_of_another_one_its_place() {
    let authority = Authority::new();
    let google = HttpServer::https(&authority, |_| Reply::status(201));
    let apple = HttpServer::https(&authority, |_| Reply::json(403, &serde_json::json!({ "reason": "BadJwtToken" })));
    let mut shift = at_work(&google, &authority, 1);
    shift.office.browser("ada", &format!("{}/push/9", apple.url()), P256DH, AUTH);
    shift.office.asks("c1", "hello?");
    let report = shift.pass("2026-03-02T09:10:00Z");
    assert_eq!((report.sent, report.retried, report.exit_status()), (1, 1, 0), "{report:?}");
    let report = shift.pass("2026-03-02T10:30:00Z");
    assert_eq!((report.dead, report.misconfigured), (0, true), "nobody else was asked: {report:?}");
    assert!(shift.ledger().blocked(instant("2026-03-02T10:31:00Z")).unwrap().is_empty());
}

#[test]
fn a_browser_is_taken_out_of_the_blocked_ones_by_its_number() {
    let authority = Authority::new();
    let server = HttpServer::https(&authority, |seen| Reply::status(if seen.path == "/push/1" { 410 } else { 201 }));
    let mut shift = at_work(&server, &authority, 2);
    shift.office.asks("c1", "hello?");
    shift.pass("2026-03-02T09:10:00Z");
    // the program looks at its own clock
    shift.books.write("UPDATE doorbell_block SET until = NULL");
    assert!(doorbell(&shift, &["suppress", "list"]).starts_with("desktop  device 1 "));
    let said = doorbell(&shift, &["suppress", "remove", "desktop", "device", "1"]);
    assert_eq!(said, "desktop device 1 is not blocked any more\n");
    assert_eq!(doorbell(&shift, &["suppress", "list"]), "no address is blocked\n");
}

#[test]
fn a_key_that_no_service_knows_stops_the_channel_and_loses_nothing() {
    let authority = Authority::new();
    let server = HttpServer::https(&authority, |_| Reply::status(403));
    let mut shift = at_work(&server, &authority, 2);
    shift.office.asks("c1", "hello?");
    shift.pass("2026-03-02T09:10:00Z");
    assert!(shift.states_of(Channel::Desktop).iter().all(|state| state == "queued"), "{:?}", shift.states());
}

#[test]
fn x4_a_push_whose_answer_was_lost_goes_again_in_the_place_of_the_first() {
    let authority = Authority::new();
    let first = std::sync::atomic::AtomicBool::new(true);
    let lose = move |_: &Seen| {
        if first.swap(false, std::sync::atomic::Ordering::SeqCst) { Reply::Reset } else { Reply::status(201) }
    };
    let server = HttpServer::https(&authority, lose);
    let mut shift = at_work(&server, &authority, 1);
    shift.office.asks("c1", "hello?");
    shift.pass("2026-03-02T09:10:00Z");
    shift.pass("2026-03-02T09:20:00Z");
    assert_eq!(shift.states_of(Channel::Desktop), ["sent"]);
    let seen = server.seen();
    assert_eq!((seen.len(), &seen[0].headers["topic"]), (2, &seen[1].headers["topic"]));
    let read = |seen: &Seen| serde_json::from_str::<Value>(&decrypted(&seen.body)).unwrap();
    assert_eq!(read(&seen[0])["uid"], read(&seen[1])["uid"]);
    assert_eq!(read(&seen[0])["tag"], read(&seen[1])["tag"]);
}

#[test]
fn a_key_file_that_cannot_be_used_is_named() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    furnish(folder.path(), &authority);
    let key = folder.path().join("vapid.pem");
    let fault = || match way(folder.path(), KEYS) {
        Err(Outcome::Misconfigured { key: "desktop.vapid_key_file", reply }) => reply.text,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it works"),
    };
    fs::set_permissions(&key, PermissionsExt::from_mode(0o644)).unwrap();
    assert!(fault().contains("can be read by others"));
    fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).unwrap();
    fs::write(&key, "remember the milk").unwrap();
    assert!(fault().contains("holds no P-256 private key"), "{}", fault());
    fs::remove_file(&key).unwrap();
    assert!(fault().contains("read secret file"));
}

#[test]
fn m7_check_names_whose_subscription_cannot_be_used_and_what_the_page_needs() {
    let authority = Authority::new();
    let server = HttpServer::https(&authority, |_| Reply::status(201));
    let mut shift = at_work(&server, &authority, 1);
    shift.office.agent("bob").browser("bob", "https://push.evil.example/1", P256DH, AUTH);
    shift.office.agent("cyd").device("cyd", "webpush", &format!("{}/push/9", server.url()));
    shift.office.agent("dan");
    let found = doorbell(&shift, &["check", "--connect"]);
    for line in [
        "note  desktop  the subscription's endpoint is at \"push.evil.example\", which is no push service of a browser; if you \
         trust it, add it to desktop.push_services: Bob\n",
        "note  desktop  the subscription's p256dh is not the public key of a browser (65 bytes of P-256 in base64url): Cyd\n",
        "note  desktop  1 of 4 agents have no browser that has subscribed: Dan\n",
    ] {
        assert!(found.contains(line), "{line}{found}");
    }
    let key = fs::read_to_string(shift.office.folder().join("vapid.pem")).unwrap();
    assert!(found.contains(VapidKey::read(&key.into()).unwrap().public()), "{found}");
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_test_goes_to_a_browser_of_the_desk_by_its_id_or_its_endpoint() {
    let authority = Authority::new();
    let server = HttpServer::https(&authority, |_| Reply::status(201));
    let shift = at_work(&server, &authority, 2);
    assert!(doorbell(&shift, &["send-test", "desktop", "2"]).contains("accepted"));
    let endpoint = format!("{}/push/1", server.url());
    assert!(doorbell(&shift, &["send-test", "desktop", &endpoint]).contains("accepted"));
    let seen = server.seen();
    assert_eq!(seen.iter().map(|seen| &*seen.path).collect::<Vec<_>>(), ["/push/2", "/push/1"]);
    assert!(!decrypted(&seen[0].body).is_empty());
}

#[test]
fn the_probe_signs_and_asks_nobody() {
    let scene = Scene::new(|_| Reply::status(201));
    let words = scene.way.probe().unwrap();
    assert!(words.contains("public half B") && words.contains("send-test desktop"), "{words}");
    assert_eq!(scene.server.connections(), 0);
}

#[test]
fn settings_that_make_no_sense_are_answered_with_a_remedy() {
    let wrong = |keys: &str| toml::from_str::<desktop::Settings>(keys).unwrap_err().message().to_owned();
    let rows = [
        ("", "doorbell vapid FILE"),
        ("vapid_key_file = \"a\"", "needs contact"),
        ("contact = \"mailto:a@example.com\"", "needs vapid_key_file"),
        ("outbox = \"a\"\nvapid_key_file = \"a\"", "remove one side"),
        ("vapid_key_file = \"a\"\ncontact = \"a@example.com\"", "mailto:"),
        (&format!("{KEYS}ttl = \"31d\""), "at most \"30d\""),
        (&format!("{KEYS}urgency = \"urgent\""), "very-low"),
        ("outbox = \"a\"\npush_services = [\"https://push.example.com\"]", "its name alone"),
        ("outbox = \"a\"\nlanes = 3", "unknown field"),
    ];
    for (keys, expected) in rows {
        assert!(wrong(keys).contains(expected), "{keys}: {}", wrong(keys));
    }
}

#[test]
fn all_of_this_holds_on_postgresql_too() {
    hold_on_postgresql_too(8, &[]);
}
