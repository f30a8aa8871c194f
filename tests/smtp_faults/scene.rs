//! A mail server of a kind that the table names, and the keys of `[email]` that lead to it.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::OnceLock;

use socket2::{Domain, Socket, Type};

use crate::servers::{Act, At, Authority, SmtpServer, Tls};

/// Which server, and what is expected of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scene {
    /// Plain text, and nobody logs in.
    Plain,
    /// Encrypted from the first byte, with a login.
    Tls,
    /// Encrypted after STARTTLS, with a login.
    Starttls,
    /// Nobody listens.
    Refusing,
    /// Nobody takes the connection up.
    Full,
    /// Without STARTTLS, where it is demanded.
    NoStarttls,
    /// Plain text, where encryption from the first byte is expected.
    PlainOnly,
    /// Encrypted from the first byte, where plain text is expected first.
    TlsOnly,
    /// With a certificate whose time is over.
    Expired,
    /// With another server's certificate.
    WrongName,
    /// With a certificate that an unknown authority signed.
    Stranger,
    /// Asks for a certificate of the other side.
    Asking,
    /// With no way to log in that we have.
    NoLogin,
    /// Takes no mail that is larger than a kilobyte.
    Small,
    /// Plain text, and the mail is larger than the buffers on the way.
    Large,
}

/// The server, and how to reach it.
pub(crate) struct Opponent {
    pub(crate) server: SmtpServer,
    keys: String,
    /// What keeps a port as it is.
    _held: Option<(Socket, Option<TcpStream>)>,
}

/// Every character that servers put around what they quote.
pub(crate) const PASSWORD: &str = "s3cr3t; <of> (the) [desk], 'well' \"kept\"";

impl Scene {
    /// A server that does these acts wherever it comes by, or each of them once after so many times that go well.
    pub(crate) fn opponent(self, acts: &[(At, Act)], spared: Option<usize>, pipelining: bool) -> Opponent {
        let mut server = SmtpServer::start(self.tls());
        let offers = [
            pipelining.then_some("PIPELINING"),
            Some(if self == Self::NoLogin { "AUTH CRAM-MD5" } else { "AUTH PLAIN LOGIN" }),
            (self == Self::Small).then_some("SIZE 1000"),
        ];
        server = server.offers(&offers.into_iter().flatten().collect::<Vec<_>>());
        for (number, (at, act)) in acts.iter().enumerate() {
            let again = acts.iter().take(number).any(|(earlier, _)| earlier == at);
            server = match spared {
                None => server.at(*at, act.clone()),
                // no RSET comes before the first refusal, and what strikes twice strikes in a row
                Some(_) if again || *at == At::Rset => server.after(0, *at, act.clone()),
                Some(spared) => server.after(spared, *at, act.clone()),
            };
        }
        let held = self.held();
        let port =
            held.as_ref().map_or(server.port, |(socket, _)| socket.local_addr().unwrap().as_socket().unwrap().port());
        let keys = self.way_to(port) + &patience(self, acts);
        Opponent { server, keys, _held: held }
    }

    fn tls(self) -> Tls {
        match self {
            Self::Tls | Self::TlsOnly | Self::NoLogin => Tls::FromTheStart(authority().server("localhost")),
            Self::Starttls => Tls::Starttls(authority().server("localhost")),
            Self::Expired => Tls::FromTheStart(authority().expired_server("localhost")),
            Self::WrongName => Tls::FromTheStart(authority().server("elsewhere.example")),
            Self::Stranger => Tls::FromTheStart(Authority::new().server("localhost")),
            Self::Asking => Tls::FromTheStart(authority().asking_server("localhost")),
            _ => Tls::Never,
        }
    }

    /// A port that nobody else gets, and at which nobody is served.
    fn held(self) -> Option<(Socket, Option<TcpStream>)> {
        if !matches!(self, Self::Refusing | Self::Full) {
            return None;
        }
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        if self == Self::Refusing {
            return Some((socket, None));
        }
        socket.listen(0).unwrap();
        // the queue holds this one, which is never taken up
        let first = TcpStream::connect(socket.local_addr().unwrap().as_socket().unwrap()).unwrap();
        Some((socket, Some(first)))
    }

    fn way_to(self, port: u16) -> String {
        let security = match self {
            Self::Plain | Self::Refusing | Self::Full | Self::Small | Self::Large => {
                return format!("server = \"127.0.0.1:{port}\"\nsecurity = \"none\"\n");
            }
            Self::Starttls | Self::NoStarttls | Self::TlsOnly => "starttls",
            _ => "tls",
        };
        format!(
            "server = \"localhost:{port}\"\nsecurity = \"{security}\"\nca_file = \"ca.pem\"\n\
             username = \"desk\"\npassword_file = \"password\"\n"
        )
    }
}

impl Opponent {
    /// The keys of `[email]`; files beside the settings go into the folder.
    pub(crate) fn keys(&self, folder: &Path) -> String {
        fs::write(folder.join("ca.pem"), &authority().pem).unwrap();
        let password = folder.join("password");
        fs::write(&password, PASSWORD).unwrap();
        fs::set_permissions(&password, PermissionsExt::from_mode(0o600)).unwrap();
        format!("from = \"Desk <desk@example.com>\"\n{}", self.keys)
    }
}

/// The one that the settings trust.
fn authority() -> &'static Authority {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    AUTHORITY.get_or_init(Authority::new)
}

/// Short time-outs only where a fault is waited for, so that a busy machine makes no faults of its own.
fn patience(scene: Scene, acts: &[(At, Act)]) -> String {
    let waits = |act: &Act| matches!(act, Act::Hang(_) | Act::Silence | Act::Deaf | Act::Drip(..) | Act::Late(..));
    let is_last = |at: At| matches!(at, At::Content | At::Dot | At::Taken);
    let waited = |last: bool| acts.iter().any(|(at, act)| waits(act) && is_last(*at) == last);
    let seconds = |short: bool| if short { 1 } else { 20 };
    format!(
        "timeout = \"{}s\"\nfinal_timeout = \"{}s\"\n",
        seconds(waited(false) || matches!(scene, Scene::Full | Scene::TlsOnly)),
        seconds(waited(true))
    )
}
