//! The commands around adapters, on the products' own tables: what a user may be granted, and what the files look like.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod servers;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use postgres::{Client, Config, NoTls};
use serde_json::Value;
use servers::{MariaDb, Postgres, finish};

const PRODUCTS: [&str; 4] = ["chatwoot", "libredesk", "livehelperchat", "supportboard"];

fn doorbell(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorbell"));
    command.current_dir(folder).args(arguments).env_remove("DOORBELL_CONFIG").stdin(Stdio::null());
    command.output().unwrap()
}

/// What a command says that ends with this status: its results, then its complaints.
#[track_caller]
fn says(folder: &Path, arguments: &[&str], status: i32) -> String {
    let output = doorbell(folder, arguments);
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "doorbell {arguments:?}: {said}");
    said
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rows_of(said: &str) -> Vec<Value> {
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The SELECTs of an adapter, by relation.
fn relations(name: &str) -> Vec<(String, String)> {
    let said = says(here(), &["adapter", "show", name, "--format", "json"], 0);
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    rows_of(&said).iter().map(|row| (text(row, "relation"), text(row, "text"))).collect()
}

/// Every table and column that is granted.
fn granted(name: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for row in rows_of(&says(here(), &["adapter", "grants", name, "--format", "json"], 0)) {
        for column in row["columns"].as_array().unwrap() {
            all.push((row["table"].as_str().unwrap().to_owned(), column.as_str().unwrap().to_owned()));
        }
    }
    assert!(all.len() > 20, "{all:?}");
    all
}

/// A server with a product's own tables, nearly empty.
fn on_postgres(name: &str) -> Postgres {
    let server = Postgres::start().unwrap();
    let mut client = server.client("postgres").unwrap();
    let file = here().join(format!("tests/products/{name}.postgresql.sql"));
    finish(client.args(["-v", "conversations=40", "-v", "waiting=10", "-f"]).arg(file)).unwrap();
    server
}

fn on_mariadb(name: &str) -> MariaDb {
    let server = MariaDb::start().unwrap();
    server.ask("mysql", "CREATE DATABASE desk CHARACTER SET utf8mb4").unwrap();
    let source = format!("source {}", here().join(format!("tests/products/{name}.mariadb.sql")).display());
    let size = "--init-command=SET @conversations = 40, @waiting = 10";
    finish(server.client("desk").unwrap().arg(size).args(["-e", &source])).unwrap();
    server
}

fn connect(server: &Postgres) -> Client {
    let mut config = Config::new();
    config.host_path(server.host()).user("postgres").dbname("postgres").connect(NoTls).unwrap()
}

// ---- grants

fn a_user_of_postgres_may_read_all_and_no_more(name: &str) {
    let server = on_postgres(name);
    let mut owner = connect(&server);
    owner.batch_execute("CREATE ROLE doorbell LOGIN").unwrap();
    owner.batch_execute(&says(here(), &["adapter", "grants", name], 0)).unwrap();
    let relations = relations(name);
    let refused = |owner: &mut Client| -> Option<String> {
        owner.batch_execute("SET ROLE doorbell").unwrap();
        let refused = relations.iter().find_map(|(relation, text)| {
            let error = owner.batch_execute(&format!("EXPLAIN {text}")).err()?;
            Some(format!("{relation}: {error:?}"))
        });
        owner.batch_execute("RESET ROLE").unwrap();
        refused
    };
    assert_eq!(refused(&mut owner), None, "{name}");
    for (table, column) in granted(name) {
        let one = format!("SELECT ({column}) ON {table}");
        owner.batch_execute(&format!("REVOKE {one} FROM doorbell")).unwrap();
        assert!(refused(&mut owner).is_some(), "{name}: {table}.{column} is granted and not needed");
        owner.batch_execute(&format!("GRANT {one} TO doorbell")).unwrap();
    }
}

#[test]
fn a_user_with_the_grants_reads_all_of_chatwoot_and_none_is_superfluous() {
    a_user_of_postgres_may_read_all_and_no_more("chatwoot");
}

#[test]
fn a_user_with_the_grants_reads_all_of_libredesk_and_none_is_superfluous() {
    a_user_of_postgres_may_read_all_and_no_more("libredesk");
}

fn a_user_of_mariadb_may_read_all_and_no_more(name: &str) {
    let server = on_mariadb(name);
    server.ask("desk", "CREATE USER doorbell@localhost").unwrap();
    server.ask("desk", &says(here(), &["adapter", "grants", name, "--database", "desk"], 0)).unwrap();
    let explained: Vec<String> = relations(name).iter().map(|(_, text)| format!("EXPLAIN {text};\n")).collect();
    let refused = || {
        let mut client = server.client("desk").unwrap();
        client.args(["--user=doorbell", "-e", &explained.concat()]);
        finish(&mut client).err()
    };
    assert_eq!(refused(), None, "{name}");
    for (table, column) in granted(name) {
        let one = format!("SELECT ({column}) ON desk.{table}");
        server.ask("desk", &format!("REVOKE {one} FROM doorbell@localhost")).unwrap();
        assert!(refused().is_some(), "{name}: {table}.{column} is granted and not needed");
        server.ask("desk", &format!("GRANT {one} TO doorbell@localhost")).unwrap();
    }
}

#[test]
fn a_user_with_the_grants_reads_all_of_live_helper_chat_and_none_is_superfluous() {
    a_user_of_mariadb_may_read_all_and_no_more("livehelperchat");
}

#[test]
fn a_user_with_the_grants_reads_all_of_support_board_and_none_is_superfluous() {
    a_user_of_mariadb_may_read_all_and_no_more("supportboard");
}

#[test]
fn no_password_token_of_a_session_or_secret_of_a_channel_is_granted() {
    for name in PRODUCTS {
        for (table, column) in granted(name) {
            let secret = ["password", "token", "secret", "session", "hash", "config", "otp"];
            assert!(!secret.iter().any(|word| column.contains(word)), "{name}: {table}.{column}");
        }
    }
}

#[test]
fn the_user_and_the_database_of_the_grants_are_named() {
    let said = says(here(), &["adapter", "grants", "libredesk", "--user", "Bell", "--database", "desk"], 0);
    assert!(said.contains("GRANT CONNECT ON DATABASE desk TO \"Bell\";\n"), "{said}");
    assert!(said.contains("\nGRANT USAGE ON SCHEMA public TO \"Bell\";\n"), "{said}");
    let said = says(here(), &["adapter", "grants", "supportboard", "--user", "bell@10.0.0.%", "--database", "sb"], 0);
    assert!(said.contains(") ON `sb`.sb_users_data TO 'bell'@'10.0.0.%';\n"), "{said}");
}

// ---- list, show and new

#[test]
fn the_list_names_product_database_and_what_was_read() {
    let said = says(here(), &["adapter", "list"], 0);
    for name in PRODUCTS {
        assert!(said.lines().any(|line| line.starts_with(name)), "{said}");
    }
    assert!(said.contains("Live Helper Chat on MariaDB or MySQL\n"), "{said}");
    let rows = rows_of(&says(here(), &["adapter", "list", "--format", "json"], 0));
    assert_eq!(rows[0]["product"], "Chatwoot");
    assert_eq!(rows[1]["database"], "PostgreSQL");
    for row in rows {
        assert!(row["read"].as_str().unwrap().contains(" later"), "{row}");
        assert!(row["without"].as_array().unwrap().contains(&"availability".into()), "{row}");
    }
}

#[test]
fn an_adapter_is_shown_as_its_file_stands() {
    for name in PRODUCTS {
        let file = format!("adapters/{name}.sql");
        assert_eq!(says(here(), &["adapter", "show", name], 0), fs::read_to_string(here().join(&file)).unwrap());
        assert_eq!(says(here(), &["adapter", "show", &file], 0), fs::read_to_string(here().join(&file)).unwrap());
    }
    let one = says(here(), &["adapter", "show", "libredesk", "--relation", "group_members"], 0);
    assert!(one.starts_with("SELECT 'team:'") && one.ends_with("FROM public.team_members m\n"), "{one}");
    let said = says(here(), &["adapter", "show", "libredesk", "--relation", "group_member"], 64);
    assert!(said.contains("did you mean group_members?"), "{said}");
    assert!(says(here(), &["adapter", "show", "chatwot"], 64).contains("did you mean chatwoot?"));
    let said = says(here(), &["adapter", "show", "./no.sql"], 78);
    assert!(said.contains("./no.sql: the file cannot be read"), "{said}");
}

#[test]
fn without_a_name_the_adapter_of_the_settings_is_shown_with_its_corrections() {
    let folder = tempfile::tempdir().unwrap();
    let settings = |adapter: &str| {
        let text = format!(
            "[desk]\nurl = \"postgres://doorbell@/x?host=/run\"\n{adapter}\n[ledger]\npath = \"told.db\"\n\
             [email]\nfrom = \"Desk <desk@example.com>\"\noutbox = \"outbox\"\n\
             [rule.r]\nwatch = \"unreplied\"\nschedule = {{ every = \"5m\" }}\ntell = [\"assignee\"]\n"
        );
        fs::write(folder.path().join("doorbell.toml"), text).unwrap();
    };
    settings("adapter = \"chatwoot\"\nrelations = { availability = \"SELECT r.x AS agent_id FROM rotas r\" }");
    let said = says(folder.path(), &["adapter", "show"], 0);
    assert!(said.starts_with("-- Chatwoot, read by doorbell"), "{said}");
    assert!(said.contains("\n-- relation: availability\nSELECT r.x AS agent_id FROM rotas r\n"), "{said}");
    let said = says(folder.path(), &["adapter", "grants"], 0);
    assert!(said.contains("GRANT SELECT (x) ON rotas TO doorbell;"), "{said}");
    settings("");
    assert!(says(folder.path(), &["adapter", "show"], 64).contains("name an adapter on the command line"));
}

#[test]
fn a_new_adapter_is_written_once_and_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let said = says(folder.path(), &["adapter", "new", "acme"], 0);
    assert!(said.contains("adapter = \"./acme.sql\"") && said.contains("doorbell adapter check"), "{said}");
    let written = fs::read_to_string(folder.path().join("acme.sql")).unwrap();
    assert!(written.starts_with("-- acme, read by doorbell on its own PostgreSQL database\n"), "{written}");
    let relations = rows_of(&says(folder.path(), &["adapter", "show", "./acme.sql", "--format", "json"], 0));
    assert_eq!(relations.len(), 5, "the required relations are there, and no other");
    fs::write(folder.path().join("acme.sql"), "mine").unwrap();
    assert!(says(folder.path(), &["adapter", "new", "acme.sql"], 64).contains("acme.sql exists already"));
    assert_eq!(fs::read_to_string(folder.path().join("acme.sql")).unwrap(), "mine");
}

