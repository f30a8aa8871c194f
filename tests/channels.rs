//! Whole passes by text message, push, browser and feed, beside email: what one channel suffers stops no other.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod office;
mod servers;
mod shift;

use std::fs;
use std::process::{Command, Output};
use std::time::Duration;

use doorbell::model::Channel;
use doorbell::pass::{Order, Report};
use office::{Office, instant};
use servers::{Act, At, SmtpServer, Tls};
use shift::{Shift, hold_on_postgresql_too};

const NINE_TEN: &str = "2026-03-02T09:10:00Z";
const NINE_FIFTEEN: &str = "2026-03-02T09:15:00Z";
const AGENTS: [&str; 3] = ["ada", "bob", "cy"];

/// Ada, Bob and Cy with everything that somebody can be reached by; at nine Tom asks each of them something.
fn office() -> Office {
    let mut office = Office::new();
    office.contact("tom");
    for (agent, conversation) in AGENTS.iter().zip(["c1", "c2", "c3"]) {
        office.agent(agent).asks(conversation, &format!("hello {agent}?")).assign(conversation, agent);
    }
    office
        .connection()
        .execute_batch(
            "UPDATE agents SET phone = '+4416329600' || (10 + id);
             INSERT INTO devices (owner_type, owner_id, provider, token) SELECT 'agent', id, 'fcm', 'phone ' || id FROM agents;",
        )
        .unwrap();
    office
}

/// Every five minutes to the assignee, by these channels.
fn by(channels: &[Channel]) -> String {
    let via: Vec<&str> = channels.iter().map(|channel| channel.word()).collect();
    format!(
        "[rule.reminder]\nwatch = \"unreplied\"\nschedule = {{ every = \"5m\" }}\ngrace = \"5m\"\n\
         tell = [\"assignee\"]\nvia = {via:?}\n"
    )
}

fn shift(channels: &[Channel]) -> Shift {
    let outboxes: Vec<Channel> = channels.iter().copied().filter(|it| is_by_file(*it)).collect();
    Shift::under(office(), &by(channels)).reaching(&outboxes)
}

fn is_by_file(channel: Channel) -> bool {
    !matches!(channel, Channel::Email | Channel::InApp)
}

/// A pass that only queues.
fn queue(shift: &mut Shift, time: &str) -> Report {
    shift.pass_ordered(time, &Order { budget: Duration::ZERO, ..Order::default() })
}

fn say(text: &str) -> Act {
    Act::Say(format!("{text}\r\n").into_bytes())
}

fn keys(report: &Report) -> Vec<&str> {
    report.troubles.iter().filter_map(|trouble| trouble.key).collect()
}

#[test]
fn a_channel_without_a_provider_writes_each_notification_once() {
    for channel in [Channel::Sms, Channel::Push] {
        let mut shift = shift(&[channel]);
        let report = shift.pass(NINE_TEN);
        assert_eq!((report.sent, report.left), (3, 0), "{channel}: {report:?}");
        let notes = shift.notes(channel);
        let whose: Vec<&str> = notes.iter().map(|note| note["recipient"].as_str().unwrap()).collect();
        assert_eq!(whose, ["agent:1", "agent:2", "agent:3"], "{channel}");
        assert_eq!(notes[0]["channel"], channel.word());
        assert!(channel == Channel::Sms || notes[0]["body"].as_str().unwrap().contains("hello ada?"), "{}", notes[0]);
        assert!(notes[0]["created_at"].as_str().unwrap().starts_with("2026-03-02T09:10:0"), "{}", notes[0]);
        assert_eq!(shift.pass(NINE_FIFTEEN).sent, 0, "{channel}");
        assert_eq!(shift.told(), Vec::<String>::new(), "{channel}");
        assert_eq!(report.recipients[0].channel, channel.word());
        assert!(report.recipients[0].address.starts_with(channel.word()), "{:?}", report.recipients[0]);
    }
}

