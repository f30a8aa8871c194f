//! The behaviours U1 to U10 of an agents' desk with a desktop, a mobile and an email switch, under its example settings.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod office;
mod servers;
mod shift;

use std::collections::BTreeSet;

use doorbell::model::{Channel, RecipientId};
use office::{Office, instant};
use servers::{Act, At, SmtpServer, Tls};
use shift::{Shift, hold_on_postgresql_too};
use unicode_segmentation::UnicodeSegmentation;

const NINE: &str = "2026-03-02T09:00:00Z";
const NINE_FIVE: &str = "2026-03-02T09:05:00Z";
const NINE_TEN: &str = "2026-03-02T09:10:00Z";
const AGENTS: [&str; 3] = ["ada", "bob", "cy"];

/// Ada, Bob and Cy, each with a phone and a browser; at nine Tom asks something that nobody is assigned to.
fn office() -> Office {
    let mut office = Office::new();
    for agent in AGENTS {
        office.agent(agent).device(agent, "fcm", &format!("phone of {agent}"));
        office.device(agent, "webpush", &format!("browser of {agent}"));
    }
    office.contact("tom").asks("c1", "hello?");
    office
}

/// A desk whose mail server answers so to the first recipients.
fn refusing(answer: &str, line: &str, times: usize) -> SmtpServer {
    SmtpServer::start(Tls::Never).times(At::Rcpt, line, Act::Say(format!("{answer}\r\n").into_bytes()), times)
}

fn shift(office: Office) -> Shift {
    Shift::example(office, "user-com")
}

/// Who was told by files of a channel, once for each device.
fn noted(shift: &Shift, channel: Channel) -> Vec<String> {
    shift.notes(channel).iter().map(|note| name(shift, note["recipient"].as_str().unwrap())).collect()
}

/// Whose feed has a row, in the order of the rows.
fn fed(shift: &Shift) -> Vec<String> {
    shift.feed().iter().map(|shown| name(shift, &shown.recipient)).collect()
}

/// "ada" for "agent:1".
fn name(shift: &Shift, recipient: &str) -> String {
    let is = |agent: &str| RecipientId::Agent(shift.office.agent_id(agent)).to_string() == recipient;
    AGENTS.into_iter().find(|agent| is(agent)).unwrap().to_owned()
}

fn mailed(shift: &mut Shift) -> Vec<String> {
    shift.told().iter().map(|address| address.split('@').next().unwrap().to_owned()).collect()
}

/// Whom an example's pass at `time` told: by desktop, by push and by email.
fn told(shift: &mut Shift, time: &str) -> [Vec<String>; 3] {
    shift.pass(time);
    [noted(shift, Channel::Desktop), noted(shift, Channel::Push), mailed(shift)]
}

/// How far an agent has read the conversation, as the desk has it.
fn cursor(shift: &Shift, agent: &str) -> Option<i64> {
    let sql = "SELECT last_seen_at FROM read_cursors WHERE reader_type = 'agent' AND reader_id = ?1";
    let read = shift.office.connection().query_row(sql, [shift.office.agent_id(agent).as_str()], |row| row.get(0));
    read.ok()
}

fn milliseconds(time: &str) -> i64 {
    instant(time).timestamp_millis()
}

#[test]
fn u1_each_category_is_switched_off_for_one_agent_and_nothing_else() {
    for (index, channel) in [Channel::Desktop, Channel::Push, Channel::Email].into_iter().enumerate() {
        let mut office = office();
        office.prefers("ada", "new_message", channel.word(), false);
        let told = told(&mut shift(office), NINE_FIVE);
        for (other, names) in told.iter().enumerate() {
            let expected = if other == index { &AGENTS[1..] } else { &AGENTS[..] };
            assert_eq!(names, expected, "{channel} is off");
        }
    }
}

#[test]
fn u1_without_a_switch_every_category_is_on() {
    assert_eq!(told(&mut shift(office()), NINE_FIVE), [AGENTS; 3]);
}

