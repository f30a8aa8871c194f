//! The adapters, each on its product's own tables: what they say waits is what the messages say.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

#[path = "../mirror/mod.rs"]
mod mirror;
#[path = "../office/mod.rs"]
mod office;
#[path = "../servers/mod.rs"]
mod servers;

mod changes;
mod contract;
mod manual;
mod mariadb;
mod passes;
mod product;
mod same;
mod site;

use contract::{COLUMNS, DRIVING, REQUIRED};
use product::{Product, adapter, oracle};

const PRODUCTS: [&str; 4] = ["chatwoot", "libredesk", "livehelperchat", "supportboard"];

/// Of 2,000 conversations: enough of every case, and still a fill of seconds.
const WAITING: usize = 300;

#[test]
fn every_relation_is_one_select_with_a_name_of_the_contract() {
    for name in PRODUCTS {
        let relations = adapter(name);
        for required in REQUIRED {
            assert!(relations.iter().any(|relation| relation.name == *required), "{name} has no {required}");
        }
        for relation in &relations {
            let place = format!("{name}: {}", relation.name);
            assert!(COLUMNS.iter().any(|(known, _)| *known == relation.name), "{place} is not in the contract");
            assert!(!relation.text.contains(';'), "{place} has a semicolon");
            let last = relation.text.lines().next_back().unwrap_or_default();
            assert!(!last.contains("--"), "{place} ends in a comment, which would swallow what follows");
            let mut lines = relation.text.lines().skip_while(|line| line.starts_with("--"));
            assert!(lines.next().is_some_and(|line| line.starts_with("SELECT ")), "{place} is no SELECT");
        }
    }
}

/// On one filled desk: the columns, what waits beside the oracle, and what it costs.
fn holds(name: &str) {
    let product = Product::filled(name, WAITING);
    for relation in adapter(name) {
        let (_, columns) = COLUMNS.iter().find(|(known, _)| *known == relation.name).unwrap();
        assert_eq!(product.columns(&relation), columns.join(","), "{name}: columns of {}", relation.name);
    }
    for said in oracle(name) {
        let told = product.told(&said.name);
        assert!(!told.is_empty(), "{name}: nothing in {}", said.name);
        assert_eq!(told, product.rows(&said.text), "{name}: {}", said.name);
    }
    assert_eq!(product.told("waiting_conversations").len(), WAITING, "{name}");
    for relation in adapter(name).iter().filter(|relation| DRIVING.contains(&relation.name.as_str())) {
        product.expect_no_walk_through_messages(relation);
    }
}

#[test]
fn chatwoot_waits_as_its_messages_say() {
    holds("chatwoot");
}

#[test]
fn libredesk_waits_as_its_messages_say() {
    holds("libredesk");
}

#[test]
fn live_helper_chat_waits_as_its_messages_say() {
    holds("livehelperchat");
}

#[test]
fn support_board_waits_as_its_messages_say() {
    holds("supportboard");
}