#[test]
fn c1_a_note_stands_in_the_feed_once() {
    let mut shift = shift(&[Channel::InApp]);
    let report = shift.pass(NINE_TEN);
    assert_eq!((report.sent, report.recipients[0].address.as_str()), (3, "in_app feed"), "{report:?}");
    let feed = shift.feed();
    assert_eq!(feed.len(), 3);
    assert_eq!((feed[0].recipient.as_str(), feed[0].kind.as_str()), ("agent:1", "unreplied"));
    assert_eq!(feed[0].conversation, shift.office.conversation_id("c1").as_str());
    assert_eq!(feed[0].link.as_deref(), Some("https://chat.example.com/1000"));
    shift.pass(NINE_FIFTEEN);
    assert_eq!(shift.feed().len(), 3);
    shift.office.at("2026-03-02T09:16:00Z").asks("c1", "still there?");
    shift.pass("2026-03-02T09:25:00Z");
    assert_eq!(shift.feed().len(), 4, "a newer message makes a newer note");
}

#[test]
fn a_message_that_comes_while_a_note_waits_is_shown_with_it_and_not_again() {
    let mut shift = shift(&[Channel::InApp]);
    assert_eq!(queue(&mut shift, NINE_TEN).left, 3);
    shift.office.at("2026-03-02T09:10:10Z").asks("c1", "still there?");
    // the rule does not run between two slots, so nothing but the re-check finds the message
    shift.pass("2026-03-02T09:10:30Z");
    shift.passes(NINE_FIFTEEN, "2026-03-02T10:00:00Z");
    let feed = shift.feed();
    assert_eq!(feed.len(), 3);
    assert!(feed.iter().any(|shown| shown.body.contains("still there?")), "{feed:?}");
}

#[test]
fn a_note_that_is_no_longer_true_is_not_shown() {
    let mut shift = shift(&[Channel::InApp]);
    queue(&mut shift, NINE_TEN);
    shift.office.at("2026-03-02T09:11:00Z").replies("ada", "c1", "yes");
    assert_eq!(shift.pass(NINE_FIFTEEN).suppressed, 1);
    assert_eq!(shift.feed().len(), 2);
}

#[test]
fn a_desk_without_email_tells_by_the_other_channels() {
    let mut shift = shift(&[Channel::Sms, Channel::InApp]);
    shift.lose("email");
    let report = shift.pass(NINE_TEN);
    assert_eq!((report.sent, report.misconfigured), (6, false), "{report:?}");
    assert_eq!((shift.notes(Channel::Sms).len(), shift.feed().len()), (3, 3));
}

#[test]
fn a_folder_that_cannot_be_written_stops_its_own_channel_only() {
    let mut shift = shift(&[Channel::Push, Channel::Email, Channel::Sms, Channel::InApp]);
    fs::write(shift.outbox(Channel::Push), "a file").unwrap();
    let report = shift.pass(NINE_TEN);
    assert_eq!((report.sent, report.left, keys(&report)), (9, 3, vec!["push.outbox"]), "{report:?}");
    assert_eq!(report.exit_status(), 78);
    assert_eq!(shift.states_of(Channel::Push), ["queued"; 3]);
    assert_eq!((shift.told().len(), shift.notes(Channel::Sms).len(), shift.feed().len()), (3, 3, 3));
    fs::remove_file(shift.outbox(Channel::Push)).unwrap();
    assert_eq!(shift.pass(NINE_FIFTEEN).sent, 3);
    assert_eq!(shift.notes(Channel::Push).len(), 3);
}

#[test]
fn a_mail_server_that_lets_nobody_in_stops_mails_only() {
    let server = SmtpServer::start(Tls::Never).at(At::Mail, say("530 5.7.0 authentication required"));
    let rules = by(&[Channel::Email, Channel::Sms, Channel::InApp]);
    let mut shift = Shift::with(office(), server, &rules).reaching(&[Channel::Sms]);
    let report = shift.pass(NINE_TEN);
    assert_eq!((report.sent, keys(&report)), (6, vec!["email.username"]), "{report:?}");
    assert_eq!(shift.states_of(Channel::Email), ["queued"; 3]);
    assert_eq!((shift.notes(Channel::Sms).len(), shift.feed().len()), (3, 3));
}

#[test]
fn notes_that_arrive_acquit_no_mail_server() {
    let server = SmtpServer::start(Tls::Never).at(At::Taken, say("550 5.7.1 blocked"));
    let rules = by(&[Channel::Email, Channel::Sms]);
    let mut shift = Shift::with(office(), server, &rules).one_lane().reaching(&[Channel::Sms]);
    let report = shift.pass(NINE_TEN);
    assert_eq!((report.sent, report.dead, keys(&report)), (3, 0, vec!["email.server"]), "{report:?}");
    assert_eq!(shift.states_of(Channel::Email), ["queued"; 3]);
}

