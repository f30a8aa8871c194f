//! The service worker and the script of contrib/web in a real Chromium, which delivers pushes as a push service would, on a
//! desktop that says what it is asked to show. Pictures are kept under target/tmp/browser.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic; an absent field fails the comparison"
)]

mod chromium;
mod clicks;
mod desktop;
#[path = "../office/mod.rs"]
mod office;
mod scene;
#[path = "../servers/mod.rs"]
mod servers;
#[path = "../shift/mod.rs"]
mod shift;
mod site;
mod sounds;
mod subscriptions;
mod whole;

use scene::Scene;
use serde_json::json;

#[test]
fn u2_a_push_becomes_a_notification_with_its_words() {
    let (mut scene, tab) = Scene::new("");
    scene.push(&json!({ "title": "Tom Hill is waiting", "body": "Where is my <b>parcel</b>? \u{1f4e6}" }));
    let on_desktop = scene.desktop.next();
    assert_eq!(on_desktop["title"], "Tom Hill is waiting");
    assert!(on_desktop["body"].as_str().unwrap().contains("Where is my <b>parcel</b>? \u{1f4e6}"), "{on_desktop}");
    let shown = scene.shown(&tab, 1);
    assert_eq!(shown[0]["body"], "Where is my <b>parcel</b>? \u{1f4e6}");
    assert_eq!(shown[0]["tag"], "t42");
    assert_eq!(shown[0]["data"]["conversation"], "42");
    assert_eq!(shown[0]["data"]["link"], format!("{}/desk/inbox/42", scene.site.origin()));
    assert_eq!(scene.heard(&tab, 1)[0]["shown"], true);
    scene.browser.picture(&tab, "shown");
}

#[test]
fn u2_a_newer_push_of_a_conversation_takes_the_place_of_the_earlier() {
    let (mut scene, tab) = Scene::new("");
    scene.push(&json!({ "body": "hello?" }));
    let first = scene.desktop.next();
    scene.push(&json!({ "body": "anybody there?" }));
    let second = scene.desktop.next();
    assert_eq!(second["number"], first["number"]);
    scene.push(&json!({ "conversation": "43", "tag": "t43", "body": "my parcel is late" }));
    assert_ne!(scene.desktop.next()["number"], first["number"]);
    let mut bodies: Vec<_> =
        scene.shown(&tab, 2).iter().map(|note| note["body"].as_str().unwrap().to_owned()).collect();
    bodies.sort();
    assert_eq!(bodies, ["anybody there?", "my parcel is late"]);
    scene.browser.picture(&tab, "replaced");
}

#[test]
fn an_older_push_that_comes_late_does_not_take_the_place_of_a_newer() {
    let (mut scene, tab) = Scene::new("");
    scene.push(&json!({ "body": "newer", "at": 1_772_442_100_000_u64 }));
    scene.push(&json!({ "body": "older", "at": 1_772_442_000_000_u64 }));
    // pushes are handled at the same time: only what comes after an answer is after it
    scene.push(&json!({ "body": "another", "conversation": "43", "tag": "t43" }));
    let mut bodies: Vec<_> =
        scene.shown(&tab, 2).iter().map(|note| note["body"].as_str().unwrap().to_owned()).collect();
    bodies.sort();
    assert_eq!(bodies, ["another", "newer"]);
}

#[test]
fn x4_a_push_that_is_sent_again_is_shown_once_and_alerts_once() {
    let (mut scene, tab) = Scene::new("");
    scene.push(&json!({ "uid": "same", "sound": { "name": "default", "repeats": false } }));
    let first = scene.desktop.next();
    scene.push(&json!({ "uid": "same", "sound": { "name": "default", "repeats": false } }));
    let again = scene.desktop.next();
    assert_eq!((&again["number"], &again["silent"]), (&first["number"], &json!(true)));
    assert_eq!(first["silent"], false);
    assert_eq!(scene.shown(&tab, 1).len(), 1);
}

