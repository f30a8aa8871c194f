//! Email over real connections: what arrives, what is made of every refusal and every fault, and what never leaks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod servers;

use std::fs;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use chrono::{DateTime, Utc};
use doorbell::deliver::email::{Mail, Relay, Settings, remedy};
use doorbell::model::{Outcome, Recipient, RecipientId, Words};
use mail_parser::{Message, MessageParser};
use servers::{Act, At, Authority, Sink, SmtpServer, Tls};

/// Longer than any time-out of the settings below, all together.
const NO_HANG: Duration = Duration::from_secs(30);
const PASSWORD: &str = "hunter2-and-more";

fn recipient(address: &str, name: &str) -> Recipient {
    let id = RecipientId::Agent("7".into());
    Recipient { id, name: name.into(), address: address.into(), device: None, time_zone: chrono_tz::Tz::UTC }
}

fn words(text: &str) -> Words {
    Words { subject: "2 conversations wait".into(), text: text.into(), html: format!("<p>{text}</p>") }
}

fn mail(address: &str) -> Mail {
    Mail {
        recipient: recipient(address, "Ada Lovelace"),
        words: words("Hello"),
        uid: "0123456789abcdef0123456789abcdef".into(),
        thread: Some("thread-7".into()),
        now: DateTime::<Utc>::from_timestamp(1_795_000_000, 0).unwrap(),
        redirected_to: None,
    }
}

fn settings(keys: &str) -> Settings {
    toml::from_str(&format!("from = \"Support desk <desk@example.com>\"\n{keys}")).unwrap()
}

/// To a plain server on this machine, with short time-outs.
fn plain(port: u16, keys: &str) -> Relay {
    let server =
        format!("server = \"127.0.0.1:{port}\"\nsecurity = \"none\"\ntimeout = \"1s\"\nfinal_timeout = \"1s\"\n");
    Relay::new(&settings(&(server + keys)), Path::new("/")).unwrap()
}

/// Sends within a time; a hang fails the test and not the whole suite.
fn send(relay: Relay, mail: Mail) -> Outcome {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let outcome = relay.lane().send(&mail);
        let _ = sender.send(outcome);
    });
    receiver.recv_timeout(NO_HANG).expect("no outcome in time")
}

fn sent_to(server: &SmtpServer) -> Outcome {
    send(plain(server.port, ""), mail("ada@example.org"))
}

/// What follows, in one word, and for the channel the key.
fn short(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Accepted(_) => "accepted",
        Outcome::Deferred(..) => "deferred",
        Outcome::RefusedRecipient(_) => "recipient",
        Outcome::RefusedMessage(_) => "message",
        Outcome::Misconfigured { key, .. } => key,
        Outcome::Unknown(_) => "unknown",
    }
}

fn parsed(bytes: &[u8]) -> Message<'_> {
    MessageParser::default().parse(bytes).unwrap()
}

/// The bytes of a mail as the oracle took them.
fn arrived(keys: &str, mail: &Mail) -> Vec<u8> {
    let server = SmtpServer::start(Tls::Never);
    let outcome = plain(server.port, keys).lane().send(mail);
    assert_eq!(short(&outcome), "accepted", "{outcome:?}");
    server.accepted().pop().unwrap().bytes
}

fn header<'a>(message: &'a Message<'_>, name: &str) -> Option<&'a str> {
    message.header_raw(name.to_owned()).map(str::trim)
}

fn say(text: &str) -> Act {
    Act::Say(format!("{text}\r\n").into_bytes())
}

mod what_arrives {
    use super::*;

    #[test]
    fn postfix_takes_the_mail_and_a_stranger_can_read_it() {
        let sink = Sink::start(&[]).unwrap();
        let outcome = plain(sink.port, "").lane().send(&mail("ada@example.org"));
        assert_eq!(short(&outcome), "accepted", "{outcome:?}");
        let mails = sink.mails();
        let message = parsed(&mails[0]);
        assert!(header(&message, "X-Mail-Args").unwrap().starts_with("<desk@example.com>"));
        assert!(header(&message, "X-Rcpt-Args").unwrap().starts_with("<ada@example.org>"));
        assert_eq!(message.subject(), Some("2 conversations wait"));
        assert_eq!(message.body_text(0).unwrap().trim_end(), "Hello");
        assert_eq!(message.body_html(0).unwrap().trim_end(), "<p>Hello</p>");
    }