#[test]
fn a_mail_server_that_says_nothing_stops_mails_only() {
    let server = SmtpServer::start(Tls::Never).at(At::Mail, Act::Silence);
    let rules = by(&[Channel::Email, Channel::Sms]);
    let mut shift = Shift::with(office(), server, &rules).one_lane().reaching(&[Channel::Sms]);
    let report = shift.pass(NINE_TEN);
    assert_eq!((report.sent, shift.notes(Channel::Sms).len()), (3, 3), "{report:?}");
}

#[test]
fn the_pace_of_mails_holds_back_nothing_else() {
    let rules = by(&[Channel::Email, Channel::Sms, Channel::InApp]);
    let mut shift = Shift::under(office(), &rules).one_lane().set("per_minute = 1\n").reaching(&[Channel::Sms]);
    let order = Order { budget: Duration::from_secs(1), ..Order::default() };
    let report = shift.pass_ordered(NINE_TEN, &order);
    assert_eq!((report.sent, report.left), (7, 2), "{report:?}");
    assert_eq!((shift.told().len(), shift.notes(Channel::Sms).len(), shift.feed().len()), (1, 3, 3));
}

#[test]
fn a_redirected_pass_sends_mails_only_and_leaves_the_rest_untouched() {
    let mut shift = shift(&Channel::ALL);
    let order = Order { redirect_to: Some("trial@example.net".into()), ..Order::default() };
    let report = shift.pass_ordered(NINE_TEN, &order);
    assert_eq!(shift.told(), ["trial@example.net"; 3]);
    assert_eq!(report.sent, 3, "{report:?}");
    assert!(report.left >= 9, "{report:?}");
    for channel in Channel::ALL.into_iter().filter(|channel| *channel != Channel::Email) {
        assert_eq!(shift.notes(channel).len(), 0, "{channel}");
        assert!(shift.states_of(channel).iter().all(|state| state == "queued"), "{channel}");
    }
    assert_eq!((shift.feed().len(), shift.marked.lock().unwrap().len()), (0, 0));
    shift.pass(NINE_FIFTEEN);
    assert_eq!((shift.told().len(), shift.notes(Channel::Push).len(), shift.feed().len()), (0, 3, 3));
}

#[test]
fn a_channel_that_the_settings_lost_keeps_what_waits_for_it() {
    let mut shift = shift(&[Channel::Sms, Channel::Email]);
    queue(&mut shift, NINE_TEN);
    shift.lose("sms");
    shift.change_rules(&by(&[Channel::Email]));
    let report = shift.pass(NINE_FIFTEEN);
    assert_eq!((report.sent, report.left, keys(&report)), (3, 3, vec!["sms"]), "{report:?}");
    assert!(report.troubles[0].words.contains("[sms]"), "{:?}", report.troubles);
    assert_eq!(shift.states_of(Channel::Sms), ["queued"; 3]);
    let mut shift = shift.reaching(&[Channel::Sms]);
    shift.change_rules(&by(&[Channel::Email, Channel::Sms]));
    assert_eq!(shift.pass("2026-03-02T09:20:00Z").sent, 3);
    assert_eq!(shift.notes(Channel::Sms).len(), 3);
}

#[test]
fn so_many_deliveries_begin_in_one_pass_and_the_rest_in_the_next() {
    for channel in [Channel::Email, Channel::Sms, Channel::Push, Channel::InApp] {
        let mut shift = shift(&[channel]).set("[limits]\nper_pass = 2\n");
        let report = shift.pass(NINE_TEN);
        assert_eq!((report.sent, report.left, report.misconfigured), (2, 1, false), "{channel}: {report:?}");
        let report = shift.pass(NINE_FIFTEEN);
        assert_eq!((report.sent, report.left), (1, 0), "{channel}: {report:?}");
        assert_eq!(shift.states(), ["sent"; 3], "{channel}");
    }
}