#[test]
fn u1_a_switch_counts_for_its_own_event_only() {
    let mut office = office();
    for channel in ["desktop", "push", "in_app"] {
        office.prefers("ada", "unread", channel, false).prefers("ada", "assigned", channel, false);
    }
    office.prefers("ada", "assigned", "email", false);
    assert_eq!(told(&mut shift(office), NINE_FIVE), [AGENTS; 3]);
}

#[test]
fn u2_a_new_message_reaches_every_browser_of_the_agent_and_the_tabs_that_are_open() {
    let mut office = office();
    office.device("ada", "webpush", "second browser of ada");
    let mut shift = shift(office);
    shift.pass("2026-03-02T09:01:00Z");
    assert_eq!(noted(&shift, Channel::Desktop), ["ada", "ada", "bob", "cy"]);
    let notes = shift.notes(Channel::Desktop);
    let tokens: BTreeSet<&str> = notes.iter().map(|note| note["device"]["token"].as_str().unwrap()).collect();
    assert!(tokens.contains("browser of ada") && tokens.contains("second browser of ada"), "{tokens:?}");
    assert_eq!(notes[0]["body"], "hello?");
    assert_eq!(fed(&shift), AGENTS);
    shift.pass("2026-03-02T09:02:00Z");
    assert_eq!((shift.notes(Channel::Desktop).len(), shift.feed().len()), (4, 3), "once");
}

#[test]
fn u2_nothing_appears_in_the_browser_while_the_desktop_switch_is_off() {
    let mut office = office();
    // one switch to the agent, two rows on the desk: corner and open tabs
    office.prefers("ada", "new_message", "desktop", false).prefers("ada", "new_message", "in_app", false);
    let mut shift = shift(office);
    shift.passes_every(1, NINE, NINE_TEN);
    assert_eq!(noted(&shift, Channel::Desktop), ["bob", "cy"]);
    assert_eq!(fed(&shift), ["bob", "cy"]);
    shift.office.at("2026-03-02T09:11:00Z").prefers("ada", "new_message", "desktop", true).asks("c1", "still there?");
    shift.pass("2026-03-02T09:11:00Z");
    assert!(noted(&shift, Channel::Desktop).contains(&"ada".to_owned()), "on again");
}

#[test]
fn u3_a_message_of_a_client_that_nobody_has_read_is_pushed_to_the_phones_of_everybody() {
    let mut office = office();
    office.device("ada", "apns", "second phone of ada");
    let mut shift = shift(office);
    shift.pass("2026-03-02T09:01:00Z");
    assert_eq!(noted(&shift, Channel::Push), ["ada", "ada", "bob", "cy"]);
    let notes = shift.notes(Channel::Push);
    let providers: BTreeSet<&str> = notes.iter().map(|note| note["device"]["provider"].as_str().unwrap()).collect();
    assert_eq!(providers, BTreeSet::from(["apns", "fcm"]));
    shift.pass("2026-03-02T09:02:00Z");
    assert_eq!(shift.notes(Channel::Push).len(), 4, "once");
}

#[test]
fn u3_what_any_agent_has_read_is_pushed_to_nobody() {
    let mut office = office();
    office.assign("c1", "ada").reads("bob", "c1");
    let mut shift = shift(office);
    shift.passes_every(1, NINE, NINE_TEN);
    assert!(noted(&shift, Channel::Push).is_empty());
    shift.office.at("2026-03-02T09:11:00Z").asks("c1", "still there?");
    shift.pass("2026-03-02T09:11:00Z");
    assert_eq!(noted(&shift, Channel::Push), AGENTS, "a newer message that nobody has read");
}

