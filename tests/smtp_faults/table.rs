//! Every fault of a mail server, and what must follow: for the mail, for the attempt, for the mails behind it, and
//! when it is tried again.

use crate::scene::Scene::{
    self, Asking, Expired, Full, Large, NoLogin, NoStarttls, Plain, PlainOnly, Refusing, Small, Starttls, Stranger,
    Tls, TlsOnly, WrongName,
};
use crate::servers::Act::{self, Beneath, Deaf, Reset, Silence};
use crate::servers::At::{self, Auth, Content, Data, Dot, Greeting, Handshake, Hello, Mail, Rcpt, Rset, Taken};

/// Whether it is one of the attempts after which the wait grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attempt {
    Counts,
    IsFree,
}

/// What becomes of the mails behind it in this pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Others {
    GoOn,
    /// None begins after the third equal failure in a row. A refusal that is `Never` tried again, or `AtOnce`, is then
    /// blamed on the channel: the attempts count, the mails wait as after any other failure, the pass leaves with 78.
    StopAfter3,
    Stop,
}

/// When it is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// After 2 minutes, a quarter more or less.
    Backoff,
    In6Hours,
    /// In the next pass, since the setting may be mended by then.
    AtOnce,
    Never,
}

/// A fault that meets every mail.
pub(crate) struct Fault {
    pub(crate) scene: Scene,
    pub(crate) acts: Vec<(At, Act)>,
    /// `accepted`, `deferred`, `recipient`, `message`, `unknown`, or the key of the setting that is to blame.
    pub(crate) outcome: &'static str,
    pub(crate) attempt: Attempt,
    pub(crate) others: Others,
    pub(crate) next: Next,
}

/// A fault that meets the second of three mails on one connection.
pub(crate) struct Blow {
    pub(crate) scene: Scene,
    pub(crate) acts: Vec<(At, Act)>,
    pub(crate) outcome: &'static str,
    /// How many the three mails take.
    pub(crate) connections: usize,
}

