//! The desk room against real database files: what waits, for whom, and in which words.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod mirror;
mod office;
mod servers;

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::rc::Rc;

use chrono::{DateTime, TimeDelta, Utc};
use doorbell::desk::{Agents, Content, Desk, Past, ReadMarks, Sender, Wanted, Window};
use doorbell::model::{
    Availability, Channel, ConversationId, Event, Facts, Hours, MessageRef, Pending, Preference, PresenceStatus,
    Provider, RecipientId, Role, Scope, Show, Status, Watch,
};
use doorbell::notation::time_of_day;
use mirror::Mirror;
use office::{Office, instant};
use rusqlite::Connection;

thread_local! {
    /// Where desks are read instead, while this thread asks PostgreSQL.
    static MIRROR: RefCell<Option<Rc<Mirror>>> = const { RefCell::new(None) };
}

/// The desk of the office, on the engine that is asked.
fn open(office: &Office) -> Desk {
    let mirror = MIRROR.with_borrow(Option::clone);
    mirror.map_or_else(
        || Desk::open(&office.path()).unwrap(),
        |mirror| {
            mirror.fill(office);
            mirror.desk()
        },
    )
}

/// For what has no limit in time.
const WINDOW: Window = Window { now: DateTime::UNIX_EPOCH, before: TimeDelta::zero() };

/// The office's present, and warnings an hour ahead.
fn window(office: &Office) -> Window {
    Window { now: office.now(), before: TimeDelta::hours(1) }
}

fn pending(office: &Office, watch: Watch) -> Vec<Pending> {
    open(office).snapshot().unwrap().pending(watch, window(office), None).unwrap()
}

/// What waits in "c1", whatever its age.
fn pending_in_c1(office: &Office, watch: Watch) -> Vec<Pending> {
    let among = [office.conversation_id("c1")];
    open(office).snapshot().unwrap().pending(watch, window(office), Some(&among)).unwrap()
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
    open(office).snapshot().unwrap().facts(&ids, agents, &[]).unwrap()
}

/// The words of "c1" up to its latest message.
fn content(office: &Office, show: Show) -> Content {
    let conversation = office.conversation_id("c1");
    let since = since(office, Watch::Unreplied).unwrap();
    let (watch, latest) = (Watch::Unreplied, Some(office.latest("c1")));
    let wanted = Wanted { conversation: conversation.clone(), watch, since, latest, show };
    let contents = open(office).snapshot().unwrap().contents(&[wanted]).unwrap();
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
    let desk = open(&office);
    for watch in [Watch::Unreplied, Watch::Unread] {
        let some = desk.snapshot().unwrap().pending(watch, window(&office), Some(&ids)).unwrap();
        assert_eq!(some.iter().map(|pending| &pending.conversation).collect::<Vec<_>>(), [&ids[0]]);
        assert_eq!(desk.snapshot().unwrap().pending(watch, window(&office), Some(&[])).unwrap(), []);
    }
}

#[test]
fn a_first_message_and_one_after_an_answer_are_told_apart() {
    let mut office = Office::new();
    office.agent("ada").asks("c1", "hello?").asks("c2", "hello?").later(1).replies("ada", "c2", "hi");
    office.notes("ada", "c1", "a note is no answer").later(1).asks("c2", "and?");
    let of = |watch| pending(&office, watch).into_iter().map(|it| it.conversation).collect::<Vec<_>>();
    assert_eq!(of(Watch::FirstMessage), [office.conversation_id("c1")]);
    assert_eq!(of(Watch::NewMessage), [office.conversation_id("c2")]);
    assert_eq!(pending_in_c1(&office, Watch::FirstMessage).len(), 1);
    assert_eq!(pending_in_c1(&office, Watch::NewMessage), []);
}

#[test]
fn an_unseen_reply_waits_since_the_first_that_the_contact_has_not_seen() {
    let mut office = Office::new();
    office.agent("ada").agent("bob").asks("c1", "hello?").later(1).replies("ada", "c1", "hi").later(1);
    let first = office.latest("c1");
    let expected = |office: &Office, since: &MessageRef| Pending {
        conversation: office.conversation_id("c1"),
        matter: "".into(),
        since: since.at,
        latest: office.latest("c1"),
        event: None,
    };
    assert_eq!(pending(&office, Watch::UnseenReply), [expected(&office, &first)]);
    office.replies("bob", "c1", "hello from me").later(1);
    assert_eq!(pending(&office, Watch::UnseenReply), [expected(&office, &first)], "what follows begins no new wait");
    office.contact_reads("c1").later(1).replies("ada", "c1", "still there?");
    let third = office.latest("c1");
    assert_eq!(pending(&office, Watch::UnseenReply), [expected(&office, &third)]);
    assert_eq!(pending_in_c1(&office, Watch::UnseenReply), [expected(&office, &third)]);
    office.later(1).asks("c1", "yes");
    assert_eq!(pending(&office, Watch::UnseenReply), []);
    office.replies("ada", "c1", "of one instant");
    assert_eq!(pending(&office, Watch::UnseenReply), [expected(&office, &office.latest("c1"))]);
}

