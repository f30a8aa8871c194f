//! The table over the channel: every fault has its outcome, within its time-outs.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use chrono::DateTime;
use doorbell::deliver::email::{Mail, Relay, remedy};
use doorbell::model::{Outcome, Recipient, RecipientId, Words};

use crate::lines::{check, expect};
use crate::scene::{Opponent, PASSWORD, Scene};
use crate::servers::At;
use crate::table::{blows, faults};

/// Longer than any time-outs of a fault together; a hang fails its line and not the whole run.
const NO_HANG: Duration = Duration::from_mins(2);

#[test]
fn every_fault_has_its_outcome_within_its_time_outs() {
    check(faults(), |fault| {
        for pipelining in [true, false] {
            let opponent = fault.scene.opponent(&fault.acts, None, pipelining);
            let outcomes = send(&opponent, fault.scene, 1)?;
            expect("the outcome", &short(&outcomes[0]), &fault.outcome)?;
            let taken = fault.outcome == "accepted" || fault.acts.iter().any(|(at, _)| *at == At::Taken);
            expect("mails taken", &opponent.server.accepted().len(), &usize::from(taken))?;
            let connected = !matches!(fault.scene, Scene::Refusing | Scene::Full);
            // only a kept one is replaced
            expect("connections", &opponent.server.connections(), &usize::from(connected))?;
        }
        Ok(())
    });
}

#[test]
fn a_fault_that_meets_one_mail_costs_no_other() {
    check(blows(), |blow| {
        // without pipelining nobody says DATA after a refusal
        let nobody = blow.acts.iter().any(|(at, _)| *at == At::Data) && blow.acts.len() > 1;
        for pipelining in [true, nobody] {
            let opponent = blow.scene.opponent(&blow.acts, Some(1), pipelining);
            let outcomes = send(&opponent, blow.scene, 3)?;
            let words: Vec<&str> = outcomes.iter().map(short).collect();
            // where others are accepted, the pass takes words about us for words about the mail
            let second = if words[1].starts_with("email.") { "message" } else { words[1] };
            expect("the outcomes", &[words[0], second, words[2]], &["accepted", blow.outcome, "accepted"])?;
            let taken = 2 + usize::from(blow.outcome == "accepted");
            expect("mails taken", &opponent.server.accepted().len(), &taken)?;
            expect("connections", &opponent.server.connections(), &blow.connections)?;
        }
        Ok(())
    });
}

/// Sends so many mails over one lane. Whatever the fault is: nothing of worth goes over plain text where encryption is
/// demanded, no words hold the password, and every outcome but acceptance has a remedy.
fn send(opponent: &Opponent, scene: Scene, mails: usize) -> Result<Vec<Outcome>, String> {
    let folder = tempfile::tempdir().unwrap();
    let keys = opponent.keys(folder.path());
    let relay = Relay::new(&toml::from_str(&keys).unwrap(), folder.path()).unwrap();
    let (sender, receiver) = mpsc::channel();
    let mail = mail(if scene == Scene::Large { 6_000_000 } else { 2_000 });
    thread::spawn(move || {
        let mut lane = relay.lane();
        let outcomes: Vec<Outcome> = (0..mails).map(|_| lane.send(&mail)).collect();
        let _ = sender.send(outcomes);
    });
    let outcomes = receiver.recv_timeout(NO_HANG).map_err(|_| "no outcome in time")?;
    if !keys.contains("security = \"none\"") {
        let plain = opponent.server.heard_in_plain_text();
        let worthy = plain.iter().find(|line| line.starts_with("AUTH") || line.starts_with("MAIL"));
        expect("said in plain text", &worthy, &None)?;
    }
    for outcome in &outcomes {
        let remedy = remedy(outcome);
        let key = if let Outcome::Misconfigured { key, .. } = outcome { key } else { "" };
        let has_remedy = remedy.contains(key) && (remedy.is_empty() == matches!(outcome, Outcome::Accepted(_)));
        expect("the right remedy", &has_remedy, &true)?;
        expect("the password in the words", &format!("{outcome:?}").contains(PASSWORD), &false)?;
    }
    Ok(outcomes)
}

fn mail(size: usize) -> Mail {
    let text = "a line of the mail\n".repeat(size / 19);
    Mail {
        recipient: Recipient {
            id: RecipientId::Agent("7".into()),
            name: "Ada Lovelace".into(),
            address: "ada@example.org".into(),
            device: None,
            time_zone: chrono_tz::Tz::UTC,
        },
        words: Words { subject: "2 conversations wait".into(), html: format!("<p>{text}</p>"), text },
        uid: "0123456789abcdef0123456789abcdef".into(),
        thread: None,
        now: DateTime::from_timestamp(1_795_000_000, 0).unwrap(),
        redirected_to: None,
    }
}

/// What follows, in one word, and for the channel the key.
fn short(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Accepted(_) => "accepted",
        Outcome::Deferred(..) => "deferred",
        Outcome::RefusedRecipient(_) => "recipient",
        Outcome::RefusedMessage(_) => "message",
        Outcome::Misconfigured { key, .. } => key,
        Outcome::Unknown(_) => "unknown",
    }
}
