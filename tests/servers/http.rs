//! An HTTP server that answers as it is told, well or badly, over HTTP/1.1 and HTTP/2, and knows what it was asked.

use std::collections::BTreeMap;
use std::io;
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::ServerConfig;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

use super::Authority;

/// A request as it came in.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    /// Without the query.
    pub path: String,
    pub query: String,
    /// By lower-case name.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
    /// The number of its connection, from 1.
    pub connection: usize,
    pub is_http2: bool,
}

impl Seen {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The fields of a form, in their order; also of a query.
    pub fn form(text: &str) -> Vec<(String, String)> {
        let url = reqwest::Url::parse(&format!("http://form/?{text}")).unwrap();
        url.query_pairs().into_owned().collect()
    }
}

/// What to do about a request.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Answers: status, headers and body.
    Says(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// The same, so many milliseconds later.
    Late(u64, Box<Reply>),
    /// Answers, with a body that is announced longer than it is, and resets.
    CutShort(u16, Vec<u8>),
    /// Answers with a body of one byte in every so many milliseconds.
    Drip(u16, Vec<u8>, u64),
    /// Says these bytes as they are and closes (HTTP/1.1).
    Raw(Vec<u8>),
    /// Never answers, and keeps the connection.
    Silence,
    /// Resets the connection, or the stream in HTTP/2.
    Reset,
    /// Says goodbye on the connection (GOAWAY) without an answer (HTTP/2).
    Goaway,
}

impl Reply {
    /// A status with a JSON body.
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::Says(status, vec![("content-type", "application/json".into())], body.to_string().into_bytes())
    }

    /// A status with a header and without a body.
    pub fn header(status: u16, name: &'static str, value: &str) -> Self {
        Self::Says(status, vec![(name, value.to_owned())], Vec::new())
    }

    /// A status alone.
    pub fn status(status: u16) -> Self {
        Self::Says(status, Vec::new(), Vec::new())
    }
}

type Respond = dyn Fn(&Seen) -> Reply + Send + Sync;

/// A running server.
pub struct HttpServer {
    pub port: u16,
    scheme: &'static str,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<AtomicUsize>,
}

struct House {
    respond: Box<Respond>,
    /// Whether it remembers what it was asked.
    remembers: bool,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<AtomicUsize>,
}

impl HttpServer {
    /// Plain HTTP/1.1 on this machine.
    pub fn plain(respond: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(None, Box::new(respond), true)
    }

    /// HTTPS for `localhost`, with HTTP/2 and HTTP/1.1 on offer.
    pub fn https(authority: &Authority, respond: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::encrypted(&authority.server("localhost"), &[b"h2", b"http/1.1"], respond)
    }

    /// HTTPS with this certificate and these protocols.
    pub fn encrypted(
        config: &ServerConfig,
        protocols: &[&[u8]],
        respond: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let mut config = config.clone();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Self::start(Some(Arc::new(config)), Box::new(respond), true)
    }

    /// HTTPS for `localhost` by HTTP/2 that counts requests and keeps none: for measurements.
    pub fn forgetful(authority: &Authority, respond: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let mut config = ServerConfig::clone(&authority.server("localhost"));
        config.alpn_protocols = vec![b"h2".to_vec()];
        Self::start(Some(Arc::new(config)), Box::new(respond), false)
    }

    fn start(tls: Option<Arc<ServerConfig>>, respond: Box<Respond>, remembers: bool) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (seen, connections) = (Arc::default(), Arc::default());
        let house =
            Arc::new(House { respond, remembers, seen: Arc::clone(&seen), connections: Arc::clone(&connections) });
        let scheme = if tls.is_some() { "https" } else { "http" };
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(serve(listener, tls, house));
        });
        Self { port, scheme, seen, connections }
    }

    /// Its address, by name.
    pub fn url(&self) -> String {
        format!("{}://localhost:{}", self.scheme, self.port)
    }

    /// What it was asked, in the order in which the requests were complete.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl House {
    fn remember(&self, seen: &Seen) {
        if self.remembers {
            self.seen.lock().unwrap().push(seen.clone());
        }
    }
}

async fn serve(listener: TcpListener, tls: Option<Arc<ServerConfig>>, house: Arc<House>) {
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    while let Ok((socket, _)) = listener.accept().await {
        let (tls, house) = (tls.clone(), Arc::clone(&house));
        tokio::spawn(async move {
            let number = house.connections.fetch_add(1, Ordering::SeqCst) + 1;
            socket.set_nodelay(true).unwrap();
            let reset = Reset::of(&socket);
            // whoever hangs up in the middle has had enough
            let _ = match tls {
                None => by_http1(socket, &house, number, &reset).await,
                Some(tls) => match TlsAcceptor::from(tls).accept(socket).await {
                    Err(error) => Err(error),
                    Ok(stream) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => {
                        by_http2(stream, &house, number).await.map_err(io::Error::other)
                    }
                    Ok(stream) => by_http1(stream, &house, number, &reset).await,
                },
            };
        });
    }
}

/// Lets a connection end with a reset instead of a goodbye.
struct Reset(socket2::Socket);

impl Reset {
    fn of(socket: &TcpStream) -> Self {
        Self(SockRef::from(socket).try_clone().unwrap())
    }

    fn now(&self) {
        self.0.set_linger(Some(Duration::ZERO)).unwrap();
    }
}

