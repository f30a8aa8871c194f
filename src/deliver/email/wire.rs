//! One connection, plain or encrypted: writes within a time, reads whole replies within a time and a size.
//! lettre's own `SmtpConnection` has a time-out per read only, no limit to a line, and drops what is not UTF-8: a
//! server that sends a byte a second would hold a lane for hours, and a Latin-1 answer to the final dot would be lost.

use std::io::{self, BufRead, BufReader, IoSlice, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::settings::Server;

/// Servers have two or three addresses; a name with dozens would use up the pass.
const MOST_ADDRESSES: usize = 4;
/// Long enough for a lost SYN to be sent twice.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// RFC 5321, section 4.5.3.1.5 allows 512; what a line has beyond this is read and dropped.
const LINE_KEPT: usize = 1_000;
/// What a reply has beyond this is read and dropped.
const REPLY_KEPT: usize = 8_000;
/// Nobody explains a refusal in more bytes than this.
const REPLY_READ: usize = 256 * 1024;

/// Why a connection is of no use any more.
#[derive(Debug)]
pub(super) enum Lost {
    /// The name has no address.
    NoSuchHost(String),
    /// No connection came about.
    Unreachable(io::Error),
    /// The other side closed or reset it.
    Closed,
    /// It did not answer in time.
    Silent,
    /// What it says is not SMTP.
    NotSmtp,
    /// The other side spoke before encryption began: perhaps somebody in between (CVE-2011-0411).
    Injected,
    /// Encryption failed.
    Tls(rustls::Error),
}

/// A reply as it came: the code of its last line, and the lines without their codes.
#[derive(Debug, Default)]
pub(super) struct Raw {
    pub(super) code: u16,
    pub(super) lines: Vec<Vec<u8>>,
}

/// A connection.
pub(super) struct Wire {
    stream: BufReader<Stream>,
}

enum Stream {
    Plain(Timed),
    Encrypted(Box<StreamOwned<ClientConnection, Timed>>),
}

/// A socket on which everything must be over by the deadline, however the other side portions it.
struct Timed {
    socket: TcpStream,
    deadline: Instant,
}

impl Wire {
    pub(super) fn connect(server: &Server, within: Duration) -> Result<Self, Lost> {
        let addresses = (server.host.as_str(), server.port).to_socket_addrs().map_err(unresolved)?;
        let mut failure = None;
        for address in addresses.take(MOST_ADDRESSES) {
            match TcpStream::connect_timeout(&address, within.min(CONNECT_WITHIN)) {
                Ok(socket) => {
                    // without it, Nagle holds back what follows a write until the peer acknowledges: 40 ms
                    socket.set_nodelay(true).map_err(Lost::Unreachable)?;
                    let timed = Timed { socket, deadline: Instant::now() };
                    return Ok(Self { stream: BufReader::with_capacity(4_096, Stream::Plain(timed)) });
                }
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.map_or_else(|| Lost::NoSuchHost("the name has no address".into()), Lost::Unreachable))
    }

    /// Encrypts; refuses when anything was said in plain text that has not been read.
    pub(super) fn secure(self, config: Arc<ClientConfig>, host: &str, within: Duration) -> Result<Self, Lost> {
        if self.has_unread() {
            return Err(Lost::Injected);
        }
        let Stream::Plain(mut timed) = self.stream.into_inner() else {
            return Err(Lost::NotSmtp);
        };
        timed.deadline = Instant::now() + within;
        let name =
            ServerName::try_from(host.to_owned()).map_err(|_| Lost::NoSuchHost(format!("{host:?} is no host name")))?;
        let mut connection = ClientConnection::new(config, name).map_err(Lost::Tls)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut timed).map_err(|error| lost(&error))?;
        }
        let stream = Stream::Encrypted(Box::new(StreamOwned::new(connection, timed)));
        Ok(Self { stream: BufReader::with_capacity(4_096, stream) })
    }

    /// Sends everything in as few segments as possible. An error means that the end was not sent.
    pub(super) fn write(&mut self, bytes: &[u8], within: Duration) -> Result<(), Lost> {
        let stream = self.stream.get_mut();
        stream.timed().deadline = Instant::now() + within;
        stream.write_all(bytes).and_then(|()| stream.flush()).map_err(|error| lost(&error))
    }

    /// Reads one reply, all its lines.
    pub(super) fn read(&mut self, within: Duration) -> Result<Raw, Lost> {
        self.stream.get_mut().timed().deadline = Instant::now() + within;
        let mut raw = Raw::default();
        let (mut read, mut kept) = (0, 0);
        loop {
            let line = self.line(&mut read)?;
            let (code, last, text) = parsed(&line).ok_or(Lost::NotSmtp)?;
            // RFC 5321, section 4.2.1: all lines bear the same; an answer that says yes and no is none
            if !raw.lines.is_empty() && code != raw.code {
                return Err(Lost::NotSmtp);
            }
            raw.code = code;
            if kept < REPLY_KEPT {
                kept += text.len();
                raw.lines.push(text.to_vec());
            }
            if last {
                return Ok(raw);
            }
        }
    }

    /// Whether the other side has said more than was asked.
    pub(super) fn has_unread(&self) -> bool {
        !self.stream.buffer().is_empty()
    }

    /// `TLS 1.3`, if encrypted.
    pub(super) fn protection(&self) -> Option<&'static str> {
        match self.stream.get_ref() {
            Stream::Plain(_) => None,
            Stream::Encrypted(stream) => match stream.conn.protocol_version() {
                Some(rustls::ProtocolVersion::TLSv1_3) => Some("TLS 1.3"),
                _ => Some("TLS 1.2"),
            },
        }
    }

    /// One line without its end. A bare LF ends it too: such servers exist, and waiting for a CR would lose answers.
    fn line(&mut self, read: &mut usize) -> Result<Vec<u8>, Lost> {
        let mut line = Vec::new();
        loop {
            let chunk = self.stream.fill_buf().map_err(|error| lost(&error))?;
            if chunk.is_empty() {
                return Err(Lost::Closed);
            }
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(chunk.len(), |at| at + 1);
            let room = LINE_KEPT.saturating_sub(line.len());
            line.extend(chunk.iter().take(taken).take(room));
            self.stream.consume(taken);
            *read += taken;
            if *read > REPLY_READ {
                return Err(Lost::NotSmtp);
            }
            if end.is_some() {
                return Ok(line);
            }
        }
    }
}

