//! doorbell's own tables, read as if they were another product's: every question is answered as without an adapter, on
//! `SQLite` and on PostgreSQL.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;

use chrono::TimeDelta;
use doorbell::desk::{Agents, Desk, Settings, Snapshot, Wanted, Window};
use doorbell::model::{
    AgentId, ConversationId, Facts, MessageRef, Pending, RecipientId, Relation, Show, Status, Watch,
};

use crate::mirror::Mirror;
use crate::office::Office;

/// Relations over the tables of `schema.sql`; what those derive is taken as it is. `@` stands for the schema.
const OWN: &str = "
-- relation: waiting_conversations
SELECT c.id AS conversation_id, c.waiting_since, (
  SELECT m.id FROM @.messages m WHERE m.conversation_id = c.id AND m.sender_type = 'contact' AND m.deleted = 0
  ORDER BY m.created_at DESC, m.id DESC LIMIT 1) AS message_id
FROM @.conversations c WHERE c.waiting_since IS NOT NULL AND c.status = 'open'
-- relation: unread_conversations
SELECT c.id AS conversation_id, c.unread_since, (
  SELECT m.id FROM @.messages m WHERE m.conversation_id = c.id AND m.sender_type = 'contact' AND m.deleted = 0
  ORDER BY m.created_at DESC, m.id DESC LIMIT 1) AS message_id
FROM @.conversations c WHERE c.unread_since IS NOT NULL AND c.status = 'open'
-- relation: unseen_replies
SELECT c.id AS conversation_id, (
  SELECT min(f.created_at) FROM @.messages f
  WHERE f.conversation_id = c.id AND f.sender_type = 'agent' AND f.private = 0 AND f.deleted = 0
    AND f.created_at > coalesce(c.contact_last_seen_at, 0) AND NOT EXISTS (
      SELECT 1 FROM @.messages q WHERE q.conversation_id = c.id AND q.sender_type = 'contact' AND q.deleted = 0
        AND q.created_at > f.created_at)) AS replied_at, (
  SELECT m.id FROM @.messages m
  WHERE m.conversation_id = c.id AND m.sender_type = 'agent' AND m.private = 0 AND m.deleted = 0
  ORDER BY m.created_at DESC, m.id DESC LIMIT 1) AS message_id
FROM @.conversations c WHERE c.unseen_reply_at IS NOT NULL
-- relation: sla_deadlines
SELECT d.conversation_id, d.metric, d.due_at, d.breached_at
FROM @.sla_deadlines d JOIN @.conversations c ON c.id = d.conversation_id AND c.status = 'open'
-- relation: desk_events
SELECT e.event_id, e.conversation_id, e.kind, e.at, e.actor_id, e.target_id FROM @.desk_events e
-- relation: agents
SELECT a.id, a.account_id, a.name, a.email, a.phone, a.avatar_url, a.role, a.active, a.locale, a.time_zone FROM @.agents a
-- relation: groups
SELECT g.id, g.account_id, g.name, g.kind, g.email, g.time_zone FROM @.groups g
-- relation: group_members
SELECT m.group_id, m.agent_id, m.role FROM @.group_members m
-- relation: contacts
SELECT c.id, c.account_id, c.name, c.email, c.phone, c.avatar_url, c.kind, c.blocked, c.sms_consent, c.locale, c.time_zone,
       c.last_active_at
FROM @.contacts c
-- relation: conversations
SELECT c.id, c.account_id, c.number, c.subject, c.status, c.priority, c.assignee_id, c.last_agent_id, c.group_id, c.inbox_id,
       c.channel, c.contact_id, c.created_at, c.last_activity_at, c.waiting_since, c.first_reply_at, c.snoozed_until,
       c.bot_state, CAST(NULL AS bigint) AS assignee_last_seen_at, c.agents_last_seen_at, c.contact_last_seen_at
