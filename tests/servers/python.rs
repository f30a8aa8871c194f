//! Libraries that are not ours, for a second opinion on what we sign and encrypt: Python's, in an environment of their own.

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// Runs a script with `PyJWT` and `http_ece` at hand; it reads `input` as JSON from standard input and prints JSON.
pub fn python(script: &str, input: &Value) -> Value {
    let mut command = Command::new(python_program());
    let mut child = command
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

/// That Python itself.
pub fn python_program() -> PathBuf {
    if let Some(named) = env::var_os("DOORBELL_CHECK_PYTHON") {
        return named.into();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/python-checks");
    let made = Command::new(script).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    String::from_utf8(made.stdout).unwrap().trim().into()
}
