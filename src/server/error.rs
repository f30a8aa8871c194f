//! Why a server does not answer, in our words.

use std::path::PathBuf;

use thiserror::Error;

/// Why a server cannot be used. `what` is the section of the settings that names it, `place` the database and where it
/// is, without a secret.
#[derive(Debug, Error)]
pub enum ServerError {
    /// Nobody answers, or not now.
    #[error("reach {what} {place}: {reason}; the next pass tries again")]
    Away {
        /// desk or ledger.
        what: &'static str,
        /// The database.
        place: String,
        /// What happened.
        reason: String,
    },
    /// The server does not let us in, or is not the one that was meant.
    #[error("{what} {place}: {reason}; {remedy}")]
    Refused {
        /// desk or ledger.
        what: &'static str,
        /// The database.
        place: String,
        /// What the server said.
        reason: String,
        /// What to do.
        remedy: String,
    },
    /// Others changed the same rows, or held them for too long: the same succeeds when tried again.
    #[error("{what} {place}: {reason}; the next pass tries again")]
    Conflict {
        /// desk or ledger.
        what: &'static str,
        /// The database.
        place: String,
        /// What the server said.
        reason: String,
    },
    /// The server could not answer.
    #[error("{what} {place}: {reason}")]
    Failed {
        /// desk or ledger.
        what: &'static str,
        /// The database.
        place: String,
        /// What the server said.
        reason: String,
    },
    /// The authorities to trust cannot be read.
    #[error("{what}.ca_file: read {}: {reason}; it must hold the certificate of the authority, in PEM form", file.display())]
    NoAuthorities {
        /// desk or ledger.
        what: &'static str,
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}
