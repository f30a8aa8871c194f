//! Products that change under an adapter: tables that are not what they were, words and accounts that are new, and
//! migrations that nobody must hold up.

use std::collections::BTreeSet;

use chrono::{TimeDelta, Utc};
use doorbell::config::Config;
use doorbell::desk::{Desk, Window};
use doorbell::model::Watch;
use mail_parser::MessageParser;

use crate::WAITING;
use crate::product::Product;
use crate::site::{RULES, Site};

fn chatwoot() -> (Product, Site) {
    let product = Product::filled("chatwoot", WAITING);
    product.write("CREATE ROLE doorbell LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO doorbell");
    let site = Site::new(&product.url("doorbell"), "chatwoot");
    (product, site)
}

#[test]
fn a_changed_table_is_one_error_with_relation_and_column_and_nothing_is_sent() {
    let (product, site) = chatwoot();
    for (change, back, parts) in [
        (
            "ALTER TABLE conversations RENAME waiting_since TO waits",
            "ALTER TABLE conversations RENAME waits TO waiting_since",
            ["relation waiting_conversations of adapter chatwoot: ", "column c.waiting_since does not exist"],
        ),
        (
            "ALTER TABLE messages ALTER created_at TYPE text",
            "ALTER TABLE messages ALTER created_at TYPE timestamp USING created_at::timestamp",
            ["relation waiting_conversations of adapter chatwoot: ", "desk.relations"],
        ),
        (
            "ALTER TABLE account_users RENAME TO members",
            "ALTER TABLE members RENAME TO account_users",
            ["relation agents of adapter chatwoot: ", "public.account_users\" does not exist"],
        ),
        (
            "REVOKE SELECT ON conversations FROM doorbell; GRANT SELECT (id, status) ON conversations TO doorbell",
            "GRANT SELECT ON conversations TO doorbell",
            [
                "relation waiting_conversations of adapter chatwoot: permission denied",
                "waiting_since) ON public.conversations",
            ],
        ),
    ] {
        product.write(change);
        let passes = site.ends(&["run", "--rule", "unreplied", "--ignore-schedule"], 78);
        let check = site.ends(&["check"], 78);
        for said in [&passes, &check] {
            assert!(parts.iter().all(|part| said.contains(part)), "{change}: {said}");
        }
        assert_eq!(passes.lines().count(), 1, "{passes}");
        product.write(back);
    }
    assert!(site.server.accepted().is_empty());
    site.ends(&["check"], 0);
}

#[test]
fn a_relation_that_answers_something_else_is_refused_before_a_row_of_it_is_read() {
    let (product, site) = chatwoot();
    for (relation, text, reason) in [
        ("agents", "SELECT id FROM public.users", "its SELECT has no column account_id"),
        (
            "waiting_conversations",
            "SELECT id AS conversation_id, waiting_since, id AS message_id FROM public.conversations",
            "column waiting_since is timestamp; make it a whole number",
        ),
        ("read_cursors", "SELECT 1 FROM", "syntax error"),
    ] {
        let corrected = format!("adapter = \"chatwoot\"\nrelations = {{ {relation} = \"{text}\" }}");
        site.settings(&product.url("doorbell"), &corrected, RULES);
        let said = site.ends(&["check"], 78);
        assert!(said.contains(&format!("relation {relation} of adapter chatwoot: {reason}")), "{said}");
        assert!(relation != "read_cursors" || said.contains("correct it in desk.relations.read_cursors"), "{said}");
    }
}

#[test]
fn a_word_from_the_products_future_keeps_its_row_and_is_said_once() {
    let (product, site) = chatwoot();
    site.ends(&["baseline", "--since", "2020-01-01 00:00"], 0);
    product.write(
        "UPDATE conversations SET status = 9 WHERE contact_last_seen_at < last_activity_at AND status IN (0, 1)",
    );
    let said = site.ends(&["run", "--rule", "answered", "--ignore-schedule"], 0);
    assert_eq!(said.matches("a word that is not known here").count(), 1, "{said}");
    assert!(said.contains("word=\"9\""), "{said}");
    assert!(!site.server.accepted().is_empty());
}

