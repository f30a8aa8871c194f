//! The words of Pusher, and whom tokens name.

use super::*;

fn answer(status: u16, body: &str) -> Answer {
    Answer { status, headers: HeaderMap::new(), body: body.into(), is_whole: true }
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
