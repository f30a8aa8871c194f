//! What a mail server is to do at which stage, in place of what a good one would do.

/// Where in the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    Greeting,
    Hello,
    Starttls,
    /// After the first bytes of the other side's encryption.
    Handshake,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// After the first bytes of the content.
    Content,
    /// After the final dot, in place of taking the mail.
    Dot,
    /// After the final dot and after taking the mail.
    Taken,
    Rset,
}

/// What to do in place of the usual answer.
#[derive(Debug, Clone)]
pub enum Act {
    /// Says these bytes as they are.
    Say(Vec<u8>),
    /// Says this, with the address of the command in place of `{}`.
    Echo(String),
    /// Says these bytes below the encryption.
    Beneath(Vec<u8>),
    /// Says these bytes, one in every so many milliseconds.
    Drip(Vec<u8>, u64),
    /// Says these bytes so many milliseconds later.
    Late(Vec<u8>, u64),
    /// Says these bytes and closes.
    Leave(Vec<u8>),
    /// Says these bytes and resets the connection.
    Break(Vec<u8>),
    /// Says these bytes, then nothing any more, and keeps the connection.
    Hang(Vec<u8>),
    /// Says nothing any more and keeps the connection.
    Silence,
    /// Reads nothing any more and keeps the connection.
    Deaf,
    /// Resets the connection.
    Reset,
}

/// All that a server is to do.
#[derive(Default)]
pub struct Plan(Vec<Rule>);

struct Rule {
    at: At,
    line: String,
    act: Act,
    /// How often all goes well before.
    spared: usize,
    times: usize,
}

impl Plan {
    /// Does `act` there so many times, when the line holds the text, after it has gone well there `spared` times.
    pub fn add(&mut self, at: At, line: &str, act: Act, spared: usize, times: usize) {
        self.0.push(Rule { at, line: line.to_owned(), act, spared, times });
    }

    /// What to do there now; `None` for what a good server does.
    pub fn turn(&mut self, at: At, line: &str) -> Option<Act> {
        let rule = self.0.iter_mut().find(|rule| rule.at == at && rule.times > 0 && line.contains(&rule.line))?;
        if rule.spared > 0 {
            rule.spared -= 1;
            return None;
        }
        rule.times -= 1;
        Some(rule.act.clone())
    }
}
