//! A team inbox with a bell, browser notifications and four digests a day, as `examples/converso.toml` has it: whole
//! passes over real rows.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod office;
mod servers;
mod shift;

use chrono::TimeDelta;
use doorbell::model::Channel;
use doorbell::pass::Order;
use office::{Office, instant};
use servers::{SmtpServer, Tls};
use shift::{Shift, hold_on_postgresql_too};

/// A shift under the settings of an example: only paths and servers are the test's own.
fn example(office: Office, name: &str) -> Shift {
    let path = format!("{}/examples/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let mut settings: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let server = SmtpServer::start(Tls::Never);
    settings["desk"]["url"] = "sqlite:chat.db".into();
    let email = settings["email"].as_table_mut().unwrap();
    email.retain(|key, _| key == "from");
    email.insert("server".into(), format!("127.0.0.1:{}", server.port).into());
    email.insert("security".into(), "none".into());
    for channel in Channel::ALL.map(Channel::word) {
        if let Some(outbox) = settings.get_mut(channel).and_then(|section| section.get_mut("outbox")) {
            *outbox = channel.into();
        }
    }
    let mut shift = Shift::with(office, server, &settings.to_string());
    shift.lose("desk");
    shift
}

/// Ada and Bob work in support with a browser each, the boss runs the desk; Tom is a saved contact.
fn office() -> Office {
    let mut office = Office::new();
    office.agent("ada").agent("bob").admin("boss").group("support", &["ada", "bob", "boss"]);
    for name in ["ada", "bob", "boss"] {
        office.device(name, "webpush", &format!("browser of {name}"));
    }
    office.contact("tom");
    office
}

/// At nine Tom writes into c1, which is in support and belongs to nobody yet.
fn unassigned() -> Office {
    let mut office = office();
    office.asks("c1", "where is my order?").into_group("c1", "support");
    office
}

/// The same, assigned to Ada.
fn assigned() -> Office {
    let mut office = unassigned();
    office.assign("c1", "ada");
    office
}

/// Passes every minute, both ends included.
fn every_minute(shift: &mut Shift, from: &str, to: &str) {
    let (mut now, end) = (instant(from), instant(to));
    while now <= end {
        shift.pass_at(now, &Order::default());
        now += TimeDelta::minutes(1);
    }
}

/// Whom the browser told what.
fn browser(shift: &Shift) -> Vec<String> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let notes = shift.notes(Channel::Desktop);
    notes.iter().map(|note| format!("{} {}", text(&note["recipient"]), text(&note["title"]))).collect()
}

// ---- C1

#[test]
fn c1_a_chat_that_was_assigned_to_you_rings_the_bell_with_a_link() {
    let mut office = assigned();
    office.at("2026-03-02T09:00:30Z").event("assigned", "c1", Some("boss"), Some("ada"));
    let mut shift = example(office, "converso");
    every_minute(&mut shift, "2026-03-02T09:01:00Z", "2026-03-02T09:05:00Z");
    let feed = shift.feed();
    assert_eq!(feed.len(), 1, "{feed:?}");
    assert_eq!((feed[0].recipient.as_str(), feed[0].kind.as_str()), ("agent:1", "assigned"));
    assert_eq!(feed[0].title, "A chat with Tom was assigned to you by Boss");
    assert_eq!(feed[0].body, "where is my order?");
    assert_eq!(feed[0].link.as_deref(), Some("https://inbox.example.com/conversations/1000"));
    assert_eq!(feed[0].conversation, shift.office.conversation_id("c1").as_str());
}

