//! A real Chromium without a screen, driven by the `DevTools` protocol; stopped when dropped.

use std::env;
use std::fs;
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use tempfile::TempDir;
use tungstenite::{Message, WebSocket};

/// Longer than any step takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(40);

pub struct Chromium {
    child: Child,
    profile: TempDir,
    socket: WebSocket<TcpStream>,
    last_id: u64,
    events: Vec<Value>,
}

/// What the protocol calls a session: one tab or one worker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    pub id: String,
    pub target: String,
}

impl Chromium {
    /// Starts it on the desktop whose bus is at `bus`.
    pub fn start(bus: &str) -> Self {
        let program = env::var("DOORBELL_CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".into());
        assert!(
            Path::new(&program).exists(),
            "{program} is not there; apt-get install chromium, or name it in DOORBELL_CHROMIUM"
        );
        let profile = tempfile::tempdir().unwrap();
        let child = Command::new(program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            // shared memory is small in containers
            .args(["--disable-dev-shm-usage", "--mute-audio", "--remote-debugging-port=0", "--window-size=1000,700"])
            // a name that is not this machine's: browsers trust it with nothing unless it comes by TLS
            .arg("--host-resolver-rules=MAP desk.example.com 127.0.0.1")
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .env("DBUS_SESSION_BUS_ADDRESS", bus)
            // what it leaves behind when it is killed goes with its profile
            .env("TMPDIR", profile.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // its many processes end together
            .process_group(0)
            .spawn()
            .unwrap();
        let address = until("Chromium listens", || {
            let written = fs::read_to_string(profile.path().join("DevToolsActivePort")).ok()?;
            let (port, path) = written.trim().split_once('\n')?;
            Some((port.parse::<u16>().ok()?, path.to_owned()))
        });
        let stream = TcpStream::connect(("127.0.0.1", address.0)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (socket, _) = tungstenite::client(format!("ws://127.0.0.1:{}{}", address.0, address.1), stream).unwrap();
        Self { child, profile, socket, last_id: 0, events: Vec::new() }
    }

    /// Calls a method of the browser itself.
    pub fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.send(None, method, parameters)
    }

    /// Calls a method in a tab or worker.
    pub fn call_in(&mut self, session: &Session, method: &str, parameters: &Value) -> Value {
        self.send(Some(session), method, parameters)
    }

    fn send(&mut self, session: Option<&Session>, method: &str, parameters: &Value) -> Value {
        self.last_id += 1;
        let mut call = json!({ "id": self.last_id, "method": method, "params": parameters });
        if let Some(session) = session {
            call["sessionId"] = json!(session.id);
        }
        self.socket.send(Message::text(call.to_string())).unwrap();
        loop {
            let answer = self.next();
            if answer["id"] == self.last_id {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].clone();
            }
            self.events.push(answer);
        }
    }

    fn next(&mut self) -> Value {
        match self.socket.read().unwrap() {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => json!({ "ignored": format!("{other:?}") }),
        }
    }

    /// Waits for an event that `wanted` finds something in; every event is looked at once.
    pub fn wait_for<T>(&mut self, wanted: impl Fn(&Value) -> Option<T>) -> T {
        let give_up = Instant::now() + PATIENCE;
        let mut kept = std::mem::take(&mut self.events);
        loop {
            if let Some(found) = kept.iter().find_map(&wanted) {
                return found;
            }
            assert!(Instant::now() < give_up, "the browser never said what was waited for");
            kept = vec![self.next()];
        }
    }

    /// A tab of its own, in front of the others.
    pub fn open(&mut self, address: &str) -> Session {
        let target = self.call("Target.createTarget", &json!({ "url": address }))["targetId"].clone();
        let session = self.attach(target.as_str().unwrap());
        self.call_in(&session, "Page.enable", &json!({}));
        // a tab shows an empty page until the first byte of its own
        let there = format!("document.readyState === 'complete' && location.href === '{address}'");
        self.eventually(&session, &there);
        session
    }

    pub fn attach(&mut self, target: &str) -> Session {
        let attached = self.call("Target.attachToTarget", &json!({ "targetId": target, "flatten": true }));
        Session { id: attached["sessionId"].as_str().unwrap().into(), target: target.into() }
    }

    /// The tabs and workers that there are: type and address.
    pub fn targets(&mut self) -> Vec<Value> {
        self.call("Target.getTargets", &json!({}))["targetInfos"].as_array().unwrap().clone()
    }

    /// The value of an expression; promises are waited for, and what they throw fails the test.
    pub fn evaluate(&mut self, session: &Session, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.call_in(session, "Runtime.evaluate", &asked);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {}", answer["exceptionDetails"]);
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    pub fn eventually(&mut self, session: &Session, expression: &str) {
        until(expression, || (self.evaluate(session, expression) == true).then_some(()));
    }

    /// A person's click on an element: from then on the page may make sounds.
    pub fn click(&mut self, session: &Session, selector: &str) {
        let place = format!(
            "(() => {{ const box = document.querySelector('{selector}').getBoundingClientRect();
                return [box.x + box.width / 2, box.y + box.height / 2]; }})()"
        );
        let place = self.evaluate(session, &place);
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1 });
            self.call_in(session, "Input.dispatchMouseEvent", &event);
        }
    }

    /// A picture of the tab, kept under target/browser for people to look at.
    pub fn picture(&mut self, session: &Session, name: &str) {
        self.evaluate(session, "window.desktop()");
        let picture = self.call_in(session, "Page.captureScreenshot", &json!({ "format": "png" }));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
        fs::create_dir_all(&folder).unwrap();
        let bytes = STANDARD.decode(picture["data"].as_str().unwrap()).unwrap();
        fs::write(folder.join(format!("{name}.png")), bytes).unwrap();
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait();
        // its processes write until they are gone; the folder goes when they are
        let _ = fs::remove_dir_all(self.profile.path());
    }
}

/// Asks again and again until there is an answer.
pub fn until<T>(what: &str, mut answer: impl FnMut() -> Option<T>) -> T {
    let give_up = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = answer() {
            return answer;
        }
        assert!(Instant::now() < give_up, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