#[test]
fn each_part_of_a_new_adapter_is_sql_once_it_has_a_table() {
    let folder = tempfile::tempdir().unwrap();
    says(folder.path(), &["adapter", "new", "acme"], 0);
    let text = fs::read_to_string(folder.path().join("acme.sql")).unwrap();
    let uncommented = text.replace("\n-- -- relation", "\n-- relation").replace("\n-- SELECT", "\nSELECT");
    let uncommented = uncommented.replace("\n--       ", "\n       ").replace("\n-- FROM", "\nFROM");
    let file: PathBuf = folder.path().join("whole.sql");
    fs::write(&file, uncommented).unwrap();
    let server = Postgres::start().unwrap();
    let mut client = connect(&server);
    let rows = rows_of(&says(folder.path(), &["adapter", "show", "./whole.sql", "--format", "json"], 0));
    assert_eq!(rows.len(), 17);
    for row in rows {
        let text = row["text"].as_str().unwrap();
        let needed: Vec<&str> = text.split("t.").skip(1).filter_map(|rest| rest.split(' ').next()).collect();
        let columns: Vec<String> = needed.iter().map(|name| format!("\"{name}\" bigint")).collect();
        client.batch_execute(&format!("CREATE TABLE the_table ({})", columns.join(", "))).unwrap();
        client.batch_execute(text).unwrap_or_else(|error| panic!("{error:?} in\n{text}"));
        client.batch_execute("DROP TABLE the_table").unwrap();
    }
}

