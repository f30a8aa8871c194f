//! A desk at which people wait to hear, and the real program between them and two servers: the one at fault, and a
//! good one later.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use chrono::Utc;
use mail_parser::MessageParser;
use rusqlite::Connection;

use crate::crowd;
use crate::scene::Opponent;
use crate::servers::{SmtpServer, Tls};

/// A pass meets a few time-outs of a second; one that takes longer hangs.
const NO_HANG: Duration = Duration::from_mins(1);

/// A row of the ledger.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) address: String,
    pub(crate) state: String,
    pub(crate) attempt: i64,
    pub(crate) ambiguous: i64,
    /// Whether it was ever on the wire.
    pub(crate) begun: bool,
    /// In Unix milliseconds.
    pub(crate) next_attempt_at: i64,
}

/// The place of one trial.
pub(crate) struct Desk {
    folder: tempfile::TempDir,
    pub(crate) opponent: Opponent,
    pub(crate) good: SmtpServer,
}

impl Desk {
    /// So many people, each with conversations that wait since an hour ago, and one mail after the other.
    pub(crate) fn new(people: usize, opponent: Opponent) -> Self {
        Self::with(people, opponent, "lanes = 1")
    }

    /// The same with keys of `[email]` of the test's own.
    pub(crate) fn with(people: usize, opponent: Opponent, keys: &str) -> Self {
        let folder = folder();
        fs::write(folder.path().join("chat.db"), waiting(people)).unwrap();
        let desk = Self { folder, opponent, good: SmtpServer::start(Tls::Never) };
        desk.write_settings(&(desk.opponent.keys(desk.folder()) + keys));
        desk
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn write_settings(&self, email: &str) {
        let text = format!(
            "[desk]\nurl = \"sqlite:chat.db\"\n[email]\n{email}\n
             [rule.reminder]\nwatch = \"unreplied\"\nschedule = {{ every = \"1m\" }}\ntell = [\"assignee\"]\n"
        );
        fs::write(self.folder().join("doorbell.toml"), text).unwrap();
    }

    /// From now on the server is a good one, and nothing waits for its time.
    pub(crate) fn mend(&self) {
        let good = format!(
            "from = \"Desk <desk@example.com>\"\nserver = \"127.0.0.1:{}\"\nsecurity = \"none\"\nlanes = 1",
            self.good.port
        );
        self.write_settings(&good);
        self.make_due();
    }

    /// Whatever waits for another try is due.
    pub(crate) fn make_due(&self) {
        let due = "UPDATE doorbell_delivery SET next_attempt_at = 1 WHERE state = 'queued'";
        self.ledger().execute(due, []).unwrap();
    }

    /// Runs a command to its end; what it says, and its exit status.
    pub(crate) fn doorbell(&self, arguments: &[&str]) -> Result<Output, String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doorbell"));
        command.current_dir(self.folder()).args(arguments).env_remove("DOORBELL_CONFIG");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        let process = rustix::process::Pid::from_child(&child);
        let (sender, ended) = mpsc::channel();
        thread::spawn(move || sender.send(child.wait_with_output().unwrap()));
        ended.recv_timeout(NO_HANG).map_err(|_| {
            let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
            format!("doorbell {} hangs", arguments.join(" "))
        })
    }

    fn ledger(&self) -> Connection {
        Connection::open(self.folder().join("chat.db")).unwrap()
    }

    /// Every delivery, in the order in which they go.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let ledger = self.ledger();
        let sql = "SELECT state, attempt, ambiguous, begun_at IS NOT NULL, next_attempt_at, email
                   FROM doorbell_delivery d JOIN agents ON recipient = 'agent:' || agents.id ORDER BY d.id";
        let mut read = ledger.prepare(sql).unwrap();
        let row = |row: &rusqlite::Row<'_>| {
            Ok(Row {
                state: row.get(0)?,
                attempt: row.get(1)?,
                ambiguous: row.get(2)?,
                begun: row.get(3)?,
                next_attempt_at: row.get(4)?,
                address: row.get(5)?,
            })
        };
        read.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
    }

    /// The Message-IDs that each person got, from the server at fault and from the good one.
    pub(crate) fn told(&self) -> BTreeMap<String, Vec<String>> {
        let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for mail in self.opponent.server.accepted().into_iter().chain(self.good.accepted()) {
            let id = MessageParser::default().parse(&mail.bytes).unwrap().message_id().unwrap().to_owned();
            told.entry(mail.recipients[0].clone()).or_default().push(id);
        }
        told
    }
}

/// The bytes of a desk, made once for each number of people; their addresses begin with different letters.
fn waiting(people: usize) -> Arc<[u8]> {
    static DESKS: Mutex<BTreeMap<usize, Arc<[u8]>>> = Mutex::new(BTreeMap::new());
    let mut desks = DESKS.lock().unwrap();
    let desk = desks.entry(people).or_insert_with(|| {
        let folder = folder();
        let path = folder.path().join("chat.db");
        crowd::waiting_desk(&path, i64::try_from(people).unwrap(), Utc::now());
        let letters = "UPDATE agents SET email = char(96 + id) || '@example.com'; PRAGMA journal_mode = DELETE";
        Connection::open(&path).unwrap().execute_batch(letters).unwrap();
        fs::read(path).unwrap().into()
    });
    desk.clone()
}

/// A folder in memory, where there is one: no disk is tried here.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}
