//! One SMTP session (RFC 5321) over a wire: opened, used for many mails, closed.
//! A refusal ends a mail, not the session; whether the final dot has gone out is always known.

use std::time::Duration;

use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::commands::Auth;

use super::answer::Answer;
use super::mail::Message;
use super::plan::{Login, Plan};
use super::settings::Security;
use super::trouble::{Stage, Trouble};
use super::wire::{Lost, Wire};

/// A server that refuses a mail while it is still going out may close at once; its words are worth a moment.
const PARTING_WORDS: Duration = Duration::from_secs(1);
/// RFC 5321, section 4.1.1.10 asks to wait for the answer to QUIT; the mails are safe without it.
const GOODBYE: Duration = Duration::from_millis(500);

/// What the server offers in its answer to EHLO.
#[derive(Debug, Default)]
struct Offers {
    starttls: bool,
    pipelining: bool,
    utf8: bool,
    /// The largest mail, when the server names one (RFC 1870).
    size: Option<usize>,
    mechanisms: Vec<Mechanism>,
    /// As the server wrote them, for people.
    words: Vec<String>,
}

/// An open session.
pub(super) struct Session<'a> {
    plan: &'a Plan,
    wire: Wire,
    greeting: Answer,
    offers: Offers,
    /// Whether the next mail can go this way.
    pub(super) usable: bool,
}

impl<'a> Session<'a> {
    /// Connects, encrypts and logs in as planned.
    pub(super) fn open(plan: &'a Plan) -> Result<Self, Trouble> {
        let lost = |stage| move |lost| Trouble::Lost(stage, lost);
        let mut wire = Wire::connect(&plan.server, plan.timeout).map_err(lost(Stage::Connection))?;
        if plan.security == Security::Tls {
            wire = wire.secure(plan.tls()?, &plan.server.host, plan.timeout).map_err(lost(Stage::Connection))?;
        }
        let greeting = Answer { code: 220, enhanced: None, text: String::new() };
        let mut session = Self { plan, wire, greeting, offers: Offers::default(), usable: true };
        session.greeting = session.hear(Stage::Greeting)?;
        session.hello()?;
        if plan.security == Security::Starttls {
            session = session.encrypted()?;
        }
        if let Some(login) = &plan.login {
            session.log_in(login)?;
        }
        Ok(session)
    }

    /// Hands over one mail to one recipient.
    pub(super) fn send(&mut self, message: &Message) -> Result<Answer, Trouble> {
        if let Some(most) = self.offers.size.filter(|most| message.bytes.len() > *most) {
            return Err(Trouble::TooLarge(most));
        }
        if message.is_wide() && !self.offers.utf8 {
            return Err(Trouble::NeedsUtf8);
        }
        // what an idle server said before it closed
        if self.wire.has_unread() {
            self.usable = false;
            return Err(Trouble::Lost(Stage::Sender, Lost::Closed));
        }
        let result = self.envelope(message).and_then(|()| self.content(message));
        if matches!(&result, Err(Trouble::Lost(..)))
            || matches!(&result, Err(Trouble::Refused(_, answer)) if answer.code == 421)
        {
            self.usable = false;
        }
        result
    }

    /// What a person wants to know about the server.
    pub(super) fn description(&self) -> String {
        let protection = self.wire.protection().unwrap_or("no encryption");
        let login = if self.plan.login.is_some() { "logged in" } else { "no login" };
        format!(
            "{} says {:?}; {protection}; {login}; offers {}",
            self.plan.server,
            self.greeting.text,
            self.plan.discreet.shown(&self.offers.words.join(", "))
        )
    }

    /// Says goodbye; what the server makes of it does not matter.
    pub(super) fn quit(mut self) {
        if self.usable && self.wire.write(b"QUIT\r\n", GOODBYE).is_ok() {
            let _ = self.wire.read(GOODBYE);
        }
    }

    fn hello(&mut self) -> Result<(), Trouble> {
        self.tell(Stage::Hello, &format!("EHLO {}\r\n", self.plan.hello))?;
        let raw = self.wire.read(self.plan.timeout).map_err(|lost| Trouble::Lost(Stage::Hello, lost))?;
        self.offers = Offers::new(&raw.lines);
        let answer = Answer::new(raw.code, &raw.lines, &self.plan.discreet);
        if answer.is_positive() { Ok(()) } else { Err(Trouble::Refused(Stage::Hello, answer)) }
    }

