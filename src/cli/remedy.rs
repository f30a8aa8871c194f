//! What a person can do about an error of a database, in a sentence: `SQLite`'s own words hold none.

use rusqlite::ErrorCode;

/// What to do now; `None` where the error says it itself or nobody knows.
pub(super) fn of(error: &anyhow::Error) -> Option<&'static str> {
    let code = error.chain().find_map(|cause| cause.downcast_ref::<rusqlite::Error>())?.sqlite_error_code()?;
    match code {
        ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
            Some("see whether its folder is there, and whether this user may read and write file and folder")
        }
        ErrorCode::ReadOnly => Some("give the file and its folder to the user who runs doorbell"),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            Some("another program holds the database; the next pass tries again")
        }
        ErrorCode::DiskFull => Some("free space on that disk; the next pass goes on from there"),
        ErrorCode::DatabaseCorrupt => {
            Some("restore the database from a backup; do not delete a ledger: everything would be told again")
        }
        ErrorCode::NotADatabase => Some("correct desk.url or ledger.path: that file is of another kind"),
        ErrorCode::SystemIoFailure => Some("look at the disk and the system's log: the file cannot be read or written"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context;
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn every_trouble_with_a_file_has_its_remedy() {
        for (code, part) in [
            (ffi::SQLITE_CANTOPEN, "folder"),
            (ffi::SQLITE_READONLY_DIRECTORY, "give the file and its folder"),
            (ffi::SQLITE_BUSY, "next pass"),
            (ffi::SQLITE_FULL, "free space"),
            (ffi::SQLITE_CORRUPT, "do not delete"),
            (ffi::SQLITE_NOTADB, "ledger.path"),
            (ffi::SQLITE_IOERR, "disk"),
        ] {
            let failure: Result<(), _> = Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
            let error = failure.context("open ledger told.db").unwrap_err();
            assert!(of(&error).is_some_and(|remedy| remedy.contains(part)), "{code}: {:?}", of(&error));
        }
        assert_eq!(of(&anyhow::anyhow!("something else")), None);
    }
}
