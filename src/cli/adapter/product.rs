//! What an adapter says of itself: its product and its kind of database, as the first line of the file has them.

use crate::desk::{Adapter, DeskUrl};

/// What stands between the product and the kind of its database.
const BETWEEN: &str = ", read by doorbell on its own ";

/// The kind of a product's database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Database {
    Postgres,
    MariaDb,
    Sqlite,
}

/// The product: `Chatwoot`; else what the adapter is called.
pub(super) fn product(adapter: &Adapter) -> &str {
    first_line(adapter).map_or(adapter.name(), |(product, _)| product)
}

/// Its database in words: `MariaDB or MySQL`; nothing where the file does not say.
pub(super) fn database_in_words(adapter: &Adapter) -> &str {
    first_line(adapter).map_or("", |(_, database)| database)
}

/// The kind of that database; PostgreSQL where the file does not say.
pub(super) fn database(adapter: &Adapter) -> Database {
    let words = database_in_words(adapter);
    match words {
        _ if words.contains("MariaDB") || words.contains("MySQL") => Database::MariaDb,
        _ if words.contains("SQLite") => Database::Sqlite,
        _ => Database::Postgres,
    }
}

/// The kind of the database that the settings name.
pub(super) fn of_url(url: &DeskUrl) -> Database {
    match url {
        DeskUrl::Sqlite(_) => Database::Sqlite,
        DeskUrl::Postgres(_) => Database::Postgres,
        DeskUrl::MariaDb(_) => Database::MariaDb,
    }
}

fn first_line(adapter: &Adapter) -> Option<(&str, &str)> {
    let (product, database) = adapter.about().lines().next()?.split_once(BETWEEN)?;
    Some((product, database.trim_end_matches(" database")))
}

/// What was read to write it: the lines behind `Read:`.
pub(super) fn read(adapter: &Adapter) -> String {
    let from = adapter.about().lines().skip_while(|line| !line.starts_with("Read: "));
    let lines: Vec<&str> = from.take_while(|line| !line.is_empty()).collect();
    lines.join(" ").trim_start_matches("Read: ").to_owned()
}
