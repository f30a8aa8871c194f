//! A disk that is full at any moment, and ledgers that cannot be written: what is not on record is not on the wire.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::process::{Command, Output};

use crate::is_soak;
use crate::trial::{By, Trial};

const PEOPLE: usize = 12;
const LANES: usize = 2;
/// A page of the ledger, and what its log adds to it.
const PAGE: usize = 4_096;
/// No pass over so few people writes a larger file.
const ENOUGH: usize = 4_000_000;
/// A user who owns nothing else.
const NOBODY: u32 = 65_534;

/// A pass under which no file grows beyond so many bytes; the write that would make it do so fails.
fn pass_with_room(trial: &Trial, bytes: usize) -> Output {
    let run = trial.command(&["run"]);
    let mut shell = Command::new("sh");
    // `sh` counts in blocks of 512 bytes
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$@\"", bytes / 512);
    shell.current_dir(trial.folder()).args(["-c", &script, "sh"]).arg(run.get_program()).args(run.get_args());
    shell.output().unwrap()
}

/// Gives each pass a little more room than the last, until one needs no more; answers how many failed, and how many of
/// them after mails had left.
#[track_caller]
fn fill_the_disk(people: usize, step: usize, new: impl Fn() -> Trial) -> (usize, usize) {
    let (mut failed, mut with_mails) = (0, 0);
    for room in (0..ENOUGH).step_by(if is_soak() { PAGE / 2 } else { step }) {
        let (trial, scene) = (new(), format!("{room} bytes"));
        let output = pass_with_room(&trial, room);
        if output.status.success() {
            trial.holds(&scene);
            println!("{failed} passes failed, {with_mails} of them after mails had left; {room} bytes are enough");
            return (failed, with_mails);
        }
        assert!(matches!(output.status.code(), Some(74 | 75)), "{scene}: {output:?}");
        failed += 1;
        if !trial.heard().is_empty() {
            with_mails += 1;
            trial.everything_taken_is_on_record(&trial.ledger(), &scene);
        }
        assert_eq!(trial.pass().status.code(), Some(0), "{scene}");
        assert!(trial.repeats() <= LANES, "{scene}: {} repeats", trial.repeats());
        assert_eq!(trial.heard().len(), people, "{scene}");
        trial.holds(&scene);
    }
    panic!("{ENOUGH} bytes are not enough");
}

#[test]
fn a_disk_that_is_full_at_any_moment_loses_nobody_where_the_ledger_stands_in_the_desk() {
    let (failed, with_mails) = fill_the_disk(PEOPLE, 3 * PAGE, || Trial::new(By::Email, PEOPLE, LANES));
    assert!(failed > 10 && with_mails > 3, "{failed} failed, {with_mails} of them with mails");
}

#[test]
fn a_disk_that_is_full_at_any_moment_loses_nobody_where_the_ledger_has_a_file_of_its_own() {
    // so many that the file grows while they are told
    let people = 40;
    let new = || Trial::new(By::Email, people, LANES).with_own_ledger();
    let (failed, with_mails) = fill_the_disk(people, PAGE, new);
    assert!(failed > 10 && with_mails > 0, "{failed} failed, {with_mails} of them with mails");
}

#[test]
fn a_ledger_that_may_not_be_written_keeps_every_mail_back() {
    let trial = Trial::new(By::Email, PEOPLE, LANES).with_own_ledger();
    for command in ["pause", "resume"] {
        assert!(trial.command(&[command]).status().unwrap().success());
    }
    let mut run = trial.command(&["run"]);
    if fs::metadata(trial.folder()).unwrap().uid() == 0 {
        // nothing is read-only to root, so somebody else runs this pass
        let program = trial.folder().join("doorbell");
        fs::copy(run.get_program(), &program).unwrap();
        for file in fs::read_dir(trial.folder()).unwrap() {
            chown(file.unwrap().path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        chown(trial.folder(), Some(NOBODY), Some(NOBODY)).unwrap();
        run = Command::new(program);
        run.arg("run").current_dir(trial.folder()).uid(NOBODY).gid(NOBODY);
    }
    let may_write = |mode| fs::set_permissions(trial.ledger(), fs::Permissions::from_mode(mode)).unwrap();
    may_write(0o444);
    let output = run.output().unwrap();
    assert_eq!(output.status.code(), Some(74), "{output:?}");
    assert!(trial.heard().is_empty());
    may_write(0o644);
    let output = run.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!((trial.heard().len(), trial.repeats()), (PEOPLE, 0));
}

#[test]
fn a_ledger_that_is_no_database_keeps_every_mail_back_and_is_left_as_it_is() {
    let trial = Trial::new(By::Email, PEOPLE, LANES).with_own_ledger();
    let text = "this is no ledger, it is a letter to the operator\n".repeat(100);
    fs::write(trial.ledger(), &text).unwrap();
    let output = trial.command(&["run"]).output().unwrap();
    assert_eq!(output.status.code(), Some(74), "{output:?}");
    assert!(trial.heard().is_empty());
    assert_eq!(fs::read_to_string(trial.ledger()).unwrap(), text);
}
