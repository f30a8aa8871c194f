//! A click on a notification leads to the conversation.

use serde_json::{Value, json};

use super::chromium::{Session, until};
use super::scene::Scene;

/// The address of every tab there is.
fn tabs(scene: &mut Scene) -> Vec<String> {
    let pages = scene.browser.targets().into_iter().filter(|target| target["type"] == "page");
    pages.map(|target| target["url"].as_str().unwrap().to_owned()).collect()
}

/// Goes to a tab of another site.
fn elsewhere(scene: &mut Scene, from: &Session) {
    let tab = scene.browser.open("about:blank");
    scene.browser.call_in(&tab, "Page.bringToFront", &json!({}));
    scene.browser.eventually(from, "document.visibilityState === 'hidden'");
}

fn pushed(scene: &mut Scene, note: &Value) -> Value {
    scene.push(note);
    scene.desktop.next()
}

#[test]
fn a_click_comes_back_to_the_tab_that_has_the_conversation_open() {
    let (mut scene, there) = Scene::new("?page=conversation&conversation=42");
    scene.tab("?page=conversation&conversation=43&opens");
    elsewhere(&mut scene, &there);
    let before = tabs(&mut scene);
    let shown = pushed(&mut scene, &json!({ "conversation": "42" }));
    scene.desktop.click(&shown);
    scene.browser.eventually(&there, "document.visibilityState === 'visible'");
    assert_eq!(scene.desktop.next()["closed"], shown["number"]);
    assert_eq!(tabs(&mut scene).len(), before.len());
}

#[test]
fn a_click_lets_a_tab_that_can_open_the_conversation_do_so() {
    let (mut scene, able) = Scene::new("?page=inbox&opens");
    elsewhere(&mut scene, &able);
    let shown = pushed(&mut scene, &json!({ "conversation": "42", "link": "https://desk.example.com/42" }));
    scene.desktop.click(&shown);
    scene.browser.eventually(&able, "window.opened.length === 1 && document.visibilityState === 'visible'");
    let opened = scene.browser.evaluate(&able, "window.opened[0]");
    assert_eq!(opened, json!({ "conversation": "42", "link": "https://desk.example.com/42" }));
}

#[test]
fn a_click_opens_the_link_where_no_tab_can() {
    let (mut scene, other) = Scene::new("?page=inbox");
    elsewhere(&mut scene, &other);
    let link = format!("{}/desk/inbox/42", scene.site.origin());
    let shown = pushed(&mut scene, &json!({ "link": link }));
    scene.desktop.click(&shown);
    until("the link is open", || tabs(&mut scene).contains(&link).then_some(()));
}

#[test]
fn a_click_opens_nothing_but_web_pages() {
    let (mut scene, other) = Scene::new("?page=inbox");
    elsewhere(&mut scene, &other);
    let before = tabs(&mut scene);
    let shown = pushed(&mut scene, &json!({ "link": "javascript:alert(1)" }));
    scene.desktop.click(&shown);
    scene.browser.eventually(&other, "document.visibilityState === 'visible'");
    assert_eq!(tabs(&mut scene), before);
}
