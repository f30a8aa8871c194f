//! Postfix's own test server: a second opinion on what we send, from people who know SMTP.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A running `smtp-sink` that keeps every mail; stopped when dropped.
pub struct Sink {
    child: Child,
    folder: TempDir,
    /// Where it listens on this machine.
    pub port: u16,
}

impl Sink {
    /// Starts it on a free port, with further options such as `-p` (no pipelining).
    pub fn start(options: &[&str]) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let names = folder.path().join("mail.");
        Self::start_in(folder, &[&["-d", &names.to_string_lossy()], options].concat())
    }

    /// Starts it without keeping any mail, as fast as it can be.
    pub fn forgetful() -> Result<Self, String> {
        Self::start_in(tempfile::tempdir().map_err(|error| error.to_string())?, &[])
    }

    fn start_in(folder: TempDir, options: &[&str]) -> Result<Self, String> {
        let port = free_port()?;
        let mut command = Command::new(postfix_program("smtp-sink")?);
        if rustix::process::geteuid().is_root() {
            // it refuses to run as root without being told as whom
            command.args(["-u", "root"]);
        }
        command.args(options).arg(format!("127.0.0.1:{port}")).arg("100").stderr(Stdio::null());
        let child = command.spawn().map_err(|error| format!("start smtp-sink: {error}"))?;
        let sink = Self { child, folder, port };
        sink.wait_until_it_listens().map(|()| sink)
    }

    /// Every mail it took, with the envelope as `X-Mail-Args` and `X-Rcpt-Args` on top.
    pub fn mails(&self) -> Vec<Vec<u8>> {
        let files = fs::read_dir(self.folder.path()).unwrap();
        files.map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
    }

    fn wait_until_it_listens(&self) -> Result<(), String> {
        let give_up = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if Instant::now() > give_up {
                return Err(format!("smtp-sink does not listen on port {}", self.port));
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
    listener.local_addr().map(|address| address.port()).map_err(|error| error.to_string())
}

/// A test program of Postfix: beside the one that `DOORBELL_SMTP_SINK` names, else where the package puts it.
pub fn postfix_program(name: &str) -> Result<PathBuf, String> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::var_os("DOORBELL_SMTP_SINK")
        .and_then(|named| Path::new(&named).parent().map(Path::to_owned))
        .into_iter()
        .chain(env::split_paths(&path))
        .collect();
    // not on the path of ordinary users
    folders.push("/usr/sbin".into());
    let found = folders.iter().map(|folder| folder.join(name)).find(|path| is_there(path));
    found.ok_or_else(|| {
        format!("{name} is not installed; install the package postfix, or name its smtp-sink in DOORBELL_SMTP_SINK")
    })
}

fn is_there(path: &Path) -> bool {
    !matches!(fs::metadata(path), Err(error) if error.kind() == ErrorKind::NotFound)
}
