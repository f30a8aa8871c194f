//! The desk room against real database files: what waits, for whom, and in which words.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod office;

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use doorbell::desk::{Agents, Content, Desk, Sender, Wanted, Window};
use doorbell::model::{
    ConversationId, Earlier, Facts, MessageRef, Pending, PresenceStatus, RecipientId, Role, Show, Status, Watch,
};
use office::{Office, instant};
use rusqlite::Connection;

/// For what has no limit in time.
const WINDOW: Window = Window { now: DateTime::UNIX_EPOCH, before: TimeDelta::zero() };

/// The office's present, and warnings an hour ahead.
fn window(office: &Office) -> Window {
    Window { now: office.now(), before: TimeDelta::hours(1) }
}

fn pending(office: &Office, watch: Watch) -> Vec<Pending> {
    Desk::open(&office.path()).unwrap().snapshot().unwrap().pending(watch, window(office), None).unwrap()
}

/// What waits in "c1", whatever its age.
fn pending_in_c1(office: &Office, watch: Watch) -> Vec<Pending> {
    let among = [office.conversation_id("c1")];
    Desk::open(&office.path()).unwrap().snapshot().unwrap().pending(watch, window(office), Some(&among)).unwrap()
}

/// Since when "c1" waits, if it does.
fn since(office: &Office, watch: Watch) -> Option<DateTime<Utc>> {
    let id = office.conversation_id("c1");
    pending(office, watch).into_iter().find(|pending| pending.conversation == id).map(|pending| pending.since)
}

#[track_caller]
fn waits(office: &Office, unreplied: Option<&str>, unread: Option<&str>) {
    assert_eq!(since(office, Watch::Unreplied), unreplied.map(instant), "unreplied");
    assert_eq!(since(office, Watch::Unread), unread.map(instant), "unread");
}

fn facts(office: &Office, conversations: &[&str], agents: Agents) -> Facts {
    let ids: Vec<_> = conversations.iter().map(|name| office.conversation_id(name)).collect();
    Desk::open(&office.path()).unwrap().snapshot().unwrap().facts(&ids, agents, &[]).unwrap()
}

/// The words of "c1" up to its latest message.
fn content(office: &Office, show: Show) -> Content {
    let conversation = office.conversation_id("c1");
    let since = since(office, Watch::Unreplied).unwrap();
    let (watch, latest) = (Watch::Unreplied, Some(office.latest("c1")));
    let wanted = Wanted { conversation: conversation.clone(), watch, since, latest, show };
    let contents = Desk::open(&office.path()).unwrap().snapshot().unwrap().contents(&[wanted]).unwrap();
    contents[&conversation].clone()
}

// ---- what waits

#[test]
fn a_conversation_waits_since_the_first_unanswered_message_and_shows_the_latest() {
    let mut office = Office::new();
    office.asks("c1", "hello?").later(10).asks("c1", "anybody?");
    let id = office.conversation_id("c1");
    let since = instant("2026-03-02T09:00:00Z");
    let expected = Pending { conversation: id, matter: "".into(), since, latest: office.latest("c1"), event: None };
    assert_eq!(pending(&office, Watch::Unreplied), std::slice::from_ref(&expected));
    assert_eq!(pending(&office, Watch::Unread), [expected]);
}

#[test]
fn a_reply_ends_the_wait_and_the_next_question_begins_a_new_one() {
    let mut office = Office::new();
    office.agent("ada").asks("c1", "hello?").later(1).replies("ada", "c1", "hi");
    waits(&office, None, None);
    office.later(4).asks("c1", "and now?");
    waits(&office, Some("2026-03-02T09:05:00Z"), Some("2026-03-02T09:05:00Z"));
}

#[test]
fn notes_bots_and_the_system_do_not_answer() {
    let mut office = Office::new();
    office.agent("ada").asks("c1", "hello?").later(1).notes("ada", "c1", "angry");
    office.bot_says("c1", "I am a bot").system_says("c1", "ada joined");
    waits(&office, Some("2026-03-02T09:00:00Z"), Some("2026-03-02T09:00:00Z"));
}

