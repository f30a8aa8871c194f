//! Ladders, hours, throttles, limits, coverage and explanations, as `examples/everything.toml` has them: whole passes
//! over real rows.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod office;
mod servers;
mod shift;

use std::fs;
use std::process::{Command, Stdio};

use chrono::{DateTime, TimeDelta, Utc};
use doorbell::model::Channel;
use doorbell::pass::{Order, Report};
use office::{Office, instant};
use servers::{Act, At, SmtpServer, Tls};
use shift::{Shift, hold_on_postgresql_too};

/// The settings of an example; paths are the test's own, and mails go into a folder.
fn settings(name: &str) -> toml::Table {
    let path = format!("{}/examples/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let mut settings: toml::Table = fs::read_to_string(path).unwrap().parse().unwrap();
    settings["desk"]["url"] = "sqlite:chat.db".into();
    let email = settings["email"].as_table_mut().unwrap();
    email.retain(|key, _| key == "from");
    email.insert("outbox".into(), "email".into());
    for channel in Channel::ALL.map(Channel::word) {
        if let Some(outbox) = settings.get_mut(channel).and_then(|section| section.get_mut("outbox")) {
            *outbox = channel.into();
        }
    }
    settings
}

/// A shift under settings, with a mail server.
fn under(office: Office, server: SmtpServer, mut settings: toml::Table) -> Shift {
    let email = settings["email"].as_table_mut().unwrap();
    email.remove("outbox");
    email.insert("server".into(), format!("127.0.0.1:{}", server.port).into());
    email.insert("security".into(), "none".into());
    let mut shift = Shift::with(office, server, &settings.to_string());
    shift.lose("desk");
    shift
}

fn example(office: Office, name: &str) -> Shift {
    under(office, SmtpServer::start(Tls::Never), settings(name))
}

/// Ada can be reached by everything, Bob by mail; at ten Tom asks c1, which belongs to Ada.
fn office() -> Office {
    let mut office = Office::new();
    office.agent("ada").agent("bob").phone("ada", "+441632960011");
    office.device("ada", "fcm", "phone of ada").device("ada", "webpush", "browser of ada");
    office.contact("tom").at("2026-03-02T10:00:00Z").asks("c1", "hello?").assign("c1", "ada");
    office
}

/// What somebody does at the desk.
type Deed = fn(&mut Office);

/// Passes every so many minutes, both ends included; each with its instant.
fn passes(shift: &mut Shift, from: &str, to: &str, every: i64) -> Vec<(DateTime<Utc>, Report)> {
    let (mut now, end) = (instant(from), instant(to));
    let mut reports = Vec::new();
    while now <= end {
        reports.push((now, shift.pass_at(now, &Order::default())));
        now += TimeDelta::minutes(every);
    }
    reports
}

/// When an agent was told by these channels, in passes every so many minutes: `10:15 email`.
fn told(shift: &mut Shift, agent: &str, channels: &[&str], from: &str, to: &str, every: i64) -> Vec<String> {
    let id = format!("agent:{}", shift.office.agent_id(agent));
    let mut told = Vec::new();
    for (at, report) in passes(shift, from, to, every) {
        let theirs = report.recipients.iter().filter(|one| one.recipient == id && channels.contains(&one.channel));
        told.extend(theirs.map(|one| format!("{} {}", at.format("%H:%M"), one.channel)));
    }
    told
}

const LADDER: [&str; 3] = ["push", "email", "sms"];

/// Ada's ladder, minute by minute.
fn ladder(shift: &mut Shift, from: &str, to: &str) -> Vec<String> {
    told(shift, "ada", &LADDER, from, to, 1)
}

/// The notes of a channel about messages, by the token or number they went to.
fn messages(shift: &Shift, channel: Channel) -> Vec<serde_json::Value> {
    let mut notes = shift.notes(channel);
    notes.retain(|note| note["kind"] == "unread");
    notes
}

// ---- X1

/// Answers of the program itself, in the folder of the office.
#[track_caller]
fn doorbell(office: &Office, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorbell"));
    command.current_dir(office.folder()).args(arguments).env_remove("DOORBELL_CONFIG").stdin(Stdio::null());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Twenty minutes ago Tom asked c1, which belongs to Ada; Bob is at the desk, and c2 is his since a minute.
fn explained() -> Office {
    let mut office = office();
    let ago = |minutes: i64| (Utc::now() - TimeDelta::minutes(minutes)).to_rfc3339();
    office.at(&ago(20)).asks("c3", "how long?").assign("c3", "ada");
    office.at(&ago(1)).asks("c4", "and me?").assign("c4", "bob");
    office.at(&ago(0)).online("bob");
    let mut settings = settings("everything");
    settings["people"]["oncall"].as_table_mut().unwrap().retain(|key, _| key == "name" || key == "phone");
    fs::write(office.folder().join("doorbell.toml"), settings.to_string()).unwrap();
    doorbell(&office, &["run"]);
    office
}

#[test]
fn x1_every_rule_is_explained_with_its_next_slot() {
    let office = explained();
    let shown = doorbell(&office, &["explain", "1001"]);
    for rule in settings("everything")["rule"].as_table().unwrap().keys() {
        let line = shown.lines().find(|line| line.starts_with(&format!("rule {rule} (")));
        assert!(line.is_some_and(|line| line.contains("next slot ")), "{rule}: {shown}");
    }
}

#[test]
fn x1_who_was_told_who_was_not_and_when_it_would_be_next_is_explained_by_channel() {
    let office = explained();
    let shown = doorbell(&office, &["explain", "1001", "--for", "ada@example.com"]);
    let of_rule = |name: &str| {
        let lines = shown.lines().skip_while(|line| !line.starts_with(&format!("rule {name} (")));
        lines.skip(1).take_while(|line| line.starts_with("  ")).map(str::trim).collect::<Vec<_>>().join("\n")
    };
    let message = of_rule("message");
    assert!(message.contains("Ada (push): told "), "{message}");
    assert!(message.contains("Ada (email): told "), "{message}");
    assert!(message.contains("Ada (sms): not yet, from "), "{message}");
    assert!(message.contains("the wait of this channel is not over"), "{message}");
    assert!(message.contains("Ada (desktop): not told: their phone is pushed to instead"), "{message}");
    let shown = doorbell(&office, &["explain", "1002", "--for", "bob@example.com"]);
    assert!(shown.contains("Bob (email): not told: at the desk"), "{shown}");
}

// ---- X3

/// A team inbox whose operator hears after two hours of what reaches nobody.
fn covered(office: Office, change: impl FnOnce(&mut toml::Table)) -> Shift {
    let mut settings = settings("converso");
    settings.insert(
        "operator".into(),
        "email = \"ops@example.com\"\nuncovered_after = \"2h\"".parse::<toml::Table>().unwrap().into(),
    );
    change(&mut settings);
    under(office, SmtpServer::start(Tls::Never), settings)
}

/// At nine Tom asks c1, which belongs to nobody.
fn orphan() -> Office {
    let mut office = Office::new();
    office.agent("ada").contact("tom").asks("c1", "is anybody there?");
    office
}

/// The passes that counted something uncovered: when, how many, and the exit status.
fn uncovered(reports: &[(DateTime<Utc>, Report)]) -> Vec<(String, usize, u8)> {
    let counted = reports.iter().filter(|(_, report)| report.uncovered > 0 || report.exit_status() != 0);
    counted.map(|(at, it)| (at.format("%H:%M").to_string(), it.uncovered, it.exit_status())).collect()
}

#[test]
fn x3_what_reaches_nobody_is_told_to_the_operator_once_counted_and_shown_in_the_exit_status() {
    let mut shift = covered(orphan(), |_| {});
    let reports = passes(&mut shift, "2026-03-02T09:00:00Z", "2026-03-02T15:00:00Z", 15);
    assert_eq!(uncovered(&reports), [("11:00".to_owned(), 1, 1)]);
    let mails = shift.mails();
    assert_eq!((mails.len(), mails[0].to.as_str()), (1, "ops@example.com"));
    assert_eq!(mails[0].subject, "Nobody could be told about Tom's message (#1000)");
    assert!(!mails[0].text.contains("is anybody there?"), "{}", mails[0].text);
}

#[test]
fn x3_what_reaches_nobody_is_counted_once_without_an_operator_too() {
    let mut shift = covered(orphan(), |settings| {
        settings.remove("operator");
    });
    let reports = passes(&mut shift, "2026-03-02T09:00:00Z", "2026-03-02T15:00:00Z", 15);
    assert_eq!(uncovered(&reports), [("13:00".to_owned(), 1, 1)], "after four hours, unless the settings say else");
    assert_eq!(shift.told(), Vec::<String>::new());
}

#[test]
fn x3_a_backlog_from_before_the_first_run_is_not_counted() {
    let mut office = orphan();
    office.assign("c1", "ada");
    let mut shift = covered(office, |_| {});
    let reports = passes(&mut shift, "2026-03-04T09:00:00Z", "2026-03-04T10:00:00Z", 15);
    assert_eq!((uncovered(&reports), shift.told()), (vec![], vec![]));
}

#[test]
fn x3_guests_who_are_left_out_on_purpose_are_covered() {
    let mut office = orphan();
    office.guest("visitor").asks("c2", "psst");
    let mut shift = covered(office, |settings| {
        settings["rule"].as_table_mut().unwrap().remove("browser");
    });
    let reports = passes(&mut shift, "2026-03-02T09:00:00Z", "2026-03-02T12:00:00Z", 15);
    assert_eq!(uncovered(&reports), [("11:00".to_owned(), 1, 1)], "c1 alone");
}

#[test]
fn x3_what_another_rule_told_somebody_is_covered_although_nobody_is_left() {
    let mut office = orphan();
    office.device("ada", "webpush", "browser of ada").assign("c1", "ada");
    let mut shift = covered(office, |_| {});
    passes(&mut shift, "2026-03-02T09:00:00Z", "2026-03-02T09:15:00Z", 15);
    assert_eq!(shift.notes(Channel::Desktop).len(), 1);
    shift.office.leaves("ada");
    let reports = passes(&mut shift, "2026-03-02T09:30:00Z", "2026-03-02T13:00:00Z", 15);
    assert_eq!((uncovered(&reports), shift.told()), (vec![], vec![]));
}

// ---- X5

#[test]
fn x5_push_now_mail_after_a_quarter_of_an_hour_and_a_text_message_after_an_hour() {
    let mut shift = example(office(), "everything");
    let told = ladder(&mut shift, "2026-03-02T10:00:00Z", "2026-03-02T11:30:00Z");
    assert_eq!(told, ["10:00 push", "10:15 email", "11:00 sms"]);
    assert_eq!(messages(&shift, Channel::Desktop), Vec::<serde_json::Value>::new(), "the phone is pushed to");
    let texts = messages(&shift, Channel::Sms);
    assert_eq!((texts.len(), texts[0]["to"].as_str()), (1, Some("+441632960011")));
}

#[test]
fn x5_reading_or_answering_anywhere_cancels_the_rest() {
    let acts: [(&str, Deed); 5] = [
        ("the assignee reads", |office| {
            office.reads("ada", "c1");
        }),
        ("a colleague reads", |office| {
            office.reads("bob", "c1");
        }),
        ("the assignee answers", |office| {
            office.replies("ada", "c1", "hi");
        }),
        ("a colleague answers", |office| {
            office.replies("bob", "c1", "hi");
        }),
        ("it is resolved", |office| {
            office.resolve("c1");
        }),
    ];
    for (what, act) in acts {
        let mut shift = example(office(), "everything");
        let told = told_before_and_after(&mut shift, "10:05", act);
        assert_eq!(told, ["10:00 push"], "{what} before the mail");
    }
    let mut shift = example(office(), "everything");
    let told = told_before_and_after(&mut shift, "10:40", acts[1].1);
    assert_eq!(told, ["10:00 push", "10:15 email"], "before the text message");
}

/// Ada's ladder from ten to half past eleven every five minutes, with an act in between.
fn told_before_and_after(shift: &mut Shift, when: &str, act: Deed) -> Vec<String> {
    let at = format!("2026-03-02T{when}:00Z");
    let mut all = told(shift, "ada", &LADDER, "2026-03-02T10:00:00Z", &at, 5);
    act(shift.office.at(&format!("2026-03-02T{when}:30Z")));
    let after = (instant(&at) + TimeDelta::minutes(5)).to_rfc3339();
    all.extend(told(shift, "ada", &LADDER, &after, "2026-03-02T11:30:00Z", 5));
    all
}

/// Where pushes about messages went.
fn tokens(shift: &Shift) -> Vec<String> {
    let notes = messages(shift, Channel::Push);
    let mut tokens: Vec<String> =
        notes.iter().map(|note| note["device"]["token"].as_str().unwrap().to_owned()).collect();
    tokens.sort();
    tokens
}

#[test]
fn x5_each_device_of_a_person_is_pushed_to_exactly_once() {
    let mut office = office();
    office.device("ada", "apns", "tablet of ada").device("ada", "fcm", "second phone of ada");
    let mut shift = example(office, "everything");
    let told = told(&mut shift, "ada", &["push"], "2026-03-02T10:00:00Z", "2026-03-02T10:10:00Z", 1);
    assert_eq!(told, ["10:00 push"; 3]);
    assert_eq!(tokens(&shift), ["phone of ada", "second phone of ada", "tablet of ada"]);
}

#[test]
fn x5_each_device_is_pushed_to_exactly_once_although_a_pass_could_begin_only_one() {
    let mut office = office();
    office.device("ada", "apns", "tablet of ada").device("ada", "fcm", "second phone of ada");
    let mut settings = settings("everything");
    settings["limits"]["per_pass"] = 1.into();
    settings["rule"].as_table_mut().unwrap().retain(|name, _| name == "message");
    let mut shift = under(office, SmtpServer::start(Tls::Never), settings);
    let told = told(&mut shift, "ada", &["push"], "2026-03-02T10:00:00Z", "2026-03-02T10:10:00Z", 1);
    assert_eq!(told, ["10:00 push", "10:01 push", "10:02 push"]);
    assert_eq!(tokens(&shift), ["phone of ada", "second phone of ada", "tablet of ada"]);
}

// ---- X10

/// Ada rests from ten to seven in New York, which is from three to noon here; c1 and c2 come in her night.
fn night() -> Office {
    let mut office = office();
    office.quiet("ada", "America/New_York", "22:00", "07:00");
    office.at("2026-03-02T04:00:00Z").asks("c1", "in the night").at("2026-03-02T06:00:00Z").asks("c2", "and later");
    office.assign("c2", "ada").connection().execute("DELETE FROM messages WHERE body = 'hello?'", []).unwrap();
    office
}

#[test]
fn x10_quiet_hours_hold_back_until_the_opening_in_the_recipients_own_zone_and_make_one_digest() {
    let mut shift = example(night(), "everything");
    let before = told(&mut shift, "ada", &LADDER, "2026-03-02T04:00:00Z", "2026-03-02T11:55:00Z", 5);
    assert_eq!(before, Vec::<String>::new());
    let kept = shift.ledger().kept(&shift.office.conversation_id("c1")).unwrap();
    let push = kept.iter().find(|it| it.rule.as_str() == "message" && it.channel == "push").unwrap();
    assert_eq!((push.reason.as_str(), push.until), ("quiet_hours", Some(instant("2026-03-02T12:00:00Z"))));
    let mut told = told(&mut shift, "ada", &LADDER, "2026-03-02T12:00:00Z", "2026-03-02T13:30:00Z", 5);
    told.sort();
    assert_eq!(told, ["12:00 email", "12:00 push", "12:00 push", "12:00 sms"]);
    let mails: Vec<_> = shift.mails().into_iter().filter(|mail| mail.to == "ada@example.com").collect();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("in the night") && mails[0].text.contains("and later"), "{}", mails[0].text);
}

#[test]
fn x10_the_feed_disturbs_nobody_and_is_written_in_the_night() {
    let mut shift = example(night(), "everything");
    passes(&mut shift, "2026-03-02T06:05:00Z", "2026-03-02T06:10:00Z", 5);
    assert_eq!(shift.feed().iter().filter(|row| row.recipient == "agent:1" && row.kind == "unread").count(), 2);
}

#[test]
fn x10_an_urgent_rule_breaks_the_rest_and_takes_everything_along() {
    let mut office = night();
    office.asks("c3", "urgent").assign("c3", "ada").replies("bob", "c3", "a moment");
    office.reads("ada", "c3").deadline("c3", "resolution", "2026-03-02T06:30:00Z");
    // which tells again what is unanswered
    let mut settings = settings("everything");
    settings["rule"].as_table_mut().unwrap().remove("digest");
    let mut shift = under(office, SmtpServer::start(Tls::Never), settings);
    let mut told = told(&mut shift, "ada", &LADDER, "2026-03-02T06:00:00Z", "2026-03-02T12:30:00Z", 5);
    told.sort();
    assert_eq!(told, ["06:30 email", "12:00 push", "12:00 push", "12:00 sms"]);
    let mails: Vec<_> = shift.mails().into_iter().filter(|mail| mail.to == "ada@example.com").collect();
    assert_eq!(mails.len(), 1);
    for words in ["in the night", "and later", "urgent"] {
        assert!(mails[0].text.contains(words), "{words}: {}", mails[0].text);
    }
}

#[test]
fn x10_what_comes_on_a_day_off_waits_for_the_first_hour_of_work_and_makes_one_digest() {
    let mut office = office();
    office.works("ada", "Europe/London", "Mon-Fri", "09:00", "17:00");
    office.resolve("c1").at("2026-03-06T18:00:00Z").asks("c2", "on Friday evening").assign("c2", "ada");
    office.at("2026-03-07T12:00:00Z").asks("c3", "on Saturday").assign("c3", "ada");
    let mut shift = example(office, "everything");
    let friday = told(&mut shift, "ada", &LADDER, "2026-03-06T18:00:00Z", "2026-03-06T20:00:00Z", 30);
    let weekend = passes(&mut shift, "2026-03-07T12:30:00Z", "2026-03-09T08:30:00Z", 60 * 4);
    assert_eq!(friday, Vec::<String>::new());
    assert!(weekend.iter().all(|(_, report)| {
        !report.recipients.iter().any(|one| LADDER.contains(&one.channel) && one.recipient == "agent:1")
    }));
    // what waits for Monday is left alone meanwhile
    assert!(weekend.iter().all(|(_, report)| report.retried == 0), "{weekend:?}");
    let mut monday = told(&mut shift, "ada", &LADDER, "2026-03-09T08:55:00Z", "2026-03-09T09:30:00Z", 5);
    monday.sort();
    assert_eq!(monday, ["09:00 email", "09:00 push", "09:00 push", "09:00 sms"]);
    let mails: Vec<_> = shift.mails().into_iter().filter(|mail| mail.to == "ada@example.com").collect();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("on Friday evening") && mails[0].text.contains("on Saturday"), "{}", mails[0].text);
}

