//! Packets to and from the server, and what can be wrong with them.

use std::io;
use std::time::Duration;

use mysql_common::io::ParseBuf;
use mysql_common::proto::MySerialize;
use mysql_common::proto::codec::error::PacketCodecError;
use mysql_common::proto::sync_framed::MySyncFramed;
use rustls::ClientConfig;

use super::stream::Stream;

/// Far more than any row that is asked for.
pub(super) const LARGEST_PACKET: usize = 16 * 1024 * 1024;
/// Another service that listens there must not make us wait for what its first letters seem to announce.
const LARGEST_OF_STRANGERS: usize = 64 * 1024;

/// Why the server did not do what was asked.
#[derive(Debug)]
pub(super) enum Fault {
    /// It said so, by its own number and words.
    Said { code: u16, text: String },
    /// The connection broke, or could not be encrypted.
    Lost(io::Error),
    /// It does not encrypt.
    Unencrypted,
    /// The user signs in by a way that is not known here.
    SignIn(String),
    /// It does not speak as MariaDB and MySQL do.
    Strange(&'static str),
}

impl From<io::Error> for Fault {
    /// What the reader of packets says of one; what the connection says is `Lost`.
    fn from(_: io::Error) -> Self {
        Self::Strange("a packet cannot be read")
    }
}

impl From<PacketCodecError> for Fault {
    fn from(error: PacketCodecError) -> Self {
        match error {
            PacketCodecError::Io(error) => Self::Lost(error),
            PacketCodecError::PacketTooLarge => Self::Strange("a packet is too large"),
            PacketCodecError::PacketsOutOfSync | PacketCodecError::BadCompressedPacketHeader => {
                Self::Strange("its packets are out of order")
            }
        }
    }
}

/// A connection by packets.
#[derive(Debug)]
pub(super) struct Wire(MySyncFramed<Stream>);

impl Wire {
    pub(super) fn new(stream: Stream) -> Self {
        let mut framed = MySyncFramed::new(stream);
        framed.codec_mut().max_allowed_packet = LARGEST_OF_STRANGERS;
        Self(framed)
    }

    /// From here on it is known who answers, and for how long a question may be worked on.
    pub(super) fn trust(&mut self, patience: Duration) -> Result<(), Fault> {
        self.0.codec_mut().max_allowed_packet = LARGEST_PACKET;
        self.0.get_ref().wait_for(patience).map_err(Fault::Lost)
    }

    /// Encrypts from here on. What came before that, nobody vouches for: it is refused.
    pub(super) fn encrypted(self, name: &str, config: ClientConfig) -> Result<Self, Fault> {
        let (come, going, codec, stream) = self.0.destruct();
        if !come.is_empty() {
            return Err(Fault::Strange("it says more before it encrypts"));
        }
        let stream = stream.encrypted(name, config).map_err(Fault::Lost)?;
        Ok(Self(MySyncFramed::construct(come, going, codec, stream)))
    }

    pub(super) fn is_private(&self) -> bool {
        self.0.get_ref().is_private()
    }

    /// Begins a new exchange with this packet.
    pub(super) fn ask(&mut self, packet: &[u8]) -> Result<(), Fault> {
        self.0.codec_mut().reset_seq_id();
        self.answer(packet)
    }

    /// Goes on with the exchange.
    pub(super) fn answer(&mut self, mut packet: &[u8]) -> Result<(), Fault> {
        Ok(self.0.send(&mut packet)?)
    }

    pub(super) fn answer_with(&mut self, packet: &impl MySerialize) -> Result<(), Fault> {
        let mut bytes = Vec::new();
        packet.serialize(&mut bytes);
        self.answer(&bytes)
    }

    /// The next packet, which is not an error.
    pub(super) fn read(&mut self) -> Result<Vec<u8>, Fault> {
        let mut packet = Vec::new();
        if !self.0.next_packet(&mut packet)? {
            return Err(Fault::Lost(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection")));
        }
        match packet.as_slice() {
            [0xff, low, high, text @ ..] => {
                // behind the number may stand a state: # and five letters
                let text = text.strip_prefix(b"#").and_then(|rest| rest.get(5..)).unwrap_or(text);
                let text = String::from_utf8_lossy(text).into_owned();
                Err(Fault::Said { code: u16::from_le_bytes([*low, *high]), text })
            }
            [] => Err(Fault::Strange("a packet is empty")),
            _ => Ok(packet),
        }
    }
}

/// A whole number in the protocol's own notation.
pub(super) fn length(bytes: &mut ParseBuf<'_>) -> Result<u64, Fault> {
    bytes.checked_eat_lenenc_int().ok_or(Fault::Strange("a packet ends too early"))
}
