//! Ada, who is told by one gateway, and a provider that answers her as the row says and everybody else well.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use doorbell::deliver::carrier::Ready;
use doorbell::pass::Report;
use serde_json::json;

use crate::office::{Office, instant};
use crate::servers::{HttpServer, Reply, Seen};
use crate::shift::Shift;
use crate::table::Row;

pub(crate) const GATEWAYS: [&str; 6] = ["sms", "push.apns", "push.fcm", "push.onesignal", "push.beams", "desktop"];

const NINE: &str = "2026-03-02T09:10:00Z";
/// What a browser shows when it subscribes (RFC 8291, appendix A).
const P256DH: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

/// The key of a service account; making one takes a while.
static RSA: LazyLock<String> =
    LazyLock::new(|| rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap().serialize_pem());

/// Who else is told by the gateway in the same pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    Alone,
    BesideOthers,
}

/// What became of Ada's delivery.
#[derive(Debug)]
pub(crate) struct Ending {
    pub(crate) state: String,
    /// Seconds to the next attempt, of a delivery that waits.
    pub(crate) wait: i64,
    pub(crate) is_in_doubt: bool,
    pub(crate) is_blocked: bool,
    /// The settings key at fault, empty when the gateway may work again by itself; `None` when it works.
    pub(crate) outage: Option<String>,
    pub(crate) words: String,
    /// Whether anything that is said holds her address or a secret.
    leaks: bool,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { state, wait, is_in_doubt, is_blocked, outage, words, leaks } = self;
        write!(f, "{state}, next in {wait} s, in doubt: {is_in_doubt}, blocked: {is_blocked}, outage: {outage:?}")?;
        write!(f, ", leaks: {leaks}, words: {words}")
    }
}

pub(crate) struct Scene {
    shift: Shift,
    gateway: String,
    _server: HttpServer,
}

impl Scene {
    pub(crate) fn new(gateway: &str, row: &Row, told: Told) -> Self {
        // what the command line does first
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let (name, reply) = (gateway.to_owned(), row.reply.clone());
        let server = HttpServer::plain(move |seen| {
            if let Some(token) = oauth(seen) {
                return token;
            }
            if is_adas(seen) { reply.clone() } else { well(&name) }
        });
        let mut office = Office::new();
        office.contact("tom");
        let people: &[&str] = if told == Told::Alone { &["ada"] } else { &["ada", "bob"] };
        for person in people {
            office.agent(person).asks(person, "hello?").assign(person, person);
            reach(&mut office, gateway, person, server.port);
        }
        let channel = gateway.split('.').next().unwrap();
        let rules = format!(
            "[rule.reminder]\nwatch = \"unreplied\"\nschedule = {{ every = \"5m\" }}\ngrace = \"5m\"\n\
             tell = [\"assignee\"]\nvia = [\"{channel}\"]\n"
        );
        keys(office.folder(), server.port);
        let settings = settings(gateway, server.port);
        Self { shift: Shift::under(office, &rules).set(&settings), gateway: gateway.into(), _server: server }
    }

    /// How long an attempt takes at most by what the carrier says, and by what the settings say of all.
    pub(crate) fn longest_attempt(&self) -> (Duration, Duration) {
        let config = self.shift.config();
        let carriers = config.deliver.carriers(&config.folder, &BTreeMap::new(), instant(NINE));
        let longest = |carrier: &Ready| carrier.as_ref().map_or(Duration::ZERO, |carrier| carrier.longest_attempt());
        (carriers.values().map(longest).max().unwrap_or_default(), config.deliver.longest_attempt())
    }

    /// One pass, and what became of Ada.
    pub(crate) fn plays(mut self) -> Ending {
        let report = self.shift.pass(NINE);
        self.ending(&report)
    }

    fn ending(&self, report: &Report) -> Ending {
        let ledger = &self.shift.books;
        let row = "SELECT state, next_attempt_at, ambiguous > 0,
                     coalesce(reply_code, '') || ' ' || coalesce(reply_text, '')
                   FROM doorbell_delivery WHERE recipient = 'agent:1'";
        let row = &ledger.rows(row)[0];
        let (state, next, is_in_doubt, words): (String, i64, bool, String) =
            (row.get(0), row.get(1), row.get(2), row.get(3));
        let outage = format!("SELECT key FROM doorbell_outage WHERE gateway = '{}'", self.gateway);
        let blocked = "SELECT EXISTS (SELECT 1 FROM doorbell_block)";
        let said = format!("{words} {report:?}");
        let secrets = ["441632960011", "aaaaaaaaaaaaaaaa", "ada-token", "adas-subscription", "secret-of-the-desk"];
        Ending {
            wait: (next - instant(NINE).timestamp_millis()) / 1_000,
            is_in_doubt,
            is_blocked: ledger.value(blocked),
            outage: ledger.column(&outage).pop(),
            leaks: secrets.iter().any(|secret| said.contains(secret)),
            words,
            state,
        }
    }
}