#[test]
fn x10_a_person_of_the_settings_has_hours_too() {
    let mut office = office();
    office.at("2026-03-06T19:30:00Z").asks("c1", "nobody answers");
    let mut shift = example(office, "everything");
    // four hours later it is half past eleven on Friday in London, and Olga works again on Monday at seven
    for (from, to, texts) in [
        ("2026-03-06T23:30:00Z", "2026-03-06T23:40:00Z", 0),
        ("2026-03-09T06:55:00Z", "2026-03-09T06:55:00Z", 0),
        ("2026-03-09T07:00:00Z", "2026-03-09T07:00:00Z", 1),
    ] {
        passes(&mut shift, from, to, 5);
        let notes = shift.notes(Channel::Sms);
        assert_eq!(notes.iter().filter(|note| note["recipient"] == "person:oncall").count(), texts, "{to}");
    }
}

#[test]
fn x10_whoever_is_out_of_office_is_stood_in_for() {
    let mut office = office();
    office.out_of_office("ada", "2026-03-09T08:00:00Z", Some("bob")).device("bob", "fcm", "phone of bob");
    let mut shift = example(office, "everything");
    let reports = passes(&mut shift, "2026-03-02T10:00:00Z", "2026-03-02T10:20:00Z", 5);
    let told: Vec<(&str, &str, &str)> = reports
        .iter()
        .flat_map(|(_, report)| &report.recipients)
        .filter(|one| LADDER.contains(&one.channel))
        .map(|one| (one.recipient.as_str(), one.channel, one.why.as_str()))
        .collect();
    let why = "you stand in for Ada, who is out of office";
    assert_eq!(told, [("agent:2", "push", why), ("agent:2", "email", why)]);
}

