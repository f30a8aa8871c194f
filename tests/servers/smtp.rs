//! An SMTP server that does as the plan says at each stage, and is the oracle of what it accepted.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::plan::{Act, At, Plan};

/// Encryption.
#[derive(Clone)]
pub enum Tls {
    Never,
    FromTheStart(Arc<ServerConfig>),
    Starttls(Arc<ServerConfig>),
}

/// A mail that it took.
#[derive(Debug, Clone)]
pub struct Accepted {
    pub from: String,
    pub recipients: Vec<String>,
    /// The content with single dots again.
    pub bytes: Vec<u8>,
}

/// A running server.
pub struct SmtpServer {
    pub port: u16,
    book: Arc<Mutex<Book>>,
}

/// The plan and what happened.
#[derive(Default)]
struct Book {
    plan: Plan,
    offers: Vec<String>,
    accepted: Vec<Accepted>,
    connections: usize,
    heard: Vec<(String, bool)>,
}

impl SmtpServer {
    /// A well-behaved one that offers PIPELINING, SIZE and 8BITMIME.
    pub fn start(tls: Tls) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let offers = ["PIPELINING", "SIZE 10000000", "8BITMIME"].map(str::to_owned).to_vec();
        let book = Arc::new(Mutex::new(Book { offers, ..Book::default() }));
        let shared = Arc::clone(&book);
        thread::spawn(move || {
            for socket in listener.incoming() {
                let (book, tls) = (Arc::clone(&shared), tls.clone());
                book.lock().unwrap().connections += 1;
                thread::spawn(move || Talk::new(book, socket.unwrap(), &tls).and_then(|mut talk| talk.run(&tls)));
            }
        });
        Self { port, book }
    }

    /// Always does `act` there.
    pub fn at(self, at: At, act: Act) -> Self {
        self.times(at, "", act, usize::MAX)
    }

    /// Does `act` there so many times, when the line holds the text.
    pub fn times(self, at: At, line: &str, act: Act, times: usize) -> Self {
        self.book.lock().unwrap().plan.add(at, line, act, 0, times);
        self
    }

    /// Does `act` there once, after it has gone well there so many times.
    pub fn after(self, spared: usize, at: At, act: Act) -> Self {
        self.book.lock().unwrap().plan.add(at, "", act, spared, 1);
        self
    }

    /// Always does `act` there, after it has gone well there so many times.
    pub fn sparing(self, spared: usize, at: At, act: Act) -> Self {
        self.book.lock().unwrap().plan.add(at, "", act, spared, usize::MAX);
        self
    }

    /// Offers these and nothing else.
    pub fn offers(self, offers: &[&str]) -> Self {
        self.book.lock().unwrap().offers = offers.iter().map(|offer| (*offer).to_owned()).collect();
        self
    }

    pub fn accepted(&self) -> Vec<Accepted> {
        self.book.lock().unwrap().accepted.clone()
    }

    pub fn connections(&self) -> usize {
        self.book.lock().unwrap().connections
    }

    /// Every line it heard.
    pub fn heard(&self) -> Vec<String> {
        self.book.lock().unwrap().heard.iter().map(|(line, _)| line.clone()).collect()
    }

    /// Every line that came in plain text.
    pub fn heard_in_plain_text(&self) -> Vec<String> {
        self.book.lock().unwrap().heard.iter().filter(|(_, plain)| *plain).map(|(line, _)| line.clone()).collect()
    }
}

enum Stream {
    Plain(TcpStream),
    Encrypted(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Stream {
    fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Encrypted(stream) => &stream.sock,
        }
    }

    fn peer(&mut self) -> &mut dyn ReadWrite {
        match self {
            Self::Plain(socket) => socket,
            Self::Encrypted(stream) => stream,
        }
    }
}

trait ReadWrite: Read + Write {}
impl<T: Read + Write> ReadWrite for T {}

/// One conversation; `None` anywhere ends it.
struct Talk {
    book: Arc<Mutex<Book>>,
    stream: Option<Stream>,
    unread: Vec<u8>,
    mail: Option<Accepted>,
}

