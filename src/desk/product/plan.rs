//! How the database would find a relation's rows: by an index, or by walking through a table.

mod mariadb;
mod steps;

use anyhow::Result;
use serde_json::Value as Json;

use self::steps::{Walk, walks};
use super::survey::Survey;
use super::{Product, with};
use crate::desk::adapter::Relation;
use crate::desk::dialect::for_postgres;
use crate::desk::mariadb::{self as mariadb_server, spelled as for_mariadb};
use crate::desk::server::Look;
use crate::desk::value::{Parameter, Value};
use crate::desk::{Dialect, Reading, Snapshot};

/// A table that is walked from end to end in every pass may have so many rows; a tenth of a second's work.
const FEW: u64 = 100_000;
/// With more than this it is refused.
const MANY: u64 = 1_000_000;
/// So many ids are looked up in one go, as a pass does where much waits.
const IDS: usize = 100;

/// By which column a relation is looked up; those of the first kind are read whole.
fn key(relation: &str) -> Option<&'static str> {
    Some(match relation {
        "agents" | "groups" | "contacts" | "conversations" => "id",
        "group_members" => "group_id",
        "messages" | "read_cursors" => "conversation_id",
        "attachments" => "message_id",
        "presence" => "subject_id",
        "devices" => "owner_id",
        "preferences" | "availability" => "agent_id",
        _ => return None,
    })
}

/// Adds what is wrong with the way to the rows of a relation.
pub(super) fn examine(
    snapshot: &Snapshot<'_>,
    product: &Product,
    relation: &'static Relation,
    survey: &mut Survey,
) -> Result<()> {
    let name = relation.name;
    let mut sql = format!("SELECT * FROM {name}");
    let ids: Vec<String> =
        (1..=IDS).flat_map(|id| [id.to_string(), format!("{id:08x}-0000-4000-8000-000000000000")]).collect();
    let keys = key(name)
        .map(|column| Ok::<_, anyhow::Error>((column, snapshot.keys(name, column, ids.iter().map(String::as_str))?)));
    let keys = keys.transpose()?;
    if let Some((column, _)) = &keys {
        sql = format!("{sql} WHERE {column} IN (SELECT value FROM json_each(?1))");
    }
    let parameters: Vec<_> = keys.iter().map(|(_, keys)| keys.parameter()).collect();
    let text = product.adapter.text(name).unwrap_or_default();
    let question = Question { product, relation: name, text, sql: &sql, parameters: &parameters };
    match &snapshot.reading {
        Reading::Postgres(look) => on_postgres(look, &question, survey),
        Reading::MariaDb(look) => on_mariadb(look, &question, survey),
        Reading::Sqlite(transaction) => {
            let sql = format!("EXPLAIN QUERY PLAN {}", with(Dialect::Sqlite, name, text, &sql));
            let mut statement = transaction.prepare(&sql)?;
            let steps = statement.query_map(rusqlite::params_from_iter(&parameters), |row| row.get::<_, String>(3))?;
            for step in steps {
                survey.notes.extend(of_sqlite(&step?));
            }
            Ok(())
        }
    }
}

/// A statement about a relation.
struct Question<'a> {
    product: &'a Product,
    relation: &'static str,
    text: &'a str,
    sql: &'a str,
    parameters: &'a [Parameter<'a>],
}

fn on_postgres(look: &Look<'_>, question: &Question<'_>, survey: &mut Survey) -> Result<()> {
    let messages = question.product.adapter.first_table("messages");
    let of_messages = |walk: &&Walk| messages.as_ref().is_some_and(|table| walk.is_of(table));
    for walk in &walks(&explained(look, question)?) {
        let rows = walk.rows(look)?;
        judge(walk, rows, of_messages(&walk), survey);
    }
    // a small table is walked for good reasons; with that switched off, only for want of an index
    look.rows("SAVEPOINT as_it_was", &[])?;
    for set in ["enable_seqscan", "enable_hashjoin", "enable_mergejoin"] {
        look.rows(&format!("SET LOCAL {set} = off"), &[])?;
    }
    let plan = explained(look, question)?;
    look.rows("ROLLBACK TO as_it_was", &[])?;
    for walk in walks(&plan).iter().filter(of_messages) {
        let said = walk.said(walk.rows(look)?);
        if !survey.problems.contains(&said) {
            survey.problems.push(said);
        }
    }
    Ok(())
}

fn on_mariadb(look: &mariadb_server::Look<'_>, question: &Question<'_>, survey: &mut Survey) -> Result<()> {
    let Question { product, relation, text, sql, parameters } = question;
    let sql = with(Dialect::MariaDb, relation, text, &for_mariadb(sql, parameters)?);
    let (_, rows) = look.rows(Some(product), relation, &format!("EXPLAIN FORMAT=JSON {sql}"))?;
    let plan = rows.first().map(|row| row.value(0)).transpose()?.and_then(|plan| plan.words()).unwrap_or_default();
    let Some(plan) = mariadb::read(&plan) else {
        survey.notes.push("the plan of the database cannot be read, so how its rows are found is not known".into());
        return Ok(());
    };
    let messages = product.adapter.first_table("messages");
    let tables = product.adapter.tables_by_name(relation);
    for found in mariadb::walks(&plan, &tables) {
        let of_messages = messages.as_ref().is_some_and(|table| found.walk.is_of(table));
        if of_messages && !found.is_possible {
            survey.problems.push(found.walk.said(found.rows));
        } else {
            judge(&found.walk, found.rows, of_messages, survey);
        }
    }
    Ok(())
}

/// What a walk through so many rows costs every pass.
fn judge(walk: &Walk, rows: u64, of_messages: bool, survey: &mut Survey) {
    if rows > MANY || of_messages && rows > FEW {
        survey.problems.push(walk.said(rows));
    } else if rows > FEW {
        survey.notes.push(walk.said(rows));
    }
}

fn explained(look: &Look<'_>, question: &Question<'_>) -> Result<Json> {
    let Question { product, relation, text, sql, parameters } = question;
    let sql = with(Dialect::Postgres, relation, text, &for_postgres(sql, parameters));
    let rows = look.rows_of(product, relation, &format!("EXPLAIN (VERBOSE, FORMAT JSON) {sql}"), parameters)?;
    let plan = rows.first().map(|row| row.try_get::<_, Value<'_>>(0)).transpose()?;
    Ok(serde_json::from_str(&plan.and_then(|plan| plan.words()).unwrap_or_default())?)
}

/// What a step of `SQLite`'s plan means for a large table; it does not say how large one is.
fn of_sqlite(step: &str) -> Option<String> {
    let table = step.strip_prefix("SCAN ").filter(|rest| !rest.contains(' '))?;
    let is_own = ["json_each", "CONSTANT", "("].iter().any(|word| table.starts_with(word));
    (!is_own).then(|| format!("walks all of {table}, which costs more the larger it is; an index would find its rows"))
}
