//! What people read, as snapshots; and what operators are told when a template is wrong.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on should stop there")]

use std::fs;

use doorbell::model::{Assignee, Attachment, Earlier, Entry, Language, Letter, RecipientId, Show, Watch, Why, Words};
use doorbell::render::{Templates, embedded, note, sample_letter};
use tempfile::TempDir;

/// Monday in Berlin, 12:34.
fn letter() -> Letter {
    sample_letter("2026-03-02T11:34:00Z".parse().unwrap())
}

fn one() -> Letter {
    let mut letter = letter();
    letter.entries.truncate(1);
    letter
}

fn words(letter: &Letter) -> Words {
    Templates::load(None, &[]).unwrap().render("digest", letter).unwrap()
}

fn whole(words: &Words) -> String {
    format!("Subject: {}\n\n{}\n\n{}", words.subject, words.text, words.html)
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[track_caller]
fn refused(files: &[(&str, &str)], expected: &str) {
    let folder = folder(files);
    let error = Templates::load(Some(folder.path()), &[]).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn one_conversation_reads_well() {
    insta::assert_snapshot!(whole(&words(&one())));
}

#[test]
fn several_conversations_read_well() {
    let mut letter = letter();
    letter.more = 12;
    insta::assert_snapshot!(whole(&words(&letter)));
}

/// What an event or a deadline says of itself, as a desk would.
fn told_as(entry: &mut Entry, watch: Watch) {
    entry.watch = watch;
    entry.why = match watch {
        Watch::Assigned | Watch::Transferred | Watch::Invited => Why::Target(watch),
        Watch::UnseenReply => Why::Contact,
        Watch::Handover => Why::Group { name: "Orders".into(), assignee: Assignee::Nobody },
        Watch::Assistance => Why::Supervisor,
        _ => Why::Assignee,
    };
    if matches!(watch, Watch::Assigned | Watch::Transferred | Watch::Invited | Watch::Assistance) {
        entry.actor = Some("Ben Okafor".into());
    }
    if matches!(watch, Watch::SlaWarning | Watch::SlaBreach) {
        let due = if watch == Watch::SlaWarning { "2026-03-02T12:00:00Z" } else { "2026-03-02T11:22:00Z" };
        (entry.matter, entry.at) = ("next_response".into(), due.parse().unwrap());
    }
}

/// An answer to Tom that he has not seen.
fn contact() -> Letter {
    let mut letter = one();
    letter.recipient.id = RecipientId::Contact("12".into());
    letter.recipient.name = "Tom Becker".into();
    let entry = &mut letter.entries[0];
    told_as(entry, Watch::UnseenReply);
    entry.sender = Some("Ada Lindqvist".into());
    entry.body = "Guten Tag Herr Becker,\n\ndie neue Rechnung liegt bei.\n\nViele Grüße\nAda".into();
    entry.at = "2026-03-02T10:58:00Z".parse().unwrap();
    entry.link = Some("https://www.example.com/#chat".into());
    letter
}

fn subject_and_text(letter: &Letter) -> String {
    let words = words(letter);
    format!("Subject: {}\n\n{}", words.subject, words.text)
}

#[test]
fn each_watch_has_words_of_its_own() {
    let all = Watch::ALL.map(|watch| {
        let mut letter = if watch == Watch::UnseenReply { contact() } else { one() };
        told_as(&mut letter.entries[0], watch);
        letter.entries[0].body = "Guten Morgen".into();
        letter.entries[0].attachments.clear();
        format!("======== {}\n{}", watch.word(), subject_and_text(&letter))
    });
    insta::assert_snapshot!(all.join("\n"));
}

/// Subject, the line beneath the headline, status and end of the letter that is told as this.
fn lines(letter: &Letter) -> String {
    let own = folder(&[
        ("digest.subject.hbs", "{{subject}}"),
        ("digest.txt.hbs", "{{headline}} | {{earliest}}\n{{#each conversations}}{{status}}\n{{/each}}{{closing}}\n"),
    ]);
    let words = Templates::load(Some(own.path()), &[]).unwrap().render("digest", letter).unwrap();
    format!("{}\n{}{}\n", words.subject, words.text, note(letter).unwrap().title)
}

#[test]
fn several_of_one_watch_are_told_as_such() {
    let all = Watch::ALL.map(|watch| {
        let mut letter = letter();
        letter.entries.truncate(2);
        letter.entries.iter_mut().for_each(|entry| told_as(entry, watch));
        format!("======== {}\n{}", watch.word(), lines(&letter))
    });
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn readers_whom_the_event_does_not_name_are_not_called_you() {
    let events = [Watch::Assigned, Watch::Transferred, Watch::Invited, Watch::Assistance];
    let all = events.map(|watch| {
        let mut letter = one();
        told_as(&mut letter.entries[0], watch);
        letter.entries[0].why = Why::Supervisor;
        let known = lines(&letter);
        (letter.entries[0].actor, letter.entries[0].sender) = (None, None);
        let unknown = lines(&letter);
        letter.entries[0].why = Why::Target(Watch::Assigned);
        format!(
            "======== {}\n{known}\nnobody is known by name:\n{unknown}\nto the target:\n{}",
            watch.word(),
            lines(&letter)
        )
    });
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn several_are_told_by_what_holds_for_all_of_them() {
    let mut letter = letter();
    letter.entries.truncate(2);
    letter.entries.iter_mut().for_each(|entry| told_as(entry, Watch::Assigned));
    letter.entries[1].why = Why::Supervisor;
    assert_eq!(words(&letter).subject, "2 chats were assigned, the first at 09:14");
    letter.entries[1].why = Why::Uncovered;
    assert_eq!(words(&letter).subject, "2 conversations need your attention, the oldest since 09:14");
    letter.entries[0].since = "2026-03-01T20:10:00Z".parse().unwrap();
    letter.entries[1].why = Why::Target(Watch::Assigned);
    assert_eq!(words(&letter).subject, "2 chats were assigned to you, the first on Sun 1 Mar at 21:10");
}

#[test]
fn the_reason_names_the_event_that_was_watched_whatever_the_ledger_remembers() {
    let mut letter = one();
    told_as(&mut letter.entries[0], Watch::Transferred);
    letter.entries[0].why = Why::parse("target");
    assert!(words(&letter).text.contains("You hear about this because it was transferred to you."));
}

#[test]
fn m5_every_deadline_is_called_by_what_is_due() {
    let mut all = Vec::new();
    for metric in ["first_response", "next_response", "resolution", "queue_wait"] {
        for watch in [Watch::SlaWarning, Watch::SlaBreach] {
            let mut letter = one();
            told_as(&mut letter.entries[0], watch);
            letter.entries[0].matter = metric.into();
            all.push(format!("======== {metric}, {}\n{}", watch.word(), lines(&letter)));
            letter.entries.push(letter.entries[0].clone());
            letter.entries[1].conversation = "another".into();
            all.push(format!("-------- twice\n{}", lines(&letter)));
        }
    }
    let mut late = one();
    told_as(&mut late.entries[0], Watch::SlaWarning);
    late.entries[0].at = "2026-03-01T20:10:00Z".parse().unwrap();
    all.push(format!("======== a warning that comes late\n{}", lines(&late)));
    insta::assert_snapshot!(all.concat());
}

#[test]
fn a_mix_of_watches_needs_attention_and_each_says_why() {
    let mut letter = letter();
    let watches = [Watch::Unreplied, Watch::Assigned, Watch::SlaBreach, Watch::Handover];
    letter.entries.iter_mut().zip(watches).for_each(|(entry, watch)| told_as(entry, watch));
    letter.more = 1;
    insta::assert_snapshot!(subject_and_text(&letter));
}

#[test]
fn b6_the_contact_reads_who_answered_and_nothing_of_the_desk() {
    let letter = contact();
    let words = words(&letter);
    insta::assert_snapshot!(whole(&words));
    for inside in
        ["You hear about this", "#1042", "1042", "Orders", "assigned", "wait", "Open the", "desk.example.com/inbox"]
    {
        assert!(!whole(&words).contains(inside), "{inside}");
    }
}

#[test]
fn b6_several_replies_are_counted_for_the_contact() {
    let mut letter = contact();
    letter.entries[0].earlier_count = 1;
    assert_eq!(words(&letter).subject, "You have 2 new replies (Invoice question)");
    assert_eq!(note(&letter).unwrap().title, "Ada Lindqvist answered you (+1 more)");
    letter.entries.push(contact().entries.remove(0));
    letter.entries[1].conversation = "another".into();
    assert_eq!(words(&letter).subject, "You have 3 new replies");
    insta::assert_snapshot!(subject_and_text(&letter));
    letter.more = 4;
    assert_eq!(words(&letter).subject, "You have new replies in 6 conversations");
    letter.entries.truncate(1);
    (letter.more, letter.entries[0].earlier_count, letter.entries[0].sender) = (0, 0, None);
    assert_eq!(words(&letter).subject, "You have a new reply (Invoice question)");
}

#[test]
fn x3_the_operator_reads_who_could_not_be_helped() {
    let mut letter = letter();
    letter.recipient.id = RecipientId::Person("fallback".into());
    letter.recipient.name = "Operator".into();
    letter.entries.iter_mut().for_each(|entry| entry.why = Why::Uncovered);
    let several = subject_and_text(&letter);
    letter.entries.truncate(1);
    assert_eq!(words(&letter).subject, "Nobody could be told about Tom Becker's message (#1042 Invoice question)");
    insta::assert_snapshot!(several);
}

#[test]
fn a_letter_without_contents_tells_only_that_somebody_waits() {
    let mut letter = one();
    let entry = &mut letter.entries[0];
    entry.show = Show::None;
    entry.earlier = vec![Earlier { at: entry.at, sender: None, body: "SECRET earlier".into(), waits: true }];
    entry.body = "SECRET body".into();
    entry.subject = Some("SECRET subject".into());
    entry.attachments[0].filename = "SECRET.pdf".into();
    let words = words(&letter);
    assert!(!whole(&words).contains("SECRET"), "{}", whole(&words));
    insta::assert_snapshot!(format!("Subject: {}\n\n{}", words.subject, words.text));
}

fn said(at: &str, sender: &str, body: &str, waits: bool) -> Earlier {
    Earlier { at: at.parse().unwrap(), sender: Some(sender.into()), body: body.into(), waits }
}

#[test]
fn a_conversation_is_shown_with_its_earlier_messages_oldest_first() {
    let mut letter = one();
    let entry = &mut letter.entries[0];
    entry.show = Show::Conversation;
    entry.watch = Watch::Unread;
    entry.earlier_count = 3;
    entry.earlier = vec![
        said("2026-03-02T08:01:00Z", "Ada", "what led up to it", false),
        said("2026-03-02T08:14:00Z", "Tom Becker", "first of them", true),
        said("2026-03-02T08:20:00Z", "Tom Becker", "second of them", true),
    ];
    entry.at = "2026-03-02T09:00:00Z".parse().unwrap();
    let words = words(&letter);
    insta::assert_snapshot!(format!("Subject: {}\n\n{}", words.subject, words.text));
    assert!(words.html.find("first of them").unwrap() < words.html.find("second of them").unwrap());
    assert!(words.html.contains("1 earlier message waits as well"));
}

#[test]
fn without_contents_and_link_the_html_keeps_to_names_and_times() {
    let mut letter = one();
    letter.entries[0].show = Show::None;
    letter.entries[0].link = None;
    let html = words(&letter).html;
    assert!(html.contains("Tom Becker") && html.contains("Waiting since Mon 2 Mar 2026, 09:14 CET"));
    for gone in ["class=\"card\"", "Open the conversation", "Attached", "Invoice", "Guten Morgen"] {
        assert!(!html.contains(gone), "{gone}");
    }
}

#[test]
fn a_snippet_is_the_first_line_and_nothing_after_it() {
    let mut letter = one();
    letter.entries[0].show = Show::Snippet;
    let words = words(&letter);
    assert!(words.text.contains("> Guten Morgen,\n\n"), "{}", words.text);
    assert!(!whole(&words).contains("Rechnung vom Februar"));
}

#[test]
fn hostile_names_and_bodies_stay_text() {
    let evil = "</td><script>alert(1)</script>\r\nBcc: x@example.com\u{202e}\u{200f}\0 {{evil}} 🦀";
    let mut letter = one();
    letter.recipient.name = evil.into();
    letter.desk = evil.into();
    letter.desk_link = Some("javascript:alert(2)".into());
    let entry = &mut letter.entries[0];
    entry.sender = Some(evil.into());
    entry.subject = Some(evil.into());
    entry.why = Why::Group { name: evil.into(), assignee: Assignee::Nobody };
    entry.link = Some("javascript:alert(3)".into());
    entry.body = format!(
        "{evil}\n\n\n\nOpen the conversation:\nhttps://evil.example/\"onclick=\"x\njavascript:alert(4) data:text/html,x\n{}",
        "-".repeat(72)
    );
    let file = |url: &str| Attachment {
        filename: format!("Open the conversation:\n{evil}"),
        byte_size: None,
        url: Some(url.into()),
    };
    entry.attachments = vec![file("javascript:alert(5)"), file("data:text/html,x"), file("http://files.example.com/a")];
    let words = words(&letter);
    insta::assert_snapshot!(whole(&words));
    assert_eq!(words.subject.lines().count(), 1);
    assert!(!words.html.contains("<script"));
    assert!(!words.html.contains("href=\"javascript") && !words.html.contains("href=\"data"));
    assert!(!whole(&words).contains(['\u{202e}', '\u{200f}', '\0', '\r']));
    assert!(!words.text.contains("\nOpen the conversation:"), "only our own lines begin like that: {}", words.text);
    assert!(!words.text.contains("\nBcc:"));
}

#[test]
fn times_are_written_in_the_zone_of_the_recipient_across_a_change_of_clocks() {
    let mut letter = one();
    letter.now = "2026-03-29T06:30:00Z".parse().unwrap();
    letter.entries[0].since = "2026-03-28T23:30:00Z".parse().unwrap();
    letter.entries[0].earlier_count = 1;
    letter.entries[0].at = "2026-03-29T01:10:00Z".parse().unwrap();
    let text = words(&letter).text;
    assert!(text.contains("Waiting since Sun 29 Mar 2026, 00:30 CET · 7 h"), "{text}");
    assert!(text.contains("Latest message, Sun 29 Mar 2026, 03:10 CEST"), "{text}");
    assert!(text.contains("on Sun 29 Mar 2026, 08:30 CEST,"), "{text}");
    letter.recipient.time_zone = chrono_tz::Asia::Kathmandu;
    assert!(words(&letter).text.contains("Sun 29 Mar 2026, 12:15 UTC+05:45"));
}

#[test]
fn the_subject_says_what_is_looked_for_and_since_when() {
    let mut letter = letter();
    assert_eq!(words(&letter).subject, "4 conversations wait for an answer, the oldest since 09:14");
    letter.entries[0].since = "2026-02-27T16:05:00Z".parse().unwrap();
    letter.entries[0].watch = Watch::Unread;
    assert_eq!(words(&letter).subject, "4 conversations need your attention, the oldest since Fri 27 Feb, 17:05");
    letter.entries.iter_mut().for_each(|entry| entry.watch = Watch::Unread);
    assert_eq!(words(&letter).subject, "4 conversations with unread messages, the oldest since Fri 27 Feb, 17:05");
    letter.entries.truncate(1);
    assert_eq!(words(&letter).subject, "Unread message from Tom Becker (#1042 Invoice question)");
    (letter.entries[0].number, letter.entries[0].subject, letter.entries[0].sender) = (None, None, None);
    assert_eq!(words(&letter).subject, "Unread message from somebody");
    letter.entries[0].subject = Some("x ".repeat(400));
    letter.entries[0].sender = Some("👨‍👩‍👧".repeat(200));
    assert!(words(&letter).subject.chars().count() <= 750, "at most 150 visible characters");
}

#[test]
fn a_long_body_is_kept_and_a_cut_one_says_so() {
    let mut letter = one();
    letter.entries[0].body = "ü".repeat(8 * 1024);
    let words_of_all = words(&letter);
    assert!(words_of_all.html.contains(&"ü".repeat(8 * 1024)));
    assert!(!words_of_all.text.contains("(shortened)"));
    letter.entries[0].cut = true;
    let cut = words(&letter);
    assert!(cut.text.contains("ü…\n> (shortened)") && cut.html.contains("ü… (shortened)"));
}

#[test]
fn a_digest_never_grows_beyond_256_kb_and_counts_what_it_leaves_out() {
    let mut letter = letter();
    let entry = letter.entries[0].clone();
    letter.entries = vec![entry; 200];
    for (number, entry) in letter.entries.iter_mut().enumerate() {
        (entry.conversation, entry.body) = (number.to_string().into(), "\"&\"".repeat(5_000));
    }
    let words = words(&letter);
    let bytes = words.subject.len() + words.text.len() + words.html.len();
    assert!(bytes <= 256 * 1024, "{bytes}");
    let shown = words.text.matches("Open the conversation:").count();
    assert!(shown >= 50, "{shown}");
    assert!(words.text.contains("(shortened)"));
    assert!(words.text.contains(&format!("\nAnd {} more conversations.", 200 - shown)), "{shown} shown");
    assert!(words.subject.starts_with("200 conversations"));
}

#[test]
fn our_own_lines_of_the_text_part_fit_into_72_columns() {
    let mut letter = letter();
    letter.more = 2;
    let long = |line: &&str| line.chars().count() > 72 && !line.contains("https://");
    let text = words(&letter).text;
    assert_eq!(text.lines().find(long), None);
    assert!(!text.contains("\n\n\n") && !text.contains('<'), "{text}");
}

#[test]
fn the_html_loads_nothing_from_elsewhere() {
    let mut letter = letter();
    letter.entries[0].sender_image = Some("https://images.example.com/tom.png".into());
    let html = words(&letter).html;
    for remote in ["<img", "<link", "<script", "url(", "@import", "images.example.com"] {
        assert!(!html.contains(remote), "{remote}");
    }
    assert_eq!(html.matches("<table").count(), html.matches("<table role=\"presentation\"").count());
}

#[test]
fn every_colour_of_letters_stands_out_from_what_is_behind_it() {
    let luminance = |colour: u32| {
        let part = |shift: u32| {
            let value = f64::from((colour >> shift) & 0xff) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0)
    };
    let files: String = embedded().map(|(_, text)| text).collect();
    let source = files + include_str!("../src/render/labels.rs");
    // letters, ground
    let pairs = [
        (0x0018_181b, 0x00ff_ffff),
        (0x0063_636b, 0x00ff_ffff),
        (0x0063_636b, 0x00f4_f4f6),
        (0x0027_272a, 0x00f6_f6f8),
        (0x0043_38ca, 0x00f6_f6f8),
        (0x0037_30a3, 0x00ec_eafd),
        (0x00f4_f4f5, 0x0018_181b),
        (0x00a1_a1aa, 0x0018_181b),
        (0x00a1_a1aa, 0x000e_0e10),
        (0x00e4_e4e7, 0x0023_2327),
        (0x00a5_b4fc, 0x0023_2327),
        (0x00e0_e7ff, 0x0031_2e81),
        (0x00ff_ffff, 0x005b_5bd6),
        (0x00ff_ffff, 0x000b_7285),
        (0x00ff_ffff, 0x00a8_328c),
        (0x00ff_ffff, 0x00a8_4e0b),
        (0x00ff_ffff, 0x002b_7a3d),
        (0x00ff_ffff, 0x00b5_344f),
    ];
    for (letters, ground) in pairs {
        for colour in [letters, ground] {
            assert!(colour == 0x00ff_ffff || source.contains(&format!("#{colour:06x}")), "#{colour:06x} is not used");
        }
        let (one, other) = (luminance(letters), luminance(ground));
        let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
        assert!(contrast >= 4.5, "#{letters:06x} on #{ground:06x}: {contrast:.2}");
    }
}

#[test]
fn a_set_of_ones_own_is_used_by_its_name() {
    let own = folder(&[
        ("night.subject.hbs", "{{count}} at {{desk}}"),
        ("night.txt.hbs", "{{#each conversations as |it|}}{{it.sender_name}} {{@index}} {{../desk}}\n{{/each}}"),
        ("night.html.hbs", "{{#each conversations}}{{> _line}}{{/each}}{{conversations.[0].why}}"),
        ("_line.html.hbs", "<p>{{lookup this \"number\"}} {{rich message}}</p>"),
        ("notes.md", "not a template {{nonsense}}"),
    ]);
    let templates = Templates::load(Some(own.path()), &["night", ""]).unwrap();
    assert_eq!(templates.sets().collect::<Vec<_>>(), ["digest", "night"]);
    let words = templates.render("night", &one()).unwrap();
    assert_eq!(words.subject, "1 at Northwind Support");
    assert_eq!(words.text, "Tom Becker 0 Northwind Support\n");
    assert!(words.html.starts_with("<p>#1042 Guten Morgen,<br>\n<br>\n"), "{}", words.html);
    assert!(words.html.ends_with("you are assigned"));
    assert!(templates.render("", &one()).unwrap().subject.starts_with("Tom Becker waits"));
    let error = templates.render("nigth", &one()).unwrap_err();
    assert_eq!(error.to_string(), "the template set \"nigth\" is not loaded; name one of digest, night");
}

/// A set in German beside the embedded one, with a title for notifications.
const GERMAN: [(&str, &str); 4] = [
    ("digest.de.subject.hbs", "{{total}} offen, seit {{oldest}}"),
    ("digest.de.txt.hbs", "{{#each conversations}}{{sender_name}} wartet seit {{since}} ({{waiting}})\n{{/each}}"),
    ("digest.de.html.hbs", "<p>{{sender_name}} wartet</p>"),
    ("digest.de.title.hbs", "{{sender_name}} wartet auf Antwort"),
];

fn reading(language: &str, mut letter: Letter) -> Letter {
    letter.language = Language::parse(language);
    letter
}

#[test]
fn everybody_reads_the_set_in_their_language_and_others_the_one_without() {
    let own = folder(&GERMAN);
    let templates = Templates::load(Some(own.path()), &[]).unwrap();
    let words = |letter: &Letter| templates.render("", letter).unwrap();
    let german = words(&reading("de-AT", one()));
    assert_eq!(german.subject, "1 offen, seit 09:14");
    assert_eq!(german.text, "Tom Becker wartet seit 2026-03-02 09:14 CET (3 h 20 min)\n");
    for other in ["fr", "en-GB", "nds"] {
        assert_eq!(words(&reading(other, one())), words(&one()), "{other}");
    }
    let named = templates.render("digest.de", &one()).unwrap();
    assert_eq!(named, german);
}

#[test]
fn a_notification_has_the_title_of_its_readers_language() {
    let own = folder(&GERMAN);
    let templates = Templates::load(Some(own.path()), &[]).unwrap();
    let title = |letter| templates.note(&letter).unwrap().title;
    assert_eq!(title(reading("de", one())), "Tom Becker wartet auf Antwort");
    assert_eq!(title(one()), "Tom Becker waits for an answer");
    let untitled = folder(&GERMAN[..3]);
    let templates = Templates::load(Some(untitled.path()), &[]).unwrap();
    assert_eq!(templates.note(&reading("de", one())).unwrap().title, "Tom Becker waits for an answer");
}

#[test]
fn a_title_is_one_clean_line_of_at_most_120_characters() {
    let own = folder(&[("digest.title.hbs", "\n {{sender_name}}\n{{message}} ")]);
    let templates = Templates::load(Some(own.path()), &[]).unwrap();
    let mut letter = one();
    letter.entries[0].body = "a\u{202e}b\nc ".repeat(80);
    let title = templates.note(&letter).unwrap().title;
    assert!(title.starts_with("Tom Becker ab c ab c") && title.ends_with('…'), "{title}");
    // a blank before the cut goes as well
    assert!((119..=120).contains(&title.chars().count()), "{title}");
    // an empty title would say nothing
    let own = folder(&[("digest.title.hbs", "{{#if unread}}unread{{/if}}")]);
    let templates = Templates::load(Some(own.path()), &[]).unwrap();
    assert_eq!(templates.note(&one()).unwrap().title, "Tom Becker waits for an answer");
}

#[test]
fn a_set_in_a_language_is_proven_like_any_other() {
    let own = folder(&GERMAN[..2]);
    let place = own.path().display();
    let error = Templates::load(Some(own.path()), &[]).unwrap_err().to_string();
    let expected =
        format!("template digest.de.html.hbs: the set \"digest.de\" needs it, and the folder {place} has no such file");
    assert!(error.starts_with(&expected), "{error}");
    let error = |files: &[(&str, &str)]| {
        let own = folder(files);
        Templates::load(Some(own.path()), &[]).unwrap_err().to_string()
    };
    let parts = |set: &str| ["subject", "txt", "html"].map(|part| (format!("{set}.{part}.hbs"), "x".to_owned()));
    let without = parts("short.de");
    let without: Vec<(&str, &str)> = without.iter().map(|(name, text)| (&**name, &**text)).collect();
    assert!(
        error(&without).starts_with("template short.subject.hbs: the set \"short\" needs it"),
        "{}",
        error(&without)
    );
    assert!(error(&[("digest.German.txt.hbs", "x")]).contains("\"German\" is not a language as file names have it"));
    assert!(error(&[("digest.de-AT.txt.hbs", "x")]).contains("\"de-AT\" is not a language as file names have it"));
    assert!(error(&[("_foot.de.txt.hbs", "x")]).contains("a partial has no language"));
    let titled = error(&[("digest.title.hbs", "{{titel}}")]);
    assert!(titled.starts_with("template digest.title.hbs, line 1: unknown field \"titel\""), "{titled}");
}

#[test]
fn a_file_of_ones_own_replaces_the_embedded_one() {
    let own = folder(&[("digest.subject.hbs", "{{recipient_name}}: {{total}}")]);
    let words = Templates::load(Some(own.path()), &[]).unwrap().render("digest", &letter()).unwrap();
    assert_eq!(words.subject, "Ada Lindqvist: 4");
    assert!(words.text.contains("Tom Becker"));
}

#[test]
fn b7_templates_in_single_braces_are_understood() {
    let own = folder(&[
        ("digest.subject.hbs", "{sender_name} wrote in {conversation_id}"),
        ("digest.txt.hbs", "Hi {recipient_name},\n{message}\n{attachments}\n{conversation_link}\n"),
        (
            "digest.html.hbs",
            "Hi {recipient_name},\n{sender_name} wrote:\n{message}\n{attachments}\n{conversation_link}",
        ),
    ]);
    let mut letter = one();
    letter.entries[0].body = "a <b>\nhttps://example.com.".into();
    let words = Templates::load(Some(own.path()), &[]).unwrap().render("digest", &letter).unwrap();
    insta::assert_snapshot!(whole(&words));
}

#[test]
fn b7_templates_in_single_braces_serve_the_contact_as_well() {
    let fields = "{recipient_name}|{sender_name}|{sender_profile_image}|{message}|{attachments}|{conversation_id}|\n\
                  {conversation_link}|";
    let own = folder(&[
        ("digest.subject.hbs", "{sender_name} wrote to {recipient_name}"),
        ("digest.txt.hbs", fields),
        ("digest.html.hbs", fields),
    ]);
    let templates = Templates::load(Some(own.path()), &[]).unwrap();
    let mut letter = contact();
    letter.entries[0].sender_image = Some("https://images.example.com/ada.png".into());
    letter.entries[0].body = "liegt bei".into();
    letter.entries[0].link = None;
    let words = templates.render("digest", &letter).unwrap();
    assert_eq!(words.subject, "Ada Lindqvist wrote to Tom Becker");
    assert_eq!(
        words.text,
        "Tom Becker|Ada Lindqvist|https://images.example.com/ada.png|> liegt bei|- Rechnung 2026-0219.pdf (82 KB)\n  \
         https://desk.example.com/files/8131/rechnung-2026-0219.pdf|1042|\n|"
    );
    assert!(words.html.ends_with("|1042|<br>\n|"), "{}", words.html);
    letter.entries[0].link = Some("https://www.example.com/#chat".into());
    let words = templates.render("digest", &letter).unwrap();
    assert!(words.text.ends_with("|\nhttps://www.example.com/#chat|"), "{}", words.text);
}

#[test]
fn the_exported_files_load_as_they_are() {
    let own = tempfile::tempdir().unwrap();
    for (name, text) in embedded() {
        fs::write(own.path().join(name), text).unwrap();
    }
    assert_eq!(Templates::load(Some(own.path()), &["digest"]).unwrap().sets().collect::<Vec<_>>(), ["digest"]);
}

#[test]
fn a_set_that_is_not_complete_is_refused() {
    let error = Templates::load(None, &["night"]).unwrap_err().to_string();
    assert_eq!(
        error,
        "template night.subject.hbs: the set \"night\" needs it, and no templates.folder is set; write a complete set \
         to start from with `doorbell templates export DIR`, or name the set \"digest\""
    );
    let own = folder(&[("digets.txt.hbs", "x")]);
    let error = Templates::load(Some(own.path()), &[]).unwrap_err();
    assert_eq!((error.file.as_str(), error.line), ("digets.subject.hbs", None));
    assert!(error.reason.contains(&own.path().file_name().unwrap().to_string_lossy().into_owned()), "{error}");
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for set in ["../etc/passwd", "Night", "a b", "a/b", "_line", "ä"] {
        let error = Templates::load(None, &[set]).unwrap_err();
        assert!(error.remedy.contains("a-z, 0-9"), "{error}");
    }
    refused(
        &[("Digest.txt.hbs", "x")],
        "template Digest.txt.hbs: \"Digest\" is not a name for templates; name it NAME.subject.hbs, NAME.txt.hbs, \
         NAME.html.hbs and perhaps NAME.title.hbs, in German NAME.de.subject.hbs and so on, or _NAME.txt.hbs and \
         _NAME.html.hbs for partials; NAME is made of a-z, 0-9, - and _",
    );
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_refused() {
    let elsewhere = folder(&[("secret", "x")]);
    let own = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(elsewhere.path().join("secret"), own.path().join("digest.txt.hbs")).unwrap();
    let error = Templates::load(Some(own.path()), &[]).unwrap_err();
    assert_eq!(error.reason, "it is a link that leads out of the folder");
}

#[test]
fn a_folder_that_is_not_there_is_refused() {
    let error = Templates::load(Some("nowhere/at/all".as_ref()), &[]).unwrap_err().to_string();
    assert!(error.starts_with("template nowhere/at/all: the folder cannot be read: No such file"), "{error}");
}

#[test]
fn a_misspelt_field_is_answered_with_the_right_one() {
    refused(
        &[("digest.txt.hbs", "Hello\n{{recipent_name}}")],
        "template digest.txt.hbs, line 2: unknown field \"recipent_name\"; did you mean \"recipient_name\"?",
    );
    refused(
        &[("digest.txt.hbs", "x\n\n{{#if mesage}}x{{/if}}")],
        "template digest.txt.hbs, line 3: unknown field \"mesage\"; did you mean \"message\"?",
    );
    refused(
        &[("_card.html.hbs", "{{#each conversations}}\n{{#unless (eq watsch 1)}}x{{/unless}}{{/each}}")],
        "template _card.html.hbs, line 2: unknown field \"watsch\"; did you mean \"watch\"?",
    );
    refused(
        &[("digest.txt.hbs", "{{@indx}}")],
        "template digest.txt.hbs, line 1: unknown name \"@indx\"; in {{#each}} there are @index, @first and @last",
    );
}

#[test]
fn a_field_in_the_wrong_place_is_found_by_rendering_samples() {
    let own = folder(&[("digest.txt.hbs", "Hello\n{{tint}}")]);
    let error = Templates::load(Some(own.path()), &[]).unwrap_err();
    assert_eq!(error.file, "digest.txt.hbs");
    assert!(error.reason.contains("it fails with a sample (one conversation)"), "{error}");
    assert!(error.reason.contains("line 2") && error.reason.contains("tint"), "{error}");
}

#[test]
fn what_is_empty_for_some_letters_is_refused() {
    refused(
        &[("digest.subject.hbs", "{{title}}")],
        "template digest.subject.hbs: it is empty for a sample (a conversation without number, subject, link and \
         sender); write something that is always there",
    );
}

#[test]
fn unknown_helpers_and_partials_are_answered_with_the_right_ones() {
    refused(
        &[("digest.txt.hbs", "{{qoute message}}")],
        "template digest.txt.hbs, line 1: unknown helper \"qoute\"; what can stand there is rich, files, quote, \
         lookup, len, eq, ne, gt, gte, lt, lte, and, or, not",
    );
    refused(
        &[("digest.txt.hbs", "{{#iff message}}x{{/iff}}")],
        "template digest.txt.hbs, line 1: unknown helper \"iff\"; did you mean \"if\"?",
    );
    refused(
        &[("digest.txt.hbs", "a\n{{> _crad}}"), ("_card.html.hbs", "x")],
        "template digest.txt.hbs, line 2: unknown partial \"_crad\"; partials are files named _NAME.txt.hbs or \
         _NAME.html.hbs",
    );
    refused(
        &[("digest.txt.hbs", "{{> _conversaton}}"), ("_conversation.txt.hbs", "x")],
        "template digest.txt.hbs, line 1: unknown partial \"_conversaton\"; did you mean \"_conversation\"?",
    );
}

#[test]
fn partials_that_include_each_other_are_refused_before_they_overflow_the_stack() {
    refused(
        &[("_a.txt.hbs", "x\n{{> _b}}"), ("_b.txt.hbs", "{{#if desk}}{{> _a}}{{/if}}")],
        "template _a.txt.hbs, line 2: partials include each other: _a -> _b -> _a; take one of them out",
    );
    refused(
        &[("_a.html.hbs", "{{> _a}}")],
        "template _a.html.hbs, line 1: partials include each other: _a -> _a; take one of them out",
    );
}

#[test]
fn output_without_escaping_is_refused() {
    for wrong in ["{{{message}}}", "{{& message}}", "{{#if count}}{{{message}}}{{/if}}"] {
        refused(
            &[("digest.html.hbs", &format!("<p>\n{wrong}</p>"))],
            "template digest.html.hbs, line 2: three braces or {{& write what strangers sent without escaping; use two \
             braces, or {{rich message}} for a message with breaks and links",
        );
    }
}

#[test]
fn broken_braces_are_refused_with_their_line() {
    let own = folder(&[("digest.txt.hbs", "Hello\n{{#if message}}\nx")]);
    let error = Templates::load(Some(own.path()), &[]).unwrap_err();
    assert_eq!((error.file.as_str(), error.line.is_some()), ("digest.txt.hbs", true), "{error}");
    let own = folder(&[("digest.txt.hbs", "Hello\n{{#if message}}x{{/unless}}")]);
    let error = Templates::load(Some(own.path()), &[]).unwrap_err();
    assert_eq!(error.line, Some(2), "{error}");
    assert!(!error.to_string().contains('\n'), "{error}");
}

#[test]
fn what_would_exhaust_the_parser_is_refused() {
    let blocks = "{{#if desk}}".repeat(9_000) + &"{{/if}}".repeat(9_000);
    let chain = "{{#if desk}}".to_owned() + &"{{else if desk}}".repeat(9_000) + "{{/if}}";
    let brackets = "{{#if ".to_owned() + &"(not ".repeat(9_000) + "desk" + &")".repeat(9_000) + "}}{{/if}}";
    for deep in [blocks, chain, brackets] {
        let own = folder(&[("digest.txt.hbs", &deep)]);
        let error = Templates::load(Some(own.path()), &[]).unwrap_err();
        assert_eq!(error.reason, "more than 32 blocks or brackets inside one another");
    }
    let own = folder(&[("digest.txt.hbs", &"x".repeat(300 * 1024))]);
    let error = Templates::load(Some(own.path()), &[]).unwrap_err();
    assert_eq!(error.reason, "it has 307200 bytes, and a template has at most 262144");
}

#[test]
fn inline_partials_are_refused() {
    refused(
        &[("digest.txt.hbs", "{{#*inline \"a\"}}x{{/inline}}")],
        "template digest.txt.hbs, line 1: inline partials and partial blocks are not known here; write a file \
         _NAME.html.hbs or _NAME.txt.hbs and {{> _NAME}}",
    );
}

#[test]
fn loops_that_would_never_end_are_refused() {
    let nested = |levels: usize| {
        let each = |level: usize| format!("{{{{#each {}conversations}}}}", "../".repeat(level));
        let open = (0..levels).map(each).collect::<Vec<_>>().concat();
        format!("{open}\n{{{{at}}}}{}", "{{/each}}".repeat(levels))
    };
    Templates::load(Some(folder(&[("digest.txt.hbs", &nested(2))]).path()), &[]).unwrap();
    refused(
        &[("digest.txt.hbs", &format!("a\n{}", nested(6)))],
        "template digest.txt.hbs, line 2: more than 2 loops inside one another; a letter has conversations, and each of \
         them files and earlier messages: write no more {{#each}} than that",
    );
    let part = nested(1);
    refused(
        &[("digest.txt.hbs", &nested(2).replace("{{at}}", "{{> _a}}")), ("_a.txt.hbs", &part)],
        "template _a.txt.hbs, line 1: more than 2 loops inside one another, with those around it; a letter has \
         conversations, and each of them files and earlier messages: write no more {{#each}} than that",
    );
}
