//! The service worker and the script of contrib/web in a real Chromium, which delivers pushes as a push service would.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic; an absent field fails the comparison"
)]

mod chromium;
mod scene;
mod site;

use scene::Scene;
use serde_json::json;

#[test]
fn u2_a_push_becomes_a_notification_with_its_words_and_its_link() {
    let (mut scene, tab) = Scene::new("");
    scene.push(json!({}));
    let shown = scene.desktop(&tab, 1);
    assert_eq!(shown[0]["title"], "Tom Hill is waiting");
    assert_eq!(shown[0]["body"], "hello?");
    assert_eq!(shown[0]["tag"], "t42");
    assert_eq!(shown[0]["data"]["conversation"], "42");
    assert_eq!(shown[0]["data"]["link"], format!("{}/desk/inbox/42", scene.site.origin()));
    scene.browser.picture(&tab, "shown");
}