    #[test]
    fn the_headers_say_who_to_whom_when_and_that_no_machine_should_answer() {
        let bytes = arrived("reply_to = \"Help <help@example.com>\"", &mail("ada@example.org"));
        let message = parsed(&bytes);
        for (name, value) in [
            ("From", "\"Support desk\" <desk@example.com>"),
            ("Reply-To", "Help <help@example.com>"),
            ("To", "\"Ada Lovelace\" <ada@example.org>"),
            ("Date", "Wed, 18 Nov 2026 11:06:40 +0000"),
            ("Message-ID", "<0123456789abcdef0123456789abcdef@example.com>"),
            ("In-Reply-To", "<thread-7@example.com>"),
            ("References", "<thread-7@example.com>"),
            ("Auto-Submitted", "auto-generated"),
            ("X-Auto-Response-Suppress", "All"),
            ("List-Id", "<doorbell.example.com>"),
            ("MIME-Version", "1.0"),
        ] {
            assert_eq!(header(&message, name), Some(value), "{name}");
        }
        assert_eq!(header(&message, "List-Unsubscribe"), None);
    }

    #[test]
    fn one_click_is_offered_beside_https_only() {
        let bytes = arrived("list_unsubscribe = \"https://example.com/stop?t=1\"", &mail("ada@example.org"));
        let message = parsed(&bytes);
        assert_eq!(header(&message, "List-Unsubscribe"), Some("<https://example.com/stop?t=1>"));
        assert_eq!(header(&message, "List-Unsubscribe-Post"), Some("List-Unsubscribe=One-Click"));
        let bytes = arrived("list_unsubscribe = \"mailto:stop@example.com\"", &mail("ada@example.org"));
        let message = parsed(&bytes);
        assert_eq!(header(&message, "List-Unsubscribe"), Some("<mailto:stop@example.com>"));
        assert_eq!(header(&message, "List-Unsubscribe-Post"), None);
    }

    #[test]
    fn a_repeat_is_the_same_to_the_byte() {
        let one = mail("ada@example.org");
        assert_eq!(arrived("", &one), arrived("", &one));
        let other = Mail { uid: "ffff".into(), ..one.clone() };
        assert_ne!(arrived("", &one), arrived("", &other));
    }

    #[test]
    fn any_text_arrives_as_it_was_written() {
        #[track_caller]
        fn case(text: &str, expected: &str) {
            let letter = Mail { words: words(text), ..mail("ada@example.org") };
            let bytes = arrived("", &letter);
            assert!(bytes.is_ascii(), "8-bit bytes went out for {text:?}");
            let longest = bytes.split(|byte| *byte == b'\n').map(<[u8]>::len).max().unwrap();
            assert!(longest <= 999, "a line of {longest} bytes went out for {text:?}");
            let bare = bytes.windows(2).any(|pair| (pair[0] == b'\r') != (pair[1] == b'\n'));
            assert!(!bare, "a bare CR or LF went out for {text:?}");
            let message = parsed(&bytes);
            let read = message.body_text(0).unwrap().replace("\r\n", "\n");
            assert_eq!(read.strip_suffix('\n').unwrap_or(&read), expected, "{text:?}");
            assert!(message.body_html(0).unwrap().starts_with("<p>"));
        }
        case(".\n..\n.leading\nmiddle.\n.", ".\n..\n.leading\nmiddle.\n.");
        case("a\r\n.\r\nQUIT\r\nb", "a\n.\nQUIT\nb");
        case(&"x".repeat(5_000), &"x".repeat(5_000));
        case("Grüße, 世界 🦀", "Grüße, 世界 🦀");
        case(&"日本語の長い行".repeat(400), &"日本語の長い行".repeat(400));
        case("lone\rCR and\0NUL", "loneCR andNUL");
        case("--=_0123456789abcdef0123456789abcdef--\nafter", "--=_0123456789abcdef0123456789abcdef--\nafter");
        case("", "");
    }

