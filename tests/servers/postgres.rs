//! A PostgreSQL cluster of a test's own: in a temporary folder, on a socket in it, gone when dropped.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use rustix::process::{Pid, Signal, geteuid, kill_process};
use tempfile::TempDir;

use super::programs::{find, finish, wait_for};

/// PostgreSQL refuses to run as root; this is `nobody` on every Linux.
pub(super) const NOBODY: u32 = 65534;

const SETTINGS: &str = "
listen_addresses = ''
fsync = off
synchronous_commit = off
full_page_writes = off
jit = off
max_connections = 200
max_wal_size = 8GB
shared_buffers = 256MB
";

/// A running cluster with the user and the database `postgres`, who needs no password.
pub struct Postgres {
    server: Child,
    folder: TempDir,
}

impl Postgres {
    /// Makes a cluster and starts it.
    pub fn start() -> Result<Self, String> {
        let folder = folder()?;
        let data = folder.path().join("data");
        let options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"];
        finish(unprivileged("initdb")?.args(options).arg("-D").arg(&data))?;
        fs::write(data.join("postgresql.auto.conf"), SETTINGS).map_err(|error| format!("write settings: {error}"))?;
        Self::serve(folder)
    }

    /// A hot standby of this one, as it is now.
    pub fn standby(&self) -> Result<Self, String> {
        let folder = folder()?;
        let mut copy = unprivileged("pg_basebackup")?;
        copy.args(["-U", "postgres", "--write-recovery-conf", "--checkpoint=fast", "--no-sync", "-h"]);
        finish(copy.arg(self.host()).arg("-D").arg(folder.path().join("data")))?;
        Self::serve(folder)
    }

    fn serve(folder: TempDir) -> Result<Self, String> {
        let log = File::create(folder.path().join("log")).map_err(|error| error.to_string())?;
        let mut command = unprivileged("postgres")?;
        command.arg("-D").arg(folder.path().join("data")).arg("-k").arg(folder.path()).stderr(log);
        let server = command.spawn().map_err(|error| format!("start postgres: {error}"))?;
        let mut cluster = Self { server, folder };
        wait_for("PostgreSQL", &cluster.folder.path().join("log"), || {
            let ended = cluster.server.try_wait().is_ok_and(|ended| ended.is_some());
            (cluster.ask("postgres", "SELECT 1").is_ok(), ended)
        })?;
        Ok(cluster)
    }

    /// The folder of its socket: what clients call the host.
    pub fn host(&self) -> &Path {
        self.folder.path()
    }

    /// PostgreSQL's own client on this database; it stops at the first error.
    pub fn client(&self, database: &str) -> Result<Command, String> {
        let mut client = Command::new(program("psql")?);
        client.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database]);
        client.arg("-h").arg(self.host());
        Ok(client)
    }

    /// What the client prints for this statement: a line per row, columns divided by `|`.
    pub fn ask(&self, database: &str, sql: &str) -> Result<String, String> {
        finish(self.client(database)?.args(["-c", sql]))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // at once, but with its shared memory given back, which SIGKILL would leave behind
        let _ = kill_process(Pid::from_child(&self.server), Signal::QUIT);
        let _ = self.server.wait();
    }
}

/// A folder of the one who runs the server.
fn folder() -> Result<TempDir, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    if geteuid().is_root() {
        chown(folder.path(), Some(NOBODY), Some(NOBODY)).map_err(|error| format!("give the folder away: {error}"))?;
    }
    Ok(folder)
}

fn unprivileged(name: &str) -> Result<Command, String> {
    Ok(as_nobody(&program(name)?))
}

/// A program that refuses to run as root.
pub(super) fn as_nobody(program: &Path) -> Command {
    if !geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={NOBODY}"), format!("--regid={NOBODY}")]).arg("--clear-groups").arg(program);
    // somewhere it may be: the folder of the tests can be closed to it
    command.current_dir("/");
    command
}

/// A program of PostgreSQL: where `DOORBELL_POSTGRESQL_BIN` says, else where the newest package puts it.
fn program(name: &str) -> Result<PathBuf, String> {
    let mut folders: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|releases| releases.filter_map(|release| Some(release.ok()?.path().join("bin"))).collect())
        .unwrap_or_default();
    folders.sort_by_key(|folder| {
        let release = folder.parent().and_then(Path::file_name).and_then(OsStr::to_str);
        release.and_then(|release| release.parse::<u32>().ok())
    });
    folders.reverse();
    find(name, "DOORBELL_POSTGRESQL_BIN", &folders, "postgresql")
}
