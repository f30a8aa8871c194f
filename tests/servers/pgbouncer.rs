//! `PgBouncer` in front of a PostgreSQL cluster of a test's own.

use std::env;
use std::fs::{self, File};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use rustix::process::geteuid;
use tempfile::TempDir;

use super::Postgres;
use super::postgres::{NOBODY, as_nobody};
use super::programs::wait_for;

/// Also the name of its socket.
pub const PORT: u16 = 6432;

/// A running pooler, on a socket in a folder of its own.
pub struct PgBouncer {
    pooler: Child,
    folder: TempDir,
}

impl PgBouncer {
    /// Starts it in front of every database of the cluster; `mode` is session or transaction.
    pub fn start(cluster: &Postgres, mode: &str, more: &str) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        if geteuid().is_root() {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).map_err(|error| error.to_string())?;
        }
        let users = folder.path().join("users");
        fs::write(&users, "\"postgres\" \"\"\n").map_err(|error| error.to_string())?;
        let settings = format!(
            "[databases]\n* = host={}\n[pgbouncer]\nlisten_addr =\nlisten_port = {PORT}\nunix_socket_dir = {}\n\
             auth_type = trust\nauth_file = {}\npool_mode = {mode}\n{more}\n",
            cluster.host().display(),
            folder.path().display(),
            users.display()
        );
        let file = folder.path().join("pgbouncer.ini");
        fs::write(&file, settings).map_err(|error| error.to_string())?;
        let log = File::create(folder.path().join("log")).map_err(|error| error.to_string())?;
        let mut command = as_nobody(&program()?);
        let pooler = command.arg(&file).stderr(log).spawn().map_err(|error| format!("start pgbouncer: {error}"))?;
        let mut pooler = Self { pooler, folder };
        let socket = pooler.host().join(format!(".s.PGSQL.{PORT}"));
        wait_for("PgBouncer", &pooler.host().join("log"), || {
            (socket.exists(), pooler.pooler.try_wait().is_ok_and(|ended| ended.is_some()))
        })?;
        Ok(pooler)
    }

    /// The folder of its socket.
    pub fn host(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.pooler.kill();
        let _ = self.pooler.wait();
    }
}

fn program() -> Result<PathBuf, String> {
    let named = env::var_os("DOORBELL_PGBOUNCER").map(PathBuf::from);
    let program = named.unwrap_or_else(|| "/usr/sbin/pgbouncer".into());
    if program.is_file() {
        return Ok(program);
    }
    Err("pgbouncer is not installed; install the package pgbouncer, or name the program in DOORBELL_PGBOUNCER".into())
}