/// `250-text` or `250 text`, as (code, whether it is the last line, text).
fn parsed(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let line = line.trim_ascii_end();
    let (digits, rest) = line.split_at_checked(3)?;
    let code: u16 = std::str::from_utf8(digits).ok()?.parse().ok().filter(|code| (200..600).contains(code))?;
    match rest.split_first() {
        None => Some((code, true, rest)),
        Some((b' ', text)) => Some((code, true, text)),
        Some((b'-', text)) => Some((code, false, text)),
        Some(_) => None,
    }
}

/// glibc and musl both tell "there is no such name" from "ask again later" by their text alone.
fn unresolved(error: io::Error) -> Lost {
    let text = error.to_string();
    let certain = ["Name or service not known", "Name does not resolve", "No address associated"];
    if certain.iter().any(|phrase| text.contains(phrase)) { Lost::NoSuchHost(text) } else { Lost::Unreachable(error) }
}

fn lost(error: &io::Error) -> Lost {
    match error.kind() {
        io::ErrorKind::TimedOut => Lost::Silent,
        _ => match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(inner) => Lost::Tls(inner.clone()),
            None => Lost::Closed,
        },
    }
}

impl Timed {
    /// What is left until the deadline; a socket takes no time-out of zero.
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
    }

    fn retried<T>(&mut self, mut operation: impl FnMut(&mut Self) -> io::Result<T>) -> io::Result<T> {
        loop {
            match operation(self) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Err(io::ErrorKind::TimedOut.into()),
                result => return result,
            }
        }
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.retried(|timed| {
            timed.socket.set_read_timeout(timed.left()?)?;
            timed.socket.read(buffer)
        })
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.retried(|timed| {
            timed.socket.set_write_timeout(timed.left()?)?;
            timed.socket.write(bytes)
        })
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.retried(|timed| {
            timed.socket.set_write_timeout(timed.left()?)?;
            timed.socket.write_vectored(slices)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}

impl Stream {
    fn timed(&mut self) -> &mut Timed {
        match self {
            Self::Plain(timed) => timed,
            Self::Encrypted(stream) => &mut stream.sock,
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(timed) => timed.read(buffer),
            Self::Encrypted(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(timed) => timed.write(bytes),
            Self::Encrypted(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(timed) => timed.flush(),
            Self::Encrypted(stream) => stream.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_does_not_exist_is_told_from_one_that_cannot_be_looked_up() {
        let unresolved =
            |text: &str| unresolved(io::Error::other(format!("failed to lookup address information: {text}")));
        assert!(matches!(unresolved("Name or service not known"), Lost::NoSuchHost(_)));
        assert!(matches!(unresolved("Temporary failure in name resolution"), Lost::Unreachable(_)));
    }

    #[test]
    fn a_line_is_code_separator_and_text() {
        #[track_caller]
        fn case(line: &str, expected: Option<(u16, bool, &str)>) {
            assert_eq!(
                parsed(line.as_bytes()),
                expected.map(|(code, last, text)| (code, last, text.as_bytes())),
                "{line:?}"
            );
        }
        case("250 Ok\r\n", Some((250, true, "Ok")));
        case("250-SIZE 1\n", Some((250, false, "SIZE 1")));
        case("221\r\n", Some((221, true, "")));
        for wrong in ["", "\n", "25", "HTTP/1.1 400 Bad Request", "250/x", "150 x", "650 x", "+50 x"] {
            case(wrong, None);
        }
    }
}