#[test]
fn c1_a_chat_that_waits_for_a_person_after_the_ai_rings_the_bell_of_the_whole_group() {
    let mut office = unassigned();
    office.agent("cy").bot("c1", "handed_over").event("handover", "c1", None, None);
    let mut shift = example(office, "converso");
    every_minute(&mut shift, "2026-03-02T09:01:00Z", "2026-03-02T09:05:00Z");
    let feed = shift.feed();
    assert!(feed.iter().all(|row| row.kind == "handover" && row.title == "The chatbot handed over a chat with Tom"));
    assert!(feed.iter().all(|row| row.link.as_deref() == Some("https://inbox.example.com/conversations/1000")));
    let mut told: Vec<&str> = feed.iter().map(|row| row.recipient.as_str()).collect();
    told.sort_unstable();
    assert_eq!(told, ["agent:1", "agent:2", "agent:3"]);
}

#[test]
fn c1_a_chat_without_a_group_rings_the_bell_of_every_agent_after_the_ai() {
    let mut office = office();
    office.asks("c1", "a person, please").bot("c1", "handed_over").event("handover", "c1", None, None);
    let mut shift = example(office, "converso");
    every_minute(&mut shift, "2026-03-02T09:01:00Z", "2026-03-02T09:02:00Z");
    assert_eq!(shift.feed().len(), 3);
}

#[test]
fn c1_a_chat_that_leaves_the_ai_and_is_assigned_in_the_same_minute_rings_for_both() {
    let mut office = assigned();
    office.bot("c1", "handed_over").event("handover", "c1", None, None);
    office.at("2026-03-02T09:00:20Z").event("assigned", "c1", Some("boss"), Some("ada"));
    let mut shift = example(office, "converso");
    every_minute(&mut shift, "2026-03-02T09:01:00Z", "2026-03-02T09:02:00Z");
    let mut kinds: Vec<String> = shift.feed().into_iter().map(|row| row.kind).collect();
    kinds.sort();
    assert_eq!(kinds, ["assigned", "handover"]);
}

// ---- C2

#[test]
fn c2_a_new_message_on_any_channel_is_told_by_the_browser_at_once() {
    for channel in ["whatsapp", "sms", "webchat"] {
        let mut office = assigned();
        office.connection().execute("UPDATE conversations SET channel = ?1", [channel]).unwrap();
        if channel == "webchat" {
            office.connection().execute("UPDATE contacts SET kind = 'guest'", []).unwrap();
        }
        office.at("2026-03-02T09:00:10Z").asks("c1", "hello?");
        let mut shift = example(office, "converso");
        every_minute(&mut shift, "2026-03-02T09:00:20Z", "2026-03-02T09:05:20Z");
        assert_eq!(browser(&shift), ["agent:1 Unread message from Tom (+1 more)"], "{channel}");
        let note = &shift.notes(Channel::Desktop)[0];
        assert_eq!((note["body"].as_str(), note["kind"].as_str()), (Some("hello?"), Some("unread")));
    }
}

#[test]
fn c2_a_hand_over_by_the_ai_is_told_by_the_browser() {
    let mut office = unassigned();
    // the AI has answered, so nothing but the event tells that a person is needed
    office.bot_says("c1", "let me look").bot("c1", "answered").event("handover", "c1", None, None);
    let mut shift = example(office, "converso");
    every_minute(&mut shift, "2026-03-02T09:01:00Z", "2026-03-02T09:02:00Z");
    assert_eq!(browser(&shift), [1, 2, 3].map(|id| format!("agent:{id} The chatbot handed over a chat with Tom")));
}

#[test]
fn c2_whoever_is_on_the_inbox_page_is_not_told_by_the_browser() {
    let mut office = unassigned();
    office.event("handover", "c1", None, None).surface("ada", "inbox").surface("bob", "dashboard").leaves("boss");
    let mut shift = example(office, "converso");
    every_minute(&mut shift, "2026-03-02T09:01:00Z", "2026-03-02T09:03:00Z");
    let told = browser(&shift);
    assert!(told.len() == 2 && told.iter().all(|told| told.starts_with("agent:2 ")), "{told:?}");
}

