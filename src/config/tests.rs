//! Where a mistake stands and how it is said, down to odd keys, columns and line ends.

use std::path::Path;

use super::place::key_at;
use super::*;

const EMAIL: &str = "[email]\nserver = \"smtp.example.com:465\"\nfrom = \"desk@example.com\"\n";
const RULE: &str = "[rule.r]\nwatch = \"unread\"\nschedule = { every = \"5m\" }\ntell = [\"assignee\"]\n";

fn complaint(text: &str) -> String {
    Config::parse(text, Path::new("doorbell.toml")).unwrap_err().to_string()
}

/// Settings with more lines in `[desk]`, `[email]` and the rule.
fn settings(desk: &str, email: &str, rule: &str) -> String {
    format!("[desk]\nurl = \"sqlite:chat.db\"\n{desk}\n{EMAIL}{email}\n{RULE}{rule}\n")
}

#[track_caller]
fn case(text: &str, expected: &str) {
    assert_eq!(complaint(text), expected, "in:\n{text}");
}

#[test]
fn a_place_belongs_to_the_innermost_key() {
    #[track_caller]
    fn at(text: &str, mark: &str, expected: Option<&str>) {
        let place = text.rfind(mark).unwrap();
        assert_eq!(key_at(text, place).as_deref(), expected, "{mark:?} in:\n{text}");
    }
    at("[desk]\nname = \"x\"", "\"x\"", Some("desk.name"));
    at("[desk]\nname = \"x\"", "[desk]", Some("desk"));
    at("[rule.a.b]\nc = 1", "1", Some("rule.a.b.c"));
    at("[rule]\na.b = { c = { d = 1 } }", "1", Some("rule.a.b.c.d"));
    at("rule = { a = 1, b = 2 }", "b", Some("rule.b"));
    at("[r]\ntell = [\n  \"a\", # x = 1\n  \"b=c\",\n]", "\"b=c\"", Some("r.tell"));
    at("[r]\nlist = [1, { every = 2 }]", "2", Some("r.list.every"));
    at("[rule.\"a b\"]\nc = 1", "1", Some("rule.\"a b\".c"));
    at("# a = b\n[desk]", "# a", None);
    at("[a]\nb = \"[c]\\nd = 1\"\ne = 2", "2", Some("a.e"));
    at("[a]\nb = \"\"\"\n[c]\n\"\"\"\nd = 2", "2", Some("a.d"));
}

#[test]
fn a_mistake_at_the_end_of_the_file_is_shown_there() {
    case(
        "[desk]\nname = \"abc",
        "read settings doorbell.toml:2:12: desk.name: invalid basic string, expected `\"`\n  |\n2 | name = \"abc\n  |            ^",
    );
    case(
        "[desk]\nname =",
        "read settings doorbell.toml:2:7: desk.name: string values must be quoted, expected literal string\n  |\n2 | name =\n  |       ^",
    );
}

#[test]
fn a_mistake_at_the_end_of_a_line_of_windows_is_shown_right_behind_it() {
    case(
        "[desk]\r\nname = \"abc\r\n",
        "read settings doorbell.toml:2:12: desk.name: invalid basic string, expected `\"`\n  |\n2 | name = \"abc\n  |            ^",
    );
}

#[test]
fn the_caret_stands_where_it_should_behind_tabs_and_nothing_commands_the_terminal() {
    case(
        "[desk]\nurl\t= \u{1b}[31m",
        "read settings doorbell.toml:2:8: desk.url: unexpected key or value, expected newline, `#`\n  |\n2 | url =  [31m\n  |        ^",
    );
}

#[test]
fn the_caret_counts_characters_and_not_bytes() {
    case(
        "[desk]\nurl = \"sqlite:ä.db\"\n[people.ä]\n",
        "read settings doorbell.toml:3:9: people.\"ä\": invalid unquoted key, expected letters, numbers, `-`, \
         `_`\n  |\n3 | [people.ä]\n  |         ^",
    );
    let error = complaint(&settings("", "", "tell = [\"Jürgen\", \"Zoë\"]").replace("tell = [\"assignee\"]\n", ""));
    assert!(error.ends_with("11 | tell = [\"Jürgen\", \"Zoë\"]\n   |         ^^^^^^^^"), "{error}");
}

#[test]
fn a_file_with_line_ends_of_windows_is_read_and_quoted_like_any_other() {
    let text = settings("time_zone = \"Mars\"", "", "");
    assert_eq!(complaint(&text.replace('\n', "\r\n")), complaint(&text));
    assert!(Config::parse(&settings("", "", "").replace('\n', "\r\n"), Path::new("x")).is_ok());
}

#[test]
fn what_lacks_in_the_whole_file_is_said_without_a_line() {
    let no_desk = "read settings doorbell.toml: there is no [desk] section; add one with url = \
                   \"sqlite:/var/lib/chat/chat.db\"";
    for text in ["", "# name = \"x\"\n", &format!("# a = b\n{EMAIL}{RULE}")] {
        case(text, no_desk);
    }
}

#[test]
fn a_password_is_never_shown() {
    for (desk, email) in [
        ("", "username = \"u\"\npassword = \"hunter2\""),
        ("", "username = \"u\"\npassword = hunter2"),
        ("", "username = \"u\"\npassword = 'hunter2"),
        ("", "username = \"u\"\n\"password\" = [\"hunter2\"]"),
        ("", "username = \"u\"\npassword=4711\nlanes = { password = \"hunter2\" }"),
        ("agent_url = { password = \"hunter2\" }", ""),
        ("url = \"postgres://doorbell:hunter2@db/chat\"", ""),
    ] {
        let error = complaint(&settings(desk, email, ""));
        assert!(!error.contains("hunter2") && !error.contains("4711"), "{error}");
        assert!(error.contains('^'), "{error}");
    }
    let error = complaint("[desk]\nurl = \"postgres://doorbell:hunter2@db/chat\"\n");
    assert!(error.contains("\"postgres://***@db/chat\"") && !error.contains("hunter2"), "{error}");
}

