//! The real program on the tables of real products: who is told is who should be, by the oracle's word.

use std::collections::BTreeSet;
use std::env;
use std::process::Command;

use crate::WAITING;
use crate::product::{Product, oracle};
use crate::servers::finish;
use crate::site::Site;

/// What differs between the products, beside their oracles.
struct Ways {
    name: &'static str,
    /// The address of an agent.
    agent: &'static str,
    /// The agents of a group, as `team:7` with an address.
    members: &'static str,
    /// Contacts of conversations, as id and address.
    contacts: &'static str,
    /// Deadlines that fell due in the last three days, as conversation, assignee and group.
    breached: &'static str,
    /// Assignments of the last three days that were not noticed, as conversation and address.
    assigned: &'static str,
    /// Transfers of the last three days that nobody has taken, as conversation and address.
    transferred: &'static str,
    /// Whether the product does not know who of the agents has looked.
    one_look: bool,
    /// The contact writes once more.
    asks: &'static str,
    /// A person answers.
    answer: &'static str,
}

/// What a product does not know.
const NONE: &str = "SELECT 1, 2, 3 FROM (SELECT 1 AS one) nothing WHERE one = 2";

const CHATWOOT: Ways = Ways {
    name: "chatwoot",
    agent: "SELECT id, email FROM users",
    members: "SELECT 'team:' || t.team_id, u.email FROM team_members t JOIN users u ON u.id = t.user_id
              UNION SELECT 'inbox:' || i.inbox_id, u.email FROM inbox_members i JOIN users u ON u.id = i.user_id",
    contacts: "SELECT c.id, p.email FROM conversations c JOIN contacts p ON p.id = c.contact_id WHERE p.email IS NOT NULL",
    breached: "
        SELECT DISTINCT c.id, c.assignee_id, coalesce('team:' || c.team_id, 'inbox:' || c.inbox_id) FROM conversations c
        WHERE c.sla_policy_id = 1 AND c.status = 0 AND EXISTS (
          SELECT FROM (VALUES
            (CASE WHEN c.first_reply_created_at IS NULL THEN c.created_at + interval '1 hour' END),
            (CASE WHEN c.first_reply_created_at IS NOT NULL THEN c.waiting_since + interval '2 hours' END),
            (c.created_at + interval '1 day')) due (at)
          WHERE due.at <= now() AT TIME ZONE 'UTC' AND due.at > now() AT TIME ZONE 'UTC' - interval '72 hours')",
    assigned: "
        SELECT c.id, u.email FROM conversations c JOIN users u ON u.id = c.assignee_id
        WHERE c.status = 0 AND c.id % 2 = 1 AND c.created_at > now() AT TIME ZONE 'UTC' - interval '72 hours'
          AND c.assignee_id <> 1",
    transferred: NONE,
    one_look: false,
    asks: "
        INSERT INTO messages (content, account_id, inbox_id, conversation_id, message_type, created_at, updated_at,
                              sender_type, sender_id)
        SELECT 'and?', 1, inbox_id, id, 0, now() AT TIME ZONE 'UTC', now(), 'Contact', contact_id
        FROM conversations WHERE id = :id",
    answer: "
        INSERT INTO messages (content, account_id, inbox_id, conversation_id, message_type, created_at, updated_at,
                              sender_type, sender_id)
        SELECT 'answered', 1, inbox_id, id, 1, now() AT TIME ZONE 'UTC', now(), 'User', 2 FROM conversations WHERE id = :id;
        UPDATE conversations SET waiting_since = NULL WHERE id = :id",
};

