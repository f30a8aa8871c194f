//! The way to providers against servers that answer badly: what came of a question, and never a wait without end.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod servers;

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use doorbell::deliver::http::{Answer, Http, Lost, Request, Settings};
use reqwest::header::HeaderMap;
use reqwest::{Method, Url};
use servers::{Authority, HttpServer, Reply};

const PATIENCE: Duration = Duration::from_millis(600);

fn http(folder: &Path, authority: &Authority) -> Http {
    // what `cli::run` does first
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    fs::write(folder.join("ca.pem"), &authority.pem).unwrap();
    Http::new(&toml::from_str::<Settings>("ca_file = \"ca.pem\"").unwrap(), folder)
}

fn question(url: &str) -> Request {
    let url = Url::parse(url).unwrap();
    Request { method: Method::POST, url, headers: HeaderMap::new(), body: b"{}".to_vec(), timeout: PATIENCE }
}

/// What comes of one question to a server that does this.
fn asked(reply: Reply, is_http2: bool) -> Result<Answer, Lost> {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    let respond = move |_: &servers::Seen| reply.clone();
    let server = if is_http2 { HttpServer::https(&authority, respond) } else { HttpServer::plain(respond) };
    http(folder.path(), &authority).send(question(&server.url()))
}

fn short(result: Result<Answer, Lost>) -> String {
    match result {
        Ok(answer) if answer.is_whole => format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body)),
        Ok(answer) => format!("{} cut after {} bytes", answer.status, answer.body.len()),
        Err(Lost::Unsent(_)) => "unsent".into(),
        Err(Lost::Unanswered(_)) => "unanswered".into(),
        Err(Lost::Untrusted(_)) => "untrusted".into(),
    }
}

#[test]
fn whatever_a_server_does_the_question_ends_and_doubt_is_called_doubt() {
    let late = |reply: Reply| Reply::Late(1_500, Box::new(reply));
    let location = Reply::header(302, "location", "http://169.254.169.254/latest/meta-data");
    let rows = [
        ("an answer", Reply::Says(200, Vec::new(), b"ok".to_vec()), "200 ok", "200 ok"),
        ("an error without a body", Reply::status(503), "503 ", "503 "),
        ("a redirect is not followed", location, "302 ", "302 "),
        ("nothing is said", Reply::Silence, "unanswered", "unanswered"),
        ("an answer after the time-out", late(Reply::status(200)), "unanswered", "unanswered"),
        ("a reset after the question", Reply::Reset, "unanswered", "unanswered"),
        ("half a body", Reply::CutShort(200, b"{\"na".to_vec()), "200 cut after 4 bytes", "200 cut after 4 bytes"),
        ("no HTTP at all", Reply::Raw(b"220 smtp.example.com ready\r\n".to_vec()), "unanswered", "unanswered"),
        ("a status of nonsense", Reply::Raw(b"HTTP/1.1 ??? Words\r\n\r\n".to_vec()), "unanswered", "unanswered"),
    ];
    for (what, reply, by_http1, by_http2) in rows {
        assert_eq!(short(asked(reply.clone(), false)), by_http1, "{what}");
        assert_eq!(short(asked(reply, true)), by_http2, "{what} over HTTP/2");
    }
}

#[test]
fn a_large_or_endless_body_is_cut() {
    let large = Reply::Says(200, Vec::new(), vec![b'x'; 20_000_000]);
    for is_http2 in [false, true] {
        assert_eq!(short(asked(large.clone(), is_http2)), format!("200 cut after {} bytes", 64 * 1024));
        let drip = short(asked(Reply::Drip(200, vec![b'x'; 1_000], 50), is_http2));
        assert!(drip.starts_with("200 cut after "), "{drip}");
    }
}

#[test]
fn where_nobody_listens_nothing_is_handed_over() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    let http = http(folder.path(), &authority);
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    assert_eq!(short(http.send(question(&format!("http://127.0.0.1:{port}/")))), "unsent");
    assert_eq!(short(http.send(question("https://no-such-host.invalid/"))), "unsent");
}

#[test]
fn a_server_that_cannot_prove_its_name_is_not_asked() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    let http = http(folder.path(), &authority);
    let respond = |_: &servers::Seen| Reply::status(200);
    let others = HttpServer::https(&Authority::new(), respond);
    let elsewhere = HttpServer::encrypted(&authority.server("elsewhere.example"), &[b"h2"], respond);
    let expired = HttpServer::encrypted(&authority.expired_server("localhost"), &[b"h2"], respond);
    for server in [others, elsewhere, expired] {
        assert_eq!(short(http.send(question(&server.url()))), "untrusted");
        assert!(server.seen().is_empty());
    }
}

#[test]
fn a_thousand_questions_share_one_connection_from_the_first_on() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    let server = HttpServer::https(&authority, |_| Reply::Late(5, Box::new(Reply::status(200))));
    let (http, url) = (http(folder.path(), &authority), server.url());
    thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| {
                for _ in 0..10 {
                    assert_eq!(http.send(question(&url)).unwrap().status, 200);
                }
            });
        }
    });
    assert_eq!((server.seen().len(), server.connections()), (1_000, 1));
    assert!(server.seen().iter().all(|seen| seen.is_http2));
}

#[test]
fn a_connection_that_says_goodbye_is_replaced_and_what_it_did_not_take_goes_again() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    let said = Mutex::new(false);
    let server = HttpServer::https(&authority, move |seen| {
        let first = seen.path == "/goodbye" && !std::mem::replace(&mut *said.lock().unwrap(), true);
        if first { Reply::Goaway } else { Reply::status(200) }
    });
    let http = http(folder.path(), &authority);
    assert_eq!(http.send(question(&server.url())).unwrap().status, 200);
    let goodbye = short(http.send(question(&format!("{}/goodbye", server.url()))));
    assert!(["unanswered", "200 "].contains(&goodbye.as_str()), "{goodbye}");
    assert_eq!(http.send(question(&server.url())).unwrap().status, 200);
    assert_eq!(server.connections(), 2);
}

#[test]
fn those_who_wait_for_the_first_answer_share_its_failure() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    let server = HttpServer::https(&authority, |_| Reply::Silence);
    let (http, url) = (http(folder.path(), &authority), server.url());
    let results: Vec<String> = thread::scope(|scope| {
        let asking: Vec<_> = (0..20).map(|_| scope.spawn(|| short(http.send(question(&url))))).collect();
        asking.into_iter().map(|asking| asking.join().unwrap()).collect()
    });
    assert_eq!(results.iter().filter(|result| *result == "unanswered").count(), server.seen().len());
    assert!(server.seen().len() < 20, "all of them waited out a time-out");
    assert!(results.iter().any(|result| result == "unsent"), "{results:?}");
}
