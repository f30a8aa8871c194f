//! The circles of people around a conversation, and who is never among them.

use super::*;
use crate::model::{Availability, Event};

fn away(until_minutes: i64, stand_in: Option<&str>) -> Availability {
    let away_until = Some(nine() + minutes(until_minutes));
    Availability { away_until, stand_in: stand_in.map(Into::into), ..Availability::default() }
}

#[test]
fn b1_a_department_hears_and_a_team_does_not() {
    let mut desk = Desk::new();
    desk.rule.tell = tell("department");
    assert_eq!(desk.answers(), ["nobody: nobody_to_tell"]);
    desk.facts.groups.get_mut(&"team:1".into()).unwrap().is_department = true;
    assert_eq!(desk.answers().len(), 2);
}

#[test]
fn b3_agents_who_are_offline_hear() {
    let mut desk = Desk::new();
    desk.conversation().group = None;
    desk.rule.tell = tell("offline_agents");
    desk.facts.presence.insert("bob".into(), vec![online()]);
    let told = "told, agents who are offline are told";
    assert_eq!(desk.answers(), [format!("ada: {told}"), "bob: at_the_desk".into(), format!("cy: {told}")]);
}

#[test]
fn m3_supervisors_hear_and_administrators_do_not() {
    let mut desk = Desk::new();
    desk.rule.tell = tell("supervisors");
    desk.agent("eve", |eve| eve.role = Role::Supervisor);
    desk.agent("root", |root| root.role = Role::Admin);
    assert_eq!(desk.answers(), ["eve: told, you are a supervisor"]);
}

#[test]
fn whoever_is_not_in_the_group_has_no_access() {
    let mut desk = Desk::new();
    desk.rule.tell = tell("all_agents");
    desk.agent("eve", |eve| eve.role = Role::Supervisor);
    let told = "told, every agent is told";
    let expected = [format!("ada: {told}"), format!("bob: {told}"), "cy: no_access".into(), format!("eve: {told}")];
    assert_eq!(desk.answers(), expected);
    desk.facts.groups.get_mut(&"team:1".into()).unwrap().members.clear();
    assert!(desk.answers().contains(&format!("cy: {told}")), "a group of nobody is closed to nobody");
}

#[test]
fn an_event_tells_whom_it_names_and_never_who_did_it() {
    let mut desk = Desk::new();
    desk.rule.watch = Watch::Transferred;
    desk.rule.needs = vec![Watch::Transferred];
    desk.rule.tell = tell("target");
    desk.pending.matter = "77".into();
    desk.pending.event = Some(Event { actor: Some("ada".into()), target: Some("cy".into()) });
    assert_eq!(desk.answers(), ["cy: told, it was transferred to you"]);
    desk.pending.event = Some(Event { actor: Some("cy".into()), target: Some("cy".into()) });
    assert_eq!(desk.answers(), ["cy: sender", "nobody: nobody_to_tell"]);
}

#[test]
fn an_agent_who_writes_as_a_customer_does_not_hear_of_it() {
    let mut desk = Desk::new();
    desk.facts.contacts.get_mut(&"tom".into()).unwrap().email = Some("ADA@example.com ".into());
    assert_eq!(desk.answers(), ["ada: sender", "bob: told, nobody is assigned and you are in Billing"]);
}

#[test]
fn a_stand_in_hears_for_whoever_is_out_of_office() {
    let mut desk = Desk::new();
    desk.conversation().assignee = Some("ada".into());
    desk.facts.availability.insert("ada".into(), away(61, Some("cy")));
    assert_eq!(desk.answers(), ["ada: out_of_office", "cy: told, you stand in for ada, who is out of office"]);
    desk.facts.availability.insert("ada".into(), away(60, Some("cy")));
    assert_eq!(desk.answers(), ["ada: told, you are assigned"], "back again");
}

#[test]
fn without_a_stand_in_the_else_applies_and_circles_end() {
    let mut desk = Desk::new();
    desk.conversation().assignee = Some("cy".into());
    desk.facts.availability.insert("cy".into(), away(90, None));
    assert_eq!(desk.answers().len(), 3, "cy is out, the group hears");
    for (absent, stand_in) in [("cy", "ada"), ("ada", "bob"), ("bob", "cy")] {
        desk.facts.availability.insert(absent.into(), away(90, Some(stand_in)));
    }
    assert!(desk.answers().contains(&"nobody: nobody_to_tell".to_owned()), "{:?}", desk.answers());
}

#[test]
fn a_contact_hears_of_a_reply_unless_blocked() {
    let mut desk = Desk::new();
    desk.rule.watch = Watch::UnseenReply;
    desk.rule.tell = tell("contact");
    assert_eq!(desk.answers(), ["nobody: nobody_to_tell", "tom: no_address"]);
    desk.facts.contacts.get_mut(&"tom".into()).unwrap().email = Some("tom@customer.example".into());
    assert_eq!(desk.answers(), ["tom: told, it is your conversation"]);
    desk.facts.contacts.get_mut(&"tom".into()).unwrap().blocked = true;
    assert_eq!(desk.answers(), ["nobody: contact_blocked"]);
}

#[test]
fn whoever_one_entry_leaves_out_may_hear_by_another() {
    let mut desk = Desk::new();
    desk.conversation().assignee = Some("cy".into());
    desk.rule.tell = tell("all_agents, assignee, else group");
    let all = "told, every agent is told";
    let expected = [format!("ada: {all}"), format!("bob: {all}"), "cy: told, you are assigned".into()];
    assert_eq!(desk.answers(), expected, "cy is not of the group, but responsible");
}
