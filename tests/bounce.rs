//! Mails that come back, by the real binary: reports of four mail systems, automatic replies, and hostile input.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod office;

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use office::Office;
use rustix::fs::{FlockOperation, flock};

/// A desk whose one mail, to Ada, has gone out.
struct House {
    office: Office,
    uid: String,
}

impl House {
    fn new() -> Self {
        let mut office = Office::new();
        office.at(&(Utc::now() - TimeDelta::hours(1)).to_rfc3339());
        office.agent("ada").contact("tom").asks("c1", "hello?").assign("c1", "ada");
        let settings = "[desk]\nurl = \"sqlite:chat.db\"\n[email]\nfrom = \"Desk <desk@example.com>\"\noutbox = \"outbox\"\n\
                        [rule.reminder]\nwatch = \"unreplied\"\nschedule = { every = \"1m\" }\ntell = [\"assignee\"]\n";
        fs::write(office.folder().join("doorbell.toml"), settings).unwrap();
        let mut house = Self { office, uid: String::new() };
        assert_eq!(house.doorbell(&["run"], b"").1, 0);
        house.uid = house.delivery("uid");
        house
    }

    fn delivery(&self, column: &str) -> String {
        let sql = format!("SELECT coalesce({column}, '') FROM doorbell_delivery");
        self.office.connection().query_row(&sql, [], |row| row.get(0)).unwrap()
    }