FROM @.conversations c
-- relation: messages
SELECT m.id, m.conversation_id, m.sender_type, m.sender_id, m.private, m.deleted, m.body, m.body_format, m.created_at
FROM @.messages m
-- relation: attachments
SELECT a.id, a.message_id, a.filename, a.content_type, a.byte_size, a.url FROM @.attachments a
-- relation: read_cursors
SELECT r.conversation_id, r.reader_type, r.reader_id, r.last_seen_at FROM @.read_cursors r
-- relation: presence
SELECT p.subject_type, p.subject_id, p.account_id, p.status, p.surface, p.last_active_at FROM @.presence p
-- relation: devices
SELECT d.id, d.owner_type, d.owner_id, d.provider, d.token, d.p256dh, d.auth, d.platform, d.app_id FROM @.devices d
-- relation: preferences
SELECT p.account_id, p.agent_id, p.group_id, p.event, p.channel, p.enabled, p.scope, p.unassigned FROM @.preferences p
-- relation: availability
SELECT a.agent_id, a.time_zone, a.working_days, a.working_from, a.working_until, a.quiet_from, a.quiet_until, a.away_until,
       a.stand_in_id
FROM @.availability a
";

const AGENTS: [&str; 3] = ["ada", "bob", "eve"];

/// Sixty conversations in which everything happens, by a fixed dice.
fn office() -> Office {
    let mut office = Office::new();
    office.agent("ada").admin("bob").agent("eve").contact("tom").guest("ann").group("billing", &["ada", "bob"]);
    office.prefers("ada", "unread", "email", false).mutes("bob", "billing", "unread", "push");
    office.works("eve", "Europe/Rome", "mon-fri", "09:00", "17:00").online("ada").offline("bob").contact_online("tom");
    office.device("ada", "apns", "a-token").device("tom", "fcm", "t-token").surface("eve", "inbox");
    let mut dice = 7_usize;
    let mut throw = |sides: usize| {
        dice = (dice * 1_103_515_245 + 12_345) % (1 << 31);
        dice / 65_536 % sides
    };
    for number in 0..60 {
        let (name, agent) = (format!("c{number}"), AGENTS[number % 3]);
        let c = name.as_str();
        office.at("2026-03-02T09:00:00Z").later(i64::from(u32::try_from(number).unwrap()) * 7);
        office.contact(if number % 5 == 0 { "ann" } else { "tom" }).asks(c, "hello?").attach(
            c,
            "a.png",
            "https://x.example/a",
        );
        if number % 4 != 0 {
            office.assign(c, agent);
        }
        if number % 3 == 0 {
            office.into_group(c, "billing");
        }
        for step in 0..throw(12) {
            office.later(1);
            let other = AGENTS[throw(3)];
            match throw(14) {
                0..3 => office.asks(c, &format!("question {step}")),
                3..5 => office.replies(other, c, &format!("answer {step}")),
                5 => office.notes(other, c, "between us"),
                6 => office.bot_says(c, "I am a bot").bot(c, "active"),
                7 => office.system_says(c, "something happened"),
                8 => office.asks(c, "oops").deletes_latest(c),
                9 => office.reads(other, c),
                10 => office.contact_reads(c),
                11 => office.event("assigned", c, Some("bob"), Some(other)),
                12 => office.deadline(c, "first_response", "2026-03-02T12:00:00Z"),
                _ => office.asks_html(c, "<p>some <b>markup</b></p>"),
            };
        }
        match throw(10) {
            0 => office.resolve(c),
            1 => office.snooze(c),
            2 => office.bot(c, "handed_over"),
            _ => &mut office,
        };
    }
    office.at("2026-03-02T20:00:00Z");
    office
}

/// The desk of that address, without an adapter and with one.
fn desks(office: &Office, url: &str, schema: &str) -> [Desk; 2] {
    fs::write(office.folder().join("own.sql"), OWN.replace('@', schema)).unwrap();
    ["", "adapter = \"./own.sql\""].map(|adapter| {
        let settings: Settings = toml::from_str(&format!("url = \"{url}\"\n{adapter}")).unwrap();
        Desk::of(&settings, office.folder()).unwrap()
    })
}

/// In the order of their ids, so that two can be compared.
fn sorted<K: Debug, V: Debug>(map: impl IntoIterator<Item = (K, V)>) -> BTreeMap<String, String> {
    map.into_iter().map(|(key, value)| (format!("{key:?}"), format!("{value:?}"))).collect()
}

fn told(facts: &Facts) -> Vec<BTreeMap<String, String>> {
    let mut conversations = facts.conversations.clone();
    // a driving relation holds open conversations; whether others wait, nobody asks
    conversations.values_mut().for_each(|it| it.waiting &= it.status == Status::Open);
    vec![
        sorted(conversations),
        sorted(&facts.contacts),
        sorted(&facts.agents),
        sorted(&facts.groups),
        sorted(&facts.presence),
        sorted(&facts.contact_presence),
        sorted(&facts.seen),
        sorted(&facts.preferences),
        sorted(&facts.availability),
        sorted(&facts.devices),
    ]
}

