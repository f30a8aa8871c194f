//! The documented answers of every provider, and what is to follow from each.

use serde_json::{Value, json};

use crate::scene::Ending;
use crate::servers::Reply;

/// What is to follow for the one who was answered so.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Expects {
    /// The provider has it.
    Sent,
    /// It waits for another try, so many seconds at least; the gateway goes on.
    Later(i64),
    /// It waits for another try, so many seconds at least, and nothing more goes by the gateway for now.
    LaterAndStops(i64),
    /// The message is dead, the address lives.
    Dead,
    /// The address or the device is dead.
    DeadAddress,
    /// It may have arrived and goes once more.
    Again,
    /// It may have arrived and is left to a person.
    Held,
    /// A setting is at fault: nothing is lost, and nothing more goes by the gateway.
    Settings(&'static str),
}

pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) reply: Reply,
    pub(crate) expects: Expects,
    /// Where it makes a difference that others are told by the gateway in the same pass.
    pub(crate) beside: Option<Expects>,
}

impl Expects {
    pub(crate) fn is_met_by(self, ending: &Ending) -> bool {
        let waits = |seconds: i64| ending.state == "queued" && ending.wait >= seconds && !ending.is_blocked;
        let works = ending.outage.is_none();
        let as_expected = match self {
            Self::Sent => ending.state == "sent" && works && !ending.is_blocked,
            Self::Later(seconds) => waits(seconds) && works && !ending.is_in_doubt,
            Self::LaterAndStops(seconds) => {
                waits(seconds) && ending.outage.as_deref() == Some("") && !ending.is_in_doubt
            }
            Self::Dead => ending.state == "dead" && !ending.is_blocked && works,
            Self::DeadAddress => ending.state == "dead" && ending.is_blocked && works,
            Self::Again => waits(0) && ending.is_in_doubt,
            Self::Held => ending.state == "unknown" && !ending.is_blocked,
            Self::Settings(key) => waits(0) && ending.outage.as_deref() == Some(key) && !ending.is_in_doubt,
        };
        as_expected && !ending.leaks()
    }
}

fn row(what: &'static str, reply: Reply, expects: Expects) -> Row {
    Row { what, reply, expects, beside: None }
}

