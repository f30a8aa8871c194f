//! Printing: results to standard output, the log and errors to standard error; a closed pipe is no error.

use std::io::{self, IsTerminal, Write};

use tracing::level_filters::LevelFilter;

use super::{Global, remedy};

/// Prints a line of results; a reader that has gone away (`| head`) is not a failure.
pub(super) fn line(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// Prints results that bring their own line ends.
pub(super) fn text(text: &str) {
    let _ = write!(io::stdout(), "{text}");
}

/// Prints a line beside the results: what goes wrong, or a word to a person.
pub(super) fn aside(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Prints an error with its causes, once, and what to do about it.
pub(super) fn error(error: &anyhow::Error) {
    let remedy = remedy::of(error).map(|remedy| format!("; {remedy}")).unwrap_or_default();
    aside(&format!("doorbell: {error:#}{remedy}"));
}

/// Whether a person is looking.
pub(super) fn to_a_person() -> bool {
    io::stdout().is_terminal()
}

/// `1 mail`, `2 mails`.
pub(super) fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

pub(super) fn start_log(global: &Global) {
    let level = match (global.quiet, global.verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => LevelFilter::WARN,
        (false, 1) => LevelFilter::INFO,
        (false, _) => LevelFilter::DEBUG,
    };
    // cron mails and the journal bring their own times
    let log = tracing_subscriber::fmt().with_writer(io::stderr).without_time().with_target(false).with_max_level(level);
    // a second call in one process (tests) keeps the first log
    let _ = log.with_ansi(io::stderr().is_terminal()).try_init();
}
