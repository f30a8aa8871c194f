//! What people text back: into the conversation that it answers, once, whatever happens in between.

use doorbell::model::Channel;
use doorbell::pass::Order;
use rusqlite::Connection;

use crate::office::{Office, instant};
use crate::servers::Reply;
use crate::twilio::{Act, FROM, Twilio, error};
use crate::{Shift, office, shift_by};

const REPLIES: &str = "replies = true\n";
const ADA: &str = "+441632960012";
const TOM: &str = "+441632960077";

/// Who wrote what, by id from outside.
fn added(desk: &Connection) -> Vec<(String, i64, String)> {
    let sql = "SELECT sender_type, sender_id, body FROM messages WHERE external_id IS NOT NULL ORDER BY id";
    let mut read = desk.prepare(sql).unwrap();
    read.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap().collect::<Result<_, _>>().unwrap()
}

fn bodies(shift: &Shift) -> Vec<String> {
    added(shift.office.connection()).into_iter().map(|(_, _, body)| body).collect()
}

fn states(shift: &Shift) -> Vec<String> {
    shift.books.column("SELECT state FROM doorbell_inbound ORDER BY sid")
}

fn consent(shift: &Shift, contact: &str) -> Option<bool> {
    let id = shift.office.contact_id(contact);
    let sql = "SELECT sms_consent FROM contacts WHERE id = ?1";
    shift.office.connection().query_row(sql, [id.as_str().parse::<i64>().unwrap()], |row| row.get(0)).unwrap()
}

/// A desk at which Tom, with a telephone, waits; and Ada was texted about it.
fn texted(more: &str) -> (Twilio, Shift) {
    let mut office = office();
    office.contact_phone("tom", "+44 1632 960-077", None);
    let twilio = Twilio::start();
    let mut shift = shift_by(&twilio, office, &format!("{REPLIES}{more}"));
    shift.pass("2026-03-02T09:05:00Z");
    assert_eq!(twilio.sent().len(), 1);
    (twilio, shift)
}

#[test]
fn b12_an_agents_reply_to_a_text_is_a_public_answer_in_its_conversation() {
    let (twilio, mut shift) = texted("");
    twilio.receives(ADA, "On my way, Tom!", "2026-03-02T09:07:00Z");
    let report = shift.pass("2026-03-02T09:10:00Z");
    assert_eq!((report.replies, report.exit_status()), (1, 0), "{report:?}");
    let ada: i64 = shift.office.agent_id("ada").as_str().parse().unwrap();
    assert_eq!(added(shift.office.connection()), [("agent".to_owned(), ada, "On my way, Tom!".to_owned())]);
    let waiting: Option<i64> =
        shift.office.connection().query_row("SELECT waiting_since FROM conversations", [], |row| row.get(0)).unwrap();
    assert_eq!(waiting, None, "it is answered");
    let at: i64 =
        shift.office.connection().query_row("SELECT max(created_at) FROM messages", [], |row| row.get(0)).unwrap();
    assert_eq!(at, instant("2026-03-02T09:07:00Z").timestamp_millis());
}

#[test]
fn b12_a_contacts_text_comes_into_their_open_conversation_and_is_told() {
    let (twilio, mut shift) = texted("");
    twilio.receives(TOM, "still waiting", "2026-03-02T09:07:00Z");
    shift.pass("2026-03-02T09:10:00Z");
    assert_eq!(bodies(&shift), ["still waiting"]);
    shift.pass("2026-03-02T09:20:00Z");
    assert_eq!(twilio.sent().len(), 2, "Ada hears of it");
}

#[test]
fn b12_a_contact_who_was_texted_answers_in_that_conversation_and_opens_it_again() {
    let mut office = Office::new();
    office.agent("ada").contact("tom").asks("c1", "hello?").assign("c1", "ada").later(1).replies("ada", "c1", "Hello!");
    office.later(1).asks("c2", "another thing").later(1).replies("ada", "c2", "later");
    office.contact_reads("c2").contact_phone("tom", TOM, Some(true));
    let twilio = Twilio::start();
    let rules =
        crate::by_text().replace("unreplied", "unseen_reply").replace("\"assignee\", \"else group\"", "\"contact\"");
    let settings = twilio.settings(office.folder(), REPLIES);
    let mut shift = Shift::under(office, &rules).set(&settings);
    shift.pass("2026-03-02T09:20:00Z");
    assert_eq!(twilio.sent().len(), 1);
    shift.office.resolve("c1");
    twilio.receives(TOM, "thanks, one more question", "2026-03-02T09:24:00Z");
    shift.pass("2026-03-02T09:25:00Z");
    let sql = "SELECT m.conversation_id, c.status, c.waiting_since FROM messages m
               JOIN conversations c ON c.id = m.conversation_id WHERE m.external_id IS NOT NULL";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?.to_string(), row.get(1)?, row.get(2)?));
    let found: (String, String, i64) = shift.office.connection().query_row(sql, [], read).unwrap();
    let now = instant("2026-03-02T09:25:00Z").timestamp_millis();
    assert_eq!(found, (shift.office.conversation_id("c1").to_string(), "open".to_owned(), now));
}

