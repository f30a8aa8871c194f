//! doorbell(1): the commands and options as clap knows them, and what the help has no room for.

use clap::{Arg, Command, CommandFactory};
use roff::{Inline, bold, italic, roman};

use super::super::{Cli, exit};
use super::sheet::Sheet;

const CRONTAB: &str = "*/5 * * * * doorbell run --config /etc/doorbell/doorbell.toml";

/// Tag and meaning.
type Entries = [(&'static str, &'static str)];

const GUARANTEES: &Entries = &[
    (
        "No notification is lost.",
        "Every waiting message that matches a rule is told, or stands in the ledger as dead, unknown or suppressed, \
         with its reason.",
    ),
    ("None is told twice.", "This holds without a crash or a lost reply, however many passes overlap."),
    (
        "After a crash little is repeated.",
        "After kill -9, or a power cut on a disk that honours fsync, at most the deliveries on the wire at that moment \
         are repeated: 8 by default, the key lanes of [email]. Each repeated mail has the same Message-ID.",
    ),
    ("Not promised:", "that a provider delivers what it accepted, and any order across recipients."),
];

const FILES: &Entries = &[
    ("./doorbell.toml", "The settings, when --config and DOORBELL_CONFIG name no other file. See doorbell.toml(5)."),
    ("/etc/doorbell/doorbell.toml", "The settings, when there are none in the working directory."),
    (
        "the ledger",
        "What was told, what waits for another try, and why somebody was not told: tables named doorbell_* in the \
         desk's own file, or in the file that ledger.path names.",
    ),
    (
        "LEDGER.doorbell-lock",
        "Lies beside the ledger. The kernel locks it for the time of a pass, and frees it however the pass ends. It \
         stays there; do not delete it while a pass is at work.",
    ),
];

const ENVIRONMENT: &Entries = &[
    ("DOORBELL_CONFIG", "The settings file. --config goes before it."),
    (
        "CREDENTIALS_DIRECTORY",
        "Set by systemd for LoadCredential=. The settings may name a file in it: password_file = \
         \"${CREDENTIALS_DIRECTORY}/smtp-password\".",
    ),
    ("any other variable", "Read when the settings name it as a secret: password = \"${SMTP_PASSWORD}\"."),
];

const EXAMPLES: &[(&str, &str)] = &[
    ("Look at a sample desk, and at what it would send:", "doorbell demo"),
    (
        "Set up, and see whether everything works:",
        "doorbell init /etc/doorbell\ndoorbell check --connect\ndoorbell send-test email you@example.com",
    ),
    ("See who would be told now, and why; nothing is sent or written:", "doorbell run --dry-run --ignore-schedule"),
    ("The crontab line, for the user who owns the ledger:", CRONTAB),
    ("Ask why somebody did not hear:", "doorbell explain 1042 --for ada@example.com"),
    (
        "Install these pages:",
        "doorbell man > /usr/local/share/man/man1/doorbell.1\ndoorbell man doorbell.toml > \
         /usr/local/share/man/man5/doorbell.toml.5",
    ),
];

/// The page as roff.
pub(super) fn page() -> String {
    let mut command = Cli::command();
    // fills in what subcommands inherit, and their usage lines
    command.build();
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let mut sheet = Sheet::new("doorbell", "1", "User Commands", &uncapitalised(&about));
    sheet.heading("SYNOPSIS");
    sheet.paragraph(&usage(&mut command));
    sheet.heading("DESCRIPTION");
    described(&mut sheet, &command);
    sheet.heading("OPTIONS");
    sheet.paragraph("These go with every command.");
    command.get_arguments().filter(|argument| !is_help(argument)).for_each(|argument| option(&mut sheet, argument));
    sheet.entry("-h, --help", "Print the help of the program or of a command; --help says more than -h.");
    sheet.entry("-V, --version", "Print the version.");
    sheet.heading("COMMANDS");
    command.get_subcommands_mut().for_each(|subcommand| explain(&mut sheet, subcommand));
    sheet.heading("EXIT STATUS");
    exit_statuses().for_each(|(status, meaning)| sheet.entry(status, meaning));
    entries(&mut sheet, "GUARANTEES", GUARANTEES);
    entries(&mut sheet, "FILES", FILES);
    entries(&mut sheet, "ENVIRONMENT", ENVIRONMENT);
    sheet.heading("EXAMPLES");
    for (what, lines) in EXAMPLES {
        sheet.paragraph(what);
        sheet.example(lines);
    }
    sheet.heading("SEE ALSO");
    sheet.paragraph("doorbell.toml(5), crontab(5), systemd.timer(5)");
    sheet.text()
}