    /// RFC 3207: what was learnt before encryption is forgotten, so EHLO is asked again.
    fn encrypted(mut self) -> Result<Self, Trouble> {
        if !self.offers.starttls {
            return Err(Trouble::NoStarttls);
        }
        self.tell(Stage::Starttls, "STARTTLS\r\n")?;
        self.hear(Stage::Starttls)?;
        let (config, host) = (self.plan.tls()?, &self.plan.server.host);
        let lost = |lost| Trouble::Lost(Stage::Starttls, lost);
        let mut session = Self { wire: self.wire.secure(config, host, self.plan.timeout).map_err(lost)?, ..self };
        session.hello()?;
        Ok(session)
    }

    fn log_in(&mut self, login: &Login) -> Result<(), Trouble> {
        if self.wire.protection().is_none() {
            return Err(Trouble::PlainLogin);
        }
        let lines = if self.offers.mechanisms.contains(&Mechanism::Plain) {
            login.lines(Mechanism::Plain)
        } else if self.offers.mechanisms.contains(&Mechanism::Login) {
            login.lines(Mechanism::Login)
        } else {
            return Err(Trouble::NoLogin);
        };
        for line in lines {
            self.tell(Stage::Login, &line)?;
            // a server may be content with less than all lines: 235
            if self.hear(Stage::Login)?.code != 334 {
                return Ok(());
            }
        }
        Err(Trouble::NoLogin)
    }

    fn envelope(&mut self, message: &Message) -> Result<(), Trouble> {
        let size = self.offers.size.map_or_else(String::new, |_| format!(" SIZE={}", message.bytes.len()));
        let utf8 = if message.is_wide() { " BODY=8BITMIME SMTPUTF8" } else { "" };
        let sender = format!("MAIL FROM:<{}>{size}{utf8}\r\n", message.from);
        let recipient = format!("RCPT TO:<{}>\r\n", message.to);
        if self.offers.pipelining {
            return self.envelope_at_once(&(sender + &recipient + "DATA\r\n"));
        }
        let steps = [(Stage::Sender, sender.as_str()), (Stage::Recipient, &recipient), (Stage::Data, "DATA\r\n")];
        for (stage, line) in steps {
            self.tell(stage, line)?;
            if let Err(trouble) = self.hear(stage) {
                self.start_over(&trouble);
                return Err(trouble);
            }
        }
        Ok(())
    }

    /// RFC 2920: three commands in one segment, three answers.
    fn envelope_at_once(&mut self, lines: &str) -> Result<(), Trouble> {
        self.tell(Stage::Sender, lines)?;
        let mut first: Option<Trouble> = None;
        for stage in [Stage::Sender, Stage::Recipient, Stage::Data] {
            match (self.hear(stage), first.take()) {
                (Ok(_), None) => {}
                // the server took DATA although nobody is addressed: an empty mail closes it (RFC 2920, section 3.1)
                (Ok(_), Some(refusal)) if stage == Stage::Data => {
                    self.close_data(&refusal);
                    return Err(refusal);
                }
                (Ok(_), Some(refusal)) => first = Some(refusal),
                // it closed after what it refused
                (Err(Trouble::Lost(..)), Some(refusal)) => {
                    self.usable = false;
                    return Err(refusal);
                }
                (Err(lost @ Trouble::Lost(..)), None) => return Err(lost),
                (Err(refusal), earlier) => first = Some(earlier.unwrap_or(refusal)),
            }
        }
        let Some(refusal) = first else { return Ok(()) };
        self.start_over(&refusal);
        Err(refusal)
    }

    /// Only a refused recipient makes the empty mail go nowhere for certain; after any other oddity the session ends.
    fn close_data(&mut self, refusal: &Trouble) {
        let nobody = matches!(refusal, Trouble::Refused(Stage::Recipient, _));
        self.usable = nobody && self.tell(Stage::Data, ".\r\n").is_ok() && self.wire.read(self.plan.timeout).is_ok();
    }

    /// Makes the session ready for the next mail after a refusal.
    fn start_over(&mut self, trouble: &Trouble) {
        let stays = matches!(trouble, Trouble::Refused(_, answer) if answer.code != 421);
        self.usable = stays && self.tell(Stage::Sender, "RSET\r\n").is_ok() && self.hear(Stage::Sender).is_ok();
    }

    /// Body and final dot in one write: on their own, the last five bytes wait for an acknowledgement.
    fn content(&mut self, message: &Message) -> Result<Answer, Trouble> {
        self.refuse_answers_ahead(Stage::Data)?;
        if let Err(lost) = self.wire.write(&stuffed(&message.bytes), self.plan.final_timeout) {
            self.usable = false;
            return Err(match self.wire.read(PARTING_WORDS) {
                Ok(raw) if raw.code >= 400 => {
                    Trouble::Refused(Stage::Content, Answer::new(raw.code, &raw.lines, &self.plan.discreet))
                }
                _ => Trouble::Lost(Stage::Content, lost),
            });
        }
        self.hear_within(Stage::End, self.plan.final_timeout)
    }