    #[test]
    fn a_name_or_subject_adds_no_header_and_no_endless_line() {
        for hostile in [
            "Ada\r\nBcc: spy@example.net",
            "Ada\nBcc: spy@example.net\n\nbody",
            "A\0da",
            "\"Ada\" <x@y>, Bcc:",
            "\u{202e}adA",
            &"Ada".repeat(33_000),
        ] {
            let mut letter = mail("ada@example.org");
            letter.recipient.name = hostile.into();
            letter.words.subject = hostile.into();
            letter.uid = format!("{hostile}>\r\nBcc: spy@example.net");
            letter.thread = Some(hostile.into());
            let bytes = arrived("", &letter);
            let longest = bytes.split(|byte| *byte == b'\n').map(<[u8]>::len).max().unwrap();
            assert!(longest <= 999, "a line of {longest} bytes went out for {hostile:.60?}");
            let message = parsed(&bytes);
            assert_eq!(message.header("Bcc"), None, "{hostile:?}");
            assert_eq!(message.to().unwrap().iter().count(), 1, "{hostile:?}");
            assert_eq!(message.to().unwrap().first().unwrap().address(), Some("ada@example.org"), "{hostile:?}");
            assert_eq!(message.body_text(0).unwrap().trim_end(), "Hello", "{hostile:?}");
        }
    }

    #[test]
    fn a_redirected_mail_goes_there_alone_and_only_hints_at_whom_it_was_for() {
        let server = SmtpServer::start(Tls::Never);
        let letter = Mail { redirected_to: Some("trial@example.com".into()), ..mail("ada@example.org") };
        assert_eq!(short(&plain(server.port, "").lane().send(&letter)), "accepted");
        let accepted = server.accepted().pop().unwrap();
        assert_eq!(accepted.recipients, ["trial@example.com"]);
        let text = String::from_utf8(accepted.bytes).unwrap();
        assert!(
            text.contains("To: trial@example.com\r\n") && text.contains("X-Original-To: a***@e***.org\r\n"),
            "{text}"
        );
        assert!(!text.contains("ada@example.org") && !text.contains("Lovelace"), "{text}");
    }

    #[test]
    fn a_megabyte_of_words_is_no_trouble() {
        let server = SmtpServer::start(Tls::Never);
        let text = "Grüße aus der Zeile\n".repeat(50_000);
        let letter = Mail { words: words(&text), ..mail("ada@example.org") };
        assert_eq!(short(&send(plain(server.port, ""), letter)), "accepted");
        let accepted = server.accepted().pop().unwrap();
        assert_eq!(parsed(&accepted.bytes).body_text(0).unwrap().matches("Grüße").count(), 50_000);
    }

    #[test]
    fn eight_lanes_deliver_every_mail_once() {
        let sink = Sink::start(&[]).unwrap();
        let relay = plain(sink.port, "");
        thread::scope(|scope| {
            for lane in 0..8 {
                let mut out = relay.lane();
                scope.spawn(move || {
                    for number in 0..25 {
                        let letter = Mail { uid: format!("m{lane}-{number}"), ..mail("ada@example.org") };
                        assert_eq!(short(&out.send(&letter)), "accepted");
                    }
                });
            }
        });
        let mails = sink.mails();
        let mut ids: Vec<String> = mails.iter().map(|mail| parsed(mail).message_id().unwrap().to_owned()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!((mails.len(), ids.len()), (200, 200));
    }

    #[test]
    fn a_server_without_pipelining_gets_one_command_at_a_time() {
        let sink = Sink::start(&["-p"]).unwrap();
        let relay = plain(sink.port, "");
        let mut lane = relay.lane();
        for _ in 0..3 {
            assert_eq!(short(&lane.send(&mail("ada@example.org"))), "accepted");
        }
        assert_eq!(sink.mails().len(), 3);
    }

    #[test]
    fn an_address_beyond_ascii_goes_only_where_it_is_welcome() {
        let letter = mail("zoë@example.org");
        let server = SmtpServer::start(Tls::Never);
        assert_eq!(short(&send(plain(server.port, ""), letter.clone())), "recipient");
        let server = SmtpServer::start(Tls::Never).offers(&["SMTPUTF8", "8BITMIME"]);
        assert_eq!(short(&send(plain(server.port, ""), letter)), "accepted");
        assert_eq!(server.accepted().pop().unwrap().recipients, ["zoë@example.org"]);
        assert!(server.heard().iter().any(|line| line.starts_with("MAIL") && line.ends_with("SMTPUTF8")));
    }
}

mod refusals {
    use super::*;

    #[test]
    fn a_mail_over_the_size_limit_is_not_even_announced() {
        let server = SmtpServer::start(Tls::Never).offers(&["SIZE 1000"]);
        let letter = Mail { words: words(&"long ".repeat(500)), ..mail("ada@example.org") };
        let outcome = send(plain(server.port, ""), letter);
        assert_eq!(short(&outcome), "message");
        assert!(!server.heard().iter().any(|line| line.starts_with("MAIL")), "{:?}", server.heard());
    }

