//! A secret that servers quote in every form and at every stage, looked for in everything that is said or kept.

use std::fs;
use std::path::Path;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::commands::Auth;

use crate::desk::Desk;
use crate::lines::{check, expect};
use crate::scene::{PASSWORD, Scene};
use crate::servers::{Act, At};

/// Fewer letters in a row may stand anywhere by chance.
const PIECE: usize = 12;

/// The password, what goes over the wire for it, and what a server makes of that.
fn forms() -> Vec<String> {
    let said = |mechanism, challenge: Option<&str>| {
        let credentials = Credentials::new("desk".into(), PASSWORD.into());
        let line = Auth::new(mechanism, credentials, challenge.map(str::to_owned)).unwrap().to_string();
        line.trim().rsplit(' ').next().unwrap().to_owned()
    };
    let plain = said(Mechanism::Plain, None);
    vec![PASSWORD.into(), plain.to_uppercase(), plain[..20].into(), said(Mechanism::Login, Some("Password")), plain]
}

#[test]
fn a_password_that_a_server_quotes_stands_in_no_output_and_in_no_file() {
    let stages = [
        (At::Hello, 250),
        (At::Auth, 535),
        (At::Auth, 454),
        (At::Mail, 451),
        (At::Rcpt, 551),
        (At::Data, 554),
        (At::Dot, 550),
        (At::Taken, 250),
    ];
    check(stages.into(), |(at, code)| {
        let lines: Vec<String> = forms().iter().map(|form| format!("{code}-you said {form}")).collect();
        let quoting = Act::Say(format!("{code}-hello\r\n{}\r\n{code} AUTH PLAIN\r\n", lines.join("\r\n")).into());
        let desk = Desk::new(1, Scene::Tls.opponent(&[(*at, quoting)], None, true));
        let told = everything(&desk)?.to_lowercase();
        expect("a quotation, struck out", &told.contains("you said ***"), &true)?;
        for form in forms() {
            let letters: Vec<char> = form.to_lowercase().chars().collect();
            let leaks = letters.windows(PIECE).map(String::from_iter).find(|piece| told.contains(piece));
            expect("a piece of the password", &leaks, &None)?;
        }
        Ok(())
    });
}

/// Everything that the program says in several ways, and every file that it keeps.
fn everything(desk: &Desk) -> Result<String, String> {
    let mut told = String::new();
    for command in [
        "run -vv",
        "run -vv --ignore-schedule --format json",
        "check --connect",
        "send-test email ada@example.org -vv",
        "status",
        "deliveries list",
        "deliveries list --format json",
        "explain --for a@example.com",
        "suppress list",
    ] {
        let output = desk.doorbell(&command.split(' ').collect::<Vec<_>>())?;
        told += &String::from_utf8_lossy(&[output.stdout, output.stderr].concat());
        desk.make_due();
    }
    Ok(told + &kept(desk.folder()))
}

fn kept(folder: &Path) -> String {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let ours = files.filter(|path| path.is_file() && !path.ends_with("password"));
    ours.map(|path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()).collect()
}
