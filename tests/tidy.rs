//! The rules of the house, checked: imports point down, rooms are strangers, nothing grows too large to live in.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Top first. A file imports from lower floors only; rooms on one floor do not know each other.
const FLOORS: &[&[&str]] = &[
    &["main"],
    &["lib"],
    &["cli"],
    &["pass"],
    &["config"],
    &["collapse", "deliver", "desk", "ledger", "render", "route", "schedule"],
    &["model"],
    &["server"],
    &["notation"],
    &["failpoint"],
];
/// In `deliver/` everything is a channel but these, which they share.
const SHARED_BY_CHANNELS: &[&str] = &["carrier", "discreet", "http", "notes", "notification", "outbox", "segment"];
const LONGEST_FILE: usize = 400;
const LONGEST_FUNCTION: usize = 60;
const UNFINISHED: &[&str] = &["TO\u{44}O", "FIX\u{4d}E", "XX\u{58}", "db\u{67}!", "unimplemented\u{21}", "tod\u{6f}!"];
const NAMES_THAT_SAY_NOTHING: &[&str] = &["util", "utils", "common", "helper", "manager", "service", "handler", "misc"];

/// A file of the house: the room it is in, and its text.
struct Page {
    path: PathBuf,
    text: String,
}

fn pages(folder: &str) -> Vec<Page> {
    let mut pages = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                pages.push(Page { text: fs::read_to_string(&path).unwrap(), path });
            }
        }
    }
    assert!(!pages.is_empty(), "no sources found");
    pages
}