#[test]
fn a_reply_that_is_withdrawn_or_made_private_is_none() {
    for change in ["deleted = 1", "private = 1", "sender_type = 'bot'"] {
        let mut office = Office::new();
        office.agent("ada").asks("c1", "hello?").later(1).replies("ada", "c1", "hi");
        waits(&office, None, None);
        let sql = format!("UPDATE messages SET {change} WHERE sender_type = 'agent'");
        office.connection().execute(&sql, []).unwrap();
        waits(&office, Some("2026-03-02T09:00:00Z"), Some("2026-03-02T09:00:00Z"));
    }
}

#[test]
fn a_question_taken_back_does_not_wait() {
    let mut office = Office::new();
    office.asks("c1", "hello?").later(1).asks("c1", "never mind").deletes_latest("c1");
    waits(&office, Some("2026-03-02T09:00:00Z"), Some("2026-03-02T09:00:00Z"));
    assert_eq!(pending(&office, Watch::Unreplied)[0].latest, office.latest("c1"));
    office.deletes_latest("c1");
    waits(&office, None, None);
}

#[test]
fn messages_of_one_instant_are_ordered_by_id() {
    let mut office = Office::new();
    office.agent("ada").asks("c1", "hello?").replies("ada", "c1", "hi");
    waits(&office, None, None);
    office.asks("c1", "and?");
    waits(&office, Some("2026-03-02T09:00:00Z"), Some("2026-03-02T09:00:00Z"));
}

#[test]
fn a_reply_that_is_written_late_answers_only_what_came_before_it() {
    let mut office = Office::new();
    office.agent("ada").at("2026-03-02T09:00:00Z").asks("c1", "one").at("2026-03-02T09:10:00Z").asks("c1", "two");
    office.at("2026-03-02T09:05:00Z").replies("ada", "c1", "to the first");
    waits(&office, Some("2026-03-02T09:10:00Z"), Some("2026-03-02T09:10:00Z"));
}

#[test]
fn a_message_moved_to_another_conversation_waits_there() {
    let mut office = Office::new();
    office.asks("c1", "one").later(1).asks("c2", "two");
    let (from, to) = (office.conversation_id("c1"), office.conversation_id("c2"));
    let sql = "UPDATE messages SET conversation_id = ?2 WHERE conversation_id = ?1";
    office.connection().execute(sql, (from.as_str(), to.as_str())).unwrap();
    let waiting = pending(&office, Watch::Unreplied);
    assert_eq!(waiting.len(), 1);
    assert_eq!((&waiting[0].conversation, waiting[0].since), (&to, instant("2026-03-02T09:00:00Z")));
}

#[test]
fn only_open_conversations_wait() {
    let mut office = Office::new();
    office.asks("c1", "hello?").snooze("c1");
    waits(&office, None, None);
    office.resolve("c1");
    waits(&office, None, None);
    office.reopen("c1");
    waits(&office, Some("2026-03-02T09:00:00Z"), Some("2026-03-02T09:00:00Z"));
}

#[test]
fn an_assignee_who_never_looked_has_read_nothing() {
    let mut office = Office::new();
    office.agent("ada").asks("c1", "hello?").assign("c1", "ada");
    waits(&office, Some("2026-03-02T09:00:00Z"), Some("2026-03-02T09:00:00Z"));
    let row = (office.conversation_id("c1").to_string(), office.agent_id("ada").to_string());
    office.connection().execute("INSERT INTO read_cursors VALUES (?1, 'agent', ?2, NULL)", row).unwrap();
    waits(&office, Some("2026-03-02T09:00:00Z"), Some("2026-03-02T09:00:00Z"));
}

#[test]
fn what_the_assignee_has_read_is_read_whatever_others_do() {
    let mut office = Office::new();
    office.agent("ada").agent("bob").asks("c1", "hello?").assign("c1", "ada").later(1).reads("bob", "c1");
    waits(&office, Some("2026-03-02T09:00:00Z"), Some("2026-03-02T09:00:00Z"));
    office.reads("ada", "c1");
    waits(&office, Some("2026-03-02T09:00:00Z"), None);
    office.assign("c1", "bob");
    waits(&office, Some("2026-03-02T09:00:00Z"), None);
    office.agent("eve").assign("c1", "eve");
    waits(&office, Some("2026-03-02T09:00:00Z"), Some("2026-03-02T09:00:00Z"));
}