#[expect(clippy::too_many_lines, reason = "one line for each fault")]
#[rustfmt::skip]
pub(crate) fn faults() -> Vec<Fault> {
    use Attempt::{Counts, IsFree};
    use Next::{AtOnce, Backoff, In6Hours, Never};
    use Others::{GoOn, Stop, StopAfter3};
    vec![
        // the server               what it does                              the mail          the attempt  the others  again

        // the connection
        set(Refusing,                                                         "deferred",            Counts, StopAfter3, Backoff),
        set(Full,                                                             "deferred",            Counts, StopAfter3, Backoff),

        // its first words
        row(Plain,      Greeting,   Silence,                                  "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Greeting,   Reset,                                    "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Greeting,   leave(""),                                "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Greeting,   leave("220 half a li"),                   "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Greeting,   part("220 half a li"),                    "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Greeting,   cut("220 welcome"),                       "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Greeting,   drip("220 one letter after the other"),   "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Greeting,   bye("421 4.3.2 going down"),              "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Greeting,   say("450 4.3.2 busy"),                    "deferred",            Counts, GoOn,       Backoff),
        row(Plain,      Greeting,   say("554 5.7.1 not you"),                 "email.server",        IsFree, Stop,       AtOnce),
        row(Plain,      Greeting,   say("354 go on"),                         "email.server",        IsFree, Stop,       AtOnce),
        row(Plain,      Greeting,   say("999 welcome"),                       "email.server",        IsFree, Stop,       AtOnce),
        row(Plain,      Greeting,   say("HTTP/1.1 400 Bad Request"),          "email.server",        IsFree, Stop,       AtOnce),
        row(Plain,      Greeting,   say("SSH-2.0-OpenSSH_9.2p1"),             "email.server",        IsFree, Stop,       AtOnce),
        row(Plain,      Greeting,   say("220-welcome\r\n554 5.7.1 or not"),   "email.server",        IsFree, Stop,       AtOnce),
        row(Plain,      Greeting,   say(&endless()),                          "email.server",        IsFree, Stop,       AtOnce),
        row(Plain,      Greeting,   say(&many_lines("220")),                  "accepted",            Counts, GoOn,       Never),

        // EHLO
        row(Plain,      Hello,      Silence,                                  "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Hello,      Reset,                                    "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Hello,      leave(""),                                "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Hello,      leave("250-half a li"),                   "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Hello,      cut("250 test"),                          "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Hello,      drip("250 one letter after the other"),   "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Hello,      say("well, hello"),                       "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Hello,      bye("421 4.3.2 going down"),              "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Hello,      say("451 4.3.0 try again"),               "deferred",            Counts, GoOn,       Backoff),
        row(Plain,      Hello,      say("501 5.5.4 bad name"),                "email.hello_name",    IsFree, StopAfter3, AtOnce),
        row(Plain,      Hello,      raw(b"250-test\n250-PIPELINING\n250 8BITMIME\n"), "accepted",    Counts, GoOn,       Never),

        // STARTTLS, and the encryption itself
        set(NoStarttls,                                                       "email.security",      IsFree, Stop,       AtOnce),
        row(Starttls,   At::Starttls, Silence,                                "deferred",            Counts, StopAfter3, Backoff),
        row(Starttls,   At::Starttls, Reset,                                  "deferred",            Counts, StopAfter3, Backoff),
        row(Starttls,   At::Starttls, cut("220 go ahead"),                    "deferred",            Counts, StopAfter3, Backoff),
        row(Starttls,   At::Starttls, drip("220 one letter after the other"), "deferred",            Counts, StopAfter3, Backoff),
        row(Starttls,   At::Starttls, bye("421 4.3.2 going down"),            "deferred",            Counts, StopAfter3, Backoff),
        row(Starttls,   At::Starttls, say("454 4.7.0 TLS not available"),     "deferred",            Counts, StopAfter3, Backoff),
        row(Starttls,   At::Starttls, say("502 5.5.1 what?"),                 "email.security",      IsFree, Stop,       AtOnce),
        row(Starttls,   At::Starttls, say("220 go ahead\r\n235 2.7.0 welcome"), "email.security",    IsFree, Stop,       AtOnce),
        row(Starttls,   Handshake,  Silence,                                  "deferred",            Counts, StopAfter3, Backoff),
        row(Starttls,   Handshake,  Reset,                                    "deferred",            Counts, StopAfter3, Backoff),
        row(Starttls,   Handshake,  bye("not TLS at all"),                    "email.security",      IsFree, Stop,       AtOnce),
        row(Tls,        Handshake,  Silence,                                  "deferred",            Counts, StopAfter3, Backoff),
        row(Tls,        Handshake,  Reset,                                    "deferred",            Counts, StopAfter3, Backoff),
        row(Tls,        Handshake,  leave(""),                                "deferred",            Counts, StopAfter3, Backoff),
        row(Tls,        Handshake,  trickle(b"\x16\x03\x03\x01\x00 half a hello"), "deferred",       Counts, StopAfter3, Backoff),
        row(Tls,        Hello,      Reset,                                    "deferred",            Counts, StopAfter3, Backoff),
        set(PlainOnly,                                                        "email.security",      IsFree, Stop,       AtOnce),
        set(TlsOnly,                                                          "deferred",            Counts, StopAfter3, Backoff),
        set(Expired,                                                          "email.server",        IsFree, Stop,       AtOnce),
        set(WrongName,                                                        "email.server",        IsFree, Stop,       AtOnce),
        set(Stranger,                                                         "email.ca_file",       IsFree, Stop,       AtOnce),
        set(Asking,                                                           "email.security",      IsFree, Stop,       AtOnce),

        // AUTH
        set(NoLogin,                                                          "email.username",      IsFree, StopAfter3, AtOnce),
        row(Tls,        Auth,       Silence,                                  "deferred",            Counts, StopAfter3, Backoff),
        row(Tls,        Auth,       Reset,                                    "deferred",            Counts, StopAfter3, Backoff),
        row(Tls,        Auth,       leave("235 2.7"),                         "deferred",            Counts, StopAfter3, Backoff),
        row(Tls,        Auth,       cut("235 2.7.0 welcome"),                 "deferred",            Counts, StopAfter3, Backoff),
        row(Tls,        Auth,       drip("235 one letter after the other"),   "deferred",            Counts, StopAfter3, Backoff),
        row(Tls,        Auth,       say("who are you?"),                      "deferred",            Counts, StopAfter3, Backoff),
        row(Tls,        Auth,       bye("421 4.7.0 too many logins"),         "deferred",            Counts, StopAfter3, Backoff),
        row(Tls,        Auth,       say("454 4.7.0 Temporary failure"),       "deferred",            Counts, StopAfter3, Backoff),
        row(Tls,        Auth,       say("535 5.7.8 not accepted"),            "email.password_file", IsFree, Stop,       AtOnce),
        row(Tls,        Auth,       say("534 5.7.9 app password required"),   "email.password_file", IsFree, Stop,       AtOnce),
        row(Tls,        Auth,       say("538 5.7.11 encryption required"),    "email.security",      IsFree, Stop,       AtOnce),
        row(Tls,        Auth,       say("504 5.5.4 no such mechanism"),       "email.username",      IsFree, StopAfter3, AtOnce),

        // MAIL FROM
        row(Plain,      Mail,       Silence,                                  "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Mail,       Reset,                                    "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Mail,       leave(""),                                "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Mail,       leave("250 half a li"),                   "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Mail,       cut("250 2.1.0 fine"),                    "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Mail,       drip("250 one letter after the other"),   "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Mail,       say("fine"),                              "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Mail,       say("650 2.1.0 fine"),                    "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Mail,       say("250-2.1.0 fine\r\n550 5.1.8 or not"), "deferred",           Counts, StopAfter3, Backoff),
        row(Plain,      Mail,       say(&endless()),                          "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Mail,       say(&"250-again\r\n".repeat(50_000)),     "deferred",            Counts, StopAfter3, Backoff),
        row(Tls,        Mail,       Beneath(b"not TLS at all".to_vec()),      "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Mail,       bye("421 4.3.2 going down"),              "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Mail,       say("451 4.3.0 try again"),               "deferred",            Counts, GoOn,       Backoff),
        row(Plain,      Mail,       say("452 4.3.1 disk full"),               "deferred",            Counts, GoOn,       Backoff),
        row(Plain,      Mail,       say("550 5.4.5 Daily sending limit"),     "deferred",            Counts, Stop,       In6Hours),
        row(Plain,      Mail,       say("550 5.7.1 sender not allowed"),      "email.from",          IsFree, StopAfter3, AtOnce),
        row(Plain,      Mail,       say("553 5.1.8 bad sender"),              "email.from",          IsFree, StopAfter3, AtOnce),
        row(Plain,      Mail,       say("530 5.7.0 Authentication required"), "email.username",      IsFree, StopAfter3, AtOnce),
        row(Plain,      Mail,       say("530 5.7.0 Must issue a STARTTLS"),   "email.security",      IsFree, Stop,       AtOnce),
        row(Plain,      Mail,       say("535 5.7.8 who are you?"),            "email.password_file", IsFree, Stop,       AtOnce),
        row(Plain,      Mail,       say("503 5.5.1 nested MAIL"),             "email.server",        IsFree, Stop,       AtOnce),
        row(Plain,      Mail,       say("552 5.3.4 too large"),               "message",             Counts, StopAfter3, Never),
        set(Small,                                                            "message",             Counts, GoOn,       Never),

        // RCPT TO
        row(Plain,      Rcpt,       Silence,                                  "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Rcpt,       Reset,                                    "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Rcpt,       leave("550 5.1.1 half a li"),             "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Rcpt,       part("550 5.1.1 half a li"),              "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Rcpt,       cut("250 2.1.5 fine"),                    "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Rcpt,       drip("250 one letter after the other"),   "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Rcpt,       say("250-2.1.5 ok\r\n550 5.1.1 or not"),  "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Rcpt,       bye("421 4.3.2 going down"),              "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Rcpt,       say("450 4.7.1 greylisted"),              "deferred",            Counts, GoOn,       Backoff),
        row(Plain,      Rcpt,       say("452 4.2.2 mailbox full"),            "deferred",            Counts, GoOn,       Backoff),
        row(Plain,      Rcpt,       say("550 5.1.1 unknown"),                 "recipient",           Counts, GoOn,       Never),
        row(Plain,      Rcpt,       say("551 user not local"),                "recipient",           Counts, GoOn,       Never),
        row(Plain,      Rcpt,       raw(b"550 5.1.1 gibt's nicht, m\xf6glich\n"), "recipient",       Counts, GoOn,       Never),
        row(Plain,      Rcpt,       say("550 unknown"),                       "message",             Counts, StopAfter3, Never),
        row(Plain,      Rcpt,       say("550 5.7.1 policy"),                  "message",             Counts, StopAfter3, Never),
        row(Plain,      Rcpt,       say("552 5.2.2 over quota"),              "message",             Counts, StopAfter3, Never),
        row(Plain,      Rcpt,       echo("554 5.7.1 <{}>: Relay access denied"), "email.username",   IsFree, StopAfter3, AtOnce),
        row(Plain,      Rcpt,       say("554 5.7.1 Client host [::1] blocked using a list"), "email.username", IsFree, StopAfter3, AtOnce),
        row(Plain,      Rcpt,       say("504 5.5.2 <box>: Helo command rejected: need FQDN"), "email.hello_name", IsFree, StopAfter3, AtOnce),
        row(Plain,      Rcpt,       say("553 5.7.1 Sender address rejected"), "email.from",          IsFree, StopAfter3, AtOnce),

        // DATA
        row(Plain,      Data,       Silence,                                  "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Data,       Reset,                                    "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Data,       leave("354 half a li"),                   "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Data,       drip("354 one letter after the other"),   "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Data,       say("250 2.0.0 no need"),                 "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Data,       say("354 go on\r\n250 2.0.0 queued"),     "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Data,       bye("421 4.3.2 going down"),              "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Data,       say("451 4.3.0 try again"),               "deferred",            Counts, GoOn,       Backoff),
        row(Plain,      Data,       say("503 5.5.1 need RCPT"),               "email.server",        IsFree, Stop,       AtOnce),
        row(Plain,      Data,       say("554 5.7.1 no"),                      "message",             Counts, StopAfter3, Never),

        // the mail; what is larger than the buffers on the way cannot have left when the connection breaks
        row(Plain,      Content,    bye("421 4.3.2 going down"),              "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Content,    bye("552 5.3.4 too large"),               "message",             Counts, StopAfter3, Never),
        row(Plain,      Content,    Reset,                                    "unknown",             Counts, StopAfter3, Backoff),
        row(Plain,      Content,    Deaf,                                     "unknown",             Counts, StopAfter3, Backoff),
        row(Large,      Content,    Reset,                                    "deferred",            Counts, StopAfter3, Backoff),
        row(Large,      Content,    Deaf,                                     "deferred",            Counts, StopAfter3, Backoff),
        row(Large,      Content,    bye("552 5.3.4 too large"),               "message",             Counts, StopAfter3, Never),

        // the final dot, and the mail is not taken
        row(Plain,      Dot,        Silence,                                  "unknown",             Counts, StopAfter3, Backoff),
        row(Plain,      Dot,        Reset,                                    "unknown",             Counts, StopAfter3, Backoff),
        row(Plain,      Dot,        say("354 and on"),                        "unknown",             Counts, StopAfter3, Backoff),
        row(Plain,      Dot,        bye("421 4.3.2 going down"),              "deferred",            Counts, StopAfter3, Backoff),
        row(Plain,      Dot,        say("451 4.3.0 try again"),               "deferred",            Counts, GoOn,       Backoff),
        row(Plain,      Dot,        say("452 4.3.1 disk full"),               "deferred",            Counts, GoOn,       Backoff),
        row(Plain,      Dot,        say("550 5.4.5 Daily sending limit"),     "deferred",            Counts, Stop,       In6Hours),
        row(Plain,      Dot,        say("552 5.3.4 too large"),               "message",             Counts, StopAfter3, Never),
        row(Plain,      Dot,        say("554 5.7.1 looks like spam"),         "message",             Counts, StopAfter3, Never),
        row(Plain,      Dot,        say("550 5.1.1 unknown after all"),       "recipient",           Counts, GoOn,       Never),
        row(Plain,      Dot,        say("554 Email address is not verified"), "email.from",          IsFree, StopAfter3, AtOnce),

        // the final dot, and the mail is taken: whether anybody heard is in doubt unless a whole answer comes in time
        row(Plain,      Taken,      Silence,                                  "unknown",             Counts, StopAfter3, Backoff),
        row(Plain,      Taken,      Reset,                                    "unknown",             Counts, StopAfter3, Backoff),
        row(Plain,      Taken,      leave(""),                                "unknown",             Counts, StopAfter3, Backoff),
        row(Plain,      Taken,      leave("250 2.0.0 que"),                   "unknown",             Counts, StopAfter3, Backoff),
        row(Plain,      Taken,      part("250 2.0.0 que"),                    "unknown",             Counts, StopAfter3, Backoff),
        row(Plain,      Taken,      late("250 2.0.0 queued"),                 "unknown",             Counts, StopAfter3, Backoff),
        row(Plain,      Taken,      drip("250 one letter after the other"),   "unknown",             Counts, StopAfter3, Backoff),
        row(Plain,      Taken,      bye("nonsense"),                          "unknown",             Counts, StopAfter3, Backoff),
        row(Plain,      Taken,      say("999 queued"),                        "unknown",             Counts, StopAfter3, Backoff),
        row(Plain,      Taken,      say("250-2.0.0 queued\r\n550 5.1.1 no"),  "unknown",             Counts, StopAfter3, Backoff),
        row(Plain,      Taken,      say(&endless()),                          "unknown",             Counts, StopAfter3, Backoff),
        row(Tls,        Taken,      Reset,                                    "unknown",             Counts, StopAfter3, Backoff),
        row(Tls,        Taken,      Beneath(b"not TLS at all".to_vec()),      "unknown",             Counts, StopAfter3, Backoff),
        row(Plain,      Taken,      cut("250 2.0.0 queued"),                  "accepted",            Counts, GoOn,       Never),
        row(Plain,      Taken,      say(&format!("250 {}", "x".repeat(100_000))), "accepted",        Counts, GoOn,       Never),
        row(Plain,      Taken,      say(&many_lines("250")),                  "accepted",            Counts, GoOn,       Never),
        row(Plain,      Taken,      raw(b"250 2.0.0 Nachricht l\xe4uft\r\n"), "accepted",            Counts, GoOn,       Never),
        row(Plain,      Taken,      raw(b"250-2.0.0 bare\n250 2.0.0 line feeds\n"), "accepted",      Counts, GoOn,       Never),
        row(Plain,      Taken,      say("250"),                               "accepted",            Counts, GoOn,       Never),
    ]
}

/// The mails before and behind are accepted.
#[rustfmt::skip]
pub(crate) fn blows() -> Vec<Blow> {
    let unknown = || (Rcpt, say("550 5.1.1 unknown"));
    let idle = || (Mail, bye("421 4.4.2 idle too long"));
    let junk = || Beneath(b"not TLS at all".to_vec());
    vec![
        // the server  what it does                                                    the mail  connections

        // a kept connection that died is replaced, once
        blow(Plain, [(Mail, Reset)],                                                   "accepted",  2),
        blow(Plain, [(Mail, leave(""))],                                               "accepted",  2),
        blow(Plain, [idle()],                                                          "accepted",  2),
        blow(Tls,   [(Mail, Reset)],                                                   "accepted",  2),
        blow(Tls,   [(Mail, junk())],                                                  "accepted",  2),
        blow(Plain, [(Mail, Reset), (Mail, Reset)],                                    "deferred",  3),
        blow(Plain, [(Mail, leave("")), (Mail, leave(""))],                            "deferred",  3),
        blow(Plain, [idle(), idle()],                                                  "deferred",  3),
        blow(Plain, [(Mail, Silence)],                                                 "deferred",  2),

        // a refusal costs neither the others nor the connection
        blow(Plain, [unknown()],                                                       "recipient", 1),
        blow(Plain, [(Rcpt, say("450 4.7.1 greylisted"))],                             "deferred",  1),
        blow(Plain, [(Dot, say("554 5.7.1 looks like spam"))],                         "message",   1),
        blow(Plain, [unknown(), (Data, say("354 go on anyway"))],                      "recipient", 1),

        // unless the server ends it or says no to what comes after
        blow(Plain, [unknown(), (Rset, say("500 5.5.2 what?"))],                       "recipient", 2),
        blow(Plain, [unknown(), (Rset, bye("421 4.3.2 going down"))],                  "recipient", 2),
        blow(Plain, [unknown(), (Rset, Reset)],                                        "recipient", 2),
        blow(Plain, [unknown(), (Rset, Silence)],                                      "recipient", 2),
        blow(Plain, [(Rcpt, bye("421 4.3.2 going down"))],                             "deferred",  2),
        blow(Plain, [(Data, bye("421 4.3.2 going down"))],                             "deferred",  2),
        blow(Plain, [(Dot, bye("421 4.3.2 going down"))],                              "deferred",  2),

        // words about us that only one mail hears are about that mail
        blow(Plain, [(Mail, say("553 5.1.8 bad sender"))],                             "message",   1),
        blow(Plain, [(Rcpt, say("554 5.7.1 Relay access denied"))],                    "message",   1),

        // an answer too many is not taken for the next one
        blow(Plain, [(Taken, say("250 2.0.0 queued\r\n250 2.0.0 and again"))],         "accepted",  2),
    ]
}

fn row(scene: Scene, at: At, act: Act, outcome: &'static str, attempt: Attempt, others: Others, next: Next) -> Fault {
    Fault { scene, acts: vec![(at, act)], outcome, attempt, others, next }
}

/// A server that is at fault without doing anything.
fn set(scene: Scene, outcome: &'static str, attempt: Attempt, others: Others, next: Next) -> Fault {
    Fault { scene, acts: Vec::new(), outcome, attempt, others, next }
}

fn blow<const N: usize>(scene: Scene, acts: [(At, Act); N], outcome: &'static str, connections: usize) -> Blow {
    Blow { scene, acts: acts.into(), outcome, connections }
}

/// A whole line.
fn say(line: &str) -> Act {
    raw(format!("{line}\r\n").as_bytes())
}

fn raw(bytes: &[u8]) -> Act {
    Act::Say(bytes.to_vec())
}

/// A whole line, with the address that was named in place of `{}`.
fn echo(line: &str) -> Act {
    Act::Echo(format!("{line}\r\n"))
}

/// Half a line, and nothing more.
fn part(line: &str) -> Act {
    Act::Hang(line.as_bytes().to_vec())
}

/// Half a line, and the end of the connection.
fn leave(line: &str) -> Act {
    Act::Leave(line.as_bytes().to_vec())
}

/// A whole line, and the end of the connection.
fn bye(line: &str) -> Act {
    Act::Leave(format!("{line}\r\n").into_bytes())
}

/// A whole line, and a reset.
fn cut(line: &str) -> Act {
    Act::Break(format!("{line}\r\n").into_bytes())
}

/// A whole line in about three seconds.
fn drip(line: &str) -> Act {
    Act::Drip(format!("{line}\r\n").into_bytes(), 100)
}

fn trickle(bytes: &[u8]) -> Act {
    Act::Drip(bytes.to_vec(), 100)
}

/// A whole line, a second after the time-out.
fn late(line: &str) -> Act {
    Act::Late(format!("{line}\r\n").into_bytes(), 2_000)
}

/// A megabyte without a line end.
fn endless() -> String {
    "2".repeat(1_000_000)
}

/// An answer of 100 KB.
fn many_lines(code: &str) -> String {
    format!("{code}-2.0.0 more to say about this\r\n").repeat(3_000) + code + " 2.0.0 done"
}
