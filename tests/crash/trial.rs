//! A desk at which everybody waits to hear, a server that knows what it took, and the real program between them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::Utc;
use mail_parser::MessageParser;
use postgres::{Client, Config, NoTls};
use rusqlite::Connection;

use crate::crowd;
use crate::is_soak;
use crate::network::Network;
use crate::servers::{Postgres, SmtpServer, Tls};

/// What a trial tells by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Email,
    InApp,
    /// Into files.
    Push,
    /// Apple's network.
    Apple,
    /// Text messages by Twilio.
    Twilio,
}

/// The place of one trial.
pub(crate) struct Trial {
    folder: tempfile::TempDir,
    pub(crate) server: SmtpServer,
    network: Network,
    by: By,
    people: usize,
    ledger: &'static str,
    /// Where the ledger stands on a server: which, and in which database.
    shared: Option<(Rc<Postgres>, String)>,
}

impl Trial {
    /// So many people who wait to hear, and so many lanes for mails.
    pub(crate) fn new(by: By, people: usize, lanes: usize) -> Self {
        Self::with(SmtpServer::start(Tls::Never), by, people, lanes)
    }

    /// The same in a folder in memory at any size: for trials whose disk is made up.
    pub(crate) fn in_memory(by: By, people: usize, lanes: usize) -> Self {
        Self::at(memory(), SmtpServer::start(Tls::Never), by, people, lanes)
    }

    /// The same with a server of the test's own.
    pub(crate) fn with(server: SmtpServer, by: By, people: usize, lanes: usize) -> Self {
        let folder = if is_soak() { tempfile::tempdir().unwrap() } else { memory() };
        Self::at(folder, server, by, people, lanes)
    }

