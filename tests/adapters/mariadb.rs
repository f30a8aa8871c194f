//! Products on MariaDB that change under an adapter, servers that are set otherwise, and what a desk there must not hold up.

use std::fs;

use chrono::{DateTime, TimeDelta, Utc};
use doorbell::config::Config;
use doorbell::desk::{Desk, Wanted, Window};
use doorbell::model::{Show, Watch};

use crate::WAITING;
use crate::product::Product;
use crate::site::{RULES, Site};

const WINDOW: Window = Window { now: DateTime::UNIX_EPOCH, before: TimeDelta::zero() };

fn live_helper_chat() -> (Product, Site) {
    let product = Product::filled("livehelperchat", WAITING);
    product.write("CREATE USER doorbell@localhost; GRANT SELECT ON desk.* TO doorbell@localhost");
    let site = Site::new(&product.url("doorbell"), "livehelperchat");
    (product, site)
}

fn desk(site: &Site) -> Desk {
    let config = Config::read(&site.path().join("doorbell.toml")).unwrap();
    Desk::of(&config.desk, &config.folder).unwrap()
}

#[test]
fn a_changed_table_is_one_error_with_relation_and_column_and_nothing_is_sent() {
    let (product, site) = live_helper_chat();
    for (change, back, parts) in [
        (
            "ALTER TABLE lh_chat RENAME COLUMN status TO state",
            "ALTER TABLE lh_chat RENAME COLUMN state TO status",
            ["relation waiting_conversations of adapter livehelperchat: ", "'c.status'"],
        ),
        (
            "RENAME TABLE lh_departament TO lh_department",
            "RENAME TABLE lh_department TO lh_departament",
            ["relation groups of adapter livehelperchat: ", "'desk.lh_departament' doesn't exist"],
        ),
        (
            "DROP TABLE lh_rolefunction",
            "CREATE TABLE lh_rolefunction (role_id int, module varchar(100), `function` varchar(100))",
            ["relation agents of adapter livehelperchat: ", "desk.relations"],
        ),
        (
            "REVOKE SELECT ON desk.* FROM doorbell@localhost; GRANT SELECT (id, time) ON desk.lh_chat TO doorbell@localhost",
            "GRANT SELECT ON desk.* TO doorbell@localhost",
            ["relation waiting_conversations of adapter livehelperchat: SELECT command denied", "GRANT SELECT"],
        ),
    ] {
        product.write(change);
        let pass = site.ends(&["run", "--rule", "unreplied", "--ignore-schedule"], 78);
        assert_eq!(pass.lines().count(), 1, "{pass}");
        for said in [pass, site.ends(&["check"], 78)] {
            assert!(parts.iter().all(|part| said.contains(part)), "{change}: {said}");
        }
        product.write(back);
    }
    assert!(site.server.accepted().is_empty());
    site.ends(&["check"], 0);
}

#[test]
fn a_relation_that_answers_something_else_is_refused_before_a_row_of_it_is_read() {
    let (product, site) = live_helper_chat();
    for (relation, text, reason) in [
        ("agents", "SELECT id FROM lh_users", "its SELECT has no column account_id; add it; where the product has no"),
        (
            "waiting_conversations",
            "SELECT id AS conversation_id, from_unixtime(time) AS waiting_since, id AS message_id FROM lh_chat",
            "column waiting_since is a date or time; make it a whole number",
        ),
        ("read_cursors", "SELECT 1 FROM", "You have an error in your SQL syntax"),
    ] {
        let corrected = format!("adapter = \"livehelperchat\"\nrelations = {{ {relation} = \"{text}\" }}");
        site.settings(&product.url("doorbell"), &corrected, RULES);
        let said = site.ends(&["check"], 78);
        assert!(said.contains(&format!("relation {relation} of adapter livehelperchat: {reason}")), "{said}");
    }
}

#[test]
fn a_server_that_is_set_otherwise_answers_the_same() {
    let (product, site) = live_helper_chat();
    let told = site.ends(&["run", "--dry-run", "-v"], 0);
    product.write(
        "SET GLOBAL sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,ONLY_FULL_GROUP_BY,ORACLE';
         SET GLOBAL time_zone = '+05:30';
         SET GLOBAL character_set_server = latin1; SET GLOBAL lock_wait_timeout = 1",
    );
    assert!(told.contains("would go out"), "{told}");
    assert_eq!(site.ends(&["run", "--dry-run", "-v"], 0), told);
}

