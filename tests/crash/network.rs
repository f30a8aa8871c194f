//! Providers over HTTP that take everything, list it when asked, and know what they took: the oracle of a trial.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use chrono::Utc;
use serde_json::json;

use crate::servers::{HttpServer, Reply, Seen};

const ACCOUNT: &str = "AC00000000000000000000000000000000";

/// What was taken, as (whose, what): the number and the text, or the token and the content key.
type Taken = Arc<Mutex<Vec<(String, String)>>>;

/// A provider.
pub(crate) struct Network {
    server: HttpServer,
    taken: Taken,
}

impl Network {
    /// Takes pushes as Apple does and text messages as Twilio does.
    pub(crate) fn start() -> Self {
        let taken: Taken = Arc::default();
        let book = Arc::clone(&taken);
        let server = HttpServer::plain(move |seen| {
            let mut book = book.lock().unwrap();
            if let Some(token) = seen.path.strip_prefix("/3/device/") {
                let number = u64::from_str_radix(token, 16).unwrap();
                book.push((number.to_string(), seen.json()["uid"].as_str().unwrap().to_owned()));
                return Reply::status(200);
            }
            twilio(seen, &mut book)
        });
        Self { server, taken }
    }

    pub(crate) fn taken(&self) -> Vec<(String, String)> {
        self.taken.lock().unwrap().clone()
    }

    /// The settings that lead to Apple, with the key that they name.
    pub(crate) fn apple(&self, folder: &Path) -> String {
        secret(folder, "apns.p8", &rcgen::KeyPair::generate().unwrap().serialize_pem());
        format!(
            "[push]\n[push.apns]\nkey_file = \"apns.p8\"\nkey_id = \"ABCDE12345\"\nteam_id = \"TEAM123456\"\n\
             topic = \"com.example.desk\"\nendpoint = \"http://127.0.0.1:{}\"\n",
            self.server.port
        )
    }

    /// The settings that lead to Twilio, with the secret that they name.
    pub(crate) fn twilio(&self, folder: &Path) -> String {
        secret(folder, "token", "a secret of the desk");
        format!(
            "[sms]\naccount = \"{ACCOUNT}\"\nauth_token_file = \"token\"\nfrom = \"+441632960999\"\n\
             endpoint = \"http://127.0.0.1:{}\"\n",
            self.server.port
        )
    }
}

/// Makes a message, or lists those that were made to a number.
fn twilio(seen: &Seen, book: &mut Vec<(String, String)>) -> Reply {
    let fields = |text: &str| Seen::form(text).into_iter().collect::<BTreeMap<String, String>>();
    if seen.method == "POST" {
        let form = fields(&seen.text());
        book.push((form["To"].trim_start_matches("+44163296").to_owned(), form["Body"].clone()));
        let sid = format!("SM{:032}", book.len());
        return Reply::json(201, &json!({ "sid": sid, "status": "queued", "error_code": null }));
    }
    let number = fields(&seen.query)["To"].clone();
    let now = Utc::now().to_rfc2822();
    let to_them = book.iter().enumerate().filter(|(_, (whose, _))| number.ends_with(&format!("+44163296{whose}")));
    let messages = to_them.map(|(index, (_, body))| {
        json!({ "sid": format!("SM{:032}", index + 1), "direction": "outbound-api", "status": "sent", "to": number,
                "from": "+441632960999", "body": body, "date_created": now, "date_sent": now, "error_code": null })
    });
    Reply::json(200, &json!({ "messages": messages.collect::<Vec<_>>(), "next_page_uri": null }))
}

fn secret(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).unwrap();
    fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o600)).unwrap();
}
