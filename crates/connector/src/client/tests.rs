//! The client against a server on the loopback interface that answers bytes.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::*;

/// A server that answers every request with the same bytes and remembers what came.
struct Server {
    addr: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers `answer`, then hangs up; an empty answer hangs up at once.
    fn answering(answer: impl Into<Vec<u8>>) -> Self {
        Self::start(answer.into(), Duration::ZERO)
    }

    fn start(answer: Vec<u8>, delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = listener.local_addr().expect("bound");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let request = hear(&mut stream);
                log.lock().expect("not poisoned").push(request);
                std::thread::sleep(delay);
                // The client may have gone away meanwhile; that is part of some tests.
                let _ = stream.write_all(&answer);
            }
        });
        Self { addr, heard }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("not poisoned").clone()
    }
}

/// Reads one request: the head and as much body as it announces.
fn hear(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_lowercase().lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0_usize) {
                return text;
            }
        }
        match stream.read(&mut chunk) {
            Ok(n) if n > 0 => bytes.extend_from_slice(&chunk[..n]),
            _ => return text,
        }
    }
}

fn client(open: &[&str]) -> Client {
    Client::new(OpenHosts::new(open.iter().map(|host| (*host).to_owned())), "Postrider/test").expect("a client")
}

fn local() -> Client {
    client(&["127.0.0.1"])
}

#[tokio::test]
async fn a_request_arrives_as_it_was_made_and_the_answer_is_read_whole() {
    let server = Server::answering("HTTP/1.1 201 Created\r\nX-Thing: One\r\ncontent-length: 5\r\n\r\nhello");
    let request = Request::post_json(server.url("/a?b=c"), &serde_json::json!({"k": "v"})).header("X-Own", "yes");
    let response = local().exchange(&request, Some("Bearer t0ken")).await.expect("an answer");
    assert_eq!((response.status, response.body.as_slice()), (201, b"hello".as_slice()));
    assert_eq!(response.header("x-thing"), Some("One"));
    let heard = server.heard().remove(0);
    assert!(heard.starts_with("POST /a?b=c HTTP/1.1\r\n"), "{heard}");
    for line in ["x-own: yes", "authorization: Bearer t0ken", "user-agent: Postrider/test", "{\"k\":\"v\"}"] {
        assert!(heard.contains(line), "{line} is not in {heard}");
    }
}

