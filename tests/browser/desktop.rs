//! The desktop around the browser: a session bus of its own, and a notification area that says what it shows.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

use super::chromium::PATIENCE;
use super::servers::python_program;

const AREA: &str = include_str!("desktop.py");

pub struct Desktop {
    bus: Child,
    area: Child,
    clicks: ChildStdin,
    said: Receiver<String>,
    /// Where programs find the bus.
    pub address: String,
    _folder: TempDir,
}

impl Desktop {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut bus = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile", "--print-address=1"])
            .arg(format!("--address=unix:path={}", folder.path().join("bus").display()))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("start dbus-daemon: {error}; apt-get install dbus-daemon"));
        let address = BufReader::new(bus.stdout.take().unwrap()).lines().next().unwrap().unwrap();
        let mut area = Command::new(python_program())
            .args(["-c", AREA])
            .env("DBUS_SESSION_BUS_ADDRESS", &address)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (say, said) = channel();
        let output = BufReader::new(area.stdout.take().unwrap());
        thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| say.send(line)));
        assert!(said.recv_timeout(PATIENCE).unwrap().contains("ready"));
        Self { bus, clicks: area.stdin.take().unwrap(), area, said, address, _folder: folder }
    }

    /// What is shown next, or taken away.
    pub fn next(&mut self) -> Value {
        let line = self.said.recv_timeout(PATIENCE).expect("the desktop is asked to show something");
        serde_json::from_str(&line).unwrap()
    }

    /// A person's click on a notification.
    pub fn click(&mut self, shown: &Value) {
        writeln!(self.clicks, "{}", shown["number"]).unwrap();
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        for child in [&mut self.area, &mut self.bus] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