#[test]
fn a_reply_stays_unseen_when_the_conversation_is_resolved_and_notes_and_bots_are_no_replies() {
    let mut office = Office::new();
    office.agent("ada").asks("c1", "x").later(1).notes("ada", "c1", "note").bot_says("c1", "beep");
    assert_eq!(pending(&office, Watch::UnseenReply), []);
    office.replies("ada", "c1", "done").resolve("c1");
    assert_eq!(pending(&office, Watch::UnseenReply).len(), 1);
    office.deletes_latest("c1");
    assert_eq!(pending(&office, Watch::UnseenReply), []);
}

#[test]
fn the_longest_unseen_reply_comes_first_though_another_spoke_later() {
    let mut office = Office::new();
    office.agent("ada").asks("c1", "x").asks("c2", "x").later(1).replies("ada", "c2", "one");
    office.later(1).replies("ada", "c1", "one").later(1).replies("ada", "c2", "two");
    office.asks("c3", "x").later(1).replies("ada", "c3", "one");
    let order: Vec<_> = pending(&office, Watch::UnseenReply).into_iter().map(|it| it.conversation).collect();
    assert_eq!(order, ["c2", "c1", "c3"].map(|name| office.conversation_id(name)));
}

#[test]
fn what_is_older_than_three_days_is_found_only_where_it_is_asked_about() {
    let mut office = Office::new();
    office.agent("ada").asks("c1", "x").replies("ada", "c1", "y").event("assigned", "c1", None, Some("ada"));
    office.deadline("c1", "resolution", "2026-03-02T09:00:00Z");
    let watches = [Watch::UnseenReply, Watch::Assigned, Watch::SlaBreach];
    for (time, found) in [("2026-03-05T08:59:59.999Z", 1), ("2026-03-05T09:00:00Z", 0)] {
        office.at(time);
        for watch in watches {
            assert_eq!(pending(&office, watch).len(), found, "{watch:?} at {time}");
            assert_eq!(pending_in_c1(&office, watch).len(), 1, "{watch:?} at {time}");
        }
    }
}

#[test]
fn an_event_is_told_of_by_its_kind_with_who_did_what_to_whom() {
    let mut office = Office::new();
    office.agent("ada").agent("bob").asks("c1", "x").later(1).event("transferred", "c1", Some("ada"), Some("bob"));
    let at = office.now();
    office.later(1).event("transferred", "c1", Some("bob"), None).event("assistance", "c1", Some("bob"), None);
    let told = pending(&office, Watch::Transferred);
    let expected = Pending {
        conversation: office.conversation_id("c1"),
        matter: "8001".into(),
        since: at,
        latest: MessageRef { at, id: "8001".into() },
        event: Some(Event { actor: Some(office.agent_id("ada")), target: Some(office.agent_id("bob")) }),
    };
    assert_eq!(told[0], expected);
    let second = Event { actor: Some(office.agent_id("bob")), target: None };
    assert_eq!((told.len(), &*told[1].matter, told[1].event.as_ref()), (2, "8002", Some(&second)));
    assert_eq!(pending_in_c1(&office, Watch::Transferred), told);
    assert_eq!(pending(&office, Watch::Assistance).len(), 1);
    office.withdraw("assistance", "c1");
    assert_eq!(pending(&office, Watch::Assistance), []);
    for watch in [Watch::Assigned, Watch::Invited, Watch::Handover, Watch::Cancelled] {
        assert_eq!(pending(&office, watch), []);
        office.event(watch.word(), "c1", None, None);
        assert_eq!(pending(&office, watch).len(), 1, "{watch:?}");
    }
}

#[test]
fn an_event_of_the_future_or_of_a_missing_conversation_is_passed_over() {
    let mut office = Office::new();
    office.agent("ada").asks("c1", "x").event("assigned", "c1", None, Some("ada")).asks("gone", "x");
    office.event("assigned", "gone", None, Some("ada")).deadline("gone", "resolution", "2026-03-02T09:00:00Z");
    let gone = office.conversation_id("gone");
    let orphan = "PRAGMA foreign_keys = OFF; DELETE FROM conversations WHERE number = '1001'";
    office.connection().execute_batch(orphan).unwrap();
    assert_eq!(pending(&office, Watch::Assigned).len(), 1);
    assert_eq!(pending(&office, Watch::SlaBreach), []);
    let desk = open(&office);
    let among = |watch| desk.snapshot().unwrap().pending(watch, window(&office), Some(std::slice::from_ref(&gone)));
    assert_eq!((among(Watch::Assigned).unwrap(), among(Watch::SlaBreach).unwrap()), (vec![], vec![]));
    office.at("2026-03-02T08:59:59Z");
    assert_eq!((pending(&office, Watch::Assigned), pending_in_c1(&office, Watch::Assigned)), (vec![], vec![]));
}

