//! The steps of PostgreSQL's plan that walk through a whole table or index, and the index that would spare it.

use anyhow::Result;
use serde_json::Value as Json;

use crate::desk::server::Look;
use crate::desk::value::Parameter;

/// A table that is read from end to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Walk {
    /// With its schema, where there is one.
    pub(super) table: String,
    /// The index that is walked in its place.
    pub(super) index: Option<String>,
    /// The columns that rows are picked by.
    pub(super) columns: Vec<String>,
}

/// An estimate of PostgreSQL's own; -1 = never counted.
const ROWS: &str = "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = to_regclass($1)";
/// How PostgreSQL joins by what it looks up.
const CONDITIONS: [&str; 5] = ["Filter", "Hash Cond", "Merge Cond", "Join Filter", "Recheck Cond"];
const LOOKS_UP: [&str; 8] = ["=", "<", ">", "<=", ">=", "IS", "is", "in"];
/// A list of so many letters is one of ids, and not of kinds.
const LONG: usize = 100;
/// An index of more columns finds no more.
const WIDEST: usize = 3;

/// The walks of a plan, each once.
pub(super) fn walks(plan: &Json) -> Vec<Walk> {
    let mut found = Vec::new();
    let root = plan.get(0).and_then(|first| first.get("Plan"));
    if let Some(root) = root {
        step(root, &mut Vec::new(), false, &mut found);
    }
    found.dedup();
    found
}

fn step<'a>(node: &'a Json, around: &mut Vec<&'a Json>, is_limited: bool, found: &mut Vec<Walk>) {
    let text = |key: &str| node.get(key).and_then(Json::as_str);
    let kind = text("Node Type").unwrap_or_default();
    around.push(node);
    // an index without a condition is walked to its end, unless only its first entries are wanted
    let whole_index = matches!(kind, "Index Scan" | "Index Only Scan") && text("Index Cond").is_none() && !is_limited;
    if kind == "Seq Scan" || whole_index {
        let schema = text("Schema").unwrap_or("public");
        let table = text("Relation Name").unwrap_or_default();
        found.push(Walk {
            table: format!("{schema}.{table}"),
            index: text("Index Name").map(|index| format!("{schema}.{index}")),
            columns: columns(text("Alias").unwrap_or(table), around),
        });
    }
    let is_limited = kind == "Limit" || is_limited && matches!(kind, "Result" | "Subquery Scan" | "LockRows");
    for below in node.get("Plans").and_then(Json::as_array).into_iter().flatten() {
        step(below, around, is_limited, found);
    }
    around.pop();
}

/// The columns of a table by which the conditions on it and around it pick rows.
fn columns(alias: &str, around: &[&Json]) -> Vec<String> {
    let conditions = around.iter().rev().flat_map(|node| CONDITIONS.map(|key| node.get(key)));
    picked(alias, conditions.flatten().filter_map(Json::as_str))
}

/// The columns of a table by which these conditions pick rows, those that pick fewest first.
pub(super) fn picked<'a>(alias: &str, conditions: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut found: Vec<(Picks, String)> = Vec::new();
    for condition in conditions {
        for (picks, column) in compared(alias, condition) {
            if !found.iter().any(|(_, known)| *known == column) {
                found.push((picks, column));
            }
        }
    }
    found.sort_by_key(|(picks, _)| *picks);
    found.into_iter().map(|(_, column)| column).take(WIDEST).collect()
}

/// How few rows a comparison is likely to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Picks {
    /// Those of one row elsewhere, or of a long list.
    One,
    /// Those of a kind.
    Kind,
    /// Those of a span.
    Span,
}

/// `(m.conversation_id = c.id)`: the columns of `m` that are compared as they are.
fn compared(alias: &str, condition: &str) -> Vec<(Picks, String)> {
    let words: Vec<&str> = condition.split_whitespace().collect();
    let mut found = Vec::new();
    for (place, word) in words.iter().enumerate() {
        let Some(column) = column_of(alias, word) else { continue };
        let at = |place: Option<usize>| place.and_then(|place| words.get(place)).copied().unwrap_or_default();
        let (before, after) = (at(place.checked_sub(1)), at(Some(place + 1)));
        let other = if LOOKS_UP.contains(&after) { at(Some(place + 2)) } else { at(place.checked_sub(2)) };
        let list = match (after, other) {
            ("in", list) => list.len(),
            (_, "ANY") => at(Some(place + 3)).len(),
            _ => 0,
        };
        let is_column = other.trim_matches(['(', ')']).starts_with(char::is_alphabetic) && other.contains('.');
        let picks = match (["=", "in"].contains(&after) || before == "=", is_column || list > LONG) {
            (true, true) => Picks::One,
            (true, false) => Picks::Kind,
            (false, _) => Picks::Span,
        };
        if LOOKS_UP.contains(&after) || LOOKS_UP.contains(&before) {
            found.push((picks, column));
        }
    }
    found
}

