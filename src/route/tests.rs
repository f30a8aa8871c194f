//! Decisions over a small office in memory.

mod addresses;
mod audiences;
mod preferences;
mod property;
mod surfaces;
mod waits;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::TimeDelta;
use chrono_tz::Tz;

use super::wait::place_after;
use super::*;
use crate::model::{
    Agent, Audience, BotState, Contact, ContactKind, Group, Mark, MessageRef, Named, Presence, PresenceStatus,
    Provider, Role, Tell, Watch,
};

/// A desk in memory with one rule: conversation `c1` of contact `tom`, waiting since nine.
struct Desk {
    facts: Facts,
    told: Told,
    people: HashMap<Arc<str>, Named>,
    blocked: HashSet<&'static str>,
    unreachable: HashSet<Provider>,
    presence: PresenceSettings,
    bot: BotSettings,
    rule: Rule,
    pending: Pending,
    now: DateTime<Utc>,
}

fn nine() -> DateTime<Utc> {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

fn minutes(count: i64) -> TimeDelta {
    TimeDelta::minutes(count)
}

fn online() -> Presence {
    Presence { status: Some(PresenceStatus::Online), ..Presence::default() }
}

fn tell(text: &str) -> Vec<Tell> {
    text.split(", ")
        .map(|word| {
            let otherwise = word.starts_with("else ");
            let audience = match word.trim_start_matches("else ") {
                "assignee" => Audience::Assignee,
                "last_agent" => Audience::LastAgent,
                "group" => Audience::Group,
                "all_agents" => Audience::AllAgents,
                "target" => Audience::Target,
                "department" => Audience::Department,
                "offline_agents" => Audience::OfflineAgents,
                "supervisors" => Audience::Supervisors,
                "contact" => Audience::Contact,
                name => Audience::Person(name.into()),
            };
            Tell { audience, otherwise }
        })
        .collect()
}

impl Desk {
    fn new() -> Self {
        let mut facts = Facts::default();
        let conversation = Conversation {
            id: "c1".into(),
            group: Some("team:1".into()),
            contact: Some("tom".into()),
            waiting: true,
            ..Conversation::default()
        };
        facts.conversations.insert("c1".into(), conversation);
        let tom = Contact { id: "tom".into(), name: Some("Tom".into()), ..Contact::default() };
        facts.contacts.insert("tom".into(), tom);
        let members = vec!["ada".into(), "bob".into()];
        let group = Group { id: "team:1".into(), name: "Billing".into(), members, ..Group::default() };
        facts.groups.insert("team:1".into(), group);
        let rule =
            Rule { grace: minutes(5), tell: tell("assignee, else group"), ..Rule::new("reminder", Watch::Unreplied) };
        let latest = MessageRef { at: nine() + minutes(2), id: "m2".into() };
        let conversation = "c1".into();
        let pending = Pending { conversation, matter: "".into(), since: nine(), latest, event: None };
        let mut desk = Self {
            facts,
            told: Told::default(),
            people: HashMap::new(),
            blocked: HashSet::new(),
            unreachable: HashSet::new(),
            presence: PresenceSettings::default(),
            bot: BotSettings::default(),
            rule,
            pending,
            now: nine() + minutes(60),
        };
        for name in ["ada", "bob", "cy"] {
            desk.agent(name, |_| {});
        }
        desk
    }

    fn agent(&mut self, name: &str, change: impl FnOnce(&mut Agent)) {
        let mut agent = Agent {
            id: name.into(),
            name: name.into(),
            email: Some(format!("{name}@example.com")),
            active: true,
            ..Agent::default()
        };
        change(&mut agent);
        self.facts.agents.insert(name.into(), agent);
    }

    fn conversation(&mut self) -> &mut Conversation {
        self.facts.conversations.get_mut(&"c1".into()).unwrap()
    }

    fn marked(&mut self, name: &str, message: MessageRef) {
        let recipient = RecipientId::Agent(name.into());
        let mark = Mark {
            rule: "reminder".into(),
            matter: "".into(),
            recipient,
            channel: Channel::Email,
            told_at: message.at + minutes(5),
            message,
            step: 1,
            delivery: 1,
        };
        self.told.marks.entry("c1".into()).or_default().push(mark);
    }

    fn decisions(&self) -> Vec<Decision> {
        self.decisions_about(None)
    }

    fn decisions_about(&self, only: Option<&HashSet<RecipientId>>) -> Vec<Decision> {
        let blocked = |_, address: &str| self.blocked.contains(address);
        let reachable = |provider| !self.unreachable.contains(&provider);
        let closed = Closed { blocked: &blocked, reachable: &reachable };
        let reach = Reach::of(&self.facts, &self.people, &[&self.rule], Tz::UTC, closed);
        let view = View {
            facts: &self.facts,
            told: &self.told,
            reach: &reach,
            only,
            presence: &self.presence,
            bot: &self.bot,
            now: self.now,
        };
        route(view, &self.rule, &self.pending)
    }

    /// `ada: told` and the like, sorted.
    fn answers(&self) -> Vec<String> {
        let mut answers: Vec<String> = self
            .decisions()
            .iter()
            .map(|decision| {
                let who = match &decision.recipient {
                    Some(RecipientId::Agent(id)) => id.to_string(),
                    Some(RecipientId::Contact(id)) => id.to_string(),
                    Some(other) => other.to_string(),
                    None => "nobody".into(),
                };
                match &decision.verdict {
                    Verdict::Told(why) => format!("{who}: told, {}", why.sentence()),
                    Verdict::Later(at, reason) => format!("{who}: {} until {}", reason.code(), at.format("%H:%M")),
                    Verdict::Skipped(reason) => format!("{who}: {}", reason.code()),
                }
            })
            .collect();
        answers.sort();
        answers
    }
}

#[test]
fn c6_an_assigned_conversation_goes_to_the_assignee_alone() {
    let mut desk = Desk::new();
    desk.conversation().assignee = Some("cy".into());
    assert_eq!(desk.answers(), ["cy: told, you are assigned"]);
}

#[test]
fn c6_an_unassigned_conversation_goes_to_everybody_in_the_group() {
    let expected = [
        "ada: told, nobody is assigned and you are in Billing",
        "bob: told, nobody is assigned and you are in Billing",
    ];
    assert_eq!(Desk::new().answers(), expected);
}

#[test]
fn an_assignee_who_has_left_is_replaced_by_the_group() {
    let mut desk = Desk::new();
    desk.conversation().assignee = Some("cy".into());
    desk.agent("cy", |cy| cy.active = false);
    let told = "told, the assignee cannot be told and you are in Billing";
    assert_eq!(desk.answers(), [format!("ada: {told}"), format!("bob: {told}"), "cy: inactive".to_owned()]);
}

#[test]
fn a_group_that_hears_beside_the_assignee_is_told_no_false_reason() {
    let mut desk = Desk::new();
    desk.conversation().assignee = Some("cy".into());
    desk.rule.tell = tell("assignee, group");
    let beside = ["ada: told, you are in Billing", "bob: told, you are in Billing"];
    assert_eq!(desk.answers(), [beside[0], beside[1], "cy: told, you are assigned"]);
    desk.rule.tell = tell("group");
    assert_eq!(desk.answers(), beside);
}

#[test]
fn an_assignee_without_an_address_is_replaced_by_the_group() {
    let mut desk = Desk::new();
    desk.conversation().assignee = Some("cy".into());
    desk.agent("cy", |cy| cy.email = Some(" ".into()));
    let told = "told, the assignee cannot be told and you are in Billing";
    assert_eq!(desk.answers(), [format!("ada: {told}"), format!("bob: {told}"), "cy: no_address".to_owned()]);
}

#[test]
fn c7_a_role_that_is_left_out_does_not_hear() {
    let mut desk = Desk::new();
    desk.rule.except_roles = vec![Role::Admin];
    desk.agent("bob", |bob| bob.role = Role::Admin);
    assert_eq!(desk.answers(), ["ada: told, nobody is assigned and you are in Billing", "bob: role_left_out"]);
}

#[test]
fn nobody_hears_about_another_accounts_conversation() {
    let mut desk = Desk::new();
    desk.conversation().account = Some("acme".into());
    desk.agent("ada", |ada| ada.account = Some("umbrella".into()));
    desk.agent("bob", |bob| bob.account = Some("acme".into()));
    assert_eq!(desk.answers(), ["ada: other_account", "bob: told, nobody is assigned and you are in Billing"]);
}

#[test]
fn a_person_of_the_settings_hears_when_nobody_else_can() {
    let mut desk = Desk::new();
    desk.rule.tell = tell("assignee, else oncall");
    let oncall = Named { name: "On call".into(), email: Some("oncall@example.com".into()), ..Named::default() };
    desk.people.insert("oncall".into(), oncall);
    assert_eq!(desk.answers(), ["person:oncall: told, the settings name you"]);
}

#[test]
fn an_audience_of_nobody_is_said() {
    let mut desk = Desk::new();
    desk.conversation().group = None;
    assert_eq!(desk.answers(), ["nobody: nobody_to_tell"]);
}

#[test]
fn c3_a_guest_is_left_out_when_the_rule_says_so() {
    let mut desk = Desk::new();
    desk.rule.guests = false;
    assert_eq!(desk.answers().len(), 2);
    desk.facts.contacts.get_mut(&"tom".into()).unwrap().kind = ContactKind::Guest;
    assert_eq!(desk.answers(), ["nobody: guest"]);
}

#[test]
fn a_blocked_contact_and_a_bot_at_work_are_silent() {
    let mut desk = Desk::new();
    desk.conversation().bot = BotState::Answered;
    assert_eq!(desk.answers(), ["nobody: bot_in_hand"]);
    desk.conversation().bot = BotState::HandedOver;
    assert_eq!(desk.answers().len(), 2);
    desk.facts.contacts.get_mut(&"tom".into()).unwrap().blocked = true;
    assert_eq!(desk.answers(), ["nobody: contact_blocked"]);
}

#[test]
fn somebody_at_the_desk_does_not_hear_when_only_away_counts() {
    let mut desk = Desk::new();
    desk.rule.when = When::Away;
    desk.facts.presence.insert("ada".into(), vec![online()]);
    assert_eq!(desk.answers(), ["ada: at_the_desk", "bob: told, nobody is assigned and you are in Billing"]);
}

#[test]
fn whoever_is_not_asked_about_still_counts_before_an_else() {
    let mut desk = Desk::new();
    desk.rule.tell = tell("assignee, else group");
    let ada = HashSet::from([RecipientId::Agent("ada".into())]);
    let told = |desk: &Desk| -> Vec<Option<RecipientId>> {
        desk.decisions_about(Some(&ada)).into_iter().map(|decision| decision.recipient).collect()
    };
    assert_eq!(told(&desk), [Some(RecipientId::Agent("ada".into()))]);
    desk.conversation().assignee = Some("cy".into());
    assert_eq!(told(&desk), []);
}

#[test]
fn u8_an_unassigned_conversation_that_one_agent_has_read_still_tells_the_others() {
    let mut desk = Desk::new();
    desk.rule.watch = Watch::Unread;
    desk.facts.seen.insert(("c1".into(), "ada".into()), nine() + minutes(2));
    desk.facts.seen.insert(("c1".into(), "bob".into()), nine() + minutes(1));
    assert_eq!(desk.answers(), ["ada: read", "bob: told, nobody is assigned and you are in Billing"]);
}

#[test]
fn grace_for_an_agent_who_read_some_of_it_runs_from_the_first_message_after_that() {
    let mut desk = Desk::new();
    desk.rule.watch = Watch::Unread;
    desk.facts.seen.insert(("c1".into(), "ada".into()), nine() + minutes(1));
    desk.told.first_after.insert(("c1".into(), place_after(nine() + minutes(1))), desk.pending.latest.clone());
    desk.now = nine() + minutes(6);
    let told = "bob: told, nobody is assigned and you are in Billing";
    assert_eq!(desk.answers(), ["ada: grace until 09:07", told]);
    let rule = desk.rule.clone();
    let places = places_to_look_up(&[&rule], std::slice::from_ref(&desk.pending), &desk.facts, &desk.told);
    assert_eq!(places, [("c1".into(), place_after(nine() + minutes(1)))]);
}

#[test]
fn grace_runs_from_the_first_message_and_ends_on_the_minute() {
    let mut desk = Desk::new();
    desk.conversation().assignee = Some("ada".into());
    desk.now = nine() + minutes(4);
    assert_eq!(desk.answers(), ["ada: grace until 09:05"]);
    desk.now = nine() + minutes(5);
    assert_eq!(desk.answers(), ["ada: told, you are assigned"]);
}

#[test]
fn grace_after_a_mark_runs_from_the_first_message_beyond_it() {
    let mut desk = Desk::new();
    desk.conversation().assignee = Some("ada".into());
    desk.marked("ada", desk.pending.latest.clone());
    assert_eq!(desk.answers(), ["ada: already_told"]);
    let told_up_to = desk.pending.latest.clone();
    desk.pending.latest = MessageRef { at: nine() + minutes(59), id: "m4".into() };
    let first = MessageRef { at: nine() + minutes(57), id: "m3".into() };
    desk.told.first_after.insert(("c1".into(), told_up_to), first);
    assert_eq!(desk.answers(), ["ada: grace until 10:02"]);
    desk.now = nine() + minutes(62);
    assert_eq!(desk.answers(), ["ada: told, you are assigned"]);
}

#[test]
fn a_new_rule_does_not_tell_the_backlog_but_what_comes_after() {
    let mut desk = Desk::new();
    desk.conversation().assignee = Some("ada".into());
    let baseline = nine() + minutes(30);
    desk.told.baselines.insert("reminder".into(), baseline);
    assert_eq!(desk.answers(), ["ada: before_first_run"]);
    desk.pending.latest = MessageRef { at: nine() + minutes(58), id: "m9".into() };
    desk.told.first_after.insert(("c1".into(), Told::place_of(baseline)), desk.pending.latest.clone());
    assert_eq!(desk.answers(), ["ada: grace until 10:03"]);
}

#[test]
fn the_desk_is_asked_only_for_places_that_matter() {
    let mut desk = Desk::new();
    let rule = desk.rule.clone();
    let places =
        |desk: &Desk| places_to_look_up(&[&rule], std::slice::from_ref(&desk.pending), &desk.facts, &desk.told).len();
    assert_eq!(places(&desk), 0);
    desk.marked("ada", desk.pending.latest.clone());
    assert_eq!(places(&desk), 0);
    desk.marked("bob", MessageRef { at: nine(), id: "m1".into() });
    assert_eq!(places(&desk), 1);
}
