//! doorbell tells people about chat and helpdesk messages that nobody has read or answered.

pub mod deliver;
pub mod model;
pub mod notation;