const LIBREDESK: Ways = Ways {
    name: "libredesk",
    agent: "SELECT id, email FROM users WHERE type = 'agent' AND email <> 'System'",
    members: "SELECT 'team:' || t.team_id, u.email FROM team_members t JOIN users u ON u.id = t.user_id",
    contacts: "SELECT c.id, p.email FROM conversations c JOIN users p ON p.id = c.contact_id WHERE p.email IS NOT NULL",
    breached: "
        SELECT DISTINCT c.id, (SELECT u.id FROM users u WHERE u.id = c.assigned_user_id AND u.type = 'agent'),
               coalesce('team:' || c.assigned_team_id, 'inbox:' || c.inbox_id)
        FROM conversations c JOIN applied_slas a ON a.conversation_id = c.id
        LEFT JOIN sla_events e ON e.applied_sla_id = a.id AND e.met_at IS NULL
        WHERE c.status_id = 1 AND EXISTS (
          SELECT FROM (VALUES
            (CASE WHEN a.first_response_met_at IS NULL THEN a.first_response_deadline_at END),
            (e.deadline_at),
            (CASE WHEN a.resolution_met_at IS NULL THEN a.resolution_deadline_at END)) due (at)
          WHERE due.at <= now() AND due.at > now() - interval '72 hours')",
    assigned: NONE,
    transferred: NONE,
    one_look: false,
    asks: "
        INSERT INTO conversation_messages (type, status, private, conversation_id, content_type, content, text_content,
                                           sender_id, sender_type)
        SELECT 'incoming', 'received', false, :id, 'text', 'and?', 'and?', contact_id, 'contact'
        FROM conversations WHERE id = :id",
    answer: "
        INSERT INTO conversation_messages (type, status, private, conversation_id, content_type, content, text_content,
                                           sender_id, sender_type)
        VALUES ('outgoing', 'sent', false, :id, 'text', 'answered', 'answered', 3, 'agent');
        UPDATE conversations SET waiting_since = NULL, last_reply_at = now() WHERE id = :id",
};

const LIVE_HELPER_CHAT: Ways = Ways {
    name: "livehelperchat",
    agent: "SELECT id, email FROM lh_users WHERE disabled = 0",
    members: "SELECT concat('department:', d.dep_id), u.email FROM lh_userdep d JOIN lh_users u ON u.id = d.user_id
              WHERE u.disabled = 0",
    contacts: "SELECT id, email FROM lh_chat WHERE email <> ''",
    breached: NONE,
    assigned: NONE,
    transferred: "
        SELECT t.chat_id, u.email FROM lh_transfer t JOIN lh_users u ON u.id = t.transfer_to_user_id
        JOIN lh_chat c ON c.id = t.chat_id WHERE c.status = 1 AND t.ctime > unix_timestamp() - 3 * 24 * 3600",
    one_look: true,
    asks: "
        INSERT INTO lh_msg (msg, meta_msg, time, chat_id, user_id, name_support)
        VALUES ('and?', '', unix_timestamp(), :id, 0, '');
        UPDATE lh_chat SET has_unread_messages = 1, last_user_msg_time = unix_timestamp() WHERE id = :id",
    answer: "
        INSERT INTO lh_msg (msg, meta_msg, time, chat_id, user_id, name_support)
        VALUES ('answered', '', unix_timestamp(), :id, 2, 'Agent 2');
        UPDATE lh_chat SET has_unread_messages = 0, last_op_msg_time = unix_timestamp() WHERE id = :id",
};

const SUPPORT_BOARD: Ways = Ways {
    name: "supportboard",
    agent: "SELECT id, email FROM sb_users WHERE user_type IN ('agent', 'admin')",
    members: "SELECT concat('department:', department), email FROM sb_users
              WHERE user_type IN ('agent', 'admin') AND department IS NOT NULL",
    contacts: "SELECT c.id, u.email FROM sb_conversations c JOIN sb_users u ON u.id = c.user_id WHERE u.email <> ''",
    breached: NONE,
    assigned: NONE,
    transferred: NONE,
    one_look: true,
    asks: "
        INSERT INTO sb_messages (user_id, message, creation_time, attachments, payload, conversation_id)
        SELECT user_id, 'and?', utc_timestamp(), '', '', id FROM sb_conversations WHERE id = :id;
        UPDATE sb_conversations SET status_code = 2 WHERE id = :id",
    answer: "
        INSERT INTO sb_messages (user_id, message, creation_time, attachments, payload, conversation_id)
        VALUES (2, 'answered', utc_timestamp(), '', '', :id);
        UPDATE sb_conversations SET status_code = 1 WHERE id = :id",
};

