//! The desktop around the browser: a session bus of its own, and a notification area that says what it shows.

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

use super::servers::python_program;

const AREA: &str = include_str!("desktop.py");

pub struct Desktop {
    bus: Child,
    area: Child,
    clicks: ChildStdin,
    said: Lines<BufReader<ChildStdout>>,
    /// Where programs find the bus.
    pub address: String,
}

impl Desktop {
    pub fn start() -> Self {
        let mut bus = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile", "--print-address=1"])
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
        let mut said = BufReader::new(area.stdout.take().unwrap()).lines();
        assert!(said.next().unwrap().unwrap().contains("ready"));
        Self { bus, clicks: area.stdin.take().unwrap(), area, said, address }
    }

    /// What is shown next, or taken away.
    pub fn next(&mut self) -> Value {
        serde_json::from_str(&self.said.next().expect("the notification area is there").unwrap()).unwrap()
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
