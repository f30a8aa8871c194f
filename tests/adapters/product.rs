//! A product's database, filled by its own generator, and the questions that tests ask of it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread;
use std::time::Duration;

use crate::servers::{MariaDb, Postgres, finish};

/// One named SELECT of a file.
pub(crate) struct Relation {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// What doorbell reads of this product.
pub(crate) fn adapter(product: &str) -> Vec<Relation> {
    relations(&Path::new("adapters").join(format!("{product}.sql")))
}

/// The same, said in another way.
pub(crate) fn oracle(product: &str) -> Vec<Relation> {
    relations(&Path::new("tests/products").join(format!("{product}.oracle.sql")))
}

fn relations(path: &Path) -> Vec<Relation> {
    let text = fs::read_to_string(path).unwrap();
    let parts = text.split("-- relation: ").skip(1).map(|part| part.split_once('\n').unwrap());
    parts.map(|(name, text)| Relation { name: name.to_owned(), text: text.trim().to_owned() }).collect()
}

enum Server {
    Postgres(Postgres),
    MariaDb(MariaDb),
}

/// A running server with the product's tables in it.
pub(crate) struct Product {
    name: String,
    server: Server,
    conversations: usize,
}

impl Product {
    /// The product with 2,000 conversations, of which so many wait; `DOORBELL_CONVERSATIONS` asks for another size.
    pub(crate) fn filled(name: &str, waiting: usize) -> Self {
        let conversations = env::var("DOORBELL_CONVERSATIONS").map_or(2_000, |size| size.parse().unwrap());
        Self::of_size(name, conversations, waiting)
    }

    /// The product with so many conversations, of which so many wait.
    pub(crate) fn of_size(name: &str, conversations: usize, waiting: usize) -> Self {
        let file = |system: &str| PathBuf::from(format!("tests/products/{name}.{system}.sql"));
        let server = if file("postgresql").exists() {
            let server = Postgres::start().unwrap();
            let mut client = server.client("postgres").unwrap();
            client.args(["-v", &format!("conversations={conversations}"), "-v", &format!("waiting={waiting}"), "-f"]);
            finish(client.arg(file("postgresql"))).unwrap();
            Server::Postgres(server)
        } else {
            let server = MariaDb::start().unwrap();
            server.ask("mysql", "CREATE DATABASE desk CHARACTER SET utf8mb4").unwrap();
            let source = format!("source {}", file("mariadb").display());
            let size = format!("SET @conversations = {conversations}, @waiting = {waiting}");
            finish(server.client("desk").unwrap().arg(format!("--init-command={size}")).args(["-e", &source])).unwrap();
            Server::MariaDb(server)
        };
        Self { name: name.to_owned(), server, conversations }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Where doorbell finds it.
    pub(crate) fn url(&self, user: &str) -> String {
        match &self.server {
            Server::Postgres(server) => format!("postgres://{user}@/postgres?host={}", server.host().display()),
            Server::MariaDb(server) => format!("mysql://{user}@/desk?socket={}", server.socket().display()),
        }
    }

    /// The product's own doing.
    pub(crate) fn write(&self, sql: &str) {
        self.ask(sql);
    }

    fn ask(&self, sql: &str) -> String {
        let said = match &self.server {
            Server::Postgres(server) => server.ask("postgres", sql),
            Server::MariaDb(server) => server.ask("desk", sql),
        };
        said.unwrap_or_else(|error| panic!("{}: {error} in\n{sql}", self.name))
    }

    /// Who may do everything there.
    pub(crate) fn owner(&self) -> &'static str {
        match &self.server {
            Server::Postgres(_) => "postgres",
            Server::MariaDb(_) => "root",
        }
    }

    /// How many pages were looked at so far; a server counts what a connection read once it is closed.
    pub(crate) fn pages_read(&self) -> u64 {
        let counted = match &self.server {
            Server::Postgres(_) => "SELECT blks_hit + blks_read FROM pg_stat_database WHERE datname = 'postgres'",
            Server::MariaDb(_) => {
                "SELECT variable_value FROM information_schema.global_status
                 WHERE variable_name = 'INNODB_BUFFER_POOL_READ_REQUESTS'"
            }
        };
        self.rows(counted)[0].parse().unwrap()
    }

