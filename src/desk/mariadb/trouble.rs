//! What an error of MariaDB or MySQL means for a pass: try again later, or somebody must act.

use std::io;

use super::wire::Fault;
use crate::server::ServerError;

/// What is wrong with a relation's text, the product's tables or our rights, and not with the server; and what to do, where
/// it is not to correct the adapter.
pub(super) fn of_relation(fault: &Fault) -> Option<(String, Option<&'static str>)> {
    let Fault::Said { code, text } = fault else { return None };
    let remedy = match code {
        1142 | 1143 | 1370 => {
            Some("as the owner of the tables: GRANT SELECT, as this prints it: doorbell adapter grants")
        }
        // names, types, words and values (MariaDB knowledge base, "MariaDB Error Codes"; MySQL 8.0 error reference)
        1051..=1055
        | 1060
        | 1064
        | 1066
        | 1103
        | 1109
        | 1111
        | 1140
        | 1146
        | 1149
        | 1191
        | 1210
        | 1221
        | 1222
        | 1235
        | 1241
        | 1242
        | 1247
        | 1248
        | 1253
        | 1267
        | 1270
        | 1271
        | 1292
        | 1305
        | 1356
        | 1365
        | 1366
        | 1411
        | 1525
        | 1548
        | 1582
        | 1630
        | 1690
        | 3141..=3143
        | 4038..=4044 => None,
        _ => return None,
    };
    Some((text.clone(), remedy))
}

/// The error in our words.
pub(super) fn of(fault: &Fault, place: &str) -> ServerError {
    let (what, place) = ("desk", place.to_owned());
    let (reason, remedy) = match fault {
        Fault::Said { code, text } => {
            let reason = format!("{text} (error {code})");
            match remedy(*code) {
                Some(remedy) => (reason, remedy),
                None if passes(*code) => return ServerError::Away { what, place, reason },
                None => return ServerError::Failed { what, place, reason },
            }
        }
        Fault::Lost(error) if is_of_tls(error) => {
            (error.to_string(), "correct desk.url, or name the authority of its certificate in desk.ca_file")
        }
        Fault::Lost(error) => return ServerError::Away { what, place, reason: network(error) },
        Fault::Unencrypted => (
            "the server does not encrypt".into(),
            "give it a certificate (ssl_cert), or write ?sslmode=disable behind desk.url",
        ),
        Fault::SignIn(plugin) => (
            format!("this user signs in by {plugin:?}, which doorbell does not know"),
            "let the user sign in by mysql_native_password, caching_sha2_password or unix_socket",
        ),
        Fault::Strange(why) => {
            (format!("this does not look like MariaDB or MySQL: {why}"), "correct host and port in desk.url")
        }
    };
    ServerError::Refused { what, place, reason, remedy: remedy.into() }
}

/// What only a person can put right.
fn remedy(code: u16) -> Option<&'static str> {
    Some(match code {
        1045 | 1698 => "correct the user in desk.url, or put their password into desk.password_file",
        1130 | 1129 => "let the user of desk.url in from this machine (CREATE USER .. @ ..)",
        1044 => "correct the database in desk.url, or let its user read it (GRANT SELECT)",
        1049 => "correct the database in desk.url",
        1820 | 1862 => "give the user of desk.url a new password, and put it into desk.password_file",
        3118 | 4151 => "unlock the user of desk.url (ALTER USER .. ACCOUNT UNLOCK)",
        3159 | 4077 => "the server wants encryption; write ?sslmode=verify-full behind desk.url",
        _ => return None,
    })
}

/// Whether it passes by itself: too many connections, a server that starts or stops, locks, time-outs, a connection that
/// somebody closed, and a table that was changed since the transaction began.
fn passes(code: u16) -> bool {
    matches!(
        code,
        1020 | 1021 | 1037 | 1038 | 1040 | 1041 | 1053 | 1077 | 1078 | 1079 | 1158
            ..=1161 | 1203 | 1205 | 1213 | 1226 | 1317 | 1412 | 1614 | 1615 | 1637 | 1927 | 1969 | 3024 | 3169
    )
}

fn is_of_tls(error: &io::Error) -> bool {
    error
        .get_ref()
        .is_some_and(|inner| inner.is::<rustls::Error>() || inner.is::<rustls::pki_types::InvalidDnsNameError>())
}

/// A read that took too long ends as one that would have to wait.
fn network(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => "the server does not answer".into(),
        _ => error.to_string(),
    }
}
