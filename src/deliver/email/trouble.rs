//! What went wrong and where, and what follows for this mail, this address or the whole channel.
//! The rule of thumb: a code that speaks of the address ends the address, one that speaks of us stops the channel,
//! and only silence after the final dot leaves doubt.

use std::time::Duration;

use rustls::CertificateError;

use super::answer::Answer;
use super::wire::Lost;
use crate::model::{Outcome, Reply};

/// How far a conversation with a server had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Connection,
    Greeting,
    Hello,
    Starttls,
    Login,
    /// MAIL FROM.
    Sender,
    /// RCPT TO.
    Recipient,
    /// DATA, until the server asks for the mail.
    Data,
    /// The mail is going out; its final dot has not.
    Content,
    /// The final dot has gone out.
    End,
}

/// Why a mail did not go.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The server said no.
    Refused(Stage, Answer),
    /// The connection is gone.
    Lost(Stage, Lost),
    /// The server does not offer STARTTLS, or somebody in between took it out.
    NoStarttls,
    /// The server offers no way to log in that we have.
    NoLogin,
    /// Logging in would send the password in plain text.
    PlainLogin,
    /// The mail is larger than the server takes, which it said in advance.
    TooLarge(usize),
    /// The address is not ASCII, and the server cannot take such (RFC 6531).
    NeedsUtf8,
    /// The certificates of the system or of `ca_file` cannot be used.
    NoTrust(rustls::Error),
}

/// A daily limit; the next day is near enough, and the clock of the limit is not ours.
const LIMIT_WAIT: Duration = Duration::from_hours(6);

/// How our words begin when the server's name is unknown; its remedy is another one than a server's refusal.
pub(super) const NO_SUCH_HOST: &str = "no such host";

/// What became of the attempt.
pub(super) fn outcome(trouble: Trouble) -> Outcome {
    match trouble {
        Trouble::Refused(stage, answer) => refused(stage, answer),
        Trouble::Lost(stage, lost) => gone(stage, &lost),
        Trouble::NoStarttls => stop("email.security", "the server does not offer STARTTLS; nothing was sent"),
        Trouble::NoLogin => stop("email.username", "the server offers neither AUTH PLAIN nor AUTH LOGIN"),
        Trouble::PlainLogin => stop("email.security", "the password is not sent over a plain connection"),
        Trouble::TooLarge(most) => Outcome::RefusedMessage(ours(format!("the server takes {most} bytes at most"))),
        Trouble::NeedsUtf8 => {
            Outcome::RefusedRecipient(ours("the address is not ASCII, and the server does not offer SMTPUTF8"))
        }
        Trouble::NoTrust(error) => stop("email.ca_file", format!("no usable certificates: {error}")),
    }
}

/// The channel cannot work until somebody changes `key`.
fn stop(key: &'static str, text: impl Into<String>) -> Outcome {
    Outcome::Misconfigured { key, reply: ours(text) }
}

/// Our own words where the server had none.
fn ours(text: impl Into<String>) -> Reply {
    Reply { code: String::new(), text: text.into() }
}

fn refused(stage: Stage, answer: Answer) -> Outcome {
    // Gmail answers 550 5.4.5 to a limit that is gone tomorrow
    if answer.enhanced == Some((5, 4, 5)) || (answer.code >= 500 && answer.says(&["sending limit", "daily limit"])) {
        return Outcome::Deferred(Some(LIMIT_WAIT), answer.reply());
    }
    if answer.code < 500 {
        return Outcome::Deferred(None, answer.reply());
    }
    if let Some(key) = wrong_setting(stage, &answer) {
        return Outcome::Misconfigured { key, reply: answer.reply() };
    }
    let about_the_address = matches!(answer.enhanced, Some((5, 1, 0..=6 | 10) | (5, 2, 1)))
        || (stage == Stage::Recipient && answer.enhanced.is_none() && matches!(answer.code, 551 | 553));
    if about_the_address && stage != Stage::Sender {
        Outcome::RefusedRecipient(answer.reply())
    } else {
        Outcome::RefusedMessage(answer.reply())
    }
}