#[test]
fn an_assignee_who_replied_has_read_up_to_there_and_a_colleagues_reply_is_not_a_look() {
    let mut office = Office::new();
    office.agent("ada").agent("bob").asks("c1", "hello?").assign("c1", "ada").later(1).replies("bob", "c1", "hi");
    waits(&office, None, Some("2026-03-02T09:00:00Z"));
    office.later(1).replies("ada", "c1", "hi");
    waits(&office, None, None);
}

#[test]
fn a_contact_with_the_assignees_id_is_somebody_else() {
    let mut office = Office::new();
    office.agent("ada").contact("tom").asks("c1", "hello?").assign("c1", "ada");
    assert_eq!(office.agent_id("ada").as_str(), office.contact_id("tom").as_str(), "the test needs equal ids");
    office.later(1).contact_reads("c1").asks("c1", "more");
    waits(&office, Some("2026-03-02T09:00:00Z"), Some("2026-03-02T09:00:00Z"));
}

#[test]
fn the_longest_wait_comes_first_and_ids_decide_between_equals() {
    let mut office = Office::new();
    office.asks("late", "x").asks("early", "x").asks("early too", "x");
    office.deletes_latest("late").later(5).asks("late", "x");
    let order: Vec<_> = pending(&office, Watch::Unreplied).into_iter().map(|pending| pending.conversation).collect();
    assert_eq!(order, ["early", "early too", "late"].map(|name| office.conversation_id(name)));
}

#[test]
fn asked_about_some_conversations_only_those_that_wait_are_answered() {
    let mut office = Office::new();
    office.agent("ada").asks("c1", "x").asks("c2", "x").asks("c3", "x").replies("ada", "c3", "y");
    let ids = [office.conversation_id("c1"), office.conversation_id("c3"), "nonsense".into(), "99999".into()];
    let desk = Desk::open(&office.path()).unwrap();
    for watch in [Watch::Unreplied, Watch::Unread] {
        let some = desk.snapshot().unwrap().pending(watch, window(&office), Some(&ids)).unwrap();
        assert_eq!(some.iter().map(|pending| &pending.conversation).collect::<Vec<_>>(), [&ids[0]]);
        assert_eq!(desk.snapshot().unwrap().pending(watch, window(&office), Some(&[])).unwrap(), []);
    }
}

#[test]
fn a_snapshot_does_not_change_under_the_pass() {
    let mut office = Office::new();
    office.agent("ada").asks("c1", "hello?");
    let desk = Desk::open(&office.path()).unwrap();
    let snapshot = desk.snapshot().unwrap();
    office.replies("ada", "c1", "hi");
    assert_eq!(snapshot.pending(Watch::Unreplied, WINDOW, None).unwrap().len(), 1);
    drop(snapshot);
    assert_eq!(desk.snapshot().unwrap().pending(Watch::Unreplied, WINDOW, None).unwrap(), []);
}

#[test]
fn the_first_message_after_a_place_is_found_by_time_and_id() {
    let mut office = Office::new();
    office.asks("c1", "one");
    let one = office.latest("c1");
    office.asks("c1", "two");
    let two = office.latest("c1");
    office.later(1).asks("c1", "gone").deletes_latest("c1").bot_says("c1", "beep").later(1).asks("c1", "three");
    let three = office.latest("c1");
    let id = office.conversation_id("c1");
    let instant_of_one = MessageRef { at: one.at, id: "".into() };
    let places = [&one, &two, &three, &instant_of_one].map(|place| (id.clone(), place.clone()));
    let first = Desk::open(&office.path()).unwrap().snapshot().unwrap().first_after(Watch::Unreplied, &places).unwrap();
    let expected = [(&places[0], &two), (&places[1], &three), (&places[3], &one)];
    assert_eq!(
        first,
        expected.into_iter().map(|(place, next)| (place.clone(), next.clone())).collect::<HashMap<_, _>>()
    );
}

// ---- the facts

