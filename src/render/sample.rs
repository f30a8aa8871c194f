//! A believable letter for `check`, `preview` and `send-test`, and the hostile ones that templates must survive.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::model::{
    AgentId, Assignee, Attachment, Earlier, Entry, Letter, Recipient, RecipientId, Relation, Rule, Show, Watch, Why,
};

const LONG: &str = "Hello! Since the update on Friday our team of twelve gets signed out about every ten minutes, \
in the browser and in the app. We tried another network, other browsers, and signing in again on every device.\n\n\
The status page says all is well: https://status.example.com/incidents/2291. Could somebody look into our account? \
We have a customer workshop tomorrow at nine and would rather not present the sign-in page :)";

/// A letter of four conversations in several languages, as if written at `now`.
pub fn sample_letter(now: DateTime<Utc>) -> Letter {
    let invoice = Attachment {
        filename: "Rechnung 2026-0219.pdf".into(),
        byte_size: Some(81_300),
        url: Some("https://desk.example.com/files/8131/rechnung-2026-0219.pdf".into()),
    };
    let invoice_body = "Guten Morgen,\n\nauf der Rechnung vom Februar steht noch unsere alte Anschrift. Können Sie sie \
        bitte bis Freitag neu ausstellen? Die Buchhaltung wartet darauf.\n\nVielen Dank\nTom";
    let mut letter = Letter {
        recipient: Recipient {
            device: None,
            id: RecipientId::Agent(AgentId::from("7")),
            name: "Ada Lindqvist".into(),
            address: "ada@example.com".into(),
            time_zone: Tz::Europe__Berlin,
        },
        language: None,
        desk: "Northwind Support".into(),
        entries: vec![
            entry("1042", "Tom Becker", "Invoice question", invoice_body),
            entry("1047", "Priya Raman", "Signed out every ten minutes", LONG),
            entry(
                "1051",
                "Léa Moreau",
                "Changement d’adresse",
                "Bonjour, est-il encore possible de changer l’adresse de livraison ? Le colis part demain.",
            ),
            entry("1053", "", "", "Hi, is anybody there? I only have a short question about the yearly plan."),
        ],
        more: 0,
        badge: None,
        desk_link: Some("https://desk.example.com/inbox".into()),
        now,
    };
    let waits = [(200, 200), (147, 31), (64, 64), (12, 12)];
    for (entry, (since, at)) in letter.entries.iter_mut().zip(waits) {
        entry.since = now - TimeDelta::minutes(since);
        entry.at = now - TimeDelta::minutes(at);
    }
    for (position, entry) in letter.entries.iter_mut().enumerate() {
        match position {
            0 => entry.attachments.push(invoice.clone()),
            1 => {
                entry.earlier_count = 2;
                entry.why = Why::LastAgent;
            }
            2 => entry.why = Why::Group { name: "Orders".into(), assignee: Assignee::Nobody },
            _ => {
                (entry.sender, entry.subject) = (None, None);
                entry.why = Why::Group { name: "Orders".into(), assignee: Assignee::Nobody };
            }
        }
    }
    letter
}

/// The sample as a rule would show it: its watch, its `show` and its sound; to a contact where replies are watched.
pub fn sample_of(rule: &Rule, now: DateTime<Utc>) -> Letter {
    let mut letter = sample_letter(now);
    if rule.watch == Watch::UnseenReply {
        letter = reply(&letter);
    }
    let deadline = now + rule.before - TimeDelta::minutes(12);
    for entry in &mut letter.entries {
        (entry.watch, entry.show, entry.sound) = (rule.watch, rule.show, rule.sound.clone());
        match rule.watch.relation() {
            Relation::Events => entry.actor = Some("Ben Okafor".into()),
            Relation::Deadlines => (entry.matter, entry.at) = ("first_response".into(), deadline),
            Relation::Waiting | Relation::Unread | Relation::UnseenReplies => {}
        }
        if matches!(rule.watch, Watch::Assigned | Watch::Transferred | Watch::Invited) {
            entry.why = Why::Target(rule.watch);
        }
        if rule.show == Show::Conversation {
            entry.earlier.push(Earlier {
                at: entry.since - TimeDelta::minutes(9),
                sender: Some("Ada Lindqvist".into()),
                body: "Hello, this is Ada. What can I do for you?".into(),
                waits: false,
            });
        }
    }
    letter
}