/// The setting at fault when a permanent refusal speaks of us and not of one mail.
fn wrong_setting(stage: Stage, answer: &Answer) -> Option<&'static str> {
    match stage {
        Stage::Connection | Stage::Greeting => return Some("email.server"),
        Stage::Hello => return Some("email.hello_name"),
        Stage::Starttls => return Some("email.security"),
        Stage::Login if matches!(answer.code, 500..=504) => return Some("email.username"),
        Stage::Login if answer.code != 530 && answer.code != 538 => return Some("email.password_file"),
        _ => {}
    }
    match (answer.code, answer.enhanced) {
        // RFC 4954, section 6; 5.7.57 is Exchange's "not authenticated"
        (530, _) if answer.says(&["starttls"]) => return Some("email.security"),
        (538, _) => return Some("email.security"),
        (530, _) | (_, Some((5, 7, 57))) => return Some("email.username"),
        (534 | 535, _) => return Some("email.password_file"),
        // 5.7.60 is Exchange's "no permission to send as this sender"
        (_, Some((5, 1, 7 | 8) | (5, 7, 60))) => return Some("email.from"),
        (552, _) | (_, Some((5, 2 | 3, _))) => return None,
        _ => {}
    }
    // Postfix tells about the sender only after RCPT, Amazon SES after the dot
    let sender = ["sender address rejected", "not owned by user", "send as", "sender rejected", "sender not allowed"];
    if answer.says(&sender) || answer.says(&["not verified", "sender is not allowed", "not allowed to send"]) {
        return Some("email.from");
    }
    // Postfix tells about EHLO and about this machine only after RCPT too
    if answer.says(&["helo command rejected"]) {
        return Some("email.hello_name");
    }
    // the relay takes mail from those who log in, or from other networks
    let relay =
        ["relay access denied", "relaying denied", "unable to relay", "relay not permitted", "not permitted to relay"];
    if answer.says(&relay) || answer.says(&["client host rejected", "blocked using"]) {
        return Some("email.username");
    }
    let syntax = matches!(answer.enhanced, Some((5, 5, 1 | 2 | 4 | 5))) || matches!(answer.code, 500 | 502 | 503 | 504);
    match stage {
        // a mail may be refused for what stands in it, but every mail comes from the same sender
        Stage::Sender if !syntax => Some("email.from"),
        // at RCPT it is this one address that the server cannot read
        Stage::Sender | Stage::Data if syntax => Some("email.server"),
        _ => None,
    }
}

/// The connection is gone. Whoever cannot be found or trusted today will not be in the next pass either.
fn gone(stage: Stage, lost: &Lost) -> Outcome {
    if stage == Stage::End {
        return Outcome::Unknown(ours(format!("the mail was handed over, and then {}", cause(lost))));
    }
    match lost {
        // an empty answer from the name servers is an answer; when they cannot be reached it is `Unreachable`
        Lost::NoSuchHost(text) => stop("email.server", format!("{NO_SUCH_HOST}: {text}")),
        Lost::Injected => stop("email.security", "plain text came after STARTTLS, perhaps from somebody in between"),
        Lost::Tls(error) if !has_talked(stage) => stop(tls_key(error), format!("no secure connection: {error}")),
        Lost::NotSmtp if stage == Stage::Greeting => stop("email.server", "what answers there does not speak SMTP"),
        _ => Outcome::Deferred(None, ours(format!("{}: {}", place(stage), cause(lost)))),
    }
}

/// Whether the encryption has carried an answer by then, so that what breaks it now is no matter of settings. A server
/// that refuses ours may say so as late as in place of its first answer (TLS 1.3).
fn has_talked(stage: Stage) -> bool {
    matches!(stage, Stage::Login | Stage::Sender | Stage::Recipient | Stage::Data | Stage::Content | Stage::End)
}