#[test]
fn the_limit_of_a_pass_counts_all_channels_together() {
    let mut shift = shift(&[Channel::Email, Channel::Sms, Channel::InApp]).set("[limits]\nper_pass = 4\n");
    let report = shift.pass(NINE_TEN);
    assert_eq!((report.sent, report.left), (4, 5), "{report:?}");
    assert_eq!(shift.told().len() + shift.notes(Channel::Sms).len() + shift.feed().len(), 4);
}

#[test]
fn u5_only_mails_count_as_reading_u9_and_only_those_that_left() {
    let server = SmtpServer::start(Tls::Never).times(At::Rcpt, "bob@", say("550 5.1.1 no such user"), 1);
    let rules = by(&[Channel::Email, Channel::Push, Channel::InApp]);
    let mut shift = Shift::with(office(), server, &rules).reaching(&[Channel::Push]);
    shift.pass(NINE_TEN);
    let mut expected = Vec::new();
    for (agent, conversation) in [("ada", "c1"), ("cy", "c3")] {
        let at = instant("2026-03-02T09:00:00Z");
        expected.push((shift.office.conversation_id(conversation), shift.office.agent_id(agent), at));
    }
    let mut marked = shift.marked.lock().unwrap().clone();
    marked.sort();
    assert_eq!(marked, expected);
}

#[test]
fn a_desk_that_cannot_be_marked_stops_no_mail() {
    let mut shift = shift(&[Channel::Email]).one_lane();
    shift.marking_fails = true;
    let report = shift.pass(NINE_TEN);
    assert_eq!((report.sent, report.exit_status()), (3, 0), "{report:?}");
    assert_eq!(shift.marked.lock().unwrap().len(), 3);
}