// ---- init

#[test]
fn init_writes_settings_for_a_product_that_are_accepted() {
    for name in PRODUCTS {
        let folder = tempfile::tempdir().unwrap();
        let said = says(folder.path(), &["init", "desk", "--adapter", name], 0);
        assert!(said.contains(&format!("doorbell adapter grants {name}")), "{said}");
        let desk = folder.path().join("desk");
        assert_eq!(fs::read_dir(&desk).unwrap().count(), 1, "no desk is made");
        let settings = fs::read_to_string(desk.join("doorbell.toml")).unwrap();
        assert!(settings.contains(&format!("\nadapter = \"{name}\"\n")), "{settings}");
        says(&desk, &["check", "--offline"], 0);
        assert!(says(folder.path(), &["init", "desk", "--adapter", name], 64).contains("overwrites nothing"));
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(says(folder.path(), &["init", "--adapter", "libre-desk"], 64).contains("did you mean libredesk?"));
    assert!(!folder.path().join("doorbell.toml").exists());
}

/// The settings that init writes, with what has "example" in it corrected, on a real desk.
fn settings_of_init_work(name: &str, example: &str, url: &str) {
    let folder = tempfile::tempdir().unwrap();
    says(folder.path(), &["init", "--adapter", name], 0);
    let file = folder.path().join("doorbell.toml");
    let text = fs::read_to_string(&file).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("password_file"));
    let corrected = lines.collect::<Vec<_>>().join("\n").replace(&format!("\"{example}\""), &format!("\"{url}\""));
    assert!(corrected.contains(url), "{text}");
    fs::write(&file, corrected).unwrap();
    assert!(says(folder.path(), &["check"], 0).contains("10 waiting"));
    says(folder.path(), &["adapter", "check"], 0);
    says(folder.path(), &["run", "--dry-run", "--ignore-schedule"], 0);
}