impl Ending {
    pub(crate) fn leaks(&self) -> bool {
        self.leaks
    }
}

/// Makes somebody reachable by the gateway and by nothing else.
fn reach(office: &mut Office, gateway: &str, person: &str, port: u16) {
    let is_ada = person == "ada";
    match gateway {
        "sms" => _ = office.phone(person, if is_ada { "+441632960011" } else { "+441632960012" }),
        "push.apns" => _ = office.device(person, "apns", &if is_ada { "a" } else { "b" }.repeat(64)),
        "push.fcm" => _ = office.device(person, "fcm", &format!("{person}-token-of-a-phone")),
        "push.onesignal" => _ = office.device(person, "onesignal", &format!("external_id:{person}s-subscription")),
        "push.beams" => _ = office.device(person, "beams", &format!("{person}-token-of-a-user")),
        _ => {
            office.device(person, "webpush", &format!("http://localhost:{port}/push/{person}s-subscription"));
            let keys = format!("UPDATE devices SET p256dh = '{P256DH}', auth = '{AUTH}'");
            office.connection().execute_batch(&keys).unwrap();
        }
    }
}

fn is_adas(seen: &Seen) -> bool {
    let text = format!("{} {} {}", seen.path, seen.query, String::from_utf8_lossy(&seen.body));
    ["441632960011", "aaaaaaaaaaaaaaaa", "ada-token", "adas-subscription"].iter().any(|mark| text.contains(mark))
}

/// The token that Google gives out before anything else.
fn oauth(seen: &Seen) -> Option<Reply> {
    let token = json!({ "access_token": "ya29.secret-of-the-desk", "expires_in": 3599, "token_type": "Bearer" });
    (seen.path == "/token").then(|| Reply::json(200, &token))
}

/// What a provider answers when all is well.
pub(crate) fn well(gateway: &str) -> Reply {
    match gateway {
        "sms" => {
            Reply::json(201, &json!({ "sid": format!("SM{}", "0".repeat(32)), "status": "queued", "error_code": null }))
        }
        "push.fcm" => Reply::json(200, &json!({ "name": "projects/desk/messages/1" })),
        "push.onesignal" => {
            Reply::json(200, &json!({ "id": "6d6f6e6f-6c69-7468-0000-000000000000", "external_id": null }))
        }
        "push.beams" => Reply::json(200, &json!({ "publishId": "pubid-1" })),
        "desktop" => Reply::header(201, "location", "https://push.example.net/m/1"),
        _ => Reply::status(200),
    }
}

fn settings(gateway: &str, port: u16) -> String {
    let here = format!("endpoint = \"http://127.0.0.1:{port}\"\n");
    match gateway {
        "sms" => format!(
            "[sms]\naccount = \"AC{}\"\nauth_token_file = \"secret\"\nfrom = \"+441632960999\"\n{here}",
            "0".repeat(32)
        ),
        "push.apns" => format!(
            "[push.apns]\nkey_file = \"apns.p8\"\nkey_id = \"ABCDE12345\"\nteam_id = \"TEAM123456\"\n\
             topic = \"com.example.desk\"\n{here}"
        ),
        "push.fcm" => format!("[push.fcm]\nservice_account_file = \"service-account-{port}.json\"\n{here}"),
        "push.onesignal" => format!(
            "[push.onesignal]\napp_id = \"11111111-2222-3333-4444-555555555555\"\nkey_file = \"secret\"\n{here}"
        ),
        "push.beams" => {
            format!("[push.beams]\ninstance = \"11111111-2222-3333-4444-555555555555\"\nkey_file = \"secret\"\n{here}")
        }
        _ => "[desktop]\nvapid_key_file = \"apns.p8\"\ncontact = \"mailto:desk@example.com\"\n\
              push_services = [\"localhost\"]\n"
            .into(),
    }
}

/// Everything secret that a section may name.
fn keys(folder: &Path, port: u16) {
    let write = |name: &str, text: &str| {
        fs::write(folder.join(name), text).unwrap();
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o600)).unwrap();
    };
    write("secret", "secret-of-the-desk");
    write("apns.p8", &rcgen::KeyPair::generate().unwrap().serialize_pem());
    let account = json!({
        "type": "service_account",
        "project_id": "desk",
        "private_key_id": "0123456789abcdef",
        "private_key": *RSA,
        "client_email": "doorbell@desk.iam.gserviceaccount.com",
        "token_uri": format!("http://127.0.0.1:{port}/token"),
    });
    write(&format!("service-account-{port}.json"), &account.to_string());
}
