//! What a person can do about an outcome, in a sentence.

use super::trouble::NO_SUCH_HOST;
use crate::model::{Outcome, Reply};

/// What to do now; empty where nothing needs doing.
pub fn remedy(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted(_) => "",
        Outcome::Deferred(Some(_), _) => {
            "the account's sending limit is used up: wait for the next day, set email.per_minute, or use a relay with a higher limit"
        }
        Outcome::Deferred(None, reply) => later(reply),
        Outcome::RefusedRecipient(_) => "correct the person's address in the desk",
        Outcome::RefusedMessage(_) => {
            "the server refuses this mail: show less of the conversations (show = \"snippet\"), or ask who runs the server why"
        }
        Outcome::Misconfigured { key, reply } => setting(key, reply),
        Outcome::Unknown(_) => "it may have arrived; if this happens often, raise email.final_timeout",
    }
}

fn later(reply: &Reply) -> &'static str {
    let text = reply.text.as_str();
    if text.starts_with("greeting:") {
        "the server takes the connection and says nothing: with port 465 set email.security = \"tls\", with 587 or 25 \"starttls\""
    } else if text.starts_with("connect:") {
        "check host and port in email.server, and whether a firewall lets them through"
    } else {
        "it is tried again in a later pass"
    }
}

fn setting(key: &str, reply: &Reply) -> &'static str {
    match key {
        "email.password_file" if reply.code.starts_with("534") => {
            "the provider wants a password made for this program: create an app password (Google: account, security, 2-step verification, app passwords) and put it into email.password_file"
        }
        "email.password_file" => {
            "check email.username and email.password_file; Google, Microsoft and Yahoo take app passwords only, never the account's own"
        }
        "email.username" => {
            "the server sends only for those who log in: set email.username and email.password_file, or ask who runs the server to allow this machine"
        }
        "email.from" => {
            "the server does not let this account send as email.from: use the account's own address, or have the address allowed or verified there"
        }
        "email.ca_file" => {
            "the certificate is not signed by an authority this machine knows: put the PEM of your own authority, not of the server, into email.ca_file"
        }
        "email.security" => {
            "port and protection do not fit: 465 goes with email.security = \"tls\", 587 and 25 with \"starttls\", a plain relay on this machine with \"none\""
        }
        "email.hello_name" => "set email.hello_name to the full name of this machine, such as \"mail.example.com\"",
        "email.server" if reply.text.starts_with(NO_SUCH_HOST) => {
            "correct the host name in email.server, or ask whoever runs the name server of this machine"
        }
        "email.outbox" => "let email.outbox name a folder that doorbell may write to",
        _ => {
            "check email.server: its name, its port, the name and the dates of its certificate, and whether it lets this machine in"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::trouble::{Stage, Trouble, outcome};
    use super::super::wire::Lost;
    use super::*;

    #[test]
    fn every_setting_at_fault_is_named_in_its_remedy() {
        for key in [
            "email.password_file",
            "email.username",
            "email.from",
            "email.ca_file",
            "email.security",
            "email.server",
            "email.hello_name",
            "email.outbox",
        ] {
            let outcome = Outcome::Misconfigured { key, reply: Reply::default() };
            assert!(remedy(&outcome).contains(key), "{key}: {}", remedy(&outcome));
        }
    }

    #[test]
    fn an_unknown_host_is_no_matter_of_certificates() {
        let lost = Lost::NoSuchHost("Name or service not known".into());
        let remedy = remedy(&outcome(Trouble::Lost(Stage::Connection, lost)));
        assert!(
            remedy.contains("correct the host name in email.server") && !remedy.contains("certificate"),
            "{remedy}"
        );
    }

    #[test]
    fn a_google_account_is_sent_to_its_app_passwords() {
        let reply = Reply { code: "534 5.7.9".into(), text: "Application-specific password required".into() };
        let outcome = Outcome::Misconfigured { key: "email.password_file", reply };
        assert!(remedy(&outcome).contains("app password"));
    }
}