// ---- X11

#[test]
fn x11_a_busy_chat_tells_less_and_less_often_until_there_has_been_a_pause() {
    let mut shift = example(office(), "everything");
    let mut busy = Vec::new();
    for minute in (0..300).step_by(5) {
        let now = instant("2026-03-02T10:00:00Z") + TimeDelta::minutes(minute);
        busy.extend(told(&mut shift, "ada", &["push"], &now.to_rfc3339(), &now.to_rfc3339(), 5));
        shift.office.at(&(now + TimeDelta::minutes(1)).to_rfc3339()).asks("c1", "and another thing");
    }
    // after ten minutes, twenty, forty, eighty, and then two hours: each time by the next pass
    assert_eq!(busy, ["10:00 push", "10:15 push", "10:40 push", "11:25 push", "12:50 push", "14:55 push"]);
    shift.office.at("2026-03-02T15:00:00Z").reads("ada", "c1");
    let pushed = |shift: &mut Shift, from: &str, to: &str| told(shift, "ada", &["push"], from, to, 5);
    assert!(pushed(&mut shift, "2026-03-02T15:00:00Z", "2026-03-02T15:55:00Z").is_empty());
    // more than an hour after the last push somebody writes again: told at once, and again after ten minutes
    shift.office.at("2026-03-02T16:00:00Z").asks("c1", "me again");
    let mut again = pushed(&mut shift, "2026-03-02T16:00:00Z", "2026-03-02T16:00:00Z");
    shift.office.at("2026-03-02T16:01:00Z").asks("c1", "and again");
    again.extend(pushed(&mut shift, "2026-03-02T16:05:00Z", "2026-03-02T16:30:00Z"));
    assert_eq!(again, ["16:00 push", "16:15 push"]);
}