#[test]
fn c2_one_switch_of_a_person_keeps_the_browser_silent_for_both() {
    let mut office = unassigned();
    office.event("handover", "c1", None, None).prefers("ada", "unread", "desktop", false).leaves("boss");
    let mut shift = example(office, "converso");
    every_minute(&mut shift, "2026-03-02T09:01:00Z", "2026-03-02T09:03:00Z");
    let told = browser(&shift);
    assert!(told.len() == 2 && told.iter().all(|told| told.starts_with("agent:2 ")), "{told:?}");
    assert_eq!(shift.feed().len(), 2, "the bell has no part in that");
}

// ---- C3 to C9: the digests

#[test]
fn c3_messages_of_saved_contacts_are_mailed_and_those_of_guests_are_not() {
    let mut office = office();
    office.guest("visitor").asks("c1", "psst").assign("c1", "ada");
    // somebody by WhatsApp: saved as a contact, with a number alone
    office.contact("jo").asks("c2", "from my phone").assign("c2", "ada");
    office.connection().execute("UPDATE contacts SET email = NULL, name = NULL, phone = '+441632960001'", []).unwrap();
    let mut shift = example(office, "converso");
    every_minute(&mut shift, "2026-03-02T11:00:00Z", "2026-03-02T11:01:00Z");
    let mails = shift.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("from my phone") && !mails[0].text.contains("psst"), "{}", mails[0].text);
}

#[test]
fn c4_a_message_is_mailed_only_after_half_an_hour_without_an_answer() {
    let mut office = office();
    office.at("2026-03-02T10:31:00Z").asks("c1", "too young").assign("c1", "ada");
    office.at("2026-03-02T10:29:00Z").asks("c2", "old enough").assign("c2", "ada");
    office.at("2026-03-02T10:00:00Z").asks("c3", "long settled").assign("c3", "ada").replies("bob", "c3", "yes");
    let mut shift = example(office, "converso");
    every_minute(&mut shift, "2026-03-02T11:00:00Z", "2026-03-02T11:05:00Z");
    let mails = shift.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("old enough"), "{}", mails[0].text);
    assert!(!mails[0].text.contains("too young") && !mails[0].text.contains("long settled"), "{}", mails[0].text);
    shift.office.at("2026-03-02T12:00:00Z").replies("ada", "c2", "yes");
    every_minute(&mut shift, "2026-03-02T14:00:00Z", "2026-03-02T14:01:00Z");
    let mails = shift.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("too young") && !mails[0].text.contains("old enough"), "{}", mails[0].text);
}

/// At which times of these days the mails go out, if somebody writes every hour and two passes come after each.
fn mailed_at(from: &str, to: &str) -> Vec<String> {
    let mut office = office();
    let (mut now, end) = (instant(from), instant(to));
    office.at(&(now - TimeDelta::minutes(31)).to_rfc3339()).asks("c1", "hello?").assign("c1", "ada");
    let mut shift = example(office, "converso");
    // the slot of the day before, which would be made up for later on
    shift.pass_at(now, &Order::default());
    shift.mails();
    let mut told_at = Vec::new();
    while now < end {
        shift.office.at(&(now - TimeDelta::minutes(31)).to_rfc3339()).asks("c1", "still there?");
        for pass in [now, now + TimeDelta::minutes(1)] {
            shift.pass_at(pass, &Order::default());
        }
        told_at.extend(shift.mails().iter().map(|_| now.format("%a %H:%M").to_string()));
        now += TimeDelta::hours(1);
    }
    told_at
}

/// Each of these days with each of these hours, in UTC.
fn slots(days: &[(&str, [&str; 4])]) -> Vec<String> {
    days.iter().flat_map(|(day, hours)| hours.map(|hour| format!("{day} {hour}"))).collect()
}

const IN_SUMMER: [&str; 4] = ["07:00", "10:00", "13:00", "16:00"];
const IN_WINTER: [&str; 4] = ["08:00", "11:00", "14:00", "17:00"];

#[test]
fn c5_mails_go_out_monday_to_saturday_four_times_a_day_while_the_clocks_go_forward() {
    let expected = slots(&[("Fri", IN_WINTER), ("Sat", IN_WINTER), ("Mon", IN_SUMMER)]);
    assert_eq!(mailed_at("2026-03-27T00:00:00Z", "2026-03-31T00:00:00Z"), expected);
}