#[test]
fn settings_of_init_work_on_the_products_own_tables() {
    let server = with_user("chatwoot");
    settings_of_init_work("chatwoot", "postgres://doorbell@db.example.com/chatwoot_production", &url_of(&server));
    let server = with_user("libredesk");
    settings_of_init_work("libredesk", "postgres://doorbell@db.example.com/libredesk", &url_of(&server));
    let (_server, url) = with_user_of_mariadb("livehelperchat");
    settings_of_init_work("livehelperchat", "mysql://doorbell@db.example.com/livehelperchat", &url);
    let (_server, url) = with_user_of_mariadb("supportboard");
    settings_of_init_work("supportboard", "mysql://doorbell@db.example.com/supportboard", &url);
}

// ---- check

/// Settings for a desk at this address.
fn settings(folder: &Path, url: &str, adapter: &str, relations: &str) {
    let text = format!(
        "[desk]\nurl = \"{url}\"\nadapter = \"{adapter}\"\n{relations}\n\
         [ledger]\npath = \"told.db\"\n[email]\nfrom = \"Desk <desk@example.com>\"\noutbox = \"outbox\"\n\
         [rule.r]\nwatch = \"unreplied\"\nschedule = {{ every = \"5m\" }}\ntell = [\"assignee\"]\n"
    );
    fs::write(folder.join("doorbell.toml"), text).unwrap();
}

fn url_of(server: &Postgres) -> String {
    format!("postgres://doorbell@/postgres?host={}", server.host().display())
}

/// A product with the user that its grants make, and the address where that user finds it.
fn with_user_of_mariadb(name: &str) -> (MariaDb, String) {
    let server = on_mariadb(name);
    server.ask("desk", "CREATE USER doorbell@localhost").unwrap();
    server.ask("desk", &says(here(), &["adapter", "grants", name, "--database", "desk"], 0)).unwrap();
    let url = format!("mysql://doorbell@/desk?socket={}", server.socket().display());
    (server, url)
}

/// A product with the user that its grants make.
fn with_user(name: &str) -> Postgres {
    let server = on_postgres(name);
    let mut owner = connect(&server);
    owner.batch_execute("CREATE ROLE doorbell LOGIN").unwrap();
    owner.batch_execute(&says(here(), &["adapter", "grants", name], 0)).unwrap();
    server
}