#[test]
fn migrations_of_the_product_succeed_at_once_between_and_beside_passes() {
    let (product, site) = chatwoot();
    site.ends(&["run"], 0);
    let config = Config::read(&site.path().join("doorbell.toml")).unwrap();
    let desk = Desk::of(&config.desk, &config.folder).unwrap();
    let window = Window { now: Utc::now(), before: TimeDelta::zero() };
    let waits = || desk.snapshot().unwrap().pending(Watch::Unreplied, window, None).unwrap().len();
    // the connection stays open between its looks, as in a pass that waits for a mail server
    assert_eq!(waits(), WAITING);
    for migration in [
        "ALTER TABLE conversations ALTER COLUMN waiting_since TYPE timestamp(3)",
        "ALTER TABLE conversations ALTER COLUMN assignee_id TYPE bigint",
        "ALTER TABLE messages ALTER COLUMN id TYPE bigint",
        "ALTER TABLE messages ALTER COLUMN conversation_id TYPE bigint",
        "ALTER TABLE conversations ALTER COLUMN id TYPE bigint",
    ] {
        product.write(&format!("SET lock_timeout = '300ms'; {migration}"));
        assert_eq!(waits(), WAITING, "after {migration}");
    }
    product.write("SET lock_timeout = '300ms'; ALTER TABLE conversations DROP COLUMN snoozed_until");
    let fault = format!("{:#}", desk.snapshot().unwrap().facts(&[], doorbell::desk::Agents::Around, &[]).unwrap_err());
    assert!(
        fault.contains("relation conversations of adapter chatwoot: column c.snoozed_until does not exist"),
        "{fault}"
    );
    let made = "SELECT relname FROM pg_class WHERE relname LIKE '%doorbell%'
                UNION ALL SELECT proname FROM pg_proc WHERE proname LIKE '%doorbell%'";
    assert_eq!(product.rows(made), Vec::<String>::new());
    assert!(site.path().join("ledger.db").exists());
}

#[test]
fn two_accounts_are_told_in_mails_and_links_of_their_own() {
    let (product, site) = chatwoot();
    // agent 3 works for both accounts; the second counts its conversations from the beginning
    product.write(
        "INSERT INTO accounts (name, created_at, updated_at) VALUES ('Other', now(), now());
         INSERT INTO account_users (account_id, user_id, created_at, updated_at) VALUES (2, 3, now(), now());
         UPDATE conversations SET assignee_id = 3 WHERE status = 0 AND waiting_since IS NOT NULL AND id < 400;
         UPDATE conversations SET account_id = 2, team_id = NULL WHERE assignee_id = 3 AND id % 4 = 0;
         UPDATE messages m SET account_id = 2 FROM conversations c WHERE c.id = m.conversation_id AND c.account_id = 2;
         UPDATE conversations SET display_id = id - 1 WHERE account_id = 2",
    );
    let link = "adapter = \"chatwoot\"\nagent_url = \"https://desk.example/{account}/conversations/{number}\"";
    site.settings(&product.url("doorbell"), link, RULES);
    site.ends(&["baseline", "--since", "2020-01-01 00:00"], 0);
    site.ends(&["run", "--rule", "unreplied", "--ignore-schedule"], 0);
    let mails = site.server.accepted().into_iter().filter(|mail| mail.recipients[0] == "agent3@desk.example");
    let accounts: Vec<BTreeSet<String>> = mails
        .map(|mail| {
            let text = MessageParser::default().parse(&mail.bytes).unwrap().body_text(0).unwrap().into_owned();
            let links = text.split("https://desk.example/").skip(1);
            links.map(|link| link.chars().take_while(char::is_ascii_digit).collect()).collect()
        })
        .collect();
    assert_eq!(accounts.len(), 2, "{accounts:?}");
    assert!(accounts.iter().all(|accounts| accounts.len() == 1) && accounts[0] != accounts[1], "{accounts:?}");

    // the same number in both accounts: a link says which is meant
    let twin = product.rows(
        "SELECT o.display_id FROM conversations o JOIN conversations c ON c.display_id = o.display_id
         WHERE o.account_id = 2 AND c.account_id = 1 AND o.waiting_since IS NOT NULL AND o.status = 0 LIMIT 1",
    );
    let said = site.ends(&["explain", &twin[0]], 64);
    assert!(said.contains("ask for one by its id"), "{said}");
    let said = site.ends(&["explain", &format!("https://desk.example/2/conversations/{}", twin[0])], 0);
    assert!(said.contains("assigned to Agent 3"), "{said}");
}

#[test]
fn every_command_works_on_a_desk_that_is_read_by_an_adapter_or_says_why_not() {
    let (product, site) = chatwoot();
    site.ends(&["baseline", "--since", "2020-01-01 00:00"], 0);
    let waiting = product.told("waiting_conversations");
    let row = waiting.iter().find(|row| row.contains("|3|")).unwrap();
    let id = row.split('|').next().unwrap();
    for (arguments, status, part) in [
        (&["check", "--offline"][..], 0, "adapter    chatwoot, 14 relations"),
        (&["run", "--dry-run", "--rule", "unreplied", "--ignore-schedule"], 0, "would go out"),
        (&["run", "--dry-run", "--at", "tomorrow 09:00"], 0, "would go out"),
        (&["run", "--dry-run", "--conversation", id], 0, "would go out"),
        (&["run", "--dry-run", "--for", "agent3@desk.example"], 0, "would go out"),
        (&["explain", id], 0, "assigned to Agent"),
        (&["explain", "--for", "agent:3"], 0, "rule unreplied"),
        (&["explain", "--for", "contact1@mail.example"], 0, "now:"),
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
