//! Commands to type next, as they work in this shell: the program as it was called, the folder as it was named.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::sample::Sample;

/// Conversations of the sample desk that show something: waiting with an assignee, and left out as a guest's.
const ASSIGNED: &str = "1001";
const GUEST: &str = "1018";

/// What to try after a pass.
pub(super) fn commands(sample: &Sample, mail: Option<&PathBuf>) -> String {
    let mut text = String::from("\nWhat to try next\n");
    let mut entry = |title: &str, commands: &[String]| {
        // writing to a String cannot fail
        let _ = writeln!(text, "\n  {title}");
        commands.iter().for_each(|command| _ = writeln!(text, "    {command}"));
    };
    if let Some(mail) = mail {
        entry("Look at a mail, here or in your mail program", &[format!("less {}", word(mail))]);
    }
    entry("Run again: nothing is told twice", &[run(sample)]);
    entry("Ask why somebody was told, and why somebody was not", &[explain(sample, ASSIGNED), explain(sample, GUEST)]);
    let ask = format!("{} --ask {ASSIGNED} 'Is anybody there?'", demo(sample));
    entry(
        "A new message comes in: see what would happen, then let it happen",
        &[ask, format!("{} --dry-run", quiet_run(sample)), run(sample)],
    );
    entry("An agent answers: it waits no longer", &[format!("{} --answer {ASSIGNED}", demo(sample)), run(sample)]);
    entry("Start again with a fresh desk", &[format!("rm -r {} && {}", word(&sample.dir), demo(sample))]);
    text
}

/// A pass that says what it does also when its output is piped.
pub(super) fn run(sample: &Sample) -> String {
    format!("{} --verbose", quiet_run(sample))
}

/// Whoever plays does not want to wait for the next slot.
fn quiet_run(sample: &Sample) -> String {
    format!("{} run --config {} --ignore-schedule", program(), word(&sample.settings()))
}

/// Why a conversation was told, or not.
pub(super) fn explain(sample: &Sample, number: &str) -> String {
    format!("{} explain --config {} {number}", program(), word(&sample.settings()))
}

fn demo(sample: &Sample) -> String {
    format!("{} demo {}", program(), word(&sample.dir))
}

fn program() -> String {
    std::env::args().next().map_or_else(|| "doorbell".into(), |name| word(Path::new(&name)))
}

/// One word for a shell, in quotes only when it needs them.
fn word(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+,@%=:".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_of_the_shell() {
        assert_eq!(word(Path::new("./target/debug/doorbell")), "./target/debug/doorbell");
        assert_eq!(word(Path::new("my desk/it's")), r"'my desk/it'\''s'");
        assert_eq!(word(Path::new("~/$HOME")), "'~/$HOME'");
    }
}