#[test]
fn check_finds_each_product_in_order_and_counts_what_waits() {
    for name in ["chatwoot", "libredesk"] {
        let (server, folder) = (with_user(name), tempfile::tempdir().unwrap());
        settings(folder.path(), &url_of(&server), name, "");
        let said = says(folder.path(), &["adapter", "check"], 0);
        let first = said.lines().next().unwrap();
        assert!(first.starts_with("ok     waiting_conversations  10 rows in "), "{said}");
        assert!(said.contains("off    availability           only the hours of the settings count"), "{said}");
        assert!(!said.contains("note"), "{said}");
        let rows = rows_of(&says(folder.path(), &["adapter", "check", "--format", "json"], 0));
        assert_eq!(rows.len(), 17);
        assert_eq!((&rows[0]["state"], &rows[0]["rows"]), (&"ok".into(), &10.into()));
    }
}

#[test]
fn check_finds_each_product_of_mariadb_in_order_and_counts_what_waits() {
    for name in ["livehelperchat", "supportboard"] {
        let ((_server, url), folder) = (with_user_of_mariadb(name), tempfile::tempdir().unwrap());
        settings(folder.path(), &url, name, "");
        let said = says(folder.path(), &["adapter", "check"], 0);
        assert!(said.lines().next().unwrap().starts_with("ok     waiting_conversations  10 rows in "), "{said}");
        assert!(!said.contains("note"), "{said}");
    }
}

#[test]
fn check_refuses_what_walks_through_all_messages_of_mariadb_for_want_of_an_index() {
    let ((server, url), folder) = (with_user_of_mariadb("livehelperchat"), tempfile::tempdir().unwrap());
    settings(folder.path(), &url, "livehelperchat", "");
    let keys = "SELECT DISTINCT index_name FROM information_schema.statistics
                WHERE table_schema = 'desk' AND table_name = 'lh_msg' AND index_name <> 'PRIMARY'";
    for key in server.ask("desk", keys).unwrap().lines() {
        server.ask("desk", &format!("ALTER TABLE lh_msg DROP KEY `{key}`")).unwrap();
    }
    let said = says(folder.path(), &["adapter", "check"], 78);
    let line = said.lines().find(|line| line.starts_with("wrong  messages ")).unwrap();
    assert!(line.contains("walks all of lh_msg") && line.contains("an index such as lh_msg (chat_id"), "{said}");
    assert!(said.contains("wrong  waiting_conversations  walks all of lh_msg"), "{said}");
}

#[test]
fn check_says_of_each_relation_what_is_wrong() {
    let (server, folder) = (with_user("chatwoot"), tempfile::tempdir().unwrap());
    let relations = "[desk.relations]
agents = \"SELECT u.id, u.name, u.email AS emaill, u.id AS active FROM public.users u\"
group_members = \"SELECT 'team:' || m.team_id AS group_id, m.user_id AS agent_id, 'boss' AS role FROM public.team_members m\"
read_cursors = \"SELECT c.id AS conversation_id, 'agent' AS reader_type, c.id AS reader_id, c.created_at AS last_seen_at FROM public.conversations c\"
availability = \"SELECT u.encrypted_password AS agent_id FROM public.users u\"
devices = \"SELECT d.id FROM public.devices d\"
";
    settings(folder.path(), &url_of(&server), "chatwoot", relations);
    let said = says(folder.path(), &["adapter", "check"], 78);
    for part in [
        "wrong  agents                 its SELECT has no columns account_id, email, phone,",
        "note: column emaill is not read (did you mean email?)",
        "note: column role has words that are not known: boss; those are member, lead",
        "wrong  read_cursors           column last_seen_at is timestamp; make it a whole number",
        "wrong  availability           ",
        "wrong  devices                relation \"public.devices\" does not exist",
        "4 relations do not fit, as said above",
    ] {
        assert!(said.contains(part), "{part} is missing in:\n{said}");
    }
    assert!(said.contains("ok     waiting_conversations"), "what fits is still said to: {said}");
    assert!(!says(folder.path(), &["adapter", "check", "--quiet"], 78).contains("ok     "));
}

