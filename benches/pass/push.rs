//! Pushes over one HTTP/2 connection, to a server on this machine that answers at once or after 20 ms: a whole pass, the
//! way to providers alone, and h2load as the limit.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use chrono::Utc;
use doorbell::deliver::http::{Http, Request, Settings};
use reqwest::header::HeaderMap;
use reqwest::{Method, Url};

use crate::servers::{Authority, HttpServer, Reply};
use crate::{DOORBELL, ROUNDS, count, crowd, run, spread_of};

/// Makes this program the server, with so many milliseconds to each answer.
pub(crate) const SERVER: &str = "DOORBELL_BENCH_SERVER";
/// Streams on the connection.
const STREAMS: usize = 100;
const BODY_BYTES: usize = 500;

/// Serves until it is killed.
pub(crate) fn serve(delay_milliseconds: u64) -> ! {
    let authority = Authority::new();
    let server = HttpServer::forgetful(&authority, move |_| {
        let done = Reply::status(200);
        if delay_milliseconds > 0 { Reply::Late(delay_milliseconds, Box::new(done)) } else { done }
    });
    fs::write(env::var("DOORBELL_BENCH_CA").unwrap(), &authority.pem).unwrap();
    println!("{}", server.port);
    loop {
        thread::sleep(Duration::from_mins(1));
    }
}

/// The server in a process of its own.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(ca_file: &Path, delay_milliseconds: u64) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.env(SERVER, delay_milliseconds.to_string()).env("DOORBELL_BENCH_CA", ca_file);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, port: line.trim().parse().unwrap() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// So many pushes, in turn by each of them.
pub(crate) fn table(pushes: i64) {
    let folder = tempfile::tempdir().unwrap();
    let desk = folder.path().join("desk.db");
    crowd::waiting_desk(&desk, pushes, Utc::now());
    phones(&desk);
    println!("\n{pushes} pushes over one HTTP/2 connection with {STREAMS} streams, synchronous=EXTRA");
    println!("{:<28} {:>24} {:>28}", "pushes/s", "answers at once", "answers after 20 ms");
    let names = ["doorbell run", "doorbell's way to providers", "h2load"];
    let mut rates = [0, 20].map(|delay| rates(folder.path(), &desk, pushes, delay));
    for (index, name) in names.into_iter().enumerate() {
        let [at_once, late] = &mut rates;
        let shown = |rates: &[Vec<f64>]| spread_of(rates.iter().map(|round| round[index]), 0);
        println!("{name:<28} {:>24} {:>28}", shown(at_once), shown(late));
    }
}

/// Pushes a second of each, round by round.
fn rates(folder: &Path, desk: &Path, pushes: i64, delay: u64) -> Vec<Vec<f64>> {
    let here = folder.join(delay.to_string());
    fs::create_dir(&here).unwrap();
    let server = Server::start(&here.join("ca.pem"), delay);
    settings(&here, server.port);
    (0..ROUNDS)
        .map(|_| {
            fs::copy(desk, here.join("chat.db")).unwrap();
            let pass = run(Command::new(DOORBELL).current_dir(&here).args(["run", "--quiet"])).wall;
            assert_eq!(count(&here, "SELECT count(*) FROM doorbell_delivery WHERE state = 'sent'"), pushes);
            let alone = way_to_providers(&here, server.port, pushes);
            let limit = h2load(&here, server.port, pushes);
            [pass, alone, limit].map(|took| pushes as f64 / took.as_secs_f64()).to_vec()
        })
        .collect()
}

/// A phone for everybody, and one conversation for each.
fn phones(desk: &Path) {
    let rows = "INSERT INTO devices (owner_type, owner_id, provider, token)
                  SELECT 'agent', id, 'apns', printf('%064x', id) FROM agents;
                UPDATE conversations SET assignee_id = NULL WHERE id % 10 > 0;";
    rusqlite::Connection::open(desk).unwrap().execute_batch(rows).unwrap();
}

fn settings(folder: &Path, port: u16) {
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    fs::write(folder.join("apns.p8"), key).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(folder.join("apns.p8"), mode).unwrap();
    let text = format!(
        "[desk]\nurl = \"sqlite:chat.db\"\n[http]\nca_file = \"ca.pem\"\n[limits]\nstorm = 1000000\n\
         [push.apns]\nkey_file = \"apns.p8\"\nkey_id = \"ABCDE12345\"\nteam_id = \"TEAM123456\"\n\
         topic = \"com.example.desk\"\nendpoint = \"https://localhost:{port}\"\n\
         [rule.reminder]\nwatch = \"unread\"\nschedule = {{ every = \"1m\" }}\ntell = [\"assignee\"]\nvia = [\"push\"]\n"
    );
    fs::write(folder.join("doorbell.toml"), text).unwrap();
}

/// What the rest of a pass leaves out: the questions alone, by as many threads as there are streams.
fn way_to_providers(folder: &Path, port: u16, pushes: i64) -> Duration {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let settings: Settings = toml::from_str("ca_file = \"ca.pem\"").unwrap();
    let http = Http::new(&settings, folder);
    let url = Url::parse(&format!("https://localhost:{port}/3/device/00")).unwrap();
    let left = AtomicI64::new(pushes);
    let began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..STREAMS {
            scope.spawn(|| {
                while left.fetch_sub(1, Ordering::Relaxed) > 0 {
                    let (headers, body) = (HeaderMap::new(), vec![b'x'; BODY_BYTES]);
                    let timeout = Duration::from_secs(30);
                    let request = Request { method: Method::POST, url: url.clone(), headers, body, timeout };
                    assert_eq!(http.send(request).unwrap().status, 200);
                }
            });
        }
    });
    began.elapsed()
}

fn h2load(folder: &Path, port: u16, pushes: i64) -> Duration {
    let body = folder.join("body");
    fs::write(&body, vec![b'x'; BODY_BYTES]).unwrap();
    let mut command = Command::new(env::var("DOORBELL_H2LOAD").unwrap_or_else(|_| "h2load".into()));
    command.args(["-c", "1", "-t", "1", "-m", &STREAMS.to_string(), "-n", &pushes.to_string()]);
    command.arg("-d").arg(&body).arg(format!("https://localhost:{port}/3/device/00"));
    let output = command.output().expect("h2load is missing: apt-get install nghttp2-client");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains(&format!("{pushes} succeeded")), "{said}");
    let took = said.lines().find_map(|line| line.strip_prefix("finished in ")).expect("a time");
    duration(took.split(',').next().unwrap())
}

/// `1.25s`, `340.12ms` or `900us`.
fn duration(text: &str) -> Duration {
    let (number, unit) = text.split_at(text.find(|letter: char| letter.is_ascii_alphabetic()).unwrap());
    let seconds = number.parse::<f64>().unwrap()
        * match unit {
            "us" => 1e-6,
            "ms" => 1e-3,
            _ => 1.0,
        };
    Duration::from_secs_f64(seconds)
}
