//! Whole passes over a real desk, by SMTP to a real server, at instants that the test chooses.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod office;
mod servers;
mod shift;

use doorbell::model::{Channel, RecipientId};
use doorbell::pass::Order;
use office::Office;
use servers::{Act, At, SmtpServer, Tls};
use shift::{REMINDER, Shift, hold_on_postgresql_too};

/// Ada and Bob in billing; at nine Tom asks c1, which belongs to Ada.
fn office() -> Office {
    let mut office = Office::new();
    office.agent("ada").agent("bob").group("billing", &["ada", "bob"]);
    office.contact("tom").asks("c1", "hello?").assign("c1", "ada").into_group("c1", "billing");
    office
}

fn say(text: &str) -> Act {
    Act::Say(format!("{text}\r\n").into_bytes())
}

#[test]
fn a_message_makes_exactly_one_mail_after_its_grace() {
    let mut shift = Shift::new(office());
    shift.pass("2026-03-02T09:04:59Z");
    assert_eq!(shift.told(), Vec::<String>::new());
    let mails = shift.passes("2026-03-02T09:05:00Z", "2026-03-02T12:00:00Z");
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, "ada@example.com");
    assert!(mails[0].text.contains("hello?") && mails[0].text.contains("you are assigned"), "{}", mails[0].text);
    assert!(mails[0].text.contains("https://chat.example.com/1000"), "{}", mails[0].text);
}

#[test]
fn a_newer_message_makes_one_more_mail_after_a_grace_of_its_own() {
    let mut shift = Shift::new(office());
    assert_eq!(shift.passes("2026-03-02T09:05:00Z", "2026-03-02T09:30:00Z").len(), 1, "the first mail");
    shift.office.at("2026-03-02T09:31:00Z").asks("c1", "are you there?");
    shift.office.at("2026-03-02T09:34:00Z").asks("c1", "hello again");
    assert!(shift.passes("2026-03-02T09:35:00Z", "2026-03-02T09:35:59Z").is_empty());
    let mails = shift.passes("2026-03-02T09:36:00Z", "2026-03-02T10:30:00Z");
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("hello again") && mails[0].text.contains("2 earlier"), "{}", mails[0].text);
}

#[test]
fn a_reply_stops_it() {
    let mut shift = Shift::new(office());
    shift.office.at("2026-03-02T09:03:00Z").replies("bob", "c1", "yes?");
    assert!(shift.passes("2026-03-02T09:05:00Z", "2026-03-02T10:00:00Z").is_empty());
}

#[test]
fn u7_unread_messages_are_looked_for_every_five_minutes() {
    let rules = REMINDER.replace("unreplied", "unread");
    let mut shift = Shift::under(office(), &rules);
    shift.office.at("2026-03-02T09:01:00Z").reads("bob", "c1");
    for (pass, mails) in [("09:04:00", 0), ("09:05:30", 1), ("09:10:00", 0)] {
        shift.pass(&format!("2026-03-02T{pass}Z"));
        assert_eq!(shift.told().len(), mails, "{pass}");
    }
    shift.office.at("2026-03-02T09:11:00Z").asks("c1", "and now?");
    shift.office.at("2026-03-02T09:12:00Z").reads("ada", "c1");
    assert!(shift.passes("2026-03-02T09:15:00Z", "2026-03-02T10:00:00Z").is_empty());
}

