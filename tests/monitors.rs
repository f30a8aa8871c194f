//! What monitors outside see of a pass, by the real binary: metrics for Prometheus, and the dead-man ping.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]
#![allow(clippy::float_cmp, reason = "the samples are whole numbers")]

mod office;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use office::Office;

/// A desk on which Tom has waited for Ada for an hour; mails become files.
struct House(Office);

impl House {
    /// With these keys of `[operator]`.
    fn new(operator: &str) -> Self {
        let mut office = Office::new();
        office.at(&(Utc::now() - TimeDelta::hours(1)).to_rfc3339());
        office.agent("ada").contact("tom").asks("c1", "hello?").assign("c1", "ada");
        let settings = format!(
            "[desk]\nurl = \"sqlite:chat.db\"\n[email]\nfrom = \"Desk <desk@example.com>\"\noutbox = \"outbox\"\n\
             [operator]\n{operator}\n[rule.reminder]\nwatch = \"unreplied\"\nschedule = {{ every = \"1m\" }}\n\
             tell = [\"assignee\"]\n"
        );
        fs::write(office.folder().join("doorbell.toml"), settings).unwrap();
        Self(office)
    }

    fn doorbell(&self, arguments: &[&str]) -> Output {
        let settings = self.0.folder().join("doorbell.toml");
        Command::new(env!("CARGO_BIN_EXE_doorbell")).args(arguments).arg("--config").arg(settings).output().unwrap()
    }

    /// What a command prints that ends in this status.
    #[track_caller]
    fn says(&self, arguments: &[&str], status: i32) -> String {
        let output = self.doorbell(arguments);
        let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
        said
    }

    fn file(&self) -> PathBuf {
        self.0.folder().join("doorbell.prom")
    }

    /// The samples, once each; what `node_exporter` would refuse is a failure.
    #[track_caller]
    fn metrics(&self) -> BTreeMap<String, f64> {
        let text = fs::read_to_string(self.file()).unwrap();
        assert!(text.ends_with('\n'), "a last line without an end costs the whole file");
        let mut described = Vec::new();
        let mut samples = BTreeMap::new();
        for line in text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            if line.starts_with("# HELP ") {
                assert!(!described.contains(&words[2].to_owned()), "twice: {line}");
                described.push(words[2].to_owned());
            } else if line.starts_with("# TYPE ") {
                assert_eq!((words[2], words[3]), (described.last().unwrap().as_str(), "gauge"));
            } else {
                assert_eq!(words.len(), 2, "no time of its own: {line}");
                assert_eq!(words[0].split('{').next(), described.last().map(String::as_str), "{line}");
                assert!(samples.insert(words[0].to_owned(), words[1].parse().unwrap()).is_none(), "twice: {line}");
            }
        }
        samples
    }

    fn sent(&self) -> Option<f64> {
        self.metrics().get("doorbell_last_pass_deliveries{result=\"sent\"}").copied()
    }
}

const TEXTFILE: &str = "textfile = \"doorbell.prom\"";

#[test]
fn x9_every_pass_leaves_its_metrics_also_a_quiet_one() {
    let house = House::new(TEXTFILE);
    house.says(&["run"], 0);
    assert_eq!(house.sent(), Some(1.0));
    let metrics = house.metrics();
    for name in [
        "last_pass_exit_status",
        "last_pass_uncovered",
        "queue_deliveries{state=\"due\"}",
        "queue_deliveries{state=\"waiting\"}",
        "oldest_due_seconds",
        "paused",
    ] {
        assert_eq!(metrics[&format!("doorbell_{name}")], 0.0, "{name}");
    }
    let ended: i64 = metrics["doorbell_last_pass_timestamp_seconds"].to_string().parse().unwrap();
    assert!(Utc::now().timestamp() - ended < 20 && metrics["doorbell_last_pass_duration_seconds"] < 20.0);
    assert_eq!(fs::metadata(house.file()).unwrap().permissions().mode() & 0o777, 0o644);
    house.says(&["run"], 0);
    assert_eq!(house.sent(), Some(0.0));
    let text = fs::read_to_string(house.file()).unwrap().to_lowercase();
    assert!(!text.contains('@') && !text.contains("ada") && !text.contains("reminder"), "{text}");
    let left: Vec<_> = fs::read_dir(house.0.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with('.')), "{left:?}");
}

