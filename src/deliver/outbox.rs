//! Files in place of a provider: what would have gone out, for trials, tests and air-gapped hosts.
//! A file is there completely or not at all, and a repeat overwrites itself.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::model::{Outcome, Reply};

/// Names longer than this are cut: file systems stop at 255 bytes, and the key and ending need room.
const LONGEST_STEM: usize = 64;
/// Held while a folder is looked for and made: no lane writes into one whose own name may yet be forgotten.
static MAKING: Mutex<()> = Mutex::new(());

/// Writes `folder/name`, durable when this returns; the folder is made when it is missing.
pub fn put(folder: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    let alone = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    make_folder(folder)?;
    drop(alone);
    let hidden = folder.join(format!(".{name}.{}.tmp", std::process::id()));
    let written = write_synced(&hidden, content).and_then(|()| fs::rename(&hidden, folder.join(name)));
    if written.is_err() {
        // the first error is the one to report; what is left behind is a hidden file at worst
        let _ = fs::remove_file(&hidden);
    }
    written?;
    // without this a power cut may forget the name although the content is on disk
    File::open(folder)?.sync_all()
}

/// Writes `folder/name` in place of sending; `key` is the setting that names the folder.
pub(super) fn write(folder: &Path, name: &str, content: &[u8], key: &'static str) -> Outcome {
    match put(folder, name, content) {
        Ok(()) => Outcome::Accepted(Reply { code: String::new(), text: "written to the outbox".into() }),
        Err(error) => unwritten(key, &error),
    }
}

/// Whether files can be written to a folder: writes one and removes it.
pub(super) fn probe(folder: &Path) -> io::Result<()> {
    let name = ".doorbell-probe";
    put(folder, name, b"")?;
    fs::remove_file(folder.join(name))
}

/// A full disk passes; everything else about a folder stays until somebody looks.
pub(super) fn unwritten(key: &'static str, error: &io::Error) -> Outcome {
    let reply = Reply { code: String::new(), text: format!("write to the outbox: {error}") };
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Outcome::Deferred(None, reply),
        _ => Outcome::Misconfigured { key, reply },
    }
}

/// A file name of letters, digits, `.`, `_` and `-` that says whose it is: no path, no hidden file.
pub fn file_name(whose: &str, key: &str, ending: &str) -> String {
    let safe = |letter: char| if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '_' };
    let stem: String = whose.chars().map(safe).take(LONGEST_STEM).collect();
    let short: String = key.chars().map(safe).take(8).collect();
    format!("{}-{short}.{ending}", stem.trim_start_matches('.'))
}

/// Makes a folder and those above it, each durable by its name in the one above.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_folder(above)?;
    match fs::create_dir(folder) {
        // made in between, by somebody else or under another name
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
        made => made?,
    }
    File::open(above)?.sync_all()
}

fn write_synced(path: &Path, content: &[u8]) -> io::Result<()> {
    // digests hold what people wrote in confidence
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeat_overwrites_itself_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("not/there/yet");
        put(&deep, "ada-1.eml", b"first").unwrap();
        put(&deep, "ada-1.eml", b"second").unwrap();
        assert_eq!(fs::read(deep.join("ada-1.eml")).unwrap(), b"second");
        assert_eq!(fs::read_dir(&deep).unwrap().count(), 1);
    }

    #[test]
    fn a_full_disk_passes_and_a_locked_folder_does_not() {
        let outcome = |kind: io::ErrorKind| unwritten("push.outbox", &kind.into());
        assert!(matches!(outcome(io::ErrorKind::StorageFull), Outcome::Deferred(None, _)));
        assert!(matches!(outcome(io::ErrorKind::PermissionDenied), Outcome::Misconfigured { key: "push.outbox", .. }));
    }

    #[test]
    fn a_name_cannot_leave_its_folder() {
        assert_eq!(file_name("../../etc/passwd", "0123456789", "eml"), "_.._etc_passwd-01234567.eml");
        assert_eq!(file_name("zoë+x", "a/b", "eml"), "zo__x-a_b.eml");
        assert!(file_name(&"x".repeat(300), "k", "eml").len() < 100);
    }
}