#[test]
fn c2_nothing_is_shown_while_the_inbox_is_in_view() {
    let (mut scene, inbox) = Scene::new("?page=inbox&conversation=7");
    scene.look_at(&inbox);
    scene.push(&json!({}));
    assert_eq!(scene.heard(&inbox, 1)[0]["shown"], false);
    assert_eq!(scene.shown(&inbox, 0).len(), 0);
    scene.browser.picture(&inbox, "inbox_in_view");
}

#[test]
fn m1_nothing_is_shown_of_the_conversation_in_view_but_of_the_others() {
    let (mut scene, console) = Scene::new("?page=console&conversation=42");
    scene.look_at(&console);
    scene.push(&json!({ "conversation": "42" }));
    assert_eq!(scene.heard(&console, 1)[0]["shown"], false);
    scene.push(&json!({ "conversation": "43", "tag": "t43", "title": "Another contact" }));
    assert_eq!(scene.heard(&console, 2)[1]["shown"], true);
    assert_eq!(scene.desktop.next()["title"], "Another contact");
    scene.browser.picture(&console, "another_conversation");
}

#[test]
fn m1_nothing_is_shown_while_the_console_is_in_view_with_no_conversation_open() {
    let (mut scene, console) = Scene::new("?page=console");
    scene.look_at(&console);
    scene.push(&json!({}));
    assert_eq!(scene.heard(&console, 1)[0]["shown"], false);
}

#[test]
fn m1_who_is_on_another_tab_is_told() {
    let (mut scene, inbox) = Scene::new("?page=inbox");
    let elsewhere = scene.browser.open("about:blank");
    scene.browser.call_in(&elsewhere, "Page.bringToFront", &json!({}));
    scene.browser.eventually(&inbox, "document.visibilityState === 'hidden'");
    scene.push(&json!({ "title": "Tom Hill is waiting" }));
    assert_eq!(scene.desktop.next()["title"], "Tom Hill is waiting");
    assert_eq!(scene.heard(&inbox, 1)[0]["shown"], true);
}

#[test]
fn m1_who_is_in_another_program_is_told() {
    let (mut scene, inbox) = Scene::new("?page=inbox");
    scene.look_at(&inbox);
    // the page is visible still, but the keyboard is elsewhere
    scene.browser.evaluate(&inbox, "document.hasFocus = () => false");
    scene.push(&json!({}));
    assert_eq!(scene.heard(&inbox, 1)[0]["shown"], true);
    scene.desktop.next();
}

#[test]
fn a_page_of_the_host_that_shows_no_conversations_silences_nothing() {
    let (mut scene, settings) = Scene::new("");
    scene.look_at(&settings);
    scene.push(&json!({}));
    assert_eq!(scene.heard(&settings, 1)[0]["shown"], true);
}

#[test]
fn what_was_shown_goes_away_when_its_conversation_is_looked_at() {
    let (mut scene, page) = Scene::new("");
    scene.push(&json!({ "conversation": "42" }));
    scene.push(&json!({ "conversation": "43", "tag": "t43" }));
    scene.shown(&page, 2);
    scene.look_at(&page);
    scene.browser.evaluate(&page, "doorbell.inView({ page: 'conversation', conversation: 42 })");
    assert_eq!(scene.shown(&page, 1)[0]["data"]["conversation"], "43");
}

#[test]
fn a_push_that_is_not_from_doorbell_is_shown_as_text() {
    let (mut scene, tab) = Scene::new("?page=");
    scene.push_raw("just words");
    assert_eq!(scene.desktop.next()["title"], "just words");
    scene.push_raw("[1, 2]");
    assert_eq!(scene.desktop.next()["title"], "[1, 2]");
    scene.browser.picture(&tab, "foreign");
}

#[test]
fn a_page_that_the_script_does_not_know_is_refused() {
    let (mut scene, tab) = Scene::new("");
    let said = scene.browser.evaluate(
        &tab,
        "(() => { try { doorbell.inView({ page: 'home' }) } catch (error) { return String(error) } })()",
    );
    assert_eq!(said, "TypeError: page is one of console, inbox, dashboard, conversation");
}
