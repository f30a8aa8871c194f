//! What people text, taken into a desk on PostgreSQL: by several hosts at once, by one that dies, and with no right but
//! those that it needs.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use chrono::{DateTime, TimeDelta, Utc};
use doorbell::desk::{Added, Additions, Writer};
use doorbell::model::{AgentId, ContactId, ConversationId};

use crate::by_text;
use crate::mirror::Mirror;
use crate::office::Office;
use crate::twilio::Twilio;

const ADA: &str = "+441632960012";
const TOM: &str = "+441632960077";
/// A row takes its time to be committed, so that others meet it.
const SLOW: &str = "
    CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.03); RETURN NULL; END $$;
    CREATE TRIGGER dawdle AFTER INSERT ON messages FOR EACH ROW EXECUTE FUNCTION dawdle()";

/// Ada is to be texted about Tom.
fn office() -> Office {
    let mut office = Office::new();
    office.at(&(Utc::now() - TimeDelta::hours(1)).to_rfc3339());
    office.agent("ada").phone("ada", ADA).contact("tom").contact_phone("tom", TOM, None);
    office.asks("c1", "hello?").assign("c1", "ada");
    office
}

/// A machine with settings of its own.
struct Host(tempfile::TempDir);

impl Host {
    fn new(twilio: &Twilio, url: &str, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sms = twilio.settings(folder.path(), "replies = true");
        let text = format!("[desk]\nurl = \"{url}\"\n{more}\n{sms}{}", by_text());
        std::fs::write(folder.path().join("doorbell.toml"), text).unwrap();
        Self(folder)
    }

    /// One that remembers by itself, so that nothing but the desk keeps it from doing what another did.
    fn alone(twilio: &Twilio, mirror: &Mirror) -> Self {
        Self::new(twilio, &mirror.url("postgres"), "[ledger]\npath = \"ledger.db\"")
    }

    fn command(&self, arguments: &[&str], failpoint: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doorbell"));
        command.current_dir(self.0.path()).args(arguments).env("DOORBELL_FAILPOINT", failpoint);
        command.env_remove("DOORBELL_CONFIG").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    #[track_caller]
    fn ends_with(&self, arguments: &[&str], status: i32) -> String {
        said(&self.command(arguments, "").output().unwrap(), status)
    }

    #[track_caller]
    fn passes(&self) {
        self.ends_with(&["run", "--ignore-schedule"], 0);
    }

    /// How many messages came to each end.
    fn taken_in(&self) -> BTreeMap<String, i64> {
        let ledger = rusqlite::Connection::open(self.0.path().join("ledger.db")).unwrap();
        let mut read = ledger.prepare("SELECT state, count(*) FROM doorbell_inbound GROUP BY state").unwrap();
        read.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().collect::<Result<_, _>>().unwrap()
    }
}

#[track_caller]
fn said(output: &Output, status: i32) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(status), "{said}");
    said
}

#[track_caller]
fn all_at_once(hosts: &[Host]) {
    let passes: Vec<_> =
        hosts.iter().map(|host| host.command(&["run", "--ignore-schedule"], "").spawn().unwrap()).collect();
    for pass in passes {
        said(&pass.wait_with_output().unwrap(), 0);
    }
}

/// Somebody texts so many times.
fn texts(twilio: &Twilio, from: &str, count: usize) {
    let now: DateTime<Utc> = Utc::now();
    for number in 0..count {
        twilio.receives(from, &format!("{from} {number}"), &now.to_rfc3339());
    }
}

/// How many rows came from outside, how many messages they are, and how many words.
fn from_outside(mirror: &Mirror) -> String {
    mirror.ask(
        "SELECT count(*), count(DISTINCT external_id), count(DISTINCT body) FROM messages WHERE external_id IS NOT NULL",
    )
}

#[test]
fn b12_hosts_that_take_in_at_once_add_each_text_once() {
    let (twilio, mirror) = (Twilio::start(), Mirror::of(&office()));
    let hosts = [(); 3].map(|()| Host::alone(&twilio, &mirror));
    hosts.iter().for_each(Host::passes);
    mirror.write(SLOW);
    texts(&twilio, TOM, 12);
    texts(&twilio, ADA, 3);
    all_at_once(&hosts);
    assert_eq!(from_outside(&mirror), "15|15|15");
    for host in &hosts {
        assert_eq!(host.taken_in(), BTreeMap::from([("added".to_owned(), 15)]));
    }
    let kept = "SELECT last_activity_at = (SELECT max(created_at) FROM messages), last_agent_id FROM conversations";
    assert_eq!(mirror.ask(kept), "t|1", "what is derived was derived");
}

#[test]
fn b12_hosts_that_share_a_ledger_take_each_text_in_once() {
    let (twilio, mirror) = (Twilio::start(), Mirror::of(&office()));
    let hosts = [(); 3].map(|()| Host::new(&twilio, &mirror.url("postgres"), ""));
    hosts[0].passes();
    mirror.write(SLOW);
    texts(&twilio, TOM, 12);
    all_at_once(&hosts);
    assert_eq!(from_outside(&mirror), "12|12|12");
    assert_eq!(mirror.ask("SELECT state, count(*) FROM doorbell_inbound GROUP BY state"), "added|12");
}

