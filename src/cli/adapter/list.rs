//! `doorbell adapter list`: the adapters that come with doorbell.

use anyhow::Result;
use serde_json::json;

use super::super::{Exit, Format, Global, say};
use super::product;
use crate::desk::Adapter;

pub(super) fn run(global: &Global) -> Result<Exit> {
    for (name, _) in Adapter::SHIPPED {
        let adapter = Adapter::shipped(name)?;
        let (product, database) = (product::product(&adapter), product::database_in_words(&adapter));
        let (read, missing) = (product::read(&adapter), adapter.missing().map(|relation| relation.name));
        match global.format {
            Format::Json => {
                let missing: Vec<&str> = missing.collect();
                let value =
                    json!({ "name": name, "product": product, "database": database, "read": read, "without": missing });
                say::line(&value.to_string());
            }
            Format::Human => say::line(&format!("{name:<15} {product} on {database}\n{:15} read: {read}", "")),
        }
    }
    Ok(Exit::Done)
}
