//! An installation beside a product: settings, a mail server, the real program, and what it told whom.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use mail_parser::MessageParser;
use tempfile::TempDir;

use crate::servers::{SmtpServer, Tls};

/// Rules over everything that an adapter can say, each run by itself.
pub(crate) const RULES: &str = "
[rule.unreplied]
watch = \"unreplied\"
schedule = { every = \"1m\" }
tell = [\"assignee\", \"else group\"]
grace = \"0s\"
guests = true

[rule.unread]
watch = \"unread\"
schedule = { every = \"1m\" }
tell = [\"assignee\", \"else group\"]
grace = \"0s\"
guests = true

[rule.answered]
watch = \"unseen_reply\"
schedule = { every = \"1m\" }
tell = [\"contact\"]
grace = \"0s\"
guests = true

[rule.breach]
watch = \"sla_breach\"
schedule = { every = \"1m\" }
tell = [\"assignee\", \"else group\"]
grace = \"0s\"
guests = true

[rule.assigned]
watch = \"assigned\"
schedule = { every = \"1m\" }
tell = [\"target\"]
grace = \"0s\"
guests = true

[rule.transferred]
watch = \"transferred\"
schedule = { every = \"1m\" }
tell = [\"target\"]
grace = \"0s\"
guests = true
";

/// A folder with settings, and where its mails go.
pub(crate) struct Site {
    folder: TempDir,
    pub(crate) server: SmtpServer,
}

impl Site {
    /// An installation that reads `url` by this adapter.
    pub(crate) fn new(url: &str, adapter: &str) -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap(), server: SmtpServer::start(Tls::Never) };
        let link = "agent_url = \"https://desk.example/{id}\"";
        site.settings(url, &format!("adapter = \"{adapter}\"\n{link}"), RULES);
        site
    }

    /// Writes the settings; `desk` are more lines of their first section.
    pub(crate) fn settings(&self, url: &str, desk: &str, rules: &str) {
        let text = format!(
            "[desk]\nurl = \"{url}\"\n{desk}\n
             [ledger]\npath = \"ledger.db\"\n
             [limits]\nstorm = 5000\n
             [email]\nfrom = \"Desk <desk@example.com>\"\nserver = \"127.0.0.1:{}\"\nsecurity = \"none\"\n{rules}",
            self.server.port
        );
        fs::write(self.path().join("doorbell.toml"), text).unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs the program.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doorbell"));
        command.current_dir(self.path()).args(arguments).env_remove("DOORBELL_CONFIG").stdin(Stdio::null());
        command.output().unwrap()
    }

    /// Runs the program, which must end so; answers everything that it said.
    #[track_caller]
    pub(crate) fn ends(&self, arguments: &[&str], status: i32) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
        said
    }

    /// A pass by one rule: which conversation was told to whom. What was told to contacts names no conversation.
    #[track_caller]
    pub(crate) fn pass(&self, rule: &str) -> BTreeSet<(String, String)> {
        let before = self.server.accepted().len();
        self.ends(&["run", "--rule", rule, "--ignore-schedule"], 0);
        let mut told = BTreeSet::new();
        for mail in self.server.accepted().into_iter().skip(before) {
            let text = MessageParser::default().parse(&mail.bytes).unwrap().body_text(0).unwrap().into_owned();
            let links = text.split("https://desk.example/").skip(1);
            let ids = links.map(|link| link.chars().take_while(char::is_ascii_digit).collect::<String>());
            let ids: Vec<String> = if rule == "answered" { vec![String::new()] } else { ids.collect() };
            assert!(!ids.is_empty(), "a mail without a link: {text}");
            told.extend(ids.into_iter().map(|id| (id, mail.recipients[0].clone())));
        }
        told
    }
}
