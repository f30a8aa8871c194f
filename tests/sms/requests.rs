//! Requests as Twilio's published specification has them, field by field.

use std::collections::BTreeMap;

use doorbell::deliver::measured;
use doorbell::model::Outcome;

use crate::answers::{carrier, notification};
use crate::servers::Seen;
use crate::twilio::{ACCOUNT, FROM, Twilio};
use crate::{office, shift_by};

fn pairs(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn b11_an_agent_is_texted_by_one_form() {
    let twilio = Twilio::start();
    let mut shift = shift_by(&twilio, office(), "");
    let report = shift.pass("2026-03-02T09:05:00Z");
    assert_eq!((report.sent, report.exit_status()), (1, 0), "{report:?}");
    let seen = twilio.server.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].method.as_str(), seen[0].query.as_str()), ("POST", ""));
    assert_eq!(seen[0].path, format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json"));
    assert_eq!(seen[0].headers["content-type"], "application/x-www-form-urlencoded");
    // the server of the tests answers nobody without the right Authorization
    assert!(seen[0].headers["authorization"].starts_with("Basic "));
    let expected =
        [("To", "+441632960012"), ("From", FROM), ("Body", "Tom waits for an answer"), ("ValidityPeriod", "3600")];
    assert_eq!(Seen::form(&seen[0].text()), pairs(&expected));
    assert!(seen[0].text().contains("To=%2B441632960012&"), "{}", seen[0].text());
}

#[test]
fn a_messaging_service_or_a_name_stands_in_place_of_the_number() {
    for (from, field) in [(format!("MG{}", "0a".repeat(16)), "MessagingServiceSid"), ("Our Desk".to_owned(), "From")] {
        let (twilio, folder) = (Twilio::start(), tempfile::tempdir().unwrap());
        let carrier = carrier(&twilio, folder.path(), &format!("from = {from:?}\nvalid_for = \"10h\""));
        assert!(matches!(carrier.send(&notification("")), Outcome::Accepted(_)));
        let form: BTreeMap<String, String> = Seen::form(&twilio.server.seen()[0].text()).into_iter().collect();
        assert_eq!((form[field].as_str(), form["ValidityPeriod"].as_str(), form.len()), (from.as_str(), "36000", 4));
    }
}

#[test]
fn a_key_logs_in_in_place_of_the_account() {
    let (twilio, folder) = (Twilio::start(), tempfile::tempdir().unwrap());
    let key = format!("SK{}", "1b".repeat(16));
    let carrier = carrier(&twilio, folder.path(), &format!("api_key = {key:?}"));
    // the server knows the account's own token alone
    assert!(matches!(carrier.send(&notification("")), Outcome::Misconfigured { key: "sms.auth_token_file", .. }));
    let seen = &twilio.server.seen()[0];
    assert!(seen.headers["authorization"].starts_with("Basic U0sxYjFi"), "SK1b1b..");
    assert!(seen.path.contains(ACCOUNT), "the path keeps the account");
    carrier.probe().unwrap_err();
    let seen = &twilio.server.seen()[1];
    assert!(seen.path.ends_with("/Messages.json"), "a key may not look at the account: {}", seen.path);
}

#[test]
fn a_text_says_as_much_as_is_paid_for_and_what_was_said_only_when_asked_to() {
    let hostile = "\u{202e}evil\u{0}\u{7} ".to_owned() + &"🦀".repeat(1600);
    for (more, segments, shows) in
        [("", 1, false), ("message = true", 1, true), ("message = true\nsegments = 10", 10, true)]
    {
        let (twilio, folder) = (Twilio::start(), tempfile::tempdir().unwrap());
        let outcome = carrier(&twilio, folder.path(), more).send(&notification(&hostile));
        assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
        let (_, body) = twilio.sent().remove(0);
        assert_eq!(body.contains('🦀'), shows, "{body}");
        let measure = measured(&body);
        assert!(measure.segments <= segments && (measure.segments == segments || !shows), "{measure:?}");
        assert!(body.encode_utf16().count() <= 1600 && body.starts_with("Tom waits"), "{body}");
    }
}

#[test]
fn the_probe_asks_for_the_account_and_tells_nobody() {
    let (twilio, folder) = (Twilio::start(), tempfile::tempdir().unwrap());
    let found = carrier(&twilio, folder.path(), "").probe().unwrap();
    assert_eq!(found, format!("text messages go to localhost as {FROM}, the account is active"));
    let seen = twilio.server.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(
        (seen[0].method.as_str(), seen[0].path.as_str()),
        ("GET", &*format!("/2010-04-01/Accounts/{ACCOUNT}.json"))
    );
}
