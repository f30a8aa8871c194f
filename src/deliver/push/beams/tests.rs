//! What the answers of Pusher mean, and whom tokens name.

use super::*;

fn answer(status: u16, body: &str) -> Answer {
    Answer { status, headers: HeaderMap::new(), body: body.into(), is_whole: true }
}

fn word(answer: &Answer) -> String {
    match outcome(answer, "push.beams.key", &Discreet::default()) {
        Outcome::Accepted(_) => "accepted".into(),
        Outcome::Deferred(None, _) => "later".into(),
        Outcome::Deferred(Some(wait), _) => format!("later {}", wait.as_secs()),
        Outcome::RefusedRecipient(_) => "dead".into(),
        Outcome::RefusedMessage(_) => "dropped".into(),
        Outcome::Misconfigured { key, .. } => key.into(),
        Outcome::Unknown(_) => "unknown".into(),
    }
}

#[test]
fn every_status_means_what_pusher_says() {
    for (status, body, expected) in [
        (200, r#"{"publishId":"pubid-33f3f68e"}"#, "accepted"),
        (200, "", "accepted"),
        (400, r#"{"error":"Bad request","description":"Payload too large"}"#, "dropped"),
        (401, r#"{"error":"Unauthorized","description":"Incorrect API Key"}"#, "push.beams.key"),
        (402, r#"{"error":"Payment required","description":"Plan limit"}"#, "push.beams.key"),
        (404, r#"{"error":"Instance not found","description":"..."}"#, "push.beams.instance"),
        (413, "", "dropped"),
        (422, r#"{"error":"Unprocessable","description":"Failed validation"}"#, "dropped"),
        (429, "", "later 1"),
        (500, "", "unknown"),
        (503, "<html>", "unknown"),
        (302, "", "later"),
    ] {
        assert_eq!(word(&answer(status, body)), expected, "{status} {body}");
    }
}

#[test]
fn words_are_pushers_own() {
    let refused = answer(401, r#"{"error":"Unauthorized","description":"Incorrect API Key"}"#);
    let refused = outcome(&refused, "push.beams.key", &Discreet::default());
    assert_eq!(refused.reply().words(), "401 Unauthorized Incorrect API Key");
}

#[test]
fn a_token_is_a_person_or_an_interest() {
    assert!(matches!(Target::of("agent-7"), Some(Target::User("agent-7"))));
    assert!(matches!(Target::of("interest:team-1"), Some(Target::Interest("team-1"))));
    assert!(matches!(Target::of(&"x".repeat(164)), Some(Target::User(_))));
    for wrong in ["", "interest:", "interest:with space", &"x".repeat(165), &format!("interest:{}", "x".repeat(165))] {
        assert!(Target::of(wrong).is_none(), "{wrong}");
    }
}

#[test]
fn the_host_is_shown_without_the_instance() {
    let own = Endpoint::parse("https://01234567-89ab-cdef-0123-456789abcdef.pushnotifications.pusher.com").unwrap();
    assert_eq!(host(&own), "pushnotifications.pusher.com");
    assert_eq!(host(&Endpoint::parse("http://127.0.0.1:8080").unwrap()), "127.0.0.1");
}
