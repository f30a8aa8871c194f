//! The tables that MariaDB and MySQL read from end to end, and whether an index could have spared it.

use serde_json::Value as Json;

use super::steps::{Walk, picked};

/// A walk, with the rows that the database expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) walk: Walk,
    pub(super) rows: u64,
    /// Whether there is an index that fits, and the database found this cheaper.
    pub(super) is_possible: bool,
}

/// The plan as it can be read; MariaDB does not escape the quotes in a condition (MDEV-16462).
pub(super) fn read(text: &str) -> Option<Json> {
    let mended = || text.lines().map(|line| escaped(line).unwrap_or_else(|| line.to_owned())).collect::<String>();
    serde_json::from_str(text).or_else(|_| serde_json::from_str(&mended())).ok()
}

/// `"attached_condition": "a = "b"",` with the quotes inside escaped.
fn escaped(line: &str) -> Option<String> {
    let (key, value) = line.split_once("\": \"")?;
    let (value, comma) = value.strip_suffix(',').map_or((value, ""), |value| (value, ","));
    Some(format!("{key}\": {}{comma}", Json::from(value.strip_suffix('"')?)))
}

/// The walks of a plan, each once; `tables` are the relation's tables by the names that it gives them.
pub(super) fn walks(plan: &Json, tables: &[(String, String)]) -> Vec<Found> {
    let mut found = Vec::new();
    step(plan, tables, &mut found);
    found
}

fn step(node: &Json, tables: &[(String, String)], found: &mut Vec<Found>) {
    match node {
        Json::Array(nodes) => nodes.iter().for_each(|node| step(node, tables, found)),
        Json::Object(fields) => {
            for walk in of_table(node, tables) {
                if !found.contains(&walk) {
                    found.push(walk);
                }
            }
            fields.values().for_each(|node| step(node, tables, found));
        }
        _ => {}
    }
}

/// A name can stand for several tables, each in a SELECT of its own; the plan does not say for which.
///
/// MySQL has a second form of plans since 8.3 (`explain_json_format_version`), which does not say what was possible.
fn of_table(node: &Json, tables: &[(String, String)]) -> Vec<Found> {
    let text = |key: &str| node.get(key).and_then(Json::as_str);
    let Some(name) = text("alias").or_else(|| text("table_name")) else { return Vec::new() };
    let is_second = text("operation").is_some();
    let is_walk = match (is_second, text("access_type"), text("index_access_type")) {
        (false, Some("ALL" | "index"), _) => true,
        (true, kind, way) => kind == Some("table") || way == Some("index_scan"),
        _ => false,
    };
    if !is_walk {
        return Vec::new();
    }
    let rows = ["rows", "rows_examined_per_scan", "estimated_rows"].iter().find_map(|key| node.get(key)?.as_f64());
    let condition = text("attached_condition").unwrap_or_default().replace('`', "");
    // without a condition only the first entries of an index are wanted
    let few = text("key").is_some() && condition.is_empty();
    let named = tables.iter().filter(|(known, _)| *known == name.to_lowercase());
    named
        .map(|(_, table)| Found {
            walk: Walk {
                table: table.replace('`', ""),
                index: text("key").or_else(|| text("index_name")).map(str::to_owned),
                columns: picked(name, std::iter::once(condition.as_str())),
            },
            rows: whole(rows.unwrap_or_default()),
            is_possible: is_second || node.get("possible_keys").is_some() || few,
        })
        .collect()
}

/// An estimate as a whole number; none is negative, and none so large that it matters.
fn whole(rows: f64) -> u64 {
    format!("{:.0}", rows.max(0.0)).parse().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tables() -> Vec<(String, String)> {
        [("c", "chats"), ("m", "messages"), ("m", "notes")].map(|(name, table)| (name.into(), table.into())).into()
    }

    #[test]
    fn what_is_read_from_end_to_end_is_found_under_both_names_of_the_estimate() {
        for rows in ["rows", "rows_examined_per_scan"] {
            let mut table = json!({ "table_name": "c", "access_type": "ALL",
                "attached_condition": "`desk`.`c`.`status` = 1 and c.user_id = u.`id`" });
            table[rows] = 2000.into();
            let plan = json!({ "query_block": { "nested_loop": [{ "table": table }] } });
            let [found] = walks(&plan, &tables()).try_into().unwrap();
            assert_eq!((found.walk.table.as_str(), found.rows, found.is_possible), ("chats", 2000, false));
            assert_eq!(found.walk.columns, ["user_id", "status"]);
        }
    }

    #[test]
    fn the_second_form_of_mysql_is_read_too() {
        let plan = json!({ "query_plan": { "operation": "Nested loop inner join", "access_type": "join", "inputs": [
            { "operation": "Table scan on c", "alias": "c", "table_name": "chats", "access_type": "table",
              "estimated_rows": 2000.0 },
            { "operation": "Index lookup on m", "alias": "m", "table_name": "messages", "access_type": "index",
              "index_access_type": "index_lookup", "estimated_rows": 7.0 },
        ] } });
        let [found] = walks(&plan, &tables()).try_into().unwrap();
        assert_eq!((found.walk.table.as_str(), found.rows, found.is_possible), ("chats", 2000, true));
    }

    #[test]
    fn a_plan_whose_quotes_are_not_escaped_is_read_all_the_same() {
        let text = "{\n\"query_block\": {\n\"table\": {\n\"table_name\": \"c\",\n\"access_type\": \"ALL\",\n\"rows\": 5,\n\
                    \"attached_condition\": \"c.id = 1 and c.x like '%\"a\\b\":true%'\"\n}\n}\n}";
        assert!(serde_json::from_str::<Json>(text).is_err());
        let [found] = walks(&read(text).unwrap(), &tables()).try_into().unwrap();
        assert_eq!(found.walk.columns, ["id"]);
        assert_eq!(read("no plan"), None);
    }

    #[test]
    fn a_name_of_two_tables_may_be_either_and_a_lookup_is_no_walk() {
        let plan = json!([
            { "table": { "table_name": "m", "access_type": "ALL", "rows": 7, "possible_keys": ["a"] } },
            { "table": { "table_name": "c", "access_type": "ref", "rows": 7 } },
            { "table": { "table_name": "<derived2>", "access_type": "ALL", "rows": 7 } },
        ]);
        let found = walks(&plan, &tables());
        let named: Vec<&str> = found.iter().map(|found| found.walk.table.as_str()).collect();
        assert_eq!((named, found.iter().all(|found| found.is_possible)), (vec!["messages", "notes"], true));
    }
}
