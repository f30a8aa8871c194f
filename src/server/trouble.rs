//! What an error of PostgreSQL means for a pass: try again later, or somebody must act. Its detail is left out: it can
//! hold what stands in rows.

use std::error::Error as _;
use std::io;

use postgres::Error;
use postgres::error::SqlState;

use super::ServerError;

/// Whether the statement names a table, a column or a function that is not there, or is of another type.
pub fn is_of_schema(error: &Error) -> bool {
    let of_schema = [
        SqlState::UNDEFINED_TABLE,
        SqlState::UNDEFINED_COLUMN,
        SqlState::UNDEFINED_FUNCTION,
        SqlState::DATATYPE_MISMATCH,
        SqlState::INSUFFICIENT_PRIVILEGE,
    ];
    error.code().is_some_and(|code| of_schema.contains(code))
}

/// The error in our words; `what` is the section of the settings that names the server, `place` where it is.
pub fn trouble(error: &Error, what: &'static str, place: &str) -> ServerError {
    let place = place.to_owned();
    let Some(said) = error.as_db_error() else {
        let reason = causes(error);
        if is_network(error) {
            return ServerError::Away { what, place, reason };
        }
        let remedy = format!("correct {what}.url, {what}.ca_file or {what}.password_file");
        return ServerError::Refused { what, place, reason, remedy };
    };
    // a value that cannot be converted stands in the message, and it may be what a customer wrote
    let message =
        if said.code().code().starts_with("22") { "a value is not what it should be" } else { said.message() };
    let reason = format!("{message} (SQLSTATE {})", said.code().code());
    match remedy(said.code(), what) {
        Some(remedy) => ServerError::Refused { what, place, reason, remedy },
        // a desk is only read, and asked again by the next pass
        None if what == "ledger" && is_conflict(said.code()) => ServerError::Conflict { what, place, reason },
        None if passes(said.code()) => ServerError::Away { what, place, reason },
        None => ServerError::Failed { what, place, reason },
    }
}

/// What only a person can put right.
fn remedy(code: &SqlState, what: &str) -> Option<String> {
    Some(match *code {
        SqlState::INVALID_PASSWORD => format!("put the password of that user into {what}.password_file"),
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            format!("correct the user in {what}.url, or let them in with a line in the server's pg_hba.conf")
        }
        // a standby that was none when it was asked
        SqlState::READ_ONLY_SQL_TRANSACTION if what == "desk" => "name the primary in desk.url".into(),
        SqlState::INVALID_CATALOG_NAME => format!("correct the database in {what}.url"),
        SqlState::READ_ONLY_SQL_TRANSACTION if what == "ledger" => {
            "name the primary in ledger.url, or of several hosts the one that may write: target_session_attrs=read-write"
                .into()
        }
        SqlState::UNDEFINED_TABLE | SqlState::UNDEFINED_COLUMN if what == "ledger" => {
            "a part of the ledger is gone: restore it from a backup, or begin anew with: doorbell uninstall --yes".into()
        }
        SqlState::INSUFFICIENT_PRIVILEGE | SqlState::INVALID_SCHEMA_NAME if what == "ledger" => {
            "give the user a schema of its own: CREATE SCHEMA doorbell AUTHORIZATION ..".into()
        }
        SqlState::INSUFFICIENT_PRIVILEGE => {
            "as the owner of the tables: GRANT SELECT ON ALL TABLES IN SCHEMA .. TO ..".into()
        }
        SqlState::UNDEFINED_TABLE
        | SqlState::UNDEFINED_COLUMN
        | SqlState::UNDEFINED_FUNCTION
        | SqlState::DATATYPE_MISMATCH
            if what == "desk" =>
        {
            "make the tables as schema.postgresql.sql does".into()
        }
        _ => return None,
    })
}

/// Deadlocks, locks that others hold, and statements that took too long.
fn is_conflict(code: &SqlState) -> bool {
    code.code().starts_with("40") || *code == SqlState::LOCK_NOT_AVAILABLE || *code == SqlState::QUERY_CANCELED
}

/// Whether it passes by itself: connections that broke or are too many, a server that starts or stops, locks, time-outs
/// and conflicts (PostgreSQL 15 manual, appendix A: classes 08, 40, 53, 55 and 57).
fn passes(code: &SqlState) -> bool {
    let timed_out = ["25P03", "25P04"].contains(&code.code());
    timed_out || ["08", "40", "53", "55", "57"].iter().any(|class| code.code().starts_with(class))
}

fn is_network(error: &Error) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    // a handshake that fails is an error of reading with the reason inside
    let in_tls =
        |cause: &io::Error| cause.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>);
    error.is_closed() || cause.is_some_and(|cause| !in_tls(cause))
}

/// The error and its causes, which PostgreSQL's client does not say at once.
fn causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let next_text = next.to_string();
        if !text.contains(&next_text) {
            text = format!("{text}: {next_text}");
        }
        cause = next.source();
    }
    text
}