    /// What a command says that reads this, and its status.
    fn doorbell(&self, arguments: &[&str], input: &[u8]) -> (String, i32) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_doorbell"))
            .args(arguments)
            .arg("--config")
            .arg(self.office.folder().join("doorbell.toml"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // a reader that closes early is a failure here as it is to a mail system
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        (said, output.status.code().unwrap_or(-1))
    }

    #[track_caller]
    fn receives(&self, mail: impl AsRef<[u8]>) -> String {
        let (said, status) = self.doorbell(&["receive", "bounce", "-v"], mail.as_ref());
        assert_eq!(status, 0, "{said}");
        said
    }

    /// The mail is taken and changes nothing.
    #[track_caller]
    fn ignores(&self, mail: impl AsRef<[u8]>, why: &str) {
        let said = self.receives(mail);
        assert!(said.contains(why), "{said}");
        assert_eq!(self.delivery("state"), "sent");
    }

    /// The delivery is dead, with these words.
    #[track_caller]
    fn is_dead(&self, code: &str, text: &str) {
        let found = (self.delivery("state"), self.delivery("reply_code"), self.delivery("reply_text"));
        assert_eq!(found, ("dead".into(), code.into(), text.into()));
    }

    fn postfix(&self) -> String {
        postfix(&self.uid)
    }
}

/// As Postfix 3.7 writes it.
fn postfix(uid: &str) -> String {
    format!(
        "Return-Path: <>
Received: by mx.example.com (Postfix)
\tid 4F1A2C0D; Sun, 22 Nov 2026 08:31:00 +0000 (UTC)
Date: Sun, 22 Nov 2026 08:31:00 +0000 (UTC)
From: MAILER-DAEMON@mx.example.com (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: desk@example.com
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary=\"9E7D31.1795336260/mx.example.com\"
Content-Transfer-Encoding: 8bit
Message-Id: <20261122083100.4F1A2C0D@mx.example.com>

This is a MIME-encapsulated message.

--9E7D31.1795336260/mx.example.com
Content-Description: Notification
Content-Type: text/plain; charset=utf-8

This is the mail system at host mx.example.com.

<ada@example.com>: host mail.example.com[192.0.2.7] said: 550 5.1.1
    <ada@example.com>: Recipient address rejected: User unknown in virtual
    mailbox table (in reply to RCPT TO command)

--9E7D31.1795336260/mx.example.com
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com
X-Postfix-Queue-ID: 9E7D31
X-Postfix-Sender: rfc822; desk@example.com
Arrival-Date: Sun, 22 Nov 2026 08:30:58 +0000 (UTC)

Final-Recipient: rfc822; ada@example.com
Original-Recipient: rfc822;ada@example.com
Action: failed
Status: 5.1.1
Remote-MTA: dns; mail.example.com
Diagnostic-Code: smtp; 550 5.1.1 <ada@example.com>: Recipient address rejected:
    User unknown in virtual mailbox table

--9E7D31.1795336260/mx.example.com
Content-Description: Undelivered Message
Content-Type: message/rfc822
Content-Transfer-Encoding: 8bit

Return-Path: <desk@example.com>
From: Desk <desk@example.com>
Auto-Submitted: auto-generated
To: ada <ada@example.com>
Subject: tom waits
Message-ID: <{uid}@example.com>
Content-Type: multipart/alternative; boundary=\"=_{uid}\"

--=_{uid}
Content-Type: text/plain; charset=utf-8

hello?
--=_{uid}--

--9E7D31.1795336260/mx.example.com--
"
    )
}

/// As Exim 4.96 writes it: headers only, and a code without an enhanced one.
fn exim(uid: &str) -> String {
    format!(
        "Received: from Debian-exim by relay.example.net with local (Exim 4.96)
\tid 1sABCD-000123-2x; Sun, 22 Nov 2026 08:31:00 +0000
X-Failed-Recipients: ada@example.com
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@relay.example.net>
To: desk@example.com
References: <{uid}@example.com>
Content-Type: multipart/report; report-type=delivery-status; boundary=1795336260-eximdsn-1804289383
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender

--1795336260-eximdsn-1804289383
Content-type: text/plain; charset=us-ascii

This message was created automatically by mail delivery software.

--1795336260-eximdsn-1804289383
Content-type: message/delivery-status

Reporting-MTA: dns; relay.example.net

Action: failed
Final-Recipient: rfc822;ada@example.com
Status: 5.0.0
Remote-MTA: dns; mail.example.com
Diagnostic-Code: smtp; 550 No such person at this address.

--1795336260-eximdsn-1804289383
Content-type: text/rfc822-headers

Return-path: <desk@example.com>
From: Desk <desk@example.com>
To: ada <ada@example.com>
Message-ID: <{uid}@example.com>
Subject: tom waits

--1795336260-eximdsn-1804289383--
"
    )
}

/// As Exchange Online writes it: a body within a body, and upper case in odd places.
fn exchange(uid: &str) -> String {
    format!(
        "From: <postmaster@example.com>
To: <desk@example.com>
Date: Sun, 22 Nov 2026 08:31:00 +0000
Content-Type: multipart/report; report-type=delivery-status;
\tboundary=\"_7d1f_\"
Content-Language: en-US
Message-ID: <b1@EUR01.example.com>
In-Reply-To: <{uid}@example.com>
Subject: Undeliverable: tom waits
Auto-Submitted: auto-replied
X-Auto-Response-Suppress: All
MIME-Version: 1.0

--_7d1f_
Content-Type: multipart/alternative; differences=Content-Type; boundary=\"_alt_\"

--_alt_
Content-Type: text/plain; charset=\"us-ascii\"

Your message to ada@example.com couldn't be delivered.
--_alt_
Content-Type: text/html; charset=\"us-ascii\"

<html><body>Your message couldn't be delivered.</body></html>
--_alt_--

--_7d1f_
Content-Type: message/delivery-status

Reporting-MTA: dns;EUR01.example.com
Received-From-MTA: dns;mx.example.com
Arrival-Date: Sun, 22 Nov 2026 08:30:58 +0000

Final-Recipient: rfc822;ada@example.com
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ada@example.com not found by SMTP address lookup

--_7d1f_
Content-Type: message/rfc822

Received: from mx.example.com (192.0.2.1) by EUR01.example.com
From: Desk <desk@example.com>
To: ada <ada@example.com>
Message-ID: <{uid}@example.com>
Content-Type: text/plain

hello?
--_7d1f_--
"
    )
}

/// As Gmail writes it: pictures related to a body, lines with a CR, a diagnosis over several lines.
fn gmail(uid: &str) -> String {
    let text = format!(
        "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: desk@example.com
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: <{uid}@example.com>
In-Reply-To: <{uid}@example.com>
Message-ID: <6921.mx@google.com>
MIME-Version: 1.0
Content-Type: multipart/report; boundary=\"000000000000a1b2c3\"; report-type=delivery-status

--000000000000a1b2c3
Content-Type: multipart/related; boundary=\"000000000000a1b2cd\"

--000000000000a1b2cd
Content-Type: text/html; charset=\"UTF-8\"

<html>Address not found</html>
--000000000000a1b2cd
Content-Type: image/png; name=\"icon.png\"
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--000000000000a1b2cd--
--000000000000a1b2c3
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Received-From-MTA: dns; desk@example.com
Arrival-Date: Sun, 22 Nov 2026 00:30:58 -0800 (PST)
X-Original-Message-ID: <{uid}@example.com>

Final-Recipient: rfc822; ada@example.com
Action: failed
Status: 5.1.1
Remote-MTA: dns; gmail-smtp-in.l.google.com. (192.0.2.9)
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.
 For more information, go to
 https://support.example.com/mail/?p=NoSuchUser a1-20020
Last-Attempt-Date: Sun, 22 Nov 2026 00:30:59 -0800 (PST)

--000000000000a1b2c3
Content-Type: message/rfc822

From: Desk <desk@example.com>
To: ada <ada@example.com>
Message-ID: <{uid}@example.com>
Content-Type: text/plain

hello?
--000000000000a1b2c3--
"
    );
    text.replace('\n', "\r\n")
}

#[test]
fn x12_a_report_of_postfix_kills_the_delivery_with_the_servers_words() {
    let house = House::new();
    let said = house.receives(house.postfix());
    assert!(said.contains("delivery 1 to agent:1 is dead: 550 5.1.1"), "{said}");
    house.is_dead("550 5.1.1", "<a***@e***.com>: Recipient address rejected: User unknown in virtual mailbox table");
    assert!(house.doorbell(&["status"], b"").0.contains("1 delivery died"));
}

#[test]
fn x12_an_address_that_does_not_exist_is_blocked_and_no_other() {
    let closed = |mail: String| mail.replace("rfc822; ada@example.com", "rfc822; elsewhere@example.net");
    let forwarded = |mail: String| closed(mail).replace("rfc822;ada@example.com", "rfc822;elsewhere@example.net");
    let full = |mail: String| mail.replace("Status: 5.1.1", "Status: 5.2.2");
    let as_it_is = |mail: String| mail;
    let cases: [(&dyn Fn(String) -> String, bool); 4] =
        [(&as_it_is, true), (&closed, true), (&forwarded, false), (&full, false)];
    for (index, (change, is_blocked)) in cases.into_iter().enumerate() {
        let house = House::new();
        assert_eq!(
            house.receives(change(house.postfix())).contains("is blocked for 30 days"),
            is_blocked,
            "case {index}"
        );
        assert_eq!(house.doorbell(&["suppress", "list"], b"").0.contains("a***@e***.com"), is_blocked, "case {index}");
        assert_eq!(house.delivery("state"), "dead");
    }
}

#[test]
fn x12_a_report_of_exim_with_headers_alone_is_understood() {
    let house = House::new();
    house.receives(exim(&house.uid));
    house.is_dead("550 5.0.0", "No such person at this address.");
}

#[test]
fn x12_a_report_of_exchange_is_understood_though_it_looks_automatic() {
    let house = House::new();
    house.receives(exchange(&house.uid));
    house.is_dead(
        "550 5.1.10",
        "RESOLVER.ADR.RecipientNotFound; Recipient a***@e***.com not found by SMTP address lookup",
    );
}

#[test]
fn x12_a_report_of_gmail_is_understood() {
    let house = House::new();
    house.receives(gmail(&house.uid));
    let words = "The email account that you tried to reach does not exist. For more information, go to \
                 https://support.example.com/mail/?p=NoSuchUser a1-20020";
    house.is_dead("550 5.1.1", words);
}

#[test]
fn x12_automatic_replies_and_what_is_no_report_are_dropped_without_a_word() {
    let house = House::new();
    let replies = [
        "Auto-Submitted: auto-replied\nSubject: Out of office\n",
        "X-Auto-Response-Suppress: All\nSubject: Automatic reply: tom waits\n",
        "Precedence: auto_reply\nSubject: away\n",
    ];
    for headers in replies {
        let mail = format!("From: ada@example.com\nIn-Reply-To: <{}@example.com>\n{headers}\nI am away.\n", house.uid);
        house.ignores(&mail, "it is an automatic reply");
        assert_eq!(house.doorbell(&["receive", "bounce"], mail.as_bytes()), (String::new(), 0));
    }
    house.ignores("From: ada@example.com\nAuto-Submitted: no\n\nthank you\n", "it is no report");
    let mixed = house.postfix().replace("multipart/report", "multipart/mixed");
    house.ignores(mixed, "it is an automatic reply");
    // a report that somebody sends on is not a report
    let forwarded = format!("From: ada@example.com\nContent-Type: message/rfc822\n\n{}", house.postfix());
    house.ignores(forwarded, "it is no report");
}

#[test]
fn x12_what_is_delayed_relayed_or_refused_for_now_kills_nothing() {
    let house = House::new();
    for action in ["delayed", "relayed", "delivered", "expanded", "", "failed; or not"] {
        let mail = house.postfix().replace("Action: failed", &format!("Action: {action}"));
        house.ignores(mail, "it reports no final failure");
    }
    house.ignores(house.postfix().replace("Status: 5.1.1", "Status: 4.4.1"), "it reports no final failure");
    let list =
        "Action: failed\nStatus: 5.1.1\n\nFinal-Recipient: rfc822; b@example.com\nAction: delivered\nStatus: 2.0.0";
    let mail = house.postfix().replace("Action: failed\nStatus: 5.1.1", list);
    house.ignores(mail, "it reports no final failure");
}

#[test]
fn x12_a_report_about_somebody_elses_mail_kills_nothing() {
    let house = House::new();
    house.ignores(postfix("0123456789abcdef0123456789abcdef"), "no mail of this ledger");
    house.ignores(postfix("' OR 1=1 --"), "nothing to do");
    let mail = house.postfix().replace("Message-ID:", "X-Message-ID:");
    house.ignores(mail, "it does not say which mail it is about");
}

#[test]
fn a_second_report_about_one_mail_changes_nothing_more() {
    let house = House::new();
    house.receives(house.postfix());
    assert!(house.receives(exim(&house.uid)).contains("no mail of this ledger"));
    assert_eq!(house.delivery("reply_code"), "550 5.1.1");
}

#[test]
fn what_came_back_can_be_sent_again_by_a_person() {
    let house = House::new();
    house.receives(house.postfix());
    assert_eq!(house.doorbell(&["run", "--ignore-schedule"], b"").1, 0);
    assert_eq!(house.delivery("state"), "dead", "nothing is told again by itself");
    assert_eq!(house.doorbell(&["deliveries", "requeue", "1"], b"").1, 0);
    assert_eq!(house.doorbell(&["run"], b"").1, 0);
    assert_eq!((house.delivery("state"), house.delivery("uid")), ("sent".into(), house.uid.clone()));
}

#[test]
fn a_ledger_that_a_pass_holds_lets_the_mail_system_try_again() {
    let house = House::new();
    let name = house.office.folder().join("chat.db.doorbell-lock");
    let lock = fs::OpenOptions::new().write(true).mode(0o660).open(name).unwrap();
    flock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
    let (said, status) = house.doorbell(&["receive", "bounce"], house.postfix().as_bytes());
    assert_eq!(status, 75, "{said}");
    assert_eq!(house.doorbell(&["receive", "bounce"], b"From: a@b.c\n\nhello\n").1, 0, "no ledger is needed for that");
    drop(lock);
    assert_eq!(house.doorbell(&["receive", "bounce"], house.postfix().as_bytes()), (String::new(), 0));
    assert_eq!(house.delivery("state"), "dead");
}

#[test]
fn settings_that_do_not_work_let_the_mail_system_try_again() {
    let house = House::new();
    let mail = house.postfix();
    fs::write(house.office.folder().join("doorbell.toml"), "nonsense").unwrap();
    assert_eq!(house.doorbell(&["receive", "bounce"], mail.as_bytes()).1, 75);
}

#[test]
fn words_of_a_remote_stay_on_one_short_line_without_addresses_or_escapes() {
    let house = House::new();
    let evil = format!("smtp; 550 5.1.1 \x1b[2Jno\rBcc: x@y.example\u{202e} {}", "long ".repeat(4_000));
    let mail = house.postfix().replace("smtp; 550 5.1.1 <ada@example.com>: Recipient address rejected:", &evil);
    house.receives(mail);
    assert_eq!(house.delivery("state"), "dead");
    let text = house.delivery("reply_text");
    assert!(text.chars().count() <= 300 && !text.chars().any(char::is_control) && !text.contains("x@y"), "{text:?}");
}

#[test]
fn hostile_mails_are_taken_and_do_no_harm() {
    let house = House::new();
    let nested = |depth: usize| {
        let parts = (0..depth).map(|at| format!("Content-Type: multipart/report; boundary=b{at}\n\n--b{at}\n"));
        parts.collect::<String>()
    };
    let big = house.postfix().into_bytes().repeat(1).into_iter().chain(vec![b'x'; 10 << 20]).collect::<Vec<u8>>();
    let reversed: Vec<u8> = vec![b'x'; 10 << 20].into_iter().chain(house.postfix().into_bytes()).collect();
    for (name, mail) in [
        ("nothing", Vec::new()),
        ("zeros", vec![0; 2 << 20]),
        ("late", reversed),
        ("parts in parts", nested(40_000).into_bytes()),
        ("mails in mails", "Content-Type: message/rfc822\n\n".repeat(40_000).into_bytes()),
        ("lines", "\n".repeat(1 << 20).into_bytes()),
        ("headers", "A: b\n".repeat(200_000).into_bytes()),
        ("not UTF-8", house.postfix().into_bytes().iter().map(|byte| byte | 0x80).collect()),
    ] {
        let began = Instant::now();
        house.receives(&mail);
        assert!(began.elapsed() < Duration::from_secs(20), "{name} took {:?}", began.elapsed());
        assert_eq!(house.delivery("state"), "sent", "{name}");
    }
    house.receives(big);
    assert_eq!(house.delivery("state"), "dead", "what follows a report does not hide it");
}

#[test]
fn a_mail_cut_anywhere_is_taken() {
    let house = House::new();
    for mail in [postfix(&"f".repeat(32)), gmail(&"f".repeat(32))] {
        for end in (0..mail.len()).step_by(61) {
            assert!(house.receives(&mail.as_bytes()[..end]).contains("nothing to do"));
        }
    }
}