#[test]
fn u3_what_was_not_sent_by_a_client_is_pushed_to_nobody() {
    let mut office = office();
    office.replies("ada", "c1", "yes?").later(1).notes("bob", "c1", "a regular").bot_says("c1", "anything else?");
    office.system_says("c1", "moved to sales").replies("cy", "c1", "and?");
    office.bot_says("c2", "welcome").system_says("c2", "opened").notes("bob", "c2", "a regular").assign("c2", "ada");
    let mut shift = shift(office);
    shift.passes_every(1, NINE, NINE_TEN);
    assert_eq!(shift.states(), Vec::<String>::new());
}

#[test]
fn u4_a_push_holds_at_most_500_whole_characters_however_long_the_message_is() {
    for character in ["a", "ü", "👨\u{200d}👩\u{200d}👧\u{200d}👦", "🇩🇪", "e\u{301}", "👍🏽"] {
        for (written, whole) in [(500, true), (501, false), (5_000, false)] {
            let mut office = Office::new();
            office.agent("ada").device("ada", "apns", "phone").contact("tom").asks("c1", &character.repeat(written));
            let mut shift = shift(office);
            shift.pass("2026-03-02T09:01:00Z");
            let body = shift.notes(Channel::Push)[0]["body"].as_str().unwrap().to_owned();
            let expected = if whole { character.repeat(500) } else { format!("{}…", character.repeat(499)) };
            assert!(body.graphemes(true).count() <= 500, "{character} {written} times");
            assert!(body == expected, "{character} {written} times: {body}");
        }
    }
}

#[test]
fn u5_a_push_does_not_change_what_is_read() {
    let mut office = office();
    office.assign("c1", "ada");
    let mut shift = shift(office);
    shift.pass(NINE);
    let mailed = Some(milliseconds(NINE));
    assert_eq!((AGENTS.map(|agent| cursor(&shift, agent)), unread_since(&shift)), ([mailed; 3], None));
    shift.office.at("2026-03-02T09:01:00Z").asks("c1", "still there?");
    shift.passes_every(1, "2026-03-02T09:01:00Z", "2026-03-02T09:04:00Z");
    for channel in [Channel::Push, Channel::Desktop] {
        assert_eq!(shift.notes(channel).len(), 6, "each agent twice by {channel}");
    }
    assert_eq!(AGENTS.map(|agent| cursor(&shift, agent)), [mailed; 3]);
    assert_eq!(unread_since(&shift), Some(milliseconds("2026-03-02T09:01:00Z")));
}

/// Since when the desk has the conversation as unread.
fn unread_since(shift: &Shift) -> Option<i64> {
    let sql = "SELECT unread_since FROM conversations WHERE id = ?1";
    let id = shift.office.conversation_id("c1");
    shift.office.connection().query_row(sql, [id.as_str()], |row| row.get(0)).unwrap()
}

#[test]
fn u6_a_mail_needs_both_switches_of_the_agent() {
    for (conversations, reminder, hears) in
        [(true, true, true), (true, false, false), (false, true, false), (false, false, false)]
    {
        let mut office = office();
        office.assign("c1", "ada").scope("bob", "new_message", "email", "mine", None);
        office.prefers("cy", "new_message", "email", false);
        office.prefers("ada", "new_message", "email", conversations).prefers("ada", "unread", "email", reminder);
        let mut shift = shift(office);
        let told = shift.passes_every(1, NINE, NINE_TEN);
        assert_eq!(told.len(), usize::from(hears), "{conversations} and {reminder}");
        assert_eq!(noted(&shift, Channel::Push), AGENTS, "the switches of the mails are theirs alone");
    }
}