#[test]
fn the_reader_speaks_the_words_of_the_manual() {
    #[track_caller]
    fn says(text: &str, expected: &str) {
        let error = complaint(text);
        assert!(error.contains(expected), "{expected:?} is missing in:\n{error}");
        for foreign in ["struct", "field", "variant", "sequence", "boolean", "i64", "invalid type"] {
            assert!(!error.contains(foreign), "{foreign:?} stands in:\n{error}");
        }
    }
    says(&settings("", "", "gracee = \"5m\""), "rule.r.gracee: unknown key \"gracee\"; did you mean \"grace\"?");
    says(&settings("colour = 1", "", ""), "the keys here are url, name, time_zone, agent_url, contact_url");
    says(&settings("", "", "show = \"snipet\""), "\"snipet\" is not known here; did you mean \"snippet\"?");
    says(&settings("", "", "when = \"never\""), "write one of always, away");
    says(&settings("", "", "grace = 5"), "a number without quotes does not fit here; it takes text in quotes");
    says(&settings("", "", "guests = \"yes\""), "text in quotes does not fit here; it takes true or false");
    says(&settings("", "", "via = \"email\""), "it takes a list in brackets");
    says(&settings("", "lanes = \"8\"", ""), "it takes a whole number");
    says(&settings("", "ca_file = 1", ""), "it takes text in quotes");
    says(&settings("", "", "tell = [\"group\"]"), "12:1: this stands here a second time");
    says(&settings("", "", "[presence]\naway_after = true"), "true or false does not fit here; it takes text");
    says(&format!("desk = \"x\"\n{EMAIL}{RULE}"), "it takes keys of its own");
}

#[test]
fn a_list_names_nobody_and_no_channel_twice() {
    let twice = complaint(&settings("", "", "via = [\"email\", \"email\"]"));
    assert!(twice.contains("\"email\" stands in via twice; leave out one of them"), "{twice}");
    for list in ["\"group\", \"group\"", "\"assignee\", \"group\", \"else  group\""] {
        let error = complaint(&settings("", "", "").replace("\"assignee\"", list));
        assert!(error.contains("group\" names an audience that tell has already; leave out one of them"), "{error}");
    }
}

#[test]
fn a_key_that_lacks_is_named_with_an_example() {
    let desk = "[desk]\nurl = \"sqlite:chat.db\"\n";
    for (text, key) in [
        ("[desk]\nname = \"x\"\n".into(), "desk: the key url is missing; add url = \"sqlite:"),
        (format!("{desk}[email]\noutbox = \"x\"\n{RULE}"), "email: the key from is missing; add from = "),
        (format!("{desk}{EMAIL}[rule.r]\n"), "rule.r: the key watch is missing; add watch = \"unread\""),
        (
            format!("{desk}{EMAIL}[people.p]\nname = \"P\"\n"),
            "people.p: nothing says how to reach this person; add email = ",
        ),
    ] {
        let error = complaint(&text);
        assert!(error.contains(key), "{key:?} is missing in:\n{error}");
    }
}

#[test]
fn an_entry_without_a_name_is_told_that_it_needs_one() {
    let text = settings("", "", "").replace("[rule.r]", "[rule]");
    assert!(complaint(&text).contains("every entry of [rule] needs a name of its own; write [rule.NAME]"));
    let text = settings("", "", "[people]\nemail = \"x@example.com\"");
    assert!(complaint(&text).contains("every entry of [people] needs a name of its own; write [people.NAME]"));
}

#[test]
fn names_are_found_from_the_folder_of_the_settings() {
    let text = settings("", "", "[ledger]\npath = \"ledger.db\"\n[templates]\nfolder = \"mails\"");
    let config = Config::parse(&text, Path::new("/etc/doorbell/doorbell.toml")).unwrap();
    assert_eq!(config.desk_path().as_deref(), Some(Path::new("/etc/doorbell/chat.db")));
    assert_eq!(config.ledger.path(), Some(Path::new("/etc/doorbell/ledger.db")));
    assert_eq!(config.template_folder().as_deref(), Some(Path::new("/etc/doorbell/mails")));
    let config = Config::parse(&settings("", "", ""), Path::new("doorbell.toml")).unwrap();
    assert_eq!((config.ledger.path(), config.template_folder()), (config.desk_path().as_deref(), None));
}

#[test]
fn what_an_adapter_reads_is_only_read() {
    let with = |more: &str, rest: &str| settings(&format!("adapter = \"chatwoot\"\n{more}"), "", rest);
    let ledger = "[ledger]\npath = \"ledger.db\"";
    assert!(Config::parse(&with("", ledger), Path::new("doorbell.toml")).is_ok());
    for (text, remedy) in [
        (with("", ""), "the ledger needs a place of its own; add [ledger] with path = "),
        (with("mark_read_after_email = true", ledger), "take mark_read_after_email out"),
        (with("password_file = \"p\"", ledger), "take password_file out"),
        (settings("relations = { agents = \"SELECT 1\" }", "", ""), "add adapter = "),
        (settings("relations = { agent = \"SELECT 1\" }", "", ""), "did you mean agents?"),
    ] {
        let error = complaint(&text);
        assert!(error.contains(remedy), "{remedy:?} is missing in:\n{error}");
    }
}
