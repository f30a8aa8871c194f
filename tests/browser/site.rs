//! The host program's web site: a page for agents, the files of contrib/web, and the place where subscriptions are saved.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

const PAGE: &str = include_str!("desk.html");
const SUBSCRIBE: &str = include_str!("../../contrib/web/doorbell-subscribe.js");
const WORKER: &str = include_str!("../../contrib/web/doorbell-worker.js");

pub struct Site {
    pub port: u16,
    saved: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Site {
    pub fn open() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let saved = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&saved);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                // browsers open connections ahead and ask nothing on them
                thread::spawn(move || answer(stream, &kept));
            }
        });
        Self { port, saved }
    }

    /// Browsers take localhost for a place as safe as one behind TLS.
    pub fn origin(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// What was sent to the place where subscriptions are saved: method and body.
    pub fn saved(&self) -> Vec<(String, Value)> {
        self.saved.lock().unwrap().clone()
    }
}

fn answer(stream: TcpStream, saved: &Mutex<Vec<(String, Value)>>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let (method, path) = line.split_once(' ')?;
    let path = path.split([' ', '?']).next()?.to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if header.trim().is_empty() {
            break;
        }
    }
    let (kind, content) = match path.as_str() {
        "/devices" => {
            let mut body = vec![0; length];
            reader.read_exact(&mut body).ok()?;
            saved.lock().unwrap().push((method.to_owned(), serde_json::from_slice(&body).unwrap()));
            ("application/json", Vec::new())
        }
        "/assets/subscribe.js" => ("text/javascript", SUBSCRIBE.into()),
        "/assets/push/worker.js" => ("text/javascript", WORKER.into()),
        "/assets/bell.wav" => ("audio/wav", bell()),
        path if path.starts_with("/desk/") => ("text/html", PAGE.into()),
        _ => ("text/plain", Vec::new()),
    };
    write(stream, kind, &content)
}

/// The scope is wider than the worker's folder: the server has to allow that.
fn write(mut stream: TcpStream, kind: &str, content: &[u8]) -> Option<()> {
    let length = content.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {length}\r\nCache-Control: no-store\r\n\
         Service-Worker-Allowed: /desk/\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(content).ok()
}

/// A fifth of a second at 440 Hz, 8000 samples of 8 bits a second.
fn bell() -> Vec<u8> {
    let samples: Vec<u8> = (0..1_600u32).map(|step| if step / 9 % 2 == 0 { 96 } else { 160 }).collect();
    let length = u32::try_from(samples.len()).unwrap();
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((36 + length).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16u32.to_le_bytes());
    file.extend([1, 0, 1, 0]);
    file.extend(8_000u32.to_le_bytes());
    file.extend(8_000u32.to_le_bytes());
    file.extend([1, 0, 8, 0]);
    file.extend(b"data");
    file.extend(length.to_le_bytes());
    file.extend(samples);
    file
}