#[test]
fn b12_however_often_it_is_listed_a_text_is_added_once() {
    let (twilio, mut shift) = texted("");
    twilio.receives(ADA, "one", "2026-03-02T09:07:00Z");
    twilio.receives(ADA, "two", "2026-03-02T09:08:00Z");
    for minute in [10, 15, 20] {
        shift.pass(&format!("2026-03-02T09:{minute}:00Z"));
    }
    assert_eq!(bodies(&shift), ["one", "two"]);
    // a ledger that was lost knows nothing; the desk does
    shift.books.write("DELETE FROM doorbell_inbound");
    shift.pass("2026-03-02T09:25:00Z");
    assert_eq!((bodies(&shift).len(), states(&shift)), (2, vec!["added".to_owned(); 2]));
}

#[test]
fn b12_replies_are_asked_for_since_yesterday_and_read_page_by_page() {
    let (twilio, mut shift) = texted("");
    let first = &twilio.seen("GET")[0];
    assert!(first.query.starts_with("To=%2B15005550006&DateSent%3E=2026-03-01&PageSize=100"), "{}", first.query);
    twilio.pages_of(2);
    for number in 0..7 {
        twilio.receives(ADA, &format!("reply {number}"), "2026-03-02T09:07:00Z");
    }
    shift.pass("2026-03-02T09:10:00Z");
    let expected: Vec<String> = (0..7).map(|number| format!("reply {number}")).collect();
    assert_eq!(bodies(&shift), expected, "oldest first");
    assert_eq!(twilio.seen("GET").len(), 1 + 4);
}

#[test]
fn after_days_without_a_pass_nothing_that_came_is_missed() {
    let (twilio, mut shift) = texted("");
    twilio.receives(ADA, "on Friday", "2026-03-06T09:07:00Z");
    shift.pass("2026-03-09T09:00:00Z");
    assert_eq!(bodies(&shift), ["on Friday"]);
    assert!(twilio.seen("GET")[1].query.contains("2026-03-01"), "{}", twilio.seen("GET")[1].query);
}

#[test]
fn the_next_page_is_not_fetched_from_anybody_else() {
    let thief = Twilio::start();
    let (twilio, mut shift) = texted("");
    twilio.receives(ADA, "hello", "2026-03-02T09:07:00Z");
    let paths = [
        format!("{}/2010-04-01/steal", thief.server.url()),
        format!("//localhost:{}/steal", thief.server.port),
        "/2010-04-01/Accounts/AC00000000000000000000000000000000/Messages.json".to_owned(),
        format!(
            "http://user@localhost:{}/2010-04-01/Accounts/{}/Messages.json",
            twilio.server.port,
            crate::twilio::ACCOUNT
        ),
    ];
    for (minute, path) in paths.iter().enumerate() {
        twilio.next_page(path);
        let before = twilio.seen("GET").len();
        let report = shift.pass(&format!("2026-03-02T09:1{minute}:00Z"));
        assert_eq!((report.exit_status(), twilio.seen("GET").len()), (75, before + 1), "{path}");
        assert!(report.troubles.iter().any(|it| it.words.contains("next page")), "{report:?}");
    }
    assert_eq!((thief.server.seen().len(), bodies(&shift).len()), (0, 0));
}

#[test]
fn a_list_without_an_end_is_given_up() {
    let (twilio, mut shift) = texted("");
    twilio.receives(ADA, "hello", "2026-03-02T09:07:00Z");
    twilio.next_page(&format!("/2010-04-01/Accounts/{}/Messages.json?Page=1", crate::twilio::ACCOUNT));
    let report = shift.pass("2026-03-02T09:10:00Z");
    assert_eq!((report.exit_status(), bodies(&shift).len()), (75, 0));
}

