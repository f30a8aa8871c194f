//! A live chat desk with supervisors, as `examples/smart-it.toml` has it: whole passes over real rows.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod office;
mod servers;
mod shift;

use std::time::Duration;

use chrono::TimeDelta;
use doorbell::model::Channel;
use doorbell::pass::Order;
use office::{Office, instant};
use shift::{Shift, hold_on_postgresql_too};

/// A shift under the settings of an example: only paths and servers are the test's own.
fn example(office: Office, name: &str) -> Shift {
    let path = format!("{}/examples/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let mut settings: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    settings["desk"]["url"] = "sqlite:chat.db".into();
    for channel in Channel::ALL.map(Channel::word) {
        if let Some(outbox) = settings.get_mut(channel).and_then(|section| section.get_mut("outbox")) {
            *outbox = channel.into();
        }
    }
    let mut shift = Shift::under(office, &settings.to_string());
    shift.lose("desk");
    shift
}

/// Ada and Bob in first line, each with a browser; at nine Tom begins c1, which is offered to Ada.
fn office() -> Office {
    let mut office = Office::new();
    office.agent("ada").agent("bob").group("first line", &["ada", "bob"]);
    office.device("ada", "webpush", "browser of ada").device("bob", "webpush", "browser of bob");
    office.contact("tom").asks("c1", "my laptop is on fire").assign("c1", "ada").into_group("c1", "first line");
    office
}

/// What somebody does at the desk.
type Deed = fn(&mut Office);

/// Passes every minute, both ends included.
fn every_minute(shift: &mut Shift, from: &str, to: &str) {
    let (mut now, end) = (instant(from), instant(to));
    while now <= end {
        shift.pass_at(now, &Order::default());
        now += TimeDelta::minutes(1);
    }
}

/// What the browser showed: recipient, what happened and what was said, and the sound.
fn browser(shift: &Shift) -> Vec<(String, String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let notes = shift.notes(Channel::Desktop);
    let note = |note: &serde_json::Value| {
        (
            text(&note["recipient"]),
            format!("{}: {}", text(&note["title"]), text(&note["body"])),
            text(&note["sound"]["name"]),
        )
    };
    notes.iter().map(note).collect()
}

/// A row of the feed: recipient, kind, title, and the sound.
type Row = (String, String, String, Option<String>);

/// What stands in the feed.
fn bell(shift: &Shift) -> Vec<Row> {
    let sql = "SELECT recipient, kind, title, sound FROM in_app_notifications ORDER BY recipient, kind, id";
    shift.books.rows(sql).iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect()
}

/// The kinds in the feed of one agent, in alphabetical order.
fn kinds(shift: &Shift, agent: &str) -> Vec<String> {
    let id = format!("agent:{}", shift.office.agent_id(agent));
    bell(shift).into_iter().filter(|row| row.0 == id).map(|row| row.1).collect()
}

/// The last words about the deliveries of a conversation on a channel, oldest first.
fn words(shift: &Shift, conversation: &str, channel: Channel) -> Vec<String> {
    let tellings = shift.ledger().tellings(&shift.office.conversation_id(conversation)).unwrap();
    tellings.into_iter().filter(|telling| telling.channel == channel.word()).map(|telling| telling.words).collect()
}

// ---- M1

#[test]
fn m1_whoever_is_on_another_tab_or_in_another_program_hears_by_the_browser() {
    let acts: [(&str, Deed); 4] = [
        ("the console was closed", |office| {
            office.surface("ada", "console").leaves_surface("ada", "console");
        }),
        ("nothing was done in the console for three minutes", |office| {
            office.at("2026-03-02T08:58:00Z").surface("ada", "console");
        }),
        ("she looks at something else of the program", |office| {
            office.surface("ada", "dashboard");
        }),
        ("nobody knows where she is", |_| {}),
    ];
    for (why, act) in acts {
        let mut office = office();
        act(&mut office);
        let mut shift = example(office, "smart-it");
        every_minute(&mut shift, "2026-03-02T09:01:00Z", "2026-03-02T09:01:00Z");
        let told = ("agent:1".to_owned(), "New chat from Tom: my laptop is on fire".to_owned(), "incoming".to_owned());
        assert_eq!(browser(&shift).len(), 1, "{why}");
        let (recipient, words, _) = &browser(&shift)[0];
        assert_eq!((recipient, words), (&told.0, &told.1), "{why}");
    }
}

#[test]
fn m1_whoever_looks_at_the_console_or_at_the_chat_is_not_told_by_the_browser() {
    for surface in ["console", "conversation:c1"] {
        let mut office = office();
        office.surface("ada", surface);
        let mut shift = example(office, "smart-it");
        every_minute(&mut shift, "2026-03-02T09:00:30Z", "2026-03-02T09:01:30Z");
        assert_eq!(browser(&shift), [], "{surface}");
        // two minutes later she is not looking any more, and it still waits
        every_minute(&mut shift, "2026-03-02T09:03:00Z", "2026-03-02T09:05:00Z");
        assert_eq!(browser(&shift).len(), 1, "{surface}");
    }
}

#[test]
fn m1_in_the_console_but_in_another_chat_the_agent_hears_of_the_chats_she_does_not_look_at() {
    let mut office = office();
    office.replies("ada", "c1", "which one?").asks("c2", "hello?").replies("ada", "c2", "hello");
    office.assign("c2", "ada").at("2026-03-02T09:01:00Z").asks("c1", "the new one").asks("c2", "my mouse is gone");
    office.surface("ada", "console").surface("ada", "conversation:c2");
    let mut shift = example(office, "smart-it");
    every_minute(&mut shift, "2026-03-02T09:01:30Z", "2026-03-02T09:02:30Z");
    let told: Vec<String> = browser(&shift).into_iter().map(|note| note.1).collect();
    assert_eq!(told, ["New message from Tom: the new one"]);
    let shown: Vec<String> = shift.feed().into_iter().map(|row| row.body).collect();
    assert_eq!(shown, ["the new one"]);
}

// ---- M2

/// Bob's day so far: c1 is new, c2 goes on, c3 is passed on to him, and he is asked into c4.
fn four_events(office: &mut Office) {
    office.assign("c1", "bob");
    office.asks("c2", "hello?").assign("c2", "bob").replies("bob", "c2", "hello");
    office.asks("c3", "hello?").assign("c3", "ada").replies("ada", "c3", "hello").assign("c3", "bob");
    office.asks("c4", "hello?").assign("c4", "ada").replies("ada", "c4", "hello");
    office.at("2026-03-02T09:00:30Z").asks("c2", "one more thing");
    office.event("transferred", "c3", Some("ada"), Some("bob")).event("invited", "c4", Some("ada"), Some("bob"));
}

#[test]
fn m2_each_event_has_words_of_its_own_and_a_sound_when_out_of_view() {
    let mut office = office();
    four_events(&mut office);
    let mut shift = example(office, "smart-it");
    every_minute(&mut shift, "2026-03-02T09:01:00Z", "2026-03-02T09:03:00Z");
    let row = |kind: &str, title: &str, sound: &str| {
        ("agent:2".to_owned(), kind.to_owned(), title.to_owned(), Some(sound.to_owned()))
    };
    let expected = [
        row("first_message", "New chat from Tom", "incoming"),
        row("invited", "Ada asks you to join a chat with Tom", "incoming"),
        row("new_message", "New message from Tom", "message"),
        row("transferred", "A chat with Tom was transferred to you by Ada", "incoming"),
    ];
    assert_eq!(bell(&shift), expected);
    let sounds: Vec<String> = browser(&shift).into_iter().map(|note| note.2).collect();
    assert_eq!(sounds.len(), 4);
    assert!(sounds.iter().all(|sound| !sound.is_empty()), "{sounds:?}");
}

#[test]
fn m2_in_view_the_feed_makes_no_sound() {
    let mut office = office();
    four_events(&mut office);
    // in the console, but in a chat of his own: his notifications are seen without a sound
    office.asks("c5", "hi").replies("bob", "c5", "hi").surface("bob", "console").surface("bob", "conversation:c5");
    let mut shift = example(office, "smart-it");
    every_minute(&mut shift, "2026-03-02T09:01:00Z", "2026-03-02T09:01:00Z");
    let sounds: Vec<(String, Option<String>)> = bell(&shift).into_iter().map(|row| (row.1, row.3)).collect();
    let silent = |kind: &str| (kind.to_owned(), None);
    assert_eq!(sounds, ["first_message", "invited", "new_message", "transferred"].map(silent));
}

#[test]
fn m2_each_event_has_a_switch_of_its_own() {
    let events = ["first_message", "invited", "new_message", "transferred"];
    for off in events {
        let mut office = office();
        four_events(&mut office);
        office.prefers("bob", off, "in_app", false).prefers("bob", off, "desktop", false);
        let mut shift = example(office, "smart-it");
        every_minute(&mut shift, "2026-03-02T09:01:00Z", "2026-03-02T09:02:00Z");
        let left: Vec<&str> = events.into_iter().filter(|event| *event != off).collect();
        assert_eq!(kinds(&shift, "bob"), left, "{off} is off");
        let mut by_browser = shift.notes(Channel::Desktop);
        by_browser.retain(|note| note["recipient"] == "agent:2");
        let mut by_browser: Vec<&str> = by_browser.iter().map(|note| note["kind"].as_str().unwrap()).collect();
        by_browser.sort_unstable();
        assert_eq!(by_browser, left, "{off} is off");
    }
}

#[test]
fn m2_a_new_chat_that_nobody_has_taken_is_told_to_the_agents_of_its_group() {
    let mut office = office();
    office.agent("cy").unassign("c1");
    let mut shift = example(office, "smart-it");
    every_minute(&mut shift, "2026-03-02T09:01:00Z", "2026-03-02T09:02:00Z");
    let told: Vec<String> = bell(&shift).into_iter().map(|row| row.0).collect();
    assert_eq!(told, ["agent:1", "agent:2"]);
}

#[test]
fn m2_a_transfer_is_told_as_such_although_a_message_waits_in_the_same_chat() {
    let mut office = office();
    office.at("2026-03-02T09:00:30Z").assign("c1", "bob").event("transferred", "c1", Some("ada"), Some("bob"));
    let mut shift = example(office, "smart-it");
    every_minute(&mut shift, "2026-03-02T09:01:00Z", "2026-03-02T09:02:00Z");
    assert_eq!(kinds(&shift, "bob"), ["first_message", "transferred"]);
    let notes = shift.notes(Channel::Desktop);
    assert_eq!(notes.len(), 2);
    assert_ne!(notes[0]["collapse"], notes[1]["collapse"], "neither takes the place of the other");
}

// ---- M3, M4

/// Eve, Sam and the boss look after the agents; Ada asks for assistance in c1 a minute after nine.
fn assistance() -> Office {
    let mut office = office();
    office.replies("ada", "c1", "which one?").supervisor("eve").supervisor("sam").admin("boss");
    for name in ["eve", "sam", "boss"] {
        office.device(name, "webpush", &format!("browser of {name}"));
    }
    office.at("2026-03-02T09:01:00Z").event("assistance", "c1", Some("ada"), None);
    office
}

#[test]
fn m3_supervisors_who_are_not_on_the_dashboard_are_told_and_administrators_are_not() {
    let mut office = assistance();
    office.surface("eve", "dashboard").surface("sam", "console");
    let mut shift = example(office, "smart-it");
    every_minute(&mut shift, "2026-03-02T09:01:00Z", "2026-03-02T09:02:30Z");
    let rows = bell(&shift);
    assert_eq!(rows.len(), 1, "{rows:?}");
    let sam = format!("agent:{}", shift.office.agent_id("sam"));
    assert_eq!((&rows[0].0, rows[0].2.as_str()), (&sam, "Ada asks for assistance in a chat with Tom"));
    assert_eq!(browser(&shift).into_iter().map(|note| note.0).collect::<Vec<_>>(), [sam]);
    // she leaves the dashboard, and the flag is still up
    shift.office.at("2026-03-02T09:03:00Z").leaves_surface("eve", "dashboard");
    every_minute(&mut shift, "2026-03-02T09:03:00Z", "2026-03-02T09:04:00Z");
    assert_eq!((kinds(&shift, "eve").len(), kinds(&shift, "sam").len(), kinds(&shift, "boss").len()), (1, 1, 0));
}

#[test]
fn m4_a_request_that_was_taken_back_is_not_told() {
    let mut office = assistance();
    office.withdraw("assistance", "c1");
    let mut shift = example(office, "smart-it");
    every_minute(&mut shift, "2026-03-02T09:01:00Z", "2026-03-02T09:05:00Z");
    assert_eq!((bell(&shift).len(), browser(&shift).len()), (0, 0));
}

#[test]
fn m4_a_request_that_is_taken_back_between_the_scan_and_the_send_is_not_told_and_the_reason_is_kept() {
    let mut shift = example(assistance(), "smart-it");
    shift.pass_ordered("2026-03-02T09:01:10Z", &Order { budget: Duration::ZERO, ..Order::default() });
    assert_eq!(shift.states().len(), 4, "a note in the feed and one in the browser, for each of the two");
    shift.office.withdraw("assistance", "c1");
    every_minute(&mut shift, "2026-03-02T09:02:00Z", "2026-03-02T09:04:00Z");
    assert_eq!((bell(&shift).len(), browser(&shift).len()), (0, 0));
    for channel in [Channel::InApp, Channel::Desktop] {
        assert_eq!(words(&shift, "c1", channel), ["withdrawn", "withdrawn"], "{channel}");
    }
}

#[test]
fn m4_a_request_that_is_taken_back_while_the_supervisor_rests_is_not_told_in_the_morning() {
    let mut office = assistance();
    office.leaves("eve").quiet("sam", "UTC", "22:00", "10:00");
    let mut shift = example(office, "smart-it");
    every_minute(&mut shift, "2026-03-02T09:02:00Z", "2026-03-02T09:03:00Z");
    assert_eq!((shift.states_of(Channel::Desktop), bell(&shift).len()), (vec!["queued".to_owned()], 1));
    shift.office.withdraw("assistance", "c1");
    every_minute(&mut shift, "2026-03-02T09:59:00Z", "2026-03-02T10:01:00Z");
    assert_eq!((browser(&shift).len(), words(&shift, "c1", Channel::Desktop)), (0, vec!["withdrawn".to_owned()]));
}

// ---- M5

/// The kinds and titles of Ada's deadlines, in the order in which they were told.
fn deadlines(shift: &Shift) -> Vec<String> {
    let rows = shift.feed().into_iter().filter(|row| row.kind.starts_with("sla_"));
    rows.map(|row| format!("{} {}: {}", row.recipient, row.kind, row.title)).collect()
}

#[test]
fn m5_warning_and_breach_come_once_each_to_the_agent_who_works_the_chat() {
    let mut office = office();
    office.replies("ada", "c1", "which one?").deadline("c1", "resolution", "2026-03-02T15:30:00Z");
    let mut shift = example(office, "smart-it");
    every_minute(&mut shift, "2026-03-02T15:20:00Z", "2026-03-02T15:24:30Z");
    assert_eq!(deadlines(&shift), Vec::<String>::new());
    every_minute(&mut shift, "2026-03-02T15:25:00Z", "2026-03-02T15:26:00Z");
    assert_eq!(deadlines(&shift), ["agent:1 sla_warning: Solution for Tom is due at 09:30"], "in the zone of the desk");
    every_minute(&mut shift, "2026-03-02T15:30:00Z", "2026-03-02T16:00:00Z");
    assert_eq!(deadlines(&shift)[1..], ["agent:1 sla_breach: Solution for Tom was due at 09:30"]);
    let notes = shift.notes(Channel::Desktop);
    assert_eq!(notes.len(), 2);
    assert_eq!(notes[0]["collapse"], notes[1]["collapse"], "the breach takes the place of its warning");
}

#[test]
fn m5_two_targets_of_one_chat_are_told_each() {
    let mut office = office();
    office.replies("ada", "c1", "which one?");
    office.deadline("c1", "next_response", "2026-03-02T15:30:00Z").deadline("c1", "resolution", "2026-03-02T15:30:00Z");
    let mut shift = example(office, "smart-it");
    every_minute(&mut shift, "2026-03-02T15:20:00Z", "2026-03-02T15:40:00Z");
    let mut told = deadlines(&shift);
    told.sort();
    let expected = [
        "agent:1 sla_breach: Answer to Tom was due at 09:30",
        "agent:1 sla_breach: Solution for Tom was due at 09:30",
        "agent:1 sla_warning: Answer to Tom is due at 09:30",
        "agent:1 sla_warning: Solution for Tom is due at 09:30",
    ];
    assert_eq!(told, expected);
}

#[test]
fn m5_a_target_that_was_met_is_not_told_and_the_next_one_is() {
    let mut office = office();
    office.replies("ada", "c1", "which one?").deadline("c1", "next_response", "2026-03-02T15:30:00Z");
    let mut shift = example(office, "smart-it");
    every_minute(&mut shift, "2026-03-02T15:20:00Z", "2026-03-02T15:28:00Z");
    shift.office.meets("c1", "next_response");
    every_minute(&mut shift, "2026-03-02T15:29:00Z", "2026-03-02T15:40:00Z");
    assert_eq!(deadlines(&shift).len(), 1, "the warning alone: {:?}", deadlines(&shift));
    shift.office.deadline("c1", "next_response", "2026-03-02T16:00:00Z");
    every_minute(&mut shift, "2026-03-02T15:50:00Z", "2026-03-02T16:10:00Z");
    let told = deadlines(&shift);
    let expected = ["sla_warning: Answer to Tom is due at 10:00", "sla_breach: Answer to Tom was due at 10:00"];
    assert_eq!(told[1..], expected.map(|words| format!("agent:1 {words}")));
}

#[test]
fn m5_a_target_that_is_met_between_the_scan_and_the_send_is_not_told_and_the_reason_is_kept() {
    let mut office = office();
    office.replies("ada", "c1", "which one?").deadline("c1", "next_response", "2026-03-02T15:30:00Z");
    let mut shift = example(office, "smart-it");
    shift.pass_ordered("2026-03-02T15:30:00Z", &Order { budget: Duration::ZERO, ..Order::default() });
    shift.office.meets("c1", "next_response");
    every_minute(&mut shift, "2026-03-02T15:31:00Z", "2026-03-02T15:33:00Z");
    assert_eq!(deadlines(&shift), Vec::<String>::new());
    assert_eq!(words(&shift, "c1", Channel::InApp), ["target_met"]);
}

#[test]
fn m5_a_chat_that_waits_too_long_in_the_queue_is_told_to_the_agents_of_its_group() {
    let mut office = office();
    office.agent("cy").unassign("c1").deadline("c1", "queue_wait", "2026-03-02T09:20:00Z");
    let mut shift = example(office, "smart-it");
    every_minute(&mut shift, "2026-03-02T09:20:00Z", "2026-03-02T09:25:00Z");
    let expected = [1, 2].map(|id| format!("agent:{id} sla_breach: Tom has waited in the queue longer than agreed"));
    let mut told = deadlines(&shift);
    told.sort();
    assert_eq!(told, expected);
}

// ---- M6

#[test]
fn m6_a_request_that_the_end_user_cancels_is_told_once_although_the_chat_is_closed() {
    for (assigned, told) in [(true, &["agent:1"][..]), (false, &["agent:1", "agent:2"])] {
        let mut office = office();
        if !assigned {
            office.unassign("c1");
        }
        office.at("2026-03-02T09:00:30Z").event("cancelled", "c1", None, None).resolve("c1");
        let mut shift = example(office, "smart-it");
        every_minute(&mut shift, "2026-03-02T09:01:00Z", "2026-03-02T09:10:00Z");
        let rows: Vec<(String, String)> = bell(&shift).into_iter().map(|row| (row.0, row.2)).collect();
        let expected: Vec<(String, String)> =
            told.iter().map(|who| ((*who).to_owned(), "Tom gave up waiting".to_owned())).collect();
        assert_eq!(rows, expected);
        assert_eq!(shift.notes(Channel::Desktop).len(), told.len());
    }
}

#[test]
fn all_of_this_holds_on_postgresql_too() {
    hold_on_postgresql_too(18, &[]);
}
