//! An agent at a browser: tabs of the host program, and pushes that arrive.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::chromium::{Chromium, PATIENCE, Session, until};
use super::desktop::Desktop;
use super::site::Site;

pub struct Scene {
    pub browser: Chromium,
    pub desktop: Desktop,
    pub site: Site,
    registration: String,
    first: Session,
    sent: u64,
}

impl Scene {
    /// Somebody who allowed notifications, with one tab of the host program at `address` below `/desk/`.
    pub fn new(address: &str) -> (Self, Session) {
        let (desktop, site) = (Desktop::start(), Site::open());
        let mut browser = Chromium::start(&desktop.address);
        let origin = site.origin();
        browser.call("Browser.grantPermissions", &json!({ "origin": origin, "permissions": ["notifications"] }));
        let tab = browser.open(&format!("{origin}/desk/{address}"));
        browser.call_in(&tab, "ServiceWorker.enable", &json!({}));
        browser.evaluate(&tab, "window.started");
        let registration = browser.wait_for(|event| {
            let all = event["params"]["registrations"].as_array()?;
            let ours = all.iter().find(|one| one["scopeURL"].as_str().is_some_and(|url| url.ends_with("/desk/")))?;
            ours["registrationId"].as_str().map(str::to_owned)
        });
        browser.eventually(
            &tab,
            "navigator.serviceWorker.getRegistration('/desk/').then((it) => it.active?.state === 'activated')",
        );
        (Self { browser, desktop, site, registration, first: tab.clone(), sent: 0 }, tab)
    }

    /// Another tab, in front.
    pub fn tab(&mut self, address: &str) -> Session {
        let tab = self.browser.open(&format!("{}/desk/{address}", self.site.origin()));
        self.browser.evaluate(&tab, "window.started");
        tab
    }

    /// Looks at a tab: it comes to the front, and the window has the keyboard.
    pub fn look_at(&mut self, tab: &Session) {
        self.browser.call_in(tab, "Page.bringToFront", &json!({}));
        self.browser.eventually(tab, "document.visibilityState === 'visible' && document.hasFocus()");
    }

    /// A push as doorbell sends it, delivered by the browser to the worker.
    pub fn push(&mut self, note: &Value) {
        self.sent += 1;
        let mut whole = json!({
            "title": "Tom Hill is waiting", "body": "hello?", "conversation": "42", "tag": "t42", "kind": "unreplied",
            "link": format!("{}/desk/inbox/42", self.site.origin()), "uid": format!("u{}", self.sent),
            "at": 1_772_442_000_000_u64 + self.sent,
        });
        for (key, value) in note.as_object().unwrap() {
            whole[key] = value.clone();
        }
        self.push_raw(&whole.to_string());
    }

    /// A push that holds anything.
    pub fn push_raw(&mut self, data: &str) {
        let tab = self.first.clone();
        let push = json!({ "origin": self.site.origin(), "registrationId": self.registration, "data": data });
        self.browser.call_in(&tab, "ServiceWorker.deliverPushMessage", &push);
    }

    /// What the browser counts as shown, once it is as much as expected.
    pub fn shown(&mut self, tab: &Session, count: usize) -> Vec<Value> {
        let browser = &mut self.browser;
        let mut last = Value::Null;
        let give_up = Instant::now() + PATIENCE;
        loop {
            let now = browser.evaluate(tab, "window.desktop()");
            if let Some(all) = now.as_array().filter(|all| all.len() == count) {
                return all.clone();
            }
            assert!(
                Instant::now() < give_up,
                "waited in vain for {count} notifications, there are: {now}; before: {last}"
            );
            last = now;
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// What the page in this tab was told, once it is as much as expected.
    pub fn heard(&mut self, tab: &Session, count: usize) -> Vec<Value> {
        self.browser.eventually(tab, &format!("window.heard.length === {count}"));
        self.browser.evaluate(tab, "window.heard").as_array().unwrap().clone()
    }

    /// The worker itself.
    pub fn worker(&mut self) -> Session {
        let browser = &mut self.browser;
        let target = until("the worker runs", || {
            let all = browser.targets();
            let worker = all.iter().find(|target| target["type"] == "service_worker")?;
            worker["targetId"].as_str().map(str::to_owned)
        });
        browser.attach(&target)
    }
}