impl Talk {
    fn new(book: Arc<Mutex<Book>>, socket: TcpStream, tls: &Tls) -> Option<Self> {
        socket.set_nodelay(true).ok()?;
        let mut talk = Self { book, stream: Some(Stream::Plain(socket)), unread: Vec::new(), mail: None };
        if let Tls::FromTheStart(config) = tls {
            talk.encrypt(config)?;
        }
        Some(talk)
    }

    fn run(&mut self, tls: &Tls) -> Option<()> {
        self.answer(At::Greeting, "", "220 test ESMTP")?;
        loop {
            let line = self.line()?;
            let word = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            match word.as_str() {
                "EHLO" => self.hello(&line, tls)?,
                "STARTTLS" => {
                    self.answer(At::Starttls, &line, "220 go ahead")?;
                    let Tls::Starttls(config) = tls else { continue };
                    self.encrypt(config)?;
                }
                "AUTH" => self.auth(&line)?,
                // RFC 5321, section 4.1.4: RSET comes between, as strict servers insist
                "MAIL" if self.mail.is_some() => self.say(b"503 5.5.1 nested MAIL command\r\n")?,
                "MAIL" => {
                    let said = self.answer(At::Mail, &line, "250 2.1.0 sender ok")?;
                    self.mail =
                        said.then(|| Accepted { from: address(&line), recipients: Vec::new(), bytes: Vec::new() });
                }
                "RCPT" => self.recipient(&line)?,
                "DATA" => self.data(&line)?,
                "RSET" => {
                    self.mail = None;
                    self.answer(At::Rset, &line, "250 2.0.0 reset")?;
                }
                "QUIT" => {
                    self.say(b"221 2.0.0 bye\r\n")?;
                    return None;
                }
                _ => self.say(b"500 5.5.2 unknown command\r\n")?,
            }
        }
    }

    fn hello(&mut self, line: &str, tls: &Tls) -> Option<()> {
        let mut offers = self.book.lock().unwrap().offers.clone();
        if matches!((tls, &self.stream), (Tls::Starttls(_), Some(Stream::Plain(_)))) {
            offers.push("STARTTLS".into());
        }
        let mut lines = vec!["test".to_owned()];
        lines.extend(offers);
        let last = lines.len() - 1;
        let lines =
            lines.iter().enumerate().map(|(at, line)| format!("250{}{line}", if at == last { ' ' } else { '-' }));
        self.answer(At::Hello, line, &lines.collect::<Vec<_>>().join("\r\n")).map(|_| ())
    }

    fn auth(&mut self, line: &str) -> Option<()> {
        if line.contains("LOGIN") {
            self.say(b"334 VXNlcm5hbWU6\r\n")?;
            self.line()?;
            self.say(b"334 UGFzc3dvcmQ6\r\n")?;
            self.line()?;
        }
        self.answer(At::Auth, line, "235 2.7.0 welcome").map(|_| ())
    }

    fn recipient(&mut self, line: &str) -> Option<()> {
        if self.mail.is_none() {
            return self.say(b"503 5.5.1 MAIL first\r\n");
        }
        if self.answer(At::Rcpt, line, "250 2.1.5 recipient ok")? {
            self.mail.as_mut()?.recipients.push(address(line));
        }
        Some(())
    }

