//! From words to a message (RFC 5322, MIME): one recipient, text and HTML, the same bytes for the same mail.
//! Nothing that a person wrote reaches a header unencoded or an address unchecked.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use lettre::Address;
use lettre::message::header::{self, ContentTransferEncoding, Header, HeaderName, HeaderValue, Headers};
use lettre::message::{Body, Mailbox, Mailboxes};

use super::settings::{ListId, Settings, Unsubscribe};
use crate::model::{Recipient, Reply, Words, display_name, masked};

/// A subject beyond this is of no use in a list of mails.
const LONGEST_SUBJECT: usize = 250;
/// The last second of the year 9999: header dates have four digits for the year.
const LAST_SECOND: i64 = 253_402_300_799;

/// One mail to one person.
#[derive(Clone)]
pub struct Mail {
    /// Who reads it.
    pub recipient: Recipient,
    /// What it says.
    pub words: Words,
    /// The content key: the same for a repeat, so that receivers can tell.
    pub uid: String,
    /// A key shared by mails that belong together, if any.
    pub thread: Option<String>,
    /// When it is written.
    pub now: DateTime<Utc>,
    /// Where it goes instead, for trials; the recipient's address is then only hinted at.
    pub redirected_to: Option<Arc<str>>,
}

/// Who writes, with the headers that are the same on every mail.
pub(super) struct Sender {
    from: Address,
    headers: String,
}

/// A mail ready for the wire.
pub(super) struct Message {
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) bytes: Vec<u8>,
}

/// Declares a header by its name.
macro_rules! headers {
    ($($kind:ident = $name:literal),+ $(,)?) => {$(
        #[derive(Clone)]
        struct $kind(String);

        impl Header for $kind {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($name)
            }

            fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Ok(Self(text.to_owned()))
            }

            fn display(&self) -> HeaderValue {
                HeaderValue::new(Self::name(), self.0.clone())
            }
        }
    )+};
}

headers! {
    // RFC 3834: a responder answers no mail that carries this
    AutoSubmitted = "Auto-Submitted",
    // the same for Exchange (MS-OXCMAIL): no out-of-office notes, no receipts
    AutoResponseSuppress = "X-Auto-Response-Suppress",
    ListIdentity = "List-Id",
    ListUnsubscribe = "List-Unsubscribe",
    ListUnsubscribePost = "List-Unsubscribe-Post",
    OriginalTo = "X-Original-To",
}

impl Sender {
    pub(super) fn new(settings: &Settings) -> Self {
        let from = settings.from.0.clone();
        let mut headers = Headers::new();
        headers.set(header::From::from(Mailboxes::from(from.clone())));
        if let Some(reply_to) = &settings.reply_to {
            headers.set(header::ReplyTo::from(Mailboxes::from(reply_to.0.clone())));
        }
        headers.set(AutoSubmitted("auto-generated".into()));
        headers.set(AutoResponseSuppress("All".into()));
        headers.set(ListIdentity(list_id(settings.list_id.as_ref(), &from)));
        if let Some(Unsubscribe(way)) = &settings.list_unsubscribe {
            headers.set(ListUnsubscribe(format!("<{way}>")));
            if way.starts_with("https:") {
                // RFC 8058, section 3.1: exactly this, and only beside an https address
                headers.set(ListUnsubscribePost("List-Unsubscribe=One-Click".into()));
            }
        }
        headers.set(header::MIME_VERSION_1_0);
        Self { from: from.email, headers: headers.to_string() }
    }

