//! Twilio as far as text messages go: takes forms, makes messages, lists them by the page, and fails as it is told.

use std::collections::VecDeque;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::office::instant;
use crate::servers::{HttpServer, Reply, Seen};

pub const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
pub const TOKEN: &str = "5e1f0f2a3b4c5d6e7f8091a2b3c4d5e6";
pub const FROM: &str = "+15005550006";
/// Base64 of account, colon and token.
const BASIC: &str =
    "Basic QUMwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjo1ZTFmMGYyYTNiNGM1ZDZlN2Y4MDkxYTJiM2M0ZDVlNg==";

/// What happens to the next request.
#[derive(Clone)]
pub enum Act {
    /// This is the answer, and nothing is done.
    Says(Reply),
    /// It is done, and this is the answer.
    DoneBut(Reply),
}

pub struct Twilio {
    pub server: HttpServer,
    house: Arc<Mutex<House>>,
}

struct House {
    messages: Vec<Value>,
    /// What happens to the next messages, and to the next lists.
    makes: VecDeque<Act>,
    lists: VecDeque<Act>,
    now: DateTime<Utc>,
    page: usize,
    next_page: Option<String>,
    /// Whether messages are sent at once, or stay queued.
    sends: bool,
}

/// An error as Twilio words it.
pub fn error(status: u16, code: u32, message: &str) -> Reply {
    let more = format!("https://www.twilio.com/docs/errors/{code}");
    Reply::json(status, &json!({ "code": code, "message": message, "more_info": more, "status": status }))
}

impl Twilio {
    pub fn start() -> Self {
        // the program does so when it starts; a test that runs beside others may find it done
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let house = Arc::new(Mutex::new(House {
            messages: Vec::new(),
            makes: VecDeque::new(),
            lists: VecDeque::new(),
            now: instant("2026-03-02T09:00:00Z"),
            page: 50,
            next_page: None,
            sends: true,
        }));
        let of_server = Arc::clone(&house);
        let server = HttpServer::plain(move |seen| of_server.lock().unwrap().answer(seen));
        Self { server, house }
    }

    /// The keys of `[sms]` that lead here, and the token beside them.
    pub fn settings(&self, folder: &Path, more: &str) -> String {
        let token = folder.join("token");
        std::fs::write(&token, format!("{TOKEN}\n")).unwrap();
        std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).unwrap();
        let url = self.server.url();
        let from = if more.contains("from = ") { String::new() } else { format!("from = {FROM:?}\n") };
        format!("\n[sms]\naccount = {ACCOUNT:?}\nauth_token_file = \"token\"\nendpoint = {url:?}\n{from}{more}\n")
    }

    pub fn makes(&self, act: Act) -> &Self {
        self.house.lock().unwrap().makes.push_back(act);
        self
    }

    pub fn lists(&self, act: Act) -> &Self {
        self.house.lock().unwrap().lists.push_back(act);
        self
    }

    pub fn at(&self, time: &str) -> &Self {
        self.house.lock().unwrap().now = instant(time);
        self
    }

    pub fn pages_of(&self, page: usize) -> &Self {
        self.house.lock().unwrap().page = page;
        self
    }

    /// From now on the list names this as its next page.
    pub fn next_page(&self, uri: &str) -> &Self {
        self.house.lock().unwrap().next_page = Some(uri.to_owned());
        self
    }

    /// From now on messages stay queued.
    pub fn queues(&self) -> &Self {
        self.house.lock().unwrap().sends = false;
        self
    }

    /// Somebody texts the account.
    pub fn receives(&self, from: &str, body: &str, at: &str) -> String {
        self.receives_media(from, body, at, 0)
    }

    pub fn receives_media(&self, from: &str, body: &str, at: &str, media: u32) -> String {
        let mut house = self.house.lock().unwrap();
        let at = instant(at).to_rfc2822();
        let message = house.message(from, FROM, body, "inbound", "received", Some(&at), &at, media);
        house.messages.push(message);
        house.messages.last().unwrap()["sid"].as_str().unwrap().to_owned()
    }

    pub fn messages(&self) -> Vec<Value> {
        self.house.lock().unwrap().messages.clone()
    }

    /// Number and text of each message that it was asked to send and did.
    pub fn sent(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let messages = self.messages();
        let sent = messages.iter().filter(|message| message["direction"] == "outbound-api");
        sent.map(|message| (text(&message["to"]), text(&message["body"]))).collect()
    }

    /// The requests of one method.
    pub fn seen(&self, method: &str) -> Vec<Seen> {
        self.server.seen().into_iter().filter(|seen| seen.method == method).collect()
    }

    pub fn marks(&self, status: &str) {
        for message in &mut self.house.lock().unwrap().messages {
            message["status"] = json!(status);
        }
    }
}

