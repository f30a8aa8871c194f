//! What a pass leaves for Prometheus: a text file for `node_exporter`, there completely or not at all.
//! Neither an address nor a name stands in it.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use chrono::{DateTime, Utc};

use super::{Exit, open};
use crate::ledger::Queue;
use crate::pass::Report;

/// A pass as a monitor sees it.
#[derive(Debug)]
pub(super) struct Seen<'a> {
    /// When it ended.
    pub(super) ended_at: DateTime<Utc>,
    /// How long it took.
    pub(super) seconds: f64,
    /// How it left.
    pub(super) exit: Exit,
    /// What it did; `None` when an error ended it, or nobody is told because of a pause.
    pub(super) report: Option<&'a Report>,
    /// What waits now; `None` when the ledger could not be read.
    pub(super) queue: Option<Queue>,
}

/// The metrics as text.
#[derive(Default)]
struct Sheet(String);

/// Writes the metrics of a pass in place of those of the pass before.
pub(super) fn write(path: &Path, seen: &Seen<'_>) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // node_exporter reads only what ends in .prom
    let hidden = open::folder_of(path).join(format!(".{name}.{}", std::process::id()));
    let written = fill(&hidden, &text(seen)).and_then(|()| fs::rename(&hidden, path));
    if written.is_err() {
        // the first error is the one to report
        let _ = fs::remove_file(&hidden);
    }
    written
}

/// Not synced: after a power cut the next pass writes the file anew, and every pass would pay for it.
fn fill(path: &Path, text: &str) -> io::Result<()> {
    let mut file = make(path)?;
    file.write_all(text.as_bytes())?;
    // whatever the umask: node_exporter is another user
    file.set_permissions(Permissions::from_mode(0o644))
}

/// A new file and never one that is there: in a folder of several users a link might stand in its place.
fn make(path: &Path) -> io::Result<File> {
    let new = || OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match new() {
        // of a pass that was killed
        Err(error) if error.kind() == ErrorKind::AlreadyExists => fs::remove_file(path).and_then(|()| new()),
        opened => opened,
    }
}

fn text(seen: &Seen<'_>) -> String {
    let mut sheet = Sheet::default();
    let at = seen.ended_at.timestamp();
    sheet.one("last_pass_timestamp_seconds", "When the last pass ended, as Unix time.", at);
    sheet.one("last_pass_exit_status", "How the last pass left; 0 is well.", seen.exit.code());
    sheet.one("last_pass_duration_seconds", "How long the last pass took.", format_args!("{:.3}", seen.seconds));
    if let Some(report) = seen.report {
        sheet.report(report);
    }
    if let Some(queue) = &seen.queue {
        sheet.queue(queue, seen.ended_at);
    }
    sheet.0
}

impl Sheet {
    fn report(&mut self, report: &Report) {
        let results = [
            ("sent", report.sent),
            ("retried", report.retried),
            ("dead", report.dead),
            ("unknown", report.unknown),
            ("suppressed", report.suppressed),
        ];
        self.several("last_pass_deliveries", "What became of the deliveries of the last pass.", "result", results);
        let help = "Conversations that the last pass found to reach nobody.";
        self.one("last_pass_uncovered", help, report.uncovered);
    }

    fn queue(&mut self, queue: &Queue, now: DateTime<Utc>) {
        let states = [("due", queue.due), ("waiting", queue.waiting)];
        self.several("queue_deliveries", "Deliveries that are due, and that wait for their time.", "state", states);
        let oldest = queue.oldest_due.map_or(0, |at| (now - at).num_seconds().max(0));
        self.one("oldest_due_seconds", "For how long the oldest due delivery has been due.", oldest);
        self.one("channels_down", "Channels that did not work when they were last tried.", queue.outages);
        self.one("paused", "1 while doorbell is paused.", u8::from(queue.paused));
    }

    fn one(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.head(name, help);
        // writing to a String cannot fail
        let _ = writeln!(self.0, "doorbell_{name} {value}");
    }

    fn several<N: std::fmt::Display>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        samples: impl IntoIterator<Item = (&'static str, N)>,
    ) {
        self.head(name, help);
        for (word, value) in samples {
            let _ = writeln!(self.0, "doorbell_{name}{{{label}=\"{word}\"}} {value}");
        }
    }

    fn head(&mut self, name: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP doorbell_{name} {help}\n# TYPE doorbell_{name} gauge");
    }
}