#[test]
fn a_warning_comes_before_the_deadline_and_the_breach_with_it() {
    let mut office = Office::new();
    office.asks("c1", "x").deadline("c1", "first_response", "2026-03-02T12:00:00Z");
    office.deadline("c1", "resolution", "2026-03-03T12:00:00Z");
    let due = instant("2026-03-02T12:00:00Z");
    let expected = |since: &str| Pending {
        conversation: office.conversation_id("c1"),
        matter: "first_response".into(),
        since: instant(since),
        latest: MessageRef { at: due, id: "".into() },
        event: None,
    };
    let (warning, breach) = (expected("2026-03-02T11:00:00Z"), expected("2026-03-02T12:00:00Z"));
    for (time, warned, breached) in [
        ("2026-03-02T10:59:59Z", false, false),
        ("2026-03-02T11:00:00Z", true, false),
        ("2026-03-02T11:59:59Z", true, false),
        ("2026-03-02T12:00:00Z", false, true),
    ] {
        office.at(time);
        for (watch, falls, row) in [(Watch::SlaWarning, warned, &warning), (Watch::SlaBreach, breached, &breach)] {
            let rows = if falls { vec![row.clone()] } else { vec![] };
            assert_eq!(pending(&office, watch), rows, "{watch:?} at {time}");
            assert_eq!(pending_in_c1(&office, watch), rows, "{watch:?} at {time}");
        }
    }
    office.snooze("c1");
    assert_eq!((pending(&office, Watch::SlaBreach), pending_in_c1(&office, Watch::SlaBreach)), (vec![], vec![]));
    office.reopen("c1").meets("c1", "first_response");
    assert_eq!(pending(&office, Watch::SlaBreach), []);
}

#[test]
fn a_snapshot_does_not_change_under_the_pass() {
    let mut office = Office::new();
    office.agent("ada").asks("c1", "hello?");
    let desk = open(&office);
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
    let first = open(&office).snapshot().unwrap().first_after(Watch::Unreplied, &places).unwrap();
    let expected = [(&places[0], &two), (&places[1], &three), (&places[3], &one)];
    assert_eq!(
        first,
        expected.into_iter().map(|(place, next)| (place.clone(), next.clone())).collect::<HashMap<_, _>>()
    );
}