/// Conversation and address.
type Told = BTreeSet<(String, String)>;

fn pairs(product: &Product, sql: &str) -> Vec<(String, String)> {
    let rows = product.rows(sql);
    rows.iter().map(|row| row.split_once('|').unwrap()).map(|(one, other)| (one.to_owned(), other.to_owned())).collect()
}

/// The assignee of each conversation, else the members of its group. Rows are conversation, assignee and group.
fn routed(product: &Product, ways: &Ways, rows: impl Iterator<Item = (String, String, String)>) -> Told {
    let (agents, members) = (pairs(product, ways.agent), pairs(product, ways.members));
    let mut told = Told::new();
    for (conversation, assignee, group) in rows {
        let address = agents.iter().find(|(id, _)| *id == assignee).map(|(_, address)| address.clone());
        let of_group = || members.iter().filter(|(id, _)| *id == group).map(|(_, address)| address.clone());
        let addresses = address.map_or_else(|| of_group().collect(), |address| vec![address]);
        told.extend(addresses.into_iter().map(|address| (conversation.clone(), address)));
    }
    told
}

/// What the oracle says waits: conversation, assignee and group.
fn waits(product: &Product, name: &str) -> Vec<(String, String, String)> {
    let said = oracle(product.name()).into_iter().find(|said| said.name == name).unwrap();
    let row = |row: &String| {
        let columns: Vec<&str> = row.split('|').collect();
        let [conversation, _, _, assignee, group] = columns.as_slice() else { panic!("{row}") };
        ((*conversation).to_owned(), (*assignee).to_owned(), (*group).to_owned())
    };
    product.rows(&said.text).iter().map(row).collect()
}

/// The statements that make a user with the right to read, and no other.
fn grants(name: &str) -> String {
    let is_mariadb = ["livehelperchat", "supportboard"].contains(&name);
    let (user, more): (_, &[&str]) =
        if is_mariadb { ("USER doorbell@localhost", &["--database", "desk"]) } else { ("ROLE doorbell LOGIN", &[]) };
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorbell"));
    let printed = finish(command.args(["adapter", "grants", name]).args(more)).unwrap();
    // whoever may connect to the test's own server needs no password
    format!("CREATE {user};\n{printed}")
}

fn told_as_the_oracle_says(ways: &Ways) {
    let product = Product::filled(ways.name, WAITING);
    product.write(&grants(ways.name));
    let before = product.contents();
    let site = Site::new(&product.url("doorbell"), ways.name);

    let said = site.ends(&["check"], 0);
    assert!(said.contains(&format!("40 agents, 2000 conversations, {WAITING} waiting")), "{said}");
    assert!(said.contains(&format!("adapter {} has no preferences: agents cannot switch", ways.name)), "{said}");
    site.ends(&["baseline", "--since", "2020-01-01 00:00"], 0);

    for (rule, relation) in [("unreplied", "waiting_conversations"), ("unread", "unread_conversations")] {
        let waiting = waits(&product, "waiting_conversations").into_iter();
        let waiting: BTreeSet<String> = waiting.map(|(id, ..)| id).collect();
        // where all agents have one look together, who answers has looked
        let rows = waits(&product, relation).into_iter().filter(|(id, ..)| !ways.one_look || waiting.contains(id));
        let expected = routed(&product, ways, rows);
        assert!(expected.len() > 100, "{rule}");
        assert_eq!(site.pass(rule), expected, "{rule}");
    }
    let contacts = pairs(&product, ways.contacts);
    let unseen: BTreeSet<String> = waits(&product, "unseen_replies").into_iter().map(|(id, ..)| id).collect();
    let of_unseen =
        contacts.into_iter().filter(|(id, _)| unseen.contains(id)).map(|(_, address)| (String::new(), address));
    assert_eq!(site.pass("answered"), of_unseen.collect(), "answered");
    let rows = product.rows(ways.breached);
    let breached = rows.iter().map(|row| {
        let columns: Vec<String> = row.split('|').map(str::to_owned).collect();
        (columns[0].clone(), columns[1].clone(), columns[2].clone())
    });
    let breached = routed(&product, ways, breached);
    assert_eq!(breached.is_empty(), ways.breached == NONE);
    assert_eq!(site.pass("breach"), breached, "breach");
    assert_eq!(site.pass("assigned"), pairs(&product, ways.assigned).into_iter().collect(), "assigned");

    let transferred: Told = pairs(&product, ways.transferred).into_iter().collect();
    assert_eq!(transferred.is_empty(), ways.transferred == NONE);
    assert_eq!(site.pass("transferred"), transferred, "transferred");

    for rule in ["unreplied", "unread", "answered", "breach", "assigned", "transferred"] {
        assert_eq!(site.pass(rule), Told::new(), "{rule} tells again");
    }
    assert_eq!(product.contents(), before, "something was made in the product's database");
    an_answer_ends_it(&product, ways, &site);
}

