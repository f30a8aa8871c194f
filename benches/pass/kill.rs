//! kill -9 in the middle of a pass, and whatever cron would start next: who was left out, who was told twice?

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use chrono::Utc;
use rustix::process::{Pid, Signal, kill_process_group};

use crate::servers::{Act, At, SmtpServer, Tls};
use crate::{DOORBELL, ROUNDS, crowd, rival, settings, spread_of};

/// A relay takes some time for each mail; else hardly any would be on the wire.
const LATE_MILLISECONDS: u64 = 5;
/// Passes after the kill until all is told, and more than any of them needs.
const MOST_PASSES: usize = 20;

/// What the server saw after everybody should have been told.
struct Seen {
    left_out: usize,
    repeated: usize,
}

/// Kills each of them in the middle of a pass over so many people, in turn.
pub(crate) fn table(people: i64) {
    let folder = tempfile::tempdir().unwrap();
    let desk = folder.path().join("desk.db");
    crowd::waiting_desk(&desk, people, Utc::now());
    let (mut ours, mut rivals) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let here = folder.path().join(round.to_string());
        fs::create_dir(&here).unwrap();
        fs::copy(&desk, here.join("chat.db")).unwrap();
        ours.push(killed(
            people,
            |port| {
                settings(&here, port);
                doorbell(&here)
            },
            |_| doorbell(&here),
        ));
        rivals.push(killed(
            people,
            |port| rival::command(&rival::folder(&here, &desk, port), "queue", port),
            |port| rival::command(&here.join("rival"), "send", port),
        ));
    }
    println!(
        "\nkill -9 after a third of {people} mails, then passes as cron starts them; the server takes {LATE_MILLISECONDS} ms"
    );
    println!("{:<28} {:>24} {:>26}", "", "left out", "told twice");
    for (name, seen) in [("doorbell run, 8 lanes", &ours), ("django-post_office, 2 x 4", &rivals)] {
        let left_out = spread_of(seen.iter().map(|seen| seen.left_out as f64), 0);
        let repeated = spread_of(seen.iter().map(|seen| seen.repeated as f64), 0);
        println!("{name:<28} {left_out:>24} {repeated:>26}");
    }
}

fn doorbell(folder: &Path) -> Command {
    let mut command = Command::new(DOORBELL);
    command.current_dir(folder).args(["run", "--quiet"]);
    command
}

fn killed(people: i64, first: impl Fn(u16) -> Command, next: impl Fn(u16) -> Command) -> Seen {
    let server = SmtpServer::start(Tls::Never).at(At::Taken, Act::Late(b"250 taken\r\n".to_vec(), LATE_MILLISECONDS));
    let mut command = first(server.port);
    let mut pass = silent(&mut command).process_group(0).spawn().unwrap();
    let third = usize::try_from(people / 3).unwrap();
    while server.accepted().len() < third && pass.try_wait().unwrap().is_none() {
        sleep(Duration::from_millis(10));
    }
    let group = Pid::from_child(&pass);
    let _ = kill_process_group(group, Signal::KILL);
    pass.wait().unwrap();
    let began = Instant::now();
    for _ in 0..MOST_PASSES {
        silent(&mut next(server.port)).status().unwrap();
        if told(&server).len() >= usize::try_from(people).unwrap() || began.elapsed() > Duration::from_mins(2) {
            break;
        }
    }
    // one more: whatever a pass left in doubt is sent again by the next
    silent(&mut next(server.port)).status().unwrap();
    let told = told(&server);
    Seen {
        left_out: usize::try_from(people).unwrap() - told.len(),
        repeated: told.values().map(|times| times - 1).sum(),
    }
}

fn silent(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}

/// How many mails each address got.
fn told(server: &SmtpServer) -> BTreeMap<String, usize> {
    let mut told = BTreeMap::new();
    for address in server.accepted().into_iter().flat_map(|mail| mail.recipients) {
        *told.entry(address).or_insert(0) += 1;
    }
    told
}
