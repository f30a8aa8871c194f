//! What is wrong with a desk or with a question to it, where somebody must act.

use std::path::PathBuf;

use thiserror::Error;

use crate::model::ConversationId;

/// Why a desk cannot answer.
#[derive(Debug, Error)]
pub enum DeskError {
    /// The file is a database of something else.
    #[error(
        "{} is no desk, it has no {missing}; name the chat database in desk.url, or make a desk with: doorbell init",
        path.display()
    )]
    NoDesk {
        /// The file.
        path: PathBuf,
        /// The tables that it lacks.
        missing: String,
    },
    /// The database on the server is one of something else, or its tables are in a schema that is not searched.
    #[error(
        "{desk} is no desk, it has no {missing} where this user looks (search_path); name the chat database in \
         desk.url, or make the tables with schema.postgresql.sql"
    )]
    NoTables {
        /// The database.
        desk: String,
        /// The tables that it lacks.
        missing: String,
    },
    /// There are no tables of our own for MariaDB.
    #[error(
        "desk {desk} is on MariaDB or MySQL, where only the tables of other products are read; name which in desk.adapter"
    )]
    NeedsAdapter {
        /// The database.
        desk: String,
    },
    /// The host program has changed its tables.
    #[error("desk {desk}: {problems}")]
    Lacks {
        /// The database.
        desk: String,
        /// What is missing, with the remedy.
        problems: String,
    },
    /// The adapter and the product's tables do not fit together.
    #[error("relation {relation} of adapter {adapter}: {reason}; {remedy}")]
    Relation {
        /// The relation.
        relation: &'static str,
        /// The adapter's name.
        adapter: String,
        /// What is wrong.
        reason: String,
        /// What to do.
        remedy: String,
    },
    /// What only a desk in a file can do.
    #[error("{0}")]
    OnlyFiles(&'static str),
    /// A number that does not say which conversation is meant.
    #[error("conversations {} and {} both have the number {number}; ask for one by its id", of.0, of.1)]
    TwoAlike {
        /// The number.
        number: String,
        /// Two that have it.
        of: (ConversationId, ConversationId),
    },
}
