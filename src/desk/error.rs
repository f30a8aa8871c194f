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
    /// A number that does not say which conversation is meant.
    #[error("conversations {} and {} both have the number {number}; ask for one by its id", of.0, of.1)]
    TwoAlike {
        /// The number.
        number: String,
        /// Two that have it.
        of: (ConversationId, ConversationId),
    },
}
