//! What strangers can put into a letter, in doorbell's own words: mails, pushes, text messages and the feed's notes.
//!
//! Pieces: choices, the sender's name, subject line, body, earlier body, file name, group, link, desk, the recipient's
//! name, conversation id, number.

use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use doorbell::deliver::Notification;
use doorbell::deliver::carrier::Carrier;
use doorbell::deliver::notes::Outbox;
use doorbell::model::{
    Assignee, Attachment, Channel, Device, Earlier, Entry, Letter, Note, Outcome, Provider, Recipient, RecipientId,
    Show, Sound, Watch, Why, Words,
};
use doorbell::render::{Templates, note, sample_letter};
use serde_json::Value;
use tempfile::TempDir;
use unicode_segmentation::UnicodeSegmentation;

use super::{Choices, clean, html, texts};

const LARGEST_DIGEST: usize = 256 * 1024;
const LONGEST_BODY: usize = 16 * 1024;
const SHOWS: [Show; 4] = [Show::Latest, Show::None, Show::Snippet, Show::Conversation];
/// The default alphabet of 3GPP TS 23.038 and its extension, spelt here a second time.
const GSM: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿\
                   abcdefghijklmnopqrstuvwxyzäöñüà";
const GSM_TWICE: &str = "\u{c}^{}\\[~]|€";

static TEMPLATES: LazyLock<Templates> = LazyLock::new(|| Templates::embedded_only().unwrap());

pub fn holds(bytes: &[u8]) {
    let letter = letter(&texts(bytes));
    let words = TEMPLATES.render("", &letter).expect("doorbell's own words say everything");
    are_clean(&words);
    let note = note(&letter).expect("a letter about something makes a note");
    is_short(&note);
    for channel in [Channel::Push, Channel::Desktop, Channel::Sms] {
        let folder = tempfile::tempdir().unwrap();
        let notification = notification(&letter.recipient, &note);
        let outcome = Outbox::new(channel, folder.path().join("outbox"), true).send(&notification);
        assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
        is_fit_for_a_provider(channel, &written(&folder));
    }
}

fn letter(texts: &[String; 12]) -> Letter {
    let [letters, sender, subject, body, earlier, file, group, link, desk, name, conversation, number] = texts.clone();
    let mut choices = Choices::of(&letters);
    let show = choices.one(&SHOWS);
    let watch = choices.one(&Watch::ALL);
    let body: String = body.chars().cycle().take(body.chars().count() * choices.one(&[1, 40, 4_000])).collect();
    let body = body[..body.floor_char_boundary(LONGEST_BODY)].to_owned();
    let entries = choices.one(&[1, 2, 60]);
    let id = match choices.below(3) {
        0 => RecipientId::Agent("7".into()),
        1 => RecipientId::Contact("12".into()),
        _ => RecipientId::Person("fallback".into()),
    };
    let group_why = Why::Group { name: group.as_str().into(), assignee: Assignee::Nobody };
    let why = [Why::Assignee, group_why, Why::Supervisor, Why::Target(watch), Why::Contact, Why::Uncovered];
    let now: DateTime<Utc> = DateTime::from_timestamp(1_772_440_440, 0).unwrap();
    let mut letter = sample_letter(now);
    let entry = Entry {
        why: why[choices.below(why.len())].clone(),
        earlier_count: choices.one(&[0, 1, 7, u32::MAX]),
        since: now
            - choices.one(&[TimeDelta::minutes(7), TimeDelta::zero(), TimeDelta::days(9_000), TimeDelta::days(-3)]),
        matter: choices.one(&["", "next_response", "9"]).into(),
        sound: (choices.below(2) == 1).then(|| Sound { name: sender.as_str().into(), repeats: true, in_view: false }),
        conversation: conversation.into(),
        number: some(number),
        subject: some(subject),
        link: some(link.clone()),
        watch,
        group: some(group),
        actor: some(name.clone()),
        sender: some(sender.clone()),
        sender_image: some(link.clone()),
        body,
        cut: false,
        attachments: vec![Attachment { filename: file, byte_size: Some(u64::MAX), url: some(link.clone()) }],
        earlier: vec![Earlier { at: now, sender: some(sender), body: earlier, waits: true }],
        show,
        ..letter.entries.remove(0)
    };
    letter.entries = vec![entry; entries];
    (letter.desk, letter.desk_link, letter.more) = (desk, some(link), choices.one(&[0, 3]));
    letter.recipient =
        Recipient { id, name, address: "+441632960012".into(), device: None, time_zone: Tz::Asia__Kathmandu };
    letter
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn are_clean(words: &Words) {
    clean::line("a subject", &words.subject);
    clean::at_most("a subject", &words.subject, 150);
    assert!(!words.subject.is_empty());
    clean::lines("the text", &words.text);
    clean::lines("the HTML", &words.html);
    html::is_ours(&words.html);
    assert!(words.subject.len() + words.text.len() + words.html.len() <= LARGEST_DIGEST);
}

fn is_short(note: &Note) {
    clean::line("a title", &note.title);
    clean::at_most("a title", &note.title, 120);
    clean::line("a note", &note.body);
    clean::at_most("a note", &note.body, 500);
    assert!(!note.title.is_empty());
    if let Some(link) = &note.link {
        clean::line("a link", link);
        let start = link.to_ascii_lowercase();
        assert!(start.starts_with("https://") || start.starts_with("http://"), "{link:?}");
    }
}

fn notification(recipient: &Recipient, note: &Note) -> Notification {
    let device = Device {
        id: "12".into(),
        provider: Provider::WebPush,
        token: note.title.as_str().into(),
        p256dh: None,
        auth: Some(note.body.clone()),
        platform: None,
        app_id: None,
    };
    Notification {
        recipient: Recipient { device: Some(device.into()), ..recipient.clone() },
        note: note.clone(),
        collapse: "c0ffee".into(),
        uid: "0123456789abcdef".into(),
        badge: None,
        now: DateTime::UNIX_EPOCH,
        in_doubt_since: None,
    }
}

/// The one file of a folder, as its reader takes it.
fn written(folder: &TempDir) -> Value {
    let files: Vec<_> =
        std::fs::read_dir(folder.path().join("outbox")).unwrap().map(|file| file.unwrap().path()).collect();
    let [file] = files.as_slice() else { panic!("{files:?} were written") };
    serde_json::from_slice(&std::fs::read(file).unwrap()).expect("a file of JSON")
}

fn is_fit_for_a_provider(channel: Channel, file: &Value) {
    assert_eq!(file["channel"], channel.word());
    let body = file["body"].as_str().expect("a body");
    if channel == Channel::Sms {
        is_one_segment(body);
    } else {
        assert!(body.graphemes(true).count() <= 500, "{body:?}");
    }
}

/// 160 septets of the GSM alphabet, or 70 units of UCS-2.
fn is_one_segment(text: &str) {
    let septet = |letter: char| match letter {
        _ if GSM.contains(letter) => Some(1),
        _ if GSM_TWICE.contains(letter) => Some(2),
        _ => None,
    };
    let septets: Option<usize> = text.chars().map(septet).sum();
    let fits = septets.map_or(text.encode_utf16().count() <= 70, |septets| septets <= 160);
    assert!(fits, "more than one segment: {text:?}");
}
