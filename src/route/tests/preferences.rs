//! What agents switched off for themselves.

use super::*;
use crate::model::{Preference, Scope, Step};

fn row(event: &str) -> Preference {
    let channel = Channel::Email;
    Preference { event: event.into(), channel, group: None, enabled: true, scope: None, unassigned: None }
}

/// What Ada and Bob of Billing hear, with these rows of Ada's, of a conversation of `assignee`.
#[track_caller]
fn case(assignee: Option<&str>, rows: &[Preference], ada: &str) {
    let mut desk = Desk::new();
    desk.rule.tell = tell("group");
    desk.conversation().assignee = assignee.map(Into::into);
    desk.facts.preferences.insert("ada".into(), rows.to_vec());
    let answers = desk.answers();
    assert!(answers.iter().any(|answer| answer.starts_with(ada)), "{answers:?}");
    assert!(answers.iter().any(|answer| answer.starts_with("bob: told")), "{answers:?}");
}

#[test]
fn u1_an_event_is_switched_off_for_one_channel() {
    case(None, &[], "ada: told");
    case(None, &[Preference { enabled: false, ..row("unreplied") }], "ada: switched_off");
    case(None, &[Preference { enabled: false, ..row("assigned") }], "ada: told");
    case(None, &[Preference { enabled: false, channel: Channel::Push, ..row("unreplied") }], "ada: told");
}

#[test]
fn u10_scope_and_unassigned_are_two_switches() {
    let mine = Preference { scope: Some(Scope::Mine), ..row("unreplied") };
    case(Some("bob"), &[mine.clone()], "ada: not_mine");
    case(Some("ada"), &[mine.clone()], "ada: told");
    case(None, &[mine.clone()], "ada: told");
    case(None, &[Preference { unassigned: Some(false), ..mine.clone() }], "ada: unassigned_off");
    case(None, &[Preference { unassigned: Some(false), ..row("unreplied") }], "ada: unassigned_off");
    case(Some("bob"), &[Preference { unassigned: Some(false), ..row("unreplied") }], "ada: told");
}

#[test]
fn a_muted_group_is_silent_and_no_other() {
    let muted = |group: &str| Preference { group: Some(group.into()), enabled: false, ..row("unreplied") };
    case(None, &[muted("team:1")], "ada: muted");
    case(None, &[muted("team:2")], "ada: told");
}

#[test]
fn u6_every_switch_that_the_rule_needs_must_be_on() {
    let mut desk = Desk::new();
    desk.conversation().assignee = Some("ada".into());
    desk.rule.tell = tell("assignee");
    desk.rule.needs = vec![Watch::NewMessage, Watch::Unread];
    assert_eq!(desk.answers(), ["ada: told, you are assigned"]);
    for event in ["new_message", "unread"] {
        desk.facts.preferences.insert("ada".into(), vec![Preference { enabled: false, ..row(event) }]);
        assert_eq!(desk.answers(), ["ada: switched_off", "nobody: nobody_to_tell"], "{event}");
    }
}

#[test]
fn whoever_switched_everything_off_leaves_it_to_the_else() {
    let mut desk = Desk::new();
    desk.conversation().assignee = Some("cy".into());
    let off = Preference { enabled: false, ..row("unreplied") };
    desk.facts.preferences.insert("cy".into(), vec![off.clone()]);
    let told = "told, the assignee cannot be told and you are in Billing";
    assert_eq!(desk.answers(), [format!("ada: {told}"), format!("bob: {told}"), "cy: switched_off".into()]);
    desk.rule.via.push(Step { channel: Channel::InApp, after: minutes(0) });
    assert!(desk.answers().contains(&"cy: told, you are assigned".to_owned()), "the feed is still on");
}