fn wanted(pending: &[Pending], watch: Watch, show: Show) -> Vec<Wanted> {
    let about_messages = !matches!(watch.relation(), Relation::Events | Relation::Deadlines);
    let want = |it: &Pending| Wanted {
        conversation: it.conversation.clone(),
        watch,
        since: it.since,
        latest: about_messages.then(|| it.latest.clone()),
        show,
    };
    let mut once = std::collections::HashSet::new();
    pending.iter().filter(|it| once.insert(it.conversation.clone())).map(want).collect()
}

/// Everything that a pass asks about one watch.
fn answers(snapshot: &Snapshot<'_>, office: &Office, watch: Watch) -> Vec<BTreeMap<String, String>> {
    let window = Window { now: office.now(), before: TimeDelta::hours(1) };
    let all = snapshot.pending(watch, window, None).unwrap();
    let every: Vec<ConversationId> = (0..60).map(|number| office.conversation_id(&format!("c{number}"))).collect();
    let some = snapshot.pending(watch, window, Some(&every[20..40])).unwrap();
    let by_topic =
        |all: &[Pending]| sorted(all.iter().map(|it| ((it.conversation.clone(), it.matter.clone()), it.clone())));
    let mut answers = vec![by_topic(&all), by_topic(&some)];
    let places: Vec<(ConversationId, MessageRef)> = all
        .iter()
        .flat_map(|it| {
            let before = MessageRef { at: it.since, id: "".into() };
            [before, it.latest.clone()].map(|place| (it.conversation.clone(), place))
        })
        .collect();
    answers.push(sorted(snapshot.first_after(watch, &places).unwrap()));
    for show in [Show::None, Show::Latest, Show::Conversation] {
        answers.push(sorted(snapshot.contents(&wanted(&all, watch, show)).unwrap()));
    }
    answers
}

fn answers_the_same([own, by_adapter]: &[Desk; 2], office: &Office) {
    let (own, by_adapter) = (own.snapshot().unwrap(), by_adapter.snapshot().unwrap());
    let mut rows = 0;
    for watch in Watch::ALL {
        let expected = answers(&own, office, watch);
        rows += expected[0].len();
        for (place, (one, other)) in answers(&by_adapter, office, watch).into_iter().zip(expected).enumerate() {
            assert_eq!(one, other, "{watch:?}, answer {place}");
        }
    }
    assert!(rows > 100, "only {rows} rows");
    let every: Vec<ConversationId> = (0..60).map(|number| office.conversation_id(&format!("c{number}"))).collect();
    for agents in [Agents::Around, Agents::All] {
        let facts = |snapshot: &Snapshot<'_>| told(&snapshot.facts(&every, agents, &[]).unwrap());
        for (one, other) in facts(&by_adapter).into_iter().zip(facts(&own)) {
            assert_eq!(one, other, "{agents:?}");
        }
    }
    let people: Vec<AgentId> = AGENTS.iter().map(|name| office.agent_id(name)).collect();
    let of_one = RecipientId::Agent(people[0].clone());
    let small = |snapshot: &Snapshot<'_>| {
        let found = snapshot.find_conversation(every[3].as_str()).unwrap();
        let person = snapshot.find_person("ADA@example.com").unwrap();
        let latest: Vec<_> = every.iter().map(|id| snapshot.latest(id).unwrap()).collect();
        format!("{:?} {:?} {latest:?}", (found, person), snapshot.devices_of_one(&of_one).unwrap())
    };
    assert_eq!(small(&by_adapter), small(&own));
    let counts = |snapshot: &Snapshot<'_>| sorted(snapshot.unread_counts(&people).unwrap());
    assert_eq!(counts(&by_adapter), counts(&own));
}

#[test]
fn own_tables_in_sqlite_say_the_same_through_an_adapter() {
    let office = office();
    answers_the_same(&desks(&office, "sqlite:chat.db", "main"), &office);
}

#[test]
fn own_tables_on_postgresql_say_the_same_through_an_adapter() {
    let office = office();
    let mirror = Mirror::of(&office);
    answers_the_same(&desks(&office, &mirror.url("postgres"), "public"), &office);
}