#[test]
fn c5_mails_go_out_monday_to_saturday_four_times_a_day_while_the_clocks_go_back() {
    let expected = slots(&[("Fri", IN_SUMMER), ("Sat", IN_SUMMER), ("Mon", IN_WINTER)]);
    assert_eq!(mailed_at("2026-10-23T00:00:00Z", "2026-10-27T00:00:00Z"), expected);
}

#[test]
fn c5_a_slot_that_was_missed_goes_out_late_and_once() {
    let mut shift = example(assigned(), "converso");
    let late = shift.passes("2026-03-02T13:07:00Z", "2026-03-02T13:50:00Z");
    assert_eq!(late.len(), 1);
    assert!(shift.passes("2026-03-02T14:00:00Z", "2026-03-02T14:10:00Z").is_empty(), "nothing new");
}

#[test]
fn c6_an_assigned_conversation_goes_to_its_assignee_and_an_unassigned_one_to_the_group() {
    for (office, expected) in
        [(assigned(), &["ada@example.com"][..]), (unassigned(), &["ada@example.com", "bob@example.com"])]
    {
        let mut shift = example(office, "converso");
        every_minute(&mut shift, "2026-03-02T11:00:00Z", "2026-03-02T11:01:00Z");
        assert_eq!(shift.told(), expected);
    }
}

#[test]
fn c7_an_administrator_gets_no_mail_even_as_the_assignee_and_the_group_hears_instead() {
    let mut office = unassigned();
    office.assign("c1", "boss");
    let mut shift = example(office, "converso");
    every_minute(&mut shift, "2026-03-02T11:00:00Z", "2026-03-02T11:01:00Z");
    assert_eq!(shift.told(), ["ada@example.com", "bob@example.com"]);
}

#[test]
fn c8_the_mail_has_date_time_zone_sender_and_contents() {
    let mut office = office();
    office.at("2026-07-06T08:05:00Z").asks("c1", "where is\nmy order?").assign("c1", "ada");
    let mut shift = example(office, "converso");
    every_minute(&mut shift, "2026-07-06T10:00:00Z", "2026-07-06T10:00:00Z");
    let mail = shift.mails().remove(0);
    for words in ["Mon 6 Jul 2026, 09:05 BST", "Tom", "where is", "my order?"] {
        assert!(mail.text.contains(words) && mail.html.contains(words), "{words}: {}", mail.text);
    }
}

#[test]
fn c8_a_contact_without_a_name_has_none_in_the_mail() {
    let office = assigned();
    office.connection().execute("UPDATE contacts SET name = NULL", []).unwrap();
    let mut shift = example(office, "converso");
    every_minute(&mut shift, "2026-03-02T11:00:00Z", "2026-03-02T11:00:00Z");
    let mail = shift.mails().remove(0);
    assert!(mail.text.contains("Somebody") && !mail.text.contains("tom@customer.example"), "{}", mail.text);
}

#[test]
fn c9_of_several_messages_only_the_latest_is_shown_with_how_many_more_wait() {
    let mut office = assigned();
    office.at("2026-03-02T09:01:00Z").asks("c1", "second").at("2026-03-02T09:02:00Z").asks("c1", "the latest");
    let mut shift = example(office, "converso");
    every_minute(&mut shift, "2026-03-02T11:00:00Z", "2026-03-02T11:00:00Z");
    let mail = shift.mails().remove(0);
    assert!(mail.text.contains("the latest") && mail.text.contains("2 earlier messages wait"), "{}", mail.text);
    for hidden in ["where is my order?", "second"] {
        assert!(!mail.text.contains(hidden) && !mail.html.contains(hidden), "{}", mail.text);
    }
}

#[test]
fn all_of_this_holds_on_postgresql_too() {
    hold_on_postgresql_too(18, &[]);
}
