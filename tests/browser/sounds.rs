//! Sounds: in one open page, once or until the conversation is opened.

use serde_json::json;

use super::chromium::Session;
use super::scene::Scene;

const ONCE: &str = "bell";

fn sounds(scene: &mut Scene, tab: &Session) -> i64 {
    scene.browser.evaluate(tab, "window.sounds.length").as_i64().unwrap()
}

/// A tab in which somebody has clicked, so that it may make sounds.
fn touched(address: &str) -> (Scene, Session) {
    let (mut scene, tab) = Scene::new(address);
    scene.browser.click(&tab, "h1");
    scene.browser.eventually(&tab, "navigator.userActivation.hasBeenActive");
    (scene, tab)
}

#[test]
fn b13_a_sound_is_played_once_in_an_open_page_and_the_desktop_makes_none_of_its_own() {
    let (mut scene, tab) = touched("");
    scene.push(&json!({ "sound": { "name": ONCE, "repeats": false } }));
    assert_eq!(scene.desktop.next()["silent"], true);
    scene.browser.eventually(&tab, "window.sounds.length === 1 && window.sounds[0].ended");
    assert_eq!(scene.browser.evaluate(&tab, "window.sounds[0].loop"), false);
    assert!(scene.browser.evaluate(&tab, "window.sounds[0].src").as_str().unwrap().ends_with("/assets/bell.wav"));
}

#[test]
fn b13_a_sound_that_repeats_goes_on_until_the_conversation_is_opened() {
    let (mut scene, tab) = touched("?page=inbox");
    scene.look_at(&tab);
    scene.browser.evaluate(&tab, "doorbell.inView(null)");
    scene.push(&json!({ "conversation": "42", "sound": { "name": ONCE, "repeats": true } }));
    let shown = scene.desktop.next();
    assert_eq!((&shown["silent"], &shown["stays"]), (&json!(true), &json!(true)));
    // a round that is over begins with a jump back to the start
    scene.browser.eventually(&tab, "window.sounds[0].rounds >= 3");
    scene.browser.evaluate(&tab, "doorbell.inView({ page: 'conversation', conversation: 7 })");
    assert_eq!(scene.browser.evaluate(&tab, "window.sounds[0].paused"), false);
    scene.browser.evaluate(&tab, "doorbell.inView({ page: 'conversation', conversation: 42 })");
    scene.browser.eventually(&tab, "window.sounds[0].paused");
    scene.shown(&tab, 0);
}

#[test]
fn b13_opening_the_conversation_in_another_tab_ends_the_sound_too() {
    let (mut scene, tab) = touched("");
    scene.push(&json!({ "conversation": "42", "sound": { "name": ONCE, "repeats": true } }));
    scene.browser.eventually(&tab, "window.sounds.length === 1 && !window.sounds[0].paused");
    let other = scene.tab("?page=conversation&conversation=42");
    scene.look_at(&other);
    scene.browser.evaluate(&other, "doorbell.inView({ page: 'conversation', conversation: 42 })");
    scene.browser.eventually(&tab, "window.sounds[0].paused");
}

#[test]
fn b13_a_click_on_the_notification_ends_the_sound() {
    let (mut scene, tab) = touched("?opens");
    scene.push(&json!({ "conversation": "42", "sound": { "name": ONCE, "repeats": true } }));
    let shown = scene.desktop.next();
    scene.browser.eventually(&tab, "window.sounds.length === 1 && !window.sounds[0].paused");
    scene.desktop.click(&shown);
    scene.browser.eventually(&tab, "window.sounds[0].paused");
}

#[test]
fn b13_only_one_of_several_pages_plays() {
    let (mut scene, one) = touched("");
    let other = scene.tab("");
    scene.browser.click(&other, "h1");
    scene.push(&json!({ "sound": { "name": ONCE, "repeats": false } }));
    scene.heard(&one, 1);
    scene.heard(&other, 1);
    assert_eq!(sounds(&mut scene, &one) + sounds(&mut scene, &other), 1);
}

#[test]
fn b13_a_note_without_a_sound_makes_none() {
    let (mut scene, tab) = touched("");
    scene.push(&json!({}));
    assert_eq!(scene.desktop.next()["silent"], true);
    scene.heard(&tab, 1);
    assert_eq!(sounds(&mut scene, &tab), 0);
}

#[test]
fn b13_where_no_page_may_play_the_desktop_makes_its_own_sound() {
    // nobody has clicked in the page: browsers let it make no sound
    let (mut scene, tab) = Scene::new("");
    scene.push(&json!({ "sound": { "name": ONCE, "repeats": false } }));
    assert_eq!(scene.desktop.next()["silent"], false);
    assert_eq!(scene.browser.evaluate(&tab, "window.sounds.every((one) => one.paused)"), true);
    scene.push(&json!({ "sound": { "name": "unknown here", "repeats": false } }));
    assert_eq!(scene.desktop.next()["silent"], false);
}

#[test]
fn m2_in_view_there_is_no_sound_unless_the_rule_wants_one_there() {
    let (mut scene, inbox) = touched("?page=inbox");
    scene.look_at(&inbox);
    scene.push(&json!({ "sound": { "name": ONCE, "repeats": false } }));
    scene.heard(&inbox, 1);
    assert_eq!(sounds(&mut scene, &inbox), 0);
    scene.push(&json!({ "sound": { "name": ONCE, "repeats": false, "in_view": true } }));
    scene.heard(&inbox, 2);
    scene.browser.eventually(&inbox, "window.sounds.length === 1");
    scene.shown(&inbox, 0);
}