#[test]
fn c3_a_guest_is_not_reported_and_c7_nor_is_anything_to_admins() {
    let rules = "
        [rule.digest]
        watch = \"unreplied\"
        schedule = { every = \"5m\" }
        guests = false
        tell = [\"assignee\", \"else group\"]
        except_roles = [\"admin\"]";
    let mut office = Office::new();
    office.agent("ada").admin("boss").group("billing", &["ada", "boss"]);
    office.guest("visitor").asks("c1", "psst").into_group("c1", "billing");
    office.contact("tom").asks("c2", "hello?").into_group("c2", "billing");
    let mut shift = Shift::under(office, rules);
    let mails = shift.passes("2026-03-02T09:05:00Z", "2026-03-02T09:20:00Z");
    assert_eq!(mails.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["ada@example.com"]);
    assert!(mails[0].text.contains("hello?") && !mails[0].text.contains("psst"));
}

#[test]
fn c4_a_message_is_reported_after_the_period_and_c6_an_unassigned_one_to_the_group() {
    let mut office = office();
    office.unassign("c1");
    let mut shift = Shift::under(office, &REMINDER.replace("\"5m\"\ntell", "\"2h\"\ntell"));
    assert!(shift.passes("2026-03-02T09:05:00Z", "2026-03-02T10:55:00Z").is_empty());
    shift.pass("2026-03-02T11:00:00Z");
    assert_eq!(shift.told(), ["ada@example.com", "bob@example.com"]);
}

#[test]
fn c5_mails_go_out_monday_to_saturday_at_eight_eleven_two_and_five() {
    let rules = "
        [rule.digest]
        watch = \"unreplied\"
        schedule = { at = [\"08:00\", \"11:00\", \"14:00\", \"17:00\"], days = \"Mon-Sat\", time_zone = \"Europe/London\" }
        grace = \"30m\"
        tell = [\"assignee\"]";
    let mut shift = Shift::under(office(), rules);
    // the slot of Thursday evening, which would be made up for later on
    shift.pass("2026-03-26T17:00:00Z");
    let mut told_at = Vec::new();
    let mut now = office::instant("2026-03-27T00:00:00Z");
    // London puts its clocks forward on Sunday, 29 March
    while now < office::instant("2026-03-31T00:00:00Z") {
        if now.timestamp() % 3_600 == 0 {
            shift.office.at(&(now - chrono::TimeDelta::minutes(31)).to_rfc3339()).asks("c1", "still there?");
        }
        shift.pass_at(now, &Order::default());
        if !shift.told().is_empty() {
            told_at.push(now.format("%a %H:%M").to_string());
        }
        now += chrono::TimeDelta::minutes(30);
    }
    let expected = [
        "Fri 08:00",
        "Fri 11:00",
        "Fri 14:00",
        "Fri 17:00",
        "Sat 08:00",
        "Sat 11:00",
        "Sat 14:00",
        "Sat 17:00",
        "Mon 07:00",
        "Mon 10:00",
        "Mon 13:00",
        "Mon 16:00",
    ];
    assert_eq!(told_at, expected);
}

#[test]
fn c8_the_mail_has_date_zone_sender_and_contents_and_c9_only_the_latest_message() {
    let mut office = office();
    office.connection().execute("UPDATE agents SET time_zone = 'Europe/Berlin'", []).unwrap();
    office.at("2026-03-02T09:01:00Z").asks("c1", "my invoice is wrong");
    let mut shift = Shift::new(office);
    shift.pass("2026-03-02T09:06:00Z");
    let mail = shift.mails().remove(0);
    for words in ["Tom", "Mon 2 Mar 2026, 10:01 CET", "my invoice is wrong", "1 earlier"] {
        assert!(mail.text.contains(words) && mail.html.contains(words), "{words}: {}", mail.text);
    }
    assert!(!mail.text.contains("hello?") && !mail.html.contains("hello?"), "{}", mail.text);
}

#[test]
fn b8_the_whole_conversation_is_shown_when_the_rule_says_so() {
    let mut office = office();
    office.at("2026-03-02T09:01:00Z").asks("c1", "my invoice is wrong");
    let mut shift = Shift::under(office, &format!("{REMINDER}show = \"conversation\""));
    shift.pass("2026-03-02T09:06:00Z");
    let text = shift.mails().remove(0).text;
    assert!(text.find("hello?").unwrap() < text.find("my invoice is wrong").unwrap(), "{text}");
}

#[test]
fn everybody_gets_one_digest_with_the_longest_waiting_first() {
    let mut office = office();
    office.at("2026-03-02T08:30:00Z").asks("c2", "older question").assign("c2", "ada");
    office.at("2026-03-02T08:45:00Z").asks("c3", "to bob").assign("c3", "bob");
    let mut shift = Shift::new(office);
    shift.pass("2026-03-02T09:10:00Z");
    let mails = shift.mails();
    assert_eq!(mails.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["ada@example.com", "bob@example.com"]);
    assert!(mails[0].text.find("older question").unwrap() < mails[0].text.find("hello?").unwrap());
}

#[test]
fn a_digest_shows_two_hundred_conversations_and_settles_them_all() {
    let mut office = Office::new();
    office.agent("ada").contact("tom");
    for number in 0..203 {
        office.asks(&format!("c{number}"), "hello?").assign(&format!("c{number}"), "ada");
    }
    let mut shift = Shift::new(office);
    let mails = shift.passes("2026-03-02T09:05:00Z", "2026-03-02T09:30:00Z");
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("3 more"), "{}", mails[0].text);
    assert!(mails[0].subject.contains("203"), "{}", mails[0].subject);
    assert_eq!(shift.marked.lock().unwrap().len(), 200, "nobody has read what a mail only counts");
}

#[test]
fn two_rules_tell_one_person_in_one_mail_and_each_only_once() {
    let second = REMINDER.replace("rule.reminder", "rule.second").replace("\"5m\"\ntell", "\"10m\"\ntell");
    let mut shift = Shift::under(office(), &format!("{REMINDER}{second}"));
    shift.pass("2026-03-02T09:12:00Z");
    let mails = shift.mails();
    assert_eq!((mails.len(), mails[0].text.matches("hello?").count()), (1, 1), "{}", mails[0].text);
    assert!(shift.passes("2026-03-02T09:15:00Z", "2026-03-02T10:00:00Z").is_empty());
}

#[test]
fn of_two_rules_about_one_conversation_the_one_that_shows_more_decides() {
    let mut office = office();
    office.at("2026-03-02T09:01:00Z").asks("c1", "my invoice is wrong");
    let second = REMINDER.replace("rule.reminder", "rule.second");
    let rules = format!("{REMINDER}show = \"none\"\n{second}show = \"conversation\"");
    let mut shift = Shift::under(office, &rules);
    shift.pass("2026-03-02T09:12:00Z");
    let text = shift.mails().remove(0).text;
    assert!(text.contains("hello?") && text.contains("my invoice is wrong"), "{text}");
}

#[test]
fn a_refused_address_does_not_stop_the_others_and_is_told_apart() {
    let mut office = office();
    office.unassign("c1").email("bob", Some("bob@gone.example"));
    let server = SmtpServer::start(Tls::Never).times(At::Rcpt, "gone.example", say("550 5.1.1 no such user"), 9);
    let mut shift = Shift::with(office, server, REMINDER);
    let report = shift.pass("2026-03-02T09:10:00Z");
    assert_eq!((report.sent, report.dead, report.exit_status()), (1, 1, 1));
    assert_eq!(shift.told(), ["ada@example.com"]);
    let quiet = shift.pass("2026-03-02T09:15:00Z");
    assert_eq!((quiet.dead, quiet.exit_status()), (0, 0), "told once");
}

#[test]
fn a_refused_address_is_left_alone_and_the_else_of_the_rule_applies() {
    let mut office = office();
    office.email("ada", Some("ada@gone.example"));
    let server = SmtpServer::start(Tls::Never).times(At::Rcpt, "gone.example", say("550 5.1.1 no such user"), 9);
    let mut shift = Shift::with(office, server, REMINDER);
    assert_eq!(shift.pass("2026-03-02T09:05:00Z").dead, 1);
    let report = shift.pass("2026-03-02T09:10:00Z");
    assert_eq!((report.dead, report.reasons.get("blocked")), (0, Some(&1)), "{report:?}");
    assert_eq!(shift.told(), ["bob@example.com"], "the group hears in place of the assignee");
    shift.office.at("2026-03-02T09:11:00Z").email("ada", Some("ada@example.com")).asks("c1", "anybody?");
    shift.pass("2026-03-02T09:20:00Z");
    assert_eq!(shift.told(), ["ada@example.com"], "another address is not blocked");
}

#[test]
fn a_digest_on_its_way_to_an_address_that_is_blocked_meanwhile_is_dropped_with_the_reason() {
    let server = SmtpServer::start(Tls::Never).times(At::Rcpt, "", say("451 4.3.0 later"), 1);
    let mut shift = Shift::with(office(), server, REMINDER);
    shift.pass("2026-03-02T09:05:00Z");
    shift.ledger().block(Channel::Email, "ada@example.com", office::instant("2026-03-02T09:06:00Z")).unwrap();
    shift.passes("2026-03-02T09:10:00Z", "2026-03-02T09:10:00Z");
    let id = shift.office.conversation_id("c1");
    assert_eq!(shift.ledger().tellings(&id).unwrap()[0].words, "blocked");
}

#[test]
fn a_refusal_in_a_trial_blocks_nobodys_own_address() {
    let server = SmtpServer::start(Tls::Never).times(At::Rcpt, "trial@", say("550 5.1.1 no such user"), 9);
    let mut shift = Shift::with(office(), server, REMINDER);
    let order = Order { redirect_to: Some("trial@example.com".into()), ..Order::default() };
    assert_eq!(shift.pass_ordered("2026-03-02T09:05:00Z", &order).dead, 1);
    assert!(shift.ledger().blocked(office::instant("2026-03-02T09:06:00Z")).unwrap().is_empty());
}

#[test]
fn a_digest_that_waits_for_another_try_takes_newer_messages_along() {
    let server = SmtpServer::start(Tls::Never).times(At::Rcpt, "", say("451 4.3.0 later"), 1);
    let mut shift = Shift::with(office(), server, REMINDER);
    let report = shift.pass("2026-03-02T09:05:00Z");
    assert_eq!((report.retried, report.exit_status()), (1, 0));
    shift.office.at("2026-03-02T09:06:00Z").asks("c1", "still waiting");
    let mails = shift.passes("2026-03-02T09:10:00Z", "2026-03-02T10:00:00Z");
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("still waiting"), "{}", mails[0].text);
}

#[test]
fn a_reply_while_a_digest_waits_for_another_try_silences_it_with_the_reason() {
    let server = SmtpServer::start(Tls::Never).times(At::Rcpt, "", say("451 4.3.0 later"), 1);
    let mut shift = Shift::with(office(), server, REMINDER);
    shift.pass("2026-03-02T09:05:00Z");
    shift.office.at("2026-03-02T09:06:00Z").replies("ada", "c1", "here I am");
    assert!(shift.passes("2026-03-02T09:10:00Z", "2026-03-02T10:00:00Z").is_empty());
    assert_eq!(shift.states(), ["suppressed"]);
    let id = shift.office.conversation_id("c1");
    assert_eq!(shift.ledger().tellings(&id).unwrap()[0].words, "answered");
}

#[test]
fn a_lost_answer_is_repeated_once_with_the_same_message_id_and_content() {
    let server = SmtpServer::start(Tls::Never).times(At::Taken, "", Act::Reset, 1);
    let mut shift = Shift::with(office(), server, REMINDER);
    let report = shift.pass("2026-03-02T09:05:00Z");
    assert_eq!(report.retried, 1);
    shift.office.at("2026-03-02T09:06:00Z").asks("c1", "written after the doubt");
    let mails = shift.passes("2026-03-02T09:10:00Z", "2026-03-02T11:00:00Z");
    let doubtful: Vec<_> = mails.iter().filter(|mail| mail.id == mails[0].id).collect();
    assert_eq!((doubtful.len(), mails.len()), (2, 3), "twice the same, then the newer message");
    assert!(doubtful.iter().all(|mail| !mail.text.contains("after the doubt")));
    assert!(mails[2].text.contains("written after the doubt"));
}

#[test]
fn an_answer_that_is_lost_twice_is_left_to_a_person() {
    let server = SmtpServer::start(Tls::Never).times(At::Taken, "", Act::Reset, 2);
    let mut shift = Shift::with(office(), server, REMINDER);
    shift.pass("2026-03-02T09:05:00Z");
    let report = shift.pass("2026-03-02T09:20:00Z");
    assert_eq!((report.unknown, report.exit_status()), (1, 1));
    assert_eq!(shift.passes("2026-03-02T09:25:00Z", "2026-03-02T12:00:00Z").len(), 2);
    assert_eq!(shift.states(), ["unknown"]);
}

#[test]
fn a_channel_that_holds_leaves_a_lost_answer_to_a_person_at_once() {
    let server = SmtpServer::start(Tls::Never).times(At::Taken, "", Act::Reset, 1);
    let mut shift = Shift::with(office(), server, REMINDER).set("on_ambiguous = \"hold\"\n");
    let report = shift.pass("2026-03-02T09:05:00Z");
    assert_eq!((report.unknown, report.retried, report.exit_status()), (1, 0, 1), "{report:?}");
    assert_eq!(shift.passes("2026-03-02T09:10:00Z", "2026-03-02T12:00:00Z").len(), 1, "the doubtful one itself");
    assert_eq!(shift.states(), ["unknown"]);
}

#[test]
fn wrong_settings_stop_the_channel_lose_nothing_and_are_said_once() {
    let mut office = Office::new();
    office.contact("tom");
    for name in ["ada", "bob", "cy", "dee", "eve"] {
        office.agent(name).asks(name, "hello?").assign(name, name);
    }
    let server = SmtpServer::start(Tls::Never).times(At::Mail, "", say("553 5.1.8 sender not allowed"), 3);
    let mut shift = Shift::with(office, server, REMINDER).one_lane();
    let report = shift.pass("2026-03-02T09:10:00Z");
    assert_eq!((report.exit_status(), report.sent, report.dead), (78, 0, 0), "{report:?}");
    assert_eq!((report.troubles.len(), report.troubles[0].key), (1, Some("email.from")));
    assert_eq!(shift.passes("2026-03-02T09:15:00Z", "2026-03-02T09:30:00Z").len(), 5);
}

/// So many agents, each with a conversation that waits since nine.
fn crowd(count: usize) -> Office {
    let mut office = Office::new();
    office.contact("tom");
    for number in 0..count {
        let name = format!("agent{number}");
        office.agent(&name).asks(&name, "hello?").assign(&name, &name);
    }
    office
}

#[test]
fn a_blanket_refusal_is_the_channels_fault_and_kills_nothing() {
    let server = SmtpServer::start(Tls::Never).at(At::Rcpt, say("550 5.7.1 Client host blocked, see list 17"));
    let mut shift = Shift::with(crowd(20), server, REMINDER);
    let report = shift.pass("2026-03-02T09:10:00Z");
    assert_eq!((report.dead, report.exit_status()), (0, 78), "{report:?}");
    assert_eq!(report.troubles[0].key, Some("email.server"));
    assert!(shift.states().iter().all(|state| state == "queued"));
}

#[test]
fn one_recipient_that_the_relay_dislikes_keeps_nobody_from_hearing() {
    let mut office = crowd(12);
    office.email("agent0", Some("agent0@outside.example"));
    let denied = say("554 5.7.1 Relay access denied");
    let server = SmtpServer::start(Tls::Never).times(At::Rcpt, "outside.example", denied, usize::MAX);
    let mut shift = Shift::with(office, server, REMINDER);
    let report = shift.pass("2026-03-02T09:10:00Z");
    assert_eq!((report.sent, report.dead, report.exit_status()), (11, 1, 1), "{report:?}");
}

#[test]
fn a_server_that_never_says_the_last_word_gets_three_mails_into_doubt_and_no_more() {
    let server = SmtpServer::start(Tls::Never).at(At::Dot, Act::Reset);
    let mut shift = Shift::with(crowd(20), server, REMINDER);
    let report = shift.pass("2026-03-02T09:10:00Z");
    assert!(report.retried <= 4, "{report:?}");
}

#[test]
fn a_digest_in_doubt_that_was_silenced_for_a_while_is_sent_in_the_end() {
    let server = SmtpServer::start(Tls::Never).times(At::Dot, "", Act::Reset, 1);
    let mut shift = Shift::with(office(), server, &format!("{REMINDER}when = \"away\""));
    shift.pass("2026-03-02T09:05:00Z");
    shift.office.at("2026-03-02T09:20:00Z").online("ada");
    shift.pass("2026-03-02T09:20:00Z");
    assert_eq!(shift.states(), ["suppressed"]);
    shift.office.at("2026-03-02T09:30:00Z").offline("ada");
    assert_eq!(shift.passes("2026-03-02T09:30:00Z", "2026-03-02T10:30:00Z").len(), 1);
}

#[test]
fn what_waits_behind_a_doubt_goes_when_it_ends_whether_a_slot_is_due_or_not() {
    let rules = REMINDER.replace("every = \"5m\"", "at = [\"09:10\", \"09:15\"]");
    let server = SmtpServer::start(Tls::Never).times(At::Dot, "", Act::Reset, 1);
    let mut shift = Shift::with(office(), server, &rules);
    shift.pass("2026-03-02T09:10:00Z");
    shift.office.at("2026-03-02T09:09:00Z").asks("c2", "another").assign("c2", "ada");
    let report = shift.pass("2026-03-02T09:15:00Z");
    assert_eq!(report.in_doubt, 1, "{report:?}");
    let mails = shift.passes("2026-03-02T09:20:00Z", "2026-03-02T10:30:00Z");
    assert_eq!(mails.len(), 2);
    assert!(mails.iter().any(|mail| mail.text.contains("another")));
}

#[test]
fn a_rule_tells_what_came_between_its_installation_and_its_first_slot() {
    let rules = REMINDER.replace("every = \"5m\"", "at = [\"08:00\"], days = \"Fri\"");
    let mut shift = Shift::under(office(), &rules);
    shift.pass("2026-03-02T10:00:00Z");
    shift.pass("2026-03-06T08:00:00Z");
    assert_eq!(shift.told(), ["ada@example.com"]);
}

#[test]
fn a_limited_run_begins_no_rule() {
    let mut office = office();
    office.at("2026-02-27T09:00:00Z").asks("c2", "three days ago").assign("c2", "bob");
    let mut shift = Shift::new(office);
    let order = Order { person: Some(RecipientId::Agent(shift.office.agent_id("ada"))), ..Order::default() };
    shift.pass_ordered("2026-02-27T10:00:00Z", &order);
    shift.pass("2026-03-02T09:10:00Z");
    assert_eq!(shift.told(), ["ada@example.com"]);
}

#[test]
fn a_clock_that_was_ahead_silences_nobody() {
    let server = SmtpServer::start(Tls::Never).times(At::Rcpt, "", say("451 4.3.0 later"), 1);
    let mut shift = Shift::with(office(), server, REMINDER);
    shift.office.connection().execute("UPDATE messages SET created_at = created_at + 31536000000", []).unwrap();
    shift.pass("2027-03-02T09:05:00Z");
    shift.office.connection().execute("UPDATE messages SET created_at = created_at - 31536000000", []).unwrap();
    assert_eq!(shift.passes("2026-03-02T09:05:00Z", "2026-03-02T09:15:00Z").len(), 1);
}

#[test]
fn an_outage_of_days_kills_nothing_and_ends_in_one_digest() {
    let server = SmtpServer::start(Tls::Never).times(At::Greeting, "", Act::Reset, 60);
    let mut shift = Shift::with(office(), server, REMINDER);
    for hour in 0..100 {
        shift.pass_at(office::instant("2026-03-02T09:05:00Z") + chrono::TimeDelta::hours(hour), &Order::default());
    }
    assert_eq!((shift.told().len(), shift.states()), (1, vec!["sent".to_owned()]));
}

#[test]
fn a_rule_that_gets_other_words_while_a_digest_waits_tells_once() {
    let office = office();
    let folder = office.folder().join("words");
    std::fs::create_dir(&folder).unwrap();
    for (part, text) in [("subject", "Escalation"), ("txt", "{message}"), ("html", "<p>{message}</p>")] {
        std::fs::write(folder.join(format!("escalation.{part}.hbs")), text).unwrap();
    }
    let named = |set: &str| format!("[templates]\nfolder = \"words\"\n{REMINDER}template = \"{set}\"");
    let server = SmtpServer::start(Tls::Never).times(At::Rcpt, "", say("451 4.3.0 later"), 1);
    let mut shift = Shift::with(office, server, &named("escalation"));
    shift.pass("2026-03-02T09:05:00Z");
    shift.change_rules(REMINDER);
    let mails = shift.passes("2026-03-02T09:10:00Z", "2026-03-02T09:30:00Z");
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("hello?"));
}

#[test]
fn a_server_that_is_away_is_not_tried_for_every_mail() {
    let mut office = Office::new();
    office.contact("tom");
    for name in ["ada", "bob", "cy", "dee", "eve", "fay", "gus", "hal", "ivy", "joe"] {
        office.agent(name).asks(name, "hello?").assign(name, name);
    }
    let server = SmtpServer::start(Tls::Never).times(At::Greeting, "", Act::Reset, 5);
    let mut shift = Shift::with(office, server, REMINDER);
    let report = shift.pass("2026-03-02T09:10:00Z");
    assert!(report.sent == 0 && report.retried < 10, "{report:?}");
    assert_eq!(report.exit_status(), 75);
    assert_eq!(shift.passes("2026-03-02T09:15:00Z", "2026-03-02T10:30:00Z").len(), 10);
}

#[test]
fn a_backlog_of_more_than_a_day_is_not_told_by_a_new_rule() {
    let mut office = office();
    office.at("2026-02-20T09:00:00Z").asks("c2", "an old question").assign("c2", "bob");
    let mut shift = Shift::new(office);
    assert_eq!(shift.passes("2026-03-02T09:05:00Z", "2026-03-02T09:30:00Z").len(), 1);
    shift.office.at("2026-03-02T09:31:00Z").asks("c2", "anybody?");
    shift.pass("2026-03-02T09:40:00Z");
    assert_eq!(shift.told(), ["bob@example.com"]);
}

#[test]
fn a_run_for_one_person_tells_nobody_else_and_takes_no_slot() {
    let mut office = office();
    office.asks("c2", "for bob").assign("c2", "bob");
    let mut shift = Shift::new(office);
    let bob = RecipientId::Agent(shift.office.agent_id("bob"));
    let order = Order { person: Some(bob), ..Order::default() };
    assert_eq!(shift.pass_ordered("2026-03-02T09:10:00Z", &order).sent, 1);
    assert_eq!(shift.told(), ["bob@example.com"]);
    shift.pass("2026-03-02T09:10:30Z");
    assert_eq!(shift.told(), ["ada@example.com"]);
}

#[test]
fn a_run_for_one_conversation_tells_about_nothing_else() {
    let mut office = office();
    office.asks("c2", "another").assign("c2", "ada");
    let mut shift = Shift::new(office);
    let order = Order { conversation: Some(shift.office.conversation_id("c2")), ..Order::default() };
    shift.pass_ordered("2026-03-02T09:10:00Z", &order);
    let mail = shift.mails().remove(0);
    assert!(mail.text.contains("another") && !mail.text.contains("hello?"));
}

#[test]
fn a_redirected_pass_reaches_one_mailbox_only() {
    let mut office = office();
    office.unassign("c1");
    let mut shift = Shift::new(office);
    let order = Order { redirect_to: Some("trial@example.net".into()), ..Order::default() };
    shift.pass_ordered("2026-03-02T09:10:00Z", &order);
    assert_eq!(shift.told(), ["trial@example.net", "trial@example.net"]);
}

#[test]
fn one_poisoned_name_address_or_body_does_not_stop_the_others() {
    let mut office = Office::new();
    office.agent("ada").agent("bob").email("bob", Some("bob@@example..com")).agent("cy");
    office
        .connection()
        .execute("UPDATE agents SET name = 'Ada' || char(13,10) || 'Bcc: x@example.net' WHERE name = 'Ada'", [])
        .unwrap();
    office
        .contact("tom")
        .asks("c1", "{{evil}} {{{worse}}} <script>alert(1)</script> \u{0}\u{202e}")
        .assign("c1", "ada");
    office.asks("c2", "for bob").assign("c2", "bob").asks("c3", &"long ".repeat(100_000)).assign("c3", "cy");
    let mut shift = Shift::new(office);
    let report = shift.pass("2026-03-02T09:10:00Z");
    assert_eq!((report.sent, report.reasons.get("bad_address")), (2, Some(&1)), "{report:?}");
    let mails = shift.mails();
    assert_eq!(mails.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["ada@example.com", "cy@example.com"]);
    assert!(mails[0].text.contains("{{evil}}") && mails[0].html.contains("&lt;script&gt;"), "{}", mails[0].html);
    assert!(mails[1].text.contains("shortened") && mails[1].text.len() < 40_000);
}

#[test]
fn a_rule_with_words_of_its_own_sends_a_mail_of_its_own() {
    let office = office();
    let folder = office.folder().join("words");
    std::fs::create_dir(&folder).unwrap();
    for (part, text) in [("subject", "Escalation"), ("txt", "{message}"), ("html", "<p>{message}</p>")] {
        std::fs::write(folder.join(format!("escalation.{part}.hbs")), text).unwrap();
    }
    let escalation = REMINDER.replace("rule.reminder", "rule.escalation");
    let rules = format!("[templates]\nfolder = \"words\"\n{REMINDER}{escalation}template = \"escalation\"");
    let mut shift = Shift::under(office, &rules);
    shift.pass("2026-03-02T09:10:00Z");
    let subjects: Vec<String> = shift.mails().into_iter().map(|mail| mail.subject).collect();
    assert!(subjects.contains(&"Escalation".to_owned()) && subjects.len() == 2, "{subjects:?}");
}

#[test]
fn a_rule_that_is_gone_takes_its_queued_digests_along() {
    let server = SmtpServer::start(Tls::Never).times(At::Rcpt, "", say("451 4.3.0 later"), 1);
    let mut shift = Shift::with(office(), server, REMINDER);
    shift.pass("2026-03-02T09:05:00Z");
    shift.change_rules(&REMINDER.replace("rule.reminder", "rule.other").replace("\"5m\"\ntell", "\"9h\"\ntell"));
    assert!(shift.passes("2026-03-02T09:10:00Z", "2026-03-02T09:40:00Z").is_empty());
    assert_eq!(shift.states(), ["suppressed"]);
}

#[test]
fn what_reaches_nobody_is_counted_once_whatever_is_written_after() {
    let mut office = Office::new();
    office.agent("ada").contact("tom").asks("c1", "hello?");
    let mut shift = Shift::new(office).set("[operator]\nemail = \"ops@example.com\"\n");
    assert_eq!(shift.pass("2026-03-02T13:00:00Z").uncovered, 1);
    shift.office.at("2026-03-02T13:10:00Z").asks("c1", "anybody?");
    assert_eq!(shift.pass("2026-03-02T13:15:00Z").uncovered, 0, "the operator was told a moment ago");
    assert_eq!(shift.pass("2026-03-02T17:15:00Z").uncovered, 0, "of the same wait");
    assert_eq!(shift.told(), ["ops@example.com"; 2]);
}

#[test]
fn what_is_given_to_somebody_else_is_not_said_to_be_answered_or_read() {
    let server = SmtpServer::start(Tls::Never).times(At::Rcpt, "ada@", say("451 4.3.0 later"), 1);
    let mut office = office();
    office.agent("bob");
    let mut shift = Shift::with(office, server, REMINDER);
    shift.pass("2026-03-02T09:05:00Z");
    shift.office.assign("c1", "bob");
    shift.pass("2026-03-02T09:10:00Z");
    assert_eq!(shift.told(), ["bob@example.com"]);
    let tellings = shift.ledger().tellings(&shift.office.conversation_id("c1")).unwrap();
    assert_eq!((tellings[0].state.as_str(), tellings[0].words.as_str()), ("suppressed", "no_longer_theirs"));
}

#[test]
fn what_was_told_at_the_opening_is_kept_as_told_though_its_rule_was_not_due() {
    let mut office = office();
    office.quiet("ada", "UTC", "08:00", "12:00");
    let mut shift = Shift::under(office, &REMINDER.replace("{ every = \"5m\" }", "{ at = [\"09:30\"] }"));
    assert_eq!(shift.passes("2026-03-02T09:30:00Z", "2026-03-02T12:05:00Z").len(), 1);
    let kept = shift.ledger().kept(&shift.office.conversation_id("c1")).unwrap();
    assert_eq!(kept.iter().map(|kept| kept.reason.as_str()).collect::<Vec<_>>(), ["told"]);
}

#[test]
fn an_answer_that_became_a_note_is_not_shown_when_its_mail_is_repeated() {
    let server = SmtpServer::start(Tls::Never).times(At::Taken, "", Act::Reset, 1);
    let mut office = Office::new();
    office.agent("ada").contact("tom").asks("c1", "hello?").later(1).replies("ada", "c1", "between us");
    office.connection().execute("UPDATE contacts SET email = 'tom@customer.example'", []).unwrap();
    office.later(1).replies("ada", "c1", "hello Tom");
    let rules = REMINDER.replace("unreplied", "unseen_reply").replace("\"assignee\", \"else group\"", "\"contact\"");
    let mut shift = Shift::with(office, server, &rules);
    shift.pass("2026-03-02T09:10:00Z");
    assert!(shift.mails()[0].text.contains("hello Tom"));
    shift.office.connection().execute("UPDATE messages SET private = 1 WHERE body = 'hello Tom'", []).unwrap();
    let mails = shift.passes("2026-03-02T09:15:00Z", "2026-03-02T09:30:00Z");
    assert_eq!((mails.len(), mails[0].text.contains("hello Tom")), (1, false), "{}", mails[0].text);
}

#[test]
fn a_call_for_help_is_said_in_the_mail_that_tells_of_the_message() {
    let mut office = office();
    office.later(1).event("assistance", "c1", Some("bob"), None);
    let help = "[rule.help]\nwatch = \"assistance\"\nschedule = { every = \"5m\" }\ntell = [\"assignee\"]\n";
    let mut shift = Shift::under(office, &format!("{REMINDER}{help}"));
    shift.pass("2026-03-02T09:05:00Z");
    let mails = shift.mails();
    assert_eq!(
        (mails.len(), mails[0].subject.as_str()),
        (1, "Tom waits for an answer; Bob asks for assistance in a chat with Tom (#1000)")
    );
    assert!(
        mails[0].text.contains("hello?") && mails[0].text.contains("Assistance requested by Bob"),
        "{}",
        mails[0].text
    );
}

#[test]
fn a_daily_cap_keeps_nothing_from_a_digest_that_is_on_its_way() {
    let server = SmtpServer::start(Tls::Never).times(At::Rcpt, "ada@", say("451 4.3.0 later"), 1);
    let mut shift = Shift::with(office(), server, REMINDER).set("[limits]\nper_recipient_per_day = 1\n");
    shift.pass("2026-03-02T09:05:00Z");
    shift.office.at("2026-03-02T09:00:30Z").asks("c2", "me too").assign("c2", "ada");
    let mails = shift.passes("2026-03-02T09:06:00Z", "2026-03-02T09:16:00Z");
    assert_eq!((mails.len(), mails[0].text.contains("me too")), (1, true), "{}", mails[0].text);
}

#[test]
fn all_of_this_holds_on_postgresql_too() {
    // another host may have the rule still, so that its digests are left alone for a day
    hold_on_postgresql_too(45, &["a_rule_that_is_gone"]);
}