/// The example with other limits, and the ladder as its only rule.
fn limited(office: Office, limits: &str) -> Shift {
    let mut settings = settings("everything");
    settings["limits"] = limits.parse::<toml::Table>().unwrap().into();
    settings["rule"].as_table_mut().unwrap().retain(|name, _| name == "message");
    under(office, SmtpServer::start(Tls::Never), settings)
}

#[test]
fn x11_whoever_heard_enough_today_hears_the_rest_after_their_own_midnight() {
    let mut office = office();
    office.time_zone("ada", "America/New_York").agent("cy").device("cy", "fcm", "phone of cy");
    office.asks("c2", "second").assign("c2", "ada").asks("c3", "third").assign("c3", "ada");
    office.asks("c4", "of cy").assign("c4", "cy");
    let mut shift = limited(office, "per_recipient_per_day = 2");
    let today = told(&mut shift, "ada", &["push"], "2026-03-02T10:00:00Z", "2026-03-02T12:00:00Z", 15);
    assert_eq!(today, ["10:00 push", "10:00 push"]);
    assert_eq!(messages(&shift, Channel::Push).len(), 3, "others have a day of their own");
    let kept = shift.ledger().kept(&shift.office.conversation_id("c3")).unwrap();
    let push = kept.iter().find(|it| it.channel == "push").unwrap();
    assert_eq!((push.reason.as_str(), push.until), ("daily_cap", Some(instant("2026-03-03T05:00:00Z"))));
    let night = told(&mut shift, "ada", &["push"], "2026-03-03T04:30:00Z", "2026-03-03T05:30:00Z", 15);
    assert_eq!(night, ["05:00 push"]);
}

