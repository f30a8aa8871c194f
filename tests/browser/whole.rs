//! From a message on the desk to a notification on the screen: what doorbell hands to a push service, the browser shows.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use doorbell::deliver::desktop::vapid::VapidKey;
use secrecy::ExposeSecret;

use super::office::Office;
use super::scene::Scene;
use super::servers::{AUTH, Authority, HttpServer, P256DH, Reply, decrypted};
use super::shift::Shift;

#[test]
fn u2_a_message_on_the_desk_ends_as_a_notification_with_its_words_link_and_sound() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let (authority, mut office) = (Authority::new(), Office::new());
    let server = HttpServer::https(&authority, |_| Reply::status(201));
    office.agent("ada").asks("c1", "Where is my parcel? \u{1f4e6}").assign("c1", "ada");
    office.browser("ada", &format!("{}/push/1", server.url()), P256DH, AUTH);
    let key = office.folder().join("vapid.pem");
    fs::write(office.folder().join("ca.pem"), &authority.pem).unwrap();
    fs::write(&key, VapidKey::generate().unwrap().expose_secret()).unwrap();
    fs::set_permissions(&key, PermissionsExt::from_mode(0o640)).unwrap();

    let rule = "[rule.browser]\nwatch = \"unreplied\"\nschedule = { every = \"5m\" }\ntell = [\"assignee\"]\n\
                via = [\"desktop\"]\nsound = \"bell\"\n";
    let mut shift = Shift::under(office, rule).set(
        "[desktop]\nvapid_key_file = \"vapid.pem\"\ncontact = \"mailto:ops@example.com\"\n\
         push_services = [\"localhost\"]\n[http]\nca_file = \"ca.pem\"\n",
    );
    shift.pass("2026-03-02T09:10:00Z");

    let (mut scene, tab) = Scene::new("");
    scene.browser.click(&tab, "h1");
    scene.push_raw(&decrypted(&server.seen()[0].body));
    let on_desktop = scene.desktop.next();
    assert_eq!(on_desktop["title"], "Tom waits for an answer");
    assert!(on_desktop["body"].as_str().unwrap().contains("Where is my parcel? \u{1f4e6}"), "{on_desktop}");
    let shown = scene.shown(&tab, 1);
    assert_eq!(shown[0]["data"]["link"], "https://chat.example.com/1000");
    assert_eq!(shown[0]["data"]["conversation"], "500");
    scene.browser.eventually(&tab, "window.sounds.length === 1");
    scene.browser.picture(&tab, "whole");
}
