//! An SMTP server that answers each command with the next of given replies, whatever they are, and knows what it took.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use socket2::SockRef;

/// What the server took and said, all connections together.
#[derive(Default)]
pub struct Seen {
    /// The contents that it got with their final dots.
    pub contents: Vec<String>,
    /// Every byte it said.
    pub said: Vec<u8>,
    /// Whether it answered a command more than once: then nobody can tell which answer is to what.
    pub answered_ahead: bool,
}

/// Runs `client` against a server on the given port that says these replies.
pub fn with<T>(replies: VecDeque<Vec<u8>>, client: impl FnOnce(u16) -> T) -> (T, Seen) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let server = scope.spawn(|| serve(&listener, replies, &is_over));
        let result = client(port);
        is_over.store(true, Ordering::SeqCst);
        // wakes the server, which waits for whoever comes next
        drop(TcpStream::connect(("127.0.0.1", port)));
        (result, server.join().expect("the server itself broke down"))
    })
}

fn serve(listener: &TcpListener, mut replies: VecDeque<Vec<u8>>, is_over: &AtomicBool) -> Seen {
    let mut seen = Seen::default();
    while let Ok((socket, _)) = listener.accept() {
        // closing with a reset: thousands of connections a minute would use up the ports otherwise
        SockRef::from(&socket).set_linger(Some(Duration::ZERO)).unwrap();
        if is_over.load(Ordering::SeqCst) {
            break;
        }
        socket.set_nodelay(true).unwrap();
        let mut talk = Talk { socket, heard: Vec::new(), replies: &mut replies, seen: &mut seen };
        // an error is a client that has gone
        let _ = talk.run();
    }
    seen
}

struct Talk<'a> {
    socket: TcpStream,
    heard: Vec<u8>,
    replies: &'a mut VecDeque<Vec<u8>>,
    seen: &'a mut Seen,
}

impl Talk<'_> {
    fn run(&mut self) -> std::io::Result<()> {
        let mut last = self.say()?;
        while let Some(command) = self.hear(b"\r\n")? {
            match command.as_slice() {
                b"DATA\r\n" => {
                    last = self.say()?;
                    if last == Some(354) {
                        let Some(content) = self.content()? else { return Ok(()) };
                        self.seen.contents.push(String::from_utf8_lossy(&content).into_owned());
                        last = self.say()?;
                    }
                }
                b"STARTTLS\r\n" => {
                    self.say()?;
                    // what follows is not made of lines
                    while self.say()?.is_some() {}
                }
                _ => last = self.say()?,
            }
            if last.is_none() && self.replies.is_empty() {
                self.socket.shutdown(Shutdown::Write)?;
            }
        }
        Ok(())
    }

    /// Says one reply, of as many pieces as it takes to make one whole; answers its last code. Says nothing any more
    /// when the replies have run out.
    fn say(&mut self) -> std::io::Result<Option<u16>> {
        let mut reply = Vec::new();
        while !is_whole(&reply) {
            let Some(more) = self.replies.pop_front() else {
                self.send(&reply)?;
                self.socket.shutdown(Shutdown::Write)?;
                return Ok(None);
            };
            reply.extend(more);
        }
        let replies = reply.split_inclusive(|byte| *byte == b'\n').filter(|line| is_whole(line)).count();
        self.seen.answered_ahead |= replies > 1;
        self.send(&reply)?;
        Ok(Some(last_code(&reply)))
    }

    fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.seen.said.extend(bytes);
        self.socket.write_all(bytes)
    }

    /// What is heard up to and with an end; `None` when the client has gone.
    fn hear(&mut self, end: &[u8]) -> std::io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(at) = self.heard.windows(end.len()).position(|window| window == end) {
                return Ok(Some(self.heard.drain(..at + end.len()).collect()));
            }
            let mut buffer = [0; 16 * 1024];
            let read = self.socket.read(&mut buffer)?;
            if read == 0 {
                return Ok(None);
            }
            self.heard.extend(&buffer[..read]);
        }
    }

    /// A mail with its final dot; or the dot alone, which ends a mail to nobody.
    fn content(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let Some(first) = self.hear(b"\r\n")? else { return Ok(None) };
        if first == b".\r\n" {
            return Ok(Some(Vec::new()));
        }
        let rest = self.hear(b"\r\n.\r\n")?;
        Ok(rest.map(|rest| [first, rest].concat()))
    }
}

/// Whether a client knows what was meant: the last line is complete and says that none follows.
fn is_whole(reply: &[u8]) -> bool {
    let Some(lines) = reply.strip_suffix(b"\n") else { return false };
    let last = lines.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    !(last.len() > 3 && last[3] == b'-' && last[..3].iter().all(u8::is_ascii_digit))
}

fn last_code(reply: &[u8]) -> u16 {
    let lines = reply.strip_suffix(b"\n").unwrap_or(reply);
    let last = lines.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    last.get(..3).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok()).unwrap_or_default()
}