fn says(status: u16, headers: &[(&'static str, &str)], body: &Value) -> Reply {
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Reply::Says(status, headers, body.to_string().into_bytes())
}

/// A try is never earlier than this: two minutes less a quarter.
const SOON: i64 = 90;

use Expects::{Again, Dead, DeadAddress, Held, Later, LaterAndStops, Sent, Settings};

/// <https://www.twilio.com/docs/api/errors>
pub(crate) fn twilio() -> Vec<Row> {
    let error = |what, status, code: u32, expects| {
        let more = format!("https://www.twilio.com/docs/errors/{code}");
        let message = format!("Words about {code} and the number +441632960011");
        row(
            what,
            Reply::json(status, &json!({ "code": code, "message": message, "more_info": more, "status": status })),
            expects,
        )
    };
    let made = json!({ "sid": format!("SM{}", "1".repeat(32)), "status": "accepted", "num_segments": "0", "error_code": null });
    vec![
        row("taken by a messaging service", Reply::json(201, &made), Sent),
        error("no number", 400, 21211, DeadAddress),
        error("no mobile", 400, 21614, DeadAddress),
        error("a landline", 400, 21635, DeadAddress),
        error("they said STOP", 400, 21610, DeadAddress),
        error("too long", 400, 21617, Dead),
        error("no route to the number", 400, 21612, Dead),
        error("the country is not allowed", 400, 21408, Dead),
        error("a trial account", 400, 21608, Dead),
        error("an unknown code", 400, 29999, Dead),
        error("not our number", 400, 21606, Settings("sms.from")),
        error("no such sender", 400, 21212, Settings("sms.from")),
        error("an empty messaging service", 400, 21704, Settings("sms.from")),
        error("the queue of the sender is full", 400, 21611, LaterAndStops(SOON)),
        error("wrong secret", 401, 20003, Settings("sms.auth_token_file")),
        error("forbidden", 403, 20403, Settings("sms.auth_token_file")),
        error("no such account", 404, 20404, Settings("sms.account")),
        error("too much at once", 429, 20429, LaterAndStops(SOON)),
        row("too much at once, for an hour", Reply::header(429, "retry-after", "3600"), LaterAndStops(3_600)),
        error("it failed after the message was made, perhaps", 500, 20500, Held),
        row("nobody there just now", Reply::Says(503, Vec::new(), b"<html>".to_vec()), Held),
        row("a bad gateway", Reply::status(502), Held),
        row("sent elsewhere", Reply::header(302, "location", "http://169.254.169.254/"), Settings("sms.endpoint")),
        row("taken, says nobody whom", Reply::Says(201, Vec::new(), b"thanks".to_vec()), Held),
    ]
}

/// <https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns>
pub(crate) fn apns() -> Vec<Row> {
    let error =
        |status, reason: &'static str, expects| row(reason, Reply::json(status, &json!({ "reason": reason })), expects);
    let gone = json!({ "reason": "Unregistered", "timestamp": 1_772_000_000_000_i64 });
    vec![
        row("taken", Reply::header(200, "apns-id", "EC1BF194-B3B2-424A-89A9-5A918A6E6B5D"), Sent),
        row("Unregistered, with a time", Reply::json(410, &gone), DeadAddress),
        error(410, "ExpiredToken", DeadAddress),
        Row { beside: Some(DeadAddress), ..error(400, "BadDeviceToken", Settings("push.apns.sandbox")) },
        error(400, "DeviceTokenNotForTopic", Settings("push.apns.topic")),
        error(400, "TopicDisallowed", Settings("push.apns.topic")),
        error(400, "BadTopic", Settings("push.apns.topic")),
        error(400, "MissingTopic", Settings("push.apns.topic")),
        error(403, "ExpiredProviderToken", Settings("push.apns.key_file")),
        error(403, "InvalidProviderToken", Settings("push.apns.key_file")),
        error(403, "MissingProviderToken", Settings("push.apns.key_file")),
        error(403, "BadEnvironmentKeyIdInToken", Settings("push.apns.key_file")),
        error(403, "Forbidden", Settings("push.apns.key_file")),
        error(413, "PayloadTooLarge", Dead),
        error(400, "BadCollapseId", Dead),
        error(400, "SomethingNew", Dead),
        error(404, "BadPath", Dead),
        error(429, "TooManyRequests", Later(SOON)),
        error(429, "TooManyProviderTokenUpdates", LaterAndStops(1_200)),
        error(500, "InternalServerError", Later(SOON)),
        error(503, "ServiceUnavailable", Later(SOON)),
        error(503, "Shutdown", Later(SOON)),
        row("an empty answer", Reply::status(503), Later(SOON)),
    ]
}

/// <https://firebase.google.com/docs/cloud-messaging/error-codes>
pub(crate) fn fcm() -> Vec<Row> {
    let error = |what, code: u16, status: &str, detail: Option<&str>, message: &str| {
        let kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError";
        let details: Vec<Value> = detail.map(|it| json!({ "@type": kind, "errorCode": it })).into_iter().collect();
        let error = json!({ "code": code, "message": message, "status": status, "details": details });
        (what, code, json!({ "error": error }))
    };
    let plain = |(what, code, body): (&'static str, u16, Value), expects| row(what, Reply::json(code, &body), expects);
    let waits = |(what, code, body): (&'static str, u16, Value), seconds, expects| {
        row(what, says(code, &[("retry-after", seconds)], &body), expects)
    };
    let no_token = "The registration token is not a valid FCM registration token";
    let violation = json!({ "error": { "code": 400, "message": "Invalid JSON payload", "status": "INVALID_ARGUMENT", "details": [
        { "@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{ "field": "message.data" }] }] } });
    vec![
        row("taken", Reply::json(200, &json!({ "name": "projects/desk/messages/0:1" })), Sent),
        plain(
            error("unregistered", 404, "NOT_FOUND", Some("UNREGISTERED"), "Requested entity was not found."),
            DeadAddress,
        ),
        plain(
            error("unregistered, in other words", 400, "INVALID_ARGUMENT", Some("UNREGISTERED"), "gone"),
            DeadAddress,
        ),
        Row {
            beside: Some(DeadAddress),
            ..plain(error("no token at all", 400, "INVALID_ARGUMENT", Some("INVALID_ARGUMENT"), no_token), Dead)
        },
        row("a field that Google does not know", Reply::json(400, &violation), Dead),
        Row {
            beside: Some(DeadAddress),
            ..plain(
                error("another project's token", 403, "PERMISSION_DENIED", Some("SENDER_ID_MISMATCH"), "no"),
                Settings("push.fcm"),
            )
        },
        plain(
            error(
                "the key of Apple is missing",
                401,
                "UNAUTHENTICATED",
                Some("THIRD_PARTY_AUTH_ERROR"),
                "Auth error from APNS",
            ),
            Dead,
        ),
        plain(
            error("not logged in", 401, "UNAUTHENTICATED", None, "invalid authentication credentials"),
            Settings("push.fcm.service_account_file"),
        ),
        plain(
            error("not allowed", 403, "PERMISSION_DENIED", None, "no permission"),
            Settings("push.fcm.service_account_file"),
        ),
        plain(error("no such project", 404, "NOT_FOUND", None, "project not found"), Settings("push.fcm")),
        waits(
            error("over the quota", 429, "RESOURCE_EXHAUSTED", Some("QUOTA_EXCEEDED"), "slow down"),
            "600",
            LaterAndStops(600),
        ),
        plain(
            error("over the quota, for no time", 429, "RESOURCE_EXHAUSTED", Some("QUOTA_EXCEEDED"), "slow"),
            LaterAndStops(60),
        ),
        waits(error("overloaded", 503, "UNAVAILABLE", Some("UNAVAILABLE"), "try later"), "300", LaterAndStops(300)),
        plain(error("overloaded, for no time", 503, "UNAVAILABLE", Some("UNAVAILABLE"), "try later"), Later(SOON)),
        plain(error("internal", 500, "INTERNAL", Some("INTERNAL"), "oops"), Later(SOON)),
        row("a page for people", Reply::Says(502, Vec::new(), b"<html>".to_vec()), Later(SOON)),
    ]
}

/// <https://documentation.onesignal.com/reference/push-notification>
pub(crate) fn onesignal() -> Vec<Row> {
    let id = "6d6f6e6f-6c69-7468-0000-000000000000";
    let errors =
        |what, status, text: &str, expects| row(what, Reply::json(status, &json!({ "errors": [text] })), expects);
    vec![
        row("taken", Reply::json(200, &json!({ "id": id, "external_id": null })), Sent),
        row(
            "nobody subscribed",
            Reply::json(200, &json!({ "id": "", "errors": ["All included players are not subscribed"] })),
            DeadAddress,
        ),
        row(
            "an alias without a subscription",
            Reply::json(
                200,
                &json!({ "id": id, "errors": { "invalid_aliases": { "external_id": ["adas-subscription"] } } }),
            ),
            DeadAddress,
        ),
        errors("no English", 400, "Message Notifications must have English language content", Dead),
        errors("a wrong app", 400, "Request is malformed: Failed to parse app_id", Settings("push.onesignal.app_id")),
        errors(
            "a wrong key",
            401,
            "Access denied.  Please include an 'Authorization: ...' header",
            Settings("push.onesignal.key_file"),
        ),
        errors("a rotated key", 403, "Access denied.", Settings("push.onesignal.key_file")),
        row(
            "slow down",
            says(429, &[("retry-after", "120")], &json!({ "errors": ["API rate limit exceeded"] })),
            LaterAndStops(120),
        ),
        row("not now", Reply::Says(503, Vec::new(), b"Service temporarily unavailable".to_vec()), Later(SOON)),
        row("oops", Reply::status(500), Later(SOON)),
    ]
}

/// <https://pusher.com/docs/beams/reference/publish-api/>
pub(crate) fn beams() -> Vec<Row> {
    let error = |what, status, expects| {
        row(what, Reply::json(status, &json!({ "error": what, "description": "words" })), expects)
    };
    vec![
        row("taken", Reply::json(200, &json!({ "publishId": "pubid-33f3f68e-b0c5-438f-b50f-fae93f6c48df" })), Sent),
        error("Bad request", 400, Dead),
        error("Unauthorized", 401, Settings("push.beams.key_file")),
        error("Payment required", 402, Settings("push.beams.key_file")),
        error("Not found", 404, Settings("push.beams.instance")),
        error("Unprocessable", 422, Dead),
        error("Too many requests", 429, LaterAndStops(SOON)),
        error("Internal server error", 500, Again),
        row("not now", Reply::status(503), Again),
    ]
}

/// RFC 8030; <https://mozilla-services.github.io/autopush-rs/errors.html>
pub(crate) fn web_push() -> Vec<Row> {
    let errno = |what, status, errno: u32, expects| {
        row(
            what,
            Reply::json(status, &json!({ "code": status, "errno": errno, "error": what, "message": "words" })),
            expects,
        )
    };
    vec![
        row("taken", Reply::header(201, "location", "https://push.example.net/m/1"), Sent),
        row("taken, with a receipt to come", Reply::status(202), Sent),
        errno("Not Found", 404, 102, DeadAddress),
        errno("Gone", 410, 106, DeadAddress),
        row("moved", Reply::header(301, "location", "http://169.254.169.254/"), DeadAddress),
        errno("Bad Request", 400, 111, Dead),
        Row { beside: Some(DeadAddress), ..errno("Unauthorized", 401, 109, Settings("desktop.vapid_key_file")) },
        Row { beside: Some(DeadAddress), ..row("forbidden", Reply::status(403), Settings("desktop.vapid_key_file")) },
        errno("Payload Too Large", 413, 104, Dead),
        row("slow down", Reply::header(429, "retry-after", "300"), Later(300)),
        row("slow down, for no time", Reply::status(429), Later(SOON)),
        errno("Internal Server Error", 500, 999, Later(SOON)),
        errno("Service Unavailable", 503, 201, Later(SOON)),
    ]
}

/// What each channel makes of an answer that never came.
pub(crate) const DOUBTS: [(&str, Expects); 6] = [
    ("sms", Held),
    ("push.apns", Again),
    ("push.fcm", Again),
    ("push.onesignal", Later(SOON)),
    ("push.beams", Again),
    ("desktop", Again),
];

/// What a server may do in place of an answer; see tests/http.rs for what the way to providers makes of it.
pub(crate) fn faults(doubt: Expects) -> Vec<Row> {
    vec![
        row("a reset after the question", Reply::Reset, doubt),
        row("no HTTP at all", Reply::Raw(b"220 smtp.example.com ready\r\n".to_vec()), doubt),
    ]
}
