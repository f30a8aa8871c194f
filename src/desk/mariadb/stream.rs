//! The bytes to and from a MariaDB or MySQL server: a socket, or TCP with or without TLS.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::address::Place;

/// A server that does not answer is tried again by the next pass.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) enum Stream {
    Socket(UnixStream),
    Plain(TcpStream),
    Encrypted(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Stream {
    pub(super) fn connect(place: &Place) -> io::Result<Self> {
        let stream = match place {
            Place::Socket(path) => Self::Socket(UnixStream::connect(path)?),
            Place::Host(name, port) => {
                let stream = first_of(name, *port)?;
                stream.set_nodelay(true)?;
                Self::Plain(stream)
            }
        };
        stream.wait_for(CONNECT_TIMEOUT)?;
        Ok(stream)
    }

    /// Whoever is silent for longer than this is taken for gone.
    pub(super) fn wait_for(&self, patience: Duration) -> io::Result<()> {
        match self {
            Self::Socket(stream) => {
                stream.set_read_timeout(Some(patience))?;
                stream.set_write_timeout(Some(patience))
            }
            Self::Plain(stream) => timeouts(stream, patience),
            Self::Encrypted(stream) => timeouts(stream.get_ref(), patience),
        }
    }

    /// The same connection, encrypted; its handshake is done when this returns.
    pub(super) fn encrypted(self, name: &str, config: ClientConfig) -> io::Result<Self> {
        let Self::Plain(mut stream) = self else { return Ok(self) };
        let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
        let mut connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut stream)?;
        }
        Ok(Self::Encrypted(Box::new(StreamOwned::new(connection, stream))))
    }

    /// Whether nobody else can read what is sent.
    pub(super) fn is_private(&self) -> bool {
        !matches!(self, Self::Plain(_))
    }
}

fn timeouts(stream: &TcpStream, patience: Duration) -> io::Result<()> {
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))
}

/// The first of the addresses of a name that answers.
fn first_of(name: &str, port: u16) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in (name, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Socket(stream) => stream.read(buffer),
            Self::Plain(stream) => stream.read(buffer),
            Self::Encrypted(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Socket(stream) => stream.write(bytes),
            Self::Plain(stream) => stream.write(bytes),
            Self::Encrypted(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Socket(stream) => stream.flush(),
            Self::Plain(stream) => stream.flush(),
            Self::Encrypted(stream) => stream.flush(),
        }
    }
}
