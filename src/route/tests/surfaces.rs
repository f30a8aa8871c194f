//! Where people look: unknown, away, at the desk, on a page of it, or in a conversation.

use super::*;
use crate::model::Surface;

fn at(surface: &str) -> Presence {
    Presence { surface: surface.into(), ..online() }
}

/// Whether Ada is told while her presence is this.
#[track_caller]
fn case(watching: &[Surface], rows: &[Presence], told: bool) {
    let mut desk = Desk::new();
    desk.conversation().assignee = Some("ada".into());
    desk.rule.when = When::Away;
    desk.rule.watching = watching.to_vec();
    desk.facts.presence.insert("ada".into(), rows.to_vec());
    let expected = if told { "ada: told, you are assigned" } else { "ada: at_the_desk" };
    assert_eq!(desk.answers(), [expected], "{watching:?} {rows:?}");
}

fn seen(status: Option<PresenceStatus>, minutes_ago: Option<i64>) -> Presence {
    let last_active_at = minutes_ago.map(|count| nine() + minutes(60 - count));
    Presence { status, last_active_at, ..Presence::default() }
}

#[test]
fn somebody_offline_away_or_long_unseen_is_away() {
    use PresenceStatus::{Away, Busy, Offline, Online};
    case(&[], &[seen(Some(Offline), Some(0))], true);
    case(&[], &[seen(Some(Away), Some(0))], true);
    case(&[], &[seen(Some(Online), Some(6))], true);
    case(&[], &[seen(Some(Online), Some(5))], false);
    case(&[], &[seen(Some(Online), None)], false);
    case(&[], &[seen(Some(Busy), Some(1))], false);
    case(&[], &[seen(None, Some(1))], false);
    case(&[], &[seen(None, Some(60))], true);
    // one surface that is left behind does not hide another that is in use
    case(&[], &[seen(Some(Offline), Some(0)), seen(Some(Online), Some(1))], false);
}

#[test]
fn an_unknown_presence_is_what_the_settings_say() {
    let mut desk = Desk::new();
    desk.conversation().assignee = Some("ada".into());
    desk.rule.when = When::Away;
    assert_eq!(desk.answers(), ["ada: told, you are assigned"]);
    desk.presence.unknown = Unknown::Online;
    assert_eq!(desk.answers(), ["ada: presence_unknown"]);
}

#[test]
fn m1_in_the_console_but_in_another_chat_is_not_looking_at_this_one() {
    let console = [Surface::Console, Surface::Conversation];
    case(&console, &[at("console")], false);
    case(&console, &[at("console"), at("conversation:c1")], false);
    case(&console, &[at("console"), at("conversation:c2")], true);
    case(&console, &[at("conversation:c2")], true);
    case(&console, &[at("dashboard")], true);
    case(&console, &[at("")], false);
}

#[test]
fn c2_the_inbox_page_counts_whatever_is_open_on_it() {
    case(&[Surface::Inbox], &[at("inbox"), at("conversation:c2")], false);
    case(&[Surface::Inbox], &[at("console")], true);
}

#[test]
fn m3_a_supervisor_on_the_dashboard_sees_it_there() {
    case(&[Surface::Dashboard], &[at("dashboard")], false);
    case(&[Surface::Dashboard], &[at("console")], true);
}