impl House {
    fn answer(&mut self, seen: &Seen) -> Reply {
        if seen.headers.get("authorization").map(String::as_str) != Some(BASIC) {
            return error(401, 20003, "Authenticate");
        }
        let act = if seen.method == "POST" { self.makes.pop_front() } else { self.lists.pop_front() };
        match act {
            Some(Act::Says(reply)) => reply,
            Some(Act::DoneBut(reply)) => {
                self.done(seen);
                reply
            }
            None => self.done(seen),
        }
    }

    fn done(&mut self, seen: &Seen) -> Reply {
        let messages = format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json");
        match (seen.method.as_str(), seen.path.as_str()) {
            ("POST", path) if path == messages => self.make(seen),
            ("GET", path) if path == messages => self.list(seen),
            ("GET", path) if path == format!("/2010-04-01/Accounts/{ACCOUNT}.json") => {
                Reply::json(200, &json!({ "sid": ACCOUNT, "status": "active", "type": "Full" }))
            }
            _ => error(404, 20404, "The requested resource was not found"),
        }
    }

    fn make(&mut self, seen: &Seen) -> Reply {
        let form = Seen::form(&seen.text());
        let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let from = field("From").or(field("MessagingServiceSid")).unwrap();
        let now = self.now.to_rfc2822();
        let (to, body) = (field("To").unwrap(), field("Body").unwrap());
        let sent = self.sends.then(|| now.clone());
        let mut message = self.message(from, to, body, "outbound-api", "queued", None, &now, 0);
        let reply = Reply::json(201, &message);
        message["date_sent"] = json!(sent);
        message["status"] = json!(if self.sends { "sent" } else { "queued" });
        self.messages.push(message);
        reply
    }

    #[expect(clippy::too_many_arguments, reason = "a message has so many fields")]
    fn message(
        &self,
        from: &str,
        to: &str,
        body: &str,
        direction: &str,
        status: &str,
        sent: Option<&str>,
        created: &str,
        media: u32,
    ) -> Value {
        let sid = format!("SM{:032x}", self.messages.len() + 1);
        let (from, service) = if from.starts_with("MG") { (None, Some(from)) } else { (Some(from), None) };
        json!({
            "account_sid": ACCOUNT, "api_version": "2010-04-01", "body": body, "date_created": created,
            "date_sent": sent, "date_updated": created, "direction": direction, "error_code": null,
            "error_message": null, "from": from, "messaging_service_sid": service, "num_media": media.to_string(),
            "num_segments": "1", "price": null, "price_unit": null, "sid": sid, "status": status, "to": to,
            "uri": format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json"),
        })
    }

    /// The latest first, as other APIs of this form say they do.
    fn list(&self, seen: &Seen) -> Reply {
        let query = Seen::form(&seen.query);
        let field = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let fits = |message: &&Value| {
            let day = message["date_sent"].as_str().map(|at| DateTime::parse_from_rfc2822(at).unwrap().date_naive());
            field("To").is_none_or(|to| message["to"] == to)
                && field("DateSent>").is_none_or(|from| day.is_some_and(|day| day.to_string().as_str() >= from))
        };
        let all: Vec<&Value> = self.messages.iter().rev().filter(fits).collect();
        let from: usize = field("PageToken").map_or(0, |token| token.parse().unwrap());
        let shown: Vec<&Value> = all.iter().skip(from).take(self.page).copied().collect();
        let next = (from + self.page < all.len()).then(|| {
            let token = from + self.page;
            let kept: Vec<&str> = seen.query.split('&').filter(|part| !part.starts_with("Page")).collect();
            format!("{}?{}&PageSize={}&Page=1&PageToken={token}", seen.path, kept.join("&"), self.page)
        });
        let next = self.next_page.clone().or(next);
        Reply::json(200, &json!({ "messages": shown, "next_page_uri": next, "page": 0, "page_size": self.page }))
    }
}
