//! `doorbell adapter grants`: what the database user must be allowed to read, column by column, and nothing else.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::Result;
use serde_json::json;

use super::super::exit::UsageError;
use super::super::{Exit, Format, Global, open, say};
use super::product::{self, Database};
use crate::desk::{Adapter, Reads};

/// Longer lines are hard to read in a terminal.
const WIDTH: usize = 110;

/// Print what a database user of doorbell's own must be allowed to read, as GRANT statements for the owner of the tables
///
/// They are computed from the SELECTs of the adapter: every column that one of them names, and no other. A column must be
/// written with its table (c.id) to be found.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// One that comes with doorbell, or a file [default: that of the settings, with the corrections of desk.relations]
    #[arg(value_name = "NAME|FILE")]
    adapter: Option<String>,
    /// The user; on MariaDB and MySQL with the host they come from: doorbell@localhost
    #[arg(long, value_name = "NAME", default_value = "doorbell")]
    user: String,
    /// The product's database [default: the one that your client has chosen]
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let adapter = super::chosen(global, arguments.adapter.as_deref())?;
    let reads = adapter.reads();
    if global.format == Format::Json {
        for (table, columns) in &reads {
            say::line(&json!({ "table": table, "columns": columns }).to_string());
        }
        return Ok(Exit::Done);
    }
    let database = arguments.database.as_deref();
    let kind = match arguments.adapter {
        Some(_) => product::database(&adapter),
        None => product::of_url(&open::config(global)?.desk.url),
    };
    match kind {
        Database::Postgres => say::text(&for_postgres(&adapter, &reads, &arguments.user, database)),
        Database::MariaDb => say::text(&for_mariadb(&adapter, &reads, &arguments.user, database)),
        Database::Sqlite => {
            let message =
                "SQLite knows no users: whoever may read the file may read all of it; give its group read access";
            return Err(UsageError(message.into()).into());
        }
    }
    Ok(Exit::Done)
}

fn for_postgres(adapter: &Adapter, reads: &Reads, user: &str, database: Option<&str>) -> String {
    let user = identifier(user);
    let mut text = head(adapter, "psql");
    let _ = writeln!(text, "-- CREATE ROLE {user} LOGIN PASSWORD '..' CONNECTION LIMIT 5;");
    if let Some(database) = database {
        let _ = writeln!(text, "GRANT CONNECT ON DATABASE {} TO {user};", identifier(database));
    }
    let schemas: BTreeSet<&str> = reads.keys().filter_map(|table| Some(table.rsplit_once('.')?.0)).collect();
    for schema in schemas {
        let _ = writeln!(text, "GRANT USAGE ON SCHEMA {schema} TO {user};");
    }
    for (table, columns) in reads {
        text.push_str(&grant(columns, table, &user));
    }
    text
}

fn for_mariadb(adapter: &Adapter, reads: &Reads, user: &str, database: Option<&str>) -> String {
    let (name, host) = user.split_once('@').unwrap_or((user, "localhost"));
    let quoted = |text: &str| format!("'{}'", text.trim_matches('\'').replace('\\', "\\\\").replace('\'', "''"));
    let user = format!("{}@{}", quoted(name), quoted(host));
    let mut text = head(adapter, "mariadb or mysql");
    let _ = writeln!(text, "-- CREATE USER {user} IDENTIFIED BY '..' WITH MAX_USER_CONNECTIONS 5;");
    for (table, columns) in reads {
        // a name that has its database is whole already
        let database = database.filter(|_| !table.contains('.'));
        let table =
            database.map_or_else(|| table.clone(), |database| format!("`{}`.{table}", database.replace('`', "``")));
        text.push_str(&grant(columns, &table, &user));
    }
    text
}

fn head(adapter: &Adapter, client: &str) -> String {
    format!(
        "-- Rights on the tables of {}, for doorbell's own user. Their owner runs this in {client}.\n\
         -- The user is made first, with a password of its own:\n",
        product::product(adapter)
    )
}

/// The statement for one table, in lines that a terminal can hold.
fn grant(columns: &BTreeSet<String>, table: &str, user: &str) -> String {
    if columns.is_empty() || columns.contains("*") {
        return format!("GRANT SELECT ON {table} TO {user};\n");
    }
    let last = columns.len().saturating_sub(1);
    let end = |place| if place < last { "," } else { ")" };
    let listed = columns.iter().enumerate().map(|(place, column)| format!("{column}{}", end(place)));
    let mut text = String::from("GRANT SELECT (");
    let mut length = text.len();
    for (place, word) in listed.chain([format!("ON {table} TO {user};")]).enumerate() {
        if place > 0 && length + word.len() >= WIDTH {
            text.push_str("\n ");
            length = 1;
        }
        if place > 0 {
            text.push(' ');
            length += 1;
        }
        text.push_str(&word);
        length += word.len();
    }
    text + "\n"
}

/// A name as PostgreSQL takes it: in quotes where it is not plain.
fn identifier(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    if name.starts_with(|first: char| first.is_ascii_lowercase()) && name.chars().all(plain) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_not_plain_are_quoted() {
        for (name, quoted) in [("doorbell", "doorbell"), ("Door bell", "\"Door bell\""), ("a\"b", "\"a\"\"b\"")] {
            assert_eq!(identifier(name), quoted);
        }
        let adapter = Adapter::shipped("livehelperchat").unwrap();
        let text = for_mariadb(&adapter, &adapter.reads(), "o'hara@10.%", Some("chat"));
        assert!(text.contains("ON `chat`.lh_chat TO 'o''hara'@'10.%';"), "{text}");
    }

    #[test]
    fn no_line_is_too_long() {
        for (name, _) in Adapter::SHIPPED {
            let adapter = Adapter::shipped(name).unwrap();
            let text = for_postgres(&adapter, &adapter.reads(), "doorbell", None);
            assert!(text.lines().all(|line| line.len() <= WIDTH || line.starts_with("--")), "{text}");
        }
    }
}
