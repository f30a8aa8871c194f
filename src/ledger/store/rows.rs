//! Rows of ours in a statement. `SQLite` runs it once a row, which costs next to nothing; a server would be asked
//! thousands of times over a network, and gets them all at once.

use std::fmt::Write;

use super::Parameter;
use super::spelling;

/// A small table, column by column.
#[derive(Debug, Default)]
pub(in crate::ledger) struct Rows {
    names: Vec<&'static str>,
    columns: Vec<Column>,
    length: usize,
}

#[derive(Debug)]
enum Column {
    Integers(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
}

impl Rows {
    /// Adds a column of numbers.
    pub(in crate::ledger) fn integers<N: Into<Option<i64>>>(
        mut self,
        name: &'static str,
        numbers: impl Iterator<Item = N>,
    ) -> Self {
        let numbers: Vec<_> = numbers.map(Into::into).collect();
        self.length = numbers.len();
        self.names.push(name);
        self.columns.push(Column::Integers(numbers));
        self
    }

    /// Adds a column of texts.
    pub(in crate::ledger) fn texts<T: ToString>(self, name: &'static str, texts: impl Iterator<Item = T>) -> Self {
        self.texts_or_null(name, texts.map(Some))
    }

    /// Adds a column of texts that may be NULL.
    pub(in crate::ledger) fn texts_or_null<T: ToString>(
        mut self,
        name: &'static str,
        texts: impl Iterator<Item = Option<T>>,
    ) -> Self {
        let texts: Vec<_> = texts.map(|text| text.map(|text| text.to_string())).collect();
        self.length = texts.len();
        self.names.push(name);
        self.columns.push(Column::Texts(texts));
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The values of one row after the other.
    pub(super) fn each(&self) -> impl Iterator<Item = Vec<Parameter<'_>>> {
        (0..self.length).map(|row| self.columns.iter().map(|column| column.at(row)).collect())
    }

    /// The values of one column after the other.
    pub(super) fn columns(&self) -> Vec<Parameter<'_>> {
        self.columns
            .iter()
            .map(|column| match column {
                Column::Integers(numbers) => Parameter::IntegerColumn(numbers),
                Column::Texts(texts) => Parameter::TextColumn(texts),
            })
            .collect()
    }

    /// The statement for one row, whose places follow the first ones.
    pub(super) fn of_sqlite(&self, sql: &str, first: usize) -> String {
        let mut row = String::from("(SELECT ");
        for (index, name) in self.names.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            // writing to a String cannot fail
            let _ = write!(row, "{comma}?{} AS {name}", first + index + 1);
        }
        row.push_str(") AS r");
        spelling::of_sqlite(&sql.replace("{rows}", &row)).into_owned()
    }

    /// The statement for all of them.
    pub(super) fn of_postgres(&self, sql: &str, first: usize) -> String {
        let places: Vec<String> = (0..self.names.len()).map(|index| format!("${}", first + index + 1)).collect();
        let rows = format!("unnest({}) AS r({})", places.join(", "), self.names.join(", "));
        spelling::of_postgres(&sql.replace("{rows}", &rows)).into_owned()
    }
}

impl Column {
    fn at(&self, row: usize) -> Parameter<'_> {
        match self {
            Self::Integers(numbers) => Parameter::Integer(numbers.get(row).copied().flatten()),
            Self::Texts(texts) => Parameter::Text(texts.get(row).and_then(|text| text.as_deref()).map(Into::into)),
        }
    }
}
