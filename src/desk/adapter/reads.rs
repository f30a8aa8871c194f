//! What a relation reads: the tables of the product, and the columns that its SELECT names with their table (`c.id`).
//! Not a reader of SQL: it knows parentheses, FROM and JOIN, which is what names depend on.

mod pieces;

use std::collections::{BTreeMap, BTreeSet};

use pieces::{Piece, of_text};

/// What is read of each table, by its name as it is written. No column = the table is named and no more; `*` = all.
pub type Reads = BTreeMap<String, BTreeSet<String>>;

/// What a name in a FROM stands for; `None` = rows that the statement makes itself.
type Names = Vec<(String, Option<String>)>;

/// The names that a part of a statement sees: its own, then those around it.
struct Scope<'a> {
    names: Names,
    /// Whether WITH gave them, so that a FROM may mean them.
    is_with: bool,
    around: Option<&'a Scope<'a>>,
}

/// What may follow a table in place of another name for it.
const NO_NAMES: [&str; 24] = [
    "as",
    "cross",
    "except",
    "fetch",
    "for",
    "force",
    "full",
    "group",
    "having",
    "ignore",
    "inner",
    "intersect",
    "join",
    "lateral",
    "left",
    "limit",
    "natural",
    "offset",
    "on",
    "order",
    "right",
    "straight_join",
    "union",
    "use",
];
const MORE_NO_NAMES: [&str; 4] = ["using", "where", "window", "tablesample"];
/// What divides one SELECT from the next.
const BETWEEN_SELECTS: [&str; 3] = ["union", "intersect", "except"];

/// Adds what a SELECT reads.
pub(super) fn add(text: &str, reads: &mut Reads) {
    query(&of_text(text), None, reads);
}

/// The table that its FROM begins with.
pub(super) fn first_table(text: &str) -> Option<String> {
    let pieces = of_text(text);
    tables(&pieces).into_iter().find_map(|(_, table)| table)
}

/// Every table of a SELECT, by each name that it has there in small letters.
pub(super) fn tables_by_name(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(&[Piece::Group(of_text(text))], &mut found);
    found.sort();
    found.dedup();
    found
}

fn collect(pieces: &[Piece], found: &mut Vec<(String, String)>) {
    for piece in pieces {
        let Piece::Group(inside) = piece else { continue };
        if piece.is_query() {
            found.extend(tables(inside).into_iter().filter_map(|(name, table)| Some((name, table?))));
        }
        collect(inside, found);
    }
}

/// A SELECT, or several that are joined by UNION and the like; each sees its own tables only.
fn query(pieces: &[Piece], around: Option<&Scope<'_>>, reads: &mut Reads) {
    let given = Scope { names: rows_of_its_own(pieces), is_with: true, around };
    for select in pieces.split(|piece| piece.is_one_of(&BETWEEN_SELECTS)) {
        let mut names = tables(select);
        for (_, table) in &mut names {
            // a name that WITH has given is no table
            if table.as_ref().is_some_and(|table| given.gives(table)) {
                *table = None;
            }
        }
        for table in names.iter().filter_map(|(_, table)| table.as_ref()) {
            reads.entry(table.clone()).or_default();
        }
        columns(select, &Scope { names, is_with: false, around: Some(&given) }, reads);
    }
}

/// The names that WITH gives: `WITH name AS (SELECT ..)`.
fn rows_of_its_own(pieces: &[Piece]) -> Names {
    if !pieces.first().is_some_and(|first| first.is("with")) {
        return Names::new();
    }
    let head: Vec<&Piece> = pieces.iter().take_while(|piece| !piece.is("select")).collect();
    let named = head.windows(2).filter(|pair| pair.last().is_some_and(|next| next.is("as")));
    named
        .filter_map(|pair| match pair.first() {
            Some(Piece::Word(name)) => Some((plain(name), None)),
            _ => None,
        })
        .collect()
}

/// The tables of a SELECT's own FROM and JOINs, each by the name that columns call it.
fn tables(select: &[Piece]) -> Names {
    let mut names = Names::new();
    let mut in_from = false;
    for (place, piece) in select.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|before| select.get(before));
        let after = select.get(place + 1..).unwrap_or_default();
        let begins = piece.is("from") && !before.is_some_and(|before| before.is("distinct"));
        if begins || piece.is_one_of(&["join", "straight_join"]) || in_from && matches!(piece, Piece::Mark(',')) {
            in_from = true;
            item(after, &mut names);
        } else if piece.is_one_of(&["where", "group", "order", "having", "limit", "offset", "window"]) {
            in_from = false;
        }
    }
    names
}

/// What stands behind FROM, JOIN or a comma between them: a table, a SELECT, a function, or more of these in parentheses.
fn item(pieces: &[Piece], names: &mut Names) {
    let pieces = match pieces {
        [first, rest @ ..] if first.is_one_of(&["lateral", "only"]) => rest,
        _ => pieces,
    };
    match pieces {
        [first, rest @ ..] if first.is_query() => names.extend(alias(rest).map(|name| (name, None))),
        [Piece::Group(inside), ..] => {
            item(inside, names);
            names.extend(tables(inside));
        }
        [Piece::Word(first), rest @ ..] => {
            let (mut table, mut last, mut rest) = (first.clone(), first, rest);
            while let [Piece::Mark('.'), Piece::Word(next), more @ ..] = rest {
                table = format!("{table}.{next}");
                (last, rest) = (next, more);
            }
            if let [Piece::Group(_), more @ ..] = rest {
                names.push((alias(more).unwrap_or_else(|| plain(last)), None));
            } else {
                names.push((alias(rest).unwrap_or_else(|| plain(last)), Some(table)));
            }
        }
        _ => {}
    }
}