#[test]
fn u7_unread_messages_are_looked_for_every_five_minutes() {
    let mut shift = shift(office());
    shift.passes_every(1, NINE, "2026-03-02T09:01:00Z");
    shift.office.at("2026-03-02T09:01:30Z").asks("c2", "me too");
    for (from, to, mails) in [
        ("2026-03-02T09:02:00Z", "2026-03-02T09:04:00Z", 0),
        (NINE_FIVE, NINE_FIVE, 3),
        ("2026-03-02T09:06:00Z", "2026-03-02T09:30:00Z", 0),
    ] {
        assert_eq!(shift.passes_every(1, from, to).len(), mails, "{from} to {to}");
    }
    shift.office.at("2026-03-02T09:30:10Z").asks("c2", "still there?");
    assert_eq!(shift.passes_every(1, "2026-03-02T09:31:00Z", "2026-03-02T09:34:00Z").len(), 0);
    assert_eq!(shift.passes_every(1, "2026-03-02T09:35:00Z", "2026-03-02T09:35:00Z").len(), 3);
}

#[test]
fn u8_another_agents_reading_does_not_silence_the_assignee() {
    let mut office = office();
    office.assign("c1", "ada").later(1).reads("bob", "c1");
    let mut shift = shift(office);
    shift.pass(NINE_FIVE);
    assert_eq!(mailed(&mut shift), ["ada", "cy"], "whoever has read it need not hear of it");
}

#[test]
fn u8_a_conversation_that_its_assignee_has_read_is_read_for_everybody() {
    let mut office = office();
    office.assign("c1", "ada").later(1).reads("ada", "c1");
    let mut shift = shift(office);
    assert_eq!(shift.passes_every(1, NINE_FIVE, NINE_TEN), []);
    assert_eq!(shift.states(), Vec::<String>::new());
}

#[test]
fn u8_an_unassigned_conversation_that_one_agent_has_read_is_told_to_the_others() {
    let mut office = office();
    office.later(1).reads("bob", "c1");
    let mut shift = shift(office);
    shift.pass(NINE_FIVE);
    assert_eq!(mailed(&mut shift), ["ada", "cy"]);
}

#[test]
fn u9_a_conversation_is_marked_as_read_for_the_agent_who_was_mailed_about_it() {
    let mut office = office();
    office
        .assign("c1", "ada")
        .scope("bob", "unread", "email", "mine", None)
        .at("2026-03-02T09:02:00Z")
        .asks("c1", "hm?");
    let mut shift = shift(office);
    shift.pass(NINE_FIVE);
    assert_eq!(mailed(&mut shift), ["ada", "cy"]);
    let read_up_to = Some(milliseconds("2026-03-02T09:02:00Z"));
    assert_eq!(AGENTS.map(|agent| cursor(&shift, agent)), [read_up_to, None, read_up_to]);
    assert_eq!(unread_since(&shift), None);
}

#[test]
fn u9_what_comes_after_the_mail_is_unread_again() {
    let mut office = office();
    office.assign("c1", "ada");
    let mut shift = shift(office);
    shift.pass(NINE_FIVE);
    assert_eq!(mailed(&mut shift), AGENTS);
    shift.office.at("2026-03-02T09:06:00Z").asks("c1", "still there?");
    assert_eq!(unread_since(&shift), Some(milliseconds("2026-03-02T09:06:00Z")));
    let mails = shift.passes_every(1, "2026-03-02T09:07:00Z", NINE_TEN);
    assert_eq!(mails.len(), 3);
    assert!(mails[0].text.contains("still there?") && !mails[0].text.contains("hello?"), "{}", mails[0].text);
}

#[test]
fn u9_nothing_is_marked_as_read_before_its_mail_is_sent() {
    let mut office = office();
    office.assign("c1", "ada");
    for agent in ["bob", "cy"] {
        office.prefers(agent, "unread", "email", false);
    }
    let mut shift = Shift::example_by(office, refusing("451 4.3.0 later", "", 1), "user-com", "");
    assert_eq!(shift.pass(NINE_FIVE).retried, 1);
    assert_eq!((cursor(&shift, "ada"), unread_since(&shift)), (None, Some(milliseconds(NINE))));
    assert_eq!(shift.passes_every(1, "2026-03-02T09:06:00Z", NINE_TEN).len(), 1);
    assert_eq!((cursor(&shift, "ada"), unread_since(&shift)), (Some(milliseconds(NINE)), None));
}

