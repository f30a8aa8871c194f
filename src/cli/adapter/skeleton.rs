//! `doorbell adapter new`: a file to be filled in, for a product that doorbell does not know.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::ValueEnum;
use serde_json::json;

use super::super::exit::UsageError;
use super::super::{Exit, Format, Global, init, say};
use crate::desk::{Column, Kind, RELATIONS, Relation, meaning, words};

/// Write an adapter to be filled in: each relation with its columns and what they mean
///
/// Relations that nothing works without come first; the others are commented out. `doorbell adapter check` says what is
/// still to be filled in. Nothing is overwritten.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The product's name, or the file: acme becomes acme.sql in this folder
    name: String,
    /// The kind of its database
    #[arg(long, value_enum, value_name = "KIND", default_value_t = Engine::Postgresql)]
    database: Engine,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// PostgreSQL
    Postgresql,
    /// MariaDB or MySQL
    Mariadb,
    #[value(help = "SQLite")]
    Sqlite,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let name = arguments.name.trim_end_matches(".sql");
    let file = PathBuf::from(format!("{name}.sql"));
    let product = Path::new(name).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if product.is_empty() {
        return Err(UsageError(format!("{name:?} names no file; write such as: doorbell adapter new acme")).into());
    }
    if !init::write_new(&file, skeleton(&product, arguments.database).as_bytes())? {
        let message = format!("{} exists already; nothing is overwritten, name another file", file.display());
        return Err(UsageError(message).into());
    }
    let chosen = if file.components().count() > 1 { file.clone() } else { Path::new(".").join(&file) };
    match global.format {
        Format::Json => say::line(&json!({ "wrote": file }).to_string()),
        Format::Human => say::line(&format!(
            "wrote {}\nnext: fill it in, name it in the settings as adapter = \"{}\" under [desk], and look with: \
             doorbell adapter check",
            file.display(),
            chosen.display()
        )),
    }
    Ok(Exit::Done)
}

fn skeleton(product: &str, engine: Engine) -> String {
    let words = match engine {
        Engine::Postgresql => "PostgreSQL",
        Engine::Mariadb => "MariaDB or MySQL",
        Engine::Sqlite => "SQLite",
    };
    let mut text = format!("-- {product}, read by doorbell on its own {words} database\n");
    text.push_str(HEAD);
    if engine == Engine::Postgresql {
        text.push_str(
            "-- Name tables with their schema (public.tickets): a relation of the same name would hide them.\n",
        );
    }
    let (required, others): (Vec<_>, Vec<_>) = RELATIONS.iter().partition(|relation| relation.without.is_none());
    required.iter().for_each(|relation| write_relation(&mut text, relation, engine));
    text.push_str(OTHERS);
    for relation in others {
        let mut one = String::new();
        write_relation(&mut one, relation, engine);
        one.lines().for_each(|line| {
            let _ = writeln!(text, "{}", format!("-- {line}").trim_end());
        });
    }
    text
}

const HEAD: &str = "\
--
-- Read: which release of the product, and what of it.
--
-- Each SELECT is to be filled in: put the product's table in place of the_table, and the product's column in place of each
-- t.column. What the product does not have stays NULL. Times are milliseconds since 1970, UTC. Write every column with its
-- table (t.id), so that `doorbell adapter grants` finds it. No semicolons.
-- The first relation is where every pass begins: it must find its rows by an index of the product, and look into messages
-- of the conversations that it found only.
";
const OTHERS: &str = "
-- What follows is off until its comment signs are taken away, one relation at a time.
";

fn write_relation(text: &mut String, relation: &Relation, engine: Engine) {
    let _ = writeln!(text, "\n-- relation: {}", relation.name);
    let Some(meaning) = meaning(relation) else { return };
    let _ = writeln!(text, "-- {}", meaning.rows);
    if let Some(without) = relation.without {
        let _ = writeln!(text, "-- Without it {without}.");
    }
    let last = relation.columns.len();
    for (place, (column, meaning)) in relation.columns.iter().zip(meaning.columns).enumerate() {
        let start = if place == 0 { "SELECT" } else { "      " };
        let comma = if place + 1 == last { "" } else { "," };
        let value = format!("{start} {} AS {}{comma}", value(column, meaning, engine), column.name);
        let words = words(relation.name, column.name);
        let words = if words.is_empty() { String::new() } else { format!(": {}", words.join(", ")) };
        let _ = writeln!(text, "{value:<44} -- {meaning}{words}");
    }
    text.push_str("FROM the_table t\n");
}

/// What stands there until it is filled in: nothing, where that may stay.
fn value(column: &Column, meaning: &str, engine: Engine) -> String {
    if !meaning.contains("NULL") {
        return format!("t.{}", column.name);
    }
    match (engine, column.kind) {
        (Engine::Mariadb | Engine::Sqlite, _) => "NULL".into(),
        (Engine::Postgresql, _) if meaning.contains("as text") => "NULL::text".into(),
        (Engine::Postgresql, Kind::Key | Kind::Number) => "NULL::bigint".into(),
        (Engine::Postgresql, Kind::Text) => "NULL::text".into(),
        (Engine::Postgresql, Kind::Flag) => "NULL::boolean".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Adapter;

    #[test]
    fn a_skeleton_is_an_adapter_and_says_what_every_column_means() {
        for engine in [Engine::Postgresql, Engine::Mariadb, Engine::Sqlite] {
            let text = skeleton("acme", engine);
            let adapter = Adapter::parse("acme.sql", &text).unwrap().complete().unwrap();
            assert_eq!(adapter.relations().count(), 5);
            assert!(adapter.relations().all(|(_, text)| text.ends_with("FROM the_table t")), "{adapter:#?}");
        }
        let text = skeleton("acme", Engine::Postgresql);
        assert!(text.contains("-- open, pending") || text.contains(": open, pending, snoozed, resolved\n"), "{text}");
    }

    #[test]
    fn without_their_comment_signs_all_relations_are_there() {
        let text = skeleton("acme", Engine::Mariadb);
        let (head, others) = text.split_once(OTHERS).unwrap();
        let others: Vec<&str> = others.lines().map(|line| line.strip_prefix("--").unwrap().trim_start()).collect();
        let adapter = Adapter::parse("acme.sql", &format!("{head}\n{}", others.join("\n"))).unwrap();
        assert_eq!(adapter.missing().count(), 0);
    }
}
