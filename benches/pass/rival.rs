//! django-post_office as rival.py sets it up, from the Python that `make bench` prepares.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/pass/rival.py");

/// One step of the rival in a folder with a desk.
pub(crate) fn command(folder: &Path, step: &str, port: u16) -> Command {
    let python = env::var_os("DOORBELL_BENCH_PYTHON").expect("make bench names a Python that has django-post_office");
    let mut command = Command::new(python);
    command.current_dir(folder).args([SCRIPT, step, &port.to_string()]);
    command
}

/// A folder of its own beneath, with a copy of the desk and the tables of its queue.
pub(crate) fn folder(beneath: &Path, desk: &Path, port: u16) -> PathBuf {
    let folder = beneath.join("rival");
    fs::create_dir(&folder).unwrap();
    fs::copy(desk, folder.join("chat.db")).unwrap();
    assert!(command(&folder, "install", port).stdin(Stdio::null()).status().unwrap().success());
    folder
}