#[test]
fn b12_stop_blocks_a_number_until_start() {
    let (twilio, mut shift) = texted("");
    twilio.receives(ADA, " Stop. ", "2026-03-02T09:06:00Z");
    shift.office.at("2026-03-02T09:06:00Z").asks("c1", "anybody?");
    let report = shift.pass("2026-03-02T09:15:00Z");
    assert_eq!((report.sent, report.reasons["blocked"], states(&shift)), (0, 1, vec!["stopped".to_owned()]));
    let blocked = shift.ledger().blocked(instant("2027-03-02T09:15:00Z")).unwrap();
    assert_eq!((blocked[0].shown.as_str(), blocked[0].reason.as_str()), ("+***12", "STOP by text message"));
    twilio.receives(ADA, "START", "2026-03-02T09:20:00Z");
    let report = shift.pass("2026-03-02T09:25:00Z");
    assert_eq!((report.sent, states(&shift)), (1, vec!["stopped".to_owned(), "started".to_owned()]));
    assert_eq!(bodies(&shift), Vec::<String>::new(), "neither is for people");
}

#[test]
fn b12_stop_and_start_change_what_the_desk_knows_of_a_contact() {
    let (twilio, mut shift) = texted("");
    twilio.receives(TOM, "UNSUBSCRIBE", "2026-03-02T09:06:00Z");
    shift.pass("2026-03-02T09:10:00Z");
    assert_eq!(consent(&shift, "tom"), Some(false));
    twilio.receives(TOM, "unstop", "2026-03-02T09:12:00Z");
    shift.pass("2026-03-02T09:15:00Z");
    assert_eq!(consent(&shift, "tom"), Some(true));
}

#[test]
fn yes_is_an_answer_unless_its_sender_had_stopped() {
    let (twilio, mut shift) = texted("");
    twilio.receives(TOM, "Yes", "2026-03-02T09:06:00Z");
    shift.pass("2026-03-02T09:10:00Z");
    assert_eq!((bodies(&shift), states(&shift)), (vec!["Yes".to_owned()], vec!["added".to_owned()]));
    twilio.receives(TOM, "STOP", "2026-03-02T09:11:00Z");
    twilio.receives(TOM, "Yes", "2026-03-02T09:12:00Z");
    shift.pass("2026-03-02T09:15:00Z");
    assert_eq!((states(&shift)[1..].join(" "), consent(&shift, "tom")), ("stopped started".to_owned(), Some(true)));
}

#[test]
fn start_does_not_undo_what_the_operator_blocked() {
    let (twilio, mut shift) = texted("");
    shift.ledger().block(Channel::Sms, ADA, instant("2026-03-02T09:06:00Z")).unwrap();
    twilio.receives(ADA, "START", "2026-03-02T09:07:00Z");
    shift.office.at("2026-03-02T09:06:00Z").asks("c1", "anybody?");
    assert_eq!(shift.pass("2026-03-02T09:15:00Z").sent, 0);
}

#[test]
fn a_number_that_twilio_refuses_for_stop_is_blocked_and_start_frees_it() {
    let twilio = Twilio::start();
    twilio.makes(Act::Says(error(400, 21610, "Attempt to send to unsubscribed recipient")));
    let mut shift = shift_by(&twilio, office(), REPLIES);
    shift.pass("2026-03-02T09:05:00Z");
    assert_eq!(shift.states_of(Channel::Sms), ["dead"]);
    assert_eq!(shift.ledger().blocked(instant("2026-03-02T09:06:00Z")).unwrap()[0].shown, "+***12");
    twilio.receives(ADA, "start", "2026-03-02T09:07:00Z");
    shift.pass("2026-03-02T09:10:00Z");
    assert!(shift.ledger().blocked(instant("2026-03-02T09:11:00Z")).unwrap().is_empty());
}

