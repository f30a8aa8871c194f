//! The exit statuses, in one place: help, man page and main read them here.

use std::process::ExitCode;

use rusqlite::ErrorCode;
use thiserror::Error;

use crate::config::Mistake;
use crate::deliver::email::RelayError;
use crate::desk::{AdapterError, DeskError};
use crate::ledger::LedgerError;
use crate::notation::SecretError;
use crate::render::TemplateError;
use crate::server::ServerError;

/// Shown at the end of the help.
pub(super) const HELP: &str = "\
Exit status:
   0  done, or another pass is at it (retries may be waiting)
   1  something new needs a person: a delivery is dead or may have arrived, a rule is held
  64  the command line is wrong
  74  a file or database could not be read or written
  75  something is busy, or a channel does not work for now; what waits is tried again
  78  the settings are wrong, or the server does not accept them";

/// How the program leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The work is done, or another pass is at it.
    Done,
    /// Something new needs a person.
    Attention,
    /// The command line is wrong (sysexits `EX_USAGE`).
    Usage,
    /// A file or database could not be read or written (`EX_IOERR`).
    InputOutput,
    /// Busy or unreachable for now (`EX_TEMPFAIL`).
    TryLater,
    /// The settings are wrong (`EX_CONFIG`).
    Settings,
    /// What `status` says to a monitor: 0 well, 1 warning, 2 critical, 3 unknown.
    Monitor(u8),
}

/// What the command line asked for does not exist or makes no sense.
#[derive(Debug, Error)]
#[error("{0}")]
pub(super) struct UsageError(pub(super) String);

/// The settings do not work on this machine or with this server.
#[derive(Debug, Error)]
#[error("{0}")]
pub(super) struct SettingsError(pub(super) String);

/// Busy or unreachable for now.
#[derive(Debug, Error)]
#[error("{0}")]
pub(super) struct TryLaterError(pub(super) String);

impl Exit {
    /// The number the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Attention => 1,
            Self::Usage => 64,
            Self::InputOutput => 74,
            Self::TryLater => 75,
            Self::Settings => 78,
            Self::Monitor(level) => level,
        }
    }

    /// The status for a pass that ended with this report.
    pub(super) fn of_status(status: u8) -> Self {
        match status {
            0 => Self::Done,
            75 => Self::TryLater,
            78 => Self::Settings,
            _ => Self::Attention,
        }
    }

    /// The status for an error, by the first known cause in its chain.
    pub(super) fn of(error: &anyhow::Error) -> Self {
        error.chain().find_map(of_cause).unwrap_or(Self::InputOutput)
    }
}

fn of_cause(cause: &(dyn std::error::Error + 'static)) -> Option<Exit> {
    if let Some(error) = cause.downcast_ref::<rusqlite::Error>() {
        return Some(match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Exit::TryLater,
            _ => Exit::InputOutput,
        });
    }
    if let Some(error) = cause.downcast_ref::<DeskError>() {
        return Some(match error {
            DeskError::NeedsAdapter { .. }
            | DeskError::NoDesk { .. }
            | DeskError::NoTables { .. }
            | DeskError::Lacks { .. }
            | DeskError::Relation { .. } => Exit::Settings,
            DeskError::OnlyFiles(_) | DeskError::TwoAlike { .. } => Exit::Usage,
        });
    }
    if let Some(error) = cause.downcast_ref::<ServerError>() {
        return Some(match error {
            ServerError::Refused { .. } | ServerError::NoAuthorities { .. } => Exit::Settings,
            ServerError::Away { .. } | ServerError::Conflict { .. } => Exit::TryLater,
            ServerError::Failed { .. } => Exit::InputOutput,
        });
    }
    let settings = cause.is::<Mistake>()
        || cause.is::<SettingsError>()
        || cause.is::<SecretError>()
        || cause.is::<TemplateError>()
        || cause.is::<RelayError>()
        || cause.is::<AdapterError>()
        || cause.is::<LedgerError>();
    match () {
        () if settings => Some(Exit::Settings),
        () if cause.is::<UsageError>() => Some(Exit::Usage),
        () if cause.is::<TryLaterError>() => Some(Exit::TryLater),
        () => None,
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
