//! A desk on MariaDB: who is let in and how, and servers that are away.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod servers;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use doorbell::desk::{Desk, Settings};
use doorbell::server::ServerError;
use servers::{Authority, MariaDb, SmtpServer, Tls};
use tempfile::TempDir;

/// Connects, and answers what is wrong.
fn connect(folder: &Path, url: &str, more: &str) -> Result<Desk, anyhow::Error> {
    let settings: Settings = toml::from_str(&format!("url = \"{url}\"\nadapter = \"livehelperchat\"\n{more}")).unwrap();
    let desk = Desk::of(&settings, folder)?;
    desk.snapshot()?;
    Ok(desk)
}

/// What kind of error it is, with its words.
#[track_caller]
fn refusal(folder: &Path, url: &str, more: &str) -> (&'static str, String) {
    let error = connect(folder, url, more).map(|desk| desk.name()).unwrap_err();
    let kind = match error.downcast_ref::<ServerError>().unwrap_or_else(|| panic!("{error:#}")) {
        ServerError::Away { .. } => "away",
        ServerError::Refused { .. } => "refused",
        other => panic!("{other:?}"),
    };
    (kind, format!("{error:#}"))
}

fn secret(folder: &Path, text: &str) {
    let file = folder.join("password");
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

#[test]
fn a_server_that_is_away_is_tried_again_and_one_that_refuses_is_a_matter_of_settings() {
    let folder = TempDir::new().unwrap();
    let server = MariaDb::start().unwrap();
    server
        .ask(
            "mysql",
            "CREATE DATABASE desk; CREATE USER doorbell IDENTIFIED BY 'right-secret';
             CREATE USER blind; CREATE USER often WITH MAX_USER_CONNECTIONS 1;
             GRANT SELECT ON desk.* TO doorbell, often",
        )
        .unwrap();
    let at = |user: &str| format!("mysql://{user}@/desk?socket={}", server.socket().display());
    let by_password = "password_file = \"password\"";
    secret(folder.path(), "wrong-secret");
    let stranger = SmtpServer::start(Tls::Never);
    for (url, more, expected, part) in [
        ("mysql://doorbell@127.0.0.1:9/desk".to_owned(), "", "away", "127.0.0.1:9"),
        (format!("mysql://doorbell@127.0.0.1:{}/desk", stranger.port), "", "refused", "does not look like MariaDB"),
        ("mysql://doorbell@/desk?socket=/run/nowhere.sock".to_owned(), "", "away", "/run/nowhere.sock"),
        (at("doorbell"), by_password, "refused", "desk.password_file"),
        (at("doorbell"), "", "refused", "desk.password_file"),
        (at("stranger"), "", "refused", "desk.url"),
        (at("blind"), "", "refused", "GRANT SELECT"),
        (at("root").replace("/desk?", "/nowhere?"), "", "refused", "nowhere"),
    ] {
        let (kind, said) = refusal(folder.path(), &url, more);
        assert!(kind == expected && said.contains(part) && !said.contains("-secret"), "{url}: {said}");
    }
    secret(folder.path(), "right-secret\n");
    let desk = connect(folder.path(), &at("doorbell"), by_password).unwrap();
    assert_eq!(desk.name(), format!("desk at {}", server.socket().display()));
    let id = "SELECT id FROM information_schema.processlist WHERE user = 'doorbell'";
    server.ask("mysql", &format!("KILL {}", server.ask("mysql", id).unwrap())).unwrap();
    let said = format!("{:#}", desk.snapshot().map(drop).unwrap_err());
    assert!(said.contains("reach desk") && said.contains("the next pass tries again"), "{said}");
    let first = connect(folder.path(), &at("often"), "").unwrap();
    assert_eq!(refusal(folder.path(), &at("often"), "").0, "away", "too many connections pass");
    drop(first);
    let me = Command::new("id").arg("-un").output().unwrap().stdout;
    let me = str::from_utf8(&me).unwrap().trim();
    server
        .ask(
            "mysql",
            &format!(
                "CREATE OR REPLACE USER {me}@localhost IDENTIFIED VIA unix_socket;
                 GRANT SELECT ON desk.* TO {me}@localhost; FLUSH PRIVILEGES"
            ),
        )
        .unwrap();
    connect(folder.path(), &at(me), "").unwrap();
}

#[test]
fn a_connection_is_as_safe_as_the_address_asks_for() {
    let folder = TempDir::new().unwrap();
    let (ours, theirs) = (Authority::new(), Authority::new());
    fs::write(folder.path().join("ours.pem"), &ours.pem).unwrap();
    fs::write(folder.path().join("theirs.pem"), &theirs.pem).unwrap();
    let port = free_port();
    let database = MariaDb::encrypted(port, &ours.files("localhost")).unwrap();
    database
        .ask(
            "mysql",
            "CREATE DATABASE desk; CREATE USER doorbell IDENTIFIED BY 'right-secret' REQUIRE SSL;
             GRANT SELECT ON desk.* TO doorbell",
        )
        .unwrap();
    secret(folder.path(), "right-secret");
    let by_name = format!("mysql://doorbell@localhost:{port}/desk");
    let by_number = format!("mysql://doorbell@127.0.0.1:{port}/desk");
    let ca = |file: &str| format!("password_file = \"password\"\nca_file = \"{file}.pem\"");
    let (trusts, mistrusts, none) = (ca("ours"), ca("theirs"), "password_file = \"password\"".to_owned());
    for (url, mode, more, problem) in [
        (&by_name, "verify-full", &trusts, None),
        (&by_number, "verify-full", &trusts, Some("not valid for name")),
        (&by_name, "verify-full", &mistrusts, Some("invalid peer certificate")),
        (&by_name, "verify-full", &none, Some("invalid peer certificate")),
        (&by_number, "verify-ca", &trusts, None),
        (&by_name, "verify-ca", &mistrusts, Some("invalid peer certificate")),
        (&by_number, "require", &none, None),
        (&by_number, "require", &trusts, None),
        (&by_number, "require", &mistrusts, Some("invalid peer certificate")),
        (&by_number, "disable", &none, Some("Access denied")),
    ] {
        let url = format!("{url}?sslmode={mode}");
        match problem {
            None => drop(connect(folder.path(), &url, more).unwrap()),
            Some(reason) => {
                let (kind, said) = refusal(folder.path(), &url, more);
                assert!(kind == "refused" && said.contains(reason), "{url} {more}: {said}");
            }
        }
    }
}

#[test]
fn a_server_that_does_not_encrypt_gets_no_password() {
    let folder = TempDir::new().unwrap();
    let port = free_port();
    let server = MariaDb::plain(port).unwrap();
    server.ask("mysql", "CREATE DATABASE desk; CREATE USER doorbell; GRANT SELECT ON desk.* TO doorbell").unwrap();
    let url = format!("mysql://doorbell@127.0.0.1:{port}/desk");
    connect(folder.path(), &url, "").unwrap();
    let (kind, said) = refusal(folder.path(), &format!("{url}?sslmode=require"), "");
    assert!(kind == "refused" && said.contains("ssl_cert"), "{said}");
}