#[test]
fn x9_a_pass_that_an_error_ended_says_so_in_the_metrics() {
    let house = House::new(TEXTFILE);
    fs::write(house.0.folder().join("chat.db"), "no database at all, but long enough to be read as one").unwrap();
    house.says(&["run"], 74);
    let metrics = house.metrics();
    assert_eq!(metrics["doorbell_last_pass_exit_status"], 74.0);
    assert!(!metrics.contains_key("doorbell_paused"), "nobody knows");
}

#[test]
fn x9_what_waits_and_a_pause_stand_in_the_metrics() {
    let house = House::new(TEXTFILE);
    house.says(&["run"], 0);
    let earlier = (Utc::now() - TimeDelta::minutes(10)).timestamp_millis();
    house
        .0
        .connection()
        .execute("UPDATE doorbell_delivery SET state = 'queued', next_attempt_at = ?1", [earlier])
        .unwrap();
    house.says(&["pause"], 0);
    house.says(&["run"], 0);
    let metrics = house.metrics();
    assert_eq!((metrics["doorbell_paused"], metrics["doorbell_queue_deliveries{state=\"due\"}"]), (1.0, 1.0));
    assert!((600.0..700.0).contains(&metrics["doorbell_oldest_due_seconds"]), "{metrics:?}");
}

#[test]
fn metrics_that_cannot_be_written_are_a_warning_and_stop_nothing() {
    let house = House::new("textfile = \"/nowhere/at/all/doorbell.prom\"");
    let said = house.says(&["run"], 0);
    assert!(said.contains("operator.textfile: write /nowhere/at/all/doorbell.prom"), "{said}");
    assert_eq!(fs::read_dir(house.0.folder().join("outbox")).unwrap().count(), 1);
}

#[test]
fn a_rehearsal_and_a_slip_of_the_pen_leave_the_metrics_alone() {
    let house = House::new(TEXTFILE);
    house.says(&["run", "--dry-run"], 0);
    house.says(&["run", "--rule", "remindr"], 64);
    assert!(!house.file().exists());
}

#[test]
fn a_link_in_place_of_the_metrics_is_replaced_and_not_followed() {
    let house = House::new(TEXTFILE);
    let other = house.0.folder().join("other");
    fs::write(&other, "mine").unwrap();
    std::os::unix::fs::symlink(&other, house.file()).unwrap();
    house.says(&["run"], 0);
    assert_eq!(fs::read_to_string(other).unwrap(), "mine");
    assert_eq!(house.sent(), Some(1.0));
}

#[test]
fn a_name_that_node_exporter_would_not_read_is_refused() {
    let house = House::new("textfile = \"doorbell.txt\"");
    assert!(house.says(&["run"], 78).contains("names end in .prom"));
}

#[test]
fn every_metric_of_the_alert_rules_is_one_that_a_pass_writes() {
    let house = House::new(TEXTFILE);
    house.says(&["run"], 0);
    let paper = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operating.md")).unwrap();
    let rules = paper.split("```yaml").nth(1).unwrap().split("```").next().unwrap();
    let is_name = |letter: char| letter.is_ascii_lowercase() || letter == '_';
    let named: Vec<&str> =
        rules.split(|letter| !is_name(letter)).filter(|word| word.starts_with("doorbell_")).collect();
    assert!(named.len() >= 5, "{named:?}");
    let metrics = house.metrics();
    for name in named {
        assert!(metrics.contains_key(name), "no pass writes {name}");
    }
    let described = |name: &str| paper.contains(&format!("| `{}` |", name.split('{').next().unwrap()));
    assert!(metrics.keys().all(|name| described(name)), "docs/operating.md leaves out one of {metrics:?}");
}

const CHECK: &str = "5f0b8f2e-secret-of-the-check";

