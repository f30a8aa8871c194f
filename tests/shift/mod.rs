//! A desk at work: an office, settings, a mail server, and passes at instants that the test chooses.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    reason = "shared by end-to-end tests; a broken shift is a broken test"
)]

mod again;
mod books;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use doorbell::config::Config;
use doorbell::deliver::email::Relay;
use doorbell::deliver::no_section;
use doorbell::desk::{Additions, Desk, ReadMarks};
use doorbell::ledger::Ledger;
use doorbell::model::{AgentId, Channel, ConversationId, Gateway};
use doorbell::pass::{self, Clock, House, Incoming, Order, Post, Report};
use doorbell::render::Templates;
use mail_parser::{Message, MessageParser};
use toml::{Table, Value};

use crate::office::{Office, instant};
use crate::servers::{SmtpServer, Tls};

#[allow(unused_imports, reason = "not every program that has a shift runs twice")]
pub use again::{hold_on_postgresql_too, is_on_postgresql};
pub use books::{Books, Cells};

/// A mail as its reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub id: String,
}

/// A row of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub recipient: String,
    pub kind: String,
    pub title: String,
    pub body: String,
    pub link: Option<String>,
    pub conversation: String,
    /// Its name, and whether it repeats.
    pub sound: Option<(String, bool)>,
}

/// What a mail counts as read for whom, up to when.
pub type Read = (ConversationId, AgentId, DateTime<Utc>);

/// An office with a doorbell.
pub struct Shift {
    pub office: Office,
    pub server: SmtpServer,
    /// The ledger, for those who look into its tables.
    pub books: Books,
    /// What was marked as read because it was mailed.
    pub marked: Arc<Mutex<Vec<Read>>>,
    /// Whether the desk refuses to mark anything as read.
    pub marking_fails: bool,
    settings: String,
    rules: String,
    read: usize,
}