fn room(path: &Path) -> String {
    let inside = path.strip_prefix("src").unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

fn floor(room: &str) -> usize {
    FLOORS.iter().position(|rooms| rooms.contains(&room)).unwrap_or_else(|| panic!("{room} has no floor"))
}

/// The lines of the program itself, numbered from 1: no tests, no comments.
fn program(page: &Page) -> impl Iterator<Item = (usize, &str)> {
    let is_tests = page.path.ends_with("tests.rs");
    let lines = page.text.lines().enumerate().map(|(index, line)| (index + 1, line));
    lines
        .take_while(move |(_, line)| !is_tests && !line.contains("#[cfg(test)]"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// How many `super::` lead from a file to the top of the house.
fn depth(path: &Path) -> usize {
    path.strip_prefix("src").unwrap().components().count()
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

/// The rooms that a file names, by `crate::` or by climbing out of its own.
fn named(page: &Page) -> Vec<(usize, String)> {
    let climb = "super::".repeat(depth(&page.path));
    let ways = ["crate::", climb.as_str()];
    let on_line = |(number, line): (usize, &str)| {
        let rooms = ways.iter().flat_map(|way| line.split(way).skip(1)).map(first_word);
        rooms.map(|room| (number, room)).collect::<Vec<_>>()
    };
    program(page).flat_map(on_line).collect()
}

fn wrong_imports(page: &Page) -> Vec<String> {
    let own = room(&page.path);
    let own_floor = floor(&own);
    named(page)
        .into_iter()
        .filter(|(_, target)| !target.is_empty() && *target != own && floor(target) <= own_floor)
        .map(|(line, target)| format!("{}:{line}: {own} may not know {target}", page.path.display()))
        .collect()
}

fn long_functions(page: &Page) -> Vec<String> {
    let lines: Vec<&str> = page.text.lines().collect();
    let mut long = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_function = words.iter().take(4).any(|word| *word == "fn") && !line.trim_start().starts_with("//");
        if !is_function || line.trim_end().ends_with([';', '}']) {
            continue;
        }
        let close = format!("{}}}", " ".repeat(indent));
        let length = lines.iter().skip(start).position(|line| *line == close).map_or(1, |end| end + 1);
        if length > LONGEST_FUNCTION {
            long.push(format!("{}:{}: {length} lines", page.path.display(), start + 1));
        }
    }
    long
}

/// Imports that [`named`] cannot read, and code behind the tests, where it does not look.
fn unreadable(page: &Page) -> Vec<String> {
    let mut found = Vec::new();
    let climb = format!("use {}{{", "super::".repeat(depth(&page.path)));
    for (number, line) in program(page).filter(|(_, line)| line.contains("use crate::{") || line.contains(&climb)) {
        found.push(format!("{}:{number}: name one room a line: {line}", page.path.display()));
    }
    let after = page.text.split_once("#[cfg(test)]\n").map_or("", |(_, after)| after);
    let end = if after.starts_with("mod tests;") { "\n" } else { "\n}\n" };
    if !after.is_empty()
        && (!after.starts_with("mod tests") || !after.split_once(end).is_some_and(|(_, rest)| rest.is_empty()))
    {
        found.push(format!("{}: tests stand last, in `mod tests`", page.path.display()));
    }
    found
}

/// What in `deliver/` knows a channel that it is not itself.
fn meddlers(pages: &[Page]) -> Vec<String> {
    let channel = |page: &Page| {
        page.path.strip_prefix("src/deliver").ok().map(|inside| {
            let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
            first.trim_end_matches(".rs").to_owned()
        })
    };
    let channels: BTreeSet<String> =
        pages.iter().filter_map(channel).filter(|name| !SHARED_BY_CHANNELS.contains(&name.as_str())).collect();
    let mut found = Vec::new();
    for page in pages {
        let Some(own) = channel(page) else { continue };
        for other in channels.iter().filter(|other| **other != own) {
            found.extend(
                program(page)
                    .filter(|(_, line)| line.contains(&format!("{other}::")))
                    .map(|(number, _)| format!("{}:{number}: {own} may not know {other}", page.path.display())),
            );
        }
    }
    found
}

fn too_long(page: &Page) -> Option<String> {
    let lines = page.text.lines().count();
    (lines > LONGEST_FILE).then(|| format!("{}: {lines} lines", page.path.display()))
}

fn silent(page: &Page) -> Option<String> {
    (!page.text.starts_with("//! ")).then(|| format!("{}: say what it is for", page.path.display()))
}

fn unfinished(page: &Page) -> Vec<String> {
    let marks = UNFINISHED.iter().filter(|mark| page.text.contains(**mark));
    marks.map(|mark| format!("{}: {mark}", page.path.display())).collect()
}

fn named_for_nothing(page: &Page) -> Option<String> {
    let mut words = page.path.iter().filter_map(|part| part.to_str()).map(|part| part.trim_end_matches(".rs"));
    words.any(|word| NAMES_THAT_SAY_NOTHING.contains(&word)).then(|| page.path.display().to_string())
}

/// The dependencies of a manifest without a line that says why they are there.
fn unexplained(manifest: &str) -> Vec<String> {
    let (mut in_dependencies, mut previous, mut found) = (false, "", Vec::new());
    for line in manifest.lines() {
        if line.starts_with('[') {
            in_dependencies = line.ends_with("dependencies]");
        } else if in_dependencies && line.contains('=') && !line.starts_with('#') && !previous.starts_with("# ") {
            found.push(line.to_owned());
        }
        previous = line;
    }
    found
}

fn page(path: &str, text: &str) -> Page {
    Page { path: path.into(), text: text.into() }
}

#[track_caller]
fn none(found: impl IntoIterator<Item = String>) {
    let found: Vec<String> = found.into_iter().collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn imports_point_down_and_rooms_of_one_floor_are_strangers() {
    none(pages("src").iter().flat_map(wrong_imports));
}

#[test]
fn an_import_that_points_up_or_sideways_would_be_found() {
    assert_eq!(wrong_imports(&page("src/route/audience.rs", "use crate::ledger::Ledger;")).len(), 1);
    assert_eq!(
        wrong_imports(&page("src/model.rs", "use crate::{\n    pass::Order};\nlet a = crate::pass::run();")).len(),
        1
    );
    assert_eq!(wrong_imports(&page("src/notation.rs", "fn a() -> crate::model::Words {}")).len(), 1);
    assert!(
        wrong_imports(&page("src/pass/lanes.rs", "use crate::ledger::Ledger;\nuse crate::pass::Order;")).is_empty()
    );
    assert_eq!(wrong_imports(&page("src/route.rs", "use super::ledger::Ledger;")).len(), 1);
    assert_eq!(wrong_imports(&page("src/route/audience.rs", "use super::super::ledger::Ledger;")).len(), 1);
    assert!(wrong_imports(&page("src/route/audience.rs", "use super::presence;")).is_empty());
    assert!(wrong_imports(&page("src/route.rs", "#[cfg(test)]\nuse crate::ledger::Ledger;")).is_empty());
}

#[test]
fn imports_are_written_so_that_these_tests_can_read_them() {
    none(pages("src").iter().flat_map(unreadable));
}

#[test]
fn an_import_or_code_that_these_tests_cannot_read_would_be_found() {
    let tests = "#[cfg(test)]\nmod tests {\n    fn a() {}\n}\n";
    assert!(unreadable(&page("src/route.rs", tests)).is_empty());
    assert!(unreadable(&page("src/route.rs", "#[cfg(test)]\nmod tests;\n")).is_empty());
    for text in [
        "use crate::{model, ledger};",
        "use super::{model, ledger};",
        "#[cfg(test)]\nuse std::fs;\nuse crate::ledger::Ledger;\n",
        &format!("{tests}use crate::ledger::Ledger;\n"),
        "#[cfg(test)]\nmod tests;\nuse crate::ledger::Ledger;\n",
    ] {
        assert_eq!(unreadable(&page("src/route.rs", text)).len(), 1, "{text}");
    }
}

#[test]
fn channels_do_not_know_each_other() {
    none(meddlers(&pages("src/deliver")));
}

#[test]
fn a_channel_that_knows_another_would_be_found() {
    let channels = |text: &str| {
        meddlers(&[
            page("src/deliver/email/smtp.rs", text),
            page("src/deliver/sms.rs", ""),
            page("src/deliver/outbox.rs", ""),
        ])
    };
    assert_eq!(channels("use super::super::sms::Sms;").len(), 1);
    assert!(channels("use super::super::outbox::put;\nuse crate::deliver::email::Mail;").is_empty());
}

#[test]
fn files_fit_in_the_head() {
    // a test file is read a test at a time
    none(pages("src").iter().chain(&pages("benches")).filter_map(too_long));
}

#[test]
fn functions_fit_on_a_screen() {
    none(pages("src").iter().flat_map(long_functions));
}

#[test]
fn every_file_says_in_its_first_line_what_it_is_for() {
    none(pages("src").iter().chain(&pages("tests")).filter_map(silent));
}

#[test]
fn nothing_is_left_unfinished() {
    none(pages("src").iter().chain(&pages("tests")).flat_map(unfinished));
}

#[test]
fn files_are_named_for_their_trade() {
    none(pages("src").iter().filter_map(named_for_nothing));
}

#[test]
fn every_dependency_says_why_it_is_there() {
    none(unexplained(&fs::read_to_string("Cargo.toml").unwrap()));
}

#[test]
fn whatever_else_breaks_a_rule_would_be_found() {
    let long = |lines| page("src/route.rs", &"//! a\n".repeat(lines));
    assert!(too_long(&long(LONGEST_FILE)).is_none() && too_long(&long(LONGEST_FILE + 1)).is_some());
    let body = |lines| format!("pub(super) fn long() {{\n{}}}\n", "    let _ = 1;\n".repeat(lines));
    assert!(long_functions(&page("src/route.rs", &body(LONGEST_FUNCTION - 2))).is_empty());
    assert_eq!(long_functions(&page("src/route.rs", &body(LONGEST_FUNCTION - 1))).len(), 1);
    assert!(silent(&page("src/route.rs", "use std::fs;")).is_some());
    for mark in UNFINISHED {
        assert_eq!(unfinished(&page("src/route.rs", &format!("// {mark}"))).len(), 1, "{mark}");
    }
    for path in ["src/route/helper.rs", "src/util/time.rs"] {
        assert!(named_for_nothing(&page(path, "")).is_some(), "{path}");
    }
    assert_eq!(unexplained("[dev-dependencies]\n# why\na = \"1\"\nb = \"2\"\n[lints]\nc = 1"), ["b = \"2\""]);
}