#[test]
fn x11_a_pass_begins_no_more_than_its_limit_and_nothing_is_lost() {
    let mut office = office();
    for name in ["c2", "c3", "c4", "c5"] {
        office.asks(name, "hello?").assign(name, "ada");
    }
    let mut shift = limited(office, "per_pass = 2");
    let reports = passes(&mut shift, "2026-03-02T10:00:00Z", "2026-03-02T10:04:00Z", 1);
    let counts: Vec<(usize, usize)> = reports.iter().map(|(_, report)| (report.sent, report.left)).collect();
    assert_eq!(counts, [(2, 3), (2, 1), (1, 0), (0, 0), (0, 0)]);
    assert_eq!(messages(&shift, Channel::Push).len(), 5);
}

// ---- what ends a digest that waits

/// What became of Ada's or Sam's mail that the server put off at 10:15, after somebody did something at 10:16.
fn words_after(kind: &str, act: Deed) -> Vec<String> {
    let mut office = office();
    match kind {
        "assistance" => {
            office.supervisor("sam").replies("ada", "c1", "a moment").at("2026-03-02T10:10:00Z");
            office.event("assistance", "c1", Some("ada"), None);
        }
        "deadline" => {
            office.replies("ada", "c1", "a moment").deadline("c1", "resolution", "2026-03-02T10:15:00Z");
        }
        _ => {}
    }
    let put_off = Act::Say(b"451 4.3.0 later\r\n".to_vec());
    let server = SmtpServer::start(Tls::Never).times(At::Rcpt, "@example.com", put_off, 1);
    let mut shift = under(office, server, settings("everything"));
    passes(&mut shift, "2026-03-02T10:14:00Z", "2026-03-02T10:15:00Z", 1);
    act(shift.office.at("2026-03-02T10:15:30Z"));
    passes(&mut shift, "2026-03-02T10:16:00Z", "2026-03-02T10:25:00Z", 1);
    assert!(shift.told().iter().all(|to| !to.ends_with("@example.com")), "{kind}");
    let mut tellings = shift.ledger().tellings(&shift.office.conversation_id("c1")).unwrap();
    tellings.retain(|telling| telling.channel == "email" && telling.recipient.starts_with("agent:"));
    tellings.into_iter().map(|telling| telling.words).collect()
}

#[test]
fn a_digest_that_waits_is_dropped_with_the_reason_on_record() {
    let acts: [(&str, &str, Deed); 8] = [
        ("message", "answered", |office| {
            office.replies("ada", "c1", "hi");
        }),
        ("message", "read", |office| {
            office.reads("ada", "c1");
        }),
        ("message", "resolved", |office| {
            office.resolve("c1");
        }),
        ("message", "snoozed", |office| {
            office.snooze("c1");
        }),
        ("message", "deleted", |office| {
            office.deletes_latest("c1");
        }),
        ("message", "deleted", |office| {
            office.connection().execute("DELETE FROM conversations", []).unwrap();
        }),
        ("assistance", "withdrawn", |office| {
            office.withdraw("assistance", "c1");
        }),
        ("deadline", "target_met", |office| {
            office.meets("c1", "resolution");
        }),
    ];
    for (kind, reason, act) in acts {
        assert_eq!(words_after(kind, act), [reason], "{kind}");
    }
}

#[test]
fn all_of_this_holds_on_postgresql_too() {
    hold_on_postgresql_too(20, &[]);
}