#[test]
fn check_refuses_what_walks_through_all_messages_and_names_the_index() {
    let (server, folder) = (with_user("chatwoot"), tempfile::tempdir().unwrap());
    settings(folder.path(), &url_of(&server), "chatwoot", "");
    says(folder.path(), &["adapter", "check"], 0);
    let mut owner = connect(&server);
    let rows = owner.query(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'messages'::regclass AND NOT indisprimary",
        &[],
    );
    for row in rows.unwrap() {
        owner.batch_execute(&format!("DROP INDEX {}", row.get::<_, String>(0))).unwrap();
    }
    let said = says(folder.path(), &["adapter", "check"], 78);
    let line = said.lines().find(|line| line.starts_with("wrong  messages ")).unwrap();
    assert!(
        line.contains("walks all of public.messages") && line.contains("public.messages (conversation_id"),
        "{said}"
    );
    assert!(said.contains("wrong  waiting_conversations  walks all of public.messages"), "{said}");
    owner.batch_execute("CREATE INDEX ON messages (conversation_id, account_id, created_at)").unwrap();
    owner.batch_execute("CREATE INDEX ON messages (created_at)").unwrap();
    says(folder.path(), &["adapter", "check"], 0);
}

#[test]
fn check_says_which_relation_takes_too_long_and_goes_on() {
    let (server, folder) = (with_user("libredesk"), tempfile::tempdir().unwrap());
    let slow = "SELECT t.id AS group_id, t.id AS agent_id, pg_sleep(5)::text AS role FROM public.teams t";
    let relations = format!("statement_timeout = \"1s\"\n[desk.relations]\ngroup_members = \"{slow}\"\n");
    settings(folder.path(), &url_of(&server), "libredesk", &relations);
    let said = says(folder.path(), &["adapter", "check"], 78);
    assert!(said.contains("wrong  group_members          cannot be looked at: ") && said.contains("57014"), "{said}");
    assert!(said.contains("ok     contacts"), "{said}");
}

#[test]
fn check_wants_an_adapter_and_a_server_that_answers() {
    let folder = tempfile::tempdir().unwrap();
    says(folder.path(), &["init"], 0);
    assert!(says(folder.path(), &["adapter", "check"], 64).contains("the settings name no adapter"));
    let text = fs::read_to_string(folder.path().join("doorbell.toml")).unwrap();
    let text = text
        .replace("url = \"sqlite:chat.db\"", "url = \"postgres://doorbell@/x?host=/nowhere\"\nadapter = \"chatwoot\"");
    fs::write(folder.path().join("doorbell.toml"), format!("{text}\n[ledger]\npath = \"told.db\"\n")).unwrap();
    says(folder.path(), &["adapter", "check"], 75);
}

#[test]
fn check_notes_what_a_desk_in_a_file_walks_through() {
    let folder = tempfile::tempdir().unwrap();
    let tables = "CREATE TABLE tickets (id INTEGER PRIMARY KEY, since INTEGER, name TEXT);
                  CREATE INDEX tickets_since ON tickets (since) WHERE since IS NOT NULL;
                  CREATE TABLE lines (id INTEGER PRIMARY KEY, ticket INTEGER, body TEXT);
                  INSERT INTO tickets VALUES (1, 1, 'x'), (2, NULL, 'y');";
    rusqlite::Connection::open(folder.path().join("desk.db")).unwrap().execute_batch(tables).unwrap();
    says(folder.path(), &["adapter", "new", "acme", "--database", "sqlite"], 0);
    let messages =
        "SELECT l.id, l.ticket AS conversation_id, 'contact' AS sender_type, NULL AS sender_id, 0 AS private,
                    0 AS deleted, l.body, 'text' AS body_format, 0 AS created_at FROM lines l";
    let relations = format!(
        "[desk.relations]\nwaiting_conversations = \"SELECT t.id AS conversation_id, t.since AS waiting_since, 0 AS \
         message_id FROM tickets t WHERE t.since IS NOT NULL\"\nmessages = \"\"\"{messages}\"\"\"\n"
    );
    settings(folder.path(), "sqlite:desk.db", "./acme.sql", &relations);
    let said = says(folder.path(), &["adapter", "check"], 78);
    assert!(said.starts_with("ok     waiting_conversations  1 row in "), "{said}");
    assert!(said.contains("note: walks all of l, which costs more the larger it is"), "{said}");
    assert!(said.contains("wrong  agents                 no such table: the_table"), "{said}");
    assert!(said.contains("off    unread_conversations "), "{said}");
}

#[test]
fn the_manual_shows_the_grants_as_they_are_printed() {
    let manual = fs::read_to_string(here().join("docs/adapters.md")).unwrap();
    assert!(manual.contains(&says(here(), &["adapter", "grants", "livehelperchat", "--database", "chat"], 0)));
}
