//! doorbell tells people about chat and helpdesk messages that nobody has read or answered.

pub mod cli;
pub mod collapse;
pub mod config;
pub mod deliver;
pub mod desk;
pub mod ledger;
pub mod model;
pub mod notation;
pub mod pass;
pub mod render;
pub mod route;
pub mod schedule;