#[test]
#[cfg(debug_assertions)]
fn b12_a_host_that_dies_between_desk_and_ledger_adds_each_text_once() {
    for ledger in ["[ledger]\npath = \"ledger.db\"", ""] {
        let (twilio, mirror) = (Twilio::start(), Mirror::of(&office()));
        let host = Host::new(&twilio, &mirror.url("postgres"), ledger);
        host.passes();
        texts(&twilio, TOM, 3);
        for failpoint in ["reply-added:2", "before-taken-in:1", "taken-in:1"] {
            let output = host.command(&["run", "--ignore-schedule"], failpoint).output().unwrap();
            assert_eq!(output.status.signal(), Some(6), "{failpoint}: {output:?}");
        }
        host.passes();
        host.passes();
        assert_eq!(from_outside(&mirror), "3|3|3");
    }
}

#[test]
fn check_names_what_replies_need_on_postgresql_and_a_pass_goes_on_without_it() {
    let (twilio, mirror) = (Twilio::start(), Mirror::of(&office()));
    mirror.write("CREATE ROLE doorbell LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO doorbell");
    mirror.write("ALTER TABLE messages DROP COLUMN external_id");
    let host = Host::new(&twilio, &mirror.url("doorbell"), "[ledger]\npath = \"ledger.db\"");
    let lacks = |part: &str| {
        for command in ["check", "run"] {
            let said = host.ends_with(&[command], 78);
            assert!(said.contains(part), "{command} does not say {part}: {said}");
        }
    };
    lacks("ALTER TABLE messages ADD COLUMN external_id TEXT");
    assert_eq!(twilio.sent().len(), 1, "nobody is kept from hearing");
    mirror.write("ALTER TABLE messages ADD COLUMN external_id TEXT; GRANT SELECT ON messages TO doorbell");
    assert!(host.ends_with(&["check"], 78).contains("CREATE UNIQUE INDEX messages_from_outside"));
    // of another name, and over all rows
    mirror.write("CREATE UNIQUE INDEX mine ON messages (external_id)");
    let said = host.ends_with(&["check"], 78);
    let grants = said.split_once("as the owner of the tables: ").unwrap_or_else(|| panic!("{said}")).1;
    assert!(said.contains("sms.replies") && grants.contains("UPDATE (sms_consent) ON contacts TO doorbell"), "{said}");
    mirror.write(grants.lines().next().unwrap());
    host.ends_with(&["check"], 0);
    host.passes();
    texts(&twilio, TOM, 2);
    host.passes();
    assert_eq!(from_outside(&mirror), "2|2|2");
    for (word, consent) in [("STOP", "0"), ("START", "1")] {
        twilio.receives(TOM, word, &Utc::now().to_rfc3339());
        host.passes();
        assert_eq!(mirror.ask("SELECT sms_consent FROM contacts"), consent);
    }
}

fn additions(mirror: &Mirror) -> Additions {
    Additions::of(&mirror.desk(), &mirror.settings(), Path::new("")).unwrap()
}

#[test]
fn a_text_opens_what_was_put_aside_and_finds_no_conversation_that_is_gone() {
    let mut office = office();
    office.asks("c2", "and this?").resolve("c2").asks("c3", "and that?").snooze("c3");
    let mirror = Mirror::of(&office);
    let mut additions = additions(&mirror);
    let (ada, tom) = (Writer::Agent(AgentId::from("1")), Writer::Contact(ContactId::from("1")));
    let mut add = |id: &str, conversation: i64, writer: &Writer| {
        let conversation = ConversationId::from(conversation.to_string());
        additions.add(id, &conversation, writer, "it's \u{1f980}", Utc::now()).unwrap()
    };
    let state = "SELECT id, status, snoozed_until FROM conversations WHERE id > 500 ORDER BY id";
    assert_eq!(add("SM1", 501, &ada), Added::There);
    assert!(mirror.ask(state).starts_with("501|resolved|\n502|snoozed|"), "{}", mirror.ask(state));
    assert_eq!((add("SM2", 501, &tom), add("SM3", 502, &tom)), (Added::There, Added::There));
    assert_eq!(mirror.ask(state), "501|open|\n502|open|");
    mirror.write("UPDATE conversations SET status = 'resolved'");
    assert_eq!(add("SM2", 501, &tom), Added::There, "known again");
    assert_eq!(mirror.ask("SELECT count(*) FROM conversations WHERE status = 'open'"), "0");
    assert_eq!((add("SM4", 99, &tom), from_outside(&mirror)), (Added::NoConversation, "3|3|1".to_owned()));
}

#[test]
fn an_id_that_the_host_gave_away_itself_costs_no_text() {
    let mirror = Mirror::of(&office());
    let mut additions = additions(&mirror);
    let tom = Writer::Contact(ContactId::from("1"));
    mirror.write(
        "INSERT INTO messages (id, conversation_id, sender_type, created_at)
         SELECT max(id) + 1, 500, 'system', 1772400000000 FROM messages",
    );
    let mut add = || additions.add("SM1", &ConversationId::from("500"), &tom, "hello", Utc::now());
    let error = format!("{:#}", add().unwrap_err());
    assert!(error.contains("messages_pkey"), "{error}");
    assert_eq!((add().unwrap(), from_outside(&mirror)), (Added::There, "1|1|1".to_owned()));
}

#[test]
fn a_text_goes_into_the_conversation_in_which_something_was_said() {
    let (twilio, mirror) = (Twilio::start(), Mirror::of(&office()));
    mirror.write("INSERT INTO conversations (id, contact_id, created_at) VALUES (900, 1, 1772400000000)");
    let host = Host::alone(&twilio, &mirror);
    host.passes();
    texts(&twilio, TOM, 1);
    host.passes();
    assert_eq!(mirror.ask("SELECT conversation_id FROM messages WHERE external_id IS NOT NULL"), "500");
}