/// The statements of a paper, in their order.
fn statements(paper: &str) -> Vec<String> {
    let text = fs::read_to_string(paper).unwrap();
    let blocks = text.split("```sql\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn the_statements_of_the_papers_list_and_clear_the_bell() {
    let mut shift = shift(&[Channel::InApp]);
    shift.pass(NINE_TEN);
    shift.office.at("2026-03-02T09:16:00Z").asks("c1", "still there?");
    shift.pass("2026-03-02T09:25:00Z");
    let (of_ada, c1) = (shift.office.agent_id("ada"), shift.office.conversation_id("c1"));
    let ours = |sql: &String| sql.replace("agent:7", &format!("agent:{of_ada}")).replace("'1042'", &format!("'{c1}'"));
    let statements: Vec<String> = statements("docs/in-app.md").iter().map(ours).collect();
    let [list, opened, looked, prune] = &statements[..] else { panic!("{statements:?}") };
    let connection = shift.office.connection();
    let bell = || -> Vec<(String, i64)> {
        let mut read = connection.prepare(list).unwrap();
        let row = |row: &rusqlite::Row<'_>| Ok((row.get("body")?, row.get("unseen")?));
        read.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
    };
    assert_eq!(bell(), [("still there?".to_owned(), 1)]);
    assert_eq!(connection.execute(opened, []).unwrap(), 2);
    assert_eq!(bell(), []);
    connection.execute("UPDATE in_app_notifications SET seen_at = NULL", []).unwrap();
    assert_eq!(connection.execute(looked, []).unwrap(), 2);
    connection.execute("UPDATE in_app_notifications SET created_at = unixepoch() * 1000 WHERE id = 1", []).unwrap();
    connection.execute("UPDATE in_app_notifications SET created_at = 0 WHERE id > 1", []).unwrap();
    assert_eq!((connection.execute(prune, []).unwrap(), shift.feed().len()), (3, 1));
    let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {list}")).unwrap();
    let steps: Vec<String> = plan.query_map([], |row| row.get(3)).unwrap().collect::<Result<_, _>>().unwrap();
    assert!(!steps.iter().any(|step| step.starts_with("SCAN shown") || step.starts_with("SCAN newer")), "{steps:?}");
}

/// The office's own settings file, and what the program says with it.
fn doorbell(office: &Office, settings: &str, arguments: &[&str]) -> Output {
    let file = office.folder().join("doorbell.toml");
    fs::write(&file, format!("[desk]\nurl = \"sqlite:chat.db\"\n{settings}")).unwrap();
    Command::new(env!("CARGO_BIN_EXE_doorbell")).args(arguments).arg("--config").arg(file).output().unwrap()
}

/// What it said, on either side.
#[track_caller]
fn said(output: &Output, status: i32) -> String {
    let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    assert_eq!(output.status.code(), Some(status), "{said}");
    said
}

#[test]
fn check_says_where_every_channel_goes() {
    let office = office();
    let settings = "[sms]\noutbox = \"texts\"\n[push]\noutbox = \"pushes\"\n";
    let rules = by(&[Channel::Sms, Channel::Push, Channel::InApp]);
    let said_of = |status| said(&doorbell(&office, &format!("{settings}{rules}"), &["check"]), status);
    let found = said_of(0);
    for words in ["sms", "texts and leave this machine no further", "pushes and", "in_app", "in_app_notifications"] {
        assert!(found.contains(words), "{words}: {found}");
    }
    assert!(!found.contains("email"), "{found}");
    fs::remove_dir(office.folder().join("pushes")).unwrap();
    fs::write(office.folder().join("pushes"), "a file").unwrap();
    assert!(said_of(78).contains("let push.outbox name a folder"));
}

#[test]
fn send_test_writes_a_sample_notification() {
    let office = office();
    let settings = format!("[sms]\noutbox = \"sms\"\n[desktop]\noutbox = \"desktop\"\n{}", by(&[Channel::Sms]));
    let found = said(&doorbell(&office, &settings, &["send-test", "sms", "+44 1632 960012"]), 0);
    assert!(found.contains("written to the outbox") && !found.contains("1632"), "{found}");
    let file = fs::read_dir(office.folder().join("sms")).unwrap().next().unwrap().unwrap().path();
    let note: serde_json::Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    assert_eq!((&note["channel"], &note["recipient"]), (&"sms".into(), &"person:test".into()), "{note}");
    assert!(
        said(&doorbell(&office, &settings, &["send-test", "desktop", "token"]), 64).contains("no browser with the id")
    );
    assert!(said(&doorbell(&office, &settings, &["send-test", "sms", "01632"]), 64).contains("international form"));
    assert!(said(&doorbell(&office, &settings, &["send-test", "push", "token"]), 78).contains("no section [push]"));
    assert!(said(&doorbell(&office, &settings, &["send-test", "in_app", "agent:7"]), 64).contains("needs no test"));
    assert!(said(&doorbell(&office, &settings, &["send-test", "email", "a@b.example"]), 78).contains("[email]"));
}

#[test]
fn a_password_that_cannot_be_read_stops_mails_only() {
    let office = office();
    office.connection().execute("UPDATE messages SET created_at = unixepoch() * 1000 - 3600000", []).unwrap();
    let email =
        "[email]\nserver = \"127.0.0.1:2525\"\nfrom = \"d@example.com\"\nusername = \"d\"\npassword_file = \"none\"\n";
    let settings = format!("{email}[sms]\noutbox = \"sms\"\n{}", by(&[Channel::Email, Channel::Sms]));
    let found = said(&doorbell(&office, &settings, &["run"]), 78);
    assert!(found.contains("the settings do not work: email.password_file: "), "{found}");
    assert_eq!(found.matches("email.password_file: ").count(), 1, "{found}");
    assert_eq!(fs::read_dir(office.folder().join("sms")).unwrap().count(), 3);
}

#[test]
fn each_device_hears_in_every_slot_though_one_is_told_in_a_later_pass() {
    let mut office = Office::new();
    office.agent("ada").contact("tom").asks("c1", "hello?").assign("c1", "ada");
    office.device("ada", "fcm", "phone").device("ada", "fcm", "tablet");
    let rules = "[rule.nag]\nwatch = \"unreplied\"\nschedule = { every = \"30m\" }\ntell = [\"assignee\"]\n
        via = [\"push\"]\nrepeat = \"every slot\"\n";
    let mut shift = Shift::under(office, rules).set("[limits]\nper_pass = 1\n").reaching(&[Channel::Push]);
    shift.passes("2026-03-02T09:30:00Z", "2026-03-02T10:10:00Z");
    assert_eq!((shift.notes(Channel::Push).len(), shift.states()), (4, vec!["sent".to_owned(); 4]));
}

#[test]
fn all_of_this_holds_on_postgresql_too() {
    // the statements that the papers give for the bell are in the words of SQLite
    hold_on_postgresql_too(16, &["the_statements_of_the_papers"]);
}
