//! The manual pages in man/ are what the program prints, name every command, option and key, and read well.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use std::process::Command;

fn doorbell(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_doorbell"))
        .args(arguments)
        // what stands in the environment of the one who prints it must not get into the page
        .env("DOORBELL_CONFIG", "/tmp/of-the-environment.toml")
        .env("COLUMNS", "40")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn committed(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("man").join(file)).unwrap_or_default()
}

/// The page without its roff, in one line.
fn words(page: &str) -> String {
    let plain = page.replace("\\fB", "").replace("\\fI", "").replace("\\fR", "").replace("\\-", "-");
    plain.replace("\\*(Aq", "'").replace('\n', " ")
}

#[track_caller]
fn is_current(file: &str, printed: &str) {
    assert!(committed(file) == printed, "man/{file} is not what the program prints; renew it with: make man");
}

#[test]
fn the_page_of_the_program_is_current() {
    is_current("doorbell.1", &doorbell(&["man"]));
    is_current("doorbell.1", &doorbell(&["man", "doorbell"]));
}

#[test]
fn the_page_of_the_settings_is_current() {
    is_current("doorbell.toml.5", &doorbell(&["man", "doorbell.toml"]));
}

#[test]
fn every_command_and_option_of_the_help_is_in_the_manual() {
    let page = words(&doorbell(&["man"]));
    for command in [
        "run",
        "check",
        "init",
        "demo",
        "explain",
        "plan",
        "schedule",
        "preview",
        "send-test",
        "templates export",
        "completions",
        "man",
    ] {
        assert!(page.contains(&format!(".SS \"doorbell {command}")), "no section on {command}");
        let mut arguments: Vec<&str> = command.split(' ').collect();
        arguments.push("--help");
        let help = doorbell(&arguments);
        for option in help.lines().filter_map(|line| line.split_whitespace().find(|word| word.starts_with("--"))) {
            let option = option.trim_end_matches(|letter: char| !letter.is_ascii_lowercase());
            assert!(page.contains(option), "{option} of {command} is missing");
        }
    }
    let listed = doorbell(&["--help"]);
    let commands = listed.split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    for command in commands.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next()) {
        assert!(matches!(command, "" | "help") || page.contains(&format!("\"doorbell {command}")), "no {command}");
    }
}

#[test]
fn the_exit_statuses_of_the_manual_are_those_of_the_help() {
    let (help, page) = (doorbell(&["--help"]), words(&doorbell(&["man"])));
    let statuses: Vec<(&str, &str)> =
        help.split("Exit status:").nth(1).unwrap().lines().filter_map(|line| line.trim().split_once("  ")).collect();
    assert_eq!(statuses.len(), 6, "{statuses:?}");
    let part = page.split(".SH \"EXIT STATUS\"").nth(1).unwrap().split(".SH").next().unwrap();
    for (status, meaning) in statuses {
        // the help is wrapped to the width of the terminal
        let beginning: Vec<&str> = meaning.split_whitespace().take(4).collect();
        assert!(part.contains(&format!(".TP {status} {}", beginning.join(" "))), "{status} is missing in:\n{part}");
    }
}

#[test]
fn every_key_of_the_example_settings_is_in_the_manual_with_its_value() {
    let page = words(&doorbell(&["man", "doorbell.toml"]));
    let example = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config.example.toml")).unwrap();
    for line in example.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")) {
        let line = line.trim_start_matches('#').replace('\\', "\\\\");
        let heading = line.starts_with('[').then(|| line.split('.').next().unwrap().to_owned());
        assert!(page.contains(heading.as_ref().unwrap_or(&line)), "{line} is missing in:\n{page}");
    }
}

#[test]
fn the_pages_carry_the_version_and_no_date() {
    for page in ["doorbell", "doorbell.toml"] {
        let page = doorbell(&["man", page]);
        let head = page.lines().find(|line| line.starts_with(".TH")).unwrap();
        assert!(head.contains(concat!(" \"\" \"doorbell ", env!("CARGO_PKG_VERSION"), "\"")), "{head}");
        assert!(!page.contains("of-the-environment"), "the environment of the printer stands in the page");
    }
}