    fn at(folder: tempfile::TempDir, server: SmtpServer, by: By, people: usize, lanes: usize) -> Self {
        let desk = folder.path().join("chat.db");
        crowd::waiting_desk(&desk, i64::try_from(people).unwrap(), Utc::now());
        if by != By::Email {
            // a note is about one conversation: with one each, whoever has two was told twice
            let one_each = "INSERT INTO devices (owner_type, owner_id, provider, token)
                              SELECT 'agent', id, PROVIDER FROM agents;
                            UPDATE agents SET phone = '+44163296' || printf('%04d', id);
                            UPDATE conversations SET assignee_id = NULL WHERE id % 10 > 0;";
            let provider = if by == By::Apple { "'apns', printf('%064x', id)" } else { "'fcm', 'phone ' || id" };
            Connection::open(&desk).unwrap().execute_batch(&one_each.replace("PROVIDER", provider)).unwrap();
        }
        let network = Network::start();
        let (via, section) = match by {
            By::Email => ("email", String::new()),
            By::InApp => ("in_app", String::new()),
            By::Push => ("push", "[push]\noutbox = \"push\"\n".into()),
            By::Apple => ("push", network.apple(folder.path())),
            By::Twilio => ("sms", network.twilio(folder.path())),
        };
        let settings = format!(
            "[desk]\nurl = \"sqlite:chat.db\"\n{section}\n
             [email]\nfrom = \"Desk <desk@example.com>\"\nserver = \"127.0.0.1:{}\"\nsecurity = \"none\"\n
             lanes = {lanes}\ntimeout = \"5s\"\n
             [rule.reminder]\nwatch = \"unreplied\"\nschedule = {{ every = \"1m\" }}\ntell = [\"assignee\"]\n
             via = [\"{via}\"]\n",
            server.port
        );
        fs::write(folder.path().join("doorbell.toml"), settings).unwrap();
        Self { folder, server, network, by, people, ledger: "chat.db", shared: None }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The same with a ledger in a file of its own.
    pub(crate) fn with_own_ledger(mut self) -> Self {
        self.ledger = "told.db";
        self.change_settings(|settings| format!("{settings}\n[ledger]\npath = \"told.db\"\n"));
        self
    }

    /// The same with a ledger in a database of its own on this server.
    pub(crate) fn with_ledger_on(mut self, server: &Rc<Postgres>) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let database = format!("told{}", COUNT.fetch_add(1, Ordering::Relaxed));
        server.ask("postgres", &format!("CREATE DATABASE {database}")).unwrap();
        let url = format!("postgres://postgres@/{database}?host={}", server.host().display());
        self.change_settings(|settings| format!("{settings}\n[ledger]\nurl = \"{url}\"\n"));
        self.shared = Some((Rc::clone(server), database));
        self
    }

    /// The same with this done about what may have arrived.
    pub(crate) fn that_does(self, word: &str) -> Self {
        let section = match self.by {
            By::Email | By::InApp => "[email]",
            By::Push | By::Apple => "[push]",
            By::Twilio => "[sms]",
        };
        self.change_settings(|settings| settings.replace(section, &format!("{section}\non_ambiguous = \"{word}\"")));
        self
    }

    fn change_settings(&self, change: impl FnOnce(&str) -> String) {
        let settings = self.folder().join("doorbell.toml");
        let text = fs::read_to_string(&settings).unwrap();
        fs::write(settings, change(&text)).unwrap();
    }

    /// The file of the ledger, which is the desk's unless the trial says otherwise.
    pub(crate) fn ledger(&self) -> PathBuf {
        self.folder().join(self.ledger)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doorbell"));
        command.current_dir(self.folder()).args(arguments).stdin(Stdio::null());
        command.env_remove("DOORBELL_CONFIG").env_remove("DOORBELL_FAILPOINT");
        command
    }

    /// A pass, now, with everything that it says.
    pub(crate) fn pass(&self) -> Output {
        self.command(&["run", "--ignore-schedule", "--format", "json"]).output().unwrap()
    }

    /// A pass by the schedule, without waiting for it.
    pub(crate) fn start(&self) -> Child {
        let mut command = self.command(&["run", "--quiet"]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// What each of them got, by Message-ID, file name or row: the oracle.
    pub(crate) fn heard(&self) -> BTreeMap<String, Vec<String>> {
        let mut heard: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (whose, what) in self.told() {
            heard.entry(whose).or_default().push(what);
        }
        heard
    }

    fn told(&self) -> Vec<(String, String)> {
        match self.by {
            By::Email => {
                self.server.accepted().into_iter().map(|mail| (mail.recipients[0].clone(), id(&mail.bytes))).collect()
            }
            By::InApp => self.rows("SELECT recipient, id FROM in_app_notifications"),
            By::Apple | By::Twilio => self.network.taken(),
            By::Push => {
                let files = fs::read_dir(self.folder().join("push")).into_iter().flatten();
                let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
                let whole = names.filter(|name| !name.starts_with('.'));
                whole.map(|name| (name.rsplit_once('-').unwrap().0.to_owned(), name.clone())).collect()
            }
        }
    }

    fn rows(&self, sql: &str) -> Vec<(String, String)> {
        let Some(mut client) = self.client() else { return rows(&self.ledger(), sql) };
        let rows = client.query(sql, &[]).unwrap();
        rows.iter().map(|row| (row.get(0), row.get::<_, i64>(1).to_string())).collect()
    }

    /// A look into the ledger on a server.
    fn client(&self) -> Option<Client> {
        let (server, database) = self.shared.as_ref()?;
        Some(Config::new().host_path(server.host()).user("postgres").dbname(database).connect(NoTls).unwrap())
    }

    /// Changes rows of the ledger.
    pub(crate) fn tamper(&self, sql: &str) {
        match self.client() {
            Some(mut client) => client.batch_execute(sql).unwrap(),
            None => Connection::open(self.ledger()).unwrap().execute_batch(sql).unwrap(),
        }
    }

    /// How many deliveries are in each state.
    pub(crate) fn states(&self) -> BTreeMap<String, usize> {
        let states = self.rows("SELECT state, count(*) FROM doorbell_delivery GROUP BY state");
        states.into_iter().map(|(state, count)| (state, count.parse().unwrap())).collect()
    }

    /// How many deliveries are over.
    pub(crate) fn closed(&self) -> usize {
        let states = self.rows("SELECT 'all', count(*) FROM doorbell_delivery WHERE closed_at IS NOT NULL");
        states[0].1.parse().unwrap()
    }

    /// Fails unless each mail that was taken has a record in this ledger, which says that it may have arrived.
    #[track_caller]
    pub(crate) fn everything_taken_is_on_record(&self, ledger: &Path, scene: &str) {
        let recorded = may_have_heard(ledger);
        for told in self.heard().into_keys() {
            let number = told.trim_start_matches(|letter: char| !letter.is_ascii_digit()).replace("@example.com", "");
            let whose = format!("agent:{number}");
            assert!(recorded.contains(&whose), "{scene}: {whose} was told, and nothing says so: {recorded:?}");
        }
    }

    /// The process of the pass that is at work; `None` when there is none, or no ledger yet.
    pub(crate) fn at_work(&self) -> Option<u32> {
        let latest = "SELECT process_id FROM doorbell_pass WHERE ended_at IS NULL ORDER BY id DESC LIMIT 1";
        if let Some(mut client) = self.client() {
            let pass = client.query_opt(latest, &[]).ok()??;
            return u32::try_from(pass.get::<_, i64>(0)).ok();
        }
        Connection::open(self.ledger()).unwrap().query_row(latest, [], |row| row.get(0)).ok()
    }

    /// The exit status that the ledger keeps of the latest pass.
    pub(crate) fn latest_status(&self) -> i64 {
        let passes = self.rows("SELECT 'latest', exit_status FROM doorbell_pass ORDER BY id DESC LIMIT 1");
        passes[0].1.parse().unwrap()
    }

    /// How many passes began and never ended.
    pub(crate) fn died_at_work(&self) -> usize {
        let passes = self.rows("SELECT 'all', count(*) FROM doorbell_pass WHERE ended_at IS NULL");
        passes[0].1.parse().unwrap()
    }

    /// How many copies reached people beyond their first.
    pub(crate) fn repeats(&self) -> usize {
        self.heard().values().map(|told| told.len() - 1).sum()
    }

    /// Fails unless everybody heard or stands as unknown, each copy is the same as the first, the ledger is whole,
    /// nothing is open, and a further pass has nothing to say.
    #[track_caller]
    pub(crate) fn holds(&self, scene: &str) {
        let (heard, states) = (self.heard(), self.states());
        let unknown = states.get("unknown").copied().unwrap_or_default();
        assert!(heard.len() + unknown >= self.people, "{scene}: {} heard, {states:?}", heard.len());
        for (whose, told) in &heard {
            let different: BTreeSet<&String> = told.iter().collect();
            assert_eq!(different.len(), 1, "{scene}: {whose} got {told:?}");
        }
        let closed = states.get("sent").copied().unwrap_or_default() + unknown;
        assert_eq!(closed, states.values().sum::<usize>(), "{scene}: {states:?}");
        assert_eq!(closed, self.people, "{scene}: {states:?}");
        if self.shared.is_none() {
            is_whole(&self.ledger(), scene);
        }
        let before: usize = heard.values().map(Vec::len).sum();
        let further = self.pass();
        let said = String::from_utf8(further.stdout).unwrap();
        assert_eq!(further.status.code(), Some(0), "{scene}: {said}");
        assert!(said.contains("\"sent\":0"), "{scene}: {said}");
        assert_eq!(self.heard().values().map(Vec::len).sum::<usize>(), before, "{scene}: told again");
    }
}

#[track_caller]
pub(crate) fn is_whole(ledger: &Path, scene: &str) {
    let connection = Connection::open(ledger).unwrap();
    let said: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(said, "ok", "{scene}");
}

/// Whom the ledger says a message may have reached; nobody where it has no tables yet.
fn may_have_heard(ledger: &Path) -> BTreeSet<String> {
    if rows(ledger, "SELECT name, 1 FROM sqlite_schema WHERE name = 'doorbell_delivery'").is_empty() {
        return BTreeSet::new();
    }
    let on_record = "SELECT recipient, id FROM doorbell_delivery
                     WHERE state IN ('sending', 'sent', 'unknown') OR ambiguous > 0";
    rows(ledger, on_record).into_iter().map(|(whose, _)| whose).collect()
}

fn rows(ledger: &Path, sql: &str) -> Vec<(String, String)> {
    let connection = Connection::open(ledger).unwrap();
    connection.busy_timeout(Duration::from_secs(30)).unwrap();
    let mut read = connection.prepare(sql).unwrap();
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, i64>(1)?.to_string()));
    read.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
}

/// A folder in memory, where there is one: what a killed process wrote is there all the same.
fn memory() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

fn id(mail: &[u8]) -> String {
    MessageParser::default().parse(mail).unwrap().message_id().unwrap().to_owned()
}