#[test]
fn u9_a_mail_that_never_arrives_marks_nothing() {
    let mut office = office();
    office.email("ada", Some("ada@gone.example"));
    let mut shift = Shift::example_by(office, refusing("550 5.1.1 no such user", "gone.example", 9), "user-com", "");
    shift.passes_every(1, NINE_FIVE, NINE_TEN);
    let read_up_to = Some(milliseconds(NINE));
    assert_eq!(AGENTS.map(|agent| cursor(&shift, agent)), [None, read_up_to, read_up_to]);
}

#[test]
fn u9_the_assignees_mail_takes_no_news_from_the_others_of_the_same_pass() {
    let mut office = office();
    office.assign("c1", "ada");
    for number in 0..40 {
        let name = format!("agent{number}");
        office.agent(&name).device(&name, "fcm", "phone").device(&name, "webpush", "browser");
    }
    let mut shift = shift(office);
    let report = shift.pass(NINE_FIVE);
    assert_eq!(report.suppressed, 0, "{report:?}");
    assert_eq!((shift.told().len(), shift.notes(Channel::Push).len()), (43, 43));
    assert_eq!((shift.notes(Channel::Desktop).len(), shift.feed().len()), (43, 43));
}

#[test]
fn u9_without_the_setting_a_mail_marks_nothing() {
    let mut shift = Shift::example_with(office(), "user-com", "desk.mark_read_after_email = false");
    shift.pass(NINE_FIVE);
    assert_eq!((mailed(&mut shift).len(), cursor(&shift, "ada")), (3, None));
}

/// Three conversations: Ada's, Bob's, and one that nobody is assigned to.
fn three_conversations() -> Office {
    let mut office = office();
    office.assign("c1", "ada").asks("c2", "me too").assign("c2", "bob").asks("c3", "and me");
    office
}

/// Which of the three conversations Ada heard of by a channel.
fn heard_by_ada(shift: &mut Shift, channel: Channel) -> Vec<&'static str> {
    shift.pass(NINE_FIVE);
    let ada = RecipientId::Agent(shift.office.agent_id("ada"));
    let ledger = shift.ledger();
    let heard = |name: &&str| {
        let mut tellings = ledger.tellings(&shift.office.conversation_id(name)).unwrap().into_iter();
        tellings.any(|it| it.recipient == ada.to_string() && it.channel == channel.word() && it.state == "sent")
    };
    ["c1", "c2", "c3"].into_iter().filter(heard).collect()
}

#[test]
fn u10_an_agent_hears_of_all_conversations_or_only_of_their_own_and_of_unassigned_ones_or_not() {
    for (scope, unassigned, expected) in [
        ("all", None, &["c1", "c2", "c3"][..]),
        ("all", Some(true), &["c1", "c2", "c3"]),
        ("all", Some(false), &["c1", "c2"]),
        ("mine", Some(true), &["c1", "c3"]),
        ("mine", Some(false), &["c1"]),
    ] {
        for (event, channel) in [
            ("new_message", Channel::Desktop),
            ("new_message", Channel::Push),
            ("new_message", Channel::Email),
            ("unread", Channel::Email),
        ] {
            let mut office = three_conversations();
            office.scope("ada", event, channel.word(), scope, unassigned);
            let heard = heard_by_ada(&mut shift(office), channel);
            assert_eq!(heard, expected, "{event} by {channel}: {scope}, unassigned {unassigned:?}");
        }
    }
}

#[test]
fn u10_the_scope_of_one_agent_is_nobody_elses() {
    let mut office = three_conversations();
    office.scope("bob", "new_message", "email", "mine", Some(false));
    assert_eq!(heard_by_ada(&mut shift(office), Channel::Email), ["c1", "c2", "c3"]);
}

#[test]
fn all_of_this_holds_on_postgresql_too() {
    hold_on_postgresql_too(22, &[]);
}