#[test]
fn b12_a_text_from_a_number_nobody_knows_is_told_once_and_taken_in_when_somebody_does() {
    let (twilio, mut shift) = texted("");
    let sid = twilio.receives("+441632960099", "it is me", "2026-03-02T09:06:00Z");
    let report = shift.pass("2026-03-02T09:10:00Z");
    assert_eq!((report.unknown_senders, report.exit_status()), (1, 1));
    let trouble = &report.troubles[0];
    assert_eq!((trouble.kind, trouble.address.as_str()), ("sender", "+***99"));
    assert_eq!(trouble.words, format!("{sid}: nobody at the desk has this number"));
    assert!(!report.to_json().contains("0099"));
    let overview = shift.ledger().overview(instant("2026-03-02T09:11:00Z"), 1).unwrap();
    assert_eq!((overview.unknown_senders, overview.passes[0].exit_status), (1, Some(1)));
    let report = shift.pass("2026-03-02T09:15:00Z");
    assert_eq!((report.unknown_senders, report.exit_status()), (0, 0), "the operator has heard");
    shift.office.contact_phone("tom", "+441632960099", None);
    shift.pass("2026-03-02T09:20:00Z");
    assert_eq!((bodies(&shift), states(&shift)), (vec!["it is me".to_owned()], vec!["added".to_owned()]));
}

#[test]
fn what_cannot_be_placed_is_told_in_words() {
    let (twilio, mut shift) = texted("");
    shift.office.at("2026-03-02T09:06:00Z").asks("c2", "me too").assign("c2", "ada");
    shift.office.asks("c3", "me three").assign("c3", "ada");
    shift.pass("2026-03-02T09:12:00Z");
    twilio.receives(ADA, "coming", "2026-03-02T09:13:00Z");
    twilio.receives("whatsapp", "hello", "2026-03-02T09:13:00Z");
    shift.office.resolve("c1").resolve("c2").resolve("c3");
    twilio.receives(TOM, "hello", "2026-03-02T09:13:01Z");
    let report = shift.pass("2026-03-02T09:15:00Z");
    let words: Vec<&str> = report.troubles.iter().map(|it| it.words.split_once(": ").unwrap().1).collect();
    assert_eq!(
        words,
        [
            "it answers a text about several conversations",
            "no telephone number is given",
            "its sender has no open conversation"
        ]
    );
    assert_eq!(bodies(&shift).len(), 0);
}

#[test]
fn a_blocked_contact_is_neither_added_nor_told() {
    let (twilio, mut shift) = texted("");
    shift.office.blocks("tom");
    twilio.receives(TOM, "spam", "2026-03-02T09:06:00Z");
    twilio.receives(ADA, "  ", "2026-03-02T09:06:00Z");
    let report = shift.pass("2026-03-02T09:10:00Z");
    assert_eq!((report.replies, report.exit_status(), states(&shift)), (0, 0, vec!["ignored".to_owned(); 2]));
}

#[test]
fn hostile_texts_are_added_as_they_came() {
    let (twilio, mut shift) = texted("");
    let crabs = "🦀".repeat(1600);
    let evil = "'); DROP TABLE messages; --\u{202e}\u{7}\r\n\u{1b}[31m";
    for body in [crabs.as_str(), evil, "a\0b", "{{body}} <script>"] {
        twilio.receives(ADA, body, "2026-03-02T09:06:00Z");
    }
    twilio.receives_media(ADA, "look", "2026-03-02T09:06:30Z", 2);
    twilio.receives_media(ADA, "", "2026-03-02T09:06:40Z", 1);
    shift.pass("2026-03-02T09:10:00Z");
    let expected = [
        crabs.as_str(),
        evil,
        "ab",
        "{{body}} <script>",
        "look\n[2 pictures or files came with this text message; they are kept at Twilio]",
        "[a picture or file came with this text message; it is kept at Twilio]",
    ];
    assert_eq!(bodies(&shift), expected);
}

#[test]
fn replies_that_cannot_be_asked_for_are_an_outage_in_words_and_nobody_waits_for_it() {
    let mut office = office();
    office.contact_phone("tom", TOM, None);
    let twilio = Twilio::start();
    for _ in 0..2 {
        twilio.lists(Act::Says(Reply::status(503)));
    }
    let mut shift = shift_by(&twilio, office, REPLIES);
    let report = shift.pass("2026-03-02T09:05:00Z");
    assert_eq!((report.sent, report.exit_status()), (1, 75), "{report:?}");
    assert!(report.troubles[0].words.starts_with("503 replies are not taken in"), "{report:?}");
    let outages = shift.ledger().overview(instant("2026-03-02T09:06:00Z"), 1).unwrap().outages;
    assert!(outages[0].words.contains("replies are not taken in"), "{outages:?}");
    let report = shift.pass("2026-03-02T09:10:00Z");
    assert!(report.troubles[0].standing, "told once a day");
    let report = shift.pass("2026-03-02T09:15:00Z");
    assert_eq!(report.exit_status(), 0);
    assert!(shift.ledger().overview(instant("2026-03-02T09:16:00Z"), 1).unwrap().outages.is_empty());
}

