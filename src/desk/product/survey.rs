//! One relation of an adapter on the database at hand: its columns, its words, what it finds, and how that is found.

use anyhow::Result;

use super::{Native, native, plan};
use crate::desk::adapter::{Relation, words};
use crate::desk::{DeskError, Snapshot};
use crate::notation::nearest;

/// So many rows are looked through for words that the contract does not have.
const SAMPLE: usize = 10_000;
/// Words that nobody knows are named up to this many a column.
const NAMED: usize = 5;

/// What is wrong with a relation, and what somebody may want to know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// What keeps it from being read, or makes reading it too dear, with the remedy.
    pub problems: Vec<String>,
    /// What it can be read with.
    pub notes: Vec<String>,
}

impl Snapshot<'_> {
    /// Looks at columns, words and plans of a relation, without reading more of it than a sample; nothing is found where
    /// the adapter does without it.
    pub fn survey(&self, relation: &'static Relation) -> Result<Survey> {
        let mut survey = Survey::default();
        let looked = self.look_at(relation, &mut survey);
        refused(looked, &mut survey)?;
        Ok(survey)
    }

    /// How many rows it has.
    pub fn count(&self, relation: &'static Relation) -> Result<u64> {
        let (name, mut count) = (relation.name, 0);
        self.each(name, &format!("SELECT count(*) AS counted FROM {name}"), &[], |row| {
            count = row.integer("counted")?.and_then(|count| u64::try_from(count).ok()).unwrap_or_default();
            Ok(())
        })?;
        Ok(count)
    }

    fn look_at(&self, relation: &'static Relation, survey: &mut Survey) -> Result<()> {
        let Some(product) = self.product() else { return Ok(()) };
        let Some(text) = product.adapter.text(relation.name) else { return Ok(()) };
        let columns = self.columns_of(product, relation.name, text)?;
        survey.notes.extend(unknown(relation, &columns));
        let (lacking, misfits): (Vec<_>, Vec<_>) = native::misfits(product, self.dialect(), relation, &columns)
            .into_iter()
            .partition(|(name, _)| columns.iter().all(|(there, _)| there != name));
        if let [_, _, ..] = lacking.as_slice() {
            let names: Vec<&str> = lacking.iter().map(|(name, _)| *name).collect();
            let remedy = "add them, as NULL in a type of theirs where the product has no such thing";
            survey.problems.push(format!("its SELECT has no columns {}; {remedy}", names.join(", ")));
        } else {
            survey.problems.extend(lacking.iter().map(|(_, fault)| said(fault)));
        }
        survey.problems.extend(misfits.iter().map(|(_, fault)| said(fault)));
        if !survey.problems.is_empty() {
            return Ok(());
        }
        plan::examine(self, product, relation, survey)?;
        if !survey.problems.is_empty() {
            return Ok(());
        }
        // some rights are asked for no earlier than for the first row
        self.each(relation.name, &format!("SELECT * FROM {} LIMIT 1", relation.name), &[], |_| Ok(()))?;
        for column in relation.columns {
            survey.notes.extend(self.strange_words(relation, column.name)?);
        }
        Ok(())
    }

    /// The words of a column that the contract does not have.
    fn strange_words(&self, relation: &'static Relation, column: &str) -> Result<Option<String>> {
        let known = words(relation.name, column);
        if known.is_empty() {
            return Ok(None);
        }
        let name = relation.name;
        let sql = format!("SELECT DISTINCT {column} AS word FROM (SELECT {column} FROM {name} LIMIT {SAMPLE}) sample");
        let mut strange = Vec::new();
        self.each(name, &sql, &[], |row| {
            strange.extend(row.text("word")?.filter(|word| !known.contains(&word.as_str())));
            Ok(())
        })?;
        if strange.is_empty() {
            return Ok(None);
        }
        strange.sort();
        let more = if strange.len() > NAMED { " and more" } else { "" };
        strange.truncate(NAMED);
        let (strange, known) = (strange.join(", "), known.join(", "));
        Ok(Some(format!("column {column} has words that are not known: {strange}{more}; those are {known}")))
    }
}

/// Columns that nobody reads: perhaps one that is misspelt.
fn unknown(relation: &Relation, columns: &[(String, Native)]) -> Vec<String> {
    let known = || relation.columns.iter().map(|column| column.name);
    let unread = columns.iter().filter(|(name, _)| known().all(|known| known != name));
    let note = |name: &str| {
        let meant = nearest(name, known()).map(|meant| format!(" (did you mean {meant}?)")).unwrap_or_default();
        format!("column {name} is not read{meant}")
    };
    unread.map(|(name, _)| note(name)).collect()
}

/// What the database says of the relation is a finding; everything else is an error still.
pub(super) fn refused(looked: Result<()>, survey: &mut Survey) -> Result<()> {
    let Err(error) = looked else { return Ok(()) };
    let fault = error.chain().find_map(|cause| cause.downcast_ref::<DeskError>());
    let Some(fault @ DeskError::Relation { .. }) = fault else { return Err(error) };
    survey.problems.push(said(fault));
    Ok(())
}

/// A fault without the names that every line of a survey begins with.
fn said(fault: &DeskError) -> String {
    match fault {
        DeskError::Relation { reason, remedy, .. } => format!("{reason}; {remedy}"),
        other => other.to_string(),
    }
}