#[test]
fn where_replies_are_watched_the_first_reply_after_a_place_is_found() {
    let mut office = Office::new();
    office.agent("ada").asks("c1", "one").replies("ada", "c1", "first").later(1).asks("c1", "two");
    let two = office.latest("c1");
    office.notes("ada", "c1", "note").later(1).bot_says("c1", "beep").replies("ada", "c1", "second");
    let second = office.latest("c1");
    let id = office.conversation_id("c1");
    let places = [&two, &second].map(|place| (id.clone(), place.clone()));
    let desk = open(&office);
    let first = desk.snapshot().unwrap().first_after(Watch::UnseenReply, &places).unwrap();
    assert_eq!(first, HashMap::from([(places[0].clone(), second)]));
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
fn a_conversation_says_how_it_stands() {
    let mut office = Office::new();
    office.agent("ada").agent("bob").asks("c1", "x").conversation_account("c1", 7);
    let c1 =
        |office: &Office| facts(office, &["c1"], Agents::Around).conversations[&office.conversation_id("c1")].clone();
    let new = c1(&office);
    assert_eq!((new.waiting, new.replied_at.is_some()), (true, false));
    assert_eq!((new.account, new.agents_seen_at), (Some("7".into()), None));
    assert_eq!(new.contact_seen_at, Some(office.now()), "who writes looks");
    office.later(1).reads("ada", "c1").later(1).replies("bob", "c1", "y");
    let answered = c1(&office);
    assert_eq!((answered.waiting, answered.replied_at.is_some()), (false, true));
    assert_eq!(answered.agents_seen_at, Some(instant("2026-03-02T09:01:00Z")));
    assert_eq!(answered.contact_seen_at, Some(instant("2026-03-02T09:00:00Z")));
    office.later(1).contact_reads("c1");
    let seen = c1(&office);
    assert_eq!(seen.contact_seen_at, Some(office.now()));
    office.later(1).asks("c1", "z");
    assert_eq!(c1(&office).contact_seen_at, Some(office.now()));
}

#[test]
fn a_bot_is_silent_since_the_first_question_after_its_latest_word() {
    let mut office = Office::new();
    office.agent("ada").asks("c1", "one").bot("c1", "active").later(1).asks("c1", "two");
    let silent = |office: &Office| {
        facts(office, &["c1"], Agents::Around).conversations[&office.conversation_id("c1")].bot_silent_since
    };
    let one = Some(instant("2026-03-02T09:00:00Z"));
    assert_eq!(silent(&office), one, "it never spoke");
    office.later(1).bot_says("c1", "beep");
    assert_eq!(silent(&office), None, "it spoke last");
    office.later(1).asks("c1", "three").later(1).asks("c1", "four");
    assert_eq!(silent(&office), Some(instant("2026-03-02T09:03:00Z")));
    office.bot("c1", "answered");
    assert_eq!(silent(&office), Some(instant("2026-03-02T09:03:00Z")));
    for state in ["none", "handed_over"] {
        office.bot("c1", state);
        assert_eq!(silent(&office), None, "{state}");
    }
    office.bot("c1", "active");
    office.connection().execute("UPDATE messages SET private = 1 WHERE sender_type = 'bot'", []).unwrap();
    assert_eq!(silent(&office), one, "what the contact cannot read is no word");
    office.connection().execute("UPDATE messages SET deleted = 1 WHERE sender_type = 'bot'", []).unwrap();
    assert_eq!(silent(&office), one);
}

#[test]
fn people_come_with_everything_that_reaches_them() {
    let mut office = Office::new();
    office.agent("ada").phone("ada", "+441632960000").time_zone("ada", "Europe/Berlin").agent_account("ada", 7);
    office.contact("tom").contact_phone("tom", "+441632960001", Some(false)).department("sales", &["ada"]);
    office
        .asks("c1", "x")
        .into_department("c1", "sales")
        .asks("c2", "x")
        .group("orders", &[])
        .into_group("c2", "orders");
    office
        .connection()
        .execute_batch(
            "UPDATE agents SET avatar_url = 'https://x.example/ada.png';
             UPDATE contacts SET account_id = 7, time_zone = 'Asia/Tokyo', last_active_at = 1772400000000;",
        )
        .unwrap();
    let facts = facts(&office, &["c1", "c2"], Agents::Around);
    let ada = &facts.agents[&office.agent_id("ada")];
    assert_eq!((ada.phone.as_deref(), ada.time_zone), (Some("+441632960000"), Some(chrono_tz::Europe::Berlin)));
    assert_eq!((ada.account.clone(), ada.avatar_url.as_deref()), (Some("7".into()), Some("https://x.example/ada.png")));
    let tom = &facts.contacts[&office.contact_id("tom")];
    assert_eq!((tom.email.as_deref(), tom.phone.as_deref()), (Some("tom@customer.example"), Some("+441632960001")));
    assert_eq!((tom.sms_consent, tom.time_zone), (Some(false), Some(chrono_tz::Asia::Tokyo)));
    assert_eq!(
        (tom.account.clone(), tom.last_active_at),
        (Some("7".into()), DateTime::from_timestamp_millis(1_772_400_000_000))
    );
    let sales = &facts.groups[&"department:sales".into()];
    assert_eq!((sales.is_department, sales.members.as_slice()), (true, &[office.agent_id("ada")][..]));
    assert!(!facts.groups[&"team:orders".into()].is_department);
    office.contact_phone("tom", "+441632960001", None);
    let unasked = self::facts(&office, &["c1"], Agents::Around).contacts[&office.contact_id("tom")].sms_consent;
    assert_eq!(unasked, None);
}

#[test]
fn what_an_agent_switched_is_told_of_row_by_row() {
    let mut office = Office::new();
    office.agent("ada").agent("eve").group("orders", &["ada"]).asks("c1", "x").into_group("c1", "orders");
    office.prefers("ada", "unread", "email", false).mutes("ada", "orders", "unread", "push");
    office.scope("ada", "unreplied", "in_app", "mine", Some(false)).prefers("eve", "unread", "sms", false);
    let mut facts = facts(&office, &["c1"], Agents::Around);
    let mut rows = facts.preferences.remove(&office.agent_id("ada")).unwrap();
    rows.sort_by_key(|row| row.channel);
    let off = |channel, group| Preference {
        event: "unread".into(),
        channel,
        group,
        enabled: false,
        scope: None,
        unassigned: None,
    };
    let mine = Preference {
        event: "unreplied".into(),
        channel: Channel::InApp,
        group: None,
        enabled: true,
        scope: Some(Scope::Mine),
        unassigned: Some(false),
    };
    assert_eq!(rows, [off(Channel::Email, None), off(Channel::Push, Some("team:orders".into())), mine]);
    assert_eq!(facts.preferences, HashMap::new(), "eve has nothing to do with it");
}

#[test]
fn hours_and_absences_are_told_of() {
    let mut office = Office::new();
    office.agent("ada").agent("bob").asks("c1", "x").assign("c1", "ada");
    office.works("ada", "Europe/London", "Mon-Fri", "09:00", "17:30").quiet("ada", "Europe/London", "22:00", "07:00");
    office.out_of_office("ada", "2026-03-09T09:00:00Z", Some("bob"));
    let facts = facts(&office, &["c1"], Agents::Around);
    let time = |text: &str| time_of_day(text).unwrap();
    let expected = Availability {
        hours: Hours {
            time_zone: Some(chrono_tz::Europe::London),
            days: Some("Mon-Fri".parse().unwrap()),
            working: Some((time("09:00"), time("17:30"))),
            quiet: Some((time("22:00"), time("07:00"))),
        },
        away_until: Some(instant("2026-03-09T09:00:00Z")),
        stand_in: Some(office.agent_id("bob")),
    };
    assert_eq!(facts.availability, HashMap::from([(office.agent_id("ada"), expected)]));
}

#[test]
fn a_stand_in_and_the_stand_ins_stand_in_are_told_of_with_all_that_is_theirs() {
    let mut office = Office::new();
    let until = "2026-03-09T09:00:00Z";
    office.agent("ada").agent("bob").agent("eve").agent("zoe").asks("c1", "x").assign("c1", "ada");
    office.out_of_office("ada", until, Some("bob")).out_of_office("bob", until, Some("eve"));
    office.out_of_office("eve", until, Some("zoe")).online("eve").prefers("eve", "unread", "email", false);
    let facts = facts(&office, &["c1"], Agents::Around);
    let mut names: Vec<_> = facts.agents.values().map(|agent| agent.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Ada", "Bob", "Eve"]);
    assert!(facts.presence.contains_key(&office.agent_id("eve")));
    assert!(facts.preferences.contains_key(&office.agent_id("eve")));
    assert!(facts.availability.contains_key(&office.agent_id("eve")));
}

#[test]
fn two_who_stand_in_for_each_other_and_one_who_is_gone_are_no_trouble() {
    let mut office = Office::new();
    let until = "2026-03-09T09:00:00Z";
    office.agent("ada").agent("bob").asks("c1", "x").assign("c1", "ada");
    office.out_of_office("ada", until, Some("bob")).out_of_office("bob", until, Some("ada"));
    assert_eq!(facts(&office, &["c1"], Agents::Around).agents.len(), 2);
    office.connection().execute("UPDATE availability SET stand_in_id = 99", []).unwrap();
    assert_eq!(facts(&office, &["c1"], Agents::Around).agents.len(), 1);
}

#[test]
fn agents_whom_an_event_names_are_told_of_as_well() {
    let mut office = Office::new();
    office.agent("ada").agent("bob").agent("eve").asks("c1", "x").assign("c1", "ada");
    office.out_of_office("bob", "2026-03-09T09:00:00Z", Some("eve"));
    let also = [office.agent_id("bob"), "99".into(), "nonsense".into()];
    let desk = open(&office);
    let facts = desk.snapshot().unwrap().facts(&[office.conversation_id("c1")], Agents::Around, &also).unwrap();
    assert_eq!(facts.agents.len(), 3, "ada by the conversation, bob by the event, eve for bob");
}

#[test]
fn devices_belong_to_agents_or_contacts() {
    let mut office = Office::new();
    office.agent("ada").agent("eve").contact("tom").asks("c1", "x").assign("c1", "ada");
    assert_eq!(office.agent_id("ada").as_str(), office.contact_id("tom").as_str(), "the test needs equal ids");
    office.device("ada", "webpush", "https://push.example/1").device("ada", "fcm", "abc").device("tom", "apns", "def");
    office.device("eve", "fcm", "xyz");
    office
        .connection()
        .execute("UPDATE devices SET p256dh = 'key', auth = 'secret' WHERE provider = 'webpush'", [])
        .unwrap();
    let devices = facts(&office, &["c1"], Agents::Around).devices;
    let tokens = |owner: &RecipientId| devices[owner].iter().map(|device| &*device.token).collect::<Vec<_>>();
    let (ada, tom) = (RecipientId::Agent(office.agent_id("ada")), RecipientId::Contact(office.contact_id("tom")));
    assert_eq!((tokens(&ada), tokens(&tom)), (vec!["https://push.example/1", "abc"], vec!["def"]));
    assert_eq!(devices.len(), 2, "eve has nothing to do with it");
    let browser = &devices[&ada][0];
    assert_eq!((browser.provider, &*browser.id), (Provider::WebPush, "1"));
    assert_eq!((browser.p256dh.as_deref(), browser.auth.as_deref()), (Some("key"), Some("secret")));
}

#[test]
fn a_value_that_cannot_be_read_costs_that_value_alone_and_is_warned_of_once() {
    let mut office = Office::new();
    office.agent("ada").agent("bob").asks("c1", "x").assign("c1", "ada");
    office.works("ada", "Mars/Base", "Mon-Fri", "29:00", "17:00").quiet("ada", "Mars/Base", "22:00", "07:00");
    office.works("bob", "Europe/London", "Someday", "09:00", "09:00");
    office.connection().execute_batch("UPDATE contacts SET time_zone = 'Moon/Sea'").unwrap();
    let log = logged(|| {
        let facts = facts(&office, &["c1"], Agents::All);
        let ada = facts.availability[&office.agent_id("ada")].hours;
        assert_eq!((ada.time_zone, ada.working), (None, None));
        assert!(ada.days.is_some() && ada.quiet.is_some());
        let bob = facts.availability[&office.agent_id("bob")].hours;
        assert_eq!((bob.days, bob.working, bob.time_zone), (None, None, Some(chrono_tz::Europe::London)));
        assert_eq!(facts.contacts[&office.contact_id("tom")].time_zone, None);
    });
    for word in ["Mars/Base", "29:00", "Someday", "Moon/Sea"] {
        assert_eq!(log.matches(word).count(), 1, "{word}: {log}");
    }
}

#[test]
fn a_device_or_switch_of_an_unknown_kind_is_skipped_and_warned_of_once() {
    let mut office = Office::new();
    office.agent("ada").agent("bob").asks("c1", "x");
    office.connection().execute_batch("PRAGMA ignore_check_constraints = ON").unwrap();
    office.device("ada", "carrier-pigeon", "a").device("ada", "fcm", "b").device("bob", "carrier-pigeon", "c");
    office.prefers("ada", "unread", "smoke", false).prefers("ada", "unread", "email", false);
    office.prefers("bob", "unread", "smoke", false);
    let log = logged(|| {
        let facts = facts(&office, &["c1"], Agents::All);
        let ada = RecipientId::Agent(office.agent_id("ada"));
        assert_eq!((facts.devices.len(), facts.devices[&ada].len()), (1, 1));
        assert_eq!((facts.preferences.len(), facts.preferences[&office.agent_id("ada")].len()), (1, 1));
    });
    assert_eq!((log.matches("carrier-pigeon").count(), log.matches("smoke").count()), (1, 1), "{log}");
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
    // the last one is an instant, and in some zones none that the calendar has
    let rows = "INSERT INTO conversations (id, created_at) VALUES (1, 1), (2, 1), (3, 1), (4, 1);
                INSERT INTO messages (conversation_id, sender_type, created_at) VALUES
                  (1, 'contact', 1772400000000), (2, 'contact', 'yesterday'), (3, 'contact', 1772400000000),
                  (4, 'contact', 8210266876799000);";
    connection.execute_batch(rows).unwrap();
    let desk = Desk::open(&path).unwrap();
    let log = logged(|| {
        let waiting = desk.snapshot().unwrap().pending(Watch::Unreplied, WINDOW, None).unwrap();
        assert_eq!(waiting.iter().map(|pending| pending.conversation.as_str()).collect::<Vec<_>>(), ["1", "3"]);
    });
    assert!(log.contains("waiting_conversations"), "{log}");
    assert!(log.contains("id=\"2\"") && log.contains("id=\"4\""), "{log}");
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
    let at = instant("2026-03-02T09:03:00Z");
    let third = Past { at, sender: Sender::Contact, body: "message 3".into(), waits: true };
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
    assert_eq!(open(&office).snapshot().unwrap().contents(&[wanted]).unwrap(), HashMap::new());
}

/// The words of "c1" for a watch, waiting since nine; without a place, the contact's latest.
fn words(office: &Office, watch: Watch, latest: Option<MessageRef>) -> Content {
    let conversation = office.conversation_id("c1");
    let since = instant("2026-03-02T09:00:00Z");
    let wanted = Wanted { conversation: conversation.clone(), watch, since, latest, show: Show::Conversation };
    let contents = open(office).snapshot().unwrap().contents(&[wanted]).unwrap();
    contents[&conversation].clone()
}

#[test]
fn unseen_replies_come_with_the_replies_before_them() {
    let mut office = Office::new();
    office.agent("ada").agent("bob").at("2026-03-02T08:00:00Z").asks("c1", "hello?").replies("ada", "c1", "seen");
    office
        .at("2026-03-02T09:00:00Z")
        .contact_reads("c1")
        .later(1)
        .replies("ada", "c1", "one")
        .notes("ada", "c1", "note");
    office.later(1).bot_says("c1", "beep").replies("bob", "c1", "two").attach("c1", "bill.pdf", "https://x.example/");
    let content = words(&office, Watch::UnseenReply, Some(office.latest("c1")));
    assert_eq!((content.body.as_str(), content.earlier_count), ("two", 1));
    let said: Vec<(&str, &Sender, bool)> =
        content.earlier.iter().map(|past| (past.body.as_str(), &past.sender, past.waits)).collect();
    let ada = Sender::Agent(office.agent_id("ada"));
    assert_eq!(said[said.len() - 2..], [("one", &ada, true), ("beep", &Sender::Bot, false)], "and no note: {said:?}");
    assert_eq!((content.at, content.sender), (Some(office.now()), Some(Sender::Agent(office.agent_id("bob")))));
    assert_eq!(content.attachments.len(), 1);
}

#[test]
fn an_event_or_a_deadline_shows_the_contacts_latest_message_and_counts_none() {
    let mut office = Office::new();
    office.agent("ada").asks("c1", "one").later(1).asks("c1", "two").attach("c1", "bill.pdf", "https://x.example/");
    let asked = office.now();
    office.later(1).replies("ada", "c1", "hi").bot_says("c1", "beep");
    for watch in [Watch::Assigned, Watch::Assistance, Watch::SlaWarning, Watch::SlaBreach] {
        let content = words(&office, watch, None);
        assert_eq!((content.body.as_str(), content.earlier_count), ("two", 0));
        assert!(content.earlier.iter().all(|past| past.body == "one" && !past.waits), "{:?}", content.earlier);
        assert_eq!((content.at, content.sender), (Some(asked), Some(Sender::Contact)));
        assert_eq!(content.attachments.len(), 1);
    }
    let content = words(&office, Watch::Unreplied, None);
    assert_eq!((content.body.as_str(), content.earlier_count, content.earlier.len()), ("two", 1, 1));
}

#[test]
fn who_wrote_a_message_is_told() {
    let mut office = Office::new();
    office.agent("ada").asks("c1", "x").later(1);
    let sender = |office: &Office| words(office, Watch::UnseenReply, Some(office.latest("c1"))).sender;
    assert_eq!(sender(&office), Some(Sender::Contact));
    assert_eq!(sender(office.replies("ada", "c1", "x")), Some(Sender::Agent(office.agent_id("ada"))));
    assert_eq!(sender(office.bot_says("c1", "x")), Some(Sender::Bot));
    assert_eq!(sender(office.system_says("c1", "x")), Some(Sender::Other));
}

#[test]
fn questions_replies_and_events_are_answered_together() {
    let mut office = Office::new();
    office.agent("ada").asks("c1", "one").asks("c2", "two").asks("c3", "three").later(1).replies("ada", "c2", "answer");
    let wanted = |name: &str, watch, latest| Wanted {
        conversation: office.conversation_id(name),
        watch,
        since: instant("2026-03-02T09:00:00Z"),
        latest,
        show: Show::Latest,
    };
    let wanted = [
        wanted("c3", Watch::Assigned, None),
        wanted("c2", Watch::UnseenReply, Some(office.latest("c2"))),
        wanted("c1", Watch::Unread, Some(office.latest("c1"))),
    ];
    let contents = open(&office).snapshot().unwrap().contents(&wanted).unwrap();
    let body = |name: &str| contents[&office.conversation_id(name)].body.as_str();
    assert_eq!([body("c1"), body("c2"), body("c3")], ["one", "answer", "three"]);
}

// ---- what people type

#[test]
fn a_conversation_is_found_by_number_before_id() {
    let mut office = Office::new();
    office.asks("c1", "x").asks("c2", "x").resolve("c2");
    let desk = open(&office);
    let found = |text: &str| desk.snapshot().unwrap().find_conversation(text).unwrap();
    let (c1, c2) = (office.conversation_id("c1"), office.conversation_id("c2"));
    assert_eq!((found("1000"), found(" #1001 ")), (Some(c1.clone()), Some(c2.clone())));
    assert_eq!((found(c2.as_str()), found("7"), found("x"), found("")), (Some(c2.clone()), None, None, None));
    office.connection().execute("UPDATE conversations SET number = id WHERE id = ?1", [c1.as_str()]).unwrap();
    office
        .connection()
        .execute("UPDATE conversations SET number = ?1 WHERE id = ?2", [c1.as_str(), c2.as_str()])
        .unwrap();
    let error = open(&office).snapshot().unwrap().find_conversation(c1.as_str()).unwrap_err().to_string();
    assert!(error.contains(c1.as_str()) && error.contains(c2.as_str()), "{error}");
}

#[test]
fn a_person_is_found_by_address_in_any_case_or_by_id() {
    let mut office = Office::new();
    office.contact("zoe").agent("ada").contact("tom");
    let desk = open(&office);
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
    let desk = open(&office);
    let snapshot = desk.snapshot().unwrap();
    assert_eq!(snapshot.latest(&office.conversation_id("c1")).unwrap(), Some(office.latest("c1")));
    assert_eq!(snapshot.latest(&ConversationId::from("99")).unwrap(), None);
}

// ---- the one write

fn marks(office: &Office, marks: &[(&str, &str, &str)]) -> anyhow::Result<()> {
    let marks: Vec<_> = marks
        .iter()
        .map(|(conversation, agent, at)| (office.conversation_id(conversation), office.agent_id(agent), instant(at)))
        .collect();
    ReadMarks::open(&office.path()).unwrap().mark(&marks)
}

#[test]
fn what_is_marked_as_read_waits_for_that_agent_no_more() {
    let mut office = Office::new();
    office.agent("ada").agent("bob").asks("c1", "x").assign("c1", "ada").asks("c2", "x").assign("c2", "bob");
    marks(&office, &[("c1", "ada", "2026-03-02T09:00:00Z"), ("c2", "ada", "2026-03-02T09:00:00Z")]).unwrap();
    let unread: Vec<_> = pending(&office, Watch::Unread).into_iter().map(|it| it.conversation).collect();
    assert_eq!(unread, [office.conversation_id("c2")], "bob has not read it");
    assert_eq!(pending(&office, Watch::Unreplied).len(), 2, "reading is no answer");
}

#[test]
fn a_mark_moves_a_cursor_forward_and_never_back() {
    let mut office = Office::new();
    office.agent("ada").asks("c1", "x");
    let seen = |office: &Office| facts(office, &["c1"], Agents::All).seen.into_values().next();
    office.connection().execute("INSERT INTO read_cursors VALUES (500, 'agent', 1, NULL)", []).unwrap();
    for (at, expected) in [
        ("2026-03-02T09:00:00Z", "2026-03-02T09:00:00Z"),
        ("2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z"),
        ("2026-03-02T09:30:00Z", "2026-03-02T10:00:00Z"),
    ] {
        marks(&office, &[("c1", "ada", at)]).unwrap();
        assert_eq!(seen(&office), Some(instant(expected)), "{at}");
    }
}

#[test]
fn a_conversation_that_is_gone_does_not_stop_the_other_marks() {
    let mut office = Office::new();
    office.agent("ada").asks("c1", "x").assign("c1", "ada");
    let (ada, now) = (office.agent_id("ada"), office.now());
    let gone = |id: &str| (ConversationId::from(id), ada.clone(), now);
    let marks = [gone("99"), gone("nonsense"), (office.conversation_id("c1"), ada.clone(), now)];
    ReadMarks::open(&office.path()).unwrap().mark(&marks).unwrap();
    assert_eq!(pending(&office, Watch::Unread), []);
    let cursors: i64 =
        office.connection().query_row("SELECT count(*) FROM read_cursors", [], |row| row.get(0)).unwrap();
    assert_eq!(cursors, 1);
}

#[test]
fn marks_are_written_all_or_none() {
    let mut office = Office::new();
    office.agent("ada").asks("c1", "x").asks("c2", "x");
    let out_of_range = "0001-01-01T00:00:00Z";
    assert!(marks(&office, &[("c1", "ada", "2026-03-02T09:00:00Z"), ("c2", "ada", out_of_range)]).is_err());
    assert_eq!(facts(&office, &["c1", "c2"], Agents::All).seen, HashMap::new());
}

#[test]
fn marks_go_into_a_desk_only() {
    let error = ReadMarks::open(Path::new("nowhere/chat.db")).unwrap_err().to_string();
    assert!(error.contains("nowhere/chat.db") && !Path::new("nowhere").exists(), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE orders (id)").unwrap();
    let error = format!("{:#}", ReadMarks::open(&path).unwrap_err());
    assert!(error.contains("shop.db is no desk"), "{error}");
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
    let findings = open(&office).check().unwrap();
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

// ---- the same on PostgreSQL

macro_rules! bodies {
    ($($name:ident)*) => { [$((stringify!($name), $name as fn())),*] };
}

#[test]
fn every_question_has_the_same_answer_on_postgresql() {
    let bodies = bodies! {
        a_conversation_waits_since_the_first_unanswered_message_and_shows_the_latest
        a_reply_ends_the_wait_and_the_next_question_begins_a_new_one
        notes_bots_and_the_system_do_not_answer
        a_reply_that_is_withdrawn_or_made_private_is_none
        a_question_taken_back_does_not_wait
        messages_of_one_instant_are_ordered_by_id
        a_reply_that_is_written_late_answers_only_what_came_before_it
        a_message_moved_to_another_conversation_waits_there
        only_open_conversations_wait
        an_assignee_who_never_looked_has_read_nothing
        what_the_assignee_has_read_is_read_whatever_others_do
        an_assignee_who_replied_has_read_up_to_there_and_a_colleagues_reply_is_not_a_look
        a_contact_with_the_assignees_id_is_somebody_else
        the_longest_wait_comes_first_and_ids_decide_between_equals
        asked_about_some_conversations_only_those_that_wait_are_answered
        a_first_message_and_one_after_an_answer_are_told_apart
        an_unseen_reply_waits_since_the_first_that_the_contact_has_not_seen
        a_reply_stays_unseen_when_the_conversation_is_resolved_and_notes_and_bots_are_no_replies
        the_longest_unseen_reply_comes_first_though_another_spoke_later
        what_is_older_than_three_days_is_found_only_where_it_is_asked_about
        an_event_is_told_of_by_its_kind_with_who_did_what_to_whom
        a_warning_comes_before_the_deadline_and_the_breach_with_it
        the_first_message_after_a_place_is_found_by_time_and_id
        where_replies_are_watched_the_first_reply_after_a_place_is_found
        the_facts_tell_of_everybody_around_a_conversation
        all_agents_are_told_of_on_demand
        how_far_every_agent_has_read_is_told_of
        every_surface_of_agents_and_contacts_is_told_of
        a_conversation_says_how_it_stands
        a_bot_is_silent_since_the_first_question_after_its_latest_word
        people_come_with_everything_that_reaches_them
        what_an_agent_switched_is_told_of_row_by_row
        hours_and_absences_are_told_of
        a_stand_in_and_the_stand_ins_stand_in_are_told_of_with_all_that_is_theirs
        two_who_stand_in_for_each_other_and_one_who_is_gone_are_no_trouble
        agents_whom_an_event_names_are_told_of_as_well
        devices_belong_to_agents_or_contacts
        a_value_that_cannot_be_read_costs_that_value_alone_and_is_warned_of_once
        the_latest_message_comes_with_its_files_and_the_count_of_those_before
        a_shown_conversation_brings_the_last_ten_messages_oldest_first
        nothing_is_read_of_a_message_that_is_not_shown
        a_message_comes_with_at_most_twenty_files
        a_body_of_ten_megabytes_is_cut_inside_the_database
        html_is_shown_as_text
        a_message_that_is_gone_has_no_words
        unseen_replies_come_with_the_replies_before_them
        an_event_or_a_deadline_shows_the_contacts_latest_message_and_counts_none
        who_wrote_a_message_is_told
        questions_replies_and_events_are_answered_together
        a_conversation_is_found_by_number_before_id
        a_person_is_found_by_address_in_any_case_or_by_id
        the_latest_message_of_a_closed_conversation_is_known
        a_whole_desk_has_no_problems_and_is_counted
    };
    MIRROR.set(Some(Rc::new(Mirror::start())));
    for (name, body) in bodies {
        println!("on PostgreSQL: {name}");
        body();
    }
}