/// Every five minutes, after five minutes, to whoever is assigned, else to the group.
pub const REMINDER: &str = "
[rule.reminder]
watch = \"unreplied\"
schedule = { every = \"5m\" }
grace = \"5m\"
tell = [\"assignee\", \"else group\"]
";

impl Shift {
    /// A shift with the reminder rule.
    #[must_use]
    pub fn new(office: Office) -> Self {
        Self::under(office, REMINDER)
    }

    /// A shift under rules of the test's own.
    #[must_use]
    pub fn under(office: Office, rules: &str) -> Self {
        Self::with(office, SmtpServer::start(Tls::Never), rules)
    }

    /// A shift with a mail server of its own.
    #[must_use]
    pub fn with(office: Office, server: SmtpServer, rules: &str) -> Self {
        let settings = format!(
            "[desk]\nurl = \"sqlite:chat.db\"\nagent_url = \"https://chat.example.com/{{number}}\"\n
             [email]\n{}",
            email_by(&server)
        );
        Self::set_up(office, server, settings, rules)
    }

    /// A shift under `examples/NAME.toml`, at this office and with outboxes in its folder.
    #[must_use]
    pub fn example(office: Office, name: &str) -> Self {
        Self::example_with(office, name, "")
    }

    /// The same; what `extra` says stands in place of what the example says.
    #[must_use]
    pub fn example_with(office: Office, name: &str, extra: &str) -> Self {
        Self::example_by(office, SmtpServer::start(Tls::Never), name, extra)
    }

    /// The same, with a mail server of its own.
    #[must_use]
    pub fn example_by(office: Office, server: SmtpServer, name: &str, extra: &str) -> Self {
        let mut settings: Table = std::fs::read_to_string(format!("examples/{name}.toml")).unwrap().parse().unwrap();
        settings.insert("email".into(), Value::Table(email_by(&server).parse().unwrap()));
        if let Some(push) = settings.get_mut("push") {
            *push = Value::Table(toml::toml! { outbox = "in place of the networks" });
        }
        for (section, keys) in &mut settings {
            if let Some(outbox) = keys.get_mut("outbox") {
                *outbox = Value::String(section.clone());
            }
        }
        settings["desk"]["url"] = Value::String("sqlite:chat.db".into());
        merge(&mut settings, extra.parse().unwrap());
        Self::set_up(office, server, settings.to_string(), "")
    }

    fn set_up(office: Office, server: SmtpServer, settings: String, rules: &str) -> Self {
        let (marked, rules, books) = (Arc::default(), rules.to_owned(), Books::new(office.path()));
        Self { office, server, books, marked, marking_fails: false, settings, rules, read: 0 }
    }

    /// More settings: keys of `[email]` first, then sections.
    pub fn set(mut self, settings: &str) -> Self {
        self.settings.push_str(settings);
        self
    }

    /// An outbox for each of these channels, in a folder named after it.
    pub fn reaching(self, channels: &[Channel]) -> Self {
        channels.iter().fold(self, |shift, channel| shift.set(&format!("[{channel}]\noutbox = \"{channel}\"\n")))
    }

    /// Takes a section out of the settings.
    pub fn lose(&mut self, section: &str) {
        let start = self.settings.find(&format!("[{section}]\n")).unwrap();
        let end = self.settings[start + 1..].find("\n[").map_or(self.settings.len(), |end| start + end + 2);
        self.settings.replace_range(start..end, "");
    }

    /// One mail after the other.
    pub fn one_lane(mut self) -> Self {
        self.settings = self.settings.replace("lanes = 2", "lanes = 1");
        self
    }

    /// Other rules from now on.
    pub fn change_rules(&mut self, rules: &str) {
        rules.clone_into(&mut self.rules);
    }

    pub fn config(&self) -> Config {
        let path = self.office.folder().join("doorbell.toml");
        Config::parse(&self.written(), &path).unwrap()
    }

    /// The settings as a file would hold them.
    pub fn written(&self) -> String {
        format!("{}{}{}", self.settings, self.rules, self.books.section)
    }

    pub fn ledger(&self) -> Ledger {
        self.books.open()
    }

    /// A pass at an instant, as cron would start it.
    pub fn pass(&mut self, time: &str) -> Report {
        self.pass_ordered(time, &Order::default())
    }

    /// A pass at an instant with options.
    pub fn pass_ordered(&mut self, time: &str, order: &Order) -> Report {
        self.pass_at(instant(time), order)
    }

    pub fn pass_at(&mut self, now: DateTime<Utc>, order: &Order) -> Report {
        let config = self.config();
        let (desk, mut ledger) = (Desk::open(&self.office.path()).unwrap(), self.ledger());
        let tokens = pass::tokens(&ledger).unwrap();
        let mut house = House { config: &config, desk: &desk, ledger: &mut ledger, incoming: incoming(&config) };
        let post = |_: &Ledger| {
            let email = match &config.email {
                Some(email) => Ok(Relay::new(email, &config.folder)?),
                None => Err(no_section(Gateway::Email)),
            };
            let (marked, fails) = (self.marked.clone(), self.marking_fails);
            let desk = config.desk.mark_read_after_email.then(|| ReadMarks::open(&config.desk_path().unwrap()));
            let desk = Mutex::new(desk.transpose()?);
            Ok(Post {
                own_words: std::sync::LazyLock::new(Templates::embedded_only),
                template_fault: None,
                templates: Templates::load(config.template_folder().as_deref(), &config.template_sets())?,
                email,
                carriers: config.deliver.carriers(&config.folder, &tokens, now),
                mark_read: Some(Box::new(move |read: &[Read]| {
                    marked.lock().unwrap().extend_from_slice(read);
                    anyhow::ensure!(!fails, "the desk cannot be written");
                    desk.lock().unwrap().as_mut().map_or(Ok(()), |desk| desk.mark(read))
                })),
            })
        };
        pass::run(&mut house, order, Clock::at(now), post, &|_, _| {}).unwrap()
    }

    /// Passes every five minutes, the last at `to`; the mails that came.
    pub fn passes(&mut self, from: &str, to: &str) -> Vec<Arrived> {
        self.passes_every(5, from, to)
    }

    /// Passes every so many minutes, the last at `to`; the mails that came.
    pub fn passes_every(&mut self, minutes: i64, from: &str, to: &str) -> Vec<Arrived> {
        let (mut now, end) = (instant(from), instant(to));
        while now <= end {
            self.pass_at(now, &Order::default());
            now += TimeDelta::minutes(minutes);
        }
        self.mails()
    }

    /// The mails that came since the last look, by recipient.
    pub fn mails(&mut self) -> Vec<Arrived> {
        // a lost connection may be noticed by us before the server has booked the mail
        std::thread::sleep(Duration::from_millis(20));
        let accepted = self.server.accepted();
        let mut mails: Vec<Arrived> = accepted[self.read..]
            .iter()
            .map(|mail| {
                let message = MessageParser::default().parse(&mail.bytes).unwrap();
                Arrived {
                    to: mail.recipients[0].clone(),
                    subject: message.subject().unwrap().to_owned(),
                    text: message.body_text(0).unwrap().into_owned(),
                    html: message.body_html(0).unwrap().into_owned(),
                    id: id_of(&message),
                }
            })
            .collect();
        self.read = accepted.len();
        mails.sort_by(|one, other| (&one.to, &one.subject).cmp(&(&other.to, &other.subject)));
        mails
    }

    /// To whom the mails went that came since the last look.
    pub fn told(&mut self) -> Vec<String> {
        self.mails().into_iter().map(|mail| mail.to).collect()
    }

    /// The folder that a channel writes to.
    pub fn outbox(&self, channel: Channel) -> PathBuf {
        self.office.folder().join(channel.word())
    }

    /// Everything that a channel wrote into its outbox, by recipient and conversation.
    pub fn notes(&self, channel: Channel) -> Vec<serde_json::Value> {
        let Ok(files) = std::fs::read_dir(self.outbox(channel)) else { return Vec::new() };
        let read = |file: std::fs::DirEntry| serde_json::from_slice(&std::fs::read(file.path()).unwrap()).unwrap();
        let mut notes: Vec<serde_json::Value> = files.map(|file| read(file.unwrap())).collect();
        notes.sort_by_key(|note| (note["recipient"].to_string(), note["conversation"].to_string()));
        notes
    }

    /// What the bell of the host program would show, oldest first.
    pub fn feed(&self) -> Vec<Shown> {
        let sql = "SELECT recipient, kind, title, body, link, conversation_id, sound, sound_repeats
                   FROM in_app_notifications ORDER BY id";
        let row = |row: &Cells| Shown {
            recipient: row.get(0),
            kind: row.get(1),
            title: row.get(2),
            body: row.get(3),
            link: row.get(4),
            conversation: row.get(5),
            sound: row.get::<Option<String>>(6).zip(row.get::<Option<bool>>(7)),
        };
        self.books.rows(sql).iter().map(row).collect()
    }

    /// The state of every delivery on a channel, oldest first.
    pub fn states_of(&self, channel: Channel) -> Vec<String> {
        let of = channel.word();
        self.books.column(&format!("SELECT state FROM doorbell_delivery WHERE channel = '{of}' ORDER BY id"))
    }

    /// The state of every delivery, oldest first.
    pub fn states(&self) -> Vec<String> {
        self.books.column("SELECT state FROM doorbell_delivery ORDER BY id")
    }
}

/// What people text, as the program opens it.
fn incoming(config: &Config) -> Option<Incoming> {
    let additions = Additions::open(&config.desk_path().unwrap());
    Some(config.deliver.inbox(&config.folder)?.map(|inbox| (inbox, additions.unwrap())))
}

/// The keys of `[email]` that lead to this server.
fn email_by(server: &SmtpServer) -> String {
    format!(
        "from = \"Desk <desk@example.com>\"\nserver = \"127.0.0.1:{}\"\nsecurity = \"none\"\n\
         timeout = \"1s\"\nfinal_timeout = \"1s\"\nlanes = 2\n",
        server.port
    )
}

fn merge(settings: &mut Table, extra: Table) {
    for (key, value) in extra {
        match (settings.get_mut(&key), value) {
            (Some(Value::Table(old)), Value::Table(new)) => merge(old, new),
            (_, value) => drop(settings.insert(key, value)),
        }
    }
}

fn id_of(message: &Message<'_>) -> String {
    message.message_id().unwrap().to_owned()
}
