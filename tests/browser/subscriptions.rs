//! Subscribing a browser, and what the host program is told to write down.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::chromium::{Session, until};
use super::scene::Scene;

const KEY: &str = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";

/// A browser without a push service of its maker's cannot subscribe: what that service would give is put in its place.
fn give_push_service(scene: &mut Scene, session: &Session, endpoint: &str, key: &str) {
    let script = format!(
        "(() => {{
            const made = (endpoint, key) => ({{
                endpoint, options: {{ applicationServerKey: Uint8Array.from(key).buffer }},
                toJSON: () => ({{ endpoint, keys: {{ p256dh: 'point', auth: 'secret' }} }}),
                unsubscribe: async () => {{ self.there = null; return true; }},
            }});
            const letters = (text) => [...atob(text.replaceAll('-', '+').replaceAll('_', '/'))].map((it) => it.charCodeAt(0));
            self.wants = [];
            self.there = null;
            self.made = made;
            self.letters = letters;
            PushManager.prototype.getSubscription = async () => self.there;
            PushManager.prototype.subscribe = async (options) => {{
                self.wants.push(options);
                return self.there = made('{endpoint}', letters('{key}'));
            }};
        }})()"
    );
    scene.browser.evaluate(session, &script);
}

fn row(endpoint: &str, replaces: &Value) -> Value {
    json!({ "provider": "webpush", "token": endpoint, "p256dh": "point", "auth": "secret", "replaces": replaces })
}

#[test]
fn b14_the_worker_stands_where_the_host_wants_it_and_serves_the_scope_that_it_wants() {
    let (mut scene, tab) = Scene::new("");
    let origin = scene.site.origin();
    let found = scene.browser.evaluate(
        &tab,
        "navigator.serviceWorker.getRegistration('/desk/').then((it) => [it.scope, it.active.scriptURL])",
    );
    assert_eq!(found[0], format!("{origin}/desk/"));
    assert!(found[1].as_str().unwrap().starts_with(&format!("{origin}/assets/push/worker.js?key=")), "{found}");
    let root =
        scene.browser.evaluate(&tab, "navigator.serviceWorker.getRegistration('/').then((it) => it === undefined)");
    assert_eq!(root, true);
}

#[test]
fn m7_a_browser_says_why_nothing_arrives() {
    let (mut scene, tab) = Scene::new("");
    assert_eq!(scene.browser.evaluate(&tab, "doorbell.state()"), "unsubscribed");
    scene.browser.call("Browser.resetPermissions", &json!({}));
    scene.browser.eventually(&tab, "doorbell.state().then((it) => it === 'undecided' || it === 'denied')");
    let denied =
        json!({ "permission": { "name": "notifications" }, "setting": "denied", "origin": scene.site.origin() });
    scene.browser.call("Browser.setPermission", &denied);
    scene.browser.eventually(&tab, "doorbell.state().then((it) => it === 'denied')");
}

#[test]
fn m7_a_page_without_tls_says_so() {
    let (mut scene, _) = Scene::new("");
    let address = format!("{}/desk/", scene.site.origin().replace("localhost", "desk.example.com"));
    let plain = scene.browser.open(&address);
    assert_eq!(scene.browser.evaluate(&plain, "window.started"), "insecure");
    assert_eq!(scene.browser.evaluate(&plain, "doorbell.subscribe()"), "insecure");
}

#[test]
fn a_click_subscribes_and_the_host_learns_what_to_write_down() {
    let (mut scene, tab) = Scene::new("");
    give_push_service(&mut scene, &tab, "https://push.example.net/1", KEY);
    scene.browser.click(&tab, "#subscribe");
    scene.browser.eventually(&tab, "window.state === 'subscribed'");
    assert_eq!(scene.site.saved(), [("POST".to_owned(), row("https://push.example.net/1", &Value::Null))]);
    let asked = scene.browser.evaluate(&tab, "wants.map((it) => [it.userVisibleOnly, [...it.applicationServerKey]])");
    assert_eq!(asked, json!([[true, bytes(KEY)]]));
    scene.browser.picture(&tab, "subscribed");
}