/// The other name that is given.
fn alias(pieces: &[Piece]) -> Option<String> {
    let pieces = match pieces {
        [first, rest @ ..] if first.is("as") => rest,
        _ => pieces,
    };
    match pieces.first() {
        Some(piece @ Piece::Word(name)) if !piece.is_one_of(&NO_NAMES) && !piece.is_one_of(&MORE_NO_NAMES) => {
            Some(plain(name))
        }
        _ => None,
    }
}

/// `table.column`, wherever it stands; a SELECT in parentheses has tables of its own.
fn columns(pieces: &[Piece], scope: &Scope<'_>, reads: &mut Reads) {
    let mut rest = pieces;
    while let [first, more @ ..] = rest {
        rest = more;
        match (first, more) {
            (Piece::Group(inside), _) if first.is_query() => query(inside, Some(scope), reads),
            (Piece::Group(inside), _) => columns(inside, scope, reads),
            (Piece::Word(name), [Piece::Mark('.'), second, after @ ..]) => {
                rest = more.get(1..).unwrap_or_default();
                let is_function = matches!(after.first(), Some(Piece::Group(_)));
                let Some(Some(table)) = scope.finds(name).filter(|_| !is_function) else { continue };
                let column = match second {
                    Piece::Word(column) => column.clone(),
                    Piece::Mark('*') => "*".to_owned(),
                    _ => continue,
                };
                reads.entry(table.clone()).or_default().insert(column);
            }
            _ => {}
        }
    }
}

impl Scope<'_> {
    /// What a name stands for here.
    fn finds(&self, name: &str) -> Option<&Option<String>> {
        let name = plain(name);
        let own = self.names.iter().find(|(known, _)| *known == name).map(|(_, table)| table);
        own.or_else(|| self.around.and_then(|around| around.finds(&name)))
    }

    /// Whether WITH gave this name.
    fn gives(&self, name: &str) -> bool {
        let name = plain(name);
        self.is_with && self.names.iter().any(|(known, _)| *known == name)
            || self.around.is_some_and(|around| around.gives(&name))
    }
}

/// A name as it is compared.
fn plain(name: &str) -> String {
    name.trim_matches(['"', '`']).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(text: &str, expected: &[(&str, &[&str])]) {
        let mut found = Reads::new();
        add(text, &mut found);
        let of = |columns: &[&str]| columns.iter().map(|column| (*column).to_owned()).collect();
        let expected: Reads = expected.iter().map(|(table, columns)| ((*table).to_owned(), of(columns))).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_column_belongs_to_the_table_that_its_name_stands_for() {
        reads(
            "SELECT c.id AS x, lower(c.name) FROM public.people c WHERE c.age > 7",
            &[("public.people", &["age", "id", "name"])],
        );
        reads(
            "SELECT a.x, b.y FROM a, b AS c JOIN d b ON b.z = a.w",
            &[("a", &["w", "x"]), ("b", &[]), ("d", &["y", "z"])],
        );
        reads("SELECT t.x FROM (a t JOIN b ON b.i = t.i)", &[("a", &["i", "x"]), ("b", &["i"])]);
        reads("SELECT f.\"from\", f.`order` FROM f", &[("f", &["\"from\"", "`order`"])]);
        reads("SELECT t.* FROM t", &[("t", &["*"])]);
    }

    #[test]
    fn each_select_has_tables_of_its_own_and_sees_those_around_it() {
        reads(
            "SELECT m.id FROM a m WHERE EXISTS (SELECT FROM b m WHERE m.x = 1) UNION ALL SELECT m.y FROM c m",
            &[("a", &["id"]), ("b", &["x"]), ("c", &["y"])],
        );
        reads("SELECT (SELECT max(m.at) FROM b m WHERE m.c = a.id) FROM a", &[("a", &["id"]), ("b", &["at", "c"])]);
        reads("SELECT l.p FROM a CROSS JOIN LATERAL (SELECT a.q AS p OFFSET 0) l", &[("a", &["q"])]);
        reads("WITH w AS (SELECT t.i FROM t) SELECT w.i FROM w", &[("t", &["i"])]);
        reads("SELECT t.a FROM t WHERE t.b > (SELECT max(s.c) FROM t s)", &[("t", &["a", "b", "c"])]);
    }

    #[test]
    fn what_only_looks_like_a_table_is_none() {
        reads(
            "SELECT extract(epoch FROM c.at), 'FROM x', c.\"a\" IS DISTINCT FROM c.b -- FROM y
             /* FROM z */ FROM c JOIN json_table(c.j, '$') f ON f.k = 1.5 JOIN pg.f(c.l) g ON true",
            &[("c", &["\"a\"", "at", "b", "j", "l"])],
        );
    }

    #[test]
    fn the_table_that_a_from_begins_with_is_found() {
        assert_eq!(first_table("SELECT m.id FROM public.m JOIN u ON true").as_deref(), Some("public.m"));
        assert_eq!(first_table("SELECT 1"), None);
        let named = tables_by_name("SELECT extract(epoch FROM C.at) FROM a C WHERE C.x = (SELECT max(m.y) FROM b m)");
        assert_eq!(named, [("c".into(), "a".into()), ("m".into(), "b".into())]);
    }
}