#[test]
fn nothing_is_asked_for_in_a_run_for_somebody_or_without_replies() {
    let (twilio, mut shift) = texted("");
    let before = twilio.seen("GET").len();
    let ada = doorbell::model::RecipientId::Agent(shift.office.agent_id("ada"));
    shift.pass_ordered("2026-03-02T09:10:00Z", &Order { person: Some(ada), ..Order::default() });
    let trial = Order { redirect_to: Some("trial@example.com".into()), ..Order::default() };
    shift.pass_ordered("2026-03-02T09:11:00Z", &trial);
    assert_eq!(twilio.seen("GET").len(), before);
    let twilio = Twilio::start();
    shift_by(&twilio, office(), "").pass("2026-03-02T09:05:00Z");
    assert_eq!(twilio.seen("GET").len(), 0);
}

#[test]
fn b12_a_message_of_our_own_is_no_reply() {
    let (twilio, mut shift) = texted("");
    let sql = "UPDATE agents SET phone = ?1";
    shift.office.connection().execute(sql, [FROM]).unwrap();
    shift.pass("2026-03-02T09:10:00Z");
    assert_eq!((bodies(&shift).len(), twilio.sent().len()), (0, 1));
}

#[test]
fn an_outage_of_replies_ends_when_nobody_wants_them_any_more() {
    let twilio = Twilio::start();
    twilio.lists(Act::Says(Reply::status(503)));
    let mut shift = shift_by(&twilio, office(), REPLIES);
    shift.pass("2026-03-02T09:05:00Z");
    let outages = |shift: &Shift| shift.ledger().overview(instant("2026-03-02T09:30:00Z"), 1).unwrap().outages.len();
    assert_eq!(outages(&shift), 1);
    shift.lose("sms");
    shift.change_rules(crate::REMINDER);
    shift.pass("2026-03-02T09:10:00Z");
    assert_eq!(outages(&shift), 0);
}

#[test]
fn a_text_that_the_desk_refuses_keeps_no_other_out_and_is_tried_again() {
    let (twilio, mut shift) = texted("");
    let refuse = "CREATE TRIGGER no_cats BEFORE INSERT ON messages WHEN NEW.body = 'cats' BEGIN
                    SELECT RAISE(ABORT, 'no cats here'); END";
    shift.office.connection().execute_batch(refuse).unwrap();
    twilio.receives(ADA, "cats", "2026-03-02T09:06:00Z");
    twilio.receives(ADA, "dogs", "2026-03-02T09:07:00Z");
    let report = shift.pass("2026-03-02T09:10:00Z");
    assert_eq!((report.exit_status(), bodies(&shift)), (75, vec!["dogs".to_owned()]));
    assert!(report.troubles[0].words.contains("no cats here"), "{report:?}");
    shift.office.connection().execute_batch("DROP TRIGGER no_cats").unwrap();
    shift.pass("2026-03-02T09:15:00Z");
    assert_eq!(bodies(&shift), ["dogs", "cats"]);
}

#[test]
fn b12_a_start_that_could_not_be_taken_in_does_not_undo_the_stop_after_it() {
    let (twilio, mut shift) = texted("");
    let refuse = "CREATE TRIGGER nobody BEFORE UPDATE OF sms_consent ON contacts WHEN NEW.sms_consent = 1 BEGIN
                    SELECT RAISE(ABORT, 'not now'); END";
    shift.office.connection().execute_batch(refuse).unwrap();
    twilio.receives(TOM, "START", "2026-03-02T09:06:00Z");
    twilio.receives(TOM, "STOP", "2026-03-02T09:07:00Z");
    shift.pass("2026-03-02T09:10:00Z");
    shift.office.connection().execute_batch("DROP TRIGGER nobody").unwrap();
    shift.pass("2026-03-02T09:15:00Z");
    assert_eq!((consent(&shift, "tom"), states(&shift)), (Some(false), vec!["ignored".into(), "stopped".into()]));
    assert_eq!(shift.ledger().blocked(instant("2026-03-02T09:16:00Z")).unwrap().len(), 1);
}
