//! A MariaDB server of a test's own: in a temporary folder, on a socket in it and perhaps on a port, gone when dropped.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command};

use rustix::process::geteuid;
use tempfile::TempDir;

use super::programs::{find, finish, wait_for};

const OPTIONS: &[&str] = &[
    "--no-defaults",
    "--skip-log-bin",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--innodb-buffer-pool-size=256M",
    "--character-set-server=utf8mb4",
];

/// A running server with the user `root`, who needs no password.
pub struct MariaDb {
    server: Child,
    folder: TempDir,
}

impl MariaDb {
    /// Makes a data folder and starts a server on it.
    pub fn start() -> Result<Self, String> {
        Self::start_with(&["--skip-networking".to_owned()])
    }

    /// The same, on this port of the loopback address, with a certificate and its key in PEM form.
    pub fn encrypted(port: u16, (certificate, key): &(String, String)) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).map(|()| format!("--ssl-{name}={}", path.display()))
        };
        let certificate = file("cert", certificate).map_err(|error| error.to_string())?;
        let key = file("key", key).map_err(|error| error.to_string())?;
        Self::start_with(&[format!("--port={port}"), "--bind-address=127.0.0.1".to_owned(), certificate, key])
    }

    /// The same without encryption.
    pub fn plain(port: u16) -> Result<Self, String> {
        Self::start_with(&[format!("--port={port}"), "--bind-address=127.0.0.1".to_owned(), "--skip-ssl".to_owned()])
    }

    fn start_with(options: &[String]) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let data = format!("--datadir={}", folder.path().join("data").display());
        // it runs as root only when told to
        let user = if geteuid().is_root() { &["--user=root"][..] } else { &[] };
        finish(
            Command::new(program("mariadb-install-db")?)
                // a server that starts clears its folder for temporary tables, also of those of its neighbours
                .env("TMPDIR", folder.path())
                .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
                .arg(&data)
                .args(user),
        )?;

        let log = File::create(folder.path().join("log")).map_err(|error| error.to_string())?;
        let mut command = Command::new(program("mariadbd")?);
        command.env("TMPDIR", folder.path()).args(OPTIONS).args(options).arg(&data).args(user).stderr(log);
        command.arg(format!("--socket={}", folder.path().join("socket").display()));
        command.arg(format!("--pid-file={}", folder.path().join("pid").display()));
        let server = command.spawn().map_err(|error| format!("start mariadbd: {error}"))?;
        let mut started = Self { server, folder };
        wait_for("MariaDB", &started.folder.path().join("log"), || {
            let ended = started.server.try_wait().is_ok_and(|ended| ended.is_some());
            (started.ask("mysql", "SELECT 1").is_ok(), ended)
        })?;
        Ok(started)
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// MariaDB's own client on this database; it stops at the first error.
    pub fn client(&self, database: &str) -> Result<Command, String> {
        let mut client = Command::new(program("mariadb")?);
        client.args(["--no-defaults", "--batch", "--skip-column-names", "--default-character-set=utf8mb4"]);
        client.arg(format!("--socket={}", self.socket().display())).args(["--user=root", database]);
        Ok(client)
    }

    /// What the client prints for this statement: a line per row, columns divided by tabs.
    pub fn ask(&self, database: &str, sql: &str) -> Result<String, String> {
        finish(self.client(database)?.args(["-e", sql]))
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A program of MariaDB: where `DOORBELL_MARIADB_BIN` says, else where the package puts it.
fn program(name: &str) -> Result<PathBuf, String> {
    find(name, "DOORBELL_MARIADB_BIN", &["/usr/sbin".into(), "/usr/bin".into()], "mariadb-server")
}