fn tls_key(error: &rustls::Error) -> &'static str {
    match error {
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName
            | CertificateError::NotValidForNameContext { .. }
            | CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::Revoked,
        ) => "email.server",
        rustls::Error::InvalidCertificate(_) => "email.ca_file",
        _ => "email.security",
    }
}

fn cause(lost: &Lost) -> String {
    match lost {
        Lost::NoSuchHost(text) => text.clone(),
        Lost::Unreachable(error) => error.to_string(),
        Lost::Closed => "the server closed the connection".into(),
        Lost::Silent => "the server did not answer in time".into(),
        Lost::NotSmtp => "the server's answer was not SMTP".into(),
        Lost::Injected => "plain text came in between".into(),
        Lost::Tls(error) => format!("the encryption failed: {error}"),
    }
}

fn place(stage: Stage) -> &'static str {
    match stage {
        Stage::Connection => "connect",
        Stage::Greeting => "greeting",
        Stage::Hello => "EHLO",
        Stage::Starttls => "STARTTLS",
        Stage::Login => "AUTH",
        Stage::Sender => "MAIL FROM",
        Stage::Recipient => "RCPT TO",
        Stage::Data => "DATA",
        Stage::Content | Stage::End => "content",
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::discreet::Discreet;
    use super::*;
    use Stage::{Data, End, Greeting, Hello, Login, Recipient, Sender, Starttls};

    /// Short names: what follows, and for the channel which key.
    fn short(outcome: &Outcome) -> String {
        match outcome {
            Outcome::Accepted(_) => "accepted".into(),
            Outcome::Deferred(None, _) => "later".into(),
            Outcome::Deferred(Some(wait), _) => format!("later by {} h", wait.as_secs() / 3_600),
            Outcome::RefusedRecipient(_) => "recipient".into(),
            Outcome::RefusedMessage(_) => "message".into(),
            Outcome::Misconfigured { key, .. } => (*key).into(),
            Outcome::Unknown(_) => "unknown".into(),
        }
    }

    #[track_caller]
    fn case(stage: Stage, code: u16, text: &str, expected: &str) {
        let answer = Answer::new(code, &[text.as_bytes().to_vec()], &Discreet::default());
        assert_eq!(short(&refused(stage, answer)), expected, "{stage:?} {code} {text}");
    }

    #[test]
    fn every_refusal_has_its_consequence() {
        for text in
            ["5.1.1 no such user", "5.1.2 bad domain", "5.1.3 syntax", "5.1.6 moved", "5.1.10 null MX", "5.2.1 off"]
        {
            case(Recipient, 550, text, "recipient");
            case(End, 550, text, "recipient");
        }
        case(Recipient, 551, "user not local", "recipient");
        case(Recipient, 553, "mailbox name not allowed", "recipient");
        case(Recipient, 501, "5.1.3 Bad recipient address syntax", "recipient");
        case(Recipient, 501, "5.5.4 Syntax: RCPT TO:<address>", "message");
        case(Recipient, 550, "whatever", "message");
        case(Recipient, 550, "5.5.0 Requested action not taken: mailbox unavailable", "message");
        case(Recipient, 552, "5.2.2 over quota", "message");
        case(Recipient, 550, "5.2.3 too big for this mailbox", "message");
        case(Recipient, 550, "5.7.1 policy", "message");
        case(Recipient, 554, "5.7.1 <x@y.org>: Relay access denied", "email.username");
        case(Recipient, 550, "5.7.54 SMTP; Unable to relay recipient in non-accepted domain", "email.username");
        case(Recipient, 553, "5.7.1 <d@e.org>: Sender address rejected: not owned by user d", "email.from");
        case(Recipient, 452, "4.2.2 over quota", "later");
        case(Recipient, 450, "4.7.1 greylisted", "later");
        case(Recipient, 421, "4.7.0 too many", "later");
        case(End, 451, "4.3.0 queue", "later");
        case(End, 552, "5.3.4 too big", "message");
        case(End, 554, "5.6.0 content", "message");
        case(End, 554, "5.7.1 spam", "message");
        case(End, 554, "transaction failed", "message");
        case(End, 554, "Message rejected: Email address is not verified.", "email.from");
        case(End, 550, "5.4.5 Daily user sending limit exceeded", "later by 6 h");
        case(Sender, 550, "5.4.5 Daily user sending limit exceeded", "later by 6 h");
        case(Sender, 530, "5.7.0 Authentication Required", "email.username");
        case(Sender, 530, "5.7.0 Must issue a STARTTLS command first", "email.security");
        case(Sender, 530, "5.7.57 Client not authenticated to send mail", "email.username");
        case(Sender, 538, "5.7.11 Encryption required", "email.security");
        case(Sender, 550, "5.1.8 bad sender", "email.from");
        case(Sender, 553, "5.1.7 bad sender", "email.from");
        case(Sender, 550, "5.7.1 sender not allowed", "email.from");
        case(Sender, 550, "5.7.60 Client does not have permissions to send as this sender", "email.from");
        case(Sender, 552, "5.3.4 Message size exceeds fixed limit", "message");
        case(Sender, 503, "5.5.1 nested MAIL", "email.server");
        case(Data, 503, "5.5.1 need RCPT", "email.server");
        case(Data, 554, "5.7.1 no", "message");
        case(Login, 535, "5.7.8 not accepted", "email.password_file");
        case(Login, 534, "5.7.9 Application-specific password required", "email.password_file");
        case(Login, 534, "5.7.14 log in with a browser", "email.password_file");
        case(Login, 550, "no", "email.password_file");
        case(Login, 538, "encrypt", "email.security");
        case(Login, 504, "5.5.4 mechanism", "email.username");
        case(Login, 454, "4.7.0 temporary", "later");
        case(Greeting, 554, "go away", "email.server");
        case(Greeting, 421, "busy", "later");
        case(Hello, 501, "bad name", "email.hello_name");
        case(Starttls, 502, "what?", "email.security");
        case(Starttls, 454, "TLS not available", "later");
    }

    #[test]
    fn words_about_us_at_rcpt_name_the_setting() {
        case(Recipient, 554, "5.7.1 <a[192.0.2.1]>: Client host rejected: Access denied", "email.username");
        case(Recipient, 554, "5.7.1 Client host [192.0.2.1] blocked using x.org", "email.username");
        case(Recipient, 504, "5.5.2 <a>: Helo command rejected: need fully-qualified hostname", "email.hello_name");
    }

    #[test]
    fn only_silence_after_the_final_dot_leaves_doubt() {
        for stage in [Stage::Connection, Greeting, Hello, Starttls, Login, Sender, Recipient, Data, Stage::Content] {
            for lost in [Lost::Closed, Lost::Silent] {
                assert_eq!(short(&gone(stage, &lost)), "later", "{stage:?}");
            }
        }
        for lost in [Lost::Closed, Lost::Silent, Lost::NotSmtp, Lost::Tls(rustls::Error::DecryptError)] {
            assert_eq!(short(&gone(End, &lost)), "unknown");
        }
    }

    #[test]
    fn a_certificate_names_the_setting_that_helps() {
        #[track_caller]
        fn case(error: rustls::Error, expected: &str) {
            assert_eq!(short(&gone(Stage::Connection, &Lost::Tls(error))), expected);
        }
        case(CertificateError::UnknownIssuer.into(), "email.ca_file");
        case(CertificateError::NotValidForName.into(), "email.server");
        case(CertificateError::Expired.into(), "email.server");
        case(rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType), "email.security");
        for stage in [Login, Sender, Recipient, Data, Stage::Content] {
            assert_eq!(short(&gone(stage, &Lost::Tls(rustls::Error::DecryptError))), "later", "{stage:?}");
        }
    }
}
