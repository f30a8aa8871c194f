//! Statements are written once, as `SQLite` takes them; here they become what PostgreSQL takes, as far as only the
//! spelling differs. Where an index asks for another shape, `lateral` has a text of its own.

/// The SQL of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
    /// Also MySQL's.
    MariaDb,
}

/// A list of ids is an array of its own, which is looked up in an index key by key.
const LIST: &str = "IN (SELECT value FROM json_each(?";

/// The statement for PostgreSQL: places of parameters, lists, and letters whose case does not matter.
pub(super) fn for_postgres(sql: &str) -> String {
    let mut parts = sql.split(LIST);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (place, rest) = part.split_once("))").unwrap_or((part, ""));
        text.push_str("= ANY ($");
        text.push_str(place);
        text.push(')');
        text.push_str(rest);
    }
    text.replace("email = ?1 COLLATE NOCASE", "lower(email) = lower($1)")
        .replace("CROSS JOIN conversations", "JOIN conversations")
        .replace('?', "$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_spelling_changes() {
        for (sqlite, postgres) in [
            ("SELECT id FROM agents WHERE id = ?1", "SELECT id FROM agents WHERE id = $1"),
            (
                "WHERE a = ?1 AND b IN (SELECT value FROM json_each(?2)) ORDER BY b",
                "WHERE a = $1 AND b = ANY ($2) ORDER BY b",
            ),
            ("WHERE email = ?1 COLLATE NOCASE LIMIT 1", "WHERE lower(email) = lower($1) LIMIT 1"),
            (
                "FROM sla_deadlines d CROSS JOIN conversations c ON c.id = 1",
                "FROM sla_deadlines d JOIN conversations c ON c.id = 1",
            ),
        ] {
            assert_eq!(for_postgres(sqlite), postgres);
        }
    }
}