    /// A client of the product that does this meanwhile.
    pub(crate) fn hold(&self, sql: &str) -> Child {
        let client = match &self.server {
            Server::Postgres(server) => server.client("postgres").map(|mut client| client.args(["-c", sql]).spawn()),
            Server::MariaDb(server) => server.client("desk").map(|mut client| client.args(["-e", sql]).spawn()),
        };
        let client = client.unwrap().unwrap();
        // nobody tells when it has begun
        thread::sleep(Duration::from_millis(700));
        client
    }

    /// What stands in the database: tables, views, indexes, triggers.
    pub(crate) fn contents(&self) -> Vec<String> {
        self.rows(match self.server {
            Server::Postgres(_) => "SELECT oid::text, relname FROM pg_class",
            Server::MariaDb(_) => {
                "SELECT table_schema, table_name, table_type FROM information_schema.tables
                 UNION ALL SELECT trigger_schema, trigger_name, 'TRIGGER' FROM information_schema.triggers
                 UNION ALL SELECT routine_schema, routine_name, 'ROUTINE' FROM information_schema.routines
                 UNION ALL SELECT table_name, index_name, column_name FROM information_schema.statistics"
            }
        })
    }

    /// The rows that a statement answers, in the order of their text, with `|` between values; nothing stands for NULL.
    pub(crate) fn rows(&self, sql: &str) -> Vec<String> {
        let said = self.ask(sql);
        let row = |line: &str| match self.server {
            Server::Postgres(_) => line.to_owned(),
            Server::MariaDb(_) => {
                let values: Vec<&str> =
                    line.split('\t').map(|value| if value == "NULL" { "" } else { value }).collect();
                values.join("|")
            }
        };
        let mut rows: Vec<String> = said.lines().map(row).collect();
        rows.sort();
        rows
    }

    /// The names of a relation's columns, as the database sees them.
    pub(crate) fn columns(&self, relation: &Relation) -> String {
        let list = match self.server {
            Server::Postgres(_) => {
                "SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'seen'::regclass"
            }
            Server::MariaDb(_) => {
                "SELECT group_concat(column_name ORDER BY ordinal_position) FROM information_schema.columns
                 WHERE table_name = 'seen'"
            }
        };
        self.rows(&format!("CREATE VIEW seen AS {}; {list}; DROP VIEW seen", relation.text)).concat()
    }

    /// What a driving relation answers, with whose conversation each is.
    pub(crate) fn told(&self, name: &str) -> Vec<String> {
        let with: Vec<String> = adapter(&self.name)
            .iter()
            .filter(|relation| relation.name == name || relation.name == "conversations")
            .map(|relation| format!("{} AS ({})", relation.name, relation.text))
            .collect();
        let with = with.join(",\n");
        self.rows(&format!(
            "WITH {with} SELECT w.*, c.assignee_id, c.group_id FROM {name} w JOIN conversations c ON c.id = w.conversation_id"
        ))
    }

    /// A relation that is found without reading all messages, by indexes that the product has.
    pub(crate) fn expect_no_walk_through_messages(&self, relation: &Relation) {
        let (name, text) = (&relation.name, &relation.text);
        match self.server {
            Server::Postgres(_) => {
                // small tables are walked for good reasons; with that switched off, only for want of an index
                let plan = self.rows(&format!("SET enable_seqscan = off; EXPLAIN {text}"));
                let walks = |line: &&String| {
                    line.contains("Seq Scan on messages") || line.contains("Seq Scan on conversation_messages")
                };
                assert_eq!(plan.iter().find(walks), None, "{}: {name}", self.name);
            }
            Server::MariaDb(_) => {
                let read = "SELECT variable_value FROM information_schema.session_status
                            WHERE variable_name = 'HANDLER_READ_RND_NEXT'";
                let counted = format!("CREATE TEMPORARY TABLE found AS {text}; {read}");
                let walked: usize = self.rows(&counted).concat().parse().unwrap();
                // of each conversation there are ten messages
                assert!(walked < 5 * self.conversations, "{}: {name} walks through {walked} rows", self.name);
            }
        }
    }
}