#[tokio::test]
async fn a_read_sends_no_body() {
    let server = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let mut request = Request::get(server.url("/"));
    request.body = b"stray".to_vec();
    local().exchange(&request, None).await.expect("an answer");
    let heard = server.heard().remove(0);
    assert!(!heard.contains("stray") && !heard.contains("authorization"), "{heard}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let target = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let answer = format!("HTTP/1.1 307 Moved\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", target.url("/"));
    let server = Server::answering(answer);
    let response = local().exchange(&Request::get(server.url("/")), None).await.expect("an answer");
    assert_eq!(response.status, 307);
    assert!(target.heard().is_empty());
}

#[tokio::test]
async fn an_answer_is_read_up_to_the_limit_and_not_a_byte_further() {
    let server = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789");
    let mut request = Request::get(server.url("/"));
    request.max_answer = 10;
    assert_eq!(local().exchange(&request, None).await.expect("fits").body.len(), 10);
    request.max_answer = 9;
    assert_eq!(local().exchange(&request, None).await, Err(TransportError::TooLarge { limit: 9 }));
}

/// What no document promises, as it comes over the wire: after its headers.
fn answers() -> Vec<(&'static str, Vec<u8>)> {
    let huge = format!("{{\"error\":\"{}\"}}", "y".repeat(10 * 1024 * 1024)).into_bytes();
    vec![
        ("text/html", b"<!doctype html><title>502 Bad Gateway</title>".to_vec()),
        ("application/json", Vec::new()),
        ("application/json", vec![0xff, 0xfe, 0x00, 0x80, 0xc3, 0x28]),
        ("application/json", huge),
    ]
}

#[tokio::test]
async fn whatever_is_answered_arrives_as_it_is_or_is_too_large() {
    for (kind, body) in answers() {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", body.len());
        let server = Server::answering([head.as_bytes(), &body].concat());
        let request = Request::post_json(server.url("/"), &serde_json::json!({}));
        match local().exchange(&request, None).await {
            Ok(response) => assert_eq!((response.status, response.body), (200, body)),
            Err(error) => {
                assert_eq!(error, TransportError::TooLarge { limit: crate::http::DEFAULT_MAX_ANSWER });
                assert!(body.len() > crate::http::DEFAULT_MAX_ANSWER);
            }
        }
        assert_eq!(server.heard().len(), 1, "and nothing is asked for twice");
    }
}

#[tokio::test]
async fn ten_megabytes_packed_into_ten_kilobytes_are_too_large_as_well() {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(&vec![b' '; 10 * 1024 * 1024]).expect("into memory");
    let packed = packer.finish().expect("into memory");
    assert!(packed.len() < 20_000, "{}", packed.len());
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", packed.len());
    let server = Server::answering([head.as_bytes(), &packed].concat());
    let result = local().exchange(&Request::get(server.url("/")), None).await;
    assert_eq!(result, Err(TransportError::TooLarge { limit: crate::http::DEFAULT_MAX_ANSWER }));
}

#[tokio::test]
async fn a_slow_answer_times_out_and_is_not_asked_for_again() {
    let server = Server::start(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec(), Duration::from_secs(2));
    let mut request = Request::post_json(server.url("/"), &serde_json::json!({}));
    request.timeout = Duration::from_millis(200);
    let result = local().exchange(&request, None).await;
    assert!(matches!(result, Err(TransportError::NoAnswer(_))), "{result:?}");
    assert_eq!(server.heard().len(), 1);
}

#[tokio::test]
async fn a_dropped_connection_and_half_an_answer_are_unknown_outcomes() {
    for answer in ["", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", "HTTP/1.1 2"] {
        let server = Server::answering(answer);
        let request = Request::post_json(server.url("/"), &serde_json::json!({}));
        let result = local().exchange(&request, None).await;
        assert!(matches!(result, Err(TransportError::NoAnswer(_))), "{answer:?}: {result:?}");
        assert_eq!(server.heard().len(), 1, "{answer:?} was sent again");
    }
}

#[tokio::test]
async fn nobody_listening_means_that_nothing_was_sent() {
    let addr = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port that was free");
    let result = local().exchange(&Request::get(format!("http://{addr}/")), None).await;
    assert!(matches!(result, Err(TransportError::NotConnected(_))), "{result:?}");
}

/// Addresses that give no answer, each in its own way, with something to be kept secret behind them.
fn unreachable() -> Vec<String> {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port that was free");
    let broken = ["", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", "nonsense\r\n\r\n"];
    let mut all: Vec<String> = broken.into_iter().map(|answer| Server::answering(answer).url("/")).collect();
    let slow = Server::start(Vec::new(), Duration::from_millis(400)).url("/slow");
    all.extend([slow, format!("http://{free}/"), format!("ws://{free}/")]);
    let refused = ["https://10.0.0.1/", "http://a.example/", "ftp://a.example/"];
    let never = ["unix:/socket", "data:text/plain,x", "https://", "not an address"];
    all.extend(refused.into_iter().chain(never).map(str::to_owned));
    all
}

#[tokio::test]
async fn no_error_repeats_an_address_with_what_is_secret_in_it() {
    for address in unreachable() {
        let url = format!("{address}?client_secret=hush&fb_exchange_token=hush&access_token=hush");
        let socket = Request::socket(&url, true, String::new(), &["EOSE"]);
        for mut request in [Request::get(&url), Request::post_form(&url, &[("code", "hush")]), socket] {
            request.timeout = Duration::from_millis(200);
            let error = local().exchange(&request, None).await.expect_err("no answer");
            assert!(!format!("{error} {error:?}").contains("hush"), "{address}: {error:?}");
        }
        if let Err(error) = local().check(&url).await {
            assert!(!error.to_string().contains("hush"), "{address}: {error:?}");
        }
        if let Err(error) = local().download(&url).await {
            assert!(!error.to_string().contains("hush"), "{address}: {error:?}");
        }
    }
}

#[tokio::test]
async fn private_addresses_are_refused_by_number_and_by_name() {
    let server = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let port = server.addr.port();
    let closed = client(&[]);
    for url in [format!("https://127.0.0.1:{port}/"), format!("https://localhost:{port}/")] {
        let result = closed.exchange(&Request::get(&url), None).await;
        assert!(matches!(result, Err(TransportError::PrivateAddress { .. })), "{url}: {result:?}");
        let checked = closed.check(&url).await;
        assert!(matches!(checked, Err(TransportError::PrivateAddress { .. })), "{url}: {checked:?}");
    }
    assert!(server.heard().is_empty());
    let opened = client(&["localhost"]);
    assert_eq!(opened.check(&format!("http://localhost:{port}/")).await, Ok(()));
    opened.exchange(&Request::get(format!("http://localhost:{port}/")), None).await.expect("opened by name");
}

#[tokio::test]
async fn what_is_not_a_request_is_refused_before_anything_is_sent() {
    let server = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let bad = [
        Request::get("no address"),
        Request::get(server.url("/")).header("x-bad", "line\nbreak"),
        Request::get(server.url("/")).header("bad name", "x"),
        Request::get("http://example.com/"),
        Request::get("file:///etc/passwd"),
    ];
    for request in bad {
        let result = local().exchange(&request, None).await;
        assert!(matches!(result, Err(TransportError::Invalid(_))), "{request:?}: {result:?}");
    }
    let result = local().exchange(&Request::get(server.url("/")), Some("Bearer a\nb")).await;
    assert!(matches!(result, Err(TransportError::Invalid(_))), "{result:?}");
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn a_file_arrives_piece_by_piece_and_redirects_are_left_to_the_caller() {
    let server = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-type: image/png\r\n\r\nbytes");
    let found = local().download(&server.url("/cat")).await.expect("answers");
    assert_eq!((found.status, found.length(), found.header("content-type")), (200, Some(5), Some("image/png")));
    let pieces: Vec<bytes::Bytes> = futures::TryStreamExt::try_collect(found.body).await.expect("arrives");
    assert_eq!(pieces.concat(), b"bytes");
    assert!(server.heard()[0].contains("accept-encoding: identity"), "{:?}", server.heard());
    let moved = Server::answering("HTTP/1.1 302 Found\r\nlocation: /there\r\ncontent-length: 0\r\n\r\n");
    let found = local().download(&moved.url("/here")).await.expect("answers");
    assert_eq!(found.redirect(&moved.url("/here")), Some(moved.url("/there")));
    assert_eq!(moved.heard().len(), 1, "not followed");
    let refused = client(&[]).download(&moved.url("/here")).await.err();
    assert!(matches!(refused, Some(TransportError::PrivateAddress { .. })), "{refused:?}");
}