#[test]
fn the_facts_tell_of_everybody_around_a_conversation() {
    let mut office = Office::new();
    office.agent("ada").admin("boss").supervisor("sue").agent("eve").group("billing", &["sue", "boss"]).contact("tom");
    office.asks("c1", "hello?").into_group("c1", "billing").replies("ada", "c1", "hi").online("ada").offline("sue");
    let facts = facts(&office, &["c1"], Agents::Around);
    let conversation = &facts.conversations[&office.conversation_id("c1")];
    assert_eq!((conversation.status, conversation.last_agent.clone()), (Status::Open, Some(office.agent_id("ada"))));
    let contact = &facts.contacts[&office.contact_id("tom")];
    assert_eq!((conversation.contact.as_ref(), contact.name.as_deref()), (Some(&contact.id), Some("Tom")));
    let group = &facts.groups[conversation.group.as_ref().unwrap()];
    assert_eq!(
        (group.name.as_str(), group.members.as_slice()),
        ("Billing", &[office.agent_id("boss"), office.agent_id("sue")][..])
    );
    assert_eq!(facts.agents.len(), 3, "eve has nothing to do with it");
    assert_eq!(facts.agents[&office.agent_id("boss")].role, Role::Admin);
    assert_eq!(facts.agents[&office.agent_id("ada")].email.as_deref(), Some("ada@example.com"));
    assert_eq!(facts.presence[&office.agent_id("ada")][0].status, Some(PresenceStatus::Online));
    assert_eq!(facts.presence[&office.agent_id("ada")][0].last_active_at, Some(office.now()));
    assert_eq!(facts.presence[&office.agent_id("sue")][0].status, Some(PresenceStatus::Offline));
    assert!(!facts.presence.contains_key(&office.agent_id("boss")));
}

#[test]
fn all_agents_are_told_of_on_demand() {
    let mut office = Office::new();
    office.agent("ada").agent("bob").leaves("bob").online("ada").asks("c1", "hello?");
    assert!(facts(&office, &["c1"], Agents::Around).agents.is_empty());
    let facts = facts(&office, &["c1"], Agents::All);
    assert_eq!((facts.agents.len(), facts.presence.len()), (2, 1));
    assert!(!facts.agents[&office.agent_id("bob")].active);
}

#[test]
fn how_far_every_agent_has_read_is_told_of() {
    let mut office = Office::new();
    office.agent("ada").agent("bob").asks("c1", "x").asks("c2", "x").assign("c2", "bob");
    let looked = office.reads("ada", "c1").reads("ada", "c2").now();
    assert_eq!(office.agent_id("ada").as_str(), office.contact_id("tom").as_str(), "the test needs equal ids");
    office.later(5).contact_reads("c1");
    let seen = facts(&office, &["c1", "c2"], Agents::All).seen;
    let ada = |conversation: &str| ((office.conversation_id(conversation), office.agent_id("ada")), looked);
    assert_eq!(seen, HashMap::from([ada("c1"), ada("c2")]));
}

#[test]
fn every_surface_of_agents_and_contacts_is_told_of() {
    let mut office = Office::new();
    office.agent("ada").asks("c1", "x").assign("c1", "ada").surface("ada", "console").contact_online("tom").later(1);
    office.surface("ada", "conversation:c1").leaves_surface("ada", "console");
    let facts = facts(&office, &["c1"], Agents::Around);
    let rows = &facts.presence[&office.agent_id("ada")];
    let told: Vec<_> = rows.iter().map(|row| (&*row.surface, row.status, row.last_active_at)).collect();
    let (before, now) = (Some(instant("2026-03-02T09:00:00Z")), Some(office.now()));
    assert_eq!(
        told,
        [("console", Some(PresenceStatus::Offline), before), ("conversation:500", Some(PresenceStatus::Online), now)]
    );
    let tom = &facts.contact_presence[&office.contact_id("tom")];
    assert_eq!((tom.len(), tom[0].status, tom[0].last_active_at), (1, Some(PresenceStatus::Online), before));
}