    fn data(&mut self, line: &str) -> Option<()> {
        let nobody = self.mail.as_ref().is_none_or(|mail| mail.recipients.is_empty());
        // what RFC 2920, section 3.1 allows; whoever pipelines must cope with it
        let usual = if nobody { "554 5.5.1 no valid recipients" } else { "354 go on" };
        if !self.answer(At::Data, line, usual)? {
            return Some(());
        }
        if let Some(act) = self.turn(At::Content, line) {
            self.fill()?;
            self.act(&act)?;
        }
        let mut content = Vec::new();
        loop {
            let line = self.raw_line()?;
            if line == b".\r\n" {
                break;
            }
            content.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
        let mut mail = self.mail.take()?;
        mail.bytes = content;
        if mail.recipients.is_empty() {
            return self.say(b"554 5.5.1 no valid recipients\r\n");
        }
        if let Some(act) = self.turn(At::Dot, line) {
            return self.act(&act);
        }
        let number = {
            let mut book = self.book.lock().unwrap();
            book.accepted.push(mail);
            book.accepted.len()
        };
        self.answer(At::Taken, line, &format!("250 2.0.0 queued as T{number}")).map(|_| ())
    }

    /// Says the usual, or does as the plan says; whether what was said is a yes.
    fn answer(&mut self, at: At, line: &str, usual: &str) -> Option<bool> {
        let act = match self.turn(at, line) {
            None => Act::Say(format!("{usual}\r\n").into_bytes()),
            Some(Act::Echo(text)) => Act::Say(text.replace("{}", &address(line)).into_bytes()),
            Some(act) => act,
        };
        self.act(&act)?;
        let (Act::Say(bytes) | Act::Drip(bytes, _) | Act::Late(bytes, _)) = act else { return None };
        Some(matches!(bytes.first(), Some(b'2' | b'3')))
    }

    fn turn(&mut self, at: At, line: &str) -> Option<Act> {
        self.book.lock().unwrap().plan.turn(at, line)
    }

    fn act(&mut self, act: &Act) -> Option<()> {
        match act {
            Act::Say(bytes) => self.say(bytes),
            Act::Echo(text) => self.say(text.as_bytes()),
            Act::Drip(bytes, pause) => bytes.iter().try_for_each(|byte| {
                thread::sleep(Duration::from_millis(*pause));
                self.say(&[*byte])
            }),
            Act::Late(bytes, pause) => {
                thread::sleep(Duration::from_millis(*pause));
                self.say(bytes)
            }
            Act::Beneath(bytes) => {
                let mut socket = self.stream.as_ref()?.socket();
                socket.write_all(bytes).ok()
            }
            Act::Leave(bytes) => {
                self.say(bytes)?;
                None
            }
            Act::Break(bytes) => {
                self.say(bytes)?;
                self.reset()
            }
            Act::Hang(bytes) => {
                self.say(bytes)?;
                self.hang()
            }
            Act::Silence => self.hang(),
            Act::Deaf => loop {
                thread::park();
            },
            Act::Reset => self.reset(),
        }
    }

    fn hang(&mut self) -> Option<()> {
        while self.fill().is_some() {
            self.unread.clear();
        }
        None
    }

    fn reset(&self) -> Option<()> {
        let socket = self.stream.as_ref()?.socket();
        socket2::SockRef::from(socket).set_linger(Some(Duration::ZERO)).ok()?;
        None
    }

    fn encrypt(&mut self, config: &Arc<ServerConfig>) -> Option<()> {
        if let Some(act) = self.turn(At::Handshake, "") {
            self.fill()?;
            self.act(&act)?;
            return None;
        }
        let Some(Stream::Plain(mut socket)) = self.stream.take() else { return None };
        let mut connection = ServerConnection::new(Arc::clone(config)).unwrap();
        while connection.is_handshaking() {
            connection.complete_io(&mut socket).ok()?;
        }
        self.stream = Some(Stream::Encrypted(Box::new(StreamOwned::new(connection, socket))));
        Some(())
    }

    fn say(&mut self, bytes: &[u8]) -> Option<()> {
        let peer = self.stream.as_mut()?.peer();
        peer.write_all(bytes).ok()?;
        peer.flush().ok()
    }

    fn line(&mut self) -> Option<String> {
        let line = String::from_utf8_lossy(&self.raw_line()?).trim_end().to_owned();
        let plain = matches!(self.stream, Some(Stream::Plain(_)));
        self.book.lock().unwrap().heard.push((line.clone(), plain));
        Some(line)
    }

    fn raw_line(&mut self) -> Option<Vec<u8>> {
        let mut searched = 0;
        loop {
            if let Some(end) = self.unread.iter().skip(searched).position(|byte| *byte == b'\n') {
                return Some(self.unread.drain(..=searched + end).collect());
            }
            searched = self.unread.len();
            self.fill()?;
        }
    }

    fn fill(&mut self) -> Option<()> {
        let mut chunk = [0; 16_384];
        let count = self.stream.as_mut()?.peer().read(&mut chunk).ok().filter(|count| *count > 0)?;
        self.unread.extend_from_slice(chunk.get(..count)?);
        Some(())
    }
}

fn address(line: &str) -> String {
    let (_, rest) = line.split_once('<').unwrap_or_default();
    rest.split('>').next().unwrap_or_default().to_owned()
}