    /// Builds the message; `Err` when nothing can be addressed to the recipient.
    pub(super) fn message(&self, mail: &Mail) -> Result<Message, Reply> {
        let address = mail.redirected_to.as_ref().unwrap_or(&mail.recipient.address);
        let to: Address = address
            .parse()
            .map_err(|_| Reply { code: String::new(), text: format!("{} is not a mail address", masked(address)) })?;
        let uid = key(&mail.uid);
        // `=_` can stand neither in quoted-printable nor in base64 (RFC 2045, section 6.7)
        let boundary = format!("=_{uid}");
        let parts = [("plain", &mail.words.text), ("html", &mail.words.html)];
        let mut out = Vec::with_capacity(1_024 + (mail.words.text.len() + mail.words.html.len()) * 5 / 4);
        out.extend_from_slice(self.headers.as_bytes());
        out.extend_from_slice(self.own_headers(mail, &to, &uid).to_string().as_bytes());
        push(&mut out, &["Content-Type: multipart/alternative;\r\n boundary=\"", &boundary, "\"\r\n\r\n"]);
        for (kind, text) in parts {
            let body = encoded(text);
            push(&mut out, &["--", &boundary, "\r\nContent-Type: text/", kind, "; charset=utf-8\r\n"]);
            push(&mut out, &["Content-Transfer-Encoding: ", &body.encoding().to_string(), "\r\n\r\n"]);
            out.extend_from_slice(body.as_ref());
            out.extend_from_slice(b"\r\n");
        }
        push(&mut out, &["--", &boundary, "--\r\n"]);
        Ok(Message { from: self.from.clone(), to, bytes: out })
    }

    fn own_headers(&self, mail: &Mail, to: &Address, uid: &str) -> Headers {
        let domain = self.from.domain();
        let name = match mail.redirected_to {
            // the name of the person meant, beside an address that is not theirs, would mislead address books
            Some(_) => None,
            None => Some(display_name(&mail.recipient.name)).filter(|name| !name.is_empty()),
        };
        let mut headers = Headers::new();
        headers.set(header::To::from(Mailboxes::from(Mailbox::new(name, to.clone()))));
        headers.set(header::Subject::from(one_line(&mail.words.subject)));
        headers.set(header::Date::new(written(mail.now)));
        headers.set(header::MessageId::from(format!("<{uid}@{domain}>")));
        if let Some(thread) = &mail.thread {
            let thread = format!("<{}@{domain}>", key(thread));
            headers.set(header::InReplyTo::from(thread.clone()));
            headers.set(header::References::from(thread));
        }
        if mail.redirected_to.is_some() {
            headers.set(OriginalTo(masked(&mail.recipient.address)));
        }
        headers
    }
}

impl fmt::Debug for Mail {
    /// Neither the address nor the words: what is printed for debugging ends up in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("recipient", &self.recipient.id).field("uid", &self.uid).finish_non_exhaustive()
    }
}

impl Message {
    /// Whether a server must know SMTPUTF8 to take it: everything but the addresses is ASCII in any case.
    pub(super) fn is_wide(&self) -> bool {
        !AsRef::<str>::as_ref(&self.to).is_ascii()
    }
}

fn push(out: &mut Vec<u8>, pieces: &[&str]) {
    for piece in pieces {
        out.extend_from_slice(piece.as_bytes());
    }
}

fn list_id(wanted: Option<&ListId>, from: &Mailbox) -> String {
    wanted.map_or_else(|| format!("<doorbell.{}>", from.email.domain()), |id| format!("<{}>", id.0))
}

/// A key as a Message-ID and a MIME boundary can both carry it.
fn key(uid: &str) -> String {
    uid.chars().filter(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(*letter)).take(60).collect()
}

fn one_line(subject: &str) -> String {
    let spaced: String = subject.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    words.join(" ").chars().take(LONGEST_SUBJECT).collect()
}

fn written(now: DateTime<Utc>) -> SystemTime {
    let seconds = u64::try_from(now.timestamp().clamp(0, LAST_SECOND)).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A part in the shortest encoding that is safe on every way. lettre makes line ends CRLF by moving the whole rest
/// for every line, which takes minutes for megabytes; given CRLF it has nothing to do.
fn encoded(text: &str) -> Body {
    let mut clean = String::with_capacity(text.len() + text.len() / 32);
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            clean.push_str("\r\n");
        }
        // a lone CR is a line end to some readers, and NUL the end of the text to others
        for piece in line.split(['\r', '\0']) {
            clean.push_str(piece);
        }
    }
    if clean.contains("=_") {
        // it might spell the boundary
        return Body::new_with_encoding(clean, ContentTransferEncoding::QuotedPrintable).unwrap_or_else(Body::new);
    }
    Body::new(clean)
}
