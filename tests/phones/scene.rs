//! A network on this machine, keys made for one test, and a notification.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use doorbell::deliver::carrier::{Carrier, Token};
use doorbell::deliver::{Carriers, Notification, Settings};
use doorbell::model::{Device, Gateway, Note, Outcome, Provider, Recipient, RecipientId, Sound};
use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::servers::{Authority, HttpServer, Reply, Seen, python};

/// Keys are slow to make.
pub(crate) static RSA: LazyLock<KeyPair> =
    LazyLock::new(|| KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap());
pub(crate) static EC: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate().unwrap());

pub(crate) const APP: &str = "01234567-89ab-cdef-0123-456789abcdef";
pub(crate) const PHONE: &str = "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0";
pub(crate) const LINK: &str = "https://chat.example.com/1000";

/// A folder with keys, and the network.
pub(crate) struct Scene {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) network: HttpServer,
}

impl Scene {
    /// With a network over TLS and HTTP/2 that answers like this.
    pub(crate) fn new(respond: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        // what `cli::run` does first
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
        let network = HttpServer::https(&authority, respond);
        keys(folder.path(), &authority, &network);
        Self { folder, network }
    }

    /// The settings of a network that is here; `more` are keys of its section.
    pub(crate) fn settings(&self, network: Provider, more: &str) -> String {
        settings(&self.network, network, more)
    }

    pub(crate) fn carriers(&self, settings: &str, tokens: &BTreeMap<Gateway, Token>) -> Carriers {
        #[derive(Deserialize)]
        struct File {
            http: doorbell::deliver::http::Settings,
            push: doorbell::deliver::push::Settings,
        }
        let File { http, push } = toml::from_str(settings).unwrap();
        Settings { http, push: Some(push), ..Settings::default() }.carriers(self.folder.path(), tokens, nine())
    }

    /// The only carrier of these settings.
    pub(crate) fn carrier(&self, settings: &str) -> Box<dyn Carrier> {
        let mut carriers = self.carriers(settings, &BTreeMap::new());
        assert_eq!(carriers.len(), 1);
        carriers.pop_first().unwrap().1.unwrap_or_else(|fault| panic!("{fault:?}"))
    }
}

/// Writes the keys that [`settings`] name.
pub(crate) fn keys(folder: &Path, authority: &Authority, network: &HttpServer) {
    let account = json!({
        "type": "service_account",
        "project_id": "my-desk",
        "private_key_id": "0a1b2c",
        "private_key": RSA.serialize_pem(),
        "client_email": "doorbell@my-desk.iam.gserviceaccount.com",
        "token_uri": format!("{}/token", network.url()),
    });
    for (name, text) in [
        ("ca.pem", authority.pem.clone()),
        ("AuthKey.p8", EC.serialize_pem()),
        ("account.json", account.to_string()),
        ("onesignal.key", "os_v2_app_topsecret\n".into()),
        ("beams.key", "BEAMSSECRETKEY\n".into()),
    ] {
        fs::write(folder.join(name), text).unwrap();
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o640)).unwrap();
    }
}

/// The section of a network that is at this server.
pub(crate) fn settings(server: &HttpServer, network: Provider, more: &str) -> String {
    let keys = match network {
        Provider::Apns => {
            "key_file = \"AuthKey.p8\"\nkey_id = \"ABC123DEFG\"\nteam_id = \"DEF123GHIJ\"\ntopic = \"com.example.app\""
        }
        Provider::Fcm => "service_account_file = \"account.json\"",
        Provider::OneSignal => &format!("app_id = \"{APP}\"\nkey_file = \"onesignal.key\""),
        Provider::Beams => &format!("instance = \"{APP}\"\nkey_file = \"beams.key\""),
        Provider::WebPush => panic!("a browser is no phone"),
    };
    let (word, url) = (network.word(), server.url());
    format!("[http]\nca_file = \"ca.pem\"\n[push.{word}]\n{keys}\nendpoint = \"{url}\"\n{more}\n")
}

pub(crate) fn nine() -> DateTime<Utc> {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

/// Tom writes to agent 7, who has two conversations to read, on a phone with this token.
pub(crate) fn notification(network: Provider, token: &str) -> Notification {
    let device = Device {
        id: "12".into(),
        provider: network,
        token: token.into(),
        p256dh: None,
        auth: None,
        platform: None,
        app_id: None,
    };
    Notification {
        recipient: Recipient {
            id: RecipientId::Agent("7".into()),
            name: "Ada".into(),
            address: token.into(),
            device: Some(Arc::new(device)),
            time_zone: Tz::UTC,
        },
        note: Note {
            kind: "unread",
            title: "Tom waits for an answer".into(),
            body: "hello there?".into(),
            link: Some(LINK.into()),
            conversation: "500".into(),
            sound: Some(Sound { name: "bell.caf".into(), repeats: true, in_view: false }),
        },
        collapse: "c0ffeec0ffeec0ffeec0ffeec0ffee00".into(),
        uid: "0123456789abcdef0123456789abcdef".into(),
        badge: Some(2),
        in_doubt_since: None,
        now: nine(),
    }
}

/// What goes along for the app.
pub(crate) fn data() -> Value {
    json!({ "conversation_id": "500", "kind": "unread", "link": LINK, "sound_repeats": "true",
            "uid": "0123456789abcdef0123456789abcdef" })
}

/// An outcome in a word, with the setting at fault or the seconds to wait.
pub(crate) fn word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Accepted(_) => "accepted".into(),
        Outcome::Deferred(None, _) => "later".into(),
        Outcome::Deferred(Some(wait), _) => format!("later {}", wait.as_secs()),
        Outcome::RefusedRecipient(_) => "dead".into(),
        Outcome::RefusedMessage(_) => "dropped".into(),
        Outcome::Misconfigured { key, .. } => (*key).into(),
        Outcome::Unknown(_) => "unknown".into(),
    }
}

/// Header and claims of a token, as `PyJWT` reads them once it has checked the signature.
pub(crate) fn verified(token: &str, key: &KeyPair, algorithm: &str, audience: Option<&str>) -> Value {
    let script = "
import json, sys, jwt
given = json.load(sys.stdin)
options = {'verify_exp': False, 'verify_iat': False}
claims = jwt.decode(given['token'], given['key'], algorithms=[given['algorithm']], audience=given['audience'],
                    options=options)
print(json.dumps({'header': jwt.get_unverified_header(given['token']), 'claims': claims}))
";
    let key = key.public_key_pem();
    python(script, &json!({ "token": token, "key": key, "algorithm": algorithm, "audience": audience }))
}

/// Each of these answers, and what comes of it.
#[track_caller]
pub(crate) fn table(network: Provider, token: &str, rows: &[(Reply, &str)]) {
    for (reply, expected) in rows {
        let said = reply.clone();
        let scene = Scene::new(move |seen| if seen.path == "/token" { granted() } else { said.clone() });
        let carrier = scene.carrier(&scene.settings(network, ""));
        let outcome = carrier.send(&notification(network, token));
        assert_eq!(word(&outcome), *expected, "{reply:?} became {outcome:?}");
        let words = outcome.reply().words();
        for secret in [token, "topsecret", "SECRETKEY", "an-access-token", "eyJ"] {
            assert!(!words.contains(secret), "{words}");
        }
    }
}

/// What Google's accounts answer.
pub(crate) fn granted() -> Reply {
    Reply::json(200, &json!({ "access_token": "an-access-token", "expires_in": 3599, "token_type": "Bearer" }))
}