#[test]
fn a_subscription_that_is_known_is_not_saved_on_every_page_but_a_lost_one_is() {
    let (mut scene, tab) = Scene::new("");
    give_push_service(&mut scene, &tab, "https://push.example.net/1", KEY);
    for _ in 0..2 {
        assert_eq!(scene.browser.evaluate(&tab, "doorbell.subscribe()"), "subscribed");
    }
    assert_eq!(scene.site.saved().len(), 1);
    scene.browser.evaluate(&tab, "localStorage.clear()");
    scene.browser.evaluate(&tab, "doorbell.subscribe()");
    assert_eq!(scene.site.saved().len(), 2);
}

#[test]
fn a_subscription_for_another_key_is_replaced() {
    let (mut scene, tab) = Scene::new("");
    give_push_service(&mut scene, &tab, "https://push.example.net/2", KEY);
    scene.browser.evaluate(&tab, "there = made('https://push.example.net/1', [4, 1, 2])");
    assert_eq!(scene.browser.evaluate(&tab, "doorbell.subscribe()"), "subscribed");
    assert_eq!(
        scene.site.saved(),
        [("POST".to_owned(), row("https://push.example.net/2", &json!("https://push.example.net/1")))]
    );
}

#[test]
fn who_does_not_want_it_any_more_is_taken_off() {
    let (mut scene, tab) = Scene::new("");
    give_push_service(&mut scene, &tab, "https://push.example.net/1", KEY);
    scene.browser.evaluate(&tab, "doorbell.subscribe()");
    assert_eq!(scene.browser.evaluate(&tab, "doorbell.unsubscribe()"), "unsubscribed");
    let off = ("DELETE".to_owned(), json!({ "token": "https://push.example.net/1" }));
    assert_eq!(scene.site.saved().last(), Some(&off));
}

#[test]
fn a_subscription_that_the_browser_changes_is_saved_with_the_one_it_replaces() {
    let (mut scene, _) = Scene::new("");
    let worker = scene.worker();
    let key = KEY;
    give_push_service(&mut scene, &worker, "https://push.example.net/2", key);
    scene.browser.evaluate(
        &worker,
        "dispatchEvent(Object.assign(new ExtendableEvent('pushsubscriptionchange'), {
            oldSubscription: made('https://push.example.net/1', letters('BAAA')), newSubscription: null }))",
    );
    let saved = until("the host hears of it", || scene.site.saved().first().cloned());
    assert_eq!(saved, ("POST".to_owned(), row("https://push.example.net/2", &json!("https://push.example.net/1"))));
    let asked = scene.browser.evaluate(&worker, "wants.map((it) => [it.userVisibleOnly, it.applicationServerKey])");
    assert_eq!(asked, json!([[true, KEY]]));
}

#[test]
fn apples_push_service_gets_its_notification_even_in_view_and_it_goes_at_once() {
    let (mut scene, inbox) = Scene::new("?page=inbox");
    let worker = scene.worker();
    give_push_service(&mut scene, &worker, "", KEY);
    let watched = "there = made('https://web.push.apple.com/abc', []);
        self.shows = [];
        const show = registration.showNotification.bind(registration);
        registration.showNotification = (title, options) => { shows.push(options); return show(title, options); };";
    scene.browser.evaluate(&worker, watched);
    scene.look_at(&inbox);
    scene.push(&json!({}));
    // it is gone so soon that a desktop may never see it
    scene.browser.eventually(&worker, "shows.length === 1 && shows[0].silent");
    assert_eq!(scene.heard(&inbox, 1)[0]["shown"], false);
    scene.shown(&inbox, 0);
}

fn bytes(key: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(key).unwrap()
}
