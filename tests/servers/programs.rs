//! The programs of database servers: where they are, what they say when they fail, and when a server is ready.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A program in the folder that the variable names, else in the first of these that has it.
pub fn find(name: &str, variable: &str, folders: &[PathBuf], package: &str) -> Result<PathBuf, String> {
    let named = env::var_os(variable).map(PathBuf::from);
    let mut folders = named.iter().chain(folders).map(|folder| folder.join(name));
    folders.find(|path| path.is_file()).ok_or_else(|| {
        format!("{name} is not installed; install the package {package}, or name the folder of {name} in {variable}")
    })
}

/// Runs it to its end; answers what it printed, or what it complained of.
pub fn finish(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("start {name}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        Ok(said)
    } else {
        Err(format!("{name} ends with {}: {said}{}", output.status, String::from_utf8_lossy(&output.stderr)))
    }
}

/// Asks whether a server is ready, or has ended, until it is either.
pub fn wait_for(server: &str, log: &Path, mut is_ready_or_ended: impl FnMut() -> (bool, bool)) -> Result<(), String> {
    let give_up = Instant::now() + Duration::from_mins(2);
    loop {
        let (ready, ended) = is_ready_or_ended();
        if ready {
            return Ok(());
        }
        if ended || Instant::now() > give_up {
            let log = fs::read_to_string(log).unwrap_or_default();
            return Err(format!("{server} does not start: {log}"));
        }
        thread::sleep(Duration::from_millis(50));
    }
}