#[test]
fn a_word_from_the_future_loses_no_row() {
    let mut office = Office::new();
    office.agent("ada").asks("c1", "hello?").assign("c1", "ada");
    office.connection().execute_batch("PRAGMA ignore_check_constraints = ON").unwrap();
    for change in [
        "agents SET role = 'wizard', time_zone = 'Mars/Base'",
        "conversations SET bot_state = 'dreaming'",
        "contacts SET kind = 'ghost'",
    ] {
        office.connection().execute(&format!("UPDATE {change}"), []).unwrap();
    }
    office.connection().execute("UPDATE conversations SET status = 'boiling'", []).unwrap();
    let facts = facts(&office, &["c1"], Agents::Around);
    assert_eq!(facts.conversations[&office.conversation_id("c1")].status, Status::Open);
    assert_eq!(
        (facts.agents[&office.agent_id("ada")].role, facts.agents[&office.agent_id("ada")].time_zone),
        (Role::Agent, None)
    );
    assert_eq!(facts.contacts.len(), 1);
}

#[test]
fn a_row_that_cannot_be_read_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loose.db");
    let loose = doorbell::desk::SCHEMA
        .replace(") STRICT, ", ") ")
        .replace(") STRICT;", ");")
        .replace("CHECK (created_at", "CHECK (1 OR created_at");
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch(&loose).unwrap();
    let rows = "INSERT INTO conversations (id, created_at) VALUES (1, 1), (2, 1), (3, 1);
                INSERT INTO messages (conversation_id, sender_type, created_at) VALUES
                  (1, 'contact', 1772400000000), (2, 'contact', 'yesterday'), (3, 'contact', 1772400000000);";
    connection.execute_batch(rows).unwrap();
    let desk = Desk::open(&path).unwrap();
    let log = logged(|| {
        let waiting = desk.snapshot().unwrap().pending(Watch::Unreplied, WINDOW, None).unwrap();
        assert_eq!(waiting.iter().map(|pending| pending.conversation.as_str()).collect::<Vec<_>>(), ["1", "3"]);
    });
    assert!(log.contains("waiting_conversations") && log.contains("id=\"2\""), "{log}");
}

/// What is logged while `act` runs.
fn logged(act: impl FnOnce()) -> String {
    let (reader, writer) = std::io::pipe().unwrap();
    let subscriber =
        tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.try_clone().unwrap()).finish();
    tracing::subscriber::with_default(subscriber, act);
    std::io::read_to_string(reader).unwrap()
}

#[test]
fn an_unknown_word_is_warned_of_once_however_many_rows_have_it() {
    let mut office = Office::new();
    office.agent("ada").agent("bob").asks("c1", "hello?");
    office
        .connection()
        .execute_batch("PRAGMA ignore_check_constraints = ON; UPDATE agents SET role = 'wizard'")
        .unwrap();
    let log = logged(|| assert_eq!(facts(&office, &["c1"], Agents::All).agents.len(), 2));
    assert_eq!(log.matches("wizard").count(), 1, "{log}");
}

// ---- the words

#[test]
fn the_latest_message_comes_with_its_files_and_the_count_of_those_before() {
    let mut office = Office::new();
    office.agent("ada").asks("c1", "answered").replies("ada", "c1", "hi").later(1);
    office.asks("c1", "one").later(1).asks("c1", "gone").deletes_latest("c1").notes("ada", "c1", "note");
    office.asks("c1", "two").later(1).asks("c1", "three").attach("c1", "bill.pdf", "https://x.example/bill.pdf");
    let content = content(&office, Show::Latest);
    assert_eq!((content.body.as_str(), content.cut, content.earlier_count), ("three", false, 2));
    assert_eq!(content.earlier, []);
    assert_eq!(content.attachments.len(), 1);
    assert_eq!((content.attachments[0].filename.as_str(), content.attachments[0].byte_size), ("bill.pdf", Some(1234)));
}

#[test]
fn a_shown_conversation_brings_the_last_ten_messages_oldest_first() {
    let mut office = Office::new();
    for count in 1..=13 {
        office.later(1).asks("c1", &format!("message {count}"));
    }
    let content = content(&office, Show::Conversation);
    assert_eq!((content.body.as_str(), content.earlier_count, content.earlier.len()), ("message 13", 12, 10));
    let third = Earlier { at: instant("2026-03-02T09:03:00Z"), body: "message 3".into() };
    assert_eq!((&content.earlier[0], content.earlier[9].body.as_str()), (&third, "message 12"));
}