#[test]
fn a_question_that_takes_too_long_ends_the_pass_and_the_next_one_tries_again() {
    let (product, site) = live_helper_chat();
    let desk = "adapter = \"livehelperchat\"\nstatement_timeout = \"1s\"\n
        relations = { waiting_conversations = \"SELECT sleep(5) AS conversation_id, 1 AS waiting_since, 1 AS message_id\" }";
    site.settings(&product.url("doorbell"), desk, RULES);
    let said = site.ends(&["run", "--rule", "unreplied", "--ignore-schedule"], 75);
    assert!(said.contains("max_statement_time") && said.contains("the next pass tries again"), "{said}");
    // a table that somebody has locked is waited for, but not for ever
    site.settings(&product.url("doorbell"), "adapter = \"livehelperchat\"", RULES);
    let mut client = product.hold("LOCK TABLES lh_chat WRITE; SELECT sleep(30)");
    let said = site.ends(&["run", "--rule", "unreplied", "--ignore-schedule"], 75);
    assert!(said.contains("Lock wait timeout"), "{said}");
    client.kill().unwrap();
    client.wait().unwrap();
}

#[test]
fn a_snapshot_holds_and_a_migration_waits_no_longer_than_for_it() {
    let (product, site) = live_helper_chat();
    let before = product.contents();
    product.write("SET GLOBAL tx_isolation = 'READ-COMMITTED'");
    site.ends(&["run"], 0);
    let desk = desk(&site);
    let waits = || desk.snapshot().unwrap().pending(Watch::Unreplied, WINDOW, None).unwrap().len();
    // the connection stays open between its looks, as in a pass that waits for a mail server
    assert_eq!(waits(), WAITING);
    for migration in [
        "ALTER TABLE lh_chat MODIFY nick varchar(200) NOT NULL",
        "ALTER TABLE lh_chat MODIFY user_id bigint NOT NULL",
        "ALTER TABLE lh_msg MODIFY chat_id bigint NOT NULL DEFAULT 0",
        "OPTIMIZE TABLE lh_msg",
    ] {
        product.write(&format!("SET lock_wait_timeout = 1; {migration}"));
        assert_eq!(waits(), WAITING, "after {migration}");
    }
    let snapshot = desk.snapshot().unwrap();
    let pending = || snapshot.pending(Watch::Unreplied, WINDOW, None).unwrap().len();
    assert_eq!(pending(), WAITING);
    product.write("UPDATE lh_chat SET status = 2");
    assert_eq!(pending(), WAITING, "the desk as it was when the snapshot was taken");
    drop(snapshot);
    assert_eq!(waits(), 0);
    assert_eq!(product.contents(), before, "something was made in the product's database");
}

#[test]
fn a_message_travels_as_far_as_it_is_shown_whatever_its_letters() {
    let (product, site) = live_helper_chat();
    product.write("ALTER TABLE lh_msg MODIFY msg longblob NOT NULL");
    let desk = desk(&site);
    let snapshot = desk.snapshot().unwrap();
    let pending = snapshot.pending(Watch::Unreplied, WINDOW, None).unwrap();
    drop(snapshot);
    let [long, odd] = [&pending[0], &pending[1]];
    product.write(&format!(
        "UPDATE lh_msg SET msg = repeat('ä', 5000000) WHERE id = {};
         UPDATE lh_msg SET msg = concat('a', X'FF', 'b') WHERE id = {}",
        long.latest.id, odd.latest.id
    ));
    let wanted = [long, odd].map(|pending| Wanted {
        conversation: pending.conversation.clone(),
        watch: Watch::Unreplied,
        since: pending.since,
        latest: Some(pending.latest.clone()),
        show: Show::Latest,
    });
    let words = desk.snapshot().unwrap().contents(&wanted).unwrap();
    let (long, odd) = (&words[&long.conversation], &words[&odd.conversation]);
    assert!(long.cut && long.body.len() <= 16 * 1024 && long.body.starts_with("ää"), "{}", long.body.len());
    assert!(odd.body.starts_with('a') && odd.body.ends_with('b') && odd.body.chars().count() == 3, "{:?}", odd.body);
    assert!(Utc::now() > odd.at.unwrap());
    assert!(!fs::exists(site.path().join("ledger.db")).unwrap(), "a look writes nothing");
}

#[test]
fn every_command_works_on_a_desk_on_mariadb_or_says_why_not() {
    let (product, site) = live_helper_chat();
    site.ends(&["baseline", "--since", "2020-01-01 00:00"], 0);
    let waiting = product.told("waiting_conversations");
    let row = waiting.iter().find(|row| row.contains("|3|department:")).unwrap();
    let id = row.split('|').next().unwrap();
    for (arguments, status, part) in [
        (&["check", "--offline"][..], 0, "adapter    livehelperchat, 12 relations"),
        (&["run", "--dry-run", "--rule", "unreplied", "--ignore-schedule"], 0, "would go out"),
        (&["run", "--dry-run", "--at", "tomorrow 09:00"], 0, "would go out"),
        (&["run", "--dry-run", "--conversation", id], 0, "would go out"),
        (&["run", "--dry-run", "--for", "AGENT3@desk.example"], 0, "would go out"),
        (&["explain", id], 0, "assigned to Agent"),
        (&["explain", &format!("https://desk.example/{id}")], 0, "assigned to Agent"),
        (&["explain", "--for", "agent:3"], 0, "rule unreplied"),
        (&["explain", "--for", "visitor1@mail.example"], 0, "now:"),
        (&["preview", "--rule", "unreplied", "--conversation", id, "--for", "agent3@desk.example"], 0, "wrote "),
        (&["plan"], 64, "run --dry-run --at TIME"),
        (&["schedule"], 0, ""),
        (&["run"], 0, ""),
        (&["status"], 0, ""),
        (&["deliveries", "list"], 0, ""),
        (&["forget", "agent3@desk.example"], 0, ""),
    ] {
        let said = site.ends(arguments, status);
        assert!(said.contains(part), "{arguments:?}: {said}");
    }
}
