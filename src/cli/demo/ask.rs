//! Playing with the sample desk without a chat program: an agent answers, or the contact writes again.

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use super::super::exit::UsageError;
use super::super::{Exit, Format, Global, open, say, time};
use super::next;
use super::sample::Sample;
use crate::config::Config;
use crate::ledger::Ledger;
use crate::model::{ConversationId, Verdict};
use crate::pass::weigh_one;

/// Longer than the grace of the sample's reminder, so that the next run tells.
const AGO: TimeDelta = TimeDelta::minutes(10);
const ANSWER: &str = "Thank you for waiting. It is done.";

/// A conversation of the sample desk, with whom a message is from.
struct Chat {
    id: i64,
    number: String,
    contact: i64,
    contact_name: String,
    agent: i64,
    agent_name: String,
    latest: i64,
}

/// Lets the assignee answer, or the first agent where nobody is assigned.
pub(super) fn answer(global: &Global, sample: &Sample, number: &str) -> Result<Exit> {
    let chat = chat(&sample.connection()?, number)?;
    // an answer between the latest message and an --ask that follows it
    write(sample, &chat, ("agent", chat.agent), ANSWER, place(&chat, AGO + TimeDelta::minutes(1)))?;
    tell(global, sample, &chat, &format!("{} answered {} in #{}.", chat.agent_name, chat.contact_name, chat.number))
}

/// Lets the contact write once more.
pub(super) fn ask(global: &Global, sample: &Sample, number: &str, text: &str) -> Result<Exit> {
    let chat = chat(&sample.connection()?, number)?;
    write(sample, &chat, ("contact", chat.contact), text, place(&chat, AGO))?;
    tell(global, sample, &chat, &format!("{} wrote in #{}, ten minutes ago: {text}", chat.contact_name, chat.number))
}

fn chat(connection: &Connection, number: &str) -> Result<Chat> {
    let sql = "SELECT c.id, c.number, k.id, coalesce(k.name, 'A guest'), a.id, a.name, coalesce(c.last_activity_at, 0)
         FROM conversations c JOIN contacts k ON k.id = c.contact_id
         JOIN agents a ON a.id = coalesce(c.assignee_id, (SELECT min(id) FROM agents))
         WHERE c.number = ?1";
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Chat {
            id: row.get(0)?,
            number: row.get(1)?,
            contact: row.get(2)?,
            contact_name: crate::model::display_name(&row.get::<_, String>(3)?),
            agent: row.get(4)?,
            agent_name: row.get(5)?,
            latest: row.get(6)?,
        })
    };
    connection.query_row(sql, [number.trim_start_matches('#')], read).optional()?.ok_or_else(|| {
        UsageError(format!("the sample desk has no conversation {number:?}; its numbers are 1001 to 1042")).into()
    })
}

/// So long ago, but always after everything that was said: the order of messages is the order of their times.
fn place(chat: &Chat, ago: TimeDelta) -> i64 {
    (Utc::now() - ago).timestamp_millis().max(chat.latest + 1)
}

fn write(sample: &Sample, chat: &Chat, (kind, who): (&str, i64), text: &str, at: i64) -> Result<()> {
    sample
        .connection()?
        .execute(
            "INSERT INTO messages (conversation_id, sender_type, sender_id, body, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![chat.id, kind, who, text, at],
        )
        .with_context(|| format!("write a message into conversation {}", chat.number))?;
    Ok(())
}

fn tell(global: &Global, sample: &Sample, chat: &Chat, what: &str) -> Result<Exit> {
    let config = sample.config()?;
    let id = ConversationId::from(chat.id.to_string());
    let expected = expected(&config, &id, Utc::now())?;
    if global.format == Format::Json {
        say::line(&json!({ "conversation": chat.number, "wrote": what, "next": expected }).to_string());
    } else if !global.quiet {
        say::line(what);
        expected.iter().for_each(|line| say::line(&format!("  {line}")));
        say::line(&format!("\nNow run:\n  {}", next::run(sample)));
        say::line(&format!("and, to see why:\n  {}", next::explain(sample, &chat.number)));
    }
    Ok(Exit::Done)
}

/// What the next run will do about it, a line for each rule that tells now or later.
fn expected(config: &Config, id: &ConversationId, now: DateTime<Utc>) -> Result<Vec<String>> {
    let (desk, ledger) = (open::desk(config)?, Ledger::at_to_read(&config.ledger)?);
    let mut lines = Vec::new();
    for decision in weigh_one(config, &desk.snapshot()?, &ledger, id, now)? {
        let line = match decision.verdict {
            Verdict::Told(_) => format!("rule {} tells the next time it runs", decision.rule),
            Verdict::Later(at, _) => {
                let at = time::shown(at, config.desk.time_zone.0);
                format!("rule {} tells from {at}, when its grace is over", decision.rule)
            }
            Verdict::Skipped(_) => continue,
        };
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    if lines.is_empty() {
        lines.push("nobody will be told about this conversation now".into());
    }
    Ok(lines)
}