/// The column in `((m.sender_type)::text`, unless it is made into something else first.
fn column_of(alias: &str, word: &str) -> Option<String> {
    let word = word.trim_start_matches('(');
    let named = |word: &str| Some(word.strip_prefix(alias)?.strip_prefix('.')?.to_owned());
    // MySQL puts the database before it
    let rest = named(word).or_else(|| named(word.split_once('.')?.1))?;
    let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
    rest.get(..end).map(str::to_owned)
}

impl Walk {
    /// Whether it is this table, with or without its schema.
    pub(super) fn is_of(&self, table: &str) -> bool {
        let table = table.replace(['"', '`'], "").to_lowercase();
        self.table == table || self.table.rsplit_once('.').is_some_and(|(_, name)| name == table)
    }

    /// How many rows are walked through, by the database's own estimate.
    pub(super) fn rows(&self, look: &Look<'_>) -> Result<u64> {
        let quoted = |name: &str| name.split('.').map(|part| format!("\"{part}\"")).collect::<Vec<_>>().join(".");
        let walked = quoted(self.index.as_ref().unwrap_or(&self.table));
        let rows = look.rows(ROWS, &[Parameter::Text(&walked)])?;
        let rows: Option<i64> = rows.first().map(|row| row.try_get(0)).transpose()?;
        Ok(rows.and_then(|rows| u64::try_from(rows).ok()).unwrap_or_default())
    }

    /// What it costs, and what would spare it.
    pub(super) fn said(&self, rows: u64) -> String {
        let (table, columns) = (&self.table, self.columns.join(", "));
        let through = self.index.as_ref().map(|index| format!(" by its index {index}")).unwrap_or_default();
        let remedy = if columns.is_empty() {
            "let it begin with rows that an index of the product finds".to_owned()
        } else {
            format!("it needs an index such as {table} ({columns})")
        };
        format!("walks all of {table}{through}, about {rows} rows; {remedy}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plan(node: &Json) -> Json {
        json!([{ "Plan": node }])
    }

    fn scan(kind: &str, table: &str, more: &[(&str, &str)]) -> Json {
        let mut node = json!({ "Node Type": kind, "Schema": "public", "Relation Name": table, "Alias": "m" });
        for (key, value) in more {
            node[*key] = (*value).into();
        }
        node
    }

    #[test]
    fn a_table_that_is_read_from_end_to_end_is_a_walk() {
        let filter = ("Filter", "((m.private = false) AND (lower(m.body) = 'x'::text) AND (m.at > now()))");
        let below = scan("Seq Scan", "messages", &[filter]);
        let joined = json!({ "Node Type": "Hash Join", "Hash Cond": "(m.conversation_id = c.id)", "Plans": [below] });
        let [walk] = walks(&plan(&joined)).try_into().unwrap();
        assert_eq!(walk.columns, ["conversation_id", "private", "at"]);
        assert!(walk.is_of("messages") && walk.is_of("public.\"messages\"") && !walk.is_of("other.messages"));
        assert!(walk.said(7).contains("public.messages (conversation_id, private, at)"), "{}", walk.said(7));
    }

    #[test]
    fn an_index_is_walked_only_where_nothing_is_looked_up_in_it() {
        let index = |more| scan("Index Scan", "messages", &[&[("Index Name", "m_pkey")][..], more].concat());
        assert_eq!(walks(&plan(&index(&[("Index Cond", "(m.id = 1)")]))), []);
        assert_eq!(walks(&plan(&json!({ "Node Type": "Limit", "Plans": [index(&[])] }))), []);
        let [walk] = walks(&plan(&json!({ "Node Type": "Sort", "Plans": [index(&[])] }))).try_into().unwrap();
        assert!(walk.said(1).contains("by its index public.m_pkey"), "{}", walk.said(1));
    }
}
