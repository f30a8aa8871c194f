//! What holds whatever happens on a desk: random acts with passes between them, on real databases.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod office;
mod servers;
mod shift;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use doorbell::config::Config;
use doorbell::deliver::email::Relay;
use doorbell::desk::{Desk, SCHEMA};
use doorbell::ledger::Ledger;
use doorbell::model::{Digest, Reason, Verdict};
use doorbell::pass::{self, Clock, House, Order, Post};
use doorbell::render::Templates;
use office::{Office, instant};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use rusqlite::Connection;
use rusqlite::types::Value;
use shift::{Books, Cells, hold_on_postgresql_too, is_on_postgresql};

const SETTINGS: &str = "
[desk]
url = \"sqlite:chat.db\"
[email]
from = \"Desk <desk@example.com>\"
outbox = \"outbox\"
[push]
outbox = \"push\"
[rule.waiting]
watch = \"unreplied\"
schedule = { every = \"1m\" }
grace = \"5m\"
tell = [\"assignee\", \"else group\"]
via = [\"push\", \"email after 10m\"]
[rule.unread]
watch = \"unread\"
schedule = { every = \"1m\" }
grace = \"2m\"
tell = [\"assignee\", \"else group\"]
when = \"away\"
[rule.anybody]
watch = \"new_message\"
schedule = { every = \"1m\" }
grace = \"0s\"
tell = [\"last_agent\", \"group\"]
read_by = \"anyone\"
";
const AGENTS: [&str; 3] = ["ada", "bob", "cid"];
const CONVERSATIONS: [&str; 3] = ["c1", "c2", "c3"];
const START: &str = "2026-03-02T09:00:00Z";

/// Something that happens: in which conversation, by or to whom.
#[derive(Debug, Clone, Copy)]
enum Act {
    Asks,
    Replies,
    Notes,
    Reads,
    ComesOnline,
    GoesOffline,
    IsAssigned,
    IsUnassigned,
    IsResolved,
    IsReopened,
    GetsADevice,
    SwitchesMailOff,
    Pass,
}

/// An act with its conversation, its agent, and the minutes before it.
type Step = (Act, usize, usize, i64);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    use Act::{
        Asks, ComesOnline, GetsADevice, GoesOffline, IsAssigned, IsReopened, IsResolved, IsUnassigned, Notes, Pass,
        Reads, Replies, SwitchesMailOff,
    };
    let act = prop_oneof![
        5 => Just(Asks), 2 => Just(Replies), 1 => Just(Notes), 2 => Just(Reads), 1 => Just(ComesOnline),
        1 => Just(GoesOffline), 2 => Just(IsAssigned), 1 => Just(IsUnassigned), 1 => Just(IsResolved),
        1 => Just(IsReopened), 1 => Just(GetsADevice), 1 => Just(SwitchesMailOff), 6 => Just(Pass),
    ];
    prop::collection::vec((act, 0..CONVERSATIONS.len(), 0..AGENTS.len(), 0..12_i64), 4..28)
}

/// An office under the rules, whose passes write into folders.
struct Scene {
    office: Office,
    books: Books,
    config: Config,
    devices: usize,
}

/// A conversation told: rule, recipient, channel, conversation, matter, message and its time.
type Telling = (String, String, String, i64, String, String, i64);

impl Scene {
    fn new() -> Self {
        let mut office = Office::new();
        for name in AGENTS {
            office.agent(name);
        }
        office.group("sales", &["ada", "bob", "cid"]).device("ada", "apns", "ada-1").contact("tom");
        office.at("2026-03-02T08:59:00Z");
        for name in CONVERSATIONS {
            office.into_group(name, "sales");
        }
        office.at(START);
        let config = Config::parse(SETTINGS, &office.folder().join("doorbell.toml")).unwrap();
        Self { books: Books::new(office.path()), office, config, devices: 0 }
    }

    fn act(&mut self, (act, conversation, agent, minutes): Step) {
        let (conversation, agent) = (CONVERSATIONS[conversation], AGENTS[agent]);
        let office = self.office.later(minutes);
        match act {
            Act::Asks => office.asks(conversation, "hello?"),
            Act::Replies => office.replies(agent, conversation, "yes"),
            Act::Notes => office.notes(agent, conversation, "hm"),
            Act::Reads => office.reads(agent, conversation),
            Act::ComesOnline => office.online(agent),
            Act::GoesOffline => office.offline(agent),
            Act::IsAssigned => office.assign(conversation, agent),
            Act::IsUnassigned => office.unassign(conversation),
            Act::IsResolved => office.resolve(conversation),
            Act::IsReopened => office.reopen(conversation),
            Act::GetsADevice => {
                self.devices += 1;
                office.device(agent, "fcm", &format!("{agent}-{}", self.devices))
            }
            Act::SwitchesMailOff => office.prefers(agent, "unread", "email", false),
            Act::Pass => office,
        };
    }

    /// A real pass; what it told, one row for each notification and item.
    fn pass(&self) -> Vec<Telling> {
        let (desk, mut ledger) = (Desk::open(&self.office.path()).unwrap(), self.books.open());
        let before = self.tellings();
        let config = &self.config;
        let post = |_: &Ledger| {
            Ok(Post {
                own_words: LazyLock::new(Templates::embedded_only),
                template_fault: None,
                templates: Templates::load(None, &config.template_sets())?,
                email: Ok(Relay::new(config.email.as_ref().unwrap(), &config.folder)?),
                carriers: config.deliver.carriers(&config.folder, &BTreeMap::new(), self.office.now()),
                mark_read: None,
            })
        };
        let mut house = House { config, desk: &desk, ledger: &mut ledger, incoming: None };
        pass::run(&mut house, &Order::default(), Clock::at(self.office.now()), post, &|_, _| {}).unwrap();
        self.tellings().split_off(before.len())
    }

    /// Everything told so far by message, however many devices heard it.
    fn tellings(&self) -> Vec<Telling> {
        let sql = "SELECT i.rule, d.recipient, d.channel, CAST(i.conversation_id AS BIGINT), d.endpoint, i.message_id,
                     i.message_at
                   FROM doorbell_item i JOIN doorbell_delivery d ON d.id = i.delivery_id
                   WHERE d.state = 'sent' ORDER BY d.closed_at, d.id, i.rule, i.conversation_id";
        let rows = self.books.rows(sql);
        let row = |row: &Cells| (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4), row.get(5), row.get(6));
        rows.iter().map(row).collect()
    }

    fn asks(&self, sql: &str, parameters: impl rusqlite::Params) -> bool {
        self.office.connection().query_row(sql, parameters, |row| row.get(0)).unwrap()
    }

    /// Whether a person answered after that message.
    fn is_answered(&self, (.., conversation, _, message, at): &Telling) -> bool {
        let sql = "SELECT EXISTS (SELECT 1 FROM messages WHERE conversation_id = ?1 AND sender_type = 'agent'
                     AND private = 0 AND (created_at, id) > (?2, CAST(?3 AS INTEGER)))";
        self.asks(sql, (conversation, at, message))
    }

    /// Whether the recipient has read as far as the latest message.
    fn is_read(&self, (_, recipient, _, conversation, ..): &Telling) -> bool {
        let sql = "SELECT EXISTS (SELECT 1 FROM read_cursors WHERE conversation_id = ?1 AND reader_type = 'agent'
                     AND 'agent:' || reader_id = ?2 AND last_seen_at >= (
                       SELECT max(created_at) FROM messages WHERE conversation_id = ?1 AND sender_type = 'contact'))";
        self.asks(sql, (conversation, recipient))
    }
}

/// Acts the steps out; `look` sees the scene after each pass with what the pass told.
fn play(
    steps: &[Step],
    mut look: impl FnMut(&Scene, &[Telling]) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let mut scene = Scene::new();
    // the rules were there before the first message
    scene.pass();
    for step in steps {
        scene.act(*step);
        if matches!(step.0, Act::Pass) {
            look(&scene, &scene.pass())?;
        }
    }
    scene.office.later(30);
    look(&scene, &scene.pass())
}

/// The same rows in another desk, inserted in another order.
fn shuffled(office: &Office, seed: u64) -> Connection {
    let other = Connection::open_in_memory().unwrap();
    other.execute_batch(&format!("PRAGMA foreign_keys = OFF; {SCHEMA}")).unwrap();
    let mut tables = [
        "messages",
        "read_cursors",
        "presence",
        "devices",
        "preferences",
        "group_members",
        "groups",
        "agents",
        "contacts",
        "conversations",
    ];
    tables.rotate_left(usize::try_from(seed % 10).unwrap());
    for table in tables {
        // the columns below `bot_state` are derived by the desk itself
        let columns = if table == "conversations" {
            "id, number, status, assignee_id, group_id, contact_id, created_at, bot_state"
        } else {
            "*"
        };
        let mut read = office.connection().prepare(&format!("SELECT {columns} FROM {table}")).unwrap();
        let count = read.column_count();
        let row = |row: &rusqlite::Row<'_>| (0..count).map(|at| row.get(at)).collect::<rusqlite::Result<Vec<Value>>>();
        let mut rows: Vec<Vec<Value>> = read.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap();
        for at in (1..rows.len()).rev() {
            let mixed = seed.wrapping_add(u64::try_from(at).unwrap()).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
            rows.swap(at, usize::try_from(mixed).unwrap() % (at + 1));
        }
        let into = if columns == "*" { String::new() } else { format!("({columns})") };
        let places = vec!["?"; count].join(", ");
        let insert = format!("INSERT INTO {table} {into} VALUES ({places})");
        for row in rows {
            other.execute(&insert, rusqlite::params_from_iter(row)).unwrap();
        }
    }
    other
}

/// What a first pass would tell, in an order that is the same every time.
fn digests(config: &Config, path: &std::path::Path, now: DateTime<Utc>) -> Vec<String> {
    let desk = Desk::open(path).unwrap();
    let plan = pass::plan(config, &desk.snapshot().unwrap(), &Ledger::in_memory().unwrap(), &Order::default(), now);
    let mut digests: Vec<String> = plan.unwrap().digests.iter().map(|digest: &Digest| format!("{digest:?}")).collect();
    digests.sort();
    digests
}

/// A pass on a server takes longer.
fn cases() -> u32 {
    if is_on_postgresql() { 6 } else { 16 }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_told_twice_about_one_message_by_one_rule_and_channel(steps in steps()) {
        let mut known: HashSet<Telling> = HashSet::new();
        play(&steps, |_, told| {
            for telling in told {
                prop_assert!(known.insert(telling.clone()), "{telling:?} again");
            }
            Ok(())
        })?;
    }

    #[test]
    fn an_answer_before_the_pass_means_silence_and_so_does_having_read(steps in steps()) {
        play(&steps, |scene, told| {
            for telling in told {
                let rule = telling.0.as_str();
                prop_assert!(rule == "unread" || !scene.is_answered(telling), "{telling:?} was answered");
                prop_assert!(rule == "waiting" || !scene.is_read(telling), "{telling:?} was read");
            }
            Ok(())
        })?;
    }

    #[test]
    fn every_decision_has_a_reason_and_everybody_one_decision_by_rule_channel_and_matter(steps in steps()) {
        play(&steps, |scene, _| {
            let (desk, ledger) = (Desk::open(&scene.office.path()).unwrap(), scene.books.open());
            let now = scene.office.now() + TimeDelta::minutes(1);
            let plan = pass::plan(&scene.config, &desk.snapshot().unwrap(), &ledger, &Order::default(), now).unwrap();
            let mut known = BTreeSet::new();
            for it in &plan.decisions {
                let key = (it.rule.clone(), it.conversation.clone(), it.matter.clone(), it.recipient.clone(), it.channel);
                prop_assert!(known.insert(key), "{it:?} again");
                match &it.verdict {
                    Verdict::Told(why) => prop_assert!(it.why.as_ref() == Some(why) && it.recipient.is_some()),
                    Verdict::Later(at, reason) => prop_assert!(*at > now && Reason::parse(reason.code()).is_some()),
                    Verdict::Skipped(reason) => prop_assert!(!reason.sentence().is_empty()),
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn the_order_in_which_rows_were_written_does_not_matter(steps in steps(), seed: u64) {
        let mut scene = Scene::new();
        steps.iter().for_each(|step| scene.act(*step));
        let now = instant(START).max(scene.office.now()) + TimeDelta::minutes(30);
        let copy = scene.office.folder().join("copy.db");
        shuffled(&scene.office, seed).execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
        prop_assert_eq!(digests(&scene.config, &scene.office.path(), now), digests(&scene.config, &copy, now));
    }
}

#[test]
fn all_of_this_holds_on_postgresql_too() {
    // a first pass over rows in any order has an empty ledger in memory
    hold_on_postgresql_too(3, &["the_order_in_which_rows_were_written"]);
}
