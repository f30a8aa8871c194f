//! `doorbell demo` as a newcomer meets it: the real binary, a folder, and the mails in it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a broken demo is a broken test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use assert_cmd::cargo::cargo_bin;
use mail_parser::MessageParser;
use tempfile::TempDir;

/// A mail as its reader sees it.
struct Mail {
    file: String,
    to: String,
    headers: Vec<String>,
    text: String,
    html: String,
}

/// An empty folder in which somebody types commands.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A place with a sample desk, and what the demo printed.
    fn with_demo() -> (Self, String) {
        let place = Self::new();
        let printed = place.says(&["demo"]);
        (place, printed)
    }

    fn does(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(cargo_bin("doorbell"));
        command.args(arguments).current_dir(self.0.path()).env_remove("DOORBELL_CONFIG").output().unwrap()
    }

    #[track_caller]
    fn says(&self, arguments: &[&str]) -> String {
        let output = self.does(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    fn runs_a_pass(&self) -> String {
        self.says(&["run", "--config", "demo/doorbell.toml", "--ignore-schedule", "-v"])
    }

    fn mails(&self) -> Vec<Mail> {
        let files = fs::read_dir(self.0.path().join("demo/outbox")).unwrap().map(|file| file.unwrap().path());
        files.filter(|path| path.is_file()).map(|path| mail(&path)).collect()
    }

    /// What went out by a channel other than email.
    fn notifications(&self, channel: &str) -> Vec<serde_json::Value> {
        let files = fs::read_dir(self.0.path().join("demo/outbox").join(channel)).unwrap();
        files.map(|file| serde_json::from_slice(&fs::read(file.unwrap().path()).unwrap()).unwrap()).collect()
    }

    /// Those that were not there before.
    fn mails_since(&self, before: &[Mail]) -> Vec<Mail> {
        let known: BTreeSet<&str> = before.iter().map(|mail| mail.file.as_str()).collect();
        self.mails().into_iter().filter(|mail| !known.contains(mail.file.as_str())).collect()
    }
}

fn mail(path: &Path) -> Mail {
    let bytes = fs::read(path).unwrap();
    let parsed = MessageParser::default().parse(&bytes).unwrap();
    Mail {
        file: path.file_name().unwrap().to_str().unwrap().into(),
        to: parsed.to().unwrap().first().unwrap().address().unwrap().into(),
        headers: parsed.headers().iter().map(|header| header.name().to_owned()).collect(),
        text: parsed.body_text(0).unwrap().into(),
        html: parsed.body_html(0).unwrap().into(),
    }
}

fn all_html(mails: &[Mail]) -> String {
    mails.iter().map(|mail| mail.html.as_str()).collect()
}

#[test]
fn everybody_who_must_hear_gets_one_mail_and_nobody_else_any() {
    let (place, _) = Place::with_demo();
    let mut told: Vec<String> = place.mails().into_iter().map(|mail| mail.to).collect();
    told.sort();
    // not Mateusz, who left, nor Nour, who is at the desk, nor Sam, who has no address
    let expected = ["amelia", "camille", "jonas", "kenji", "priya"].map(|name| format!("{name}@example.com"));
    assert_eq!(told, expected);
}

#[test]
fn every_channel_stands_in_its_outbox() {
    let (place, printed) = Place::with_demo();
    let sms = place.notifications("sms");
    assert_eq!((sms.len(), &sms[0]["to"]), (1, &"+441632960961".into()));
    let whose = |channel: &str| -> BTreeSet<String> {
        place.notifications(channel).iter().map(|note| note["recipient"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(whose("push"), BTreeSet::from(["agent:1".into(), "agent:4".into()]));
    assert_eq!(whose("desktop"), BTreeSet::from(["agent:2".into()]), "Amelia's phone makes her browser needless");
    for words in ["sms        1  Person on call: demo/outbox/sms/", "in_app", "their phone is pushed to instead"] {
        assert!(printed.contains(words), "{words}\n{printed}");
    }
}

#[test]
fn every_mail_can_be_read_as_text_and_as_html() {
    let (place, _) = Place::with_demo();
    for mail in place.mails() {
        assert!(mail.text.contains("https://chat.example.com/inbox/10"), "{}: {}", mail.file, mail.text);
        assert!(mail.html.contains("https://chat.example.com/inbox/10"), "{}: {}", mail.file, mail.html);
    }
}

#[test]
fn mails_keep_languages_files_and_earlier_messages() {
    let (place, _) = Place::with_demo();
    let text: String = place.mails().iter().map(|mail| mail.text.as_str()).collect();
    for words in ["Große Straße 12", "株式会社みさき商店", "مشكلة في الدفع", "gęślą jaźń", "🔩😢", "hello??"]
    {
        assert!(text.contains(words), "{words}");
    }
    assert!(text.contains("https://files.example.com/f/8c1e/fattura-gennaio.pdf"), "{text}");
}

#[test]
fn the_summary_says_who_was_told_who_was_not_and_who_hears_later() {
    let (_place, printed) = Place::with_demo();
    for words in [
        "42 conversations",
        "Amelia Hart, 12 conversations",
        "\"nobody is assigned and you are in Billing\": #1008 #1019",
        "#1022 in 3 minutes",
        "not active any more (#1007: Mateusz Zieliński)",
        "at the desk (#1007: Nour Haddad)",
        "no address for this channel (#1010: Sam Rivera)",
        "written by a guest, and the rule leaves guests out (#1018: nobody hears)",
        "older than 24 hours when the rule first ran (#1040: Amelia Hart)",
        "1 snoozed (#1036)",
    ] {
        let flowed = printed.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flowed.contains(words), "{words}\n{printed}");
    }
}

#[test]
fn the_summary_fits_into_a_hundred_columns() {
    let (place, first) = Place::with_demo();
    for printed in [first, place.says(&["demo"])] {
        // commands are as long as the path of the program
        let lines = printed.lines().filter(|line| !line.contains("/doorbell"));
        for line in lines {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }
}

#[test]
fn a_second_run_tells_nothing() {
    let (place, _) = Place::with_demo();
    let before = place.mails();
    assert!(place.says(&["run", "--config", "demo/doorbell.toml", "-v"]).contains("nothing new to tell"));
    assert!(place.runs_a_pass().contains("nothing new to tell"));
    assert_eq!(place.mails_since(&before).len(), 0);
}

#[test]
fn a_second_demo_passes_over_the_same_desk_and_tells_nothing() {
    let (place, _) = Place::with_demo();
    let before = place.mails();
    let printed = place.says(&["demo"]);
    assert!(printed.contains("told nobody anything") && printed.contains("rm -r demo && "), "{printed}");
    assert_eq!(place.mails_since(&before).len(), 0);
}

#[test]
fn a_contact_who_writes_again_makes_exactly_one_mail() {
    let (place, _) = Place::with_demo();
    let before = place.mails();
    place.says(&["demo", "--ask", "1001", "Is anybody there?"]);
    assert!(place.runs_a_pass().contains("3 digests sent"));
    assert!(place.runs_a_pass().contains("nothing new to tell"));
    let new = place.mails_since(&before);
    assert_eq!(new.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["amelia@example.com"]);
    assert!(new[0].text.contains("Is anybody there?"), "{}", new[0].text);
}

#[test]
fn an_answer_stops_what_would_have_been_told() {
    let (place, _) = Place::with_demo();
    let before = place.mails();
    place.says(&["demo", "--ask", "1001", "Is anybody there?"]);
    place.says(&["demo", "--answer", "1001"]);
    place.runs_a_pass();
    assert_eq!(place.mails_since(&before).len(), 0);
    place.says(&["demo", "--ask", "1001", "Thanks! One more thing"]);
    place.runs_a_pass();
    assert_eq!(place.mails_since(&before).len(), 1);
}

#[test]
fn what_was_said_last_comes_last_however_fast_somebody_types() {
    let (place, _) = Place::with_demo();
    // the contact of 1023 wrote a minute ago: ten minutes ago would be before that
    let printed = place.says(&["demo", "--ask", "1023", "Hello?"]);
    assert!(printed.contains("when its grace is over") && !printed.contains("the next time it runs"), "{printed}");
}

#[test]
fn hostile_words_reach_the_mail_as_words_only() {
    let (place, _) = Place::with_demo();
    let mails = place.mails();
    let html = all_html(&mails);
    for escaped in ["&lt;script&gt;alert(", "&lt;b&gt;Mallory&lt;/b&gt;", "&lt;img src"] {
        assert!(html.contains(escaped), "{escaped}");
    }
    assert!(html.contains("Dear {{recipient_name}}"), "handlebars in a message stay what they are");
    for live in ["<script", "<img", "<b>Mallory", "href=\"javascript:", "\u{202e}lruoy"] {
        assert!(!html.contains(live), "{live}");
    }
    assert!(mails.iter().all(|mail| !mail.headers.iter().any(|name| name.eq_ignore_ascii_case("bcc"))));
}

#[test]
fn a_very_long_body_is_cut() {
    let (place, _) = Place::with_demo();
    let camille = place.mails().into_iter().find(|mail| mail.to == "camille@example.com").unwrap();
    assert!(camille.text.contains("02:14:07 WARN") && camille.text.len() < 24_000, "{}", camille.text.len());
}

#[test]
fn every_printed_command_works_as_printed() {
    let (place, printed) = Place::with_demo();
    let (_, to_try) = printed.split_once("What to try next").unwrap();
    let commands: Vec<&str> = to_try.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    assert!(commands.len() >= 9, "{printed}");
    for command in commands {
        let command = command.strip_prefix("less ").map_or_else(|| command.to_owned(), |file| format!("cat {file}"));
        let output = Command::new("sh").args(["-c", &command]).current_dir(place.0.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!output.stdout.is_empty(), "{command} says nothing");
    }
}

#[test]
fn a_folder_with_a_blank_is_quoted_in_the_printed_commands() {
    let place = Place::new();
    let printed = place.says(&["demo", "my desk"]);
    assert!(printed.contains("--config 'my desk/doorbell.toml'"), "{printed}");
}

#[test]
fn a_folder_that_holds_something_else_is_left_alone() {
    let place = Place::new();
    fs::create_dir(place.0.path().join("demo")).unwrap();
    fs::write(place.0.path().join("demo/chat.db"), "somebody's").unwrap();
    for arguments in [&["demo"][..], &["demo", "--answer", "1001"], &["demo", "--ask", "1001", "hello"]] {
        let output = place.does(arguments);
        assert_eq!(output.status.code(), Some(64), "{arguments:?}");
        let words = String::from_utf8(output.stderr).unwrap();
        assert!(words.contains("name a new folder") || words.contains("make one with"), "{words}");
    }
    let left: Vec<_> = fs::read_dir(place.0.path().join("demo")).unwrap().collect();
    assert_eq!(left.len(), 1);
    assert_eq!(fs::read_to_string(place.0.path().join("demo/chat.db")).unwrap(), "somebody's");
}

#[test]
fn a_desk_that_is_not_the_sample_is_never_written_to() {
    let place = Place::new();
    place.says(&["init", "demo"]);
    assert_eq!(place.does(&["demo"]).status.code(), Some(64));
    assert_eq!(place.does(&["demo", "--answer", "1001"]).status.code(), Some(64));
}

#[test]
fn json_is_one_line() {
    let place = Place::new();
    let printed = place.says(&["demo", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((printed.lines().count(), &value["fresh"], &value["pass"]["sent"]), (1, &true.into(), &82.into()));
    assert_eq!(value["mails"].as_array().unwrap().len(), 5);
}