#[test]
fn nothing_is_read_of_a_message_that_is_not_shown() {
    let mut office = Office::new();
    office.asks("c1", "one").asks("c1", "secret").attach("c1", "secret.pdf", "https://x.example/secret.pdf");
    let (at, sender) = (Some(office.now()), Some(Sender::Contact));
    let expected = Content { at, sender, earlier_count: 1, ..Content::default() };
    assert_eq!(content(&office, Show::None), expected);
}

#[test]
fn a_message_comes_with_at_most_twenty_files() {
    let mut office = Office::new();
    office.asks("c1", "look");
    for count in 0..25 {
        office.attach("c1", &format!("{count}.jpg"), "https://x.example/");
    }
    let files = content(&office, Show::Latest).attachments;
    assert_eq!((files.len(), files[0].filename.as_str(), files[19].filename.as_str()), (20, "0.jpg", "19.jpg"));
}

#[test]
fn a_body_of_ten_megabytes_is_cut_inside_the_database() {
    let mut office = Office::new();
    office.asks("c1", &"é".repeat(5 * 1024 * 1024)).asks("c1", &"x".repeat(16 * 1024)).asks("c1", "latest");
    let earlier = content(&office, Show::Conversation).earlier;
    assert_eq!((earlier[0].body.len(), earlier[1].body.len()), (2048, 2048));
    office.deletes_latest("c1");
    let whole = content(&office, Show::Latest);
    assert_eq!((whole.body.len(), whole.cut), (16 * 1024, false));
    office.deletes_latest("c1");
    let cut = content(&office, Show::Latest);
    assert_eq!((cut.body.len(), cut.cut), (16 * 1024, true));
    assert!(cut.body.chars().all(|letter| letter == 'é'), "cut between characters");
}

#[test]
fn html_is_shown_as_text() {
    let mut office = Office::new();
    office.asks_html("c1", "<p>Where is <b>my</b> order?</p><script>alert(1)</script>");
    assert_eq!(content(&office, Show::Latest).body, "Where is my order?");
}

#[test]
fn bytes_that_are_not_utf8_are_replaced() {
    let mut office = Office::new();
    office.asks("c1", "hello?");
    let broken = "UPDATE messages SET body = CAST(x'6869ff21' AS TEXT);
                  UPDATE contacts SET name = CAST(x'546fff6d' AS TEXT);";
    office.connection().execute_batch(broken).unwrap();
    assert_eq!(content(&office, Show::Latest).body, "hi\u{fffd}!");
    let contact = &facts(&office, &["c1"], Agents::Around).contacts[&office.contact_id("tom")];
    assert_eq!(contact.name.as_deref(), Some("To\u{fffd}m"));
}

#[test]
fn a_message_that_is_gone_has_no_words() {
    let mut office = Office::new();
    office.asks("c1", "hello?");
    let (conversation, latest) = (office.conversation_id("c1"), office.latest("c1"));
    office.deletes_latest("c1");
    let (watch, latest) = (Watch::Unreplied, Some(latest));
    let wanted = Wanted { conversation, watch, since: office.now(), latest, show: Show::Latest };
    assert_eq!(Desk::open(&office.path()).unwrap().snapshot().unwrap().contents(&[wanted]).unwrap(), HashMap::new());
}

// ---- what people type

#[test]
fn a_conversation_is_found_by_number_before_id() {
    let mut office = Office::new();
    office.asks("c1", "x").asks("c2", "x").resolve("c2");
    let desk = Desk::open(&office.path()).unwrap();
    let found = |text: &str| desk.snapshot().unwrap().find_conversation(text).unwrap();
    let (c1, c2) = (office.conversation_id("c1"), office.conversation_id("c2"));
    assert_eq!((found("1000"), found(" #1001 ")), (Some(c1.clone()), Some(c2.clone())));
    assert_eq!((found(c2.as_str()), found("7"), found("x"), found("")), (Some(c2.clone()), None, None, None));
    office.connection().execute("UPDATE conversations SET number = id WHERE id = ?1", [c1.as_str()]).unwrap();
    office
        .connection()
        .execute("UPDATE conversations SET number = ?1 WHERE id = ?2", [c1.as_str(), c2.as_str()])
        .unwrap();
    let error = desk.snapshot().unwrap().find_conversation(c1.as_str()).unwrap_err().to_string();
    assert!(error.contains(c1.as_str()) && error.contains(c2.as_str()), "{error}");
}