    #[test]
    fn the_servers_words_are_kept_without_addresses() {
        let server =
            SmtpServer::start(Tls::Never).at(At::Rcpt, say("550-5.1.1 <ada@example.org>\r\n550 5.1.1 unknown here"));
        let Outcome::RefusedRecipient(reply) = sent_to(&server) else { panic!("not refused") };
        assert_eq!((reply.code.as_str(), reply.text.as_str()), ("550 5.1.1", "<a***@e***.org> unknown here"));
    }

    #[test]
    fn an_address_that_is_none_reaches_no_server() {
        let server = SmtpServer::start(Tls::Never);
        let outcome = send(plain(server.port, ""), mail("ada@example.org>\r\nRCPT TO:<spy@example.net"));
        assert_eq!((short(&outcome), server.connections()), ("recipient", 0));
        assert!(!format!("{outcome:?}").contains("ada@example.org"));
    }

    #[test]
    fn a_mail_is_not_taken_because_the_server_said_so_before_it_had_it() {
        for at in [At::Greeting, At::Hello, At::Data] {
            let answer = if at == At::Data { "354 go\r\n250 2.0.0 taken" } else { "250 mx\r\n250 2.0.0 taken" };
            let server = SmtpServer::start(Tls::Never).at(at, say(answer)).at(At::Dot, say("554 5.6.0 no"));
            let outcome = sent_to(&server);
            assert_eq!((short(&outcome), server.accepted().len()), ("deferred", 0), "{at:?}: {outcome:?}");
        }
    }
}

mod encryption {
    use super::*;

    /// A relay to `localhost` with a password, which trusts the authority.
    fn relay(port: u16, authority: &Authority, keys: &str) -> Relay {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.pem"), &authority.pem).unwrap();
        let password = folder.path().join("password");
        fs::write(&password, PASSWORD).unwrap();
        fs::set_permissions(&password, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let server = format!(
            "server = \"localhost:{port}\"\ntimeout = \"1s\"\nusername = \"desk\"\npassword_file = \"password\"\n"
        );
        Relay::new(&settings(&(server + keys)), folder.path()).unwrap()
    }

    const TRUSTED: &str = "ca_file = \"ca.pem\"\n";
    const IMPLICIT: &str = "ca_file = \"ca.pem\"\nsecurity = \"tls\"\n";
    const LOGINS: [&str; 2] = ["PIPELINING", "AUTH PLAIN LOGIN"];

    /// No form of the password was ever said in plain text.
    #[track_caller]
    fn assert_discreet(server: &SmtpServer) {
        let plain = server.heard_in_plain_text().join("\n");
        assert!(!plain.contains("AUTH") && !plain.contains(PASSWORD), "{plain}");
    }

    #[test]
    fn both_ways_of_encryption_carry_login_and_mail() {
        let authority = Authority::new();
        let config = authority.server("localhost");
        for (tls, keys) in [(Tls::FromTheStart(config.clone()), IMPLICIT), (Tls::Starttls(config), TRUSTED)] {
            for offers in [&LOGINS[..], &["AUTH LOGIN"]] {
                let server = SmtpServer::start(tls.clone()).offers(offers);
                let relay = relay(server.port, &authority, keys);
                let told = relay.probe().unwrap();
                assert!(told.contains("TLS 1.3") && told.contains("logged in") && told.contains("AUTH"), "{told}");
                let mut lane = relay.lane();
                for _ in 0..2 {
                    assert_eq!(short(&lane.send(&mail("ada@example.org"))), "accepted");
                }
                assert_eq!((server.connections(), server.accepted().len()), (2, 2));
                assert!(server.heard().iter().any(|line| line.starts_with("AUTH")));
                assert_discreet(&server);
            }
        }
    }

    #[test]
    fn a_large_mail_arrives_whole_through_encryption() {
        let authority = Authority::new();
        let server = SmtpServer::start(Tls::FromTheStart(authority.server("localhost"))).offers(&LOGINS);
        let text = ".a line that begins with a dot\n".repeat(20_000);
        let letter = Mail { words: words(&text), ..mail("ada@example.org") };
        assert_eq!(short(&send(relay(server.port, &authority, IMPLICIT), letter)), "accepted");
        let accepted = server.accepted().pop().unwrap();
        assert_eq!(parsed(&accepted.bytes).body_text(0).unwrap().replace("\r\n", "\n").trim_end(), text.trim_end());
    }

    #[test]
    fn a_certificate_of_a_strange_authority_is_trusted_only_where_anybody_is() {
        #[track_caller]
        fn case(authority: &Authority, tls: Tls, keys: &str, expected: &str) {
            let server = SmtpServer::start(tls).offers(&LOGINS);
            let outcome = send(relay(server.port, authority, keys), mail("ada@example.org"));
            assert_eq!(short(&outcome), expected, "{outcome:?}");
            assert!(remedy(&outcome).contains(expected) || expected == "accepted", "{}", remedy(&outcome));
            assert_discreet(&server);
        }
        let (authority, stranger) = (Authority::new(), Authority::new());
        case(&authority, Tls::Starttls(stranger.server("localhost")), TRUSTED, "email.ca_file");
        case(&authority, Tls::Starttls(authority.server("localhost")), "", "email.ca_file");
        let anybody = "insecure_accept_any_certificate = true\n";
        case(&authority, Tls::Starttls(stranger.server("other.example")), anybody, "accepted");
    }

    #[test]
    fn a_port_that_does_not_fit_the_protection_is_told() {
        let authority = Authority::new();
        let server = SmtpServer::start(Tls::Starttls(authority.server("localhost"))).offers(&LOGINS);
        let outcome = relay(server.port, &authority, IMPLICIT).probe().unwrap_err();
        assert_eq!(short(&outcome), "email.security", "{outcome:?}");
        assert!(remedy(&outcome).contains("465"));
        let server = SmtpServer::start(Tls::FromTheStart(authority.server("localhost"))).offers(&LOGINS);
        let outcome = relay(server.port, &authority, TRUSTED).probe().unwrap_err();
        assert_eq!(short(&outcome), "deferred", "{outcome:?}");
        assert!(remedy(&outcome).contains("465"), "{}", remedy(&outcome));
    }

    #[test]
    fn a_provider_installed_by_the_program_makes_no_difference() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let authority = Authority::new();
        let server = SmtpServer::start(Tls::FromTheStart(authority.server("localhost"))).offers(&LOGINS);
        assert_eq!(short(&send(relay(server.port, &authority, IMPLICIT), mail("ada@example.org"))), "accepted");
    }