fn entries(sheet: &mut Sheet, title: &str, entries: &Entries) {
    sheet.heading(title);
    entries.iter().for_each(|(tag, text)| sheet.entry(tag, text));
}

/// A command with its options, and the commands below it.
fn explain(sheet: &mut Sheet, command: &mut Command) {
    if command.get_name() == "help" {
        return;
    }
    if command.has_subcommands() {
        command.get_subcommands_mut().for_each(|subcommand| explain(sheet, subcommand));
        return;
    }
    let usage = usage(command);
    sheet.subheading(&usage);
    described(sheet, command);
    let own = |argument: &&Arg| !argument.is_global_set() && !is_help(argument);
    command.get_arguments().filter(own).for_each(|argument| option(sheet, argument));
}

fn described(sheet: &mut Sheet, command: &Command) {
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    for paragraph in about.split("\n\n") {
        // clap takes the indentation of the crontab line away
        if paragraph.trim_start().starts_with("*/") {
            sheet.example(paragraph.trim());
        } else {
            sheet.paragraph(&sentence(paragraph));
        }
    }
}

fn option(sheet: &mut Sheet, argument: &Arg) {
    let help = argument.get_long_help().or(argument.get_help()).map(ToString::to_string).unwrap_or_default();
    sheet.item(tag(argument), &sentence(&help));
    if !argument.get_action().takes_values() {
        return;
    }
    values(sheet, argument);
    let defaults: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if !defaults.is_empty() {
        sheet.more(vec![roman("Default: "), bold(defaults.join(" "))]);
    }
    if let Some(variable) = argument.get_env() {
        sheet.more(vec![roman("Environment: "), bold(variable.to_string_lossy())]);
    }
}

/// What may be written, if that is a choice.
fn values(sheet: &mut Sheet, argument: &Arg) {
    let values = argument.get_possible_values();
    let (explained, plain): (Vec<_>, Vec<_>) = values.iter().partition(|value| value.get_help().is_some());
    for value in explained {
        let help = value.get_help().map(|help| format!(": {help}")).unwrap_or_default();
        sheet.more(vec![bold(value.get_name()), roman(help)]);
    }
    if !plain.is_empty() {
        let names: Vec<&str> = plain.iter().map(|value| value.get_name()).collect();
        sheet.more(vec![roman("One of: "), bold(names.join(", "))]);
    }
}

/// `-c, --config FILE`, or the name of a value without a dash.
fn tag(argument: &Arg) -> Vec<Inline> {
    let names: Vec<String> = argument
        .get_short()
        .map(|letter| format!("-{letter}"))
        .into_iter()
        .chain(argument.get_long().map(|word| format!("--{word}")))
        .collect();
    let mut tag = if names.is_empty() { Vec::new() } else { vec![bold(names.join(", "))] };
    if argument.get_action().takes_values() {
        for value in argument.get_value_names().unwrap_or_default() {
            if !tag.is_empty() {
                tag.push(roman(" "));
            }
            tag.push(italic(value.to_string()));
        }
    }
    tag
}

fn usage(command: &mut Command) -> String {
    let usage = command.render_usage().to_string();
    usage.trim_start_matches("Usage: ").to_owned()
}

fn is_help(argument: &Arg) -> bool {
    matches!(argument.get_id().as_str(), "help" | "version")
}

/// Number and meaning, as the help lists them.
fn exit_statuses() -> impl Iterator<Item = (&'static str, &'static str)> {
    exit::HELP.lines().skip(1).filter_map(|line| line.trim().split_once("  "))
}

/// A help text closes without a full stop; a manual has sentences.
fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', ':']) { text.to_owned() } else { format!("{text}.") }
}

fn uncapitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
