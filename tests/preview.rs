//! `doorbell preview` from outside: what stands on the page, what cannot get out of it, and what it leaves alone.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod office;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use chrono::{TimeDelta, Utc};
use office::Office;
use serde_json::Value;

const RULES: &str = "
[sms]
outbox = \"outbox\"
message = true
[people.oncall]
name = \"Olga on call\"
email = \"olga@example.com\"
phone = \"+441632960012\"
language = \"de-AT\"
[rule.digest]
watch = \"unreplied\"
schedule = { every = \"5m\" }
grace = \"30m\"
tell = [\"assignee\"]
show = \"conversation\"
[rule.urgent]
watch = \"unread\"
schedule = { every = \"5m\" }
tell = [\"oncall\"]
via = [\"sms\"]
[rule.reply]
watch = \"unseen_reply\"
schedule = { every = \"5m\" }
tell = [\"contact\"]
";

fn settings(folder: &Path, more: &str) {
    let text = format!(
        "[desk]\nurl = \"sqlite:chat.db\"\nname = \"Northwind\"\ntime_zone = \"Europe/London\"\n\
         agent_url = \"https://chat.example.com/{{number}}\"\n[email]\nfrom = \"Desk <desk@example.com>\"\n\
         outbox = \"outbox\"\nlist_unsubscribe = \"https://example.com/stop\"\n{more}"
    );
    fs::write(folder.join("doorbell.toml"), text).unwrap();
}

fn ran(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorbell"));
    command.current_dir(folder).args(arguments).env_remove("DOORBELL_CONFIG").stdin(Stdio::null());
    command.output().unwrap()
}

#[track_caller]
fn printed(folder: &Path, arguments: &[&str]) -> String {
    let output = ran(folder, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The page about what these arguments ask for.
#[track_caller]
fn page(folder: &Path, arguments: &[&str]) -> String {
    printed(folder, &[&["preview", "-"], arguments].concat())
}

#[track_caller]
fn refused(folder: &Path, arguments: &[&str], code: i32, words: &str) {
    let output = ran(folder, &[&["preview"], arguments].concat());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.contains(words)), (Some(code), true), "{arguments:?}: {said}");
}

fn ago(minutes: i64) -> String {
    (Utc::now() - TimeDelta::minutes(minutes)).to_rfc3339()
}

/// Tom waits for Ada, who reads times in Kathmandu, and Bob has answered Eva.
fn office() -> Office {
    let mut office = Office::new();
    office.agent("ada").time_zone("ada", "Asia/Kathmandu").agent("bob").contact("tom");
    office.at(&ago(60)).asks("c1", "Where is my order?").assign("c1", "ada");
    office.at(&ago(40)).asks("c1", "Hello? It was to come on Friday.");
    office.contact("eva");
    office.at(&ago(90)).asks("c2", "Do you ship to Norway?").assign("c2", "bob");
    office.at(&ago(80)).replies("bob", "c2", "We do, within a week.");
    settings(office.folder(), RULES);
    office
}

/// The text of a page as a browser shows it, without the frame.
fn text(page: &str) -> String {
    let body = page.split_once("<body>").unwrap().1;
    let (before, frame) = body.split_once("<iframe").unwrap();
    let after = frame.split_once("</iframe>").unwrap().1;
    let mut text = String::new();
    let marked = format!("{before}{after}").replace("</dt>", ": </dt>").replace("</h2>", ", </h2>");
    for piece in marked.replace("</td><td", ": </td><td").split('<') {
        let inside = piece.split_once('>').map_or(piece, |(_, text)| text);
        text.push_str(inside);
    }
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines
        .join("\n")
        .replace("&#x27;", "'")
        .replace("&quot;", "\"")
        .replace("&#x3D;", "=")
        .replace("&gt;", ">")
        .replace("&lt;", "<")
}

/// The document in the frame, as the browser takes it out of its attribute.
fn framed(page: &str) -> String {
    let start = page.split_once("srcdoc=\"").unwrap().1;
    let html = start.split_once('"').unwrap().0;
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#x60;", "`"), ("&#x3D;", "="), ("&amp;", "&")]
        .iter()
        .fold(html.to_owned(), |html, (escaped, letter)| html.replace(escaped, letter))
}

/// Words in German, in the folder `mails`.
fn german(folder: &Path) {
    let templates = folder.join("mails");
    fs::create_dir(&templates).unwrap();
    for (part, words) in
        [("subject", "Neue Nachricht"), ("txt", "seit {{oldest}}"), ("html", "<p>Hallo</p>"), ("title", "Es klingelt")]
    {
        fs::write(templates.join(format!("digest.de.{part}.hbs")), words).unwrap();
    }
}

#[test]
fn every_channel_says_what_the_rule_shows_in_the_zone_of_the_reader() {
    let office = office();
    let page = page(office.folder(), &["--conversation", "1000"]);
    let shown = text(&page);
    for part in [
        "Conversation #1000, as Ada would read it",
        "Asia/Kathmandu, now ",
        "UTC+05:45",
        "Ada: would be told at the next slot",
        "Desk <desk@example.com>",
        "Ada <ada@example.com>",
        "List-Unsubscribe: <https://example.com/stop>",
        "List-Unsubscribe-Post",
        "Tom waits for an answer (#1000",
        "> Hello? It was to come on Friday.",
        "> Where is my order?",
        "Tom waits for an answer (+1 more): Hello? It was to come on Friday.",
        "GSM-7, 67 of 160 places, 1 segment",
        "Not told by sms: rule digest does not tell by it; Ada: no address for this channel.",
        "Not told by push: rule digest does not tell by it; the settings have no section [push]; Ada: no address",
        "A click opens https://chat.example.com/1000",
        "agent:1",
    ] {
        assert!(shown.contains(part), "{part:?} is not in\n{shown}");
    }
    let mail = framed(&page);
    assert!(mail.starts_with("<!DOCTYPE html>") && mail.contains("Hello? It was to come on Friday."), "{mail}");
    assert!(mail.contains("UTC+05:45") && !mail.contains("GMT"), "{mail}");
}

#[test]
fn a_sample_reads_well() {
    let folder = tempfile::tempdir().unwrap();
    let shown = text(&page(folder.path(), &[]));
    // the sample was written just now: its times and the version are those of the day
    let digit = |letter: u8| letter.is_ascii_digit();
    let time =
        |line: &str| line.as_bytes().windows(5).any(|it| digit(it[0]) && digit(it[1]) && it[2] == b':' && digit(it[3]));
    let lines: Vec<&str> = shown.lines().filter(|line| !time(line) && !line.contains("Written by")).collect();
    insta::assert_snapshot!(lines.join("\n"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_strangers_sent_stays_text_and_the_mail_stays_in_its_frame() {
    let mut office = Office::new();
    let evil = "\"></iframe><script>alert(1)</script><img src=x onerror=alert(2)>' srcdoc=\"x {{evil}} </pre></style>";
    office.agent("ada").contact("tom").at(&ago(60)).asks("c1", evil).assign("c1", "ada").subject("c1", evil);
    office.attach("c1", evil, "javascript:alert(3)");
    let connection = rusqlite::Connection::open(office.path()).unwrap();
    connection.execute("UPDATE agents SET name = ?1", [evil]).unwrap();
    connection.execute("UPDATE contacts SET name = ?1, avatar_url = 'https://evil.example/x.png'", [evil]).unwrap();
    settings(office.folder(), RULES);
    let page = page(office.folder(), &["--conversation", "1000"]);
    assert_eq!((page.matches("<iframe").count(), page.matches("</iframe>").count()), (1, 1));
    assert_eq!((page.matches("srcdoc=\"").count(), page.matches("</style>").count()), (1, 1));
    for part in ["<script", "<img", "onerror=", "{{evil}} <", "<link", "url(", "src=", "@import", "<a "] {
        assert!(!page.contains(part), "{part:?} is in\n{page}");
    }
    let frame = page.split_once("<iframe").unwrap().1.split_once('>').unwrap().0;
    assert!(frame.contains(" sandbox srcdoc=") && !frame.contains("allow-"), "{frame}");
    assert!(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:;"), "{page}");
    assert!(!framed(&page).contains("<script"));
}

#[test]
fn nothing_but_the_page_is_written() {
    let office = office();
    printed(office.folder(), &["run"]);
    let files = |folder: &Path| {
        // beside a database in WAL mode SQLite keeps a scratch file for readers
        let is_scratch = |path: &Path| path.extension().is_some_and(|ending| ending == "db-shm");
        let read = |path: &Path| (path.to_owned(), path.is_file().then(|| fs::read(path).unwrap()));
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| read(&entry.unwrap().path())).collect();
        files.retain(|(path, _)| !is_scratch(path));
        files.sort();
        files
    };
    let (before, sent) = (files(office.folder()), files(&office.folder().join("outbox")));
    for arguments in [&["--conversation", "1000"][..], &["--conversation", "1001", "--for", "bob@example.com"], &[]] {
        page(office.folder(), arguments);
        assert!(files(office.folder()) == before && files(&office.folder().join("outbox")) == sent, "{arguments:?}");
    }
}

#[test]
fn whoever_would_not_be_told_sees_the_words_and_reads_why_not() {
    let office = office();
    let shown = |arguments: &[&str]| text(&page(office.folder(), arguments));
    let bob = shown(&["--conversation", "1000", "--for", "bob@example.com"]);
    assert!(bob.contains("Bob: not told: rule digest does not tell this person of it"), "{bob}");
    assert!(bob.contains("Tom waits for an answer"), "{bob}");
    printed(office.folder(), &["run"]);
    let told = shown(&["--conversation", "1000", "--for", "ada@example.com"]);
    assert!(told.contains("Ada: not told: nothing new since it was told"), "{told}");
    let over = shown(&["--conversation", "1001", "--for", "agent:2"]);
    assert!(over.contains("Bob: not told: nothing waits for rule digest: it was answered"), "{over}");
    assert!(over.contains("shown is what the contact wrote last, as if it waited"), "{over}");
    assert!(over.contains("> Do you ship to Norway?"), "{over}");
}

#[test]
fn a_contact_reads_the_reply_and_nothing_of_the_desk() {
    let office = office();
    let page = page(office.folder(), &["--conversation", "1001", "--for", "eva@customer.example"]);
    let shown = text(&page);
    for part in
        ["as Eva would read it", "Bob answered you", "> We do, within a week.", "contact:2", "Rule: reply, watch"]
    {
        assert!(shown.contains(part), "{part:?} is not in\n{shown}");
    }
    assert!(!page.contains("chat.example.com"), "{page}");
}

#[test]
fn a_rule_a_person_and_a_language_of_the_settings_can_be_named() {
    let office = office();
    german(office.folder());
    settings(office.folder(), &format!("{RULES}[templates]\nfolder = \"mails\"\n"));
    let shown = text(&page(office.folder(), &["--conversation", "1000", "--rule", "urgent"]));
    for part in
        ["as Olga on call would read it", "Language: de-at", "digest.de", "Neue Nachricht", "Es klingelt: Hello?"]
    {
        assert!(shown.contains(part), "{part:?} is not in\n{shown}");
    }
    let sample = text(&page(office.folder(), &["--language", "de"]));
    assert!(sample.contains("Neue Nachricht") && sample.contains("\nseit "), "{sample}");
    let french = text(&page(office.folder(), &["--language", "fr"]));
    assert!(
        french.contains("fr; the template set is not there in it") && french.contains("wait for an answer"),
        "{french}"
    );
    let reply = text(&page(office.folder(), &["--rule", "reply"]));
    assert!(reply.contains("A sample, as Tom Becker would read it") && reply.contains("answered you"), "{reply}");
}

#[test]
fn the_mail_and_the_feed_that_go_are_in_the_language_that_was_shown() {
    let mut office = office();
    office.locale("ada", "de_AT.UTF-8");
    office.at(&ago(50)).asks("c3", "Anybody?").assign("c3", "bob");
    german(office.folder());
    let bell = "[rule.bell]\nwatch = \"unreplied\"\nschedule = { every = \"5m\" }\ntell = [\"assignee\"]\nvia = [\"in_app\"]\n";
    settings(office.folder(), &format!("{RULES}{bell}[templates]\nfolder = \"mails\"\n"));
    let shown = text(&page(office.folder(), &["--conversation", "1000", "--for", "ada@example.com"]));
    assert!(shown.contains("Neue Nachricht") && shown.contains("Es klingelt"), "{shown}");
    printed(office.folder(), &["run"]);
    let mails = fs::read_dir(office.folder().join("outbox")).unwrap();
    let mails: Vec<_> =
        mails.map(|entry| entry.unwrap().path()).filter(|path| path.extension().unwrap() == "eml").collect();
    let subject = |name: &str| {
        let path = mails.iter().find(|path| path.file_name().unwrap().to_str().unwrap().starts_with(name)).unwrap();
        let mail = fs::read_to_string(path).unwrap();
        mail.lines().find(|line| line.starts_with("Subject:")).unwrap().to_owned()
    };
    assert_eq!(subject("ada"), "Subject: Neue Nachricht");
    assert!(
        subject("bob").starts_with("Subject: Tom waits for an answer") || subject("bob").starts_with("Subject: Eva")
    );
    let feed = rusqlite::Connection::open(office.path()).unwrap();
    let title = |recipient: &str| -> String {
        let sql = "SELECT title FROM in_app_notifications WHERE recipient = ?1";
        feed.query_row(sql, [recipient], |row| row.get(0)).unwrap()
    };
    assert_eq!(title("agent:1"), "Es klingelt");
    assert!(title("agent:2").ends_with("waits for an answer"), "{}", title("agent:2"));
}

#[test]
fn a_page_is_for_this_user_alone_and_takes_the_place_of_nothing_but_a_page() {
    let office = office();
    let folder = office.folder();
    let first = printed(folder, &["--format", "json", "preview", "--conversation", "1000"]);
    let first: Value = serde_json::from_str(&first).unwrap();
    assert_eq!(
        (&first["file"], &first["told"], &first["recipient"]),
        (&"preview.html".into(), &"told".into(), &"agent:1".into())
    );
    let path = folder.join("preview.html");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    fs::write(&path, fs::read_to_string(&path).unwrap() + "older").unwrap();
    let again = printed(folder, &["preview", "--conversation", "1000"]);
    assert!(again.starts_with("wrote preview.html; open it in a browser\n  Ada: would be told"), "{again}");
    assert!(!fs::read_to_string(&path).unwrap().ends_with("older"));
    refused(folder, &["doorbell.toml"], 64, "doorbell.toml is no preview and is left alone; name another file, or -");
    refused(folder, &["."], 64, "is no file and is left alone");
    refused(folder, &["nowhere/preview.html"], 74, "write nowhere/preview.html");
    assert!(fs::read_to_string(folder.join("doorbell.toml")).unwrap().starts_with("[desk]"));
}

#[test]
fn what_is_not_there_is_answered_with_what_helps() {
    let office = office();
    for (arguments, words) in [
        (&["--conversation", "4711"][..], "there is no conversation \"4711\"; give its number, id or link"),
        (
            &["--conversation", "1000", "--for", "nobody@example.com"],
            "there is no person \"nobody@example.com\"; give an",
        ),
        (
            &["--conversation", "1000", "--for", "eva@customer.example"],
            "conversation #1000 is not with contact:2; name one",
        ),
        (&["--conversation", "1000", "--for", "contact:1"], "no reply in conversation #1000 waits for Tom"),
        (&["--rule", "digset"], "did you mean \"digest\"?"),
        (&["--template", "shrt"], "--template \"shrt\": the template set \"shrt\" is not loaded; name one of digest"),
        (&["--language", "German"], "--language \"German\" is not a language; write it like de or pt-BR"),
        (&["--for", "ada@example.com"], "--conversation"),
    ] {
        refused(office.folder(), arguments, 64, words);
    }
    let empty = tempfile::tempdir().unwrap();
    refused(empty.path(), &["--conversation", "1000"], 78, "doorbell.toml");
}