    #[test]
    fn secrets_that_cannot_be_read_are_told_before_anything_is_sent() {
        let keys = "server = \"localhost:465\"\nusername = \"desk\"\npassword_file = \"no/such/file\"";
        let error = Relay::new(&settings(keys), Path::new("/")).err().unwrap().to_string();
        assert!(error.starts_with("email.password_file") && error.contains("/no/such/file"), "{error}");
        let error = Relay::new(
            &settings("server = \"localhost:465\"\nca_file = \"Cargo.toml\""),
            Path::new(env!("CARGO_MANIFEST_DIR")),
        );
        let error = error.err().unwrap().to_string();
        assert!(error.contains("email.ca_file") && error.contains("PEM"), "{error}");
    }
}

mod outbox {
    use super::*;

    fn outbox(folder: &Path) -> Relay {
        Relay::new(&settings("outbox = \"out/box\""), folder).unwrap()
    }

    #[test]
    fn a_mail_becomes_a_file_and_a_repeat_the_same_file() {
        let folder = tempfile::tempdir().unwrap();
        let relay = outbox(folder.path());
        for _ in 0..2 {
            assert_eq!(short(&relay.lane().send(&mail("ada@example.org"))), "accepted");
        }
        let files: Vec<_> =
            fs::read_dir(folder.path().join("out/box")).unwrap().map(|file| file.unwrap().path()).collect();
        assert_eq!(files, [folder.path().join("out/box/ada-01234567.eml")]);
        let bytes = fs::read(&files[0]).unwrap();
        assert_eq!(parsed(&bytes).subject(), Some("2 conversations wait"));
        assert!(relay.probe().unwrap().contains("out/box"));
    }

    #[test]
    fn a_folder_that_cannot_be_is_a_wrong_setting() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("out"), "a file in the way").unwrap();
        let relay = outbox(folder.path());
        let outcome = relay.lane().send(&mail("ada@example.org"));
        assert_eq!(short(&outcome), "email.outbox");
        assert_eq!(short(&relay.probe().unwrap_err()), "email.outbox");
    }
}
