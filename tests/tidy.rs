//! The rules of the house, checked: imports point down, rooms are strangers, nothing grows too large to live in.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

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
    &["notation"],
];
/// Channels are strangers too: each of these stands alone in `deliver/`, but for the folder they share.
const CHANNELS: &[&str] = &["email"];
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

/// The rooms that a file names, outside its tests and comments.
fn named(page: &Page) -> Vec<(usize, String)> {
    let is_tests = page.path.ends_with("tests.rs");
    let lines = page.text.lines().enumerate();
    lines
        .take_while(|(_, line)| !is_tests && !line.contains("#[cfg(test)]"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .flat_map(|(number, line)| {
            line.split("crate::")
                .skip(1)
                .map(move |rest| (number + 1, rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()))
        })
        .collect()
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
    let page = |path: &str, text: &str| Page { path: path.into(), text: text.into() };
    assert_eq!(wrong_imports(&page("src/route/audience.rs", "use crate::ledger::Ledger;")).len(), 1);
    assert_eq!(
        wrong_imports(&page("src/model.rs", "use crate::{\n    pass::Order};\nlet a = crate::pass::run();")).len(),
        1
    );
    assert_eq!(wrong_imports(&page("src/notation.rs", "fn a() -> crate::model::Words {}")).len(), 1);
    assert!(
        wrong_imports(&page("src/pass/lanes.rs", "use crate::ledger::Ledger;\nuse crate::pass::Order;")).is_empty()
    );
    assert!(wrong_imports(&page("src/route.rs", "#[cfg(test)]\nuse crate::ledger::Ledger;")).is_empty());
}

#[test]
fn imports_are_written_so_that_this_test_can_read_them() {
    let grouped =
        |page: &Page| page.text.contains("use crate::{").then(|| format!("{}: one room a line", page.path.display()));
    none(pages("src").iter().filter_map(grouped));
}

#[test]
fn channels_do_not_know_each_other() {
    let mut found = Vec::new();
    for page in pages("src/deliver") {
        for channel in CHANNELS {
            let own =
                page.path.starts_with(format!("src/deliver/{channel}")) || page.path.ends_with(format!("{channel}.rs"));
            if !own && page.text.contains(&format!("{channel}::")) {
                found.push(format!("{}: knows {channel}", page.path.display()));
            }
        }
    }
    none(found);
}

#[test]
fn files_fit_in_the_head() {
    // a test file is read a test at a time
    let all = pages("src").into_iter().chain(pages("benches"));
    let long = all.filter(|page| page.text.lines().count() > LONGEST_FILE);
    none(long.map(|page| format!("{}: {} lines", page.path.display(), page.text.lines().count())));
}

#[test]
fn functions_fit_on_a_screen() {
    none(pages("src").iter().flat_map(long_functions));
}

#[test]
fn a_function_that_does_not_fit_would_be_found() {
    let body = "    let _ = 1;\n".repeat(LONGEST_FUNCTION);
    let page = Page { path: "src/route.rs".into(), text: format!("pub(super) fn long() {{\n{body}}}\n") };
    assert_eq!(long_functions(&page).len(), 1);
}

#[test]
fn every_file_says_in_its_first_line_what_it_is_for() {
    let silent = |page: &Page| (!page.text.starts_with("//! ")).then(|| page.path.display().to_string());
    none(pages("src").iter().chain(&pages("tests")).filter_map(silent));
}

#[test]
fn nothing_is_left_unfinished() {
    let mut found = Vec::new();
    for page in pages("src").iter().chain(&pages("tests")) {
        for mark in UNFINISHED {
            if page.text.contains(mark) {
                found.push(format!("{}: {mark}", page.path.display()));
            }
        }
    }
    none(found);
}

#[test]
fn files_are_named_for_their_trade() {
    let named = |page: &Page| {
        let name = page.path.file_stem().unwrap().to_str().unwrap();
        NAMES_THAT_SAY_NOTHING.contains(&name).then(|| page.path.display().to_string())
    };
    none(pages("src").iter().filter_map(named));
}

#[test]
fn every_dependency_says_why_it_is_there() {
    let manifest = fs::read_to_string("Cargo.toml").unwrap();
    let mut silent = Vec::new();
    let (mut in_dependencies, mut previous) = (false, "");
    for line in manifest.lines() {
        if line.starts_with('[') {
            in_dependencies = line.ends_with("dependencies]");
        } else if in_dependencies && line.contains('=') && !line.starts_with('#') && !previous.starts_with("# ") {
            silent.push(line.to_owned());
        }
        previous = line;
    }
    none(silent);
}