#[test]
fn a_person_is_found_by_address_in_any_case_or_by_id() {
    let mut office = Office::new();
    office.contact("zoe").agent("ada").contact("tom");
    let desk = Desk::open(&office.path()).unwrap();
    let found = |text: &str| desk.snapshot().unwrap().find_person(text).unwrap();
    let (ada, tom) = (RecipientId::Agent(office.agent_id("ada")), RecipientId::Contact(office.contact_id("tom")));
    assert_eq!((found("ADA@Example.com"), found("tom@customer.EXAMPLE ")), (Some(ada.clone()), Some(tom.clone())));
    assert_eq!((found(&ada.to_string()), found(&tom.to_string())), (Some(ada), Some(tom)));
    assert_eq!(
        (found("agent:99"), found("agent:x"), found("nobody@example.com"), found("person:oncall")),
        (None, None, None, None)
    );
}

#[test]
fn the_latest_message_of_a_closed_conversation_is_known() {
    let mut office = Office::new();
    office.asks("c1", "x").resolve("c1");
    let desk = Desk::open(&office.path()).unwrap();
    let snapshot = desk.snapshot().unwrap();
    assert_eq!(snapshot.latest(&office.conversation_id("c1")).unwrap(), Some(office.latest("c1")));
    assert_eq!(snapshot.latest(&ConversationId::from("99")).unwrap(), None);
}

// ---- the file

#[test]
fn a_desk_that_is_not_there_is_answered_with_the_remedy() {
    let error = Desk::open(Path::new("nowhere/chat.db")).unwrap_err().to_string();
    assert!(error.contains("nowhere/chat.db") && error.contains("doorbell init"), "{error}");
    assert!(!Path::new("nowhere").exists());
}

#[test]
fn a_whole_desk_has_no_problems_and_is_counted() {
    let mut office = Office::new();
    office
        .agent("ada")
        .agent("bob")
        .asks("c1", "x")
        .asks("c2", "x")
        .assign("c2", "ada")
        .reads("ada", "c2")
        .asks("c3", "x")
        .resolve("c3");
    let findings = Desk::open(&office.path()).unwrap().check().unwrap();
    assert_eq!(findings.problems, Vec::<String>::new());
    assert_eq!((findings.agents, findings.conversations, findings.waiting, findings.unread), (2, 3, 2, 1));
}

#[test]
fn what_a_desk_lacks_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    let schema = "CREATE TABLE agents (id INTEGER PRIMARY KEY, name, email, role, active); CREATE TABLE orders (id);
                  CREATE TABLE contacts (id); CREATE TABLE conversations (id); CREATE TABLE messages (id)";
    Connection::open(&path).unwrap().execute_batch(schema).unwrap();
    let problems = Desk::open(&path).unwrap().check().unwrap().problems;
    let told = |part: &str| problems.iter().any(|problem| problem.contains(part));
    assert!(told("relation agents of the desk has no column account_id"), "{problems:?}");
    assert!(told("no relation presence") && told("no trigger or index messages_written"), "{problems:?}");
    assert!(!told("relation agents;"), "{problems:?}");
}

#[test]
fn a_file_that_is_no_database_is_an_error_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    fs::write(&path, "this is not a database, but it is long enough to be taken for one".repeat(99)).unwrap();
    let error = format!("{:#}", Desk::open(&path).and_then(|desk| desk.check()).unwrap_err());
    assert!(error.contains("notes.txt"), "{error}");
}

#[test]
fn reading_leaves_every_byte_and_the_journal_mode_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chat.db");
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch(doorbell::desk::SCHEMA).unwrap();
    drop(connection);
    let before = fs::read(&path).unwrap();
    let desk = Desk::open(&path).unwrap();
    desk.check().unwrap();
    desk.snapshot().unwrap().pending(Watch::Unread, WINDOW, None).unwrap();
    drop(desk);
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nor is anything left beside it");
}