/// A new message of a contact is told; one that was answered by the next pass is not.
fn an_answer_ends_it(product: &Product, ways: &Ways, site: &Site) {
    let waiting = waits(product, "waiting_conversations");
    let assigned: Vec<&String> = waiting.iter().filter(|(_, who, _)| !who.is_empty()).map(|(id, ..)| id).collect();
    let (asks, answered) = (assigned[0].as_str(), assigned[1].as_str());
    for id in [asks, answered] {
        product.write(&ways.asks.replace(":id", id));
    }
    product.write(&ways.answer.replace(":id", answered));
    let told = site.pass("unreplied");
    assert_eq!(told.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), [asks]);
    let said = site.ends(&["explain", answered], 0);
    assert!(said.contains("rule unreplied") && said.contains("answered"), "{said}");
}

#[test]
fn chatwoot_tells_whom_the_oracle_names_once_and_makes_nothing() {
    told_as_the_oracle_says(&CHATWOOT);
}

#[test]
fn libredesk_tells_whom_the_oracle_names_once_and_makes_nothing() {
    told_as_the_oracle_says(&LIBREDESK);
}

#[test]
fn live_helper_chat_tells_whom_the_oracle_names_once_and_makes_nothing() {
    told_as_the_oracle_says(&LIVE_HELPER_CHAT);
}

#[test]
fn support_board_tells_whom_the_oracle_names_once_and_makes_nothing() {
    told_as_the_oracle_says(&SUPPORT_BOARD);
}

/// The pages that a rehearsed pass by one rule looks at, on a desk of so many conversations.
fn pages(name: &str, conversations: usize) -> u64 {
    let product = Product::of_size(name, conversations, WAITING);
    let site = Site::new(&product.url(product.owner()), name);
    site.ends(&["baseline", "--since", "2020-01-01 00:00"], 0);
    let before = product.pages_read();
    let said = site.ends(&["run", "--dry-run", "--rule", "unreplied", "--ignore-schedule"], 0);
    assert!(said.contains("would go out"), "{said}");
    product.pages_read() - before
}

/// `DOORBELL_CONVERSATIONS=200000` tries it at the size of a large desk.
#[test]
fn a_pass_costs_what_waits_whatever_the_size_of_the_desk() {
    let large = env::var("DOORBELL_CONVERSATIONS").map_or(10_000, |size| size.parse().unwrap());
    // Support Board's conversations have no index that would help
    for name in ["chatwoot", "libredesk", "livehelperchat"] {
        let (small, large) = (pages(name, 2_000), pages(name, large));
        // indexes grow by a step for each hundredfold
        assert!(large < small * 2, "{name}: {small} pages for 2,000 conversations, {large} for more");
    }
}