/// What the first contact of the sample reads when somebody has answered.
fn reply(letter: &Letter) -> Letter {
    let mut reply = to_contact(letter);
    reply.recipient.name = "Tom Becker".into();
    reply.recipient.address = "tom@example.com".into();
    reply.entries.truncate(1);
    for entry in &mut reply.entries {
        entry.body = "Hello Tom, thank you for telling us. The corrected invoice is attached.".into();
        entry.sender_image = None;
    }
    reply
}

fn entry(number: &str, sender: &str, subject: &str, body: &str) -> Entry {
    Entry {
        actor: None,
        sound: None,
        conversation: number.into(),
        number: Some(number.into()),
        subject: Some(subject.into()),
        link: Some(format!("https://desk.example.com/inbox/{number}")),
        watch: Watch::Unreplied,
        matter: String::new(),
        why: Why::Assignee,
        group: Some("Orders".into()),
        sender: Some(sender.into()),
        sender_image: None,
        since: DateTime::UNIX_EPOCH,
        at: DateTime::UNIX_EPOCH,
        body: body.into(),
        cut: false,
        attachments: Vec::new(),
        earlier_count: 0,
        earlier: Vec::new(),
        show: Show::Latest,
    }
}

/// The letters that every template set is tried with when it is loaded, by what is special about each.
pub(super) fn trials() -> Vec<(&'static str, Letter)> {
    let now = DateTime::from_timestamp(1_772_440_440, 0).unwrap_or_default();
    let several = sample_letter(now);
    let mut one = several.clone();
    one.entries.truncate(1);
    let mut trials = vec![("one conversation", one.clone()), ("several conversations", several.clone())];
    for (name, show) in [
        ("show = \"none\"", Show::None),
        ("show = \"snippet\"", Show::Snippet),
        ("show = \"conversation\"", Show::Conversation),
    ] {
        let mut letter = several.clone();
        letter.more = 12;
        for entry in &mut letter.entries {
            entry.show = show;
            entry.watch = Watch::Unread;
            entry.earlier = vec![Earlier {
                at: now - TimeDelta::hours(4),
                sender: Some("Ada".into()),
                body: LONG.into(),
                waits: false,
            }];
            entry.earlier_count = 3;
        }
        trials.push((name, letter));
    }
    trials.push(("a mail to a contact", to_contact(&one)));
    trials.push(("every watch", every_watch(&several)));
    let mut bare = one;
    for entry in &mut bare.entries {
        (entry.number, entry.subject, entry.link, entry.group, entry.sender) = (None, None, None, None, None);
        entry.attachments.clear();
    }
    bare.desk_link = None;
    trials.push(("a conversation without number, subject, link and sender", bare));
    trials.push(("hostile names and bodies", hostile(several)));
    trials
}

/// What a contact reads of an agent's reply.
fn to_contact(letter: &Letter) -> Letter {
    let mut letter = letter.clone();
    letter.recipient.id = RecipientId::Contact("12".into());
    letter.desk_link = None;
    for entry in &mut letter.entries {
        (entry.watch, entry.why, entry.link) = (Watch::UnseenReply, Why::Contact, None);
        (entry.group, entry.sender) = (None, Some("Ada Lindqvist".into()));
    }
    letter
}

/// A conversation for each watch.
fn every_watch(letter: &Letter) -> Letter {
    let entries = Watch::ALL.into_iter().zip(letter.entries.iter().cycle());
    let entries = entries.map(|(watch, entry)| Entry { watch, actor: Some("Ben Okafor".into()), ..entry.clone() });
    Letter { entries: entries.collect(), ..letter.clone() }
}

fn hostile(mut letter: Letter) -> Letter {
    let evil =
        "</td></script><script>alert(1)</script>\r\nBcc: x@example.com\u{202e} {{evil}} {{{evil}}} javascript:x\0";
    letter.recipient.name = evil.into();
    letter.desk = evil.into();
    for entry in &mut letter.entries {
        (entry.sender, entry.subject, entry.number) = (Some(evil.into()), Some(evil.into()), Some(evil.into()));
        entry.link = Some("javascript:alert(1)".into());
        entry.sender_image = Some("data:image/svg+xml,<svg onload=alert(1)>".into());
        entry.body = evil.repeat(20);
        entry.attachments =
            vec![Attachment { filename: evil.into(), byte_size: None, url: Some("javascript:alert(1)".into()) }];
    }
    letter
}
