//! Servers to send to: Postfix's `smtp-sink`, and one of our own that misbehaves by plan and knows what it took. Servers to
//! read from: PostgreSQL and MariaDB, each a test's own.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "shared by several test programs, each of which uses a part; a test may panic"
)]

mod certificates;
mod http;
mod mariadb;
mod pgbouncer;
mod plan;
mod postgres;
mod programs;
mod python;
mod sink;
mod smtp;
mod web_push;

pub use certificates::Authority;
pub use http::{HttpServer, Reply, Seen};
pub use mariadb::MariaDb;
pub use pgbouncer::{PORT as PGBOUNCER_PORT, PgBouncer};
pub use plan::{Act, At};
pub use postgres::Postgres;
pub use programs::finish;
pub use python::{python, python_program};
pub use sink::{Sink, postfix_program};
pub use smtp::{Accepted, SmtpServer, Tls};
pub use web_push::{AUTH, P256DH, decrypted, read_token};
