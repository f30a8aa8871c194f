//! Connection poolers: one that serves others between two transactions of ours would let go of the locks by which hosts
//! know that a pass lives, or keep them for ever.

use anyhow::Result;
use postgres::{Client, SimpleQueryMessage};

use super::SECTION;
use crate::ledger::Server;
use crate::server::{Access, ServerError, connect, trouble};

/// A setting of ours that a server keeps for the session. Poolers do not know it: some refuse it, others drop it.
const MARK: &str = "-c doorbell.direct=on";
const IS_MARKED: &str = "SELECT current_setting('doorbell.direct', true)";
const PROCESS: &str = "SELECT pg_backend_pid()";

/// A connection to the server itself, or by a pooler that leaves the session to us.
pub(super) fn past_poolers(server: &Server) -> Result<Client> {
    match connect(&server.address, Access { options: MARK, ..server.access() }) {
        Ok(mut client) => {
            let is_direct = ask(server, &mut client, IS_MARKED)?.as_deref() == Some("on");
            if is_direct { Ok(client) } else { by_pooler(server) }
        }
        Err(error) if format!("{error:#}").contains("startup parameter") => by_pooler(server),
        Err(error) => Err(error),
    }
}

/// Refuses a pooler in transaction mode: a second client in a transaction gets the process that served us before.
fn by_pooler(server: &Server) -> Result<Client> {
    let mut ours = connect(&server.address, server.access())?;
    let mut other = connect(&server.address, server.access())?;
    let before = ask(server, &mut ours, PROCESS)?;
    ask(server, &mut other, "BEGIN")?;
    let others = ask(server, &mut other, PROCESS)?;
    let after = ask(server, &mut ours, PROCESS)?;
    if before == after && before != others {
        return Ok(ours);
    }
    let reason = "a connection pooler in transaction mode stands between, which lets go of the locks of a pass".into();
    let remedy = "name the server itself in ledger.url, or a pool in session mode".into();
    Err(ServerError::Refused { what: SECTION, place: server.address.to_string(), reason, remedy }.into())
}

/// The first value of the answer.
fn ask(server: &Server, client: &mut Client, sql: &str) -> Result<Option<String>> {
    let answers = client.simple_query(sql).map_err(|error| trouble(&error, SECTION, &server.address.to_string()))?;
    Ok(answers.iter().find_map(|answer| match answer {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    }))
}
