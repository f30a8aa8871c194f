//! Addresses that lack, are broken, or belong to several.

use super::*;

#[test]
fn a_shared_address_is_left_to_the_next_holder_while_the_first_is_silent() {
    let mut desk = Desk::new();
    desk.agent("bob", |bob| bob.email = Some("Ada@Example.com".into()));
    let told = "told, nobody is assigned and you are in Billing";
    assert_eq!(desk.answers(), [format!("ada: {told}"), "bob: same_address".to_owned()]);
    desk.rule.when = When::Away;
    desk.facts.presence.insert("ada".into(), vec![online()]);
    assert_eq!(desk.answers(), ["ada: at_the_desk".to_owned(), format!("bob: {told}")]);
    desk.marked("ada", desk.pending.latest.clone());
    assert_eq!(desk.answers(), ["ada: already_told", "bob: same_address"]);
}

#[test]
fn an_address_that_was_told_is_not_told_again_as_somebody_else() {
    let mut desk = Desk::new();
    desk.agent("bob", |bob| bob.email = Some("ada@example.com".into()));
    desk.marked("bob", desk.pending.latest.clone());
    assert_eq!(desk.answers(), ["ada: same_address", "bob: already_told"]);
}

#[test]
fn missing_broken_and_shared_addresses_are_said() {
    let mut desk = Desk::new();
    desk.facts.groups.get_mut(&"team:1".into()).unwrap().members.extend(["cy".into(), "dee".into()]);
    desk.agent("ada", |ada| ada.email = None);
    desk.agent("bob", |bob| bob.email = Some("not an address".into()));
    desk.agent("dee", |dee| dee.email = Some("cy@example.com".into()));
    let told = "cy: told, nobody is assigned and you are in Billing";
    assert_eq!(desk.answers(), ["ada: no_address", "bob: bad_address", told, "dee: same_address"]);
}

#[test]
fn a_blocked_address_counts_as_nobody_so_that_else_applies() {
    let mut desk = Desk::new();
    desk.conversation().assignee = Some("cy".into());
    desk.blocked.insert("cy@example.com");
    let told = "told, the assignee cannot be told and you are in Billing";
    assert_eq!(desk.answers(), [format!("ada: {told}"), format!("bob: {told}"), "cy: blocked".to_owned()]);
    desk.agent("cy", |cy| cy.email = Some("cy@elsewhere.example".into()));
    assert_eq!(desk.answers(), ["cy: told, you are assigned"]);
}
