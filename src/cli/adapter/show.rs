//! `doorbell adapter show`: the text of an adapter, or of one relation.

use anyhow::Result;
use serde_json::json;

use super::super::exit::UsageError;
use super::super::{Exit, Format, Global, say};
use crate::desk::{Adapter, RELATIONS};
use crate::notation::nearest;

/// Print an adapter, or one relation of it
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// One that comes with doorbell, or a file [default: that of the settings, with the corrections of desk.relations]
    #[arg(value_name = "NAME|FILE")]
    adapter: Option<String>,
    /// Only the SELECT of this relation, such as messages
    #[arg(long, value_name = "NAME")]
    relation: Option<String>,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let adapter = super::chosen(global, arguments.adapter.as_deref())?;
    let only = arguments.relation.as_deref().map(|name| known(&adapter, name)).transpose()?;
    if global.format == Format::Json {
        for (relation, text) in adapter.relations().filter(|(name, _)| only.is_none_or(|only| only.0 == *name)) {
            say::line(&json!({ "adapter": adapter.name(), "relation": relation, "text": text }).to_string());
        }
    } else if let Some((_, text)) = only {
        say::line(text);
    } else {
        say::text(&whole(&adapter));
    }
    Ok(Exit::Done)
}

/// The relation of that name, which the adapter must have.
fn known<'a>(adapter: &'a Adapter, name: &str) -> Result<(&'a str, &'a str)> {
    adapter.relations().find(|(relation, _)| *relation == name).ok_or_else(|| {
        let has: Vec<&str> = adapter.relations().map(|(relation, _)| relation).collect();
        let known = RELATIONS.iter().any(|relation| relation.name == name);
        let meant = nearest(name, has.iter().copied()).filter(|_| !known);
        let meant = meant.map(|meant| format!(" (did you mean {meant}?)")).unwrap_or_default();
        let name_of = adapter.name();
        UsageError(format!("adapter {name_of} has no relation {name:?}{meant}; it has {}", has.join(", "))).into()
    })
}

/// As a file would have it.
fn whole(adapter: &Adapter) -> String {
    let about = adapter.about().lines().map(|line| format!("-- {line}").trim_end().to_owned());
    let head = about.collect::<Vec<_>>().join("\n");
    let parts = adapter.relations().map(|(relation, text)| format!("-- relation: {relation}\n{text}\n"));
    std::iter::once(head + "\n").chain(parts).collect::<Vec<_>>().join("\n")
}
