//! Grace, ladders, throttles, repetition and hours.

use super::*;
use crate::model::{Availability, Hours, ReadBy, Repeat, Step, Throttle};
use crate::notation::hours_of_day;

/// A desk on which only Ada is told, of her own conversation.
fn hers() -> Desk {
    let mut desk = Desk::new();
    desk.conversation().assignee = Some("ada".into());
    desk.facts.contacts.get_mut(&"tom".into()).unwrap().email = Some("tom@customer.example".into());
    desk
}

#[track_caller]
fn at(desk: &mut Desk, minute: i64, expected: &[&str]) {
    desk.now = nine() + minutes(minute);
    assert_eq!(desk.answers(), expected, "at minute {minute}");
}

#[test]
fn x5_every_step_of_a_ladder_has_a_wait_of_its_own() {
    let mut desk = hers();
    let step = |channel, after| Step { channel, after: minutes(after) };
    desk.rule.via = vec![step(Channel::InApp, 0), step(Channel::Email, 15)];
    at(&mut desk, 4, &["ada: grace until 09:05", "ada: next_step until 09:15"]);
    at(&mut desk, 5, &["ada: next_step until 09:15", "ada: told, you are assigned"]);
    at(&mut desk, 15, &["ada: told, you are assigned", "ada: told, you are assigned"]);
}

#[test]
fn x11_the_wait_between_two_tellings_doubles_until_there_is_a_pause() {
    let mut desk = hers();
    desk.rule.grace = minutes(0);
    desk.rule.throttle = Some(Throttle { first: minutes(15), longest: minutes(40), release: minutes(120) });
    let told = |desk: &mut Desk, step: u32, again: i64, expected: &str| {
        // told at ten past nine of a message of nine; the next one is written at `again`
        desk.told = Told::default();
        desk.marked("ada", MessageRef { at: nine(), id: "m1".into() });
        let mark = desk.told.marks.get_mut(&"c1".into()).unwrap().last_mut().unwrap();
        (mark.told_at, mark.step) = (nine() + minutes(10), step);
        let place = mark.message.clone();
        let first = MessageRef { at: nine() + minutes(again), id: "m2".into() };
        desk.told.first_after.insert(("c1".into(), place), first.clone());
        desk.pending.latest = first;
        at(desk, again, &[expected]);
    };
    told(&mut desk, 1, 12, "ada: throttled until 09:25");
    told(&mut desk, 2, 12, "ada: throttled until 09:40");
    told(&mut desk, 3, 12, "ada: throttled until 09:50");
    told(&mut desk, 9, 12, "ada: throttled until 09:50");
    told(&mut desk, 9, 51, "ada: told, you are assigned");
    told(&mut desk, 1, 129, "ada: told, you are assigned");
}

#[test]
fn b6_one_telling_an_absence_however_many_replies_follow() {
    let mut desk = hers();
    desk.rule.watch = Watch::UnseenReply;
    desk.rule.tell = tell("contact");
    desk.rule.repeat = Repeat::OncePerAbsence;
    at(&mut desk, 60, &["tom: told, it is your conversation"]);
    let key = ("reminder".into(), RecipientId::Contact("tom".into()), Channel::Email);
    desk.told.last_told.insert(key, nine() + minutes(10));
    at(&mut desk, 60, &["tom: told_this_absence"]);
    desk.conversation().contact_seen_at = Some(nine() + minutes(10));
    at(&mut desk, 60, &["tom: told_this_absence"]);
    desk.conversation().contact_seen_at = Some(nine() + minutes(11));
    at(&mut desk, 60, &["tom: told, it is your conversation"]);
}

#[test]
fn a_rule_that_repeats_tells_once_in_every_slot() {
    let mut desk = hers();
    desk.rule.repeat = Repeat::EverySlot;
    desk.marked("ada", desk.pending.latest.clone());
    let told_at = desk.told.marks[&"c1".into()][0].told_at;
    desk.told.slots.insert("reminder".into(), told_at);
    at(&mut desk, 60, &["ada: already_told"]);
    desk.told.slots.insert("reminder".into(), told_at + minutes(1));
    at(&mut desk, 60, &["ada: told, you are assigned"]);
}

#[test]
fn x10_quiet_hours_put_it_off_except_for_rules_that_ignore_them() {
    let mut desk = hers();
    let quiet = Some(hours_of_day("09:30-11:00").unwrap());
    let hours = Hours { quiet, ..Hours::default() };
    desk.facts.availability.insert("ada".into(), Availability { hours, ..Availability::default() });
    at(&mut desk, 29, &["ada: told, you are assigned"]);
    at(&mut desk, 30, &["ada: quiet_hours until 11:00"]);
    desk.rule.ignore_hours = true;
    at(&mut desk, 30, &["ada: told, you are assigned"]);
}

#[test]
fn b5_a_bot_that_leaves_somebody_unanswered_does_not_keep_people_from_hearing() {
    let mut desk = hers();
    desk.conversation().bot = BotState::Active;
    at(&mut desk, 60, &["nobody: bot_in_hand"]);
    desk.conversation().bot_silent_since = Some(nine() + minutes(50));
    at(&mut desk, 54, &["nobody: bot_in_hand until 09:55"]);
    at(&mut desk, 55, &["ada: told, you are assigned"]);
}

#[test]
fn u8_and_u3_whose_reading_silences_is_a_setting() {
    let mut desk = hers();
    desk.rule.watch = Watch::Unread;
    desk.conversation().agents_seen_at = Some(desk.pending.latest.at);
    desk.facts.seen.insert(("c1".into(), "bob".into()), desk.pending.latest.at);
    at(&mut desk, 60, &["ada: told, you are assigned"]);
    desk.rule.read_by = ReadBy::Anyone;
    at(&mut desk, 60, &["ada: read_by_another"]);
}

#[test]
fn a_warning_that_fell_due_before_the_first_run_comes_before_its_deadline() {
    let mut desk = hers();
    desk.rule = Rule { watch: Watch::SlaWarning, grace: minutes(0), needs: vec![Watch::SlaWarning], ..desk.rule };
    desk.pending.matter = "resolution".into();
    desk.pending.latest = MessageRef { at: nine() + TimeDelta::hours(20), id: "".into() };
    desk.pending.since = desk.pending.latest.at - TimeDelta::hours(48);
    desk.told.baselines.insert(desk.rule.name.clone(), nine() - TimeDelta::hours(24));
    at(&mut desk, 5, &["ada: told, you are assigned"]);
}

#[test]
fn a_chat_that_the_bot_gave_to_people_is_over_when_a_person_has_answered() {
    let mut desk = hers();
    desk.rule.watch = Watch::Handover;
    desk.rule.grace = minutes(0);
    desk.conversation().replied_at = Some(nine());
    at(&mut desk, 1, &["ada: told, you are assigned"]);
    desk.conversation().replied_at = Some(nine() + minutes(1));
    at(&mut desk, 1, &["nobody: answered"]);
}