/// A dead-man service on this machine that gives everybody one answer; without one it never answers.
struct Service {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Service {
    fn start(answer: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let service = Self { port: listener.local_addr().unwrap().port(), asked: Arc::default() };
        let asked = service.asked.clone();
        thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let head: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
                asked.lock().unwrap().push(head[0].replace(CHECK, "CHECK").replace(" HTTP/1.1", ""));
                match answer {
                    Some(answer) => {
                        let end = "content-length: 0\r\nconnection: close\r\n\r\n";
                        write!(stream, "HTTP/1.1 {answer}\r\n{end}").unwrap();
                    }
                    None => silent.push(stream),
                }
            }
        });
        service
    }

    fn house(&self) -> House {
        House::new(&format!("ping = \"http://127.0.0.1:{}/{CHECK}\"", self.port))
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// Runs a pass in full words, which goes on whatever the service does; answers what it said.
#[track_caller]
fn pass(house: &House) -> String {
    let said = house.says(&["run", "-vv"], 0);
    assert_eq!(fs::read_dir(house.0.folder().join("outbox")).unwrap().count(), 1);
    assert!(!said.contains(CHECK), "the address is a secret: {said}");
    said
}

#[test]
fn x9_a_dead_man_service_hears_of_the_beginning_and_the_end() {
    let service = Service::start(Some("200 OK"));
    let house = service.house();
    assert!(!pass(&house).contains("operator.ping"));
    assert_eq!(service.asked(), ["GET /CHECK/start", "GET /CHECK"]);
    assert_eq!(house.says(&["run"], 0), "");
    house.says(&["pause"], 0);
    house.says(&["run"], 0);
    assert_eq!(service.asked().len(), 6, "also while it is quiet, and paused");
}

#[test]
fn x9_a_dead_man_service_hears_how_a_pass_failed() {
    let service = Service::start(Some("200 OK"));
    let house = service.house();
    fs::write(house.0.folder().join("chat.db"), "no database at all, but long enough to be read as one").unwrap();
    house.says(&["run"], 74);
    assert_eq!(service.asked(), ["GET /CHECK/74"]);
}

#[test]
fn a_service_that_never_answers_costs_seconds_and_stops_nothing() {
    let service = Service::start(None);
    let house = service.house();
    let began = Instant::now();
    let said = pass(&house);
    assert!(began.elapsed() < Duration::from_secs(14), "{:?}", began.elapsed());
    assert_eq!(said.matches("operator.ping: no answer").count(), 2, "{said}");
}

#[test]
fn a_service_that_is_not_there_is_a_warning() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let house = House::new(&format!("ping = \"http://localhost:{port}/{CHECK}\""));
    let said = pass(&house);
    assert!(said.contains("operator.ping: Connection refused"), "{said}");
}

#[test]
fn a_service_that_stumbles_is_asked_again_and_one_that_says_no_is_not() {
    let stumbling = Service::start(Some("503 Service Unavailable"));
    assert!(pass(&stumbling.house()).contains("operator.ping: the service answered 503"));
    assert_eq!(stumbling.asked().len(), 6);
    let unknown = Service::start(Some("404 Not Found"));
    assert!(pass(&unknown.house()).contains("the service answered 404; is the address right?"));
    assert_eq!(unknown.asked().len(), 2);
}

#[test]
fn nobody_else_learns_the_address_of_the_check() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    other.set_nonblocking(true).unwrap();
    let to = format!("302 Found\r\nlocation: http://localhost:{}/", other.local_addr().unwrap().port());
    let service = Service::start(Some(String::leak(to)));
    assert!(pass(&service.house()).contains("answered 302 and sends on to another place"));
    assert!(other.accept().is_err(), "the other place was asked");
}

#[test]
fn a_rehearsal_and_a_slip_of_the_pen_are_no_pass_for_the_service() {
    let service = Service::start(Some("200 OK"));
    let house = service.house();
    house.says(&["run", "--dry-run"], 0);
    house.says(&["run", "--rule", "remindr"], 64);
    assert!(service.asked().is_empty());
}

#[test]
fn an_address_that_others_on_the_way_could_read_is_refused_and_not_repeated() {
    for wrong in ["http://hc.example.com/", "ftp://localhost/", "localhost/"] {
        let said = House::new(&format!("ping = \"{wrong}{CHECK}\"")).says(&["run"], 78);
        assert!(said.contains("operator.ping is no address") && !said.contains(CHECK), "{said}");
    }
    let said = House::new(&format!("ping = [\"https://hc.example.com/{CHECK}\"]")).says(&["run"], 78);
    assert!(!said.contains(CHECK), "{said}");
}
