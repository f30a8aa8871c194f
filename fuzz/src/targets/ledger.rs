//! A ledger file in which bytes have changed: read or refused, never a broken program, and never begun anew in silence.
//!
//! Four bytes each: a place in the file, lowest byte first, and the byte that stands there now.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use doorbell::ledger::{Begin, Filter, Intake, Ledger, Mend, Settled, Settlement};
use doorbell::model::{
    Channel, ConversationId, Decision, Digest, Item, MessageRef, OnAmbiguous, Outcome, Reason, Recipient, RecipientId,
    Reply, RuleName, Slot, Verdict, Why,
};
use rusqlite::Connection;

/// More at once would leave nothing to read.
const MOST_CHANGES: usize = 64;

/// A ledger with deliveries in every state.
static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    fill(&path);
    // the name is given by chance; every run must change the same bytes
    let name = "UPDATE doorbell_meta SET value = '00112233445566778899aabbccddeeff' WHERE key = 'install_id'";
    Connection::open(&path).unwrap().execute(name, []).unwrap();
    fs::read(&path).unwrap()
});

pub fn holds(bytes: &[u8]) {
    let mut file = FILE.clone();
    for change in bytes.chunks_exact(4).take(MOST_CHANGES) {
        let place = usize::from(change[0]) | usize::from(change[1]) << 8 | usize::from(change[2]) << 16;
        let place = place % file.len();
        file[place] = change[3];
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    fs::write(&path, &file).unwrap();
    if let Ok(ledger) = Ledger::open_to_read(&path) {
        let _ = look(&ledger);
    }
    let opened = Ledger::open(&path);
    assert!(fs::read(&path).unwrap() == file, "the ledger was begun anew");
    if let Ok(mut ledger) = opened {
        let _ = look(&ledger);
        // a pass ends at the first error, and the next one begins where it stands
        for round in 0..2 {
            let _ = pass(&mut ledger, nine() + TimeDelta::days(round));
        }
        let _ = ledger.mend(Mend::Requeue, &[1, 2, 3, 4], nine());
        let _ = ledger.prune(nine() + TimeDelta::days(90));
    }
}

fn nine() -> DateTime<Utc> {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

/// Fills a new ledger: one delivery each that is sent, dead, in doubt, put off and on the wire.
fn fill(path: &Path) {
    let mut ledger = Ledger::open(path).unwrap();
    let reply = || Reply { code: "550 5.1.1".into(), text: "no such user".into() };
    ledger.settle_at("here").unwrap();
    ledger.block(Channel::Sms, "+441632960012", nine()).unwrap();
    ledger.pause(nine()).unwrap();
    ledger.resume().unwrap();
    let outcomes = [
        Outcome::Accepted(reply()),
        Outcome::RefusedRecipient(reply()),
        Outcome::Unknown(reply()),
        Outcome::Deferred(None, reply()),
    ];
    enqueue(&mut ledger, nine()).unwrap();
    let claimed = ledger.claim(9, nine(), None, None).unwrap();
    let uids: Vec<String> = claimed.iter().map(|delivery| format!("{:032}", delivery.id)).collect();
    let begins: Vec<Begin<'_>> = claimed
        .iter()
        .zip(&uids)
        .map(|(delivery, uid)| Begin {
            delivery,
            uid,
            items: &delivery.items,
            shown: "a***@e***.com",
            on_ambiguous: OnAmbiguous::Hold,
        })
        .collect();
    ledger.exchange(&[], &begins, nine()).unwrap();
    let settled: Vec<Settled<'_>> = claimed
        .iter()
        .zip(&uids)
        .zip(outcomes)
        .map(|((delivery, uid), outcome)| Settled {
            delivery,
            uid,
            address: "ada@example.com",
            settlement: Settlement::Answered(outcome),
        })
        .collect();
    ledger.exchange(&settled, &[], nine()).unwrap();
    ledger.finish(nine(), 0, "{}").unwrap();
}

fn item(conversation: usize, now: DateTime<Utc>) -> Item {
    Item {
        rule: "reminder".into(),
        conversation: conversation.to_string().into(),
        matter: "".into(),
        step: 1,
        latest: MessageRef { at: now, id: (1_000 + conversation).to_string().into() },
        since: now,
        why: Why::Assignee,
    }
}

fn digest(agent: usize, now: DateTime<Utc>) -> Digest {
    Digest {
        account: None,
        recipient: Recipient {
            id: RecipientId::Agent(agent.to_string().into()),
            name: "Ada".into(),
            address: "ada@example.com".into(),
            device: None,
            time_zone: chrono_tz::Tz::UTC,
        },
        channel: Channel::Email,
        subject: "".into(),
        not_before: None,
        items: (0..=agent).map(|conversation| item(conversation, now)).collect(),
    }
}

fn enqueue(ledger: &mut Ledger, now: DateTime<Utc>) -> anyhow::Result<()> {
    let rules = [RuleName::from("reminder")];
    let digests: Vec<Digest> = (0..5).map(|agent| digest(agent, now)).collect();
    let decision = Decision {
        conversation: "9".into(),
        rule: rules[0].clone(),
        matter: "".into(),
        recipient: Some(RecipientId::Agent("1".into())),
        channel: Some(Channel::Email),
        since: now,
        latest: MessageRef { at: now, id: "1009".into() },
        why: None,
        verdict: Verdict::Later(now, Reason::QuietHours),
    };
    let slots = [(rules[0].clone(), Slot { at: now, label: now.to_rfc3339() })];
    ledger.enqueue(&Intake {
        now,
        rules: &rules,
        limited: false,
        slots: &slots,
        held: &[],
        baselines: &[(rules[0].clone(), now)].into(),
        digests: &digests,
        decisions: &[decision],
    })?;
    Ok(())
}

/// Everything that commands look at.
fn look(ledger: &Ledger) -> anyhow::Result<()> {
    let (rule, agent) = (RuleName::from("reminder"), RecipientId::Agent("1".into()));
    let conversations: Vec<ConversationId> = (0..5).map(|id: usize| id.to_string().into()).collect();
    let _ = ledger.overview(nine(), 20);
    let _ = ledger.queue(nine());
    let _ = ledger.listed(&Filter::default(), 50);
    let _ = ledger.marks(&conversations, None);
    let _ = ledger.baselines([&rule].into_iter(), nine());
    let _ = ledger.last_slot(&rule, nine());
    let _ = ledger.kept_back();
    let _ = ledger.held();
    let _ = ledger.usual(&rule);
    let _ = ledger.blocked(nine());
    let _ = ledger.blocks(nine()).map(|blocks| blocks.hold(Channel::Email, "ada@example.com"));
    let _ = ledger.paused_since();
    let _ = ledger.last_pass();
    let _ = ledger
        .tellings_to_since(&agent, nine())
        .map(|tellings| tellings.iter().for_each(|telling| drop(telling.at().to_rfc3339())));
    let _ = ledger.tellings(&conversations[0]);
    let _ = ledger.kept_for_since(&agent, nine());
    let _ = ledger.told_since(&agent, Channel::Email, nine());
    let _ = ledger.next_attempt();
    let _ = ledger.copy_before(nine() + TimeDelta::minutes(1));
    Ok(())
}

/// What a pass does, up to the first error.
fn pass(ledger: &mut Ledger, now: DateTime<Utc>) -> anyhow::Result<()> {
    ledger.recover(now)?;
    enqueue(ledger, now)?;
    for delivery in ledger.claim(9, now, None, None)? {
        let uid = delivery
            .frozen_uid
            .clone()
            .unwrap_or_else(|| doorbell::ledger::uid(ledger.install_id(), &delivery, &delivery.items));
        let begin = Begin {
            delivery: &delivery,
            uid: &uid,
            items: &delivery.items,
            shown: "a***",
            on_ambiguous: OnAmbiguous::Resend,
        };
        ledger.exchange(&[], &[begin], now)?;
        let settlement = Settlement::Answered(Outcome::Accepted(Reply::default()));
        ledger.exchange(&[Settled { delivery: &delivery, uid: &uid, address: "", settlement }], &[], now)?;
    }
    ledger.finish(now, 0, "{}")
}