async fn by_http1(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    house: &House,
    connection: usize,
    reset: &Reset,
) -> io::Result<()> {
    let mut pending = Vec::new();
    while let Some(seen) = read_http1(&mut stream, &mut pending, connection).await? {
        house.remember(&seen);
        let mut reply = (house.respond)(&seen);
        while let Reply::Late(milliseconds, then) = reply {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            reply = *then;
        }
        match reply {
            Reply::Says(status, headers, body) => {
                stream.write_all(&head(status, &headers, body.len())).await?;
                stream.write_all(&body).await?;
            }
            Reply::CutShort(status, body) => {
                stream.write_all(&head(status, &[], body.len() + 100)).await?;
                stream.write_all(&body).await?;
                stream.flush().await?;
                tokio::time::sleep(Duration::from_millis(50)).await;
                reset.now();
                return Ok(());
            }
            Reply::Drip(status, body, milliseconds) => {
                stream.write_all(&head(status, &[], body.len())).await?;
                for byte in body {
                    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                    stream.write_all(&[byte]).await?;
                    stream.flush().await?;
                }
            }
            Reply::Raw(bytes) => {
                stream.write_all(&bytes).await?;
                return stream.shutdown().await;
            }
            Reply::Silence => return forever().await,
            Reply::Reset | Reply::Goaway | Reply::Late(..) => {
                reset.now();
                return Ok(());
            }
        }
        stream.flush().await?;
    }
    Ok(())
}

async fn forever() -> io::Result<()> {
    std::future::pending().await
}

fn head(status: u16, headers: &[(&str, String)], length: usize) -> Vec<u8> {
    let headers = headers.iter().flat_map(|(name, value)| [*name, ": ", value, "\r\n"]).collect::<String>();
    format!("HTTP/1.1 {status} Words\r\ncontent-length: {length}\r\n{headers}\r\n").into_bytes()
}

async fn read_http1(
    stream: &mut (impl AsyncRead + Unpin),
    pending: &mut Vec<u8>,
    connection: usize,
) -> io::Result<Option<Seen>> {
    let mut piece = [0; 4096];
    let end = loop {
        if let Some(end) = pending.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        let count = stream.read(&mut piece).await?;
        if count == 0 {
            return Ok(None);
        }
        pending.extend_from_slice(&piece[..count]);
    };
    let text = String::from_utf8_lossy(&pending[..end]).into_owned();
    let mut lines = text.lines();
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    pending.drain(..end + 4);
    while pending.len() < length {
        let count = stream.read(&mut piece).await?;
        if count == 0 {
            return Ok(None);
        }
        pending.extend_from_slice(&piece[..count]);
    }
    let body = pending.drain(..length).collect();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (method, path, query) = (method.to_owned(), path.to_owned(), query.to_owned());
    Ok(Some(Seen { method, path, query, headers, body, connection, is_http2: false }))
}

async fn by_http2(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    house: &Arc<House>,
    number: usize,
) -> Result<(), h2::Error> {
    let mut connection = h2::server::handshake(stream).await?;
    let goodbye = Arc::new(Notify::new());
    loop {
        // bodies arrive only while the connection is looked after: each request is read beside it
        let request = tokio::select! {
            request = connection.accept() => request,
            () = goodbye.notified() => {
                connection.abrupt_shutdown(h2::Reason::NO_ERROR);
                continue;
            }
        };
        let Some(request) = request else { return Ok(()) };
        let (request, respond) = request?;
        let (house, goodbye) = (Arc::clone(house), Arc::clone(&goodbye));
        tokio::spawn(async move {
            let (parts, body) = request.into_parts();
            let Ok(seen) = read_http2(&parts, body, number).await else { return };
            house.remember(&seen);
            match (house.respond)(&seen) {
                Reply::Goaway => goodbye.notify_one(),
                reply => answer_http2(respond, reply).await,
            }
        });
    }
}

async fn read_http2(parts: &http::request::Parts, mut body: h2::RecvStream, number: usize) -> Result<Seen, h2::Error> {
    let mut bytes = Vec::new();
    while let Some(piece) = body.data().await {
        let piece = piece?;
        let _ = body.flow_control().release_capacity(piece.len());
        bytes.extend_from_slice(&piece);
    }
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    Ok(Seen {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: headers.collect(),
        body: bytes,
        connection: number,
        is_http2: true,
    })
}

async fn answer_http2(mut respond: h2::server::SendResponse<bytes::Bytes>, mut reply: Reply) {
    while let Reply::Late(milliseconds, then) = reply {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        reply = *then;
    }
    let head = |status: u16, headers: &[(&str, String)]| {
        let mut response = http::Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, value);
        }
        response.body(()).unwrap()
    };
    match reply {
        Reply::Says(status, headers, body) => {
            let Ok(mut stream) = respond.send_response(head(status, &headers), body.is_empty()) else { return };
            if !body.is_empty() {
                let _ = stream.send_data(body.into(), true);
            }
        }
        Reply::CutShort(status, body) => {
            let Ok(mut stream) = respond.send_response(head(status, &[]), false) else { return };
            let _ = stream.send_data(body.into(), false);
            tokio::time::sleep(Duration::from_millis(50)).await;
            stream.send_reset(h2::Reason::INTERNAL_ERROR);
        }
        Reply::Drip(status, body, milliseconds) => {
            let Ok(mut stream) = respond.send_response(head(status, &[]), false) else { return };
            for byte in body {
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                if stream.send_data(vec![byte].into(), false).is_err() {
                    return;
                }
            }
            let _ = stream.send_data(Vec::new().into(), true);
        }
        Reply::Silence => std::future::pending().await,
        Reply::Reset | Reply::Raw(_) | Reply::Goaway | Reply::Late(..) => {
            respond.send_reset(h2::Reason::INTERNAL_ERROR);
        }
    }
}
