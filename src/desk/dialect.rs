//! Statements are written once, as `SQLite` takes them; here they become what PostgreSQL takes, as far as only the
//! spelling differs. Where an index asks for another shape, `lateral` has a text of its own.

use super::value::Parameter;

/// The SQL of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
    /// Also MySQL's.
    MariaDb,
}

impl Dialect {
    /// That a yes or no is no, whether it is a boolean or a number; NULL = no.
    pub(super) fn no(self, column: &str) -> String {
        match self {
            Self::Sqlite | Self::MariaDb => format!("coalesce({column}, 0) = 0"),
            Self::Postgres => format!("coalesce({column}::integer, 0) = 0"),
        }
    }

    /// The first bytes of a text, as many as the parameter says.
    pub(super) fn first_bytes(self, column: &str, parameter: &str) -> String {
        match self {
            Self::Sqlite => format!("substr(CAST({column} AS BLOB), 1, {parameter})"),
            Self::Postgres => format!("substr(convert_to({column}::text, 'UTF8'), 1, {parameter}::integer)"),
            Self::MariaDb => format!("substr(CAST(CONVERT({column} USING utf8mb4) AS binary), 1, {parameter})"),
        }
    }
}

/// A list of ids is an array of its own, which is looked up in an index key by key.
const LIST: &str = "IN (SELECT value FROM json_each(?";

/// The statement for PostgreSQL: places of parameters, lists, and letters whose case does not matter.
///
/// UUIDs travel as text: the list is cast, never the column.
pub(super) fn for_postgres(sql: &str, parameters: &[Parameter<'_>]) -> String {
    let is_uuids = |place: &str| {
        let index = place.parse::<usize>().ok().and_then(|place| place.checked_sub(1));
        matches!(index.and_then(|index| parameters.get(index)), Some(Parameter::Uuids(_)))
    };
    let mut parts = sql.split(LIST);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (place, rest) = part.split_once("))").unwrap_or((part, ""));
        text.push_str("= ANY ($");
        text.push_str(place);
        text.push_str(if is_uuids(place) { "::uuid[])" } else { ")" });
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
            assert_eq!(for_postgres(sqlite, &[Parameter::Integers(""), Parameter::Texts("")]), postgres);
        }
    }
    #[test]
    fn uuids_are_cast_where_they_come_in() {
        let sql = "SELECT id FROM agents WHERE id IN (SELECT value FROM json_each(?1))";
        assert!(for_postgres(sql, &[Parameter::Uuids("[]")]).ends_with("id = ANY ($1::uuid[])"));
    }
}
