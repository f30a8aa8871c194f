//! doorbell tells people about chat and helpdesk messages that nobody has read or answered.
//!
//! The map of the house, top floor first. Imports point down only; rooms of one floor are strangers.
//!
//! | floor | room | its job |
//! |---|---|---|
//! | command line | [`cli`] | one file per command; only here the clock is read and connections are opened |
//! | the sentence | [`pass`] | what is due, what waits, who hears and why; then claim, re-check, render, send, settle |
//! | settings | [`config`] | the settings file, composed from the rooms' own settings types |
//! | when | [`schedule`] | the slots of a rule; pure |
//! | what | [`desk`] | the chat database, read and never written |
//! | who and why | [`route`] | every decision with its reason; pure |
//! | how much | [`collapse`] | one digest per person; pure |
//! | words | [`render`] | a digest in the operator's templates; pure |
//! | memory | [`ledger`] | what was told, to whom, and what is on its way |
//! | the way out | [`deliver`] | one file per channel, one kind of outcome for all |
//! | servers | [`server`] | how a PostgreSQL server is reached, and what its errors mean; for desk and ledger |
//! | nouns | [`model`] | conversation, message, recipient, rule, digest, delivery, decision, reason, outcome |
//! | spelling | [`notation`] | how values are written in the settings and typed |
//! | crashes | `failpoint` | where tests let a debug build die |
//!
//! Read this file, [`model`] and [`pass`] in that order, and you know the whole program.

pub mod cli;
pub mod collapse;
pub mod config;
pub mod deliver;
pub mod desk;
mod failpoint;
pub mod ledger;
pub mod model;
pub mod notation;
pub mod pass;
pub mod render;
pub mod route;
pub mod schedule;
pub mod server;