    fn tell(&mut self, stage: Stage, line: &str) -> Result<(), Trouble> {
        self.refuse_answers_ahead(stage)?;
        self.wire.write(line.as_bytes(), self.plan.timeout).map_err(|lost| Trouble::Lost(stage, lost))
    }

    /// An answer to nothing would be taken for the answer to the next command, and at last a mail for taken that was not.
    fn refuse_answers_ahead(&self, stage: Stage) -> Result<(), Trouble> {
        if self.wire.has_unread() { Err(Trouble::Lost(stage, Lost::NotSmtp)) } else { Ok(()) }
    }

    fn hear(&mut self, stage: Stage) -> Result<Answer, Trouble> {
        self.hear_within(stage, self.plan.timeout)
    }

    fn hear_within(&mut self, stage: Stage, within: Duration) -> Result<Answer, Trouble> {
        let raw = self.wire.read(within).map_err(|lost| Trouble::Lost(stage, lost))?;
        let answer = Answer::new(raw.code, &raw.lines, &self.plan.discreet);
        // only DATA and AUTH ask for more, and DATA must
        let fits = match stage {
            Stage::Data => answer.code == 354,
            Stage::Login => answer.is_positive(),
            _ => answer.code < 300,
        };
        if fits {
            Ok(answer)
        } else if answer.code >= 400 {
            Err(Trouble::Refused(stage, answer))
        } else {
            Err(Trouble::Lost(stage, Lost::NotSmtp))
        }
    }
}

impl Offers {
    fn new(lines: &[Vec<u8>]) -> Self {
        let mut offers = Self::default();
        // the first line greets
        for line in lines.iter().skip(1) {
            let line = String::from_utf8_lossy(line).trim().to_uppercase();
            let (keyword, rest) = line.split_once([' ', '=']).unwrap_or((&line, ""));
            match keyword {
                "STARTTLS" => offers.starttls = true,
                "PIPELINING" => offers.pipelining = true,
                "SMTPUTF8" => offers.utf8 = true,
                // zero means no limit (RFC 1870, section 4)
                "SIZE" => offers.size = rest.trim().parse().ok().filter(|size| *size > 0),
                "AUTH" => offers.mechanisms.extend(rest.split_whitespace().filter_map(mechanism)),
                _ => {}
            }
            offers.words.push(line);
        }
        offers
    }
}

fn mechanism(word: &str) -> Option<Mechanism> {
    match word {
        "PLAIN" => Some(Mechanism::Plain),
        "LOGIN" => Some(Mechanism::Login),
        _ => None,
    }
}

impl Login {
    /// What to say, line by line. LOGIN goes by order, since servers word their questions in many ways.
    fn lines(&self, mechanism: Mechanism) -> Vec<String> {
        let questions = match mechanism {
            Mechanism::Login => vec![None, Some("Username"), Some("Password")],
            _ => vec![None],
        };
        let answer =
            |question: Option<&str>| Auth::new(mechanism, self.credentials(), question.map(str::to_owned)).ok();
        questions.into_iter().filter_map(answer).map(|line| line.to_string()).collect()
    }

    /// Every form of the password that goes over the wire, for hiding.
    pub(super) fn secrets(&self) -> Vec<String> {
        let last = |mechanism| self.lines(mechanism).pop().unwrap_or_default();
        let (plain, login) = (last(Mechanism::Plain), last(Mechanism::Login));
        let payload = plain.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        vec![self.password().to_owned(), payload, login.trim().to_owned()]
    }
}

/// The mail with its dots doubled (RFC 5321, section 4.5.2) and its end.
fn stuffed(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 64 + 8);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if line.first() == Some(&b'.') {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_that_begins_a_line_is_doubled() {
        #[track_caller]
        fn case(mail: &str, expected: &str) {
            assert_eq!(String::from_utf8(stuffed(mail.as_bytes())).unwrap(), expected);
        }
        case("a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n.\r\n");
        case(".a.\r\n..b", "..a.\r\n...b\r\n.\r\n");
        case("", "\r\n.\r\n");
    }

    #[test]
    fn offers_are_read_in_any_spelling() {
        let lines = ["mx at your service", "size 1000", "AUTH=LOGIN plain", "Pipelining", "8BITMIME", "SIZE"];
        let offers = Offers::new(&lines.map(|line| line.as_bytes().to_vec()));
        assert_eq!(offers.mechanisms, [Mechanism::Login, Mechanism::Plain]);
        assert!(offers.pipelining && !offers.starttls && !offers.utf8);
        assert_eq!(Offers::new(&["hi", "SIZE 0"].map(|line| line.as_bytes().to_vec())).size, None);
    }
}
